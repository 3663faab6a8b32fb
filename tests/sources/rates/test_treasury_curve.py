"""The Treasury's par yield curve: columns by name, months first, absent is absent."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.contracts import split
from pipeline.contracts.credit import RATES
from pipeline.sources.rates import treasury_curve
from pipeline.sources.source import Capture, ParseError

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
AT = Capture("treasury_curve", "2026", f"{treasury_curve.FILES}/2026", NOON, "")
# Made up, in the file's shape.
HEADER = (
    'Date,"1 Mo","1.5 Month","2 Mo","3 Mo","4 Mo","6 Mo","1 Yr","2 Yr","3 Yr","5 Yr","7 Yr",'
    '"10 Yr","20 Yr","30 Yr"'
)
MONDAY = "01/05/2026,3.71,3.70,3.69,3.65,3.64,3.58,3.47,3.46,3.51,3.70,3.92,4.17,4.79,4.85"
FRIDAY = "01/02/2026,3.72,,3.70,3.65,3.65,3.58,3.47,3.47,3.55,3.74,3.95,4.19,N/A,4.86"


def answer(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def parsed(*lines: str, at: Capture = AT) -> pl.DataFrame:
    return treasury_curve.parse(answer(*lines), at)


def test_every_maturity_is_a_row_named_by_its_column():
    frame = parsed(HEADER, MONDAY, FRIDAY)
    monday = dict(frame.filter(observed_on=date(2026, 1, 5)).select("rate_name", "rate_pct").rows())
    assert len(monday) == 14
    assert (monday["UST 1M"], monday["UST 1.5M"], monday["UST 1Y"]) == (3.71, 3.70, 3.47)
    assert (monday["UST 10Y"], monday["UST 30Y"]) == (4.17, 4.85)
    kept, rejected = split(RATES, frame.with_columns(source=pl.lit("treasury_curve")))
    assert (kept.height, rejected.height) == (26, 0)


def test_columns_are_read_by_name_and_not_by_place():
    # Before 2025-02 there was no column of a month and a half.
    frame = parsed('Date,"10 Yr","5 Yr","1 Yr"', "01/05/2026,4.17,3.70,3.47")
    assert frame.select("rate_name", "rate_pct").rows() == [
        ("UST 10Y", 4.17),
        ("UST 5Y", 3.70),
        ("UST 1Y", 3.47),
    ]


def test_an_empty_cell_is_no_row_and_no_zero():
    friday = parsed(HEADER, FRIDAY)
    assert not {"UST 1.5M", "UST 20Y"} & set(friday["rate_name"])
    assert friday["rate_pct"].min() > 3


def test_months_come_first():
    at = Capture("treasury_curve", "2026", AT.url, datetime(2026, 6, 1, tzinfo=UTC), "")
    assert set(parsed(HEADER, MONDAY, at=at)["observed_on"]) == {date(2026, 1, 5)}


def test_a_yield_is_known_at_the_end_of_its_day():
    known = parsed(HEADER, MONDAY)["known_at"]
    assert set(known) == {datetime(2026, 1, 6, tzinfo=UTC)}
    evening = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    sooner = Capture("treasury_curve", "2026", AT.url, evening, "")
    assert set(parsed(HEADER, MONDAY, at=sooner)["known_at"]) == {evening}


def test_a_yield_in_basis_points_is_set_aside_alone():
    frame = parsed(HEADER, MONDAY.replace("4.17", "417")).with_columns(source=pl.lit("x"))
    kept, rejected = split(RATES, frame)
    assert (kept.height, rejected["rate_name"].to_list()) == (13, ["UST 10Y"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a CSV file"),
        (b"\xff\xfe\x00", "not a CSV file"),
        (b"<html><body>Just a moment</body></html>", "first column is not Date"),
        (answer("Day,1 Yr,5 Yr,10 Yr"), "first column is not Date"),
        (answer('Date,"1 Yr","5 Yr"'), "maturities missing or repeated"),
        (answer('Date,"1 Yr","5 Yr","10 Yr","1 Yr"'), "maturities missing or repeated"),
        (answer(HEADER + ',"Long term"'), "'Long term' is no maturity"),
        (answer(HEADER, MONDAY[:40]), "cells of 14"),
        (answer(HEADER, MONDAY + ",4.9"), "15 cells of 14"),
        (answer(HEADER, MONDAY.replace("4.17", "n.a.")), "UST 10Y of 2026-01-05 is 'n.a.'"),
        (answer(HEADER, MONDAY.replace("01/05/2026", "2026-01-05")), "date is '2026-01-05'"),
        (answer(HEADER, MONDAY.replace("01/05/2026", "13/05/2026")), "date is '13/05/2026'"),
        (answer(HEADER, MONDAY.replace("2026", "2025")), "another year's"),
        (answer(HEADER, MONDAY.replace("01/05", "01/07")), "of the future"),
        (answer(HEADER, MONDAY, MONDAY), "repeated"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        treasury_curve.parse(body, AT)


def test_a_year_is_a_part_and_is_asked_by_its_own_address(monkeypatch):
    urls: list[str] = []

    def get(url: str, **_: object) -> http.Response:
        urls.append(url)
        return http.Response(url, 200, {}, b"", NOON)

    monkeypatch.setattr(http, "get", get)
    parts = list(treasury_curve.fetch(lambda _: {}))
    assert [f"/{part.name}/all?" in url for part, url in zip(parts, urls, strict=True)]
    assert 1 <= len(parts) <= 2
    [part] = treasury_curve.fetch_month(date(2022, 7, 1), lambda _: {})
    assert part.name == "2022"
    assert "field_tdr_date_value=2022" in urls[-1]
    assert list(treasury_curve.fetch_month(date(2022, 8, 1), lambda _: {"sha256": "x"})) == []
