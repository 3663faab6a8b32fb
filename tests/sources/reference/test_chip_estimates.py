"""The committed estimates of chips delivered."""

from datetime import date

import polars as pl

from tests.given.committed_files import rows

FRAME = rows("chip_estimates")


def test_two_vintages_do_not_overlap():
    spring = FRAME.filter(pl.col("known_at").dt.month() == 5)
    autumn = FRAME.filter(pl.col("known_at").dt.month() == 10)
    assert spring.height + autumn.height == FRAME.height
    assert spring["period_end_on"].max() <= date(2025, 6, 30)
    assert autumn["period_end_on"].min() > date(2025, 6, 30)


def test_a100_of_early_2022_is_the_published_estimate():
    row = FRAME.filter(chip="A100", period_end_on=date(2022, 3, 31)).to_dicts()[0]
    assert (row["unit_count"], row["unit_low_count"], row["unit_high_count"]) == (
        212_120,
        163_481,
        276_445,
    )


def test_in_house_chips_are_in_it():
    assert {"Google", "AWS", "AMD", "NVIDIA"} <= set(FRAME["designer"])
