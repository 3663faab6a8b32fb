"""SEC N-PORT: what mutual funds, ETFs and closed-end funds hold, four times a year.

Grain: one debt holding of one series in one report. Two bodies are read: a quarter's archive of all
reports, from which those in `ai_borrowers` are kept, and one report as it was filed
(`primary_doc.xml`), which is kept whole.
Units: US dollars. `CURRENCY_VALUE` of the archive is dollars despite its name; `balance` is in the
holding's currency, so principal in another currency is left empty. Percentages are percent. Each
value is held against the fund's net assets and the percentage filed with it: a fund whose value is
off by a hundred times is in another unit.
Clock: the archive gives the filing day, and a row is known at its end; the document itself does not
say when it was filed, so it is known when it is read. `repPdDate` is the day of the report;
`repPdEnd` ends the fund's year.
Limits: needs SEC_CONTACT; about 440 MB a quarter, read as a stream. The address is read from the
page. A replaced archive is seen by its ETag.
Terms: https://www.sec.gov/privacy#security

Column names as in the metadata of the archives that public loaders declare (SUBMISSION, REGISTRANT,
FUND_REPORTED_INFO, FUND_REPORTED_HOLDING, DEBT_SECURITY); elements as in recorded reports.
Not stated: whether a fund is an ETF, unless its name says so, and whether interest is accrued: a
default or arrears, which are stated, are another thing.

Traps: an amendment repeats a whole report, and one bond lies in hundreds of series: `form` says
which is an amendment, and sums take one report per registrant, series and day. A report may begin
with an empty line, which strict XML readers refuse. Names miss their sponsor (Beignet Investor).
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO
from urllib.parse import urljoin
from xml.etree import ElementTree

import polars as pl

from pipeline.capture import http
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.sources.credit._archive import LIMITS, apart, pieces
from pipeline.sources.credit._names import BORROWERS, names_borrower
from pipeline.sources.filings._edgar import (
    CONTACT,
    LICENCE,
    TERMS,
    attempt,
    download,
    folder,
    get,
)
from pipeline.sources.guards import opened
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

PAGE = "https://www.sec.gov/data-research/sec-markets-data/form-n-port-data-sets"
LINK = re.compile(r'href="([^"]+?/(\d{4}q[1-4])_nport(?:_\d+)?\.zip)"', re.IGNORECASE)
MOST_BYTES = 2 * 2**30
MOST_XML_BYTES = 256 * 2**20
UTC_MOMENT = pl.Datetime("us", "UTC")
SPACE = "{http://www.sec.gov/edgar/nport}"
# Debt, loans, asset-backed and structured notes; not shares, derivatives or cash vehicles.
DEBT = r"^(?:DBT|LON|SN|ABS)"
SUBMISSION = ["accession_number", "filing_date", "sub_type", "report_date"]
REGISTRANT = ["accession_number", "cik", "registrant_name"]
INFO = ["accession_number", "series_name", "net_assets"]
HOLDING = [
    *("accession_number", "holding_id", "issuer_name", "issuer_title", "issuer_cusip"),
    *("balance", "unit", "currency_code", "currency_value", "percentage", "payoff_profile"),
    *("asset_cat", "fair_value_level"),
]
DEBT_SECURITY = [
    *("holding_id", "maturity_date", "coupon_type", "annualized_rate"),
    "is_any_portion_interest_paid",
]
NEVER_EMPTY = {
    "submission.tsv": ("accession_number", "filing_date", "sub_type", "report_date"),
    "registrant.tsv": ("accession_number", "cik", "registrant_name"),
    "fund_reported_info.tsv": ("accession_number", "net_assets"),
    "fund_reported_holding.tsv": (
        *("accession_number", "holding_id", "issuer_name", "balance", "unit"),
        *("currency_value", "percentage", "asset_cat"),
    ),
    "debt_security.tsv": ("holding_id", "maturity_date", "coupon_type", "annualized_rate"),
}
# Where an element of a report goes; attributes after @.
ELEMENTS = {
    "issuer_name": "name",
    "issuer_title": "title",
    "issuer_cusip": "cusip",
    "balance": "balance",
    "unit": "units",
    "currency_code": "curCd",
    "currency_value": "valUSD",
    "percentage": "pctVal",
    "payoff_profile": "payoffProfile",
    "asset_cat": "assetCat",
    "fair_value_level": "fairValLevel",
    "maturity_date": "debtSec/maturityDt",
    "coupon_type": "debtSec/couponKind",
    "annualized_rate": "debtSec/annualizedRt",
    "is_any_portion_interest_paid": "debtSec/isPaidKind",
}
CONDITIONAL = {"currency_code": ("currencyConditional", "curCd")}
NUMBERS = ("balance", "currency_value", "percentage", "annualized_rate", "net_assets")


def links(page: bytes, url: str = PAGE) -> dict[str, str]:
    """Quarter and address of each archive on the page, newest first.

    Raises:
        ParseError: none, so the page has changed.
    """
    found = LINK.findall(page.decode("utf-8", "replace"))
    if not found:
        raise ParseError(f"{url}: no link to an archive")
    archives = {quarter.lower(): urljoin(url, address) for address, quarter in found}
    return {each: archives[each] for each in sorted(archives, reverse=True)}


def fetch(held: Held) -> Iterator[Part]:
    try:
        archives = links(get(PAGE).body)
    except ParseError as error:
        raise http.UpstreamError(str(error), url=PAGE) from error
    quarter, url = next(iter(archives.items()))
    ask = partial(download, url, validators=held(quarter), max_bytes=MOST_BYTES)
    yield Part(quarter, attempt(ask))


def parse_stream(stream: BinaryIO, capture: Capture) -> pl.DataFrame:
    """One row per debt holding; what cannot be used has a `reason`.

    Raises:
        ParseError: neither an archive nor a report, a broken or harmful one, a column or element
            missing, or an expected column all null.
    """
    start = stream.read(4)
    rest = _Rejoined(start, stream)
    if start.startswith(b"PK"):
        return _rows(_archived(rest), capture, at_capture=False)
    return _rows(_reported(rest, capture), capture, at_capture=True)


class _Rejoined:
    """A stream with what was read of its start put back."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1, /) -> bytes:
        start, self._start = self._start, b""
        return start + self._rest.read(size if size < 0 else max(size - len(start), 0))


