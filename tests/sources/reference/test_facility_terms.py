from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

facility_terms = named("facility_terms")

BODY = (source.REFERENCE / "facility_terms.csv").read_bytes()
HERE = Capture("facility_terms", "all", "facility_terms.csv", NOON, "")
FRAME = facility_terms.parse(BODY, HERE)
AFTER_READING = datetime(2026, 11, 24, tzinfo=UTC)


def versions(facility: str) -> list[dict[str, object]]:
    return FRAME.filter(facility_id=facility).sort("known_at").to_dicts()


def newest(facility: str, *, by: datetime = AFTER_READING) -> dict[str, object]:
    return (
        FRAME.filter(pl.col("known_at") <= by, facility_id=facility).sort("known_at").to_dicts()[-1]
    )


def test_every_row_keeps_the_contract():
    terms = facility_terms.contract
    kept, rejected = split(terms, FRAME.with_columns(source=pl.lit("facility_terms")))
    assert (kept.height, rejected.height) == (FRAME.height, 0)


def test_terms_are_those_of_the_agreements():
    # Credit agreements filed as exhibits to 8-Ks of 2025-07-31, 2026-03-31 and 2026-05-18.
    third, fourth, fifth = (newest(f"crwv-ddtl-{n}-0") for n in (3, 4, 5))
    assert (third["commitment_usd"], third["spread_bps"], third["maturity_on"]) == (
        2.6e9,
        400,
        date(2030, 8, 21),
    )
    assert (third["dscr_min_ratio"], third["dscr_tested_from_on"]) == (1.40, date(2027, 4, 30))
    assert (third["hedged_min_pct"], fourth["hedged_min_pct"]) == (75, 95)
    assert (fourth["spread_bps"], fourth["fixed_rate_pct"], fourth["dscr_min_ratio"]) == (
        225,
        5.9,
        1.15,
    )
    assert (fifth["spread_bps"], fifth["dscr_min_ratio"], fifth["maturity_on"]) == (
        450,
        1.35,
        date(2031, 11, 15),
    )


def test_a_facility_in_two_tranches_counts_once():
    # 4,040.8 fixed and 4,459.2 floating make the 8.5 billion of DDTL 4.0.
    tranches = FRAME.filter(parent_facility_id="crwv-ddtl-4-0")
    assert tranches["commitment_usd"].sum() == newest("crwv-ddtl-4-0")["commitment_usd"] == 8.5e9


def test_trap_66_an_approval_is_no_commitment():
    # "$10B GPU debt" of Fluidstack is what lenders approved, not what they committed.
    assert newest("fluidstack-macquarie-facility")["commitment_usd"] is None


def test_trap_68_convertibles_are_repaid_above_face():
    repaid = {
        year: newest(f"nbis-convertible-notes-{year}")["redemption_price_pct"]
        for year in (2029, 2030, 2031, 2032)
    }
    assert repaid == {2029: 120, 2030: 115, 2031: 125, 2032: 115}


def test_trap_68_the_stated_spread_is_not_the_effective_rate():
    # About 15 % effective; the agreement as amended says 9.6196 points over SOFR.
    assert newest("crwv-ddtl-1-0")["spread_bps"] == 961.96
    assert newest("crwv-ddtl-1-0")["fixed_rate_pct"] is None


def test_trap_69_a_moved_maturity_is_a_further_row():
    mid_2025 = newest("crwv-ddtl-2-0", by=datetime(2025, 8, 15, tzinfo=UTC))
    assert mid_2025["maturity_on"] == date(2029, 5, 31)
    now = newest("crwv-ddtl-2-0")
    assert now["maturity_on"] == date(2030, 8, 31)
    assert (now["maturity_grain"], now["draw_tenor_months"]) == ("month", 60)


def test_trap_70_the_filed_size_wins_and_the_publicised_one_stays():
    told = [(row["deal_status"], row["commitment_usd"]) for row in versions("crwv-ddtl-2-0")]
    assert told[0] == ("press", 7.5e9)
    assert set(told[1:]) == {("filed", 7.6e9)}
    assert all(row["is_disputed"] for row in versions("crwv-ddtl-2-0"))


