"""From what a price source parsed to rows of `gpu_offers`: identity, currency, plausibility.

Sources differ in spelling, unit and currency; from here on they do not. A row that cannot be made
comparable keeps a `reason` and goes to quarantine: nothing is dropped, nothing is guessed.
"""

import polars as pl

from pipeline.identity import Tables
from pipeline.identity.identity import (
    one_list,
    resolve_accelerator,
    resolve_provider,
    resolve_region,
)

MAX_TEXT_CHARACTERS = 2_000
TEXT = (
    "offer_id",
    "provider_raw",
    "accelerator_raw",
    "instance_type",
    "region",
    "host_id",
    "operator_id",
)
# Cells that a spreadsheet would run, such as `-2+3+cmd|...`: OWASP, "CSV Injection".
FORMULA = r"(?s)^[=+@\t\r]|^-.*[^0-9.]"
RATE_REACH_DAYS = 7
PLAUSIBLE_USD = (0.01, 200.0)
UNKNOWN_COUNT = "unknown_count"
# What a row is set aside for because nobody has described it yet: no fault of the capture's.
UNDESCRIBED = (UNKNOWN_COUNT, "unknown_provider", "unknown_accelerator")
# An own price that is this many times the last one did not move, it changed its unit.
UNIT_FACTOR = 5.0
# Prices that changed unit together agree within this factor.
SAME_FACTOR = 3.0
MOST = 0.5


