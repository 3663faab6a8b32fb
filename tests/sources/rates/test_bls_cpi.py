"""Consumer prices: a month that has no level is none, and a refusal is no answer."""

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.thesis import CONSUMER_PRICES
from pipeline.sources.rates import bls_cpi
from pipeline.sources.source import REFERENCE, Capture, ParseError

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
AT = Capture("bls_cpi", "all", bls_cpi.URL, NOON, "")
# The levels of the committed past, as the interface writes them.
JULY = {
    "year": "2026",
    "period": "M07",
    "periodName": "July",
    "value": "333.918",
    "footnotes": [{}],
}
SHUT = {
    "year": "2025",
    "period": "M10",
    "periodName": "October",
    "value": "-",
    "footnotes": [{"code": "X", "text": "no data"}],
}


def answer(*months: Any, status: str = "REQUEST_SUCCEEDED", series: str = bls_cpi.SERIES) -> bytes:
    found = [{"seriesID": series, "data": list(months)}]
    return json.dumps({"status": status, "message": [], "Results": {"series": found}}).encode()


def parsed(*months: Any, at: Capture = AT) -> list[tuple]:
    frame = bls_cpi.parse(answer(*months), at)
    return frame.select("period_end_on", "price_index_level", "known_at").rows()


def test_a_month_is_known_from_the_end_of_the_next_as_in_the_committed_past():
    committed = pl.read_csv(REFERENCE / "cpi.csv").filter(pl.col("period_end_on") == "2026-07-31")
    [(end, level, known)] = parsed(JULY)
    assert (str(end), level) == ("2026-07-31", committed["price_index_level"][0])
    assert known == datetime.fromisoformat(committed["known_at"][0])


def test_every_row_keeps_the_contract():
    frame = bls_cpi.parse(answer(JULY, SHUT), AT).with_columns(source=pl.lit("bls_cpi"))
    kept, rejected = split(CONSUMER_PRICES, frame)
    assert (kept.height, rejected.height) == (1, 0)


def test_a_month_without_a_level_and_the_mean_of_a_year_are_no_rows():
    mean = JULY | {"period": "M13", "periodName": "Annual"}
    assert parsed(SHUT, mean) == []


def test_what_came_out_this_month_is_known_when_it_is_read():
    october = JULY | {"period": "M10", "value": "335.100"}
    assert parsed(october) == [(date(2026, 10, 31), 335.1, NOON)]


@pytest.mark.parametrize(
    "body",
    [
        answer(JULY, status="REQUEST_NOT_PROCESSED"),
        answer(JULY, series="CUSR0000SA0"),
        answer(JULY, JULY),
        answer(JULY | {"period": "S01"}),
        answer(JULY | {"value": "333,918"}),
        answer(JULY | {"year": "2027"}),
        answer("July"),
        b'{"status": "REQUEST_NOT_PROCESSED", "message": ["daily threshold"], "Results": {}}',
        b"[]",
        b"<html>",
    ],
    ids=["refused", "seasonal", "twice", "half a year", "comma", "to come", "text", "quota",
         "list", "page"],
)  # fmt: skip
def test_what_is_no_answer_fails_the_capture(body):
    with pytest.raises(ParseError):
        bls_cpi.parse(body, AT)