@pytest.mark.parametrize("facility", ["iren-hardware-3-notes-2031", "meta-hyperion-notes-2049"])
def test_trap_70_conflicting_terms_are_marked(facility):
    assert newest(facility)["is_disputed"]


def test_trap_70_iren_pays_what_the_8_k_says():
    assert newest("iren-hardware-3-notes-2031")["fixed_rate_pct"] == 5.96


def test_trap_71_unverified_deals_are_kept_out_of_totals():
    assert newest("sharon-ai-usdai-facility")["deal_status"] == "not_executed"
    assert newest("crusoe-650m-2024")["deal_status"] == "not_executed"
    assert newest("anthropic-tpu-second-package")["deal_status"] == "rumored"
    chips = pl.col("collateral_class").is_in(["gpu", "chip_lease"])
    claimed = FRAME.filter(chips, pl.col("rating").fill_null("").str.contains("AAA"))
    assert claimed.is_empty()
    assert newest("gpu-abs-aaa-shelf")["deal_status"] == "rumored"


def test_trap_72_advance_rates_are_filed_ones():
    # 44 % of DDTL 4.0 divides by contract value; the agreement lends 90 % of cost over six years.
    rates = {n: newest(f"crwv-ddtl-{n}-0")["advance_rate_pct"] for n in (1, 2, 3, 4, 5)}
    assert rates == {1: None, 2: 90, 3: 80, 4: 90, 5: 71.42}
    lives = {n: newest(f"crwv-ddtl-{n}-0")["depreciation_life_years"] for n in (1, 2, 3, 4, 5)}
    assert lives == {1: None, 2: 6, 3: 6, 4: 6, 5: 6}
    assert newest("crwv-ddtl-2-0")["advance_rate_low_pct"] == 60
    assert newest("crwv-ddtl-1-0")["redacted_terms"] == "advance_rate_pct|offtaker"


def test_a_customer_the_agreement_redacts_is_not_filled_in_from_the_press():
    # Press and agencies name Meta; only the evidence repeats it.
    row = newest("crwv-ddtl-4-0")
    assert (row["offtaker"], row["redacted_terms"]) == (None, "offtaker")
    assert "Meta" in str(row["evidence"])


def test_what_only_the_press_tells_is_no_filed_version():
    # DDTL 5.5: minimum liquidity and contract length stand in no page of the 8-K.
    told = FRAME.filter(pl.col("facility_id") == "crwv-ddtl-5-5", pl.col("offtake_months") == 36)
    assert told["deal_status"].to_list() == ["press"]
    assert FRAME.filter(deal_status="filed", confidence="low").is_empty()


def test_trap_74_parents_guarantee_all_but_one():
    ddtl = FRAME.filter(
        pl.col("facility_id").str.contains(r"^crwv-ddtl-\d-\d$"), pl.col("deal_status") == "filed"
    )
    by_recourse = {row["facility_id"]: row["recourse"] for row in ddtl.iter_rows(named=True)}
    assert by_recourse.pop("crwv-ddtl-4-0") == "limited"
    assert len(by_recourse) == 6
    assert set(by_recourse.values()) == {"full"}


def test_contract_coverage_is_not_debt_service_coverage():
    assert newest("crwv-ddtl-2-0")["contract_coverage_min_ratio"] == 1.40
    assert newest("crwv-ddtl-2-0")["dscr_min_ratio"] is None


def test_a_flag_that_is_neither_true_nor_false_is_an_error():
    with pytest.raises(ParseError):
        facility_terms.parse(BODY.replace(b",true,", b",yes,", 1), HERE)


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError):
        facility_terms.parse(BODY.replace(b"is_disputed", b"disputed", 1), HERE)
    with pytest.raises(ParseError, match="borrower"):
        facility_terms.parse(BODY.replace(b"borrower", b"debtor", 1), HERE)
