"""The committed figures of segments, companies and products."""

from datetime import date

import polars as pl

from tests.given.committed_files import rows

FRAME = rows("segment_figures")
QUARTER = (pl.col("period_end_on") - pl.col("period_start_on")).dt.total_days().is_between(80, 100)


def quarter(company, segment, end):
    mine = FRAME.filter(company=company, segment=segment, metric="revenue", period_end_on=end)
    return mine.filter(QUARTER)["value_usd"].to_list()


def test_nvidia_sold_39_112_million_to_data_centers_in_the_first_quarter_of_fiscal_2026():
    # Release of 28 May 2025.
    end = date(2025, 4, 27)
    assert quarter("NVIDIA", "Data Center (market platform)", end) == [39_112_000_000]


def test_amd_data_center_of_mid_2025_is_3_240_million_and_not_the_line_of_cost():
    assert quarter("AMD", "Data Center (segment)", date(2025, 6, 28)) == [3_240_000_000]


def test_nvidias_platform_and_its_later_segment_are_two_series():
    lines = FRAME.filter(pl.col("accelerator_line_number").is_not_null(), company="NVIDIA")
    told = lines.group_by("segment").agg(
        pl.col("accelerator_line_number").unique(), pl.col("period_end_on").max()
    )
    assert sorted(told["accelerator_line_number"].list.first().to_list()) == [1, 2]
    assert told["period_end_on"].n_unique() == 2


def test_years_come_to_their_quarters():
    # Reported years against the sum of four quarters, within rounding.
    mine = FRAME.filter(segment="Data Center (market platform)", metric="revenue")
    year = mine.filter(period_end_on=date(2026, 1, 25)).filter(~QUARTER)["value_usd"].item()
    since = pl.col("period_start_on") >= date(2025, 1, 27)
    assert abs(mine.filter(QUARTER & since)["value_usd"].sum() / year - 1) < 0.0025


def test_losses_are_negative_and_run_rates_are_no_revenue():
    losses = FRAME.filter(company="OpenAI", metric="operating_income")["value_usd"]
    assert losses.len() > 0
    assert (losses < 0).all()
    assert FRAME.filter(figure_kind="run_rate")["metric"].unique().to_list() == ["annual_run_rate"]
