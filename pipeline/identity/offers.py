"""From what a price source parsed to rows of `gpu_offers`: identity, currency, plausibility.

Sources differ in spelling, unit and currency; from here on they do not. A row that cannot be made
comparable keeps a `reason` and goes to quarantine: nothing is dropped, nothing is guessed.
"""

import polars as pl

from pipeline.identity import Tables
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region

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
    refused = frame.drop_nulls("reason")
    named = _named(frame.filter(pl.col("reason").is_null()), tables)
    return pl.concat([named, refused], how="diagonal")


def _named(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    frame = resolve_provider(frame, tables["providers"])
    frame = resolve_accelerator(frame, tables["accelerator_aliases"])
    canonical = pl.col("accelerator_raw").is_in(tables["accelerators"]["accelerator"].implode())
    frame = frame.with_columns(
        accelerator=pl.when(canonical).then("accelerator_raw").otherwise("accelerator")
    )
    frame = resolve_region(frame, tables["regions"])
    frame = _in_dollars(frame, tables["exchange_rates"])
    price = pl.col("price_in_currency_per_gpu_hour")
    return frame.with_columns(
        price_usd_per_instance_hour=pl.col("price_usd_per_gpu_hour") * pl.col("gpu_count"),
        reason=pl.coalesce(
            _why(pl.col("provider").is_null(), "unknown_provider"),
            _why(pl.col("accelerator").is_null(), pl.col("accelerator_reason")),
            _why(price.is_null(), "missing_price"),
            _why(~price.is_finite(), "non_finite_price"),
            _why(price <= 0, "price_not_positive"),
            _why(~pl.col("currency").str.contains(r"^[A-Z]{3}$"), "unknown_currency"),
            _why(pl.col("price_usd_per_gpu_hour").is_null(), "no_exchange_rate"),
            _why(pl.col("observed_at") > pl.col("captured_at"), "observed_in_the_future"),
        ),
    )


def implausible(frame: pl.DataFrame, medians: pl.DataFrame) -> pl.Expr:
    """Which rows lie outside the plausible range of their cell (METHODS 1.5).

    Args:
        frame: Prepared rows.
        medians: `accelerator`, `market`, `median_price_usd_per_gpu_hour` over the 90 days before.

    Returns:
        An expression over `frame`: [0.05, 20] x the cell's trailing median where there is one,
        [0.01, 200] USD per accelerator-hour otherwise.
    """
    joined = frame.select("accelerator", "market").join(
        medians, on=["accelerator", "market"], how="left", maintain_order="left"
    )["median_price_usd_per_gpu_hour"]
    price = pl.col("price_usd_per_gpu_hour")
    cell = pl.lit(joined)
    return (
        pl.when(cell.is_not_null())
        .then(~price.is_between(0.05 * cell, 20 * cell))
        .otherwise(~price.is_between(0.01, 200.0))
    )


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
