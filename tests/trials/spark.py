"""All models and checks on a Spark-compatible engine beside DuckDB, on a built warehouse.

    export PYTHONPATH=.venv/spark
    python -m tests.trials.spark warehouse/build/build.duckdb   # on Sail, in this process
    SPARK_REMOTE=sc://localhost:15002 python -m tests.trials.spark FILE [words of names]

Prints model, rows, equal or why not, and ends with 1 where a value differs or an engine refuses.
Values are compared by column, doubles to 1e-9. Every query is asked over DuckDB's own tables, so
that one difference is shown once. With `--few`, as the suite asks, the long tables hold no
accelerators but FEW.
"""

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.build.engine import CONF
from pipeline.build.lineage import tables_read
from pipeline.build.model import checks, models
from pipeline.build.spark import Schema, spark_sql
from pipeline.warehouse import DuckDB

CLOSE = 1e-9
# A seventh of all prices: what most sell, of every kind of seller, old and new, and of two vendors.
FEW = ("nvidia-h100-sxm-80gb", "nvidia-h100-pcie-80gb", "nvidia-b200-sxm-180gb", "amd-mi300x-192gb")
LONG = 20_000
# Rules, each with a query that is wrong or refused without it, and what it must answer.
CASES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "months are boundaries crossed": (
        "select datediff('month', date '2026-01-31', date '2026-02-01') as n", [{"n": 1}]
    ),
    "a decimal literal is a double": (
        "select 100 * 10.0 / 13 as n", [{"n": 76.92307692307692}]
    ),
    "lists count from 1 and end": (
        "select [7, 8][1] as a, [7, 8][3] as b, l[n] as c from (select [5, 6] as l, 2 as n)",
        [{"a": 7, "b": None, "c": 6}],
    ),
    "three tables in one condition": (
        "select count(*) as n from (select unnest([1, 2, 3]) as k) as a "
        "cross join (select unnest([1, 2]) as m) as h "
        "join (select unnest([1, 2, 3, 4]) as k) as b on a.k <= b.k and b.k = a.k + h.m",
        [{"n": 5}],
    ),
    "two windows under QUALIFY": (
        "select * from (select * from (select unnest([1, 1, 2]) as k) "
        "qualify row_number() over (partition by k order by k) = 1) "
        "qualify row_number() over (order by k desc) = 1",
        [{"k": 2}],
    ),
    "a distinct list is sorted, of nothing is NULL": (
        "select string_agg(distinct w, ' ' order by w) as a, "
        "string_agg(distinct nullif(w, w), ' ' order by nullif(w, w)) as b "
        "from (select unnest(['b', 'a', 'b']) as w)",
        [{"a": "a b", "b": None}],
    ),
    "a percentile lies between": (
        "select quantile_cont(v, 0.25) as p from (select unnest([1.0, 3.0])::double as v)",
        [{"p": 1.5}],
    ),
    "an unnest inside an expression": (
        "select unnest([1, 2])::double + 0.5 as v order by v limit 2", [{"v": 1.5}, {"v": 2.5}]
    ),
    "a union by name": (
        "select sum(a) as a, sum(b) as b from ("
        "select 1 as a, 2 as b union all by name select 5 as b, 3 as a)",
        [{"a": 4, "b": 7}],
    ),
    "months that a column says": (
        "select (date '2026-01-31' + n * interval 1 month)::date as d from (select 1 as n)",
        [{"d": date(2026, 2, 28)}],
    ),
    "a division by zero ends nothing": (
        "select n from (select unnest([0.0, 2.0])::double as n) where n > 0 and 1 / n > 0",
        [{"n": 2.0}],
    ),
}  # fmt: skip


def differing(ours: pl.DataFrame, theirs: pl.DataFrame) -> str:
    """What differs, or nothing: rows in any order, columns by name, doubles to 1e-9."""
    if set(ours.columns) != set(theirs.columns):
        return f"columns {sorted(set(ours.columns) ^ set(theirs.columns))}"
    if ours.height != theirs.height:
        return f"rows: {theirs.height} for {ours.height}"
    frames = []
    for frame in (ours, theirs.select(ours.columns)):
        casts = []
        for name, dtype in frame.schema.items():
            column = pl.col(name)
            if dtype.is_numeric():
                casts.append(column.cast(pl.Float64))
            elif isinstance(dtype, pl.Datetime):
                casts.append(column.dt.replace_time_zone(None).cast(pl.Datetime("us")))
        frames.append(frame.with_columns(casts))
    numbers = [name for name, dtype in frames[0].schema.items() if dtype == pl.Float64]
    words = [name for name in ours.columns if name not in numbers]
    one, two = (each.sort([*words, *numbers], nulls_last=True) for each in frames)
    for name in ours.columns:
        a, b = one[name], two[name]
        same = a.eq_missing(b)
        if name in numbers:
            same |= ((a - b).abs() <= CLOSE * a.abs().clip(1e-3)).fill_null(False)
        if not same.all():
            at = (~same).arg_true()[0]
            return f"{name}: {b[at]} for {a[at]}, {(~same).sum()} rows"
    return ""


