"""SEC full-text search: documents of recent filings in which a phrase of a financing occurs.

Grain: one row is one document of a filing and one phrase. A new facility shows here on the day its
8-K or 6-K is filed, months before the next report has figures; under item 1.01 or 2.03, but also
under 8.01 and 9.01, so all items are read. A hit says that the words occur, not what they mean.
Clock: the filing date. The search has no time of day, so a hit is known by the end of that day, or
when it was captured if that was earlier.
Limits: not documented, and without any promise: best effort. 100 hits a page, 10,000 a query, only
documents since 2001. As all of the SEC, eight requests a second and a contact in SEC_CONTACT.
Terms: https://www.sec.gov/privacy#security

Asked is each phrase for each company of the layer neocloud, for the last DAYS days; what was found
before is found again and adds nothing. What is kept is one JSON array of objects with the `cik`
and `phrase` asked and the `answer` as received, pages of one question in their order. A question
that fails fails the whole capture: half a list would look like fewer financings.

Shape as in a recorded answer of 2025: an Elasticsearch result, `hits.total.value`,
`hits.hits[]._id` (`accession:file`) and `._source` (ciks, form, file_date, period_ending, adsh,
items). Any other shape is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipeline.capture.http import Response, UpstreamError
from pipeline.columns import COLUMNS
from pipeline.contracts.filings import FILING_MENTIONS
from pipeline.sources.filings._edgar import CONTACT, LICENCE, TERMS, get, padded, universe
from pipeline.sources.guards import read_json
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://efts.sec.gov/LATEST/search-index"
DOCUMENT = "https://www.sec.gov/Archives/edgar/data/{cik}/{folder}/{document}"
LAYERS = ("neocloud",)
FORMS = "8-K,6-K"
DAYS = 120
PAGE = 100
MOST = 10_000
PHRASES = (
    "delayed draw term loan",
    "credit agreement",
    "term loan facility",
    "note purchase agreement",
    "senior secured notes",
    "convertible senior notes",
    "equipment financing",
    "GPU",
)
ACCESSION = re.compile(r"(\d{10})-?(\d{2})-?(\d{6})")


def fetch(held: Held) -> Iterator[Part]:  # noqa: ARG001, never 304
    """Every phrase for every company, as one capture."""
    until = datetime.now(UTC).date()
    asked: list[bytes] = []
    answer: Response | None = None
    for issuer in universe(LAYERS):
        for phrase in PHRASES:
            about = json.dumps({"cik": issuer.cik, "phrase": phrase})[:-1].encode()
            for answer in _pages(issuer.cik, phrase, until):
                asked.append(about + b', "answer": ' + answer.body + b"}")
    if answer is not None:
        body = b"[" + b",\n".join(asked) + b"]"
        yield Part("all", replace(answer, url=URL, headers={}, body=body))


def _pages(cik: str, phrase: str, until: date) -> Iterator[Response]:
    """The pages of one question; one that cannot be read is the last, and `parse` refuses it."""
    found = 0
    while True:
        query = {
            "q": f'"{phrase}"',
            "forms": FORMS,
            "dateRange": "custom",
            "startdt": f"{until - timedelta(days=DAYS)}",
            "enddt": f"{until}",
            "ciks": cik,
            "from": str(found),
        }
        answer = get(f"{URL}?{urlencode(query)}", expects="json")
        yield answer
        count, total = _extent(answer.body)
        found += count
        if not count or found >= total:
            return
        if found + PAGE > MOST:
            raise UpstreamError(f"{total} hits, over {MOST}", url=answer.url, status=answer.status)


def _extent(body: bytes) -> tuple[int, int]:
    """Hits on a page, and hits in all."""
    try:
        hits = json.loads(body)["hits"]
        return len(hits["hits"]), int(hits["total"]["value"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0, 0


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per document and phrase.

    Raises:
        ParseError: not the answers in the known shape, an answer cut short by the upstream, hits
            missing or of another company, or no hit at all.
    """
    found: list[tuple[Any, ...]] = []
    hits: dict[tuple[str, str], int] = {}
    totals: dict[tuple[str, str], int] = {}
    for asked in _answers(body, capture):
        question = (_text(asked, "cik", capture), _text(asked, "phrase", capture))
        page, total = _hits(asked.get("answer"), capture)
        hits[question] = hits.get(question, 0) + len(page)
        totals[question] = total
        found += [_mention(hit, *question, capture) for hit in page]
    for question, total in totals.items():
        if hits[question] < total:
            raise ParseError(f"{capture.url}: {hits[question]} of {total} hits for {question}")
    if not found:
        raise ParseError(f"{capture.url}: no hit for any company; never read as no financing")
    names = ("cik", "accession", "document", "form", "items", "filed_on", "period_end_on")
    schema = {name: COLUMNS[name].dtype for name in (*names, "phrase", "source_url")}
    day_end = pl.col("filed_on").cast(pl.Datetime("us", "UTC")) + timedelta(days=1)
    return (
        pl.DataFrame(found, schema=schema, orient="row")
        .unique(FILING_MENTIONS.key, keep="first", maintain_order=True)
        .with_columns(
            licence=pl.lit(SOURCE.licence),
            confidence=pl.lit("high"),
            captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        )
        .with_columns(known_at=pl.min_horizontal(day_end, "captured_at"))
    )


