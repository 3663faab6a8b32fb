from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

facility_balances = named("facility_balances")
facility_terms = named("facility_terms")

BODY = (source.REFERENCE / "facility_balances.csv").read_bytes()
HERE = Capture("facility_balances", "all", "facility_balances.csv", NOON, "")
FRAME = facility_balances.parse(BODY, HERE)
TERMS = facility_terms.parse((source.REFERENCE / "facility_terms.csv").read_bytes(), HERE)
COREWEAVE = FRAME.filter(pl.col("facility_id").str.starts_with("crwv-"))


def owed(facility: str, day: date) -> float:
    return FRAME.filter(facility_id=facility, balance_on=day)["principal_usd"].item()


def test_every_row_keeps_the_contract():
    terms = facility_balances.contract
    kept, rejected = split(terms, FRAME.with_columns(source=pl.lit("facility_balances")))
    assert (kept.height, rejected.height) == (FRAME.height, 0)


def test_balances_of_mid_2025_are_the_debt_notes():
    # CoreWeave, note 10, in thousands: 1,782,500 and 4,953,967.
    assert owed("crwv-ddtl-1-0", date(2025, 6, 30)) == 1_782_500_000
    assert owed("crwv-ddtl-2-0", date(2025, 6, 30)) == 4_953_967_000


@pytest.mark.parametrize(
    ("day", "total"),
    [
        (date(2024, 12, 31), 8_033_477_000),
        (date(2025, 6, 30), 11_171_485_000),
        (date(2026, 3, 31), 25_149_000_000),
    ],
)
def test_trap_67_instruments_add_up_to_principal_not_carrying_value(day, total):
    # Carrying values of the same days: 7,926,340,000, 11,051,501,000 and 24,859,000,000.
    assert COREWEAVE.filter(balance_on=day)["principal_usd"].sum() == total


def test_trap_67_no_instrument_has_a_filed_carrying_value():
    assert FRAME["carrying_usd"].null_count() == FRAME.height


def test_trap_66_drawn_is_not_committed():
    # DDTL 4.0 on 2026-03-31: 1.26 of 8.5 billion.
    assert owed("crwv-ddtl-4-0", date(2026, 3, 31)) == 1.26e9
    committed = TERMS.filter(facility_id="crwv-ddtl-4-0")["commitment_usd"].max()
    assert committed == 8.5e9


def test_trap_68_effective_rates_exceed_coupons():
    effective = (
        FRAME.drop_nulls("effective_rate_pct")
        .group_by("facility_id")
        .agg(pl.col("effective_rate_pct").min())
    )
    coupons = (
        TERMS.filter(pl.col("spread_bps").is_null())
        .group_by("facility_id")
        .agg(pl.col("fixed_rate_pct").max())
    )
    both = effective.join(coupons, on="facility_id").drop_nulls()
    assert both.height == 4
    assert both.filter(pl.col("effective_rate_pct") < pl.col("fixed_rate_pct")).is_empty()
    assert FRAME.filter(facility_id="crwv-ddtl-1-0")["effective_rate_pct"].max() == 15


def test_a_range_of_rates_is_no_rate():
    # The debt note says 9 to 10 % for OEM financing.
    oem = FRAME.filter(facility_id="crwv-oem-financing", balance_on=date(2025, 6, 30))
    assert oem["effective_rate_pct"].to_list() == [None]


def test_software_licences_are_not_counted_twice():
    assert FRAME.filter(facility_id="crwv-software-licence-financing").is_empty()


def test_the_accession_is_that_of_the_address():
    filed = FRAME.drop_nulls("accession")
    assert filed.height > 40
    inside = filed.filter(
        pl.col("source_url").str.contains(
            pl.col("accession").str.replace_all("-", ""), literal=True
        )
    )
    assert inside.height == filed.height


def test_second_quarter_of_2026_is_second_hand():
    second = FRAME.filter(
        pl.col("facility_id").str.starts_with("crwv-"), balance_on=date(2026, 6, 30)
    )
    assert second.height == 18
    assert set(second["confidence"]) == {"medium"}
    # The tranche lies inside DDTL 4.0; without it the instruments come to the note's total.
    whole = second.filter(pl.col("facility_id") != "crwv-ddtl-4-0-floating")
    assert whole["principal_usd"].sum() == 35_551_000_000


def test_the_end_of_2025_is_the_table_of_the_annual_report():
    year_end = FRAME.filter(
        pl.col("facility_id").str.starts_with("crwv-"), balance_on=date(2025, 12, 31)
    )
    assert set(year_end["confidence"]) == {"high"}
    assert year_end["principal_usd"].sum() == 21_615_000_000
    # 115 million a quarter were repaid before and after: 1,782.5, 1,667.5, 1,552.5, 1,438.
    [first] = year_end.filter(facility_id="crwv-ddtl-1-0")["principal_usd"]
    assert abs(first - 1_552_500_000) <= 500_000


def test_a_word_where_a_number_belongs_is_an_error():
    with pytest.raises(ParseError):
        facility_balances.parse(BODY.replace(b",1782500000,", b",plenty,", 1), HERE)
