"""Rules from a lender's words to a borrower and a facility, each with its evidence.

`pattern` is searched in the name regardless of case, without look-around; the lowest `priority`
whose conditions all hold wins. SPVs do not carry the sponsor's name (TRAPS 78), hence the list. A
rule without a facility says in `match_reason` why none can be told. Scores: 1.0 entity, spread and
maturity agree; 0.8 two of them or a parent's name with both others; 0.7 issuer, fixed rate and
maturity; 0.6 the entity owes one facility only; 0.5 and less: no facility. A committed file: git
keeps its history.
"""

import polars as pl

from pipeline.contracts.credit import FACILITY_ALIASES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, FACILITY_ALIASES)


SOURCE = Source(
    name="facility_aliases",
    homepage="warehouse/reference/facility_aliases.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=FACILITY_ALIASES,
    parse=parse,
    file="facility_aliases.csv",
)
