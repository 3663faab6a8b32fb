"""A lender's world of one facility, small enough for a calculator. Every number here is made up.

The machine costs 100, keeps 15 of rent a year and costs 5 a year to run, for eight years: new it
earns 120 and spends 40. Three quarters of a facility's cost are machines. Its loan is drawn on the
day it closes: 400 at an advance rate of 80 % paid for 500, written off over six years.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.build.model import checks
from pipeline.contracts.credit import ASSUMED_TERMS, RATES
from pipeline.contracts.depreciation import COST_INPUTS, SCENARIOS
from pipeline.release.publish import AS_OF
from pipeline.warehouse import DuckDB
from tests.given import credit, support
from tests.given.lives import H100, cost, empty, land, put
from tests.given.support import build, rows

DAY = date(2026, 3, 31)
LOAN = "a-loan"
COVERAGE = (
    "marts.facility",
    "marts.facility_collateral",
    "marts.facility_lot_value",
    "marts.facility_coverage",
    "marts.facility_repayment",
)
MARTS = (*COVERAGE, "marts.facility_stress", "marts.facility_reverse_stress")
RENT, CASH, COST, AGES = 15.0, 5.0, 100.0, 8
INPUTS = (
    cost("gpu-share", 75.0),
    cost("facility-cash-cost", 1.0),
    cost("overhead-share", 20.0),
    cost("realisation", 50.0),
    cost("incremental-borrowing-rate", 10.0),
)


def terms(facility_id: str = LOAN, **cells: Any) -> dict[str, Any]:
    """SOFR + 4 until 2031-03-31, at most 85 % of what six years leave of the cost, 1.4 covered."""
    return credit.terms(facility_id) | {
        "closed_on": DAY,
        "benchmark": "SOFR",
        "spread_bps": 400.0,
        "maturity_on": date(2031, 3, 31),
        "amortisation": "unfiled_schedule",
        "advance_rate_pct": 80.0,
        "ltv_max_pct": 85.0,
        "depreciation_life_years": 6.0,
        "dscr_min_ratio": 1.4,
        **cells,
    }


def balance(principal: float = 400.0, on: date = DAY, **cells: Any) -> dict[str, Any]:
    """A balance, known at the end of the day it is of unless `on` is given apart."""
    known = {"on": cells.pop("known_on", on)}
    return credit.balance(**known, balance_on=on, principal_usd=principal, **cells)


def chip(name: str = H100, facility_id: str = LOAN, **cells: Any) -> dict[str, Any]:
    row = {"facility_id": facility_id, "term": "accelerator", "unit": "sku", "accelerator": name}
    return row | cells


def stand_in(term: str, value: float, facility_id: str = LOAN, **cells: Any) -> dict[str, Any]:
    row = {"facility_id": facility_id, "term": term, "unit": "as named", "base_value": value}
    return row | cells


def sofr(percent: float = 4.0, on: date = DAY, **cells: Any) -> dict[str, Any]:
    row = {"rate_name": "SOFR", "observed_on": on, "rate_pct": percent, "licence": "test"}
    return row | cells


def clock(
    rent: float = RENT, cash: float = CASH, on: date = DAY, accelerator: str = H100, **cells: Any
) -> list[dict[str, Any]]:
    """The income clock of every age: what is left of eight years, never below nothing."""
    made = []
    for age in range(AGES + 1):
        # Without a margin the machine is switched off: it neither earns nor spends.
        left = AGES - age if rent > cash else 0
        value = (rent - cash) * left
        made.append(
            {
                "accelerator": accelerator,
                "clock": "income_market",
                "tier": "neocloud",
                "age_years": float(age),
                "period_end_on": on,
                "publication_status": "published",
                "value_usd_per_gpu": value,
                "low_value_usd_per_gpu": 0.5 * value,
                "high_value_usd_per_gpu": 1.5 * value,
                "earned_usd_per_gpu": rent * left,
                "spent_usd_per_gpu": cash * left,
                "rent_kept_usd_per_gpu_year": rent,
                "cash_cost_usd_per_gpu_year": cash,
                "rent_usd_per_gpu_hour": rent / 5,
                "last_observed_on": on,
                "cost_usd_per_gpu": COST,
                "cost_basis": "made up",
                "breakeven_rent_usd_per_gpu_hour": None,
                "sale_count": None,
                "condition": None,
                "lot": None,
                "priced_on": None,
                "inputs_assumed": None,
                "withheld_reason": None,
                "known_at": datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1),
            }
            | cells
        )
    return made


def step(scenario: str = "base", quarter: int = 0, **cells: Any) -> dict[str, Any]:
    """Rents, use and SOFR as they are."""
    return {
        "scenario": scenario,
        "scenario_kind": "hypothetical",
        "quarter_number": quarter,
        "rent_multiplier": 1.0,
        "utilisation_multiplier": 1.0,
        "sofr_shift_bps": 0.0,
        "is_offtaker_default": False,
    } | cells


def decline(percent: float = 0.0, on: date = DAY, **cells: Any) -> dict[str, Any]:
    """Rents of the loan's accelerator change by so much a year; here they stand still."""
    return {
        "accelerator": H100,
        "method": "shrunk",
        "publication_status": "published",
        "period_end_on": on,
        "rate_pct_per_year": percent,
        "interval_low_rate_pct_per_year": percent,
        "interval_high_rate_pct_per_year": percent,
        "known_at": datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1),
    } | cells


