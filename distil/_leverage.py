"""Figures of GPU clouds as readers of their filings wrote them down, long, one line a figure.

Two kinds of file lie in the folder: `facts_<ticker>.csv`, and `primary_pages.csv` with an address
and the printed caption for each figure, which stands where both have one. Read are lines that name
an accession, in dollars, of high or medium confidence: a line of low confidence is a lead. Lines of
data vendors are for checking and are not read at all, nor are those of companies that are no cloud.

`us-gaap` and `crwv` lines are tagged facts and keep their element. A caption, a reader's label or a
reader's sum of elements has none: it is `untagged`, under the element of NAMES that says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

TICKERS = ("APLD", "CIFR", "CORZ", "CRWV", "DOCN", "GLXY", "IREN", "NBIS", "RIOT", "WULF", "WYFI")
TAGGED = ("us-gaap", "crwv")
SURE = ("high", "medium")
NOTES = "LongTermNotesPayable+NotesPayableCurrent"
LINES = "LongTermDebtNoncurrent+LongTermDebtCurrent"
# A caption, label or sum, and the element it is. `*` is any company. What is not here is not read:
# parts of a sum that no rule asks for, and lines of the income statement that a tag gives already.
NAMES = {
    ("*", "Assets"): "Assets",
    ("*", "CashAndCashEquivalentsAtCarryingValue"): "CashAndCashEquivalentsAtCarryingValue",
    ("*", "Liabilities"): "Liabilities",
    ("*", "PropertyPlantAndEquipmentNet"): "PropertyPlantAndEquipmentNet",
    ("*", "StockholdersEquity"): "StockholdersEquity",
    ("APLD", f"{NOTES} (sum made by the reader)"): "NotesPayable",
    ("APLD", "DebtCurrent (label)"): "NotesPayableCurrent",
    ("APLD", "DebtCurrentCarrying"): "NotesPayableCurrent",
    ("APLD", "DebtPrincipal"): "DebtInstrumentCarryingAmount",
    ("CIFR", "AdjustedEbitda (disclosed)"): "AdjustedEbitda",
    ("CIFR", "CashAndCashEquivalents (unrestricted, label)"): (
        "CashAndCashEquivalentsAtCarryingValue"
    ),
    ("CIFR", "DebtCurrent (label)"): "DebtCurrent",
    (
        "CIFR",
        "DepreciationAndAmortization (label, rounded)",
    ): "DepreciationDepletionAndAmortization",
    ("CIFR", "PropertyPlantAndEquipmentNet (label)"): "PropertyPlantAndEquipmentNet",
    ("CIFR", "RestrictedCash current+noncurrent (label)"): "RestrictedCash",
    ("CIFR", "ShareBasedCompensation (label)"): "ShareBasedCompensation",
    ("CIFR", "StockholdersEquity (label)"): "StockholdersEquity",
    ("CIFR", "TotalDebtCarrying (label)"): "DebtLongtermAndShorttermCombinedAmount",
    ("CORZ", NOTES): "NotesPayable",
    ("CRWV", "Adjusted EBITDA (non-GAAP)"): "AdjustedEbitda",
    ("CRWV", "Capitalized interest"): "InterestCostsCapitalized",
    ("DOCN", "Undiscounted payments of leases not yet commenced"): "LeasesNotYetCommenced",
    ("GLXY", "Interest expense on loans payable"): "InterestExpenseLoansPayable",
    ("IREN", "DepreciationAndAmortization (label)"): "DepreciationDepletionAndAmortization",
    ("IREN", "InterestExpenseOnDebt (label)"): "InterestExpenseDebt",
    ("IREN", "LongTermDebt current+noncurrent carrying (label)"): "LongTermDebt",
    ("IREN", "RestrictedCashCurrentAndNoncurrent (label)"): "RestrictedCash",
    ("RIOT", "Total consolidated revenue"): "Revenues",
    ("WULF", f"{LINES} (sum made by the reader)"): "DebtLongtermAndShorttermCombinedAmount",
    ("WULF", f"{LINES}+ConvertibleDebtNoncurrent (sum made by the reader)"): (
        "DebtLongtermAndShorttermCombinedAmount"
    ),
}


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Every usable line under `folder` as a row of FACTS, addresses where a line has one."""
    for ticker in TICKERS:
        if (path := folder / f"facts_{ticker.lower()}.csv").exists():
            yield from _rows(path)
    if (path := folder / "primary_pages.csv").exists():
        yield from _rows(path)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in pl.read_csv(path, infer_schema=False).iter_rows(named=True):
        if line["ticker"] not in TICKERS or line["confidence"] not in SURE:
            continue
        if not line["accession"] or not line["filed"] or line["unit"] != "USD":
            continue
        taxonomy, concept = _named(line["ticker"], line["taxonomy"], line["concept"])
        if concept is None:
            continue
        start = line["period_start"]
        yield {
            "cik": line["cik"],
            "accession": line["accession"],
            "form": line["form"],
            "filed_on": date.fromisoformat(line["filed"]),
            "taxonomy": taxonomy,
            "concept": concept,
            "unit": "USD",
            "period_start_on": date.fromisoformat(start) if start else None,
            "period_end_on": date.fromisoformat(line["period_end"]),
            "value": float(line["value"]),
            "source_url": line.get("source_url"),
            "confidence": line["confidence"],
        }


def _named(ticker: str, taxonomy: str, concept: str) -> tuple[str, str | None]:
    if taxonomy in TAGGED:
        return taxonomy, concept
    if taxonomy.startswith("vendor") or taxonomy == "secondary":
        return taxonomy, None
    return "untagged", NAMES.get((ticker, concept)) or NAMES.get(("*", concept))
