"""Single dated levels of price indices that others publish, each with citation and vintage.

Grain: publisher, index, tier, day of the level, and the day that version of it became known,
because publishers rewrite their history (TRAPS 79: one vendor restated H100 by -4 to -6 % and A100
by +35 to +40 % back to 2024-09). Proprietary indices are quoted as single levels, never as a
series. The level of a week stands on its first day, as the publisher dates it; that of a month on
its last. A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.reference import PUBLISHED_INDICES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, PUBLISHED_INDICES)


SOURCE = Source(
    name="published_indices",
    homepage="warehouse/reference/published_indices.csv",
    terms="Single dated levels, quoted with citation; no series is kept.",
    licence="quoted facts, cited per row",
    contract=PUBLISHED_INDICES,
    parse=parse,
    file="published_indices.csv",
)