def prepare(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Canonical names, US dollars, and a reason on every row that cannot be used.

    Args:
        frame: What `parse` returned: one row per offer, with `provider_raw` and `accelerator_raw`.
        tables: `accelerators`, `accelerator_aliases`, `providers`, `regions`, `exchange_rates`.

    Returns:
        The frame with `provider`, `accelerator`, `region_group`, `price_usd_per_gpu_hour`,
        `price_usd_per_instance_hour` added and `reason` set where the row must be set aside.
    """
    if "operator_id" not in frame.columns:
        frame = frame.with_columns(operator_id=pl.lit(None, pl.String))
    frame = frame.with_columns(
        term_months=pl.col("term_months").fill_null(0),
        reason=pl.coalesce("reason", *_unsafe_text()),
    )
    # A row that is refused anyway is not looked up: 350 rules over a name of 10 MB take a minute.
    # But a machine nobody has counted yet is: a known chip in it is news, an unknown one is not.
    uncounted = pl.col("reason") == UNKNOWN_COUNT
    refused = frame.filter(pl.col("reason").is_not_null(), ~uncounted)
    named = _named(frame.filter(pl.col("reason").is_null() | uncounted), tables)
    return pl.concat([_once(named), refused], how="diagonal")


def _once(frame: pl.DataFrame) -> pl.DataFrame:
    """Of offers under one id at one moment none is taken, unless they are copies of one."""
    key = ("offer_id", "observed_at", "captured_at")
    if not frame.select(key).is_duplicated().any():
        return frame
    frame = frame.unique(maintain_order=True)
    usable = pl.col("reason").is_null()
    twice = usable & (usable.sum().over(key) > 1)
    return frame.with_columns(reason=pl.coalesce("reason", _why(twice, "repeated_id")))


def _named(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    frame = resolve_provider(frame, tables["providers"])
    frame = resolve_accelerator(frame, tables["accelerator_aliases"])
    canonical = pl.col("accelerator_raw").is_in(tables["accelerators"]["accelerator"].implode())
    frame = frame.with_columns(
        accelerator=pl.when(canonical).then("accelerator_raw").otherwise("accelerator")
    )
    uncounted = (pl.col("reason") == UNKNOWN_COUNT).fill_null(False)
    count = pl.when(~uncounted).then("gpu_count")
    frame = resolve_region(one_list(frame, tables["providers"]), tables["regions"])
    frame = _in_dollars(frame, tables["exchange_rates"])
    price = pl.col("price_in_currency_per_gpu_hour")
    return frame.with_columns(
        # Until somebody counts, `parse` divides by one: what is known is the price of the whole.
        price_usd_per_instance_hour=pl.col("price_usd_per_gpu_hour") * pl.col("gpu_count"),
        price_usd_per_gpu_hour=pl.when(~uncounted).then("price_usd_per_gpu_hour"),
        price_in_currency_per_gpu_hour=pl.when(~uncounted).then("price_in_currency_per_gpu_hour"),
        gpu_count=count,
        reason=pl.coalesce(
            _why(pl.col("provider").is_null(), "unknown_provider"),
            _why(pl.col("accelerator").is_null(), pl.col("accelerator_reason")),
            "reason",
            _why(price.is_null(), "missing_price"),
            _why(~price.is_finite(), "non_finite_price"),
            _why(price <= 0, "price_not_positive"),
            _why(~pl.col("currency").str.contains(r"^[A-Z]{3}$"), "unknown_currency"),
            _why(pl.col("price_usd_per_gpu_hour").is_null(), "no_exchange_rate"),
            _why(pl.col("observed_at") > pl.col("captured_at"), "observed_in_the_future"),
        ),
    )


def unit_change(frame: pl.DataFrame, odd: pl.Series, before: pl.DataFrame) -> float | None:
    """The factor by which most prices of a capture moved at once, if they did: a change of unit.

    A price is off when it is UNIT_FACTOR times its own last price, or less than that fraction of
    it, or, where the source has not quoted the offer before, when it is implausible. The capture
    changed its unit when more than half of its prices are off in one direction and agree on the
    factor. So one odd price is never a change of unit in a capture of two or more, nor are two that
    are odd in two ways: they are set aside one by one.

    Args:
        frame: Prepared rows.
        odd: Which of them are implausible.
        before: Row by row `last` (the source's own last price of the offer) and `median` (the
            cell's over 90 days), USD per accelerator-hour, null where there is none.

    Returns:
        New price over old, as the median of the prices that are off; None without a change.
    """
    price = frame["price_usd_per_gpu_hour"]
    own = price / before["last"]
    middle = (PLAUSIBLE_USD[0] * PLAUSIBLE_USD[1]) ** 0.5
    moved = before.select(
        ratio=price / pl.coalesce("last", "median", pl.lit(middle)),
        off=pl.when(own.is_not_null())
        .then((own >= UNIT_FACTOR) | (own <= 1 / UNIT_FACTOR))
        .otherwise(odd),
    ).filter("off", pl.col("ratio").is_finite())
    for side in (moved.filter(pl.col("ratio") > 1), moved.filter(pl.col("ratio") <= 1)):
        factor = side["ratio"].median()
        if not isinstance(factor, float) or factor <= 0:
            continue
        agrees = (side["ratio"] / factor).is_between(1 / SAME_FACTOR, SAME_FACTOR)
        if agrees.sum() > MOST * frame.height:
            return factor
    return None


def implausible(frame: pl.DataFrame, medians: pl.DataFrame) -> pl.Expr:
    """Which rows lie outside the plausible range of their cell (METHODS 1.5).

    Args:
        frame: Prepared rows.
        medians: `accelerator`, `market`, `median_price_usd_per_gpu_hour` over the 90 days before.

    Returns:
        An expression over `frame`: [0.05, 20] x the cell's trailing median where there is one,
        [0.01, 200] USD per accelerator-hour otherwise.
    """
    price = pl.col("price_usd_per_gpu_hour")
    cell = pl.lit(of_cells(frame, medians))
    return (
        pl.when(cell.is_not_null())
        .then(~price.is_between(0.05 * cell, 20 * cell))
        .otherwise(~price.is_between(*PLAUSIBLE_USD))
    )


def of_cells(frame: pl.DataFrame, medians: pl.DataFrame) -> pl.Series:
    """The trailing median of each row's cell, null where there is none."""
    cells = frame.select("accelerator", "market")
    return cells.join(medians, on=["accelerator", "market"], how="left", maintain_order="left")[
        "median_price_usd_per_gpu_hour"
    ]


def _in_dollars(frame: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """USD at the newest ECB rate of at most a week before the observation; null without one."""
    day = pl.col("observed_at").dt.date()
    known = (
        rates.sort("observed_on", "known_at")
        .unique(["currency", "observed_on"], keep="last")
        .select("currency", rate_on="observed_on", rate="usd_per_currency_unit")
        .sort("rate_on")
    )
    dated = frame.with_row_index("row").with_columns(day=day).sort("day")
    return (
        dated.join_asof(
            known,
            left_on="day",
            right_on="rate_on",
            by="currency",
            strategy="backward",
            tolerance=f"{RATE_REACH_DAYS}d",
            check_sortedness=False,
        )
        .sort("row")
        .with_columns(
            price_usd_per_gpu_hour=pl.col("price_in_currency_per_gpu_hour")
            * pl.when(pl.col("currency") == "USD").then(1.0).otherwise(pl.col("rate"))
        )
        .drop("row", "day", "rate", "rate_on")
    )


def _unsafe_text() -> list[pl.Expr]:
    checks: list[pl.Expr] = []
    for name in TEXT:
        cell = pl.col(name)
        checks += [
            _why(cell.str.len_chars() > MAX_TEXT_CHARACTERS, f"{name}: oversized_text"),
            _why(cell.str.contains("\x00", literal=True), f"{name}: nul_byte"),
            _why(cell.str.contains(FORMULA), f"{name}: formula_text"),
        ]
    return checks


def _why(broken: pl.Expr, reason: str | pl.Expr) -> pl.Expr:
    return pl.when(broken).then(pl.lit(reason) if isinstance(reason, str) else reason)
