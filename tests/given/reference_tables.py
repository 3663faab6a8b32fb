"""The committed rules, for tests that ask what a source's spellings come to."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import polars as pl

from pipeline.identity.offers import prepare
from pipeline.sources.source import REFERENCE, Capture, discover

RATE = 1.16  # made up: US dollars per euro


@cache
def rules() -> dict[str, pl.DataFrame]:
    tables: dict[str, pl.DataFrame] = {}
    for name in ("accelerators", "accelerator_aliases", "providers", "regions"):
        [source] = [each for each in discover() if each.name == name]
        body = (REFERENCE / f"{name}.csv").read_bytes()
        at = Capture(name, "all", f"{name}.csv", datetime(2026, 11, 23, tzinfo=UTC), "")
        assert source.parse is not None
        tables[name] = source.parse(body, at)
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    tables["exchange_rates"] = pl.DataFrame(
        {
            "currency": ["EUR"] * len(days),
            "observed_on": days,
            "usd_per_currency_unit": [RATE] * len(days),
            "known_at": [
                datetime(each.year, each.month, each.day, 16, tzinfo=UTC) for each in days
            ],
        }
    )
    return tables


def prepared(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as they go to validation: names resolved, in dollars, with reasons."""
    return prepare(frame.with_columns(source=pl.lit("test")), rules())