def _archived(stream: _Rejoined) -> pl.DataFrame:
    with opened(stream, LIMITS) as archive:
        held, counts = [], []
        for each in pieces(archive, "fund_reported_holding.tsv", HOLDING):
            counts.append(each.rows.select(pl.all().is_not_null().sum()))
            named = names_borrower(pl.col("issuer_name")) | names_borrower(pl.col("issuer_title"))
            debt = pl.col("asset_cat").str.contains(DEBT)
            ours = each.rows.filter(named & debt)
            held.append(apart(ours))
        _check("fund_reported_holding.tsv", pl.concat(counts).sum() if counts else None)
        rows = pl.concat(held)
        for member, wanted, key in (
            ("debt_security.tsv", DEBT_SECURITY, "holding_id"),
            ("submission.tsv", SUBMISSION, "accession_number"),
            ("registrant.tsv", REGISTRANT, "accession_number"),
            ("fund_reported_info.tsv", INFO, "accession_number"),
        ):
            keys = rows[key].unique().implode()
            parts, counts = [], []
            for each in pieces(archive, member, wanted):
                counts.append(each.rows.select(pl.all().is_not_null().sum()))
                parts.append(apart(each.rows.filter(pl.col(key).is_in(keys))))
            _check(member, pl.concat(counts).sum() if counts else None)
            found = pl.concat(parts).unique(key, keep="last")
            rows = rows.join(found, on=key, how="left", maintain_order="left")
    return rows


