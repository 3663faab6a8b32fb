"""SEC submissions: what each company of the universe filed, when, and as which form.

Grain: one filing; all forms are kept, since the form is a column. Filings since 2019.
Clock: `filed_on` is the SEC's date; `accepted_at` is when the filing was public, put into true UTC
(`_edgar` tells which clock the SEC wrote it in). Where the clock is unknown the later reading
holds, never later than the capture, and the row's confidence is medium.
Limits: SEC_CONTACT names whom the SEC may write to; eight requests a second over all SEC hosts.
Terms: https://www.sec.gov/privacy#security

An answer holds about 1,000 filings, `files[]` names the pages of older ones. A page grows when
filings move to it: NVIDIA's only page ended on 2019-11-18 in March 2026 and on 2020-02-24 in April.
So a page's part is named after its length and last day, and the same page is not asked for twice;
nor is one that ends before 2019. The answer itself is asked for whole every time, since an answer
of 304 could not tell which pages there are.

Traps: `cik` is text here and a number elsewhere. `isXBRLNumeric` came in 2026-03; pages have the
arrays at their top. A CIK that does not exist answers 404 with XML. A filing that names two
companies of the universe, such as one's stake in the other, is in both lists under one accession:
the first read holds.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

import polars as pl

from pipeline.capture.http import Response
from pipeline.contracts.filings import FILINGS
from pipeline.sources.filings._edgar import (
    CONTACT,
    LICENCE,
    SUBMISSIONS,
    TERMS,
    attempt,
    folder,
    get,
    padded,
    read_object,
    submissions_rows,
    universe,
)
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

SINCE = date(2019, 1, 1)
PAGES = "https://data.sec.gov/submissions/{name}"
PAGE = re.compile(r"CIK(\d{10})-submissions-(\d{3})\.json")
PART = re.compile(r"cik(\d{10})(_\d{3}_\d+_\d{4}-\d{2}-\d{2})?")


def fetch(held: Held) -> Iterator[Part]:
    for each in universe():
        url = SUBMISSIONS.format(cik=each.cik)
        answer = attempt(partial(get, url, expects="json"))
        yield Part(f"cik{each.cik}", answer)
        if not isinstance(answer, Response):
            continue
        for name, part in _pages(answer.body):
            if not held(part):
                page = partial(get, PAGES.format(name=name), expects="json")
                yield Part(part, attempt(page))


def _pages(body: bytes) -> Iterator[tuple[str, str]]:
    """File and part of each older page that reaches into our time; none where it cannot be read.

    What cannot be read is said when the answer itself is parsed.
    """
    try:
        filings = read_object(body).get("filings")
    except ParseError:
        return
    files = filings.get("files") if isinstance(filings, dict) else None
    for each in files if isinstance(files, list) else []:
        if not isinstance(each, dict):
            continue
        name, until = str(each.get("name")), str(each.get("filingTo"))
        found = PAGE.fullmatch(name)
        part = found and f"cik{found[1]}_{found[2]}_{each.get('filingCount')}_{until}"
        if part and PART.fullmatch(part) and until >= SINCE.isoformat():
            yield name, part


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per filing since 2019, newest first.

    Raises:
        ParseError: not the documented answer, an answer about another company, or no filings.
    """
    try:
        cik, rows = _cik(body, capture), submissions_rows(body)
    except ParseError as error:
        raise ParseError(f"{capture.url}: {error}") from error
    if rows.is_empty():
        raise ParseError(f"{capture.url}: a registrant without filings")
    recent = (pl.col("filed_on") >= SINCE).fill_null(value=True)  # the contract sets no day aside
    rows = rows.filter(recent).unique(maintain_order=True)
    if rows.is_empty():
        raise ParseError(f"{capture.url}: a registrant without filings since {SINCE}")
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    place = folder(pl.lit(cik), pl.col("accession"))
    return rows.with_columns(pl.min_horizontal("accepted_at", now)).select(
        "accession",
        "form",
        "items",
        "period_end_on",
        "filed_on",
        "accepted_at",
        "document",
        "is_xbrl",
        cik=pl.lit(cik),
        licence=pl.lit(LICENCE),
        confidence=pl.when("is_clock_known").then(pl.lit("high")).otherwise(pl.lit("medium")),
        known_at=pl.coalesce("accepted_at", now),
        captured_at=now,
        source_url=pl.coalesce(
            pl.format("{}/{}", place, "document"), pl.format("{}/{}-index.htm", place, "accession")
        ),
    )


def _cik(body: bytes, capture: Capture) -> str:
    """Whose filings these are: a page does not say, so its part does."""
    part = PART.fullmatch(capture.part)
    if part is None:
        raise ParseError(f"part {capture.part!r} names no company")
    if part[2] is None:
        answer = read_object(body)
        if "cik" not in answer:
            raise ParseError(f"no cik, begins {body[:100]!r}")
        if (found := padded(answer["cik"])) != part[1]:
            raise ParseError(f"filings of {found}, asked for {part[1]}")
    return part[1]


SOURCE = Source(
    name="sec_submissions",
    homepage="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
    terms=TERMS,
    licence=LICENCE,
    contract=FILINGS,
    parse=parse,
    fetch=fetch,
    secrets=(CONTACT,),
    sightings=False,
    real_answer="2026-06-08, whole",
)
