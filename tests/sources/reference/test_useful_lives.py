from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

useful_lives = named("useful_lives")

BODY = (source.REFERENCE / "useful_lives.csv").read_bytes()
HERE = Capture("useful_lives", "all", "useful_lives.csv", NOON, "")


@pytest.fixture(scope="module")
def lives() -> pl.DataFrame:
    return useful_lives.parse(BODY, HERE)


def changed(lives, issuer, on, kind):
    rows = lives.filter(issuer=issuer, effective_on=on, effect_kind=kind).filter(
        pl.col("life_change_kind") != "early_retirement"
    )
    [row] = rows.to_dicts()
    return row


def test_every_row_keeps_the_contract(lives):
    kept, rejected = split(useful_lives.contract, lives.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    assert kept.height == lives.height > 20


def test_amazon_2025_expected_and_realised_stand_apart(lives):
    # 10-K for 2024: 0.7 billion less operating income expected; 10-K for 2025: 1.4 billion booked.
    expected = changed(lives, "Amazon", date(2025, 1, 1), "expected")
    realised = changed(lives, "Amazon", date(2025, 1, 1), "realised")
    assert expected["operating_income_effect_usd"] == -0.7e9
    assert expected["depreciation_effect_usd"] is None
    assert realised["depreciation_effect_usd"] == 1.4e9
    assert realised["net_income_effect_usd"] == -1.0e9
    assert (expected["old_life_years"], expected["new_life_years"]) == (6, 5)
    assert expected["known_at"].date() == date(2025, 2, 8)
    assert realised["known_at"].date() == date(2026, 2, 7)


def test_meta_2025_lowers_depreciation_and_raises_income(lives):
    expected = changed(lives, "Meta", date(2025, 1, 1), "expected")
    realised = changed(lives, "Meta", date(2025, 1, 1), "realised")
    assert expected["depreciation_effect_usd"] == -2.9e9
    assert realised["depreciation_effect_usd"] == -2.92e9
    assert realised["net_income_effect_usd"] == 2.59e9
    assert (realised["old_life_years"], realised["new_life_years"]) == (5, 5.5)


def test_a_longer_life_never_costs_more(lives):
    # A sign entered the wrong way round: magnitudes are right and every sum is wrong.
    longer = lives.filter(life_change_kind="extend")
    assert longer.filter(pl.col("new_life_years") <= pl.col("old_life_years")).is_empty()
    assert longer.filter(pl.col("depreciation_effect_usd") > 0).is_empty()
    assert longer.filter(pl.col("net_income_effect_usd") < 0).is_empty()
    shorter = lives.filter(life_change_kind="shorten")
    assert shorter.filter(pl.col("depreciation_effect_usd") < 0).is_empty()


def test_no_effect_is_off_by_a_thousand(lives):
    effects = lives["depreciation_effect_usd"].drop_nulls().abs()
    assert effects.min() >= 1e8
    assert effects.max() <= 5e9


def test_each_change_is_known_after_its_document(lives):
    late = pl.col("known_at").dt.date() == pl.col("source_date").dt.offset_by("1d")
    assert lives.filter(~late).is_empty()


def test_coreweave_uses_six_years_since_2023(lives):
    row = changed(lives, "CoreWeave", date(2023, 1, 1), "realised")
    assert (row["old_life_years"], row["new_life_years"]) == (5, 6)


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="issuer"):
        useful_lives.parse(BODY.replace(b"issuer", b"company", 1), HERE)
