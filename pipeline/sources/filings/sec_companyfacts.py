"""SEC companyfacts: every figure a company tagged with a standard concept, in all of its filings.

Grain: one figure of one filing. A filing repeats the figures of earlier periods, and a restated
figure is a figure of a later filing: both stay. Only figures without dimensions and without the
filer's own concepts are here; `sec_instances` has the others.
Units: the key under which a figure stands (USD, shares, USD/shares, pure), as filed.
Clock: `filed` is the SEC's date; the contract's `prepare` gives the moment of acceptance.
Limits: SEC_CONTACT names whom the SEC may write to; eight requests a second over all SEC hosts.
Terms: https://www.sec.gov/privacy#security

What is asked: a company's list of filings first. The part is named after the newest periodic report
among the figures that came, so holding a part is proof that its figures are held; where that report
is still the newest of the list the 4 MB are not asked for. A report may be listed for days before
its figures appear (META's of 2026-07-30 was missing on 2026-08-06), so the list alone never counts
as held: until the figures come, the company is asked each time, with the validators of the body
held if there are any. Figures of proxies and prospectuses come with the next periodic report.

Traps: `cik` is a number or padded text. `fy`, `fp` describe the filing and not the figure, and are
null for 8-K, proxy and fee tables: not read. `frame` moves between answers (133 of NVIDIA's between
April and July 2026): not read. Forms and taxonomies (`ecd`, `ffd`) are kept as filed, to be chosen
by what reads them. Instants have no `start`. `decimals` is not here.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec
import polars as pl

from pipeline.capture.http import UpstreamError
from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.filings._edgar import (
    CONTACT,
    LICENCE,
    SUBMISSIONS,
    TERMS,
    attempt,
    folder,
    get,
    padded,
    periodic,
    submissions_rows,
    universe,
)
from pipeline.sources.guards import read_json
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://data.sec.gov/api/xbrl/companyfacts/CIK{cik}.json"
MAX_BYTES = 128 * 2**20
EXACT = 2.0**53  # from here on a double may stand for a whole number beside it
TEXTS = ("start", "end", "accn", "form", "filed")
IDENTITY = ("concept_index", "accession", "period_start_on", "period_end_on")


class _Fact(msgspec.Struct, gc=False):
    end: str
    val: float
    accn: str
    filed: str
    form: str | None = None
    start: str | None = None


class _Concept(msgspec.Struct, gc=False):
    units: dict[str, list[_Fact]]


class _Company(msgspec.Struct, gc=False):
    cik: int | str
    facts: dict[str, dict[str, _Concept]]


DECODER = msgspec.json.Decoder(_Company)


class _Figures(NamedTuple):
    """The figures of one answer: each concept once, and what is said of each figure."""

    cik: str
    concepts: list[tuple[str, str, str]]  # taxonomy, concept, unit
    concept_of: list[int]  # of each figure
    columns: dict[str, list[Any]]  # TEXTS, val and, where something is wrong, reason


def fetch(held: Held) -> Iterator[Part]:
    for each in universe():
        part = _company(each.cik, held)
        if part is not None:
            yield part


def _company(cik: str, held: Held) -> Part | None:
    """What the SEC answers for one company; None where nothing new can be there."""
    listed = attempt(partial(get, SUBMISSIONS.format(cik=cik), expects="json"))
    if isinstance(listed, UpstreamError):
        return Part(f"cik{cik}", listed)
    try:
        reports = periodic(submissions_rows(listed.body))["accession"].to_list()
    except ParseError:  # sec_submissions says what is wrong with the list
        reports = []
    parts = {report: f"cik{cik}_{report}" for report in reports}
    if reports and held(parts[reports[0]]):
        return None
    newest = next((part for part in parts.values() if held(part)), f"cik{cik}")
    ask = partial(
        get, URL.format(cik=cik), validators=held(newest), expects="json", max_bytes=MAX_BYTES
    )
    answer = attempt(ask)
    if isinstance(answer, UpstreamError) or answer.status == 304:
        return Part(newest, answer)
    has = (part for report, part in parts.items() if f'"{report}"'.encode() in answer.body)
    return Part(next(has, f"cik{cik}"), answer)


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per figure, as filed; a figure that cannot be used has a `reason`.

    Raises:
        ParseError: not the documented answer, or no figures in it.
    """
    try:
        figures = _typed(body) or _tolerant(body)
        if not figures.concept_of:
            raise ParseError("a company without figures")
        return _rows(figures, capture)
    except (ParseError, UnicodeError) as error:
        raise ParseError(f"{capture.url}: {error}") from error


def _typed(body: bytes) -> _Figures | None:
    """The answer as documented, in one pass without a dictionary per figure; None if it is not."""
    try:
        company = DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    concepts: list[tuple[str, str, str]] = []
    index: list[int] = []
    facts: list[_Fact] = []
    for taxonomy, tags in company.facts.items():
        for concept, told in tags.items():
            for unit, listed in told.units.items():
                index += [len(concepts)] * len(listed)
                concepts.append((taxonomy, concept, unit))
                facts += listed
    values = [each.val for each in facts]
    if values and (max(values) >= EXACT or min(values) <= -EXACT):
        return None  # what the pass above rounded is looked at one by one
    columns: dict[str, list[Any]] = {
        "start": [each.start for each in facts],
        "end": [each.end for each in facts],
        "accn": [each.accn for each in facts],
        "form": [each.form for each in facts],
        "filed": [each.filed for each in facts],
        "val": values,
    }
    return _Figures(padded(company.cik), concepts, index, columns)


