"""SEC BDC data sets: what business development companies hold and where they mark it.

Grain: one investment in one fund's schedule, on the filing's balance sheet day. The schedule file
(`soi.tsv`) is a pivot of XBRL facts without a key; `_soi` says which of its lines are investments.
Kept are loans and notes of the borrowers in `ai_borrowers`; lines of others only count towards the
total.
Units: the schedule states none. XBRL figures are unscaled, but filers tag thousands as dollars. So
a fund's schedule is added up and held against the investments of its balance sheet (`num.tsv`); a
fund off by more than ten times, or without a total, is set aside whole, and `schedule_gap_pct` is
the difference otherwise. Rates are fractions (0.0967), with a few percentages among them.
`fund_net_assets_usd` is repeated on each of a fund's lines, since a fund is no holding of itself.
Clock: `known_at` is when the SEC accepted the filing (`sub.tsv`, New York time: in November 2025
the last filing of a day dated that day came at 17:26, the first dated to the next at 17:37).
Balance sheet days are rounded to the month end.
Limits: needs SEC_CONTACT. A file covers the filings of a month or quarter, and is replaced in place
under its address: asked for again each time (ETag) are the newest two, and all back to the newest
with a deadline of quarterly reports: the months between hold few of them. The addresses
are read from the page, because the folder has moved twice.
Terms: https://www.sec.gov/privacy#security

Column names as the archive's readme gives them (2025-11) and as public clients observed them in
2022q4 to 2026_08: cost and fair value lie in "Adjusted cost basis" and "Initial fair value of
Investment", the documented columns are as good as empty. `2026_06` has a schedule of zero bytes,
since no 10-Q is due in June: that is a named refusal, not zero holdings.
Typed members of `num.tsv` are printed as calls, `...IdentifierAxis(us-gaap/2025)=text()`. A unit
found there raises confidence from medium to high; another currency is never read as dollars.

Traps: names with spaces at the end, `segment` for `segments`, columns moved, tabs
inside values, lines of earlier days beside the present ones, subtotals, shares in a dollar column.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from math import log10
from typing import BinaryIO
from urllib.parse import urljoin
from zipfile import ZipFile

import polars as pl

from pipeline.capture import http
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.sources.credit._archive import LIMITS, apart, pieces
from pipeline.sources.credit._names import ADVISERS, BORROWERS, adviser, names_borrower
from pipeline.sources.credit._soi import SOI, Schedule, dates, read_schedule
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
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

PAGE = "https://www.sec.gov/data-research/sec-markets-data/bdc-data-sets"
LINK = re.compile(r'href="([^"]+?/(\d{4}(?:q[1-4]|_\d{2}))_bdc(?:_\d+)?\.zip)"', re.IGNORECASE)
SINCE = date(2022, 10, 1)
NEWEST = 2
# Months in which 10-Qs for March, June and September and 10-Ks for December fall due: 40 to 45 days
# after the quarter, 60 to 90 after the year.
DUE_MONTHS = frozenset({3, 5, 8, 11})
MOST_BYTES = 2**30
UTC_MOMENT = pl.Datetime("us", "UTC")
SUB = ["adsh", "cik", "name", "form", "period", "filed", "accepted", "inlineurl"]
NUM = ["adsh", "tag", "ddate", "qtrs", "uom", "segments", "value"]
# The first that a filing has. A dollar total without dimensions is the balance sheet's.
INVESTMENTS = ("InvestmentOwnedAtFairValue", "InvestmentsFairValueDisclosure")
NET_ASSETS = (
    "StockholdersEquity",
    "AssetsNet",
    "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
)
UNITS_OF = ("InvestmentOwnedBalancePrincipalAmount", "InvestmentOwnedAtFairValue")
MEMBER = r"InvestmentIdentifierAxis(?:\([^)]*\))?=([^;]*)"
MOST_OFF = 10.0


def links(page: bytes, url: str = PAGE) -> dict[str, str]:
    """Period and address of each archive on the page, newest first; the last of a period wins.

    Raises:
        ParseError: none, so the page has changed.
    """
    found = LINK.findall(page.decode("utf-8", "replace"))
    if not found:
        raise ParseError(f"{url}: no link to an archive")
    archives = {period.lower(): urljoin(url, address) for address, period in found}
    return {each: archives[each] for each in sorted(archives, key=_last_month, reverse=True)}


def _last_month(period: str) -> tuple[int, int]:
    year, rest = int(period[:4]), period[4:]
    return year, int(rest[1:]) * (3 if rest.startswith("q") else 1)


def fetch(held: Held) -> Iterator[Part]:
    archives = _archives()
    for period in to_ask(list(archives)):
        yield _part(period, archives[period], held)


def to_ask(periods: Sequence[str]) -> list[str]:
    """Of the archives, newest first, those a run asks for: to the last with quarterly reports."""
    due = [n for n, each in enumerate(periods) if _months(each) & DUE_MONTHS]
    return list(periods[: max(NEWEST, due[0] + 1 if due else 0)])


def _months(period: str) -> frozenset[int]:
    """Months whose filings an archive holds."""
    last = _last_month(period)[1]
    return frozenset(range(last - 2, last + 1) if "q" in period else [last])


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """The archive whose last month this is, if one is held for it."""
    for period, url in _archives().items():
        if _last_month(period) == (month.year, month.month):
            yield _part(period, url, held)


def _archives() -> dict[str, str]:
    try:
        return links(get(PAGE).body)
    except ParseError as error:
        raise http.UpstreamError(str(error), url=PAGE) from error


def _part(period: str, url: str, held: Held) -> Part:
    ask = partial(download, url, validators=held(period), max_bytes=MOST_BYTES)
    return Part(period, attempt(ask))


def parse_stream(stream: BinaryIO, capture: Capture) -> pl.DataFrame:
    """One row per loan or note; what cannot be used has a `reason`.

    Raises:
        ParseError: no archive or a harmful one, a table or column missing, an expected column all
            null, cells that are not of their column (a shifted header), or no schedule at all.
    """
    with opened(stream, LIMITS) as archive:
        lines = pieces(archive, "soi.tsv", SOI, also=" axis$")
        schedule = read_schedule(lines)
        filings = _filings([each.rows for each in pieces(archive, "sub.tsv", SUB)])
        numbers = _numbers(archive, schedule.holdings["adsh"])
    return _rows(schedule, filings, numbers, capture)


def _filings(found: list[pl.DataFrame]) -> pl.DataFrame:
    """One row per filing: when it was accepted."""
    local = (
        pl.col("accepted")
        .str.slice(0, 19)
        .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
        .dt.replace_time_zone("America/New_York", ambiguous="latest", non_existent="null")
        .dt.convert_time_zone("UTC")
    )
    filings = pl.concat(found) if found else pl.DataFrame(schema=dict.fromkeys(SUB, pl.String))
    if not filings["adsh"].drop_nulls().len():
        raise ParseError("sub.tsv: no filing, or its columns have moved")
    return filings.select("adsh", accepted_at=local).drop_nulls("adsh").unique("adsh", keep="last")


def _numbers(archive: ZipFile, filings: pl.Series) -> pl.DataFrame:
    """Figures of filings that hold one of ours: totals, and units by identifier."""
    tags = "|".join((*INVESTMENTS, *NET_ASSETS, *UNITS_OF))
    asked = pl.col("adsh").is_in(filings.unique().implode())
    named = pl.col("segments").is_null() | names_borrower(pl.col("segments"))
    found, values = [], 0
    for each in pieces(archive, "num.tsv", NUM, containing=rf"\t(?:{tags})\t"):
        values += each.rows["value"].count()
        found.append(apart(each.rows.filter(asked & named)))
    if not values:
        raise ParseError("num.tsv: none of the totals, or its columns have moved")
    return pl.concat(found).select(
        "adsh",
        "tag",
        "uom",
        "segments",
        on=dates(pl.col("ddate")),
        is_instant=pl.col("qtrs").fill_null("0") == "0",
        # Typed members are printed as calls: `...IdentifierAxis(us-gaap/2025)=text()`.
        identifier=pl.col("segments")
        .str.extract(MEMBER)
        .str.strip_chars()
        .str.strip_suffix("()")
        .str.strip_chars(),
        value=pl.col("value").cast(pl.Float64, strict=False),
    )


def _rows(
    schedule: Schedule, filings: pl.DataFrame, numbers: pl.DataFrame, capture: Capture
) -> pl.DataFrame:
    at = pl.lit(capture.captured_at, UTC_MOMENT)
    held = schedule.holdings.join(filings, on="adsh", how="left")
    for name, tags in (("investments_usd", INVESTMENTS), ("fund_net_assets_usd", NET_ASSETS)):
        held = held.join(_totals(numbers, tags, name), on=["adsh", "period"], how="left")
    held = held.with_columns(filing=pl.col("adsh").hash())
    held = held.join(schedule.sums, on="filing", how="left")
    held = held.join(_currencies(numbers), on=["adsh", "period", "identifier"], how="left")
    day_end = pl.col("filed").cast(UTC_MOMENT) + pl.duration(days=1)
    cik = pl.col("cik").str.zfill(10)
    return held.with_columns(
        gap=(pl.col("schedule_usd") / pl.col("investments_usd") - 1) * 100,
        foreign=pl.col("par_unit").is_not_null() & (pl.col("par_unit") != "USD"),
        share=_share_of_net_assets(),
    ).select(
        accession="adsh",
        holding_id="holding_id",
        fund="name",
        fund_cik=cik,
        adviser=adviser(pl.col("name")),
        vehicle=pl.when("is_joint_venture").then(pl.lit("joint_venture")).otherwise(pl.lit("bdc")),
        form="form",
        period_end_on="period",
        issuer_name_raw="issuer_name_raw",
        instrument_raw="instrument_raw",
        rate_kind="rate_kind",
        benchmark="benchmark",
        spread_bps="spread_bps",
        all_in_rate_pct="all_in_rate_pct",
        maturity_on="maturity_on",
        currency=pl.coalesce("par_unit", pl.lit("USD")),
        par_usd=pl.when(~pl.col("foreign")).then("par_usd"),
        cost_usd="cost_usd",
        fair_value_usd="fair_value_usd",
        unfunded_usd=pl.when(~pl.col("foreign")).then("unfunded_usd"),
        net_assets_pct="share",
        fund_net_assets_usd="fund_net_assets_usd",
        schedule_gap_pct="gap",
        is_non_accrual="is_non_accrual",
        is_pik="is_pik",
        fair_value_level="fair_value_level",
        par_basis=pl.lit(None, pl.String),
        reason=pl.coalesce("reason", _unit_reason()),
        licence=pl.lit(LICENCE),
        confidence=pl.when(pl.col("value_unit").is_not_null())
        .then(pl.lit("high"))
        .otherwise(pl.lit("medium")),
        known_at=pl.min_horizontal(pl.coalesce("accepted_at", day_end), at),
        captured_at=at,
        source_url=pl.coalesce(
            pl.col("inlineurl").str.replace(r"^.*/ix\?doc=/", "https://www.sec.gov/"),
            folder(cik, pl.col("adsh")),
        ),
    )


def _totals(numbers: pl.DataFrame, tags: tuple[str, ...], name: str) -> pl.DataFrame:
    """A dollar figure of each filing's balance sheet, by the first tag that states it."""
    rank = pl.col("tag").replace_strict(list(tags), range(len(tags)), default=None)
    plain = pl.col("is_instant") & pl.col("segments").is_null() & (pl.col("uom") == "USD")
    return (
        numbers.filter(plain & pl.col("value").is_not_null() & pl.col("tag").is_in(tags))
        .sort(rank, "value")
        .group_by("adsh", period="on", maintain_order=True)
        .agg(pl.col("value").first().alias(name))
    )


