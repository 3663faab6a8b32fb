"""Figures of filings as recorded files hold them, one reader per kind of file.

Every reader returns FACTS: one row per figure with the accession it was filed under. A row whose
accession or filing day nobody recorded is left out, never guessed. The day and form of a filing
that a file does not say come from another recorded file that names the same accession
(`Filings`), or from the list in `_filing_read`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from distil import FILINGS_READ_ON
from pipeline.sources.filings import sec_instances
from pipeline.sources.source import Capture

FACTS: dict[str, pl.DataType] = {
    "cik": pl.String(),
    "accession": pl.String(),
    "form": pl.String(),
    "filed_on": pl.Date(),
    "taxonomy": pl.String(),
    "concept": pl.String(),
    "unit": pl.String(),
    "period_start_on": pl.Date(),
    "period_end_on": pl.Date(),
    "dimensions": pl.String(),
    "value": pl.Float64(),
    "decimals": pl.Int64(),
    "source_url": pl.String(),
    "confidence": pl.String(),
}
KEY = (
    "cik",
    "accession",
    "taxonomy",
    "concept",
    "unit",
    "period_start_on",
    "period_end_on",
    "dimensions",
)
Filings = dict[str, tuple[str, date]]  # accession -> form, filing day

CIKS = {
    "AMD": "0000002488",
    "AMZN": "0001018724",
    "APLD": "0001144879",
    "AVGO": "0001730168",
    "CIFR": "0001819989",
    "CRWV": "0001769628",
    "GOOGL": "0001652044",
    "INTC": "0000050863",
    "IREN": "0001878848",
    "META": "0001326801",
    "MRVL": "0001835632",
    "MSFT": "0000789019",
    "MU": "0000723125",
    "NBIS": "0001513845",
    "NVDA": "0001045810",
    "ORCL": "0001341439",
    "SMCI": "0001375365",
    "TSLA": "0001318605",
}
# Recorded instance or inline document -> its filing. The accession is found through the filing day
# and form in sbc_facts; the documents themselves do not say it.
DOCUMENTS = {
    "amzn-10-k-2025-02-07.htm.gz": ("0001018724-25-000004", "2025-02-07"),
    "amzn-20221231_htm.xml.gz": ("0001018724-23-000004", "2023-02-03"),
    "nvda-10-k-2025-02-26.htm.gz": ("0001045810-25-000023", "2025-02-26"),
    "nvda-10-q-2025-08-27.htm.gz": ("0001045810-25-000209", "2025-08-27"),
    "oracle-10-q.htm.gz": ("0000950170-24-104905", "2024-09-10"),
    "tsla-10-k-2025-01-30.htm.gz": ("0001628280-25-003063", "2025-01-30"),
    "tsla-10-q-2025-07-24.htm.gz": ("0001628280-25-035806", "2025-07-24"),
    "tsla-20240630_htm.xml.gz": ("0001628280-24-032662", "2024-07-24"),
}
# Which element a curated metric is, most specific first; the first is the name where no tag is
# recorded (taxonomy `untagged`).
ELEMENTS = {
    "revenue": ("Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax"),
    "cost_of_revenue": ("CostOfRevenue", "CostOfGoodsAndServicesSold"),
    "operating_income": ("OperatingIncomeLoss",),
    "depreciation_and_amortization": ("DepreciationDepletionAndAmortization",),
    "interest_expense": ("InterestExpense", "InterestExpenseNonoperating", "InterestExpenseDebt"),
    "net_income": ("NetIncomeLoss",),
    "operating_cash_flow": ("NetCashProvidedByUsedInOperatingActivities",),
    "stock_based_compensation": ("ShareBasedCompensation",),
    "capital_expenditures_cash": (
        "PaymentsToAcquirePropertyPlantAndEquipment",
        "PaymentsToAcquireProductiveAssets",
    ),
    "cash_and_equivalents": ("CashAndCashEquivalentsAtCarryingValue",),
    "property_plant_equipment_net": ("PropertyPlantAndEquipmentNet",),
    "total_assets": ("Assets",),
    "total_liabilities": ("Liabilities",),
    "stockholders_equity": ("StockholdersEquity",),
    "long_term_debt": (
        "LongTermDebtNoncurrent",
        "LongTermNotesPayable",
        "ConvertibleLongTermNotesPayable",
    ),
    "current_portion_of_long_term_debt": (
        "LongTermDebtCurrent",
        "NotesPayableCurrent",
        "ShortTermBorrowings",
    ),
    "total_debt": ("DebtInstrumentCarryingAmount",),
}
INSTANTS = (
    "cash_and_equivalents",
    "property_plant_equipment_net",
    "total_assets",
    "total_liabilities",
    "stockholders_equity",
    "long_term_debt",
    "current_portion_of_long_term_debt",
    "total_debt",
)
# Filed year to date, so that a later quarter's figure is somebody's subtraction.
CASH_FLOWS = ("operating_cash_flow", "stock_based_compensation", "capital_expenditures_cash")
# Curated companies read, and the months in which their fiscal years begin (52-week years begin late
# in December). The others of the file are recorded exactly elsewhere, have no accession, or do not
# file with the SEC.
CURATED = {
    "amd": ("AMD", (12, 1)),
    "applied-digital": ("APLD", (6,)),
    "cipher": ("CIFR", (1,)),
    "coreweave": ("CRWV", (1,)),
    "intel": ("INTC", (12, 1)),
    "iren": ("IREN", (7,)),
}


def facts(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Rows as FACTS; `dimensions` and `source_url` may be left out."""
    blank: dict[str, Any] = {"dimensions": "", "decimals": None, "source_url": None}
    return pl.DataFrame([blank | row for row in rows], schema=FACTS, orient="row")


