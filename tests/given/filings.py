"""Filings, their figures and the rules that read them, for tests. Every number here is made up."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from pipeline import warehouse as wh
from pipeline.build.model import models
from pipeline.contracts import Contract
from pipeline.contracts.credit import FACILITY_BALANCES, FACILITY_TERMS
from pipeline.contracts.filings import (
    COMMITMENT_MEANINGS,
    CONCEPT_RECIPES,
    FILING_FACTS,
    FILINGS,
    FORMS,
    ISSUERS,
    METRICS,
    RECASTS,
)
from pipeline.sources.source import REFERENCE, Capture, discover
from pipeline.warehouse import DuckDB
from tests.given.cited import cited
from tests.given.support import build_up_to, typed

Row = dict[str, Any]
CIK = "0000000001"
LONG_AGO = datetime(2009, 1, 1, tzinfo=UTC)
CITED = cited(LONG_AGO)

BALANCES = {
    "cash": "Cash",
    "total_debt": "LongTermDebt",
    "current_debt": "LongTermDebtCurrent",
    "debt_principal": "DebtInstrumentCarryingAmount",
    "finance_lease_liability": "FinanceLeaseLiability",
    "operating_lease_liability": "OperatingLeaseLiability",
    "ppe_net": "PropertyPlantAndEquipmentNet",
    "total_assets": "Assets",
    "total_liabilities": "Liabilities",
    "equity": "StockholdersEquity",
    "rpo": "RevenueRemainingPerformanceObligation",
    "debt_due_remainder": "DueInRemainder",
    "debt_due_year_1": "DueInYearOne",
    "debt_due_year_2": "DueInYearTwo",
    "debt_due_thereafter": "DueThereafter",
}
FLOWS = {
    "revenue": "Revenues",
    "operating_income": "OperatingIncomeLoss",
    "depreciation_and_amortization": "DepreciationDepletionAndAmortization",
    "depreciation": "Depreciation",
    "stock_compensation": "ShareBasedCompensation",
    "interest_expense": "InterestExpense",
    "interest_capitalized": "InterestCostsCapitalized",
    "coin_gain": "CryptoAssetRealizedAndUnrealizedGainLossOperating",
    "impairment": "AssetImpairmentCharges",
    "net_income": "NetIncomeLoss",
    "capex": "PaymentsToAcquirePropertyPlantAndEquipment",
    "debt_proceeds": "ProceedsFromIssuanceOfDebt",
}


def on(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def issuer(cik: str = CIK, **cells: Any) -> Row:
    """A company whose figures have one perimeter and basis from the first day on."""
    row = CITED | {
        "cik": cik,
        "issuer": "Acme" if cik == CIK else f"Company {cik[-1]}",
        "name": "Acme Cloud, Inc.",
        "layer": "neocloud",
        "fiscal_year_end": "12-31",
        "accounting_basis": "us_gaap",
        "perimeter": "whole",
        "filed_from_on": date(2009, 1, 1),
        "period_from_on": date(2009, 1, 1),
    }
    return row | cells


def recipe(metric: str, *concepts: str, **cells: Any) -> list[Row]:
    """One alternative of a metric: what it adds up, all of it required; `-X` is subtracted."""
    row = CITED | {"cik": "*", "metric": metric, "rank": 1, "taxonomy": "us-gaap"}
    row |= {"is_required": True, "is_fallback": False, "dimensions": None}
    return [
        row | {"concept": each.lstrip("-"), "weight": -1.0 if each.startswith("-") else 1.0} | cells
        for each in concepts
    ]


def common_recipes() -> list[Row]:
    """One element for each metric."""
    return [row for name, each in (BALANCES | FLOWS).items() for row in recipe(name, each)]


def flow(concept: str, start: str, end: str, value: float, **cells: Any) -> Row:
    return {
        "concept": concept,
        "period_start_on": on(start),
        "period_end_on": on(end),
        "value": float(value),
    } | cells


def instant(concept: str, end: str, value: float, **cells: Any) -> Row:
    return {"concept": concept, "period_end_on": on(end), "value": float(value)} | cells


def filing(form: str, filed_on: str, *facts: Row, cik: str = CIK, number: int = 0) -> list[Row]:
    """The figures of one filing, public when its day is over."""
    day = on(filed_on)
    filed = CITED | {
        "cik": cik,
        "accession": accession(filed_on, cik=cik, number=number),
        "form": form,
        "filed_on": day,
        "taxonomy": "us-gaap",
        "unit": "USD",
        "dimensions": "",
        "licence": "test",
        "known_at": end_of(day),
        "captured_at": end_of(day),
    }
    return [filed | each for each in facts]


def accession(filed_on: str, *, cik: str = CIK, number: int = 0) -> str:
    day = on(filed_on)
    return f"{cik}-{day:%y}-{day:%m%d}{number:02d}"


def meaning(concept: str, kind: str, **cells: Any) -> Row:
    row = CITED | {"cik": CIK, "taxonomy": "us-gaap", "concept": concept, "dimensions": None}
    return row | {"obligation_kind": kind, "period_from_on": date(2009, 1, 1)} | cells


def terms(facility_id: str, **cells: Any) -> Row:
    row = CITED | {
        "facility_id": facility_id,
        "borrower": "Acme",
        "issuer": "Acme",
        "cik": CIK,
        "facility_name": facility_id,
        "facility_kind": "ddtl",
        "collateral_class": "gpu",
        "deal_status": "filed",
        "is_disputed": False,
        "recourse": "full",
    }
    return row | cells


def balance(facility_id: str, balance_on: str, principal: float | None, **cells: Any) -> Row:
    row = CITED | {
        "facility_id": facility_id,
        "balance_on": on(balance_on),
        "principal_usd": principal,
        "known_at": end_of(on(balance_on)),
        "captured_at": end_of(on(balance_on)),
    }
    return row | cells


@cache
def committed(name: str) -> tuple[Row, ...]:
    """Rows of a committed file that say what every filing has in common."""
    [source] = [each for each in discover() if each.name == name]
    body = (REFERENCE / f"{name}.csv").read_bytes()
    assert source.parse is not None
    rows = source.parse(body, Capture(name, "all", f"{name}.csv", LONG_AGO, "")).to_dicts()
    early = {"known_at": LONG_AGO, "captured_at": LONG_AGO, "source": name}
    return tuple(row | early for row in rows)


def land(
    db: DuckDB,
    *filings: Iterable[Row],
    issuers: Iterable[Row] = (),
    recipes: Iterable[Row] = (),
    meanings: Iterable[Row] = (),
    facilities: Iterable[Row] = (),
    balances: Iterable[Row] = (),
    accepted: Iterable[Row] = (),
    recasts: Iterable[Row] = (),
) -> None:
    """Land filings beside the rules; without any, one neocloud and the common recipes."""
    wh.create_declared(db)
    landing: list[tuple[Contract, Iterable[Row]]] = [
        (FORMS, committed("forms")),
        (METRICS, committed("metrics")),
        (ISSUERS, issuers or [issuer()]),
        (CONCEPT_RECIPES, recipes or common_recipes()),
        (FILING_FACTS, [row for each in filings for row in each]),
        (COMMITMENT_MEANINGS, meanings),
        (FACILITY_TERMS, facilities),
        (FACILITY_BALANCES, balances),
        (FILINGS, accepted),
        (RECASTS, recasts),
    ]
    for contract, rows in landing:
        wh.append(db, contract, typed(contract, rows))


def build(db: DuckDB, name: str = "") -> None:
    """Build a leverage table, or all, and what it rests on, without checks of real magnitudes."""
    wanted = [each.table for each in models() if each.group == "leverage"]
    if name:
        wanted = [table for table in wanted if table.endswith(f".{name}")]
    build_up_to(db, *wanted)


def figures(db: DuckDB, table: str, metric: str, *columns: str) -> list[tuple[Any, ...]]:
    """Cells of one metric by period."""
    return db.execute(
        f"select {', '.join(columns)} from marts.{table} where metric = ? "
        "order by period_end_on, period_start_on, accounting_basis",
        [metric],
    ).fetchall()