def _tolerant(body: bytes) -> _Figures:
    """The same from an answer with odd cells, which are named; slower.

    Raises:
        ParseError: not JSON, nested without end, or another structure.
    """
    answer = read_json(body)
    if not isinstance(answer, dict) or "cik" not in answer or "facts" not in answer:
        raise ParseError(f"no object with cik and facts, begins {body[:100]!r}")
    concepts: list[tuple[str, str, str]] = []
    index: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, "val", "reason")}
    for taxonomy, tags in _object(answer["facts"], "facts"):
        for concept, told in _object(tags, taxonomy):
            units = told.get("units") if isinstance(told, dict) else None
            for unit, facts in _object(units, concept):
                if not isinstance(facts, list):
                    raise ParseError(f"{concept} in {unit} is no list")
                for fact in facts:
                    if not isinstance(fact, dict):
                        raise ParseError(f"{concept} in {unit} holds {str(fact)[:100]!r}")
                    index.append(len(concepts))
                    for name, cell in _cells(fact).items():
                        columns[name].append(cell)
                concepts.append((taxonomy, concept, unit))
    return _Figures(padded(answer["cik"]), concepts, index, columns)


def _object(value: object, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise ParseError(f"{where} is no object: {str(value)[:100]!r}")
    return list(value.items())


def _cells(fact: Mapping[str, object]) -> dict[str, object]:
    """One figure's cells; the number stays exact or is set aside."""
    cells: dict[str, object] = {"reason": None}
    for name in TEXTS:
        cells[name] = fact.get(name)
        if not isinstance(cells[name], str | None):
            cells |= {name: None, "reason": f"{name}_not_text"}
    value = fact.get("val")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cells | {"val": None, "reason": "value_not_a_number"}
    try:
        number = float(value)
    except OverflowError:
        return cells | {"val": None, "reason": "value_not_finite"}
    if isinstance(value, int) and number != value:
        return cells | {"val": number, "reason": "value_inexact"}
    return cells | {"val": number}


def _rows(figures: _Figures, capture: Capture) -> pl.DataFrame:
    schema = {name: pl.Float64 if name == "val" else pl.String for name in figures.columns}
    try:
        told = pl.DataFrame(figures.columns, schema=schema, strict=True)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise ParseError(str(error)[:300]) from error
    index = pl.Series("concept_index", figures.concept_of, pl.UInt32)
    names = pl.DataFrame(
        figures.concepts, schema=["taxonomy", "concept", "unit"], orient="row"
    ).select(pl.all().gather(index))
    given = pl.col("reason") if "reason" in told.columns else pl.lit(None, pl.String)
    rows = told.hstack([index, *names.get_columns()]).select(
        "concept_index",
        "taxonomy",
        "concept",
        "unit",
        "form",
        accession="accn",
        filed_on=_day("filed"),
        period_start_on=_day("start"),
        period_end_on=_day("end"),
        value="val",
        reason=pl.coalesce(given, *(_undated(name) for name in ("start", "end", "filed"))),
    )
    urls = rows.select(pl.col("accession").unique()).select(
        "accession",
        source_url=pl.format(
            "{}/{}-index.htm", folder(pl.lit(figures.cik), pl.col("accession")), "accession"
        ),
    )
    return (
        _once(rows)
        .join(urls, on="accession", how="left", maintain_order="left", nulls_equal=True)
        .drop("concept_index")
        .with_columns(
            cik=pl.lit(figures.cik),
            dimensions=pl.lit(""),
            decimals=pl.lit(None, pl.Int64),
            licence=pl.lit(LICENCE),
            confidence=pl.lit("high"),
            captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        )
    )


def _day(name: str) -> pl.Expr:
    return pl.col(name).str.to_date("%Y-%m-%d", strict=False)


def _undated(name: str) -> pl.Expr:
    bad = pl.col(name).is_not_null() & _day(name).is_null()
    return pl.when(bad).then(pl.lit(f"{name}_not_a_date"))


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Each figure once: equal repeats are one, and unequal ones are set aside, all of them."""
    if not rows.select(IDENTITY).is_duplicated().any():
        return rows
    rows = rows.unique(maintain_order=True)
    repeated = pl.struct(IDENTITY).is_duplicated()
    return rows.with_columns(
        reason=pl.coalesce("reason", pl.when(repeated).then(pl.lit("repeated_with_another_value")))
    )


SOURCE = Source(
    name="sec_companyfacts",
    homepage="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
    terms=TERMS,
    licence=LICENCE,
    contract=FILING_FACTS,
    parse=parse,
    fetch=fetch,
    # The longest that no company of the universe files a periodic report is some four weeks, in
    # early summer; what was asked for and is unchanged does not land again.
    refresh_days=14,
    secrets=(CONTACT,),
    sightings=False,
    real_answer="2026-06-17, whole",
)
