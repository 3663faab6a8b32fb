"""Full-text search: phrases in 8-K and 6-K documents; nobody documents the shape, so it is held."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.sources.filings import sec_full_text
from pipeline.sources.filings._edgar import Issuer
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import skipped
from tests.given.support import rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = Capture("sec_full_text", "all", sec_full_text.URL, NOON, "")
CIK, LOAN = "0001769628", "delayed draw term loan"


def hit(name: str = "0001769628-26-000101:ex101.htm", **changes: Any) -> dict[str, Any]:
    source = {
        "ciks": [CIK],
        "period_ending": "2026-11-02",
        "display_names": ["Acme (CIK 0001769628)"],
        "root_forms": ["8-K"],
        "file_date": "2026-11-05",
        "form": "8-K",
        "adsh": name.partition(":")[0],
        "file_type": "EX-10.1",
        "items": ["1.01", "2.03"],
    }
    return {"_index": "edgar_file", "_id": name, "_source": source | changes}


def answer(*hits: Any, total: int | None = None, **changes: Any) -> dict[str, Any]:
    count = len(hits) if total is None else total
    found = {"total": {"value": count, "relation": "eq"}, "max_score": 1.0, "hits": list(hits)}
    shards = {"total": 50, "successful": 50, "skipped": 0, "failed": 0}
    return {"took": 5, "timed_out": False, "_shards": shards, "hits": found} | changes


def asked(found: Any, *, cik: str = CIK, phrase: str = LOAN) -> dict[str, Any]:
    return {"cik": cik, "phrase": phrase, "answer": found}


def body(*answers: Any) -> bytes:
    return json.dumps(answers).encode()


def one(*hits: Any) -> list[dict[str, Any]]:
    return sec_full_text.parse(body(asked(answer(*hits))), AT).to_dicts()


def test_a_hit_is_a_document_of_a_filing():
    [row] = one(hit())
    assert row == {
        "cik": CIK,
        "accession": "0001769628-26-000101",
        "document": "ex101.htm",
        "form": "8-K",
        "items": "1.01,2.03",
        "filed_on": date(2026, 11, 5),
        "period_end_on": date(2026, 11, 2),
        "phrase": LOAN,
        "source_url": (
            "https://www.sec.gov/Archives/edgar/data/1769628/000176962826000101/ex101.htm"
        ),
        "licence": sec_full_text.SOURCE.licence,
        "confidence": "high",
        "captured_at": NOON,
        "known_at": datetime(2026, 11, 6, tzinfo=UTC),
    }


def test_a_hit_captured_on_its_day_was_known_by_then():
    assert one(hit(file_date="2026-11-20"))[0]["known_at"] == NOON


def test_what_a_6_k_leaves_out_is_null():
    [row] = one(hit(form="6-K", items=[], period_ending=None))
    assert (row["form"], row["items"], row["period_end_on"]) == ("6-K", None, None)


def test_an_accession_without_dashes_is_the_same_filing():
    assert one(hit("000176962826000101:ex101.htm")) == one(hit())
    assert one(hit(adsh="000176962826000101")) == one(hit())


def test_a_filer_may_be_written_as_a_number_among_others():
    assert one(hit(ciks=[1769628, "0000000007"])) == one(hit())


def test_a_document_found_twice_counts_once_a_phrase():
    again = asked(answer(hit(), hit()))
    other = asked(answer(hit()), phrase="credit agreement")
    frame = sec_full_text.parse(body(again, other), AT)
    assert frame.select("document", "phrase").rows() == [
        ("ex101.htm", LOAN),
        ("ex101.htm", "credit agreement"),
    ]


def test_a_joint_filing_counts_once_under_the_company_asked_first():
    joint = hit(ciks=[CIK, "0000000007"])
    frame = sec_full_text.parse(
        body(asked(answer(joint)), asked(answer(joint), cik="0000000007")), AT
    )
    assert frame["cik"].to_list() == [CIK]


def test_trap_37_a_list_that_lacks_hits_is_refused():
    first = asked(answer(hit(), total=2))
    with pytest.raises(ParseError, match="1 of 2 hits"):
        sec_full_text.parse(body(first), AT)
    second = asked(answer(hit("0001769628-26-000102:a.htm"), total=2))
    assert sec_full_text.parse(body(first, second), AT).height == 2
    elsewhere = asked(answer(hit()), phrase="GPU")
    with pytest.raises(ParseError, match="1 of 2 hits"):
        sec_full_text.parse(body(first, elsewhere), AT)


def test_trap_37_no_hit_anywhere_is_never_read_as_no_financing():
    with pytest.raises(ParseError, match="never read as no financing"):
        sec_full_text.parse(body(asked(answer())), AT)


OVER = {"total": {"value": 10_000, "relation": "gte"}, "hits": [hit()]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"<!DOCTYPE html><html>Undeclared Automated Tool", "not JSON"),
        (body(asked(answer(hit())))[:-9], "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"{}", "not a list of answers"),
        (b"[1]", "not a list of answers"),
        (body({"answer": answer(hit())}), "`cik` is None"),
        (body(asked({"message": "Internal server error"})), "Internal server error"),
        (body(asked({"hits": {"hits": [hit()]}})), "without a list or a total"),
        (body(asked({"hits": {"total": 1, "hits": [hit()]}})), "without a list or a total"),
        (body(asked({"hits": {"total": {"value": True}, "hits": [hit()]}})), "or a total"),
        (body(asked({"hits": {"total": {"value": 1}, "hits": {}}})), "without a list"),
        (body(asked({"hits": OVER})), "10000 or more hits"),
        (body(asked(answer(hit(), timed_out=True))), "broke off"),
        (body(asked(answer(hit(), _shards={"failed": 3}))), "broke off"),
        (body(asked(answer(1))), "without `_source`"),
        (body(asked(answer({"_id": "a:b"}))), "without `_source`"),
        (body(asked(answer(hit("0001769628-26-000101")))), "a hit is called"),
        (body(asked(answer(hit("ex101.htm:x")))), "no accession number"),
        (body(asked(answer(hit(adsh="0001769628-26-000999")))), "a hit is called"),
        (body(asked(answer(hit(adsh=5)))), "no accession number"),
        (body(asked(answer(hit(ciks=["0000000007"])))), "asked was 0001769628"),
        (body(asked(answer(hit(ciks=CIK)))), "asked was 0001769628"),
        (body(asked(answer(hit(file_date="soon")))), "'soon' is no date"),
        (body(asked(answer(hit(file_date=None)))), "`file_date` is None"),
        (body(asked(answer(hit(period_ending=5)))), "5 is no date"),
        (body(asked(answer(hit(form="")))), "`form` is ''"),
        (body(asked(answer(hit(items="1.01")))), "items of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_shape_is_refused_by_name(content: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        sec_full_text.parse(content, AT)


class Search:
    """The search, replayed: `found` are the hits of a phrase of a company."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ciks: str) -> None:
        self.asked: list[dict[str, str]] = []
        self.found: dict[tuple[str, str], list[Any]] = {}
        self.fails: http.UpstreamError | None = None
        issuers = [Issuer(cik, cik, "neocloud") for cik in ciks]
        monkeypatch.setattr(sec_full_text, "universe", lambda _: issuers)
        monkeypatch.setattr(sec_full_text, "get", self.get)

    def get(self, url: str, **_: object) -> http.Response:
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        self.asked.append(query)
        if self.fails and len(self.asked) == 2:
            raise self.fails
        hits = self.found.get((query["ciks"], query["q"].strip('"')), [])
        start = int(query["from"])
        page = answer(*hits[start : start + 100], total=len(hits))
        return http.Response(url, 200, {"etag": "of one page"}, json.dumps(page).encode(), NOON)


