"""SOFR: percent, newest first, and known when New York publishes, not when the day ends."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.contracts import split
from pipeline.contracts.credit import RATES
from pipeline.sources.rates import nyfed_sofr
from pipeline.sources.source import Capture, ParseError

RATES_FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "sec" / "rates"
SAMPLE = RATES_FOLDER / "nyfed_sofr_sample.json"
NOON = datetime(2024, 6, 10, 16, tzinfo=UTC)
AT = Capture("nyfed_sofr", "all", nyfed_sofr.URL, NOON, "")


def rate(day: str, percent: Any = 5.33, **changes: Any) -> dict[str, Any]:
    row = {"effectiveDate": day, "type": "SOFR", "percentRate": percent, "revisionIndicator": ""}
    return row | changes


def answer(*rates: Any) -> bytes:
    return json.dumps({"refRates": rates}).encode()


def parsed(*rates: Any, at: Capture = AT) -> list[tuple]:
    frame = nyfed_sofr.parse(answer(*rates), at)
    return frame.select("observed_on", "rate_pct", "known_at").rows()


@pytest.mark.skipif(not SAMPLE.exists(), reason="needs the shared recordings")
def test_a_recorded_answer_lands():
    # NY Fed, 6 June 2024: 5.33 %.
    frame = nyfed_sofr.parse(SAMPLE.read_bytes(), AT).with_columns(source=pl.lit("nyfed_sofr"))
    kept, rejected = split(RATES, frame)
    assert kept.select("rate_name", "observed_on", "rate_pct").rows() == [
        ("SOFR", date(2024, 6, 6), 5.33)
    ]
    assert rejected.is_empty()


def test_a_rate_is_known_on_the_next_day_that_has_one():
    # 28 March 2024 was the Thursday before Good Friday; its rate came out on Monday, 1 April.
    first, _ = parsed(rate("2024-04-01", 5.33), rate("2024-03-28", 5.34))
    assert first == (date(2024, 3, 28), 5.34, datetime(2024, 4, 1, 13, tzinfo=UTC))


def test_the_newest_rate_is_known_when_it_is_read():
    assert parsed(rate("2024-06-07"))[-1] == (date(2024, 6, 7), 5.33, NOON)


def test_nothing_is_known_after_it_was_read():
    early = Capture("nyfed_sofr", "all", AT.url, datetime(2024, 4, 1, 12, 30, tzinfo=UTC), "")
    known = [row[2] for row in parsed(rate("2024-04-01"), rate("2024-03-28"), at=early)]
    assert known == [early.captured_at, early.captured_at]


def test_a_revised_rate_is_a_later_row_of_the_same_day():
    [first, _] = parsed(rate("2024-06-05"), rate("2024-06-04"))
    [revised, _] = parsed(rate("2024-06-05"), rate("2024-06-04", 5.35, revisionIndicator="R"))
    assert first[2] == datetime(2024, 6, 5, 13, tzinfo=UTC)
    assert revised == (date(2024, 6, 4), 5.35, datetime(2024, 6, 5, 20, tzinfo=UTC))


def test_a_month_keeps_its_own_days_and_its_last_is_dated_by_the_next():
    month = Capture("nyfed_sofr", "2024-05", AT.url, datetime(2026, 11, 1, tzinfo=UTC), "")
    rows = parsed(rate("2024-06-03"), rate("2024-05-31", 5.34), rate("2024-04-30"), at=month)
    assert rows == [(date(2024, 5, 31), 5.34, datetime(2024, 6, 3, 13, tzinfo=UTC))]


def test_reading_again_gives_the_same_rows():
    later = Capture("nyfed_sofr", "all", AT.url, datetime(2024, 6, 12, tzinfo=UTC), "")
    twice = [rate("2024-06-06"), rate("2024-06-05")]
    assert parsed(*twice)[0] == parsed(*twice, at=later)[0]


@pytest.mark.parametrize("percent", [533.0, -6.0])
def test_a_rate_in_basis_points_is_set_aside(percent: float):
    body = answer(rate("2024-06-06", percent), rate("2024-06-05", 5.33))
    kept, rejected = split(
        RATES, nyfed_sofr.parse(body, AT).with_columns(source=pl.lit("nyfed_sofr"))
    )
    assert (kept.height, rejected["rate_pct"].to_list()) == (1, [percent])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Access denied</body></html>", "not JSON"),
        (answer(rate("2024-06-06"))[:60], "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no list `refRates`"),
        (b'{"refRates": {}}', "no list `refRates`"),
        (answer("x"), "not a rate of SOFR"),
        (answer(rate("2024-06-06", type="SOFRAI")), "not a rate of SOFR"),
        (answer(rate("2024-06-06", type="EFFR")), "not a rate of SOFR"),
        (answer(rate("2024-06-06", "5.33")), "percentRate is '5.33'"),
        (answer(rate("2024-06-06", None)), "percentRate is 'None'"),
        (answer(rate("2024-06-06", True)), "percentRate is 'True'"),
        (b'{"refRates": [{"effectiveDate": "2024-06-06", "type": "SOFR", "percentRate": NaN}]}',
         "percentRate is 'nan'"),
        (answer(rate("2024-06-06", revisionIndicator=1)), "revisionIndicator"),
        (answer(rate("06/06/2024")), "effectiveDate"),
        (answer(rate("2024-06-11")), "after the capture"),
        (answer(rate("2024-06-06"), rate("2024-06-06", 5.34)), "comes twice"),
    ],
)  # fmt: skip
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        nyfed_sofr.parse(body, AT)


def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    seen: list[tuple[str, dict[str, str]]] = []

    def get(url: str, *, params: dict[str, str], **_: object) -> http.Response:
        seen.append((url, params))
        return http.Response(url, 200, {}, b"{}", NOON)

    monkeypatch.setattr(http, "get", get)
    return seen


def test_a_run_asks_for_a_month_back(monkeypatch):
    seen = asked(monkeypatch)
    [part] = nyfed_sofr.fetch(lambda _: {})
    since, until = (date.fromisoformat(seen[0][1][name]) for name in ("startDate", "endDate"))
    assert (part.name, (until - since).days, seen[0][1]["type"]) == ("all", 30, "rate")


def test_a_month_that_is_held_and_over_is_not_asked_again(monkeypatch):
    seen = asked(monkeypatch)
    [part] = nyfed_sofr.fetch_month(date(2024, 12, 1), lambda _: {})
    assert part.name == "2024-12"
    assert seen[0][1] == {"startDate": "2024-12-01", "endDate": "2025-01-11", "type": "rate"}
    assert list(nyfed_sofr.fetch_month(date(2024, 12, 1), lambda _: {"sha256": "x"})) == []
