import random
from statistics import median_high, median_low

import pytest

from pipeline.methods.bootstrap import median_interval_ranks


@pytest.mark.parametrize("count", [3, 6, 7, 11, 12, 25, 60])
def test_the_ranks_are_where_a_seeded_bootstrap_lands(count):
    draw = random.Random(7)
    lows, highs = [], []
    for _ in range(20_000):
        resample = draw.choices(range(1, count + 1), k=count)
        lows.append(median_low(resample))
        highs.append(median_high(resample))
    low, high = median_interval_ranks(count)
    share_below = sum(each < low for each in lows) / len(lows)
    share_at_or_below = sum(each <= low for each in lows) / len(lows)
    assert share_below < 0.025 + 0.005
    assert share_at_or_below >= 0.025 - 0.005
    assert sum(each < high for each in highs) / len(highs) < 0.975 + 0.005
    assert sum(each <= high for each in highs) / len(highs) >= 0.975 - 0.005


def test_an_odd_count_is_symmetric():
    for count in (5, 9, 33, 101):
        low, high = median_interval_ranks(count)
        assert low + high == count + 1


def test_many_values_follow_the_normal_limit():
    low, high = median_interval_ranks(1_000)
    half_width = 1.96 * 1_000**0.5 / 2
    assert abs((high - low) / 2 - half_width) < 2


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="two values"):
        median_interval_ranks(1)
