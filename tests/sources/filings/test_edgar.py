"""Asking the SEC, its list of filings, and the clock it writes."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.capture import http
from pipeline.capture.limits import SLOWER
from pipeline.sources.filings import _edgar
from pipeline.sources.source import ParseError

RECORDED = Path(__file__).resolve().parents[4] / "shared/data/sec/submissions"
needs_recordings = pytest.mark.skipif(not RECORDED.exists(), reason="needs the shared recordings")
ARRAYS = {
    "accessionNumber": ["0000000001-26-000001"],
    "form": ["10-Q"],
    "items": [""],
    "filingDate": ["2026-05-28"],
    "reportDate": ["2026-05-02"],
    "acceptanceDateTime": ["2026-05-28T20:09:32.000Z"],
    "primaryDocument": ["a.htm"],
    "isXBRL": [1],
}


def recorded(name: str) -> bytes:
    return gzip.decompress((RECORDED / f"{name}.gz").read_bytes())


def listed(*filings: tuple[str, str, str]):
    """A list of filings: form, filing date, acceptance as the SEC writes it; newest first."""
    arrays = {name: values * len(filings) for name, values in ARRAYS.items()}
    arrays["accessionNumber"] = [f"0000000001-26-{n:06d}" for n in range(len(filings))]
    arrays["form"] = [form for form, _, _ in filings]
    arrays["filingDate"] = [day for _, day, _ in filings]
    arrays["acceptanceDateTime"] = [f"{moment}.000Z" for _, _, moment in filings]
    return _edgar.submissions_rows(json.dumps(arrays).encode())


def test_who_asks_is_named_and_the_answer_is_asked_conditionally(monkeypatch):
    asked = {}

    def get(url, **options):
        asked.update(options, url=url)
        return http.Response(url, 200, {}, b"{}", datetime(2026, 11, 20, tzinfo=UTC))

    monkeypatch.setattr(http, "get", get)
    monkeypatch.setenv("SEC_CONTACT", " Jo Doe\n jo@example.org ")
    _edgar.get("https://data.sec.gov/x", validators={"etag": "1"}, expects="json")
    assert asked["headers"] == {"user-agent": "gpu-credit-warehouse Jo Doe jo@example.org"}
    assert (asked["validators"], asked["expects"]) == ({"etag": "1"}, "json")


def test_all_hosts_of_the_sec_together_stay_below_ten_requests_a_second():
    assert SLOWER["sec.gov"] == 8.0


@pytest.mark.parametrize("status", [403, 429, None])
def test_a_refusal_or_no_network_ends_the_whole_fetch(status: int | None):
    def refused() -> http.Response:
        raise http.UpstreamError("no", url="https://data.sec.gov", status=status)

    with pytest.raises(http.UpstreamError):
        _edgar.attempt(refused)


def test_a_company_that_is_not_there_costs_only_itself():
    missing = http.UpstreamError("HTTP 404", url="https://data.sec.gov", status=404)

    def asked() -> http.Response:
        raise missing

    assert _edgar.attempt(asked) is missing


def test_the_universe_has_each_company_once_whatever_its_stretches():
    ciks = [each.cik for each in _edgar.universe()]
    assert len(ciks) == len(set(ciks)) == 28
    assert ("0001878848", "IREN", "neocloud") in _edgar.universe()
    assert {each.layer for each in _edgar.universe(["chips", "servers"])} == {"chips", "servers"}


@needs_recordings
def test_one_filing_has_one_moment_whichever_clock_its_list_is_written_in():
    # NVIDIA's 10-Q of 2025-11-19: 21:36:17Z in the list of March, 16:36:17Z in that of April.
    march = _edgar.submissions_rows(recorded("CIK0001045810_2026-03-05.json"))
    april = _edgar.submissions_rows(recorded("CIK0001045810_2026-04.json"))
    both = march.join(april, on="accession", suffix="_april")
    assert both.height == 976
    assert (both["accepted_at"] == both["accepted_at_april"]).all()
    report = both.filter(form="10-Q")["accepted_at"].max()
    assert report == datetime(2025, 11, 19, 21, 36, 17, tzinfo=UTC)


@needs_recordings
def test_a_list_may_change_its_clock_within_itself_and_the_newest_are_read_late():
    # The 10-K of 2026-02-25 says 16:42:19Z among filings in UTC; it came after the market closed.
    march = _edgar.submissions_rows(recorded("CIK0001045810_2026-03-05.json"))
    [annual] = march.filter(form="10-K", filed_on=date(2026, 2, 25)).to_dicts()
    assert annual["accepted_at"] == datetime(2026, 2, 25, 21, 42, 19, tzinfo=UTC)
    assert not annual["is_clock_known"]
    assert march.filter(is_clock_known=False).height == 7


@needs_recordings
@pytest.mark.parametrize(
    ("name", "filings", "unknown"),
    [
        ("CIK0000789019_2026-03-05.json", 1002, 0),
        ("CIK0001318605_2026-03-05.json", 1002, 2),
        ("CIK0001318605-submissions-001_2026-03-05.json", 720, 1),
        ("CIK0001835632_2026-06-08.json", 787, 1),
    ],
)
def test_the_clock_of_nearly_every_filing_is_known(name: str, filings: int, unknown: int):
    rows = _edgar.submissions_rows(recorded(name))
    assert (rows.height, rows.filter(is_clock_known=False).height) == (filings, unknown)


def test_a_time_of_night_in_new_york_was_utc():
    # 00:12 UTC is 20:12 in New York the evening before; 00:12 in New York EDGAR is shut.
    rows = listed(("4", "2026-05-27", "2026-05-28T00:12:00"))
    assert rows["accepted_at"].item() == datetime(2026, 5, 28, 0, 12, tzinfo=UTC)
    assert rows["is_clock_known"].item()


def test_a_time_that_is_night_as_utc_was_new_york():
    # 07:03 UTC is 03:03 in New York.
    rows = listed(("10-K", "2026-05-28", "2026-05-28T07:03:00"))
    assert rows["accepted_at"].item() == datetime(2026, 5, 28, 11, 3, tzinfo=UTC)


def test_a_report_of_the_evening_dated_the_same_day_was_utc():
    # 20:09 in New York would have been dated the next day; 16:09 was in time.
    rows = listed(("10-Q", "2026-05-28", "2026-05-28T20:09:32"))
    assert rows["accepted_at"].item() == datetime(2026, 5, 28, 20, 9, 32, tzinfo=UTC)


def test_a_filing_that_fits_both_clocks_is_read_late_unless_its_neighbours_agree():
    noon = ("8-K", "2026-05-28", "2026-05-28T12:00:00")
    utc_after = ("4", "2026-05-28", "2026-05-29T00:12:00")
    utc_before = ("4", "2026-05-26", "2026-05-27T00:12:00")
    alone = listed(noon)
    assert alone["accepted_at"].item() == datetime(2026, 5, 28, 16, tzinfo=UTC)
    assert not alone["is_clock_known"].item()
    between = listed(utc_after, noon, utc_before)
    assert between["accepted_at"][1] == datetime(2026, 5, 28, 12, tzinfo=UTC)
    newest = listed(noon, utc_before)
    assert newest["accepted_at"][0] == datetime(2026, 5, 28, 16, tzinfo=UTC)


def test_what_the_sec_posts_itself_says_nothing_about_the_clock():
    rows = listed(("EFFECT", "2026-05-28", "2026-05-28T00:15:00"))
    assert not rows["is_clock_known"].item()


def test_trap_64_arrays_that_came_later_may_be_absent_or_there():
    with_new = {**ARRAYS, "isXBRLNumeric": [None]}
    for arrays in (ARRAYS, with_new):
        rows = _edgar.submissions_rows(json.dumps(arrays).encode())
        assert rows.select("items", "is_xbrl").row(0) == (None, True)


@pytest.mark.parametrize(("cik", "text"), [(1045810, "0001045810"), ("0001997711", "0001997711")])
def test_trap_64_a_cik_is_a_number_or_padded_text(cik: object, text: str):
    assert _edgar.padded(cik) == text


@pytest.mark.parametrize("cik", [True, None, "", "12345678901", "-1", 1.5, "x"])
def test_what_is_no_cik_is_refused(cik: object):
    with pytest.raises(ParseError, match="cik is"):
        _edgar.padded(cik)


def test_periodic_reports_with_figures_newest_first_amendments_too():
    arrays = {name: values * 5 for name, values in ARRAYS.items()}
    arrays["accessionNumber"] = [f"0000000001-26-{n:06d}" for n in range(5)]
    arrays["form"] = ["10-Q", "10-K/A", "8-K", "6-K", "4"]
    arrays["isXBRL"] = [1, 1, 1, 0, 0]
    arrays["acceptanceDateTime"] = [f"2026-05-{n:02d}T20:30:00.000Z" for n in (1, 5, 9, 12, 20)]
    rows = _edgar.submissions_rows(json.dumps(arrays).encode())
    assert _edgar.periodic(rows)["form"].to_list() == ["10-K/A", "10-Q"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>Undeclared Automated Tool</html>", "not JSON"),
        (b"[]", "not an object"),
        (b'{"filings": []}', "without `recent`"),
        (b"{}", "without the array accessionNumber"),
        (json.dumps({**ARRAYS, "form": []}).encode(), "different length"),
        (json.dumps({**ARRAYS, "form": [1]}).encode(), "form: "),
        (json.dumps({**ARRAYS, "filingDate": ["soon"]}).encode(), "no date"),
        (json.dumps({**ARRAYS, "acceptanceDateTime": ["noon"]}).encode(), "no date"),
        (b"[" * 1_000_000, "not JSON"),
    ],
)
def test_a_broken_list_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        _edgar.submissions_rows(body)