def _check(member: str, counts: pl.DataFrame | None) -> None:
    given = {} if counts is None or counts.is_empty() else counts.row(0, named=True)
    if empty := [each for each in NEVER_EMPTY[member] if not given.get(each)]:
        raise ParseError(f"{member}: columns missing or all null: {empty}")


def _reported(stream: _Rejoined, capture: Capture) -> pl.DataFrame:
    """One report. A document type or an entity has no place in one: it could be made to explode."""
    body = stream.read(MOST_XML_BYTES + 1)
    if len(body) > MOST_XML_BYTES:
        raise ParseError(f"{capture.url}: a report of more than {MOST_XML_BYTES:,} bytes")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ParseError(f"{capture.url}: a document type inside a report")
    found = re.search(r"/(\d{10})-?(\d{2})-?(\d{6})(?:/|$)", capture.url)
    if found is None:
        raise ParseError(f"{capture.url}: the address names no accession")
    try:
        root = ElementTree.fromstring(body.strip())
    except ElementTree.ParseError as error:
        raise ParseError(f"{capture.url}: not XML: {error}, begins {body[:100]!r}") from error
    said = {
        "sub_type": _text(root, "headerData/submissionType"),
        "cik": _text(root, "formData/genInfo/regCik"),
        "registrant_name": _text(root, "formData/genInfo/regName"),
        "report_date": _text(root, "formData/genInfo/repPdDate"),
        "net_assets": _text(root, "formData/fundInfo/netAssets"),
    }
    if missing := [name for name, value in said.items() if value is None]:
        raise ParseError(f"{capture.url}: elements missing: {missing}")
    said["accession_number"] = "-".join(found.groups())
    said["series_name"] = _text(root, "formData/genInfo/seriesName")
    said["filing_date"] = None
    holdings = root.iterfind(f"{SPACE}formData/{SPACE}invstOrSecs/{SPACE}invstOrSec")
    rows = [{**said, **_holding(each), "holding_id": str(n)} for n, each in enumerate(holdings, 1)]
    wanted = dict.fromkeys([*said, *ELEMENTS, "holding_id"], pl.String)
    return pl.DataFrame(rows, schema=wanted).filter(pl.col("asset_cat").str.contains(DEBT))


def _holding(found: ElementTree.Element) -> dict[str, str | None]:
    row = {name: _text(found, path) for name, path in ELEMENTS.items()}
    for name, (element, attribute) in CONDITIONAL.items():
        conditional = found.find(f"{SPACE}{element}")
        if row[name] is None and conditional is not None:
            row[name] = conditional.get(attribute)
    return row


def _text(element: ElementTree.Element, path: str) -> str | None:
    text = element.findtext("/".join(f"{SPACE}{each}" for each in path.split("/")))
    return (text or "").strip() or None


