"""`make fleet FLEET=path.csv`: what somebody's own accelerators are worth, by three clocks.

The file has one line per lot: `lot_name`, `accelerator` (our sku, or a name a marketplace would
use), `gpu_count`, `bought_on` (YYYY-MM-DD) and `price_usd_per_gpu`, which may be empty or left out;
`warehouse/reference/fleet_example.csv` is a template. A line that cannot be read is named with its
number, what is wrong and what comes nearest, and left out; the others are valued from the published
file. The result is printed and written to `warehouse/exports/fleet/` as Parquet, CSV and workbook.
Nothing of it enters the warehouse.
"""

import contextlib
import csv
import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from difflib import SequenceMatcher, get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import polars as pl
import xlsxwriter

from pipeline.identity.identity import resolve_accelerator
from pipeline.warehouse import Warehouse, opened_for_reading

__all__ = ["FleetError", "main", "read", "value"]

LOTS = {
    "lot_name": pl.String,
    "accelerator": pl.String,
    "gpu_count": pl.Int64,
    "bought_on": pl.Date,
    "price_usd_per_gpu": pl.Float64,
}
OPTIONAL = {"price_usd_per_gpu"}
NEEDED = {
    "marts.residual_value",
    "steps.clock_age",
    "staging.accelerators",
    "staging.accelerator_aliases",
}
QUERY = Path(__file__).resolve().parents[1] / "sql" / "fleet" / "fleet_value.sql"

WIDTH = 120
ROW = "  {:15} {:11} {:>7} {:>10} {:>10} {:>10} {:>7} {:>10} {:>17}"
HEADS = ("clock", "tier", "as of", "low/GPU", "value/GPU", "high/GPU", "rent/h", "break-even")
ABOUT = (
    "USD. tier: whose posted rents. low and high: every cited input and the rate of decline at its "
    "bad and its good end. rent/h: posted rent of the month. break-even: rent at which the income "
    "left is worth the executed resale price; below it, selling is worth more. Clocks are never "
    "blended."
)

NAME_CHARACTERS = 40
WHOLE = re.compile(r"[0-9]{1,9}")
AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OLDEST = date(2005, 1, 1)
SLASHED = re.compile(r"([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})")
SEPARATORS = (",", ";", "\t")
NEAR = 0.75  # of SequenceMatcher: `H100 SMX` finds the SXM, `H9000` finds nothing
NAMED = 5
FORMULA = r"^[=+\-@\t\r]"  # what spreadsheets would run


class FleetError(ValueError):
    """A fleet that cannot be valued: no readable file, no good line, or nothing published."""


class LineError(ValueError):
    """One line that cannot be valued: what is wrong by name, and what would be right."""


def read(
    body: bytes, accelerators: set[str], aliases: pl.DataFrame
) -> tuple[pl.DataFrame, list[str]]:
    """The lots of a fleet file, and what is wrong with the lines left out.

    Args:
        body: The file, CSV in UTF-8, columns in any order.
        accelerators: The skus there are.
        aliases: `staging.accelerator_aliases`, for names that are not skus.

    Returns:
        One row per good line: lot_name, accelerator (sku), gpu_count, bought_on,
        price_usd_per_gpu (USD, null where empty); and per bad line
        "line <number>: <name of the error>: <why>".

    Raises:
        FleetError: not a CSV file, or not these columns.
    """
    lines = _lines(body)
    skus = _skus({cells.get("accelerator", "") for _, cells in lines}, accelerators, aliases)
    good: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    for number, cells in lines:
        try:
            lot = _lot(cells, skus)
            if lot["lot_name"] in good:
                raise LineError(f"duplicate_lot: {lot['lot_name']!r} stands on an earlier line")
            good[lot["lot_name"]] = lot
        except LineError as error:
            wrong.append(f"line {number}: {error}")
    return pl.DataFrame(list(good.values()), schema=LOTS), wrong


def _lines(body: bytes) -> list[tuple[int, dict[str, str]]]:
    """Each line that is not blank, with its number; one of too many or too few cells is empty."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        how = "save the workbook as CSV" if body.startswith(b"PK") else "save it as CSV UTF-8"
        raise FleetError(f"not a CSV file in UTF-8: {how} ({error})") from error
    head = text.lstrip().partition("\n")[0]
    # Spreadsheets of half the world write semicolons; the header has none of the three in a name.
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error as error:
        raise FleetError(f"not a CSV file, at line {reader.line_num}: {error}") from error
    if not lines:
        raise FleetError("the file is empty")
    columns = [re.sub(r"[ -]+", "_", name.lower()) for name in lines[0][1]]
    _judge(columns)
    absent = dict.fromkeys(OPTIONAL - {*columns}, "")
    return [
        (number, dict(zip(columns, row, strict=True)) | absent if len(row) == len(columns) else {})
        for number, row in lines[1:]
    ]


def _judge(columns: list[str]) -> None:
    """Refuse a header that lacks a column, repeats one or has one nobody reads."""
    wrong = [f"no {name}" for name in LOTS if name not in {*columns} | OPTIONAL]
    wrong += [
        f"{name} twice" for name in sorted({each for each in columns if columns.count(each) > 1})
    ]
    for name in columns:
        if name not in LOTS:
            near = get_close_matches(name, LOTS, n=1, cutoff=0.4)
            wrong.append(f"{name!r} is unknown" + (f", perhaps {near[0]}" if near else ""))
    if wrong:
        raise FleetError(
            f"columns: {'; '.join(wrong)}. Expected {', '.join(LOTS)} (the last may be left out)"
        )


def _skus(
    names: Iterable[str], accelerators: set[str], aliases: pl.DataFrame
) -> dict[str, tuple[str | None, str]]:
    """Each name's sku, or why it has none."""
    empty = {"provider": pl.String, "instance_type": pl.String, "memory_gib": pl.Float64}
    asked = pl.DataFrame({"accelerator_raw": sorted(names)}).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in empty.items()
    )
    found = resolve_accelerator(asked, aliases)
    return {
        name: (name, "") if name in accelerators else (sku, _told(name, reason, accelerators))
        for name, sku, reason in found.select(
            "accelerator_raw", "accelerator", "accelerator_reason"
        ).iter_rows()
    }


