"""Rates on rents whose decline is known, because made up."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.methods.depreciation import MADE, rates
from pipeline.methods.slopes import Regression, slopes

RATE = -0.30


def month_end(number: int) -> date:
    """The last day of a month counted from January 2023."""
    return date(2023 + (number + 1) // 12, (number + 1) % 12 + 1, 1) - timedelta(days=1)


def after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def row(kind, accelerator, end, price, provider="p", *, asked=None, **cells):
    return {
        "kind": kind,
        "provider": provider,
        "accelerator": accelerator,
        "period_end_on": end,
        "price": price,
        "observation_count": 1,
        "available_on": date(2022, 1, 1),
        "is_training_part": True,
        "known_at": after(asked or end),
    } | cells


def rent(number, log_price, accelerator="chip", provider="p", **cells):
    return row("rent", accelerator, month_end(number), float(np.exp(log_price)), provider, **cells)


def told(rows, method, accelerator="chip"):
    made = rates(pl.DataFrame(rows))
    return made.filter(method=method, accelerator=accelerator).sort("period_end_on").to_dicts()


def noisy(kind, seed, months=36, providers=4, wander=0.03):
    """Providers that follow one decline, each with its level, noise, misprints and, where `kind`
    says steps, a price list it revises once in six months."""
    draw = np.random.default_rng(seed)
    common = np.cumsum(draw.normal(0, wander, months))
    rows = []
    for provider in range(providers):
        level, phase = draw.normal(0, 0.3), int(draw.integers(6))
        for month in range(months):
            since = month if kind == "geometric" else (month + phase) // 6 * 6 - phase
            log_price = level + np.log1p(RATE) * since / 12 + common[month] + draw.normal(0, 0.02)
            if draw.random() < 0.04:
                log_price += draw.choice([-0.7, 0.7])
            rows.append(rent(month, log_price, provider=f"p{provider}"))
    return pl.DataFrame(rows)


def through_time(answers):
    month = (answers["period_end_on"].dt.year() * 12 + answers["period_end_on"].dt.month()).cast(
        pl.Int64
    )
    providers = answers["provider"].rank("dense").cast(pl.Int64).to_numpy()
    log_price, number = answers["price"].log().to_numpy(), month.to_numpy()
    return Regression(log_price, number[None] / 12, providers, providers, number)


@pytest.mark.parametrize("kind", ["geometric", "steps"])
def test_the_band_holds_the_true_rate_as_often_as_it_says(kind):
    found = slopes([through_time(noisy(kind, seed)) for seed in range(100)], seed=1)
    true = np.log1p(RATE)
    inside = sum(abs(each.estimate - true) <= each.reach for each in found)
    assert inside >= 85
    # A band that always holds it because it is endless would be no band.
    assert np.median([each.reach for each in found]) < 0.35
    assert np.mean([each.estimate for each in found]) == pytest.approx(true, abs=0.03)


def test_without_noise_the_rate_comes_back_and_the_band_closes():
    rows = [rent(month, np.log1p(RATE) * month / 12) for month in range(24)]
    last = told(rows, "cohort")[-1]
    assert last["publication_status"] == "published"
    assert last["rate_pct_per_year"] == pytest.approx(-30)
    assert last["interval_low_rate_pct_per_year"] == pytest.approx(-30, abs=0.01)
    assert last["r_squared"] == pytest.approx(1)
    assert (last["month_count"], last["provider_count"]) == (24, 1)


def test_a_misprint_hardly_moves_the_rate():
    rows = [
        rent(month, np.log1p(RATE) * month / 12 + 0.01 * (month % 3), provider=f"p{number}")
        for month in range(24)
        for number in range(3)
    ]
    rows[-1]["price"] *= 8
    plain = np.polyfit(np.arange(72) // 3 / 12, np.log([each["price"] for each in rows]), 1)[0]
    assert abs(np.expm1(plain) - RATE) > 0.02
    assert told(rows, "cohort")[-1]["rate_pct_per_year"] == pytest.approx(-30, abs=1)


def test_a_dear_provider_who_enters_late_is_no_rise():
    rows = [rent(month, np.log1p(RATE) * month / 12) for month in range(24)]
    rows += [rent(m, 1 + np.log1p(RATE) * m / 12, provider="dear") for m in range(12, 24)]
    assert told(rows, "cohort")[-1]["rate_pct_per_year"] == pytest.approx(-30)


def test_a_fall_and_a_rise_are_two_segments_and_nothing_forces_a_decline():
    path = [-0.04 * month if month <= 18 else -0.72 + 0.03 * (month - 18) for month in range(36)]
    last = told([rent(month, each) for month, each in enumerate(path)], "cohort_piecewise")[-1]
    assert last["break_on"] == month_end(18)
    assert last["earlier_rate_pct_per_year"] == pytest.approx(100 * np.expm1(-0.48))
    assert last["rate_pct_per_year"] == pytest.approx(100 * np.expm1(0.36))
    rising = [rent(month, 0.02 * month) for month in range(24)]
    assert told(rising, "cohort")[-1]["rate_pct_per_year"] == pytest.approx(100 * np.expm1(0.24))


def test_eleven_months_are_withheld_and_twelve_are_not():
    made = told([rent(month, -0.01 * month) for month in range(12)], "cohort")
    assert [each["publication_status"] for each in made] == ["withheld"] * 11 + ["published"]
    assert made[0]["withheld_reason"] == "fewer than 12 months"
    assert made[0]["rate_pct_per_year"] is None


def test_a_rate_once_given_is_never_restated():
    rows = [rent(month, -0.01 * month) for month in range(20)]
    # In the last month everything before turns out to have been dearer.
    later = [each | {"price": 9.0, "known_at": after(month_end(19))} for each in rows[:10]]
    assert told(rows + later, "cohort") == told(rows, "cohort")


GENERATIONS = {  # accelerator: the first day it could be bought
    "a": date(2017, 1, 1),
    "b": date(2019, 1, 1),
    "c": date(2020, 6, 1),
    "d": date(2022, 1, 1),
    "e": date(2022, 10, 1),
}


def generations(month, rate=-0.25, chips=GENERATIONS, path=lambda _: 0.0):
    """Every provider rents every generation at what age leaves, times the month's common level."""
    rows = []
    for number in range(3):
        for chip, born in chips.items():
            age = (month_end(month) - born).days / 365.25
            log_price = 0.2 * number + np.log1p(rate) * age + path(month)
            rows.append(rent(month, log_price, chip, f"p{number}", available_on=born))
    return rows