def _rows(found: pl.DataFrame, capture: Capture, *, at_capture: bool) -> pl.DataFrame:
    at = pl.lit(capture.captured_at, UTC_MOMENT)
    day_end = _day("filing_date").cast(UTC_MOMENT) + pl.duration(days=1)
    cik = pl.col("cik").str.zfill(10)
    series = _stated("series_name")
    kind = pl.col("coupon_type").str.to_lowercase()
    amounts = found.with_columns(
        strays=pl.concat_list(
            pl.when(pl.col(each).is_not_null() & _number(each).is_null()).then(pl.lit(each))
            for each in NUMBERS
        ).list.drop_nulls(),
        **{each: _number(each) for each in NUMBERS},
    )
    in_dollars = (pl.col("currency_code") == "USD") & (pl.col("unit") == "PA")
    return amounts.select(
        accession="accession_number",
        holding_id="holding_id",
        fund=pl.coalesce(series, "registrant_name"),
        fund_cik=cik,
        adviser=pl.lit(None, pl.String),
        vehicle=pl.when(
            pl.concat_str(series, "registrant_name", separator=" ", ignore_nulls=True).str.contains(
                r"(?i)\bETFs?\b"
            )
        )
        .then(pl.lit("etf"))
        .otherwise(pl.lit("not_stated")),
        form="sub_type",
        period_end_on=_day("report_date"),
        issuer_name_raw=pl.coalesce(_stated("issuer_name"), _stated("issuer_title")),
        instrument_raw=_stated("issuer_title"),
        rate_kind=pl.when(kind == "fixed")
        .then(pl.lit("fixed"))
        .when(kind.is_in(["floating", "variable"]))
        .then(pl.lit("floating")),
        benchmark=pl.when(kind == "fixed").then(pl.lit("fixed")),
        spread_bps=pl.lit(None, pl.Float64),
        all_in_rate_pct="annualized_rate",
        maturity_on=_day("maturity_date"),
        currency="currency_code",
        par_usd=pl.when(in_dollars).then("balance"),
        cost_usd=pl.lit(None, pl.Float64),
        fair_value_usd="currency_value",
        unfunded_usd=pl.lit(None, pl.Float64),
        net_assets_pct="percentage",
        fund_net_assets_usd="net_assets",
        schedule_gap_pct=pl.lit(None, pl.Float64),
        is_non_accrual=pl.lit(None, pl.Boolean),
        is_pik=_yes("is_any_portion_interest_paid"),
        fair_value_level=pl.col("fair_value_level").str.extract(r"^([123])$").cast(pl.Int64),
        par_basis=pl.lit(None, pl.String),
        reason=_reason(),
        licence=pl.lit(LICENCE),
        confidence=pl.lit("high"),
        known_at=at if at_capture else pl.min_horizontal(pl.coalesce(day_end, at), at),
        captured_at=at,
        source_url=pl.format("{}/primary_doc.xml", folder(cik, pl.col("accession_number"))),
    )


def _number(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _day(name: str) -> pl.Expr:
    """A date as a report or as the archive writes it (31-MAR-2026)."""
    text = pl.col(name)
    return pl.coalesce(
        text.str.to_date("%Y-%m-%d", strict=False),
        text.str.to_titlecase().str.to_date("%d-%b-%Y", strict=False),
    )


def _stated(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).str.contains(r"(?i)^n/?a$")).then(pl.col(name))


def _yes(name: str) -> pl.Expr:
    return pl.col(name).replace_strict({"Y": True, "N": False}, default=None)


def _reason() -> pl.Expr:
    value, filed = pl.col("currency_value"), pl.col("percentage")
    implied = value / pl.col("net_assets") * 100
    off = (filed / implied).abs().log10().abs()
    per_par = value / pl.col("balance")
    in_dollars = (pl.col("currency_code") == "USD") & (pl.col("unit") == "PA")
    return (
        pl.when(pl.col("strays").list.len() > 0)
        .then(pl.format("not a number: {}", pl.col("strays").list.join(", ")))
        .when(pl.col("unit") == "NS")
        .then(pl.lit("unit: a count of shares where principal belongs"))
        .when(pl.col("payoff_profile") == "Short")
        .then(pl.lit("short position"))
        .when(value.is_null())
        .then(pl.lit("no amount"))
        .when(value < 0)
        .then(pl.lit("negative fair value"))
        .when((pl.col("net_assets") > 0) & (value > 0) & (filed != 0) & (off >= 2))
        .then(pl.lit("unit: value and percentage of net assets disagree a hundredfold"))
        .when(in_dollars & (pl.col("balance") > 0) & (per_par > 5))
        .then(pl.lit("unit: value is more than five times principal"))
    )


SOURCE = Source(
    name="sec_nport",
    homepage=PAGE,
    terms=TERMS,
    licence=LICENCE,
    contract=FUND_HOLDINGS,
    parse_stream=parse_stream,
    fetch=fetch,
    refresh_days=92,
    secrets=(CONTACT,),
    rules=(BORROWERS,),
    sightings=False,
    real_answer="2022-12-31, whole",
)