def _told(name: str, reason: str | None, accelerators: set[str]) -> str:
    """Why a name has no sku, and which skus it may mean."""
    meant = _meant(name, accelerators)
    choices = f"; write one of {', '.join(meant)}" if meant else ""
    return f"{reason or ''}: {name!r} is no accelerator we can tell{choices}"


def _meant(name: str, accelerators: set[str]) -> list[str]:
    """Skus that share most words with a name, or, where none does, those spelled nearly so."""
    words = re.findall(r"[a-z0-9]+", name.lower())

    def likeness(sku: str) -> float:
        parts = sku.split("-")[1:]  # without the vendor; the memory is often left out
        ways = (parts, parts[:-1], parts[:1], sku.split("-"))
        said = " ".join(words)
        return max(SequenceMatcher(None, said, " ".join(way)).ratio() for way in ways)

    shared = {sku: len({*words} & {*sku.split("-")[1:]}) for sku in accelerators}
    most = max(shared.values(), default=0)
    meant = [sku for sku in shared if (shared[sku] == most if most else likeness(sku) >= NEAR)]
    return sorted(meant, key=lambda sku: (-round(likeness(sku), 6), sku))[:NAMED]


def _lot(cells: dict[str, str], skus: dict[str, tuple[str | None, str]]) -> dict[str, Any]:
    if not cells:
        raise LineError("bad_line: more or fewer cells than columns")
    lot_name = cells["lot_name"]
    if not (0 < len(lot_name) <= NAME_CHARACTERS and lot_name.isprintable()):
        raise LineError(f"bad_lot_name: {lot_name!r} is not 1 to {NAME_CHARACTERS} characters")
    sku, reason = skus[cells["accelerator"]]
    if sku is None:
        raise LineError(reason)
    return {
        "lot_name": lot_name,
        "accelerator": sku,
        "gpu_count": _count(cells["gpu_count"]),
        "bought_on": _day(cells["bought_on"]),
        "price_usd_per_gpu": _price(cells["price_usd_per_gpu"]),
    }