def companyfacts(path: Path) -> Iterator[dict[str, Any]]:
    """A recorded answer of the SEC's companyfacts interface."""
    answer = json.loads(gzip.decompress(path.read_bytes()))
    cik = f"{int(answer['cik']):010d}"
    for taxonomy, concepts in answer["facts"].items():
        for concept, described in concepts.items():
            for unit, figures in described["units"].items():
                yield from (_filed(cik, taxonomy, concept, unit, each) for each in figures)


def arrays(path: Path) -> Iterator[dict[str, Any]]:
    """Companyfacts arrays with units left out: all concepts kept here are in US dollars."""
    cik = CIKS[path.name.partition(".")[0]]
    for name, figures in json.loads(gzip.decompress(path.read_bytes())).items():
        taxonomy, _, concept = name.partition(":")
        yield from (_filed(cik, taxonomy, concept, "USD", each) for each in figures)


def _filed(
    cik: str, taxonomy: str, concept: str, unit: str, figure: dict[str, Any]
) -> dict[str, Any]:
    return {
        "cik": cik,
        "accession": figure["accn"],
        "form": figure["form"],
        "filed_on": date.fromisoformat(figure["filed"]),
        "taxonomy": taxonomy,
        "concept": concept,
        "unit": unit,
        "period_start_on": _day(figure.get("start")),
        "period_end_on": date.fromisoformat(figure["end"]),
        "value": float(figure["val"]),
        "confidence": "high",
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def reported(path: Path, ticker: str) -> Iterator[dict[str, Any]]:
    """An extract of companyfacts with taxonomy, unit and accession per figure."""
    for row in _csv(path):
        yield _filed(CIKS[ticker], row["taxonomy"], row["tag"], row["unit"], row)


def without_accession(path: Path, ticker: str, filings: Filings) -> Iterator[dict[str, Any]]:
    """An extract that says form and filing day only: the filing is the one of that day and form."""
    by_day = {filing: accession for accession, filing in filings.items()}
    for row in _csv(path):
        named = by_day.get((row["form"], date.fromisoformat(row["filed"])))
        if named:
            row["accn"] = named
            figure = _filed(CIKS[ticker], "us-gaap", row["tag"], row["unit"], row)
            yield figure | {"confidence": "medium"}


def documents(folder: Path) -> Iterator[pl.DataFrame]:
    """Recorded filings themselves, dimensioned and extension figures too, as our parser reads."""
    midnight = datetime(
        FILINGS_READ_ON.year, FILINGS_READ_ON.month, FILINGS_READ_ON.day, tzinfo=UTC
    )
    for name, (accession, day) in DOCUMENTS.items():
        body = gzip.decompress((folder / name).read_bytes())
        capture = Capture("sec_instances", f"{accession}_{day}", name, midnight, "")
        read = sec_instances.parse(body, capture).filter(pl.col("reason").is_null())
        yield read.with_columns(source_url=pl.lit(None, pl.String)).select(
            pl.col(name).cast(dtype) for name, dtype in FACTS.items()
        )


def annual(path: Path, filings: Filings) -> Iterator[dict[str, Any]]:
    """Property and depreciation by fiscal year; tags are not recorded, so they are `untagged`."""
    elements = {
        "depreciation_usd": "Depreciation",
        "ppe_gross_usd": "PropertyPlantAndEquipmentGross",
        "ppe_net_usd": "PropertyPlantAndEquipmentNet",
    }
    ciks = {
        "Alphabet": "GOOGL",
        "Amazon": "AMZN",
        "Meta": "META",
        "Microsoft": "MSFT",
        "Oracle": "ORCL",
    }  # NVIDIA's tags and figures are recorded exactly
    for row in _csv(path):
        known = filings.get(row["accession_number"])
        if row["company"] not in ciks or not known:
            continue
        end = date.fromisoformat(row["period_end"])
        start = end.replace(year=end.year - 1) + timedelta(days=1)  # all five end a month
        for column, element in elements.items():
            yield {
                "cik": CIKS[ciks[row["company"]]],
                "accession": row["accession_number"],
                "form": known[0],
                "filed_on": known[1],
                "taxonomy": "untagged",
                "concept": element,
                "unit": "USD",
                "period_start_on": start if element == "Depreciation" else None,
                "period_end_on": end,
                "value": float(row[column]),
                "confidence": "medium",
            }


def curated(path: Path, filings: Filings) -> Iterator[dict[str, Any]]:
    """Hand-curated quarterly figures, where row and filing can be told for certain.

    Left out: what the file derives; rows without an accession; balances whose filing is not of
    their date (IREN's first quarter of FY25 carries those of 2025-06-30); cash flows after a fiscal
    year's first quarter and income of its last, which no filing states for the quarter alone.
    """
    for row in _csv(path):
        metric, company = row["metric"], row["company"]
        known = filings.get(row["accessions"] or "")
        if company not in CURATED or metric not in ELEMENTS or row["basis"] != "reported":
            continue
        ticker, first_months = CURATED[company]
        start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        instant = metric in INSTANTS
        if not known or (not instant and known[0] == "10-K"):
            continue
        if metric in CASH_FLOWS and start.month not in first_months:
            continue
        tags = (row["xbrl_tags"] or "").split(";")
        named = [tag for tag in ELEMENTS[metric] if tag in tags]
        yield {
            "cik": CIKS[ticker],
            "accession": row["accessions"],
            "form": known[0],
            "filed_on": known[1],
            "taxonomy": "us-gaap" if named else "untagged",
            "concept": named[0] if named else ELEMENTS[metric][0],
            "unit": row["currency"],
            "period_start_on": None if instant else start,
            "period_end_on": end,
            "value": float(row["value"]),
            "confidence": "medium",
        }


def _csv(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema=False).to_dicts()
