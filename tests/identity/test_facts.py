"""When a filed figure became public, and which figures cannot be used."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.identity.facts import dated

READ = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED = datetime(2025, 8, 27, 20, 52, 7, tzinfo=UTC)
FILINGS = {"filings": pl.DataFrame({"accession": ["a"], "accepted_at": [ACCEPTED]})}


def fact(**cells) -> pl.DataFrame:
    row = {"accession": "a", "filed_on": date(2025, 8, 27), "captured_at": READ, "unit": "USD"}
    row |= {"value": 1.0, "concept": "Assets", "period_start_on": None}
    row |= {"cik": "1", "taxonomy": "us-gaap", "dimensions": "", "decimals": None}
    row |= {"period_end_on": date(2025, 7, 27)}
    types = {"period_start_on": pl.Date, "captured_at": pl.Datetime("us", "UTC")}
    types["decimals"] = pl.Int64
    return pl.DataFrame([row | cells], schema_overrides={**types, "value": pl.Float64})


def test_a_figure_is_known_when_its_filing_was_accepted():
    assert dated(fact(), FILINGS)["known_at"].item() == ACCEPTED


def test_without_its_filing_a_figure_is_known_at_the_end_of_the_filing_day():
    frame = dated(fact(accession="b"), FILINGS)
    assert frame["known_at"].item() == datetime(2025, 8, 28, tzinfo=UTC)


def test_nothing_is_known_after_it_was_read():
    frame = dated(fact(accession="b", filed_on=date(2026, 11, 20)), FILINGS)
    assert frame["known_at"].item() == READ


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_set_aside(value: float):
    assert dated(fact(value=value), FILINGS)["reason"].item() == "value_not_finite"


def test_a_negative_number_of_shares_is_set_aside_and_a_flow_of_shares_is_not():
    shares = {"unit": "shares", "value": -181_987.0}
    stock = fact(**shares, concept="CommonStockSharesIssued")
    average = fact(
        **shares,
        concept="WeightedAverageNumberOfDilutedSharesOutstanding",
        period_start_on=date(2025, 1, 27),
    )
    flow = fact(**shares, concept="TreasuryStockSharesAcquired", period_start_on=date(2025, 1, 27))
    assert dated(stock, FILINGS)["reason"].item() == "negative_share_count"
    assert dated(average, FILINGS)["reason"].item() == "negative_share_count"
    assert dated(flow, FILINGS)["reason"].item() is None


def test_a_reason_that_is_there_stays():
    frame = fact(value=float("nan")).with_columns(reason=pl.lit("odd"))
    assert dated(frame, FILINGS)["reason"].item() == "odd"
