"""What each company filed, when, and as which form."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.contracts import split
from pipeline.contracts.filings import FILINGS
from pipeline.sources.filings import _edgar, sec_submissions
from pipeline.sources.filings._edgar import Issuer
from pipeline.sources.source import Capture, ParseError
from tests.sources.filings.test_edgar import ARRAYS, needs_recordings, recorded

READ = datetime(2026, 11, 20, 12, tzinfo=UTC)
NVIDIA, TESLA = "0001045810", "0001318605"


def capture(part: str) -> Capture:
    return Capture("sec_submissions", part, "https://data.sec.gov/submissions/x", READ, "")


def answer(cik: object = NVIDIA, files: object = (), **arrays: object) -> bytes:
    filings = {"recent": {**ARRAYS, **arrays}, "files": list(files)}  # type: ignore[call-overload]
    return json.dumps({"cik": cik, "filings": filings}).encode()


@needs_recordings
@pytest.mark.parametrize(
    ("name", "cik", "filings"),
    [
        ("CIK0001045810_2026-03-05.json", NVIDIA, 1007),
        ("CIK0001045810_2026-04.json", NVIDIA, 1000),
        ("CIK0000789019_2026-03-05.json", "0000789019", 1002),
        ("CIK0001835632_2026-06-08.json", "0001835632", 787),
    ],
)
def test_every_filing_since_2019_is_a_row(name: str, cik: str, filings: int):
    frame = sec_submissions.parse(recorded(name), capture(f"cik{cik}"))
    assert frame.height == frame["accession"].n_unique() == filings
    assert set(frame["cik"]) == {cik}


@needs_recordings
def test_older_filings_are_left_out_and_all_forms_are_kept():
    frame = sec_submissions.parse(recorded("CIK0001318605_2026-03-05.json"), capture(f"cik{TESLA}"))
    assert frame["filed_on"].min() >= date(2019, 1, 1)
    assert {"4", "8-K", "10-K", "10-Q", "DEFA14A"} <= set(frame["form"])


@needs_recordings
def test_a_row_says_what_was_filed_and_where_it_lies():
    frame = sec_submissions.parse(recorded("CIK0001045810_2026-04.json"), capture(f"cik{NVIDIA}"))
    [row] = frame.filter(accession="0001045810-25-000209").to_dicts()
    assert row["source_url"] == (
        "https://www.sec.gov/Archives/edgar/data/1045810/000104581025000209/nvda-20250727.htm"
    )
    assert (row["form"], row["filed_on"], row["period_end_on"]) == (
        "10-Q",
        date(2025, 8, 27),
        date(2025, 7, 27),
    )
    assert row["known_at"] == row["accepted_at"] == datetime(2025, 8, 27, 20, 52, 7, tzinfo=UTC)


@needs_recordings
def test_an_older_page_has_its_arrays_at_the_top_and_its_company_in_the_part():
    page = json.loads(recorded("CIK0001318605-submissions-001_2026-03-05.json"))
    assert max(page["filingDate"]) == "2018-02-12"
    page["filingDate"] = ["2019" + each[4:] for each in page["filingDate"]]  # made up
    part = f"cik{TESLA}_001_720_2019-12-31"
    frame = sec_submissions.parse(json.dumps(page).encode(), capture(part))
    assert (frame.height, set(frame["cik"])) == (720, {TESLA})


@needs_recordings
def test_a_registrant_without_filings_is_named():
    body = recorded("CIK0000350001_2026-03-05_nofilings.json")
    with pytest.raises(ParseError, match="a registrant without filings"):
        sec_submissions.parse(body, capture("cik0000350001"))


def test_filings_of_before_2019_alone_are_named_too():
    with pytest.raises(ParseError, match="without filings since 2019-01-01"):
        sec_submissions.parse(answer(filingDate=["2018-12-31"]), capture(f"cik{NVIDIA}"))


def test_trap_64_a_cik_as_a_number_is_the_same_company():
    assert sec_submissions.parse(answer(1045810), capture(f"cik{NVIDIA}"))["cik"].item() == NVIDIA


def test_a_filing_is_never_known_after_it_was_seen_on_the_list():
    # 11:30 fits both clocks; read as New York it would be 16:30 UTC, after the capture at noon.
    seen = answer(acceptanceDateTime=["2026-11-20T11:30:00.000Z"], filingDate=["2026-11-20"])
    [row] = sec_submissions.parse(seen, capture(f"cik{NVIDIA}")).to_dicts()
    assert row["known_at"] == row["captured_at"] == READ
    assert row["confidence"] == "medium"


@needs_recordings
@pytest.mark.parametrize(
    ("body", "part", "message"),
    [
        ("404", f"cik{NVIDIA}", "not JSON"),
        (answer(TESLA), f"cik{NVIDIA}", "filings of 0001318605, asked for 0001045810"),
        (answer("x"), f"cik{NVIDIA}", "cik is"),
        (json.dumps({"filings": {}}).encode(), f"cik{NVIDIA}", "no cik"),
        (answer(), "all", "names no company"),
        (answer()[:-40], f"cik{NVIDIA}", "not JSON"),
    ],
)
def test_damage_is_refused_by_name(body, part: str, message: str):
    body = recorded("404_NoSuchKey_body.xml") if body == "404" else body
    with pytest.raises(ParseError, match=message):
        sec_submissions.parse(body, capture(part))


class Upstream:
    """Answers by address; counts what is asked."""

    def __init__(self, monkeypatch, ciks: list[str], answers: dict[str, object]) -> None:
        self.asked: list[str] = []
        self.answers = answers
        monkeypatch.setattr(http, "get", self.get)
        companies = [Issuer(cik, "x", "chips") for cik in ciks]
        for module in (_edgar, sec_submissions):
            monkeypatch.setattr(module, "universe", lambda: companies)

    def get(self, url: str, **_: object) -> http.Response:
        name = url.rpartition("/")[2]
        self.asked.append(name)
        body = self.answers.get(name, 404)
        if isinstance(body, bytes):
            return http.Response(url, 200, {}, body, datetime.now(UTC))
        raise http.UpstreamError(f"HTTP {body}", url=url, status=int(str(body)))


def file(number: int, until: str, count: int = 10) -> dict[str, object]:
    name = f"CIK{NVIDIA}-submissions-{number:03d}.json"
    return {"name": name, "filingCount": count, "filingFrom": "1999-01-01", "filingTo": until}


def test_pages_that_reach_into_our_time_are_asked_once_and_again_when_they_grew(monkeypatch):
    page = f"CIK{NVIDIA}-submissions-001.json"
    pages = [file(1, "2019-11-18"), file(2, "2018-12-31")]
    upstream = Upstream(
        monkeypatch,
        [NVIDIA],
        {f"CIK{NVIDIA}.json": answer(files=pages), page: json.dumps(ARRAYS).encode()},
    )
    first = [part.name for part in sec_submissions.fetch(lambda _: {})]
    assert first == [f"cik{NVIDIA}", f"cik{NVIDIA}_001_10_2019-11-18"]

    def held(part: str) -> dict[str, str]:
        return {"sha256": "x"} if part in first else {}

    upstream.asked.clear()
    assert [part.name for part in sec_submissions.fetch(held)] == [f"cik{NVIDIA}"]
    assert upstream.asked == [f"CIK{NVIDIA}.json"]
    grown = [file(1, "2020-02-24", count=41), file(2, "2018-12-31")]
    upstream.answers[f"CIK{NVIDIA}.json"] = answer(files=grown)
    parts = [part.name for part in sec_submissions.fetch(held)]
    assert parts == [f"cik{NVIDIA}", f"cik{NVIDIA}_001_41_2020-02-24"]


def test_a_missing_company_costs_only_itself_and_a_refusal_costs_the_rest(monkeypatch):
    upstream = Upstream(monkeypatch, ["0000000001", NVIDIA], {f"CIK{NVIDIA}.json": answer()})
    missing, found = sec_submissions.fetch(lambda _: {})
    assert isinstance(missing.response, http.UpstreamError)
    assert isinstance(found.response, http.Response)
    upstream.asked.clear()
    upstream.answers["CIK0000000001.json"] = 403
    with pytest.raises(http.UpstreamError, match="HTTP 403"):
        list(sec_submissions.fetch(lambda _: {}))
    assert upstream.asked == ["CIK0000000001.json"]


@pytest.mark.parametrize(
    "files", [[1], [{}], [file(1, "2020-01-01") | {"name": "../x"}], [file(1, "2020-01-01/..")]]
)
def test_a_page_with_an_odd_name_is_not_asked(monkeypatch, files):
    upstream = Upstream(monkeypatch, [NVIDIA], {f"CIK{NVIDIA}.json": answer(files=files)})
    assert len(list(sec_submissions.fetch(lambda _: {}))) == 1
    assert upstream.asked == [f"CIK{NVIDIA}.json"]


def test_without_a_contact_the_source_is_skipped_by_name(store):
    [attempt] = ingest.capture(sec_submissions.SOURCE, store, env={})
    assert (attempt.outcome, attempt.reason) == ("skipped", "set SEC_CONTACT")


@needs_recordings
def test_a_list_lands_whole(store, db, monkeypatch):
    body = recorded("CIK0001045810_2026-04.json")
    pages = {f"CIK{NVIDIA}.json": body}
    Upstream(monkeypatch, [NVIDIA], pages)
    source = sec_submissions.SOURCE
    ingest.capture(source, store, env={"SEC_CONTACT": "jo@example.org"})
    [landed] = ingest.land(source, store, db)
    assert (landed.outcome, landed.rows, landed.quarantined) == ("landed", 1000, 0)
    ingest.capture(source, store, env={"SEC_CONTACT": "jo@example.org"})
    [again] = ingest.land(source, store, db)
    assert (again.outcome, again.rows, again.held) == ("landed", 0, 1000)


def with_one_more(**cells: str) -> bytes:
    """A list with a second filing, some of whose cells are odd."""
    more = {name: [*values, values[0]] for name, values in ARRAYS.items()}
    more["accessionNumber"] = [*ARRAYS["accessionNumber"], "0001045810-25-999999"]
    for name, value in cells.items():
        more[name] = [*ARRAYS[name], value]
    return answer(**more)


@pytest.mark.parametrize("moment", ["", "2025-13-45T99:00:00.000Z"])
def test_a_filing_without_a_moment_of_acceptance_is_known_when_its_day_is_over(moment: str):
    frame = sec_submissions.parse(with_one_more(acceptanceDateTime=moment), capture(f"cik{NVIDIA}"))
    [row] = frame.filter(accession="0001045810-25-999999").to_dicts()
    end = datetime.combine(row["filed_on"], datetime.min.time(), UTC) + timedelta(days=1)
    assert (row["accepted_at"], row["confidence"]) == (end, "medium")


def test_an_impossible_day_costs_its_own_filing_and_no_list():
    body = with_one_more(filingDate="2025-02-30", reportDate="2025-00-31")
    frame = sec_submissions.parse(body, capture(f"cik{NVIDIA}"))
    kept, rejected = split(FILINGS, frame.with_columns(source=pl.lit("sec_submissions")))
    assert kept.height == len(ARRAYS["accessionNumber"])
    assert rejected["accession"].to_list() == ["0001045810-25-999999"]


def test_a_list_of_days_that_are_none_has_changed():
    many = {name: values * 10 for name, values in ARRAYS.items()}
    many["filingDate"] = ["30.02.2025"] * len(many["filingDate"])
    with pytest.raises(ParseError, match="no date"):
        sec_submissions.parse(answer(**many), capture(f"cik{NVIDIA}"))
