"""SEC EDGAR: every tagged figure of annual and quarterly reports, dimensions and extensions too.

Grain: one row is one figure of a filing: concept, unit, period and dimensions, as filed. The
companyfacts API has only figures of the whole company in everybody's taxonomies; debt by facility,
leases not commenced, plant by type and useful lives are here and nowhere else.
Units: as filed, scale and sign applied (USD, shares, USD/shares, pure, a filer's own); lengths of
time in `years`, or in `days` where only days are said.
Clock: the filing; its acceptance is its `known_at`.
Limits: eight requests a second over all SEC hosts, and a contact in SEC_CONTACT. A run reads at
most FILINGS_PER_RUN filings it does not hold, newest first, so the filings since 2022 of some
thirty companies take about two weeks of daily runs to come in, and one held is never asked for
again: an accepted filing does not change.
Terms: https://www.sec.gov/privacy#security

What is asked: each company's list of filings, the filing's index.json, and of its files the
instance the SEC extracts (`*_htm.xml`), or the main document where there is none. The part of a
capture is `<accession>_<day filed>`, because neither is in the document. The form is what the
document says of itself. Companies, axes and members keep the names of the filing: customers A, B
and C of one report may be One, Two and Three of the next.

A figure tagged twice counts once, as exactly as it is said; two equally exact ones that differ are
both set aside. The SEC does the same for companyfacts: on NVIDIA's 10-K of 2025-02-26 and 10-Q of
2025-08-27 all 580 and 401 figures of the API are equal here. A tag inside a tag shows one number.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture.http import Response, UpstreamError
from pipeline.columns import COLUMNS
from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.filings._edgar import (
    CONTACT,
    LICENCE,
    SUBMISSIONS,
    TERMS,
    attempt,
    get,
    periodic,
    submissions_rows,
    universe,
)
from pipeline.sources.filings._figures import Unreadable, duration, number
from pipeline.sources.filings._xbrl import MAX_BYTES, Fact, read
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

LAYERS = ("neocloud", "chips", "servers", "hyperscaler")
SINCE = date(2022, 1, 1)
FILINGS_PER_RUN = 40
OLDER = "https://data.sec.gov/submissions/{name}"
FOLDER = "https://www.sec.gov/Archives/edgar/data/{cik}/{accession}/"
PART = re.compile(r"(\d{10}-\d{2}-\d{6})_(\d{4}-\d{2}-\d{2})")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
KEY = ("taxonomy", "concept", "unit", "period_start_on", "period_end_on", "dimensions")
# A figure said exactly (INF) is finer than any; one that does not say is coarser than any.
EXACT, UNSAID = 10_000, -10_000


def fetch(held: Held) -> Iterator[Part]:
    """The newest filings not held yet, and what went wrong for a company or filing."""
    lists: list[pl.DataFrame] = []
    for issuer in universe(LAYERS):
        for part, answer in _lists(issuer.cik):
            if isinstance(answer, UpstreamError):
                yield Part(part, answer)
                continue
            try:
                rows = periodic(submissions_rows(answer.body))
            except ParseError as error:
                yield Part(part, UpstreamError(str(error), url=answer.url, status=answer.status))
                continue
            lists.append(rows.with_columns(cik=pl.lit(issuer.cik)))
    if not lists:
        return
    filings = pl.concat(lists).filter(pl.col("filed_on") >= SINCE)
    filings = filings.unique("accession", keep="first", maintain_order=True)
    filings = filings.sort("accepted_at", "accession", descending=True)
    asked = 0
    for filing in filings.iter_rows(named=True):
        part = f"{filing['accession']}_{filing['filed_on']}"
        if held(part):
            continue
        if asked == FILINGS_PER_RUN:
            return
        asked += 1
        yield Part(part, attempt(partial(_instance, filing)))


def _lists(cik: str) -> Iterator[tuple[str, Response | UpstreamError]]:
    """A company's filings since SINCE: its list, and older pages where that begins later."""
    part = f"filings-{cik}"
    answer = attempt(partial(get, SUBMISSIONS.format(cik=cik), expects="json"))
    yield part, answer
    if isinstance(answer, UpstreamError):
        return
    for name in _older(answer.body):
        yield part, attempt(partial(get, OLDER.format(name=name), expects="json"))


