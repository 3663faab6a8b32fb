"""The one place that asks the SEC's hosts, and what its filing lists hold.

The SEC answers programs that name a person to write to in the User-Agent, here the environment
variable SEC_CONTACT, and that stay below ten requests a second over all its hosts and all machines
of one user (sec.gov/os/accessing-edgar-data): `pipeline.capture.limits` keeps all of sec.gov at
eight. Who asks faster is refused with 403, not 429, for about ten minutes; more questions only
prolong that, so a refusal ends a whole fetch.

Trap: `acceptanceDateTime` ends in Z and is not always UTC. NVIDIA's list of 2026-03 has its 10-Q of
2025-11-19 at 21:36:17Z, that of 2026-04 at 16:36:17Z, the clock of New York; and in the former the
seven filings after 2026-02-17 are on New York's clock already. Others find one company in four or
five on that clock (github.com/theOGognf/finagg/issues/64). `_accepted` tells the clocks apart.
"""

import os
from collections.abc import Callable, Collection, Mapping
from datetime import time
from typing import Any, NamedTuple

import polars as pl

from pipeline.capture import http
from pipeline.capture.bodies import Expects
from pipeline.sources.guards import read_json
from pipeline.sources.source import REFERENCE, ParseError

CONTACT = "SEC_CONTACT"
SUBMISSIONS = "https://data.sec.gov/submissions/CIK{cik}.json"
TERMS = "https://www.sec.gov/privacy#security"
LICENCE = "public domain (US government); fair-access rules apply to asking"
ENDS_ALL = (403, 429)
# Of a list of filings, how many days may be none before the list counts as changed.
MOST_UNREAD = 0.02
# The arrays of a filing list that are read; further ones, such as isXBRLNumeric, came later.
ARRAYS = {
    "accessionNumber": "accession",
    "form": "form",
    "items": "items",
    "filingDate": "filed_on",
    "reportDate": "period_end_on",
    "acceptanceDateTime": "accepted_at",
    "primaryDocument": "document",
    "isXBRL": "is_xbrl",
}
NEW_YORK = "America/New_York"
# EDGAR takes filings from 06:00 to 22:00 and dates what comes after 17:30 to the next business day
# (EDGAR filer manual, volume II), but for the forms of owners; a large filing is accepted a while
# after it came, so the evening counts from 19:00 and the night from 22:30.
OPENS, SHUTS, DATED_UNTIL, EVENING = time(6), time(22, 30), time(17, 30), time(19)
OWNERS = r"^(3|4|5|144|SC 13|SCHEDULE 13|SC TO)"
# What the SEC itself puts on a list, at hours and under dates of its own.
SEC_POSTS = ("EFFECT", "UPLOAD", "CORRESP", "SEC STAFF LETTER", "NO ACT", "CT ORDER", "ARS")
PERIODIC = ("10-K", "10-Q", "20-F", "40-F", "6-K", "10-KT", "10-QT")


class Issuer(NamedTuple):
    """A company of the universe, warehouse/reference/issuers.csv."""

    cik: str
    issuer: str
    layer: str


def universe(layers: Collection[str] | None = None) -> list[Issuer]:
    """The companies whose filings are read, once each, by CIK; all layers unless told."""
    rows = pl.read_csv(REFERENCE / "issuers.csv", infer_schema=False)
    found = {Issuer(*row) for row in rows.select("cik", "issuer", "layer").iter_rows()}
    return sorted(each for each in found if layers is None or each.layer in layers)


def get(
    url: str,
    *,
    validators: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 64 * 2**20,
) -> http.Response:
    """The answer of one of the SEC's hosts to somebody who says who asks.

    Raises:
        http.UpstreamError: no usable answer.
    """
    return http.get(
        url, headers=_who(), validators=validators, expects=expects, max_bytes=max_bytes
    )


def download(
    url: str, *, validators: Mapping[str, str] | None = None, max_bytes: int
) -> http.Response:
    """As `get`, for an archive too large for memory: it is written to a temporary file.

    Raises:
        http.UpstreamError: no usable answer.
    """
    return http.download(url, headers=_who(), validators=validators, max_bytes=max_bytes)


def _who() -> dict[str, str]:
    contact = " ".join(os.environ.get(CONTACT, "").split())
    return {"user-agent": f"gpu-credit-warehouse {contact}".rstrip()}


def attempt(call: Callable[[], http.Response]) -> http.Response | http.UpstreamError:
    """The answer, or the error of one part as a value.

    Raises:
        http.UpstreamError: a refusal of who asks, or no network: the next question would fare no
            better, and asking on makes a refusal last longer.
    """
    try:
        return call()
    except http.UpstreamError as error:
        if error.status in ENDS_ALL or (error.status is None and not error.retryable):
            raise
        return error


