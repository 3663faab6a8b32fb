"""Whose debt is kept, and who manages the fund that holds it: the committed rules, applied.

The names are facts and stand in `warehouse/reference/ai_borrowers.csv` and `fund_advisers.csv`. A
source that uses them says so in `SOURCE.rules`, so that a new name reads raw again.
"""

import re
from functools import cache
from typing import Literal

import polars as pl

from pipeline.contracts import Contract
from pipeline.contracts.lenders import AI_BORROWERS, FUND_ADVISERS
from pipeline.sources.committed import read_reference
from pipeline.sources.source import REFERENCE

ADVISERS, BORROWERS = FUND_ADVISERS.name, AI_BORROWERS.name


def names_borrower(text: pl.Expr) -> pl.Expr:
    """Whether one of the names sought in holdings is in a text; false where there is none."""
    return text.str.contains(any_name("holdings")).fill_null(value=False)


def is_borrower(text: str) -> bool:
    """The same of one text."""
    return re.search(any_name("holdings"), text) is not None


@cache
def any_name(sought_in: Literal["holdings", "offerings"]) -> str:
    """A regular expression that finds every name sought in holdings, or in notices of offerings."""
    rows = _rules(AI_BORROWERS).filter(f"is_sought_in_{sought_in}")
    return "(?i)" + "|".join(f"(?:{each})" for each in rows["pattern"])


@cache
def offerors() -> frozenset[str]:
    """CIKs of the borrowers sought in notices of offerings, as far as they are known."""
    rows = _rules(AI_BORROWERS)
    sought = rows.filter("is_sought_in_offerings")["borrower"].implode()
    return frozenset(rows.filter(pl.col("borrower").is_in(sought))["cik"].drop_nulls())


def adviser(fund: pl.Expr) -> pl.Expr:
    """The manager a fund's name carries; null where no rule says so."""
    found = [
        pl.when(fund.str.contains(f"(?i){said}")).then(pl.lit(manager))
        for said, manager in _managers()
    ]
    return pl.coalesce(*found, pl.lit(None, pl.String))


@cache
def _managers() -> list[tuple[str, str]]:
    return _rules(FUND_ADVISERS).sort("priority").select("pattern", "adviser").rows()


def _rules(terms: Contract) -> pl.DataFrame:
    return read_reference((REFERENCE / f"{terms.name}.csv").read_bytes(), terms)