def _currencies(numbers: pl.DataFrame) -> pl.DataFrame:
    """Units of principal and of fair value by identifier, where the figures name it."""
    par, value = (pl.col("uom").filter(pl.col("tag") == tag).sort().first() for tag in UNITS_OF)
    return (
        numbers.filter(pl.col("is_instant") & pl.col("identifier").is_not_null())
        .group_by("adsh", "identifier", period="on")
        .agg(par_unit=par, value_unit=value)
    )


def _unit_reason() -> pl.Expr:
    off = (pl.col("schedule_usd") / pl.col("investments_usd")).log10().abs()
    return (
        pl.when(pl.col("investments_usd").is_null() | (pl.col("investments_usd") <= 0))
        .then(pl.lit("unit: the filing states no total of its investments in dollars"))
        .when((off > log10(MOST_OFF)).fill_null(value=True))
        .then(
            pl.format(
                "unit: the schedule adds up to {}, the balance sheet to {}",
                "schedule_usd",
                "investments_usd",
            )
        )
        .when(pl.col("value_unit").is_not_null() & (pl.col("value_unit") != "USD"))
        .then(pl.format("unit: fair value is in {}", "value_unit"))
    )


def _share_of_net_assets() -> pl.Expr:
    """In percent. Filed as a fraction or a percentage: whichever the fund's net assets bear out."""
    filed = pl.col("net_assets_share")
    implied = pl.col("fair_value_usd") / pl.col("fund_net_assets_usd")
    is_percent = (filed / implied).abs().log10() > 1.0
    return pl.when(is_percent.fill_null(filed.abs() >= 1)).then(filed).otherwise(filed * 100)


SOURCE = Source(
    name="sec_bdc",
    homepage=PAGE,
    terms=TERMS,
    licence=LICENCE,
    contract=FUND_HOLDINGS,
    parse_stream=parse_stream,
    fetch=fetch,
    refresh_days=31,
    secrets=(CONTACT,),
    rules=(BORROWERS, ADVISERS),
    backfill=Backfill("month", SINCE, fetch_month),
    sightings=False,
    real_answer="2025-11-28, whole",
)