def _older(body: bytes) -> list[str]:
    """Names of the pages of a list that reach into the time since SINCE."""
    try:
        pages: list[dict[str, Any]] = json.loads(body)["filings"]["files"]
        late = [each["name"] for each in pages if each["filingTo"] >= SINCE.isoformat()]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [name for name in late if FILE.fullmatch(name)]


def _instance(filing: Mapping[str, Any]) -> Response:
    """The instance the SEC extracted from a filing, or else its main document."""
    accession = filing["accession"].replace("-", "")
    folder = FOLDER.format(cik=int(filing["cik"]), accession=accession)
    index = get(f"{folder}index.json", expects="json")
    names = _files(index.body)
    found = next((name for name in names if name.endswith("_htm.xml")), filing["document"])
    if not found or not FILE.fullmatch(found):
        raise UpstreamError("no document", url=index.url, status=index.status)
    return get(f"{folder}{found}", max_bytes=MAX_BYTES)


def _files(body: bytes) -> list[str]:
    try:
        return [str(each["name"]) for each in json.loads(body)["directory"]["item"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per figure; those that cannot be read have a reason.

    Raises:
        ParseError: no filing by its part, or no whole document with figures.
    """
    named = PART.fullmatch(capture.part)
    if named is None:
        raise ParseError(f"{capture.url}: part {capture.part!r} names no filing and day")
    document = read(body, capture.url)
    figures = [_figure(each) for each in document.facts]
    schema = {name: COLUMNS[name].dtype for name in ("cik", *KEY, "value", "decimals")}
    rows = pl.DataFrame(
        figures,
        schema={**schema, "exactness": pl.Int64, "reason": pl.String},
        orient="row",
    )
    return _once(rows).select(
        "cik",
        *KEY,
        "value",
        "decimals",
        "reason",
        accession=pl.lit(named[1]),
        form=pl.lit(document.form, pl.String),
        filed_on=pl.lit(date.fromisoformat(named[2])),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
        captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        source_url=pl.lit(capture.url),
    )


def _figure(fact: Fact) -> tuple[Any, ...]:
    """A fact as a row: its value, how exact it is, or why it has none."""
    value, unit, reason = None, fact.unit, None
    try:
        if unit:
            value = float(number(fact.text, fact.form, fact.scale, fact.sign))
        else:
            length, unit = duration(fact.text, fact.form)
            value = float(length)
        value += 0.0  # minus zero is zero
    except Unreadable as error:
        reason = str(error)
    decimals, exactness = _decimals(fact.decimals)
    if exactness is None:
        reason, exactness = reason or "unknown_decimals", UNSAID
    if fact.end is None:
        reason = reason or "no_period"
    return (
        *(fact.cik, fact.taxonomy, fact.concept, unit, fact.start, fact.end, fact.dimensions),
        *(value, decimals, exactness, reason),
    )


def _decimals(text: str) -> tuple[int | None, int | None]:
    """Decimal place as filed, and how exact that is; the second is None for what is neither."""
    if text == "INF":
        return None, EXACT
    if not text:
        return None, UNSAID
    return (int(text), int(text)) if re.fullmatch(r"[+-]?\d{1,3}", text) else (None, None)


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for a figure tagged several times: the most exact; a tie of unequal ones is void."""
    unusable, usable = rows.drop_nulls("reason"), rows.filter(pl.col("reason").is_null())
    best = usable.filter(pl.col("exactness") == pl.col("exactness").max().over(KEY))
    best = best.unique([*KEY, "value"], keep="first", maintain_order=True)
    differ = pl.when(pl.len().over(KEY) > 1).then(pl.lit("conflicting_duplicates"))
    return pl.concat([best.with_columns(reason=differ), unusable])


SOURCE = Source(
    name="sec_instances",
    homepage="https://www.sec.gov/search-filings",
    terms=TERMS,
    licence=LICENCE,
    contract=FILING_FACTS,
    parse=parse,
    fetch=fetch,
    secrets=(CONTACT,),
    sightings=False,
    real_answer="2025-07, whole",
)