def _answers(body: bytes, capture: Capture) -> list[dict[str, Any]]:
    answers = read_json(body, capture)
    if not isinstance(answers, list) or not all(isinstance(each, dict) for each in answers):
        raise ParseError(f"{capture.url}: not a list of answers")
    return answers


def _hits(answer: object, capture: Capture) -> tuple[list[Any], int]:
    """Hits of one page, and how many the question has."""
    if not isinstance(answer, dict) or not isinstance(answer.get("hits"), dict):
        raise ParseError(f"{capture.url}: an answer without `hits`: {str(answer)[:200]}")
    shards = answer.get("_shards")
    if answer.get("timed_out") or (isinstance(shards, dict) and shards.get("failed")):
        raise ParseError(f"{capture.url}: the search broke off before it had seen everything")
    page, total = answer["hits"].get("hits"), answer["hits"].get("total")
    value = total.get("value") if isinstance(total, dict) else None
    if not isinstance(page, list) or not isinstance(value, int) or isinstance(value, bool):
        raise ParseError(f"{capture.url}: hits without a list or a total")
    if isinstance(total, dict) and total.get("relation", "eq") != "eq":
        raise ParseError(f"{capture.url}: {value} or more hits, which cannot all be had")
    return page, value


def _mention(hit: object, cik: str, phrase: str, capture: Capture) -> tuple[Any, ...]:
    source = hit.get("_source") if isinstance(hit, dict) else None
    if not isinstance(hit, dict) or not isinstance(source, dict):
        raise ParseError(f"{capture.url}: a hit without `_source`: {str(hit)[:200]}")
    number, colon, document = _text(hit, "_id", capture).partition(":")
    accession = _accession(number, capture)
    if not colon or not document or _accession(source.get("adsh", number), capture) != accession:
        raise ParseError(f"{capture.url}: a hit is called {hit['_id']!r}, adsh {source['adsh']!r}")
    filers, items = source.get("ciks"), source.get("items", [])
    if not isinstance(filers, list) or cik not in map(padded, filers):
        raise ParseError(f"{capture.url}: {hit['_id']} is of {filers!r}, asked was {cik}")
    if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
        raise ParseError(f"{capture.url}: items of {hit['_id']} are {items!r}")
    ended = source.get("period_ending")
    return (
        cik,
        accession,
        document,
        _text(source, "form", capture),
        ",".join(items) or None,
        _day(_text(source, "file_date", capture), capture),
        None if ended in (None, "") else _day(ended, capture),
        phrase,
        DOCUMENT.format(cik=int(cik), folder=accession.replace("-", ""), document=document),
    )


def _text(cells: Mapping[str, Any], name: str, capture: Capture) -> str:
    value = cells.get(name)
    if not isinstance(value, str) or not value:
        raise ParseError(f"{capture.url}: `{name}` is {value!r}")
    return value


def _accession(text: object, capture: Capture) -> str:
    """With dashes, however it is written."""
    found = ACCESSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ParseError(f"{capture.url}: {text!r} is no accession number")
    return "-".join(found.groups())


def _day(text: object, capture: Capture) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise ParseError(f"{capture.url}: {text!r} is no date") from error


SOURCE = Source(
    name="sec_full_text",
    homepage="https://www.sec.gov/edgar/search/",
    terms=TERMS,
    licence=LICENCE,
    contract=FILING_MENTIONS,
    parse=parse,
    fetch=fetch,
    secrets=(CONTACT,),
)
