"""What prices of the days around say of a price: the history it is held against (METHODS 1.5)."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipeline import warehouse as wh
from pipeline.columns import COLUMNS
from pipeline.contracts import Contract
from pipeline.warehouse import DuckDB

PLAUSIBLE_HISTORY_DAYS = 90


def trailing_medians(
    db: DuckDB,
    terms: Contract,
    until: datetime,
    *,
    source: str = "",
    waiting: Sequence[datetime] = (),
    landing: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Median price per accelerator and market over the 90 days before a moment (METHODS 1.5).

    Where the days before say nothing of a cell, the 90 days after do: captures are read again
    newest first when rules change.

    Args:
        db: The build database.
        terms: A contract of prices.
        until: The moment.
        source: The source that is being read.
        waiting: Moments of its captures that were not read under the rules of today; their rows
            say nothing.
        landing: Rows of the batch that are about to land and count as landed.
    """
    wh.create(db, terms.table, terms.doc, terms.columns)
    columns = "accelerator, market, observed_at, price_usd_per_gpu_hour as price"
    empty = pl.DataFrame(schema={name: COLUMNS[name].dtype for name in terms.columns})
    reach = f"interval {PLAUSIBLE_HISTORY_DAYS} day"
    with wh.registered(db, landing=empty if landing is None else landing):
        return wh.frame(
            db,
            f"""
            with known as (
                select {columns} from {terms.table}
                where observed_at >= $until::timestamptz - {reach}
                and observed_at < $until::timestamptz + {reach}
                and (
                    source <> $source
                    or captured_at not in (select unnest($waiting::timestamptz[]))
                )
                union all
                select {columns} from landing
                where observed_at >= $until::timestamptz - {reach} and observed_at < $until
            ),

            medians as (
                select
                    accelerator,
                    market,
                    median(price) filter (observed_at < $until) as before,
                    median(price) as around
                from known
                group by all
            )

            select accelerator, market, coalesce(before, around) as median_price_usd_per_gpu_hour
            from medians
            """,
            until=until,
            source=source,
            waiting=list(waiting),
        )


def last_prices(
    db: DuckDB,
    terms: Contract,
    until: datetime,
    *,
    source: str,
    waiting: Sequence[datetime] = (),
    landing: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What a source itself quoted for each offer before a moment, else first after it.

    Shape: `offer_id`, `last` in USD per accelerator-hour. Arguments as in `trailing_medians`.
    """
    wh.create(db, terms.table, terms.doc, terms.columns)
    empty = pl.DataFrame(schema={name: COLUMNS[name].dtype for name in terms.columns})
    reach = f"interval {PLAUSIBLE_HISTORY_DAYS} day"
    with wh.registered(db, landing=empty if landing is None else landing):
        return wh.frame(
            db,
            f"""
            with known as (
                select offer_id, captured_at, price_usd_per_gpu_hour as price from {terms.table}
                where source = $source
                and captured_at not in (select unnest($waiting::timestamptz[]))
                union all
                select offer_id, captured_at, price_usd_per_gpu_hour as price from landing
            )

            select
                offer_id,
                coalesce(
                    arg_max(price, captured_at) filter (captured_at < $until),
                    arg_min(price, captured_at) filter (captured_at > $until)
                ) as last
            from known
            where captured_at >= $until::timestamptz - {reach}
            and captured_at < $until::timestamptz + {reach}
            group by offer_id
            """,
            until=until,
            source=source,
            waiting=list(waiting),
        )
