"""SEC Form D data sets: notices of private offerings by companies that rent, own or host GPUs.

Grain: one notice or amendment. A quarter's file names all issuers; kept are those of
`ai_borrowers`, by number or by name, which also brings in vehicles that only buy the company's
shares: `issuer_name_raw` tells.
Units: US dollars. An indefinite amount is null.
Clock: filed on a day, public that day; the file gives no time, so a notice is known at the end of
its filing day (UTC), which is no earlier than the SEC's cut at 17:30 New York time.
Files: quarterly zips of tab-separated tables. Their addresses move and re-uploads get a suffix
(`2019q2_d_0.zip`), so they are read off the index page and a part is named after its file. A run
asks for the newest two quarters as far as they are not held.
Limits: SEC_CONTACT, as of every SEC host.
Terms: a work of the US government, in the public domain.

Personal data: RELATEDPERSONS, SIGNATURES and RECIPIENTS hold names and addresses of people. The zip
is rewritten without them before it reaches the disk; only TABLES are kept.

Traps: dates are `29-MAR-2022` in one table and ISO in another. Text is not quoted, so a quote is a
letter. Amendments repeat the whole notice with totals so far: never sum over `file_number`. Test
filings are marked TESTORLIVE. Amounts are what the issuer offered, not what somebody lent.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from urllib.parse import urljoin

import polars as pl

from pipeline.capture import http
from pipeline.contracts.credit import PRIVATE_OFFERINGS
from pipeline.sources.credit._names import BORROWERS, any_name, offerors
from pipeline.sources.filings import _edgar
from pipeline.sources.guards import Limits, opened, read_member
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

INDEX = "https://www.sec.gov/data-research/sec-markets-data/form-d-data-sets"
LINK = re.compile(
    rb"""href=["']?([^"'\s>]*/((\d{4}q[1-4])_d(?:_\d+)?)\.zip)["'\s>]""", re.IGNORECASE
)
QUARTERS = 2
SINCE = date(2019, 1, 1)
LIMITS = Limits(members=20, packed_bytes=64 * 2**20, unpacked_bytes=512 * 2**20)
# Columns that are read, by table; others are left in the zip.
TABLES = {
    "FORMDSUBMISSION.tsv": (
        "ACCESSIONNUMBER",
        "FILE_NUM",
        "FILING_DATE",
        "SUBMISSIONTYPE",
        "TESTORLIVE",
    ),
    "ISSUERS.tsv": ("ACCESSIONNUMBER", "IS_PRIMARYISSUER_FLAG", "CIK", "ENTITYNAME"),
    "OFFERING.tsv": (
        "ACCESSIONNUMBER",
        "INDUSTRYGROUPTYPE",
        "ISAMENDMENT",
        "SALE_DATE",
        "ISEQUITYTYPE",
        "ISDEBTTYPE",
        "ISOPTIONTOACQUIRETYPE",
        "ISSECURITYTOBEACQUIREDTYPE",
        "ISPOOLEDINVESTMENTFUNDTYPE",
        "ISOTHERTYPE",
        "TOTALOFFERINGAMOUNT",
        "TOTALAMOUNTSOLD",
    ),
}
KINDS = {
    "ISEQUITYTYPE": "equity",
    "ISDEBTTYPE": "debt",
    "ISOPTIONTOACQUIRETYPE": "option",
    "ISSECURITYTOBEACQUIREDTYPE": "security on exercise",
    "ISPOOLEDINVESTMENTFUNDTYPE": "fund interest",
    "ISOTHERTYPE": "other",
}
TRUE = ("TRUE", "YES", "Y", "1")
DAY = r"^(?:\d{1,2}-[A-Za-z]{3}-\d{4}|\d{4}-\d{2}-\d{2})$"
MOMENT = pl.Datetime("us", "UTC")


def fetch(held: Held) -> Iterator[Part]:
    files = _files()
    newest = sorted({quarter for quarter, _ in files.values()})[-QUARTERS:]
    yield from _missing([each for each in files if files[each][0] in newest], files, held)


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """The files of the quarter a month lies in, as far as they are not held."""
    files = _files()
    quarter = f"{month.year}q{(month.month + 2) // 3}"
    yield from _missing([each for each in files if files[each][0] == quarter], files, held)


def _files() -> dict[str, tuple[str, str]]:
    """File name to quarter and address, from the index page.

    Raises:
        UpstreamError: no page, or one that links no data set of the SEC.
    """
    page = _edgar.get(INDEX, max_bytes=8 * 2**20)
    found = {
        name.decode().lower(): (quarter.decode().lower(), urljoin(INDEX, link.decode()))
        for link, name, quarter in LINK.findall(page.body)
    }
    own = {name: each for name, each in found.items() if each[1].startswith("https://www.sec.gov/")}
    if not own:
        raise http.UpstreamError("no page that links data sets", url=INDEX, status=page.status)
    return own


def _missing(
    names: list[str],
    files: Mapping[str, tuple[str, str]],
    held: Held,
) -> Iterator[Part]:
    for name in sorted(names):
        if not held(name):
            yield Part(name, _edgar.attempt(partial(_edgar.get, files[name][1])))


def without_people(body: bytes) -> bytes:
    """The zip with TABLES alone, the same for the same input.

    Raises:
        ParseError: not a zip, one that is built to harm, or one that lacks a table. Nothing is
            kept of it, since what it holds is not known.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as kept:
        for name, text in _tables(body).items():
            kept.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _tables(body: bytes) -> dict[str, bytes]:
    """The bytes of each of TABLES, whichever folder of the zip it lies in."""
    found: dict[str, bytes] = {}
    with opened(body, LIMITS) as archive:
        for name in archive.namelist():
            table = name.rpartition("/")[2]
            if table in found:
                raise ParseError(f"{table} is there twice")
            if table in TABLES:
                found[table] = read_member(archive, name)
    if missing := sorted(TABLES.keys() - found.keys()):
        raise ParseError(f"the zip lacks {missing}")
    return found


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per notice of the universe, by its primary issuer or else the one that matched.

    Raises:
        ParseError: not a zip of the three tables, a column missing, a notice without its tables
            or in one of them twice, or none of the universe.
    """
    tables = _tables(body)
    filings, issuers, offerings = (
        _read(tables[name], name, columns, capture) for name, columns in TABLES.items()
    )
    ours = _universe(issuers)
    if ours.is_empty():
        raise ParseError(f"{capture.url}: no issuer of the universe among {issuers.height}")
    joined = ours.join(filings, on="ACCESSIONNUMBER", how="left").join(
        offerings, on="ACCESSIONNUMBER", how="left"
    )
    unmatched = joined.filter(pl.any_horizontal(pl.col("SUBMISSIONTYPE", "ISAMENDMENT").is_null()))
    if joined.height != ours.height or not unmatched.is_empty():
        raise ParseError(f"{capture.url}: a notice is not once in each of the tables")
    live = joined.filter(pl.col("TESTORLIVE").str.to_uppercase() == "LIVE")
    return _rows(live, capture)


def _read(text: bytes, name: str, columns: tuple[str, ...], capture: Capture) -> pl.DataFrame:
    """The named columns of one table as text, empty as null."""
    try:
        frame = pl.read_csv(
            text,
            separator="\t",
            quote_char=None,
            infer_schema=False,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",  # a name in another encoding is no reason to refuse a quarter
        )
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"{capture.url}: {name}: {str(error)[:200]}") from error
    frame = frame.rename({each: each.strip() for each in frame.columns})
    if missing := set(columns) - set(frame.columns):
        raise ParseError(f"{capture.url}: {name} lacks {sorted(missing)}")
    cell = pl.col(columns).str.strip_chars()
    return frame.select(pl.when(cell != "").then(cell).name.keep())


def _universe(issuers: pl.DataFrame) -> pl.DataFrame:
    """One issuer for each notice that concerns the universe, the primary one first."""
    cik = pl.col("CIK").str.zfill(10)
    named = pl.col("ENTITYNAME").str.contains(any_name("offerings"))
    primary = pl.col("IS_PRIMARYISSUER_FLAG").str.to_uppercase().is_in(TRUE).fill_null(False)
    return (
        issuers.with_columns(CIK=cik, primary=primary)
        .filter((pl.col("CIK").is_in(offerors()) | named).fill_null(False))
        .sort("ACCESSIONNUMBER", ~pl.col("primary"), "CIK", "ENTITYNAME")
        .unique("ACCESSIONNUMBER", keep="first", maintain_order=True)
        .drop("primary", "IS_PRIMARYISSUER_FLAG")
    )


def _rows(joined: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    filed_on = _day("FILING_DATE")
    accession = pl.col("ACCESSIONNUMBER")
    read_at = pl.lit(capture.captured_at, MOMENT)
    kinds = [
        pl.when(pl.col(name).str.to_uppercase().is_in(TRUE)).then(pl.lit(kind))
        for name, kind in KINDS.items()
    ]
    kind = pl.concat_str(kinds, separator="|", ignore_nulls=True)
    bare = accession.str.replace_all("-", "", literal=True)
    return joined.select(
        accession=accession,
        cik="CIK",
        issuer_name_raw="ENTITYNAME",
        form="SUBMISSIONTYPE",
        filed_on=filed_on,
        is_amendment=pl.col("ISAMENDMENT").str.to_uppercase().is_in(TRUE)
        | pl.col("SUBMISSIONTYPE").str.ends_with("/A"),
        file_number="FILE_NUM",
        security_kind=pl.when(kind != "").then(kind).otherwise(pl.lit("not_stated")),
        industry="INDUSTRYGROUPTYPE",
        offering_usd=_amount("TOTALOFFERINGAMOUNT"),
        sold_usd=_amount("TOTALAMOUNTSOLD"),
        first_sale_on=_day("SALE_DATE"),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
        known_at=pl.min_horizontal(filed_on.cast(MOMENT) + timedelta(days=1), read_at),
        captured_at=read_at,
        source_url=pl.format(
            "https://www.sec.gov/Archives/edgar/data/{}/{}/{}-index.htm",
            pl.col("CIK").str.strip_chars_start("0"),
            bare,
            accession,
        ),
    )


def _day(name: str) -> pl.Expr:
    """A day in either spelling; null for another, which the contract refuses for a filing day."""
    cell = pl.col(name)
    known = pl.when(cell.str.contains(DAY)).then(cell)
    return pl.coalesce(
        known.str.to_date("%d-%b-%Y", strict=False), known.str.to_date("%Y-%m-%d", strict=False)
    )


def _amount(name: str) -> pl.Expr:
    """Dollars; null where indefinite, and NaN, which no range holds, where not a number."""
    cell = pl.col(name)
    number = cell.cast(pl.Float64, strict=False).fill_null(float("nan"))
    indefinite = cell.is_null() | (cell.str.to_lowercase() == "indefinite")
    return pl.when(~indefinite).then(number)


SOURCE = Source(
    name="sec_form_d",
    homepage=INDEX,
    terms=_edgar.TERMS,
    licence=_edgar.LICENCE,
    contract=PRIVATE_OFFERINGS,
    parse=parse,
    fetch=fetch,
    refresh_days=90,
    redact=without_people,
    secrets=(_edgar.CONTACT,),
    rules=(BORROWERS,),
    backfill=Backfill("month", SINCE, fetch_month),
    sightings=False,
)
