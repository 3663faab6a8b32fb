"""Resolution of holdings: ordered rules, stated conditions, nothing fuzzy."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipeline.contracts.credit import FACILITY_ALIASES
from pipeline.identity.holdings import NO_RULE, NO_TERMS, resolved
from tests.given.support import typed

DDTL_2_0 = {
    "priority": 10,
    "pattern": r"coreweave compute acquisition co\.?,? iv",
    "rate_kind": "floating",
    "spread_bps": 600.0,
    "maturity_from_on": date(2029, 1, 1),
    "maturity_to_on": date(2030, 12, 31),
    "borrower": "CoreWeave",
    "facility_id": "crwv-ddtl-2-0",
    "match_score": 1.0,
    "match_reason": "SPV, spread and maturity",
}
DDTL_2_0_BY_SPREAD = DDTL_2_0 | {"priority": 20, "pattern": "^coreweave$", "match_score": 0.8}
DDTL_2_1 = DDTL_2_0_BY_SPREAD | {
    "priority": 21,
    "spread_bps": 425.0,
    "facility_id": "crwv-ddtl-2-1",
}
DDTL_1_0 = {
    "priority": 30,
    "pattern": r"compute acquist?i?t?ion co\.?,? ii\b",
    "borrower": "CoreWeave",
    "facility_id": "crwv-ddtl-1-0",
    "match_score": 0.9,
    "match_reason": "SPV",
}
NSCALE = {
    "priority": 40,
    "pattern": "nscale",
    "borrower": "Nscale",
    "facility_id": "nscale-ddtl",
    "match_score": 0.7,
    "match_reason": "borrower",
}
CRUSOE = {
    "priority": 50,
    "pattern": "crusoe",
    "borrower": "Crusoe",
    "facility_id": None,
    "match_score": 0.3,
    "match_reason": "unmatched: the borrower is known, the loan is not",
}
RULES = (DDTL_2_0, DDTL_2_0_BY_SPREAD, DDTL_2_1, DDTL_1_0, NSCALE, CRUSOE)


def rules(*found: dict[str, Any]) -> dict[str, pl.DataFrame]:
    return {"facility_aliases": typed(FACILITY_ALIASES, found or RULES)}


def holdings(*found: dict[str, Any]) -> pl.DataFrame:
    schema = {
        "issuer_name_raw": pl.String,
        "rate_kind": pl.String,
        "spread_bps": pl.Float64,
        "maturity_on": pl.Date,
        "par_usd": pl.Float64,
        "unfunded_usd": pl.Float64,
        "par_basis": pl.String,
    }
    return pl.DataFrame([{n: each.get(n) for n in schema} for each in found], schema=schema)


LOAN = {
    "issuer_name_raw": "CoreWeave Compute Acquisition Co. IV, LLC",
    "rate_kind": "floating",
    "spread_bps": 600.0,
    "maturity_on": date(2029, 5, 22),
}


def one(with_rules: tuple[dict[str, Any], ...] = RULES, **cells: Any) -> dict[str, Any]:
    frame = resolved(holdings(LOAN | cells), rules(*with_rules))
    [row] = frame.to_dicts()
    return row


def test_a_rule_whose_every_condition_holds_names_borrower_and_facility():
    row = one()
    assert (row["borrower"], row["facility_id"]) == ("CoreWeave", "crwv-ddtl-2-0")
    assert (row["match_score"], row["match_reason"]) == (1.0, "SPV, spread and maturity")
    assert row["reason"] is None


def test_the_lowest_priority_number_wins_whatever_the_order_of_the_rows():
    late = DDTL_2_0 | {"priority": 99, "facility_id": "another"}
    assert one((late, DDTL_2_0))["facility_id"] == "crwv-ddtl-2-0"
    assert one((DDTL_2_0, late | {"priority": 1}))["facility_id"] == "another"


def test_case_does_not_matter():
    row = one(issuer_name_raw="COREWEAVE COMPUTE ACQUISITION CO. IV, LLC")
    assert row["facility_id"] == "crwv-ddtl-2-0"


@pytest.mark.parametrize(
    ("spread", "facility"),
    [(600.0, True), (601.0, True), (599.0, True), (601.5, False), (425.0, False), (None, False)],
)
def test_a_spread_agrees_within_a_basis_point(spread: float | None, facility: bool):
    assert (one(spread_bps=spread)["facility_id"] is not None) == facility


@pytest.mark.parametrize(
    ("day", "facility"),
    [
        (date(2029, 1, 1), True),
        (date(2030, 12, 31), True),
        (date(2028, 12, 31), False),
        (date(2031, 1, 1), False),
        (None, False),
    ],
)
def test_a_maturity_lies_in_the_rules_window(day: date | None, facility: bool):
    assert (one(maturity_on=day)["facility_id"] is not None) == facility


def test_a_stated_kind_of_rate_is_asked_for():
    assert one(rate_kind="fixed")["match_reason"] == NO_TERMS
    assert one(rate_kind=None)["match_reason"] == NO_TERMS


def test_trap_78_no_rule_leaves_the_holding_unmatched_and_visible():
    row = one(issuer_name_raw="Beignet Investor LLC")
    assert (row["borrower"], row["facility_id"], row["match_score"]) == (None, None, None)
    assert row["match_reason"] == NO_RULE == "unmatched: no rule for this name"
    assert row["reason"] is None  # it lands


def test_trap_78_nothing_is_fuzzy():
    # One letter off, and no rule of its own.
    assert one(issuer_name_raw="CoreWeave Compute Acquistion Co. IV")["match_reason"] == NO_RULE
    # The rule for II allows the typo in so many words.
    spelt = one(issuer_name_raw="Compute Acquistion Co. II, LLC")
    assert spelt["facility_id"] == "crwv-ddtl-1-0"


def test_a_name_with_rules_whose_terms_do_not_fit_says_so():
    assert one(spread_bps=None)["match_reason"] == NO_TERMS


def test_a_borrower_may_be_known_where_the_facility_is_not():
    row = one(issuer_name_raw="Crusoe Energy Systems LLC", spread_bps=None, rate_kind="fixed")
    assert (row["borrower"], row["facility_id"]) == ("Crusoe", None)
    assert row["match_reason"].startswith("unmatched")


def test_rows_already_refused_keep_their_reason_and_their_place():
    frame = holdings(LOAN, LOAN | {"issuer_name_raw": None}, LOAN).with_columns(
        reason=pl.Series([None, "no amount", None])
    )
    made = resolved(frame, rules())
    assert made["reason"].to_list() == [None, "no amount", None]
    assert made["match_reason"].to_list()[1] == NO_RULE
    assert made["issuer_name_raw"].to_list() == frame["issuer_name_raw"].to_list()


def test_without_rules_or_holdings_the_columns_are_the_same():
    nothing = resolved(holdings(), rules())
    assert nothing.height == 0
    empty = {"facility_aliases": typed(FACILITY_ALIASES, [])}
    assert resolved(holdings(LOAN), empty)["match_reason"].to_list() == [NO_RULE]
    assert nothing.columns == resolved(holdings(LOAN), empty).columns
    assert nothing.schema == resolved(holdings(LOAN), rules()).schema


def test_a_pattern_that_is_no_expression_is_an_error():
    with pytest.raises(pl.exceptions.PolarsError):
        one((DDTL_2_0 | {"pattern": "coreweave ("},))


@pytest.mark.parametrize(
    ("par", "unfunded", "said", "basis"),
    [
        # Trap 75: Nscale at 2026-03-31, 1.656 of 40 million drawn.
        (1_656_000.0, 38_344_000.0, None, "mostly_unfunded"),
        (0.0, 77_858_000.0, None, "unfunded"),
        (24.9, 75.1, None, "mostly_unfunded"),
        (25.0, 75.0, None, "not_stated"),
        (100.0, 0.0, None, "funded"),
        (100.0, None, None, "not_stated"),
        (100.0, None, "funded", "funded"),
        (1.0, 99.0, "funded", "funded"),
        (0.0, 0.0, None, "not_stated"),
        (None, 5.0, None, "not_stated"),
        (None, None, None, "not_stated"),
    ],
)
def test_trap_75_what_par_stands_for(
    par: float | None, unfunded: float | None, said: str | None, basis: str
):
    assert one(par_usd=par, unfunded_usd=unfunded, par_basis=said)["par_basis"] == basis
