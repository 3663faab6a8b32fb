"""The 22 recorded marks: what lands, what it resolves to, and what the marks say together."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.credit import FACILITY_ALIASES, FUND_HOLDINGS
from pipeline.identity.holdings import resolved
from pipeline.sources import source
from pipeline.sources.committed import read_reference
from pipeline.sources.reference import lender_marks
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

HERE = Capture("lender_marks", "all", "lender_marks.csv", NOON, "")
BODY = (source.REFERENCE / "lender_marks.csv").read_bytes()


def landed() -> pl.DataFrame:
    """The rows as they land, resolved by the committed rules."""
    rules = read_reference(
        (source.REFERENCE / "facility_aliases.csv").read_bytes(), FACILITY_ALIASES
    )
    frame = lender_marks.parse(BODY, HERE).with_columns(source=pl.lit("lender_marks"))
    made = resolved(frame, {"facility_aliases": rules})
    assert made["reason"].null_count() == made.height
    kept, rejected = split(FUND_HOLDINGS, made)
    assert rejected.is_empty()
    return kept.with_columns(
        per_par=pl.col("fair_value_usd") / pl.col("par_usd") * 100,
        per_cost=pl.col("fair_value_usd") / pl.col("cost_usd") * 100,
    )


def test_all_22_marks_land_with_a_borrower_and_a_reason():
    rows = landed()
    assert rows.height == 22
    assert rows["borrower"].null_count() == 0
    assert set(rows["borrower"]) == {"CoreWeave", "Crusoe", "Applied Digital", "Firmus", "Nscale"}
    # Crusoe's and Applied Digital's loans and Firmus's commitment are no known facility.
    assert rows["facility_id"].null_count() == 4 + 5 + 1
    unmatched = rows.filter(pl.col("facility_id").is_null())
    assert unmatched["match_reason"].str.starts_with("unmatched").all()


def test_trap_76_ddtl_2_0_is_marked_by_four_advisers_from_99_to_103():
    rows = landed().filter(facility_id="crwv-ddtl-2-0")
    assert set(rows["adviser"]) == {"Carlyle", "Great Elm", "PIMCO", "MSD"}
    assert rows.height == 5
    assert rows["per_par"].min() == pytest.approx(99.0, abs=0.01)
    assert rows["per_par"].max() == pytest.approx(103.06, abs=0.005)


def test_trap_69_ddtl_2_0_is_filed_with_four_maturities():
    rows = landed().filter(facility_id="crwv-ddtl-2-0")
    assert sorted(rows["maturity_on"].unique()) == [
        date(2029, 5, 16),
        date(2029, 5, 22),
        date(2030, 5, 16),
        date(2030, 8, 26),
    ]


def test_trap_75_nscale_is_at_cost_and_63_8_percent_of_par():
    rows = landed().filter(borrower="Nscale")
    assert rows.height == 3
    assert rows["per_par"].to_list() == pytest.approx([63.8, 63.8, 63.8], abs=0.05)
    assert rows["per_cost"].to_list() == [100.0, 100.0, 100.0]
    assert set(rows["par_basis"]) == {"mostly_unfunded"}


def test_thousands_are_dollars_and_the_commitments_add_up():
    rows = landed().filter(borrower="Nscale").sort("par_usd")
    commitments = (rows["par_usd"] + rows["unfunded_usd"]).to_list()
    assert commitments == [40e6, 160e6, 200e6]
    ddtl = landed().filter(facility_id="crwv-ddtl-2-1")
    assert ddtl["par_usd"].to_list() == [117_802_000.0]


def test_a_commitment_without_a_drawn_part_is_unfunded():
    [row] = landed().filter(borrower="Firmus").to_dicts()
    assert (row["par_usd"], row["unfunded_usd"], row["par_basis"]) == (0, 77_858_000, "unfunded")
    assert (row["rate_kind"], row["maturity_on"]) == (None, None)


def test_a_joint_venture_is_no_bdc():
    rows = landed().filter(vehicle="joint_venture")
    assert set(rows["fund"]) == {"Eagle Point Trinity Senior Secured Lending Co"}
    assert rows.height == 2


def test_lots_of_one_loan_stay_apart():
    rows = landed().filter(fund="Trinity Capital Inc.", maturity_on=date(2026, 4, 1))
    assert sorted(rows["par_usd"]) == [260_000.0, 422_000.0]


def test_no_mark_is_known_before_the_last_day_for_the_quarters_10_q():
    assert set(landed()["known_at"]) == {datetime(2026, 5, 16, tzinfo=UTC)}
    assert set(landed()["period_end_on"]) == {date(2026, 3, 31)}


def test_each_address_is_the_filing_it_names():
    for url, accession in landed().select("source_url", "accession").rows():
        assert accession.replace("-", "") in url
        assert url.startswith("https://www.sec.gov/Archives/edgar/data/")


def test_spreads_are_basis_points_and_no_hundredth_of_one():
    spreads = landed()["spread_bps"].drop_nulls()
    assert set(spreads) == {425.0, 500.0, 600.0, 962.0}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"par_usd", b"principal", "columns missing"),
        (b",1267000,", b",1.267 million,", "conversion"),
        (b"2028-07-30,USD", b"July 2028,USD", "conversion"),
    ],
)
def test_a_broken_file_is_an_error(old: bytes, new: bytes, message: str):
    assert old in BODY
    with pytest.raises(ParseError, match=message):
        lender_marks.parse(BODY.replace(old, new, 1), HERE)
