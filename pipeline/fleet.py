"""`make fleet FLEET=path.csv`: what somebody's own accelerators are worth, by three clocks.

The file has one line per lot: `lot_name`, `accelerator` (our sku, or a name a marketplace would
use), `gpu_count`, `bought_on` (YYYY-MM-DD) and `price_usd_per_gpu`, which may be empty. A line that
cannot be read is named with its number and left out; the others are valued from the published
file. The result is printed and written to `warehouse/exports/fleet/` as Parquet. Nothing of it
enters the warehouse.
"""

import sys
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TextIO

import polars as pl

from pipeline.methods.identity import resolve_accelerator
from pipeline.warehouse import Warehouse, opened_for_reading

__all__ = ["FleetError", "main", "read", "value"]

COLUMNS = ("lot_name", "accelerator", "gpu_count", "bought_on", "price_usd_per_gpu")
QUERY = Path(__file__).resolve().parents[1] / "sql" / "fleet" / "fleet_value.sql"
SHOWN = {
    "lot_name": 14,
    "accelerator": 24,
    "clock": 16,
    "tier": 12,
    "low_value_usd_per_gpu": 12,
    "value_usd_per_gpu": 12,
    "high_value_usd_per_gpu": 12,
    "breakeven_rent_usd_per_gpu_hour": 10,
}
HEADS = ("lot", "accelerator", "clock", "tier", "low/GPU", "value/GPU", "high/GPU", "break-even")


class FleetError(ValueError):
    """Lines of a fleet file that cannot be read, each with its number and why."""


def read(
    body: bytes, accelerators: set[str], aliases: pl.DataFrame
) -> tuple[pl.DataFrame, list[str]]:
    """The lots of a fleet file, and what is wrong with the lines left out.

    Args:
        body: The file.
        accelerators: The skus there are.
        aliases: `staging.accelerator_aliases`, for names that are not skus.

    Returns:
        One row per good line: lot_name, accelerator (sku), gpu_count, bought_on,
        price_usd_per_gpu (USD, null where empty); and one sentence per bad line.

    Raises:
        FleetError: not a CSV file, or not these columns.
    """
    try:
        text = pl.read_csv(BytesIO(body), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise FleetError(f"not a CSV file: {str(error)[:200]}") from error
    if set(text.columns) != set(COLUMNS):
        raise FleetError(f"columns are {text.columns}, expected {list(COLUMNS)}")
    named = resolve_accelerator(
        text.select(
            *COLUMNS,
            provider=pl.lit(None, pl.String),
            accelerator_raw="accelerator",
            instance_type=pl.lit(None, pl.String),
            memory_gib=pl.lit(None, pl.Float64),
        ).drop("accelerator"),
        aliases,
    )
    lots = named.select(
        line=pl.int_range(2, pl.len() + 2),  # the header is line 1
        lot_name=pl.col("lot_name").str.strip_chars(),
        accelerator=pl.when(pl.col("accelerator_raw").is_in(sorted(accelerators)))
        .then("accelerator_raw")
        .otherwise("accelerator"),
        gpu_count=pl.col("gpu_count").cast(pl.Int64, strict=False),
        bought_on=pl.col("bought_on").str.to_date("%Y-%m-%d", strict=False),
        price_usd_per_gpu=pl.col("price_usd_per_gpu").cast(pl.Float64, strict=False),
        raw=pl.struct("accelerator_raw", "gpu_count", "bought_on", "price_usd_per_gpu"),
    )
    good, wrong = [], []
    seen: set[str] = set()
    for lot in lots.iter_rows(named=True):
        why = _why_not(lot, seen)
        seen.add(lot["lot_name"] or "")
        if why is None:
            good.append({name: lot[name] for name in COLUMNS})
        else:
            wrong.append(f"line {lot['line']}: {why}")
    schema = {name: lots.schema[name] for name in COLUMNS}
    return pl.DataFrame(good, schema=schema), wrong


def _why_not(lot: dict[str, object], seen: set[str]) -> str | None:
    raw = lot["raw"]
    assert isinstance(raw, dict)
    count, bought, price = lot["gpu_count"], lot["bought_on"], lot["price_usd_per_gpu"]
    if not lot["lot_name"]:
        return "lot_name is empty"
    if lot["lot_name"] in seen:
        return f"lot_name {lot['lot_name']!r} stands on an earlier line"
    if lot["accelerator"] is None:
        return f"accelerator {raw['accelerator_raw']!r} is not known"
    if not isinstance(count, int) or count < 1:
        return f"gpu_count {raw['gpu_count']!r} is not a whole number above zero"
    if not isinstance(bought, date) or not date(2005, 1, 1) <= bought <= _today():
        return f"bought_on {raw['bought_on']!r} is not a past day as YYYY-MM-DD"
    if raw["price_usd_per_gpu"] is not None and (
        not isinstance(price, float) or not 0 < price < 1_000_000
    ):
        return f"price_usd_per_gpu {raw['price_usd_per_gpu']!r} is not an amount above zero"
    return None


def _today() -> date:
    return datetime.now(UTC).date()


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
        FleetError: the file cannot be read, or no line of it, or nothing is published yet.
    """
    store = store or Warehouse()
    if not store.published.exists():
        raise FleetError("nothing has been published yet: run `make run` first")
    with opened_for_reading(store.published) as db:
        skus = {
            sku for (sku,) in db.execute("select accelerator from staging.accelerators").fetchall()
        }
        aliases: pl.DataFrame = db.sql("from staging.accelerator_aliases").pl()
    lots, wrong = read(path.read_bytes(), skus, aliases)
    for each in wrong:
        out.write(f"{path.name} {each}\n")
    if lots.is_empty():
        raise FleetError(f"{path.name} has no line that can be valued")
    valued = value(lots, store)
    target = store.exports / "fleet" / f"{path.stem}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    valued.write_parquet(target)
    widths = list(SHOWN.values())
    out.write(
        "  ".join(head.ljust(width) for head, width in zip(HEADS, widths, strict=True)) + "\n"
    )
    for row in valued.iter_rows(named=True):
        cells = [_cell(row[name]) for name in SHOWN]
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        out.write(line.rstrip() + "\n")
        if row["withheld_reason"]:
            out.write(f"  {row['withheld_reason']}\n")
    out.write(f"written: {target}\n")
    return 1 if wrong else 0


def _cell(made: object) -> str:
    if made is None:
        return "-"
    return (
        f"{made:,.2f}"
        if isinstance(made, float) and made < 100
        else (f"{made:,.0f}" if isinstance(made, float) else str(made))
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("say which file: make fleet FLEET=path.csv")
    try:
        sys.exit(main(Path(sys.argv[1]), sys.stdout))
    except (FleetError, OSError) as problem:
        sys.exit(f"{type(problem).__name__}: {problem}")
