"""What traded AI debt is quoted at, figure by figure."""

from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.credit import FACILITY_TERMS, MARKET_QUOTES
from pipeline.sources.committed import read_reference
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import REFERENCE, ParseError

market_quotes = named("market_quotes")
BODY = (REFERENCE / "market_quotes.csv").read_bytes()


@pytest.fixture(scope="module")
def quotes():
    frame = market_quotes.parse(BODY, None).with_columns(source=pl.lit("market_quotes"))
    kept, rejected = split(MARKET_QUOTES, frame)
    assert rejected.is_empty()
    return kept


def test_the_notes_of_2030_were_bid_at_93_5_in_september_2026(quotes):
    rows = quotes.filter(facility_id="crwv-senior-notes-2030", quote_kind="price_pct_of_par")
    [row] = rows.to_dicts()
    assert (row["quote_value"], row["quoted_on"]) == (93.5, date(2026, 9, 30))
    assert (row["quote_tier"], row["confidence"], row["is_issue"]) == ("aggregator", "low", False)


def test_an_aggregator_is_never_sure(quotes):
    assert "high" not in set(quotes.filter(pl.col("quote_tier") != "primary")["confidence"])


def test_facilities_are_those_of_the_terms(quotes):
    stated = read_reference((REFERENCE / "facility_terms.csv").read_bytes(), FACILITY_TERMS)
    known = set(stated["facility_id"])
    assert set(quotes["facility_id"].drop_nulls()) <= known


def test_another_structure_is_refused():
    with pytest.raises(ParseError):
        market_quotes.parse(BODY.replace(b"quote_kind", b"kind", 1), None)
