"""Rows of facilities, balances, holdings and commitments. Every number here is made up."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline import warehouse as wh
from pipeline.contracts import Contract
from pipeline.contracts.credit import (
    COMMITMENTS,
    FACILITY_BALANCES,
    FACILITY_TERMS,
    FUND_HOLDINGS,
)
from pipeline.contracts.thesis import BACKSTOPS, ENTITIES
from pipeline.warehouse import DuckDB
from tests.given.cited import cited
from tests.given.support import build, rows, typed

TABLES = {
    "terms": FACILITY_TERMS,
    "balances": FACILITY_BALANCES,
    "holdings": FUND_HOLDINGS,
    "commitments": COMMITMENTS,
    "entities": ENTITIES,
    "backstops": BACKSTOPS,
}
MARTS = (
    "marts.facility",
    "marts.gpu_debt_market",
    "marts.gpu_debt_market_total",
    "marts.lender_mark",
    "marts.lender_mark_dispersion",
    "marts.lender_mark_move",
    "marts.lender_exposure",
    "marts.commitment",
    "marts.backstop",
    "marts.vendor_financing_loops",
)


def _cited(cells: dict[str, Any]) -> dict[str, Any]:
    """Provenance; `on` is the day of the document, which the public knew at that day's end."""
    on = cells.pop("on", date(2025, 1, 31))
    known_at = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1)
    known_at = cells.get("known_at", known_at)
    return cited(known_at, on, source_url="https://www.sec.gov/a")


def terms(facility_id: str = "a-loan", **cells: Any) -> dict[str, Any]:
    """One version of the terms of a filed loan of 1,000 dollars against GPUs."""
    row = _cited(cells) | {
        "facility_id": facility_id,
        "borrower": "A Corp",
        "facility_name": facility_id,
        "facility_kind": "ddtl",
        "collateral_class": "gpu",
        "deal_status": "filed",
        "is_disputed": False,
        "closed_on": date(2025, 1, 15),
        "commitment_usd": 1000.0,
        "amortisation": "not_stated",
        "recourse": "not_stated",
    }
    return row | cells


def balance(facility_id: str = "a-loan", **cells: Any) -> dict[str, Any]:
    row = _cited(cells) | {
        "facility_id": facility_id,
        "balance_on": date(2025, 3, 31),
        "principal_usd": 400.0,
    }
    return row | cells


def holding(fund: str = "Fund One", **cells: Any) -> dict[str, Any]:
    """A fund's 100 dollars of the loan, at 99 and bought for 98, on 31 March 2025."""
    number = sum(map(ord, fund))
    row = _cited({"on": date(2025, 5, 15)} | cells) | {
        "source": "lender_marks",
        "accession": f"{number:010}-25-000001",
        "holding_id": "1",
        "fund": fund,
        "fund_cik": f"{number:010}",
        "adviser": fund,
        "vehicle": "bdc",
        "form": "10-Q",
        "period_end_on": date(2025, 3, 31),
        "issuer_name_raw": "A Compute LLC",
        "rate_kind": "floating",
        "spread_bps": 600.0,
        "maturity_on": date(2030, 3, 31),
        "currency": "USD",
        "par_usd": 100.0,
        "cost_usd": 98.0,
        "fair_value_usd": 99.0,
        "par_basis": "funded",
        "borrower": "A Corp",
        "facility_id": "a-loan",
        "match_score": 1.0,
        "match_reason": "test",
    }
    cells.pop("on", None)
    return row | cells


def commitment(from_entity: str, to_entity: str, **cells: Any) -> dict[str, Any]:
    row = _cited(cells) | {
        "commitment_id": f"{from_entity}-{to_entity}".lower(),
        "from_entity": from_entity,
        "to_entity": to_entity,
        "commitment_kind": "purchase",
        "amount_usd": 10.0,
        "is_binding": True,
        "deal_status": "filed",
        "is_disputed": False,
    }
    return row | cells


def land(db: DuckDB, **tables: Iterable[dict[str, Any]]) -> None:
    """Land rows by table (`terms`, `balances`, `holdings`, `commitments`); the others are empty."""
    for name, contract in TABLES.items():
        _append(db, contract, list(tables.get(name, ())))


def _append(db: DuckDB, contract: Contract, rows: list[dict[str, Any]]) -> None:
    wh.create(db, contract.table, contract.doc, contract.columns)
    wh.append(db, contract, typed(contract, rows))


def built(db: DuckDB, **tables: Iterable[dict[str, Any]]) -> None:
    """Land rows and build the marts of lending on them."""
    land(db, **tables)
    build(db, *MARTS)


def debt_market(
    db: DuckDB, on: object, borrower: str = "all", collateral: str = "all"
) -> dict[str, Any] | None:
    """A month of the debt market: the total's row, or details added up as a reader would."""
    if (borrower, collateral) == ("all", "all"):
        found = rows(db, f"from marts.gpu_debt_market_total where period_end_on = '{on}'")
        return found[0] if found else None
    wanted = {
        "borrower": None if borrower == "all" else borrower,
        "collateral_class": None if collateral in ("all", "all_secured") else collateral,
    }
    where = [f"period_end_on = '{on}'"]
    where += [f"{name} = '{value}'" for name, value in wanted.items() if value]
    if collateral == "all_secured":
        where.append("collateral_class <> 'unsecured'")
    [row] = rows(
        db,
        "select count(*) as row_count, max(balance_on) as balance_on, "
        "min(oldest_balance_on) as oldest_balance_on, "
        "sum(columns('_usd$|^facilit.*_count$')) as '\\0' "
        f"from marts.gpu_debt_market where {' and '.join(where)}",
    )
    return row if row["row_count"] else None


def small_market() -> dict[str, list[dict[str, Any]]]:
    """A loan, its balance, two holders and a loop: one row at least in every mart of lending."""
    return {
        "terms": [terms()],
        "balances": [balance()],
        "holdings": [holding(), holding("Fund Two", fair_value_usd=101.0)],
        "commitments": [commitment("Chips", "Cloud"), commitment("Cloud", "Chips")],
    }
