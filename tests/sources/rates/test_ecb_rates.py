"""Euro reference rates: dollars per unit, and a page that is none."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.contracts import split
from pipeline.contracts.reference import EXCHANGE_RATES
from pipeline.sources.rates import ecb_rates
from pipeline.sources.source import Capture, ParseError

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "ecb_rates" / "latest.json"
AT = Capture("ecb_rates", "all", ecb_rates.URL, datetime(2026, 11, 20, 18, tzinfo=UTC), "")
ANSWER = {"amount": 1.0, "base": "USD", "date": "2026-11-20", "rates": {"EUR": 0.8, "INR": 80.0}}


def answer(**changes: object) -> bytes:
    return json.dumps(ANSWER | changes).encode()


def landed(body: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = ecb_rates.parse(body, AT).with_columns(source=pl.lit("ecb_rates"))
    return split(EXCHANGE_RATES, frame)


def test_a_rate_is_dollars_per_unit_and_not_units_per_dollar():
    kept, rejected = landed(FIXTURE.read_bytes())
    rates = dict(kept.select("currency", "usd_per_currency_unit").rows())
    # The ECB's first day, 1999-01-04: 1.1789 dollars, 0.7111 pounds and 133.73 yen per euro.
    assert rates["EUR"] == pytest.approx(1.1789, rel=1e-5)
    assert rates["GBP"] == pytest.approx(1.1789 / 0.7111, rel=1e-5)
    assert rates["JPY"] == pytest.approx(1.1789 / 133.73, rel=1e-4)
    assert set(kept["observed_on"]) == {date(1999, 1, 4)}
    assert rejected.is_empty()


def test_the_public_knew_it_when_we_read_it_at_the_latest():
    frame = ecb_rates.parse(answer(), AT)
    assert set(frame["known_at"]) == {AT.captured_at}


def test_amount_is_what_is_converted():
    frame = ecb_rates.parse(answer(amount=100.0, rates={"EUR": 80.0}), AT)
    assert frame["usd_per_currency_unit"].to_list() == [1.25]


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), float("inf"), 1e308])
def test_a_rate_that_is_no_rate_is_set_aside_alone(rate: float):
    kept, rejected = landed(answer(rates={"EUR": 0.8, "XXX": rate}))
    assert kept["currency"].to_list() == ["EUR"]
    assert rejected["currency"].to_list() == ["XXX"]


@pytest.mark.parametrize("code", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_a_code_that_is_no_code_is_set_aside_alone(code: str):
    kept, rejected = landed(answer(rates={"EUR": 0.8, code: 1.0}))
    assert kept["currency"].to_list() == ["EUR"]
    assert rejected["currency"].to_list() == [code]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Bad gateway</body></html>", "not JSON"),
        (b'{"amount":1.0,"base":"USD"', "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no rates"),
        (b"3", "not an object"),
        (b'{"message": "not found"}', "field amount missing"),
        (json.dumps({k: v for k, v in ANSWER.items() if k != "rates"}).encode(), "field rates"),
        (answer(base="EUR"), "base is 'EUR'"),
        (answer(rates={}), "field rates is empty"),
        (answer(rates=[0.8]), "field rates"),
        (answer(rates={"EUR": "0.8"}), r"field rates\.EUR"),
        (answer(rates={"EUR": None}), r"field rates\.EUR"),
        (answer(rates={"EUR": True}), r"field rates\.EUR"),
        (answer(rates={"EUR": 10**400}), r"field rates\.EUR"),
        (answer(amount="1"), "field amount"),
        (answer(date="yesterday"), "field date"),
        (answer(date=None), "field date"),
        (answer(date="2026-11-21"), "after the capture"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        ecb_rates.parse(body, AT)


def test_dollars_are_the_base_that_is_asked_for(monkeypatch):
    asked: list[dict[str, str]] = []

    def get(url: str, *, params: dict[str, str], **_: object) -> http.Response:
        asked.append(params)
        return http.Response(url, 200, {}, b"{}", AT.captured_at)

    monkeypatch.setattr(http, "get", get)
    [part] = ecb_rates.fetch(lambda _: {})
    assert part.name == "all"
    assert asked[0]["base"] == "USD"
    assert {"EUR", "INR", "GBP"} <= set(asked[0]["quotes"].split(","))
    assert "USD" not in asked[0]["quotes"]
    # v2 blends a hundred sources unless one is named.
    assert asked[0]["providers"] == "ECB"


# --- v2: a flat list -------------------------------------------------------------------------

ROW = {"date": "2026-11-20", "base": "USD", "quote": "EUR", "rate": 0.8}


def flat(*changes: dict[str, object]) -> bytes:
    return json.dumps([ROW | each for each in changes]).encode()


def test_both_shapes_give_the_same_rates():
    kept, rejected = landed(flat({}, {"quote": "INR", "rate": 80.0}))
    old, _ = landed(answer())
    assert kept.equals(old)
    assert rejected.is_empty()


def test_each_rate_of_the_flat_list_has_its_own_day():
    kept, _ = landed(flat({}, {"quote": "SEK", "rate": 9.0, "date": "2026-11-19"}))
    days = dict(kept.select("currency", "observed_on").rows())
    assert days == {"EUR": date(2026, 11, 20), "SEK": date(2026, 11, 19)}


def test_a_rate_the_ecb_alone_gave_may_say_so_and_a_blend_may_not():
    kept, rejected = landed(flat({"providers": ["ecb"]}, {"quote": "INR", "providers": ["ECB"]}))
    assert (kept.height, rejected.height) == (2, 0)
    with pytest.raises(ParseError, match="asked for ECB"):
        ecb_rates.parse(flat({"providers": ["ECB", "BOC"]}), AT)


@pytest.mark.parametrize(
    "odd",
    [{"rate": None}, {"rate": "0.8"}, {"base": "EUR"}, {"date": "soon"}, {"providers": ["BOC"]}],
)
def test_one_odd_rate_is_set_aside_alone(odd: dict[str, object]):
    kept, rejected = landed(flat({}, {"quote": "GBP"}, {"quote": "INR"} | odd))
    assert kept["currency"].to_list() == ["EUR", "GBP"]
    assert rejected.height == 1


def test_one_odd_rate_of_the_old_shape_is_set_aside_alone():
    kept, rejected = landed(answer(rates={"EUR": 0.8, "GBP": 0.7, "INR": "80"}))
    assert kept["currency"].to_list() == ["EUR", "GBP"]
    assert rejected["currency"].to_list() == ["INR"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (flat({"base": "EUR"}), "base is 'EUR'"),
        (flat({"rate": True}), "rate of EUR"),
        (flat({"date": "2026-11-21"}), "after the capture"),
        (b"[1]", "not an object"),
        (json.dumps([{"date": "2026-11-20"}]).encode(), "field base missing"),
    ],
)
def test_a_flat_list_of_another_structure_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        ecb_rates.parse(body, AT)