def moved(db: DuckDB, changes: Iterable[float], tier: str = "neocloud", **cells: Any) -> None:
    """Rents of the loan's accelerator move so from week to week, from the first week of 2025."""
    start = date(2025, 1, 5)
    weeks = [
        {
            "period": "week",
            "accelerator": H100,
            "tier": tier,
            "market": "on_demand",
            "term_months": 0,
            "basis": "all_in",
            "publication_status": "published",
            "compared_with_on": start + timedelta(weeks=number),
            "period_end_on": start + timedelta(weeks=number + 1),
            "log_change": change,
            "known_at": datetime(2025, 1, 12, tzinfo=UTC) + timedelta(weeks=number + 1),
        }
        | cells
        for number, change in enumerate(changes)
    ]
    db.execute("create schema if not exists marts")
    put(db, "marts.moved_now", *weeks)
    db.execute(
        "create table if not exists marts.gpu_price_movement as from marts.moved_now limit 0"
    )
    db.execute("insert into marts.gpu_price_movement from marts.moved_now")
    db.execute("drop table marts.moved_now")


def landed(
    db: DuckDB,
    *,
    facilities: Iterable[dict[str, Any]] | None = None,
    balances: Iterable[dict[str, Any]] | None = None,
    assumed: Iterable[dict[str, Any]] | None = None,
    rates: Iterable[dict[str, Any]] | None = None,
    inputs: Iterable[dict[str, Any]] = INPUTS,
    clocks: Iterable[dict[str, Any]] | None = None,
    scenarios: Iterable[dict[str, Any]] | None = None,
    declines: Iterable[dict[str, Any]] | None = None,
) -> None:
    """Land what is given; what is not is one loan, its balance, its chip, SOFR and `base`."""
    empty(db)
    credit.land(
        db,
        terms=[terms()] if facilities is None else facilities,
        balances=[balance()] if balances is None else balances,
    )
    land(db, ASSUMED_TERMS, *([chip()] if assumed is None else assumed))
    land(db, RATES, *([sofr()] if rates is None else rates))
    land(db, COST_INPUTS, *inputs)
    land(db, SCENARIOS, *([step()] if scenarios is None else scenarios))
    put(db, "marts.residual_value", *(clock() if clocks is None else clocks))
    put(db, "marts.depreciation_rate", *([decline()] if declines is None else declines))


def world(db: DuckDB, **given: Any) -> None:
    """Land what is given and build the marts of coverage and stress on it."""
    landed(db, **given)
    build(db, *MARTS)


def told(db: DuckDB, mart: str, where: str = "true") -> list[dict[str, Any]]:
    return rows(db, f"from marts.{mart} where {where} order by all")


def one(db: DuckDB, mart: str, where: str = "true") -> dict[str, Any]:
    [row] = told(db, mart, where)
    return row


def broken(db: DuckDB) -> dict[str, list[dict[str, Any]]]:
    """Rows that break a promise of these marts, by promise."""
    found = {
        f"{each.table}__{each.promise}": rows(db, each.query)
        for each in checks()
        if each.table in MARTS and each.blocks
    }
    return {promise: bad for promise, bad in found.items() if bad}


def rewindable(db: DuckDB) -> None:
    """The past of these marts; the clock is a table here: its past is the months over by then."""
    db.execute("create schema if not exists vintage")
    for name in ("residual_value", "depreciation_rate"):
        db.execute(
            f"create or replace view vintage.{name} as from marts.{name} where "
            + AS_OF.replace("known_at", "period_end_on::timestamptz + interval 1 day")
        )
    support.rewindable(db, *MARTS)
