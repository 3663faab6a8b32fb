"""The regression on markets whose quality effects and price path are known, because made up."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from statsmodels.regression.linear_model import WLS

from pipeline.methods import hedonic
from pipeline.methods.hedonic import fit

# What one log unit of bandwidth, BF16 and memory is worth, and spot against on-demand.
TRUE = {"memory_bandwidth_tb_per_s": 0.5, "bf16_dense_tflops": 0.3, "memory_gib": 0.1}
SPOT = -0.9
CHIPS = {  # TB/s, TFLOPS, GiB
    "a": (0.3, 121.0, 24.0),
    "b": (0.86, 362.0, 48.0),
    "c": (1.55, 312.0, 40.0),
    "d": (2.0, 312.0, 80.0),
    "e": (3.35, 989.0, 80.0),
    "f": (4.8, 989.0, 141.0),
}
BETTER = {"g": (8.0, 2250.0, 180.0)}
STEP = -0.02


def month_end(number: int) -> date:
    """The last day of a month counted from January 2024."""
    return date(2024 + (number + 1) // 12, (number + 1) % 12 + 1, 1) - timedelta(days=1)


def row(provider, chip, number, log_price, market="on_demand"):
    end = month_end(number)
    after = end + timedelta(days=1)
    return {
        "provider": provider,
        "accelerator": chip,
        "market": market,
        "period_end_on": end,
        "price_usd_per_gpu_hour": float(np.exp(log_price)),
        **dict(zip(TRUE, (CHIPS | BETTER)[chip], strict=True)),
        "known_at": datetime(after.year, after.month, after.day, tzinfo=UTC),
    }


def worth(chip: str) -> float:
    return sum(b * np.log(x) for b, x in zip(TRUE.values(), (CHIPS | BETTER)[chip], strict=True))


def market(
    months=4,
    providers=10,
    chips=CHIPS,
    path=lambda month: STEP * month,
    seed=None,
    spot=False,
):
    """Every provider asks its own mark-up over the worth of each chip it has, moved by the path.

    With a seed there is noise: of the pair for good, of a provider's month, and of each price.
    """
    draw = np.random.default_rng(seed)
    noise = (lambda sigma: draw.normal(0, sigma)) if seed is not None else (lambda _: 0.0)
    pair = {(p, c): noise(0.15) for p in range(providers) for c in chips}
    made = []
    for month in range(months):
        for number in range(providers):
            own = noise(0.05)
            for place, chip in enumerate(chips):
                if (number + place) % 3 == 0:  # nobody has every chip
                    continue
                level = worth(chip) + 0.1 * number + path(month)
                level += own + pair[number, chip] + noise(0.05)
                made.append(row(f"p{number}", chip, month, level))
                if spot:
                    made.append(row(f"p{number}", chip, month, level + SPOT, "spot"))
    return pl.DataFrame(made)


def of(scope: str, answers: pl.DataFrame) -> list[dict]:
    return fit(answers).filter(market_scope=scope).to_dicts()


def test_without_noise_the_path_and_the_quality_effects_come_back_exactly():
    months = of("all", market(months=14, spot=True))
    assert [each["publication_status"] for each in months] == ["published"] * 14
    assert months[0]["price_index"] == 100.0
    assert months[-1]["price_index"] == pytest.approx(100 * np.exp(13 * STEP))
    last = months[-1]
    assert last["window_month_count"] == 12
    assert last["bandwidth_elasticity"] == pytest.approx(0.5)
    assert last["bf16_elasticity"] == pytest.approx(0.3)
    assert last["memory_elasticity"] == pytest.approx(0.1)
    assert last["spot_effect"] == pytest.approx(SPOT)
    assert last["r_squared"] == pytest.approx(1.0)


def test_the_stated_interval_holds_the_true_change_as_often_as_it_says():
    inside, errors, stated = [], [], []
    for seed in range(200):
        last = of("on_demand", market(months=4, seed=seed))[-1]
        low, high = last["interval_low_price_relative"], last["interval_high_price_relative"]
        inside.append(low <= np.exp(STEP) <= high)
        errors.append(last["log_change"] - STEP)
        stated.append(last["log_change_standard_error"])
    assert 0.90 <= np.mean(inside) <= 0.99
    assert np.std(errors) == pytest.approx(np.mean(stated), rel=0.15)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(200)


def test_a_better_chip_at_a_higher_price_does_not_move_the_index():
    before = market(months=6)
    enters = [
        row(f"p{number}", "g", month, worth("g") + 0.1 * number + STEP * month)
        for month in (4, 5)
        for number in range(8)
    ]
    mean = pl.col("price_usd_per_gpu_hour").log().mean()
    with_it = pl.concat([before, pl.DataFrame(enters)])
    rise = with_it.filter(period_end_on=month_end(4)).select(mean).item()
    assert rise > before.filter(period_end_on=month_end(3)).select(mean).item() + 0.1
    change = of("on_demand", with_it)[4]
    assert change["price_relative"] == pytest.approx(np.exp(STEP))


def test_a_provider_that_lists_a_cell_three_times_counts_once():
    once = market(months=3, seed=1)
    mine = once.filter(provider="p1")
    thrice = pl.concat([once, mine, mine])
    wanted = of("on_demand", once)[-1]
    got = of("on_demand", thrice)[-1]
    assert got["log_change"] == pytest.approx(wanted["log_change"])


def test_the_relative_is_corrected_for_the_log_normal_bias():
    # Kennedy (1981): exp(d) is too high on average, by a factor exp(v / 2).
    last = of("on_demand", market(months=4, seed=3))[-1]
    variance = last["log_change_standard_error"] ** 2
    assert variance > 0
    assert last["price_relative"] == pytest.approx(np.exp(last["log_change"] - variance / 2))


def test_characteristics_that_move_together_show_as_lost_rank_and_have_no_effect_of_their_own():
    # The worth of memory is now that of bandwidth, so nothing else changes.
    answers = market(months=4).with_columns(
        memory_gib=pl.col("memory_bandwidth_tb_per_s") * 24,
        price_usd_per_gpu_hour=pl.col("price_usd_per_gpu_hour")
        / pl.col("memory_gib") ** TRUE["memory_gib"],
    )
    last = of("on_demand", answers)[-1]
    assert last["design_rank"] == last["parameter_count"] - 1
    assert last["bandwidth_elasticity"] is None
    assert last["memory_elasticity"] is None
    assert last["bf16_elasticity"] == pytest.approx(0.3)
    assert last["price_relative"] == pytest.approx(np.exp(STEP))


def test_two_months_without_a_common_provider_are_withheld_for_lost_rank():
    months = market(months=4, providers=12)
    number = pl.col("provider").str.slice(1).cast(pl.Int64)
    old = pl.col("period_end_on") < month_end(2)
    apart = months.filter(pl.when(old).then(number < 6).otherwise(number >= 6))
    third = of("on_demand", apart)[2]
    assert third["publication_status"] == "withheld"
    assert third["withheld_reason"].startswith(f"rank {third['parameter_count'] - 1} of ")
    assert third["price_index"] is None
    assert third["price_relative"] is None


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (market(providers=2), "fewer than 3 providers in one of the two months"),
        (market(chips=["a"], months=1), "fewer than 3 providers in one of the two months"),
        (market(providers=3, chips=["a", "c", "e"]), "fewer than 2 prices per parameter"),
    ],
    ids=["two providers", "each provider has one price", "few prices"],
)
def test_too_little_is_withheld_and_says_why(answers, reason):
    first = of("on_demand", answers)[0]
    assert first["publication_status"] == "withheld"
    assert first["withheld_reason"] == reason
    assert first["price_index"] is None


def test_a_change_that_one_provider_makes_is_withheld():
    # In the last month p0 asks for all of its chips, the two others for one.
    answers = market(months=8, providers=3)
    last = pl.col("period_end_on") == month_end(7)
    thin = last & (pl.col("provider") != "p0") & (pl.col("accelerator") != "d")
    made = of("on_demand", answers.filter(~thin))
    assert [each["publication_status"] for each in made[-2:]] == ["published", "withheld"]
    assert made[-1]["effective_providers"] < 2.5
    assert made[-1]["withheld_reason"] == "carried by fewer than 3 providers"


def test_the_chain_goes_on_from_the_last_published_month():
    months = market(months=5)
    silent = pl.col("period_end_on").is_in([month_end(2)]) & (pl.col("provider") > "p1")
    made = of("on_demand", months.filter(~silent))
    assert [each["publication_status"] for each in made] == ["published"] * 2 + ["withheld"] + [
        "published"
    ] * 2
    assert made[3]["compared_with_on"] == month_end(1)
    assert made[3]["price_relative"] == pytest.approx(np.exp(2 * STEP))
    assert made[4]["price_index"] == pytest.approx(100 * np.exp(4 * STEP))


def test_after_a_year_of_silence_the_chain_starts_again():
    months = market(months=18)
    kept = pl.col("period_end_on").is_in([month_end(n) for n in (0, 1, 14, 15)])
    made = of("on_demand", months.filter(kept))
    assert [each["price_index"] for each in made] == pytest.approx(
        [100, 100 * np.exp(STEP), 100, 100 * np.exp(STEP)]
    )
    assert made[-1]["chain_started_on"] == month_end(14)


def test_a_price_without_a_characteristic_is_left_out_and_counted():
    answers = market(months=3)
    unknown = answers.with_columns(
        bf16_dense_tflops=pl.when(pl.col("accelerator") != "a").then("bf16_dense_tflops")
    )
    last = of("on_demand", unknown)[-1]
    assert last["left_out_count"] == unknown["bf16_dense_tflops"].null_count()
    assert last["window_price_count"] + last["left_out_count"] == answers.height


def test_only_the_answer_given_when_the_month_ended_is_used():
    answers = market(months=3)
    dearer = answers.with_columns(
        price_usd_per_gpu_hour=pl.col("price_usd_per_gpu_hour") * 9,
        known_at=pl.col("known_at").dt.offset_by("1mo"),
    )
    assert of("all", pl.concat([answers, dearer])) == of("all", answers)


def test_an_empty_answer_makes_an_empty_table_with_its_columns():
    made = fit(market(months=1).clear())
    assert made.is_empty()
    assert tuple(made.columns) == hedonic.MADE


def test_item_effects_stand_beside_and_do_not_take_a_changed_panel_for_a_changed_price():
    # A provider with dear old chips joins half way; nobody moves a price.
    answers = pl.DataFrame(
        [
            row(f"p{number}", chip, month, 0.1 * number + worth(chip) + 0.05 * (number == chip_at))
            for month in range(6)
            for number in range(5 if month < 3 else 6)
            for chip_at, chip in enumerate(CHIPS)
        ]
    )
    last = of("on_demand", answers)[-1]
    assert last["item_effects_log_change"] == pytest.approx(0, abs=1e-12)
    assert last["item_effects_price_index"] == pytest.approx(100)


def test_item_effects_follow_a_price_that_all_change():
    answers = market()
    made = [each for each in of("on_demand", answers) if each["publication_status"] == "published"]
    assert made[0]["item_effects_price_index"] == 100
    for each in made[1:]:
        assert each["item_effects_log_change"] == pytest.approx(each["log_change"], abs=1e-9)


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
@pytest.mark.parametrize("seed", range(5))
def test_the_regression_is_that_of_statsmodels(seed):
    draw = np.random.default_rng(seed)
    count, width = 80, 9
    matrix = np.column_stack([np.ones(count), draw.normal(size=(count, width - 1))])
    if seed == 4:  # a column said twice: the solution of least norm, as theirs
        matrix[:, -1] = matrix[:, -2]
    names = ["intercept", "2026-01-31", "2026-02-28", *"abcdef"]
    design = hedonic.Design(
        names, matrix, draw.normal(size=count), draw.choice([0.5, 1.0], count),
        draw.integers(0, 7, count),
    )  # fmt: skip
    ours = hedonic._regressed(design, date(2026, 2, 28), date(2026, 1, 31))
    fitted = WLS(design.log_price, matrix, weights=design.weight)
    theirs = fitted.fit(cov_type="cluster", cov_kwds={"groups": design.provider})
    weights = np.array([0.0, -1.0, 1.0, *[0.0] * 6])
    assert ours["log_change"] == pytest.approx(weights @ theirs.params, abs=1e-12)
    error = (weights @ theirs.cov_params() @ weights) ** 0.5
    assert ours["log_change_standard_error"] == pytest.approx(error, abs=1e-12)
    assert ours["r_squared"] == pytest.approx(theirs.rsquared, abs=1e-12)


def test_the_algebra_takes_one_thread_whatever_the_machine_has():
    counted = "import pipeline, numpy, os; print(len(os.listdir('/proc/self/task')))"
    assert (
        subprocess.run([sys.executable, "-c", counted], capture_output=True, check=True).stdout
        == b"1\n"
    )
