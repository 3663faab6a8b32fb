"""The mart end to end: which prices enter, and what was known when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.contracts.depreciation import HARDWARE_PRICES, USEFUL_LIVES
from tests.given.lives import H100, empty, land, life, sold
from tests.given.support import build, fill, offer, rewindable, rows

MARTS = ["marts.host_price_daily", "marts.provider_price_daily", "marts.depreciation_rate"]


def fall(months=14, provider="lambda", **cells):
    """One sighting a month of a rent that falls by a tenth a year, from January 2024."""
    made = []
    for number in range(months):
        on = date(2024 + number // 12, number % 12 + 1, 10)
        made.append(
            offer(
                on=on,
                provider=provider,
                offer_id=provider,
                refresh_days=31,
                price_usd_per_gpu_hour=4 * 0.9 ** (number / 12),
            )
            | cells
        )
    return made


@pytest.fixture(autouse=True)
def _tables(db):
    empty(db)


def told(db, method, accelerator=H100):
    build(db, *MARTS)
    return rows(
        db,
        f"from marts.depreciation_rate where method = '{method}' "
        f"and accelerator = '{accelerator}' order by period_end_on",
    )


def test_the_rate_is_that_of_the_rents_known_when_the_month_ended(db):
    fill(db, fall())
    made = told(db, "cohort")
    assert [each["publication_status"] for each in made] == ["withheld"] * 11 + ["published"] * 3
    assert made[-1]["period_end_on"] == date(2025, 2, 28)
    assert made[-1]["known_at"] == datetime(2025, 3, 1, tzinfo=UTC)
    # A sighting stands for 31 days, so a month's median may be that of the sighting before.
    assert made[-1]["rate_pct_per_year"] == pytest.approx(-10, abs=0.5)


def test_terms_spot_and_prices_without_the_host_stay_out(db):
    year = {"market": "reserved", "term_months": 12, "price_usd_per_gpu_hour": 1.0}
    spot = {"market": "spot", "spot_kind": "market", "price_usd_per_gpu_hour": 1.0}
    bare = {"basis": "gpu_component", "price_usd_per_gpu_hour": 1.0}
    others = [
        each | {"offer_id": f"{number}", **cells}
        for number, cells in enumerate([year, spot, bare])
        for each in fall(14)
    ]
    fill(db, [*fall(), *others])
    assert told(db, "cohort")[-1]["observation_count"] == 14


def test_a_price_that_became_public_late_restates_nothing(db):
    fill(db, fall())
    before = told(db, "cohort")
    late = datetime(2025, 2, 25, tzinfo=UTC)
    news = [
        offer(
            on=date(2024, 3, 20), provider="lambda", offer_id="late", refresh_days=31,
            price_usd_per_gpu_hour=4.2, known_at=late, captured_at=late,
        )
    ]  # fmt: skip
    fill(db, news)
    after = told(db, "cohort")
    assert after == before


def test_sales_and_lives_count_once_they_are_public(db):
    fill(db, fall(2))
    public = datetime(2024, 2, 10, tzinfo=UTC)
    late = {"known_at": public, "captured_at": public}
    land(db, HARDWARE_PRICES, sold(20_000.0, date(2022, 1, 31)))
    land(db, HARDWARE_PRICES, sold(5_000.0, date(2024, 1, 31)) | late)
    asks = sold(90_000.0, date(2024, 1, 31), price_kind="asked_resale")
    land(db, HARDWARE_PRICES, asks)
    whole = life(effective_on=date(2023, 1, 1), new_life_years=5.0)
    part = life(asset_class="subset of servers", new_life_years=3.0)
    land(db, USEFUL_LIVES, whole, part)
    resale = told(db, "resale")
    assert [each["publication_status"] for each in resale] == ["withheld", "published"]
    assert resale[1]["rate_pct_per_year"] == pytest.approx(-50, abs=0.1)
    assert told(db, "book", "all")[0]["rate_pct_per_year"] == -20


def test_the_vintage_is_the_rows_that_were_there(db):
    fill(db, fall())
    build(db, *MARTS, "marts.gpu_price_quality_adjusted")
    rewindable(db, *MARTS, "marts.gpu_price_quality_adjusted", "marts.residual_backtest")
    ends = (
        "select distinct period_end_on from vintage.depreciation_rate "
        "where method = 'cohort' order by 1"
    )
    moment = datetime(2024, 3, 1, tzinfo=UTC)
    for as_of, count in ((moment - timedelta(seconds=1), 1), (moment, 2)):
        db.execute(f"set variable as_of = timestamptz '{as_of.isoformat()}'")
        assert len(rows(db, ends)) == count


def test_before_its_month_is_over_a_forecast_has_no_outcome(db):
    fill(db, fall(20))
    build(db, *MARTS, "marts.gpu_price_quality_adjusted")
    rewindable(db, *MARTS, "marts.gpu_price_quality_adjusted", "marts.residual_backtest")
    scored = "select max(target_on) as on_day from vintage.residual_backtest"
    ended = datetime(2025, 7, 1, tzinfo=UTC)
    for as_of, on in (
        (ended - timedelta(seconds=1), None),
        (ended, date(2025, 6, 30)),
        (datetime(2025, 8, 20, tzinfo=UTC), date(2025, 7, 31)),
    ):
        db.execute(f"set variable as_of = timestamptz '{as_of.isoformat()}'")
        assert rows(db, scored) == [{"on_day": on}]