def test_the_cross_section_reads_age_over_generations():
    [made] = told(generations(3), "cross_section", "all")
    assert made["rate_pct_per_year"] == pytest.approx(-25)
    assert made["accelerator_count"] == 5


def test_three_generations_are_too_few():
    three = dict(list(GENERATIONS.items())[:3])
    [made] = told(generations(3, chips=three), "cross_section", "all")
    assert made["withheld_reason"] == "fewer than 4 accelerators"


def test_the_pooled_rate_is_that_of_age_while_all_rents_rise():
    rising = [each for m in range(15) for each in generations(m, path=lambda m: 0.03 * m)]
    last = told(rising, "pooled_through_cycle", "all")[-1]
    assert last["rate_pct_per_year"] == pytest.approx(-25)
    # Each part alone rose: -25 % a year of age and +43 % a year of calendar are one line.
    alone = told(rising, "cohort", "e")[-1]
    assert alone["rate_pct_per_year"] == pytest.approx(100 * (0.75 * np.exp(0.36) - 1), abs=0.5)


def test_parts_that_are_no_training_parts_stay_out_of_the_cross_section():
    cheap = generations(3, chips={"card": date(2018, 1, 1)})
    others = [each | {"is_training_part": False, "price": 0.01} for each in cheap]
    [made] = told(generations(3) + others, "cross_section", "all")
    assert made["rate_pct_per_year"] == pytest.approx(-25)


def sale(on, price, count, asked=date(2026, 8, 31)):
    return row("resale", "chip", on, price, None, asked=asked, observation_count=count)


def test_resale_compares_the_first_and_the_last_executed_price():
    rows = [sale(date(2024, 8, 1), 20_000.0, 5), sale(date(2026, 8, 1), 5_000.0, 3)]
    [made] = told(rows, "resale")
    assert made["rate_pct_per_year"] == pytest.approx(-50, abs=0.1)
    assert made["interval_low_rate_pct_per_year"] is None
    assert made["observation_count"] == 8


def test_two_sales_are_no_price():
    rows = [sale(date(2024, 8, 1), 20_000.0, 5), sale(date(2026, 8, 1), 5_000.0, 2)]
    [made] = told(rows, "resale")
    assert made["publication_status"] == "withheld"


def test_the_book_rate_takes_each_companys_life_in_force():
    lives = [("x", 2020, 4.0), ("x", 2023, 6.0), ("y", 2021, 5.0), ("z", 2025, 3.0)]
    rows = [
        row("life", "all", date(year, 1, 1), life, who, asked=date(2024, 6, 30))
        for who, year, life in lives
    ]
    [made] = told(rows, "book", "all")
    # x six years, y five; z's three begin after the month.
    assert made["rate_pct_per_year"] == pytest.approx(-100 / 5.5)
    assert made["interval_low_rate_pct_per_year"] == -20
    assert made["interval_high_rate_pct_per_year"] == pytest.approx(-100 / 6)


def test_the_same_answers_give_the_same_bands():
    answers = noisy("steps", 5)
    assert rates(answers).equals(rates(answers))


def test_an_empty_answer_makes_an_empty_table_with_its_columns():
    made = rates(pl.DataFrame([rent(0, 0.0)]).clear())
    assert made.is_empty()
    assert tuple(made.columns) == MADE


def test_each_ones_own_rate_is_drawn_towards_the_pooled_one_by_its_uncertainty():
    rising = [each for m in range(15) for each in generations(m, path=lambda m: 0.03 * m)]
    newest = [each for each in rising if each["known_at"] <= after(month_end(14))]
    made = rates(pl.DataFrame(newest)).filter(period_end_on=month_end(14))
    drawn = made.filter(method="shrunk").sort("accelerator")
    own = made.filter(method="cohort").sort("accelerator")
    assert drawn["accelerator"].to_list() == list(GENERATIONS)
    assert drawn["own_rate_pct_per_year"].to_list() == own["rate_pct_per_year"].to_list()
    # Every part rose by 7.5 % a year without noise: nothing of the fall over generations is taken.
    assert drawn["own_weight_fraction"].min() > 0.99
    assert drawn["rate_pct_per_year"].to_list() == pytest.approx(
        own["rate_pct_per_year"].to_list(), abs=0.5
    )


def test_a_part_of_few_months_takes_the_pooled_rate():
    rising = [each for m in range(15) for each in generations(m)]
    young = [rent(m, 0.0, "young", "p0", available_on=date(2023, 12, 1)) for m in (13, 14)]
    made = rates(pl.DataFrame(rising + young)).filter(period_end_on=month_end(14))
    [drawn] = made.filter(method="shrunk", accelerator="young").to_dicts()
    [pooled] = made.filter(method="pooled_through_cycle").to_dicts()
    assert drawn["own_weight_fraction"] == 0
    assert drawn["rate_pct_per_year"] == pytest.approx(pooled["rate_pct_per_year"])