def submissions_rows(body: bytes) -> pl.DataFrame:
    """One row per filing of a list of filings, newest first as the SEC gives them.

    Shape: accession, form, items, document (null where empty), filed_on, period_end_on (dates),
    accepted_at (true UTC), is_clock_known, is_xbrl. A day that is none is null; without a moment of
    acceptance a filing was public at the end of its filing day (UTC), if it has one. A company's
    answer has the arrays under `filings.recent`, an older page is nothing but the arrays. Empty
    without filings.

    Raises:
        ParseError: not JSON, no arrays, arrays of unequal length, or a cell of another type.
    """
    answer = read_object(body)
    arrays: object = answer
    if "filings" in answer:
        filings = answer["filings"]
        arrays = filings.get("recent") if isinstance(filings, dict) else None
    if not isinstance(arrays, dict):
        raise ParseError("a list of filings without `recent`")
    columns = {}
    for name, ours in ARRAYS.items():
        values = arrays.get(name)
        if not isinstance(values, list):
            raise ParseError(f"a list of filings without the array {name}")
        dtype: type[pl.DataType] = pl.Int64 if ours == "is_xbrl" else pl.String
        try:
            columns[ours] = pl.Series(ours, values, dtype=dtype, strict=True)
        except (TypeError, pl.exceptions.PolarsError) as error:
            raise ParseError(f"{name}: {str(error)[:200]}") from error
    if len(lengths := {len(each) for each in columns.values()}) > 1:
        raise ParseError(f"arrays of different length: {sorted(lengths)}")
    try:
        rows = pl.DataFrame(columns).with_columns(
            pl.col("items", "document").replace("", None),
            pl.col("filed_on").str.to_date("%Y-%m-%d", strict=False),
            pl.col("period_end_on").str.to_date("%Y-%m-%d", strict=False),
            pl.col("accepted_at").str.to_datetime(
                "%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC", strict=False
            ),
            pl.col("is_xbrl").cast(pl.Boolean),
        )
    except pl.exceptions.PolarsError as error:
        raise ParseError(str(error)[:300]) from error
    unread = {name: rows[name].null_count() for name in ("filed_on", "accepted_at")}
    most = min(max(3, MOST_UNREAD * rows.height), rows.height - 1)
    if strange := {name: n for name, n in unread.items() if n > most and rows.height}:
        raise ParseError(f"cells that are no date: {strange} of {rows.height}")
    return _accepted(rows).with_columns(
        pl.coalesce(
            "accepted_at",
            pl.col("filed_on").cast(pl.Datetime("us", "UTC")) + pl.duration(days=1),
        )
    )


def _accepted(rows: pl.DataFrame) -> pl.DataFrame:
    """`accepted_at` in true UTC, and whether the clock it was written in is known.

    Read as UTC or as New York time, a moment may fall in EDGAR's night or contradict the filing
    date: then the other reading holds. A filing that fits both ways is read as its decided
    neighbours in the list where those before and after it agree, else as New York time: the later
    reading, which is never too early and at most five hours late.
    """
    listed = pl.col("accepted_at").dt.replace_time_zone(None)
    shifted = pl.col("accepted_at").dt.convert_time_zone(NEW_YORK).dt.replace_time_zone(None)
    fits_new_york, fits_utc = _possible(listed), _possible(shifted)
    decided = pl.when((fits_new_york != fits_utc) & ~pl.col("form").is_in(SEC_POSTS)).then(fits_utc)
    newer, older = pl.col("decided").forward_fill(), pl.col("decided").backward_fill()
    near = pl.when(newer == pl.coalesce(older, newer)).then(newer)
    later = listed.dt.replace_time_zone(NEW_YORK, ambiguous="latest", non_existent="null")
    return (
        rows.sort("accepted_at", descending=True, maintain_order=True)
        .with_columns(decided=decided)
        .with_columns(is_utc=pl.coalesce("decided", near))
        .with_columns(
            accepted_at=pl.when("is_utc")
            .then("accepted_at")
            .otherwise(pl.coalesce(later.dt.convert_time_zone("UTC"), "accepted_at")),
            is_clock_known=pl.col("is_utc").is_not_null(),
        )
        .drop("decided", "is_utc")
    )


def _possible(clock: pl.Expr) -> pl.Expr:
    """Whether EDGAR can have accepted a filing at this time in New York, given its filing date."""
    hour, day = clock.dt.time(), clock.dt.date()
    evening_dated_today = (hour >= EVENING) & (pl.col("filed_on") <= day)
    day_dated_later = (hour < DATED_UNTIL) & (pl.col("filed_on") > day)
    misdated = ~pl.col("form").str.contains(OWNERS) & (evening_dated_today | day_dated_later)
    return hour.is_between(OPENS, SHUTS) & ~misdated


def periodic(rows: pl.DataFrame) -> pl.DataFrame:
    """The annual, quarterly and interim reports of a filing list that carry figures, newest first.

    Amendments count; a report without XBRL, as every 6-K of Nebius, never reaches companyfacts.
    """
    form = pl.col("form").str.strip_suffix("/A")
    return rows.filter(form.is_in(PERIODIC), "is_xbrl").sort("accepted_at", descending=True)


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ParseError: something else; the message shows how it begins.
    """
    answer = read_json(body)
    if not isinstance(answer, dict):
        raise ParseError(f"not an object, begins {body[:100]!r}")
    return answer


def padded(cik: object) -> str:
    """A CIK as ten digits, from the number or the text the SEC writes it as.

    Raises:
        ParseError: neither.
    """
    text = str(cik)
    if isinstance(cik, bool) or not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ParseError(f"cik is {text[:50]!r}")
    return text.zfill(10)


def folder(cik: pl.Expr, accession: pl.Expr) -> pl.Expr:
    """Address of a filing's folder in the archive."""
    return pl.format(
        "https://www.sec.gov/Archives/edgar/data/{}/{}",
        cik.str.strip_chars_start("0"),
        accession.str.replace_all("-", "", literal=True),
    )