def _count(text: str) -> int:
    if not WHOLE.fullmatch(text) or int(text) == 0:
        raise LineError(f"bad_gpu_count: {text!r} is not a whole number above zero")
    return int(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day < OLDEST:
        raise LineError(
            f"bad_bought_on: {text!r} is not a day as YYYY-MM-DD since {OLDEST}{_days(text)}"
        )
    if day > datetime.now(UTC).date():
        raise LineError(f"future_bought_on: {text} has not come yet")
    return day


def _days(text: str) -> str:
    """The days that a date of another order can mean."""
    if (parts := SLASHED.fullmatch(text)) is None:
        return ""
    one, two, three = (int(part) for part in parts.groups())
    meant = set()
    for year, month, day in ((one, two, three), (three, one, two), (three, two, one)):
        with contextlib.suppress(ValueError):
            made = date(year, month, day)
            if made >= OLDEST:
                meant.add(made.isoformat())
    return f"; write {' or '.join(sorted(meant))}" if meant else ""


def _price(text: str) -> float | None:
    if text and (not AMOUNT.fullmatch(text) or float(text) == 0):
        raise LineError(f"bad_price_usd_per_gpu: {text!r} is not USD above zero, as 27500 or 27.5")
    return float(text) if text else None


def value(lots: pl.DataFrame, store: Warehouse) -> pl.DataFrame:
    """The lots valued from the published file: one row per lot, clock and tier (sql/fleet)."""
    with opened_for_reading(store.published) as db:
        db.register("fleet", lots)
        made: pl.DataFrame = db.sql(QUERY.read_text(encoding="utf-8")).pl()
    return made


def main(path: Path, out: TextIO, store: Warehouse | None = None) -> int:
    """Value a file, print and write the result.

    Returns:
        0 where every line was good, 1 where some were left out.

    Raises:
        FleetError: the file cannot be read, or no line of it, or the values are not published.
    """
    store = store or Warehouse()
    skus, aliases = _known(store)
    lots, wrong = read(path.read_bytes(), skus, aliases)
    for each in wrong:
        out.write(f"{path.name} {each}\n")
    if lots.is_empty():
        raise FleetError(f"{path.name} has no line that can be valued")
    valued = value(lots, store)
    target = _written(valued, store.exports / "fleet", path.stem)
    for line in _table(lots, valued):
        out.write(f"{line.rstrip()}\n")
    out.write(f"written, also as .csv and .xlsx: {target}\n")
    return 1 if wrong else 0


def _written(valued: pl.DataFrame, folder: Path, name: str) -> Path:
    """The result as Parquet, CSV and workbook; texts that a spreadsheet would run are quoted."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.parquet"
    valued.write_parquet(target)
    texts = pl.selectors.string()
    risky = pl.when(texts.str.contains(FORMULA)).then(pl.lit("'") + texts).otherwise(texts)
    valued.with_columns(risky.name.keep()).write_csv(target.with_suffix(".csv"))
    # Excel knows no time zones; moments are UTC, as their columns say.
    plain = valued.with_columns(pl.selectors.datetime().dt.replace_time_zone(None))
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target.with_suffix(".xlsx"), options) as book:
        plain.write_excel(book, "fleet", freeze_panes=(1, 0), autofit=True, table_style=None)
    return target


def _known(store: Warehouse) -> tuple[set[str], pl.DataFrame]:
    if not store.published.exists():
        raise FleetError("nothing has been published yet: run `make run` first")
    with opened_for_reading(store.published) as db:
        tables = "select schema_name || '.' || table_name from duckdb_tables()"
        if absent := NEEDED - {name for (name,) in db.execute(tables).fetchall()}:
            missing = ", ".join(sorted(absent))
            raise FleetError(f"the published file has no {missing}: run `make run` first")
        skus = db.execute("select accelerator from staging.accelerators").fetchall()
        aliases: pl.DataFrame = db.sql("from staging.accelerator_aliases").pl()
    return {sku for (sku,) in skus}, aliases


def _table(lots: pl.DataFrame, valued: pl.DataFrame) -> Iterator[str]:
    yield ROW.format(*HEADS, "USD in all")
    for (name,), rows in valued.group_by("lot_name", maintain_order=True):
        lot = rows.row(0, named=True)
        yield f"{name}: {lot['gpu_count']:,} x {lot['accelerator']}, bought {lot['bought_on']}"
        for row in rows.iter_rows(named=True):
            yield from _row(row)
    if lots.height > 1:
        yield from _totals(lots, valued)
    yield from textwrap.wrap(ABOUT, WIDTH)
    assumed = valued.drop_nulls("inputs_assumed").unique(["clock", "inputs_assumed"])
    for clock, text in assumed.sort("clock").select("clock", "inputs_assumed").iter_rows():
        yield from textwrap.wrap(f"Assumed, {clock}: {text}.", WIDTH, subsequent_indent="  ")


def _row(row: dict[str, Any]) -> Iterator[str]:
    if row["withheld_reason"]:
        yield f"  {row['clock']:15} withheld: {row['withheld_reason']}"
        return
    yield ROW.format(
        row["clock"],
        row["tier"],
        f"{row['period_end_on']:%Y-%m}",
        _whole(row["low_value_usd_per_gpu"]),
        _whole(row["value_usd_per_gpu"]),
        _whole(row["high_value_usd_per_gpu"]),
        _cents(row["rent_usd_per_gpu_hour"]),
        _cents(row["breakeven_rent_usd_per_gpu_hour"]),
        _whole(row["value_usd"]),
    )
    if row["clock"] == "book":
        yield f"{'':18}written off from {_whole(row['cost_usd_per_gpu'])}, {row['cost_basis']}"
    if row["clock"] == "resale":
        sold = f"{row['sale_count']} sales, {row['condition']}, {row['lot']}"
        yield f"{'':18}median of {sold}, of {row['priced_on']}"


def _totals(lots: pl.DataFrame, valued: pl.DataFrame) -> Iterator[str]:
    """A sum per clock and tier; a lot the clock is silent about is in no sum, and is counted."""
    yield f"all lots: {lots['gpu_count'].sum():,} accelerators in {lots.height} lots"
    published = valued.filter(pl.col("publication_status") == "published")
    for (clock, tier), rows in published.group_by("clock", "tier", maintain_order=True):
        low, high = rows["low_value_usd"], rows["high_value_usd"]
        band = (
            "no band"
            if low.null_count() + high.null_count()
            else f"{low.sum():,.0f} to {high.sum():,.0f}"
        )
        part = f"{rows.height} of {lots.height} lots"
        yield f"  {clock:15} {tier:11} {part:>15} {band:>43} {rows['value_usd'].sum():>17,.0f}"


def _whole(made: float | None) -> str:
    return "-" if made is None else f"{made:,.0f}"


def _cents(made: float | None) -> str:
    return "-" if made is None else f"{made:,.2f}"