def test_every_phrase_is_asked_for_every_company(monkeypatch):
    search = Search(monkeypatch, CIK, "0000000007")
    search.found[CIK, LOAN] = [hit()]
    [part] = sec_full_text.fetch(lambda _: {})
    assert isinstance(part.response, http.Response)
    assert (part.name, part.response.headers, part.response.url) == ("all", {}, sec_full_text.URL)
    assert sec_full_text.parse(part.response.body, AT).to_dicts() == one(hit())
    phrases = [f'"{phrase}"' for phrase in sec_full_text.PHRASES]
    assert [(each["ciks"], each["q"]) for each in search.asked] == [
        (cik, phrase) for cik in (CIK, "0000000007") for phrase in phrases
    ]
    first = search.asked[0]
    assert (first["forms"], first["dateRange"], first["from"]) == ("8-K,6-K", "custom", "0")
    span = date.fromisoformat(first["enddt"]) - date.fromisoformat(first["startdt"])
    assert span == timedelta(days=120)


def test_pages_are_followed_to_the_last(monkeypatch):
    search = Search(monkeypatch, CIK)
    many = [hit(f"0001769628-26-{n:06d}:a.htm") for n in range(250)]
    search.found[CIK, LOAN] = many
    [part] = sec_full_text.fetch(lambda _: {})
    assert isinstance(part.response, http.Response)
    starts = [each["from"] for each in search.asked if each["q"] == f'"{LOAN}"']
    assert starts == ["0", "100", "200"]
    assert sec_full_text.parse(part.response.body, AT).height == 250


def test_more_hits_than_can_be_had_are_an_error(monkeypatch):
    search = Search(monkeypatch, CIK)
    search.found[CIK, LOAN] = [hit(f"0001769628-26-{n:06d}:a.htm") for n in range(10_050)]
    with pytest.raises(http.UpstreamError, match="10050 hits, over 10000"):
        list(sec_full_text.fetch(lambda _: {}))
    assert max(int(each["from"]) for each in search.asked) == 9_900


def test_a_question_that_fails_fails_the_capture(monkeypatch, store):
    search = Search(monkeypatch, CIK)
    search.found[CIK, LOAN] = [hit()]
    search.fails = http.UpstreamError("HTTP 500", url=sec_full_text.URL, status=500)
    [attempt] = ingest.capture(sec_full_text.SOURCE, store, {"SEC_CONTACT": "a@b.c"})
    assert (attempt.outcome, len(search.asked)) == ("refused", 2)
    assert store.raw.captures("sec_full_text") == []


def test_what_was_found_before_adds_nothing(monkeypatch, store, db):
    search = Search(monkeypatch, CIK)
    search.found[CIK, LOAN] = [hit()]
    env = {"SEC_CONTACT": "a@b.c"}
    ingest.capture(sec_full_text.SOURCE, store, env)
    search.found[CIK, LOAN] = [hit("0001769628-26-000105:b.htm"), hit()]
    ingest.capture(sec_full_text.SOURCE, store, env)
    landed = ingest.land(sec_full_text.SOURCE, store, db)
    assert [(each.outcome, each.rows) for each in landed] == [("landed", 1), ("landed", 1)]
    assert len(rows(db, "from staging.filing_mentions")) == 2


def test_without_a_contact_the_source_is_skipped(store):
    assert skipped(sec_full_text.SOURCE, store).reason == "set SEC_CONTACT"