def sail() -> Any:
    """A server in this process, for as long as it is held; all in one part: facts are few."""
    os.environ.setdefault("SAIL_EXECUTION__DEFAULT_PARALLELISM", "1")
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    return server


def main(file: str, few: bool, words: list[str]) -> int:
    from pyspark.sql import SparkSession

    remote, server = os.environ.get("SPARK_REMOTE"), None
    if remote is None:
        server = sail()
        remote = f"sc://localhost:{server.listening_address[1]}"
    spark = SparkSession.builder.remote(remote).getOrCreate()
    for key, value in CONF.items():
        spark.conf.set(key, value)
    db = duckdb.connect(config={"threads": 1} if few else {})
    db.execute("set timezone = 'UTC'")
    db.execute(f"attach '{file}' as held (read_only)")
    asked = [(each.table, each.query) for each in models()]
    asked += [(f"{each.table}__{each.promise}", each.query) for each in checks()]
    asked = [each for each in asked if not words or any(word in each[0] for word in words)]
    schema = laid_before(db, {each for _, query in asked for each in tables_read(query)}, few)
    shortened = {each for each in schema if few and is_long(db, each, schema[each])}
    held = {each.table for each in models() if not each.is_kept and not each.reads & shortened}
    wrong = 0
    for name, (query, answer) in CASES.items():
        expected = pl.DataFrame(answer, infer_schema_length=None)
        told = spark.sql(spark_sql(query, {})).toArrow()
        said = differing(expected, db.sql(query).pl()) or differing(expected, frame(told))
        wrong += bool(said)
        print(f"{name} | {said or 'as DuckDB'}")
    with tempfile.TemporaryDirectory() as folder:
        for table in schema:
            path = Path(folder) / f"{table}.parquet"
            db.execute(
                f"copy (from {table}) to '{path}' (format parquet, compression uncompressed)"
            )
            spark.sql(f"create database if not exists {table.split('.')[0]}")
            spark.sql(f"drop table if exists {table}")
            spark.sql(f"create table {table} using parquet location '{path}'")
        for name, query in asked:
            answered = f"from held.{name}" if name in held else query
            ours, begun = db.sql(answered).pl(), time.perf_counter()
            try:
                text = spark_sql(query, {each: schema[each] for each in tables_read(query)})
                said = differing(ours, frame(spark.sql(text).toArrow()))
            except Exception as error:
                said = f"refused: {str(error).splitlines()[0][:160]}"
            wrong += bool(said)
            took = time.perf_counter() - begun
            print(f"{name} | {ours.height} | {said or 'equal'} | {took:.1f} s", flush=True)
    print(f"{len(asked)} asked, {wrong} wrong")
    return int(wrong > 0)


def is_long(db: DuckDB, table: str, columns: Mapping[str, str]) -> bool:
    [(rows,)] = db.execute(f"select count(*) from held.{table}").fetchall()
    return rows > LONG and "accelerator" in columns


def laid_before(db: DuckDB, tables: set[str], few: bool) -> Schema:
    """Views of the tables held, under their names; what types their columns have."""
    schema: dict[str, dict[str, str]] = {}
    of = "select column_name, data_type from duckdb_columns() where database_name = 'held' "
    for table in sorted(tables):
        part, _, name = table.partition(".")
        both = f"and schema_name = '{part}' and table_name = '{name}'"
        schema[table] = dict(db.execute(of + both).fetchall())
        where = f"where accelerator in {FEW}" if few and is_long(db, table, schema[table]) else ""
        db.execute(f"create schema if not exists {part}")
        db.execute(f"create view {table} as from held.{table} {where}")
    return schema


def frame(told: Any) -> pl.DataFrame:
    made = pl.from_arrow(told)
    assert isinstance(made, pl.DataFrame)
    return made


if __name__ == "__main__":
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    few = "--few" in sys.argv
    code = main(sys.argv[1], few, [each for each in sys.argv[2:] if each != "--few"])
    print(f"{time.process_time():.0f} s of CPU")
    os._exit(code)  # Sail's threads would keep the process
