"""Archives as the SEC packs them, in the columns its readme of 2025-11 lists. Numbers are made up,
except where a test says whose they are."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BASE = ["adsh", "cik", "name", "ddate", "form", "filed", "period", "inlineurl", "cstm"]
PRESET = [
    "Industry Sector Axis",
    "Investment, Identifier Axis",
    "Investment, Issuer Affiliation Axis",
    "Investment Type Axis",
    "Investment Interest Rate",
    "Investment, Basis Spread, Variable Rate",
    "Investment Maturity Date",
    "Investment Owned, Balance, Principal Amount",
    "Investment Owned, Cost",
    "Investment Owned, Fair Value",
    "Investment Owned, Net Assets, Percentage",
]
# Some of the 61 to 249 further columns; cost and fair value lie here.
DYNAMIC = [
    "Adjusted cost basis",
    "Fair Value Hierarchy and NAV Axis",
    "Initial fair value of Investment",
    "Investment Company, Financial Support to Investee Contractually Required, Not Provided, "
    "Amount",
    "Investment Company, Nonconsolidated Subsidiary Axis",
    "Investment shares",
    "Investment, Interest Rate, Paid in Kind",
    "Investment, Issuer Name Axis",
    "Investment, Name Axis",
    "Investment, Variable Interest Rate, Type [Extensible Enumeration]",
    "qtrs",
    "Valuation Approach and Technique Axis",
]
HEADER = [*BASE, *PRESET, *DYNAMIC]
SHORT = {
    "identifier": "Investment, Identifier Axis",
    "type": "Investment Type Axis",
    "rate": "Investment Interest Rate",
    "spread": "Investment, Basis Spread, Variable Rate",
    "maturity": "Investment Maturity Date",
    "par": "Investment Owned, Balance, Principal Amount",
    "cost": "Adjusted cost basis",
    "fair": "Initial fair value of Investment",
    "share": "Investment Owned, Net Assets, Percentage",
    "unfunded": DYNAMIC[3],
    "venture": "Investment Company, Nonconsolidated Subsidiary Axis",
    "shares": "Investment shares",
    "pik": "Investment, Interest Rate, Paid in Kind",
    "issuer": "Investment, Issuer Name Axis",
    "title": "Investment, Name Axis",
    "level": "Fair Value Hierarchy and NAV Axis",
    "approach": "Valuation Approach and Technique Axis",
}
ADSH = "0001655888-25-000032"
URL = "https://www.sec.gov/ix?doc=/Archives/edgar/data/1655888/000165588825000032/obdc-20250930.htm"
LOAN = {
    "adsh": ADSH,
    "cik": 1655888,
    "name": "BLUE OWL CAPITAL CORP",
    "ddate": "2025-09-30",
    "form": "10-Q",
    "filed": "2025-11-05",
    "period": "2025-09-30",
    "inlineurl": URL,
    "cstm": 0,
    "qtrs": 0,
}


def line(**cells: Any) -> dict[str, Any]:
    """One line; short names are spelled out, and what is not given is empty."""
    return LOAN | {SHORT.get(name, name): value for name, value in cells.items()}


def nscale(**cells: Any) -> dict[str, Any]:
    """The figures of OBDC's Nscale line of 2026-03-31, under a filing that is recorded."""
    base = {
        "identifier": "NSCALE SERVICES UK LTD, First lien senior secured delayed draw term loan",
        "issuer": "NSCALE SERVICES UK LTD [Member]",
        "rate": 0.0868,
        "spread": 0.05,
        "maturity": "2031-02-28",
        "par": 1_656_000,
        "cost": 1_056_000,
        "fair": 1_056_000,
        "unfunded": 38_344_000,
    }
    return line(**(base | cells))


def other(**cells: Any) -> dict[str, Any]:
    """A loan to somebody whom nobody here asks about: it counts towards the total only."""
    base = {"identifier": "Acme Plumbing, LLC, First lien", "rate": 0.1, "spread": 0.06}
    return line(**(base | {"par": 9_000_000, "cost": 8_944_000, "fair": 8_944_000} | cells))


def table(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    lines = ["\t".join(header)]
    for row in rows:
        cells = (row.get(name) for name in header)
        lines.append("\t".join("" if cell is None else str(cell) for cell in cells))
    return "\n".join(lines) + "\n"


NUM = ["adsh", "tag", "version", "ddate", "qtrs", "uom", "segments", "dimn", "value"]


def figure(tag: str, value: float, **cells: Any) -> dict[str, Any]:
    base = {"adsh": ADSH, "tag": tag, "version": "us-gaap/2025", "ddate": "20250930", "qtrs": 0}
    return base | {"uom": "USD", "value": value} | cells


TOTALS = [
    figure("InvestmentOwnedAtFairValue", 10_000_000),
    figure("StockholdersEquity", 8_000_000),
]
SUB = ["adsh", "cik", "name", "form", "period", "filed", "accepted", "inlineurl"]
FILING = {
    "adsh": ADSH,
    "cik": 1655888,
    "name": "BLUE OWL CAPITAL CORP",
    "form": "10-Q",
    "period": "20250930",
    "filed": "20251105",
    "accepted": "2025-11-05 16:30:00.0",
}


def packed(members: Mapping[str, str | bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    file.seek(0)
    return file


def archive(
    *rows: Mapping[str, Any],
    soi: str | bytes | None = None,
    sub: str | bytes | None = None,
    num: Iterable[Mapping[str, Any]] = TOTALS,
) -> io.BytesIO:
    """A month's archive with these lines in its schedule."""
    return packed(
        {
            "datasets/sub.tsv": table(SUB, [FILING]) if sub is None else sub,
            "datasets/num.tsv": table(NUM, num),
            "soi.tsv": table(HEADER, rows) if soi is None else soi,
            "readme.htm": "<html></html>",
        }
    )
