"""How likely a facility's promises break on simulated rents, and what a default would lose."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.methods.rent_paths import BATCHES, DRIFTS, PATHS, History, history, paths

__all__ = ["simulate"]

Array = NDArray[np.float64]

BAND = (5.0, 95.0)
SCHEMA = pl.Schema({
    "facility_id": pl.String(), "drift_basis": pl.String(), "quarter_number": pl.Int64(),
    "period_end_on": pl.Date(), "balance_on": pl.Date(), "principal_usd": pl.Float64(),
    "path_count": pl.Int64(), "history_weeks_count": pl.Int64(),
    "low_rent_multiplier": pl.Float64(), "median_rent_multiplier": pl.Float64(),
    "high_rent_multiplier": pl.Float64(),
    "under_water_probability_pct": pl.Float64(),
    "low_under_water_probability_pct": pl.Float64(),
    "high_under_water_probability_pct": pl.Float64(),
    "dscr_below_probability_pct": pl.Float64(),
    "low_dscr_below_probability_pct": pl.Float64(),
    "high_dscr_below_probability_pct": pl.Float64(),
    "loss_at_default_pct": pl.Float64(), "low_loss_at_default_pct": pl.Float64(),
    "high_loss_at_default_pct": pl.Float64(),
    "loss_missing_reason": pl.String(), "dscr_missing_reason": pl.String(),
    "recovery_missing_reason": pl.String(), "inputs_assumed": pl.String(),
    "price_vintage_on": pl.Date(), "known_at": pl.Datetime("us", "UTC"),
})  # fmt: skip


def simulate(rows: pl.DataFrame) -> pl.DataFrame:
    """Probabilities and losses by facility, drift and quarter, to the quarter before maturity.

    Args:
        rows: `row_kind` quarter (debt and terms), lot (what machines earn and spend at their age)
            and move (weekly moves of rents), as `sql/marts/credit/facility_loss.sql` asks.

    Returns:
        A row per facility, drift and quarter. In each lane a lot is worth its rent less its cost,
        never less than nothing; recovery is the resale value of the start moved with market value.
    """
    kinds = {kind: rows.filter(pl.col("row_kind") == kind) for kind in ("quarter", "lot", "move")}
    past = history(kinds["move"]) if kinds["move"].height else None
    last = kinds["move"]["known_at"].max()
    lots = kinds["lot"].sort("facility_id", "lot_number", "quarter_number")
    chips = sorted(lots["accelerator"].drop_nulls().unique())
    made: list[dict[str, Any]] = []
    quarters = kinds["quarter"].sort("facility_id", "quarter_number")
    declines = quarters.select(pl.col("^.*rate_pct_per_year$")).columns
    for drift in DRIFTS:
        for rates, same in quarters.group_by(declines, maintain_order=True):
            known = None if None in rates else rates
            rents, reason = _rents(past, chips, drift, known)
            for (facility,), terms in same.group_by("facility_id", maintain_order=True):
                mine = lots.filter(pl.col("facility_id") == facility)
                for row in _facility(terms, mine, rents, reason):
                    row["drift_basis"] = drift
                    row["history_weeks_count"] = past.pooled.size if past else 0
                    row["known_at"] = max(filter(None, (row["known_at"], last)))
                    made.append(row)
    frame = pl.DataFrame(made, schema=SCHEMA, orient="row")
    return frame.sort("facility_id", "drift_basis", "quarter_number")


def _rents(
    past: History | None,
    chips: list[str],
    drift: str,
    decline: tuple[float, float, float] | None,
) -> tuple[dict[str, Array], str | None]:
    if past is None:
        return {}, "no weekly move of rents published"
    if drift == "through_cycle" and decline is None:
        return {}, "no rate of decline published"
    try:
        return paths(past, chips, 40, drift, decline), None
    except ValueError as error:
        return {}, str(error)


def _facility(
    terms: pl.DataFrame, lots: pl.DataFrame, rents: dict[str, Array], reason: str | None
) -> Iterator[dict[str, Any]]:
    """The rows of one facility on given rents."""
    quarters = terms.height
    debt = _column(terms, "principal_usd")
    value = np.zeros((PATHS, quarters)) + _column(terms, "other_value_usd")
    income = np.zeros((PATHS, quarters))
    moved = None
    for _, lot in lots.group_by("lot_number", maintain_order=True):
        chip = lot["accelerator"][0]
        if chip not in rents:
            value = np.full((PATHS, quarters), np.nan)
            break
        moved = rents[chip][:, :quarters]
        earned, spent = _column(lot, "earned_usd"), _column(lot, "spent_usd")
        value = value + np.maximum(moved * earned - spent, 0)
        kept = moved * _column(lot, "annual_rent_kept_usd")
        income = income + (kept - _column(lot, "annual_cash_cost_usd")) / 4
    reasons = lots.group_by("quarter_number").agg(pl.col("loss_missing_reason").max())
    lot_reasons = dict(reasons.iter_rows())
    start = value[:, 0][0] if quarters else np.nan
    resale = terms["resale_value_usd"][0]
    maturity = terms["maturity_on"][0]
    for row in terms.iter_rows(named=True):
        quarter = row["quarter_number"]
        ends = maturity is not None and row["period_end_on"] >= maturity
        if ends and quarter:
            break
        owed = debt[quarter]
        missing = (
            "no maturity filed" if maturity is None
            else reason or lot_reasons.get(quarter) or ("repaid" if owed == 0 else None)
        )  # fmt: skip
        out: dict[str, Any] = {name: row.get(name) for name in SCHEMA if name in row}
        out |= {"path_count": PATHS, "loss_missing_reason": missing}
        if missing is None and moved is not None:
            low, middle, high = np.percentile(moved[:, quarter], [BAND[0], 50, BAND[1]])
            out |= {
                "low_rent_multiplier": low,
                "median_rent_multiplier": middle,
                "high_rent_multiplier": high,
            }
            worth = value[:, quarter]
            out |= _spread("under_water_probability_pct", 100.0 * (owed > worth))
            out |= _coverage(row, income[:, quarter], owed)
            if resale is None or not start > 0:
                out["recovery_missing_reason"] = "no executed resale price of the accelerator"
            else:
                lost = np.maximum(1 - worth / start * resale / owed, 0)
                out |= _spread("loss_at_default_pct", 100 * lost)
        if maturity is None:
            yield out
            break
        yield out


def _coverage(row: dict[str, Any], income: Array, owed: float) -> dict[str, Any]:
    """The share of paths on which market income is below the covenant; why there is none."""
    covenant, rate = row["dscr_min_ratio"], row["interest_rate_pct"]
    if covenant is None:
        return {"dscr_missing_reason": "no coverage covenant filed"}
    if rate is None or row["quarter_principal_due_usd"] is None:
        return {"dscr_missing_reason": row["loss_missing_reason"] or "no debt service known"}
    service = owed * rate / 400 + row["quarter_principal_due_usd"]
    return _spread("dscr_below_probability_pct", 100.0 * (income < covenant * service))


def _spread(name: str, lanes: Array) -> dict[str, float]:
    """The mean over lanes, and the 5th and 95th percentile of it over resampled histories."""
    low, high = np.percentile(lanes.reshape(BATCHES, -1).mean(axis=1), BAND)
    return {name: float(lanes.mean()), f"low_{name}": float(low), f"high_{name}": float(high)}


def _column(frame: pl.DataFrame, name: str) -> Array:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
