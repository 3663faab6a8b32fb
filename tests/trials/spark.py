"""All models and checks on a Spark-compatible engine beside DuckDB, on a built warehouse.

    uv pip install --group spark   # Sail and the Spark Connect client
    python -m tests.trials.spark warehouse/build/build.duckdb   # on Sail, in this process
    SPARK_REMOTE=sc://localhost:15002 python -m tests.trials.spark FILE [words of names]

Prints model, rows, equal or why not, and ends with 1 where a value differs or an engine refuses
what is not in FAULTS. Values are compared by column, doubles to 1e-9. Every query is asked over
DuckDB's own tables, so that one difference is shown once.
"""

import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.build.lineage import tables_read
from pipeline.build.model import checks, models
from pipeline.build.spark import spark_sql

CLOSE = 1e-9
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
# What one engine cannot answer, and the smallest query that shows it. The other one is equal.
FAULTS = {
    "sail": {
        "steps.facility_terms": "DISTINCT over a CASE beside a rank(): 'Physical input schema "
        "should be the same' (a field's nullability); no smaller query found",
        "steps.issuer_balance_day": "an IN with a subquery inside an expression: "
        "select case when a = 1 then a in (select 1) end from (select 1 as a)",
    },
    "spark": {
        "marts.issuer_quarter": "the optimizer of 4.2.0 ends with NoSuchElementException: key not "
        "found: cik#...; where in the query was not looked for",
    },
}
# Spark 4.2.0 makes an invalid plan by it of vendor_revenue_share and vendor_financing_loops.
WITHOUT = "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases"


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


def main(file: str, words: list[str]) -> int:
    from pyspark.sql import SparkSession  # the optional group `spark`

    remote, server = os.environ.get("SPARK_REMOTE"), None
    if remote is None:
        from pysail.spark import SparkConnectServer

        server = SparkConnectServer()
        server.start()
        remote = f"sc://localhost:{server.listening_address[1]}"
    faults = FAULTS["sail" if server else "spark"]
    spark = SparkSession.builder.remote(remote).getOrCreate()
    # Where DuckDB's answer is infinite Spark's is NULL, and not an error that ends the query.
    for key, value in (("ansi.enabled", "false"), ("session.timeZone", "UTC"),
                       ("optimizer.excludedRules", WITHOUT)):  # fmt: skip
        spark.conf.set(f"spark.sql.{key}", value)
    db = duckdb.connect(file, read_only=True)
    db.execute("set timezone = 'UTC'")
    schema: dict[str, dict[str, str]] = {}
    for table, column, dtype in db.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database()"
    ).fetchall():
        schema.setdefault(table, {})[column] = dtype
    asked = [(each.table, each.query) for each in models()]
    asked += [(f"{each.table}__{each.promise}", each.query) for each in checks()]
    asked = [each for each in asked if not words or any(word in each[0] for word in words)]
    wrong = 0
    for name, (query, answer) in CASES.items():
        told = pl.from_arrow(spark.sql(spark_sql(query, {})).toArrow())
        assert isinstance(told, pl.DataFrame)
        said = differing(pl.DataFrame(answer, infer_schema_length=None), told)
        wrong += bool(said)
        print(f"{name}: {said or 'as DuckDB'}")
    with tempfile.TemporaryDirectory() as folder:
        for table in sorted({each for _, query in asked for each in tables_read(query)}):
            path = Path(folder) / f"{table}.parquet"
            db.execute(f"copy (from {table}) to '{path}' (format parquet)")
            spark.sql(f"create database if not exists {table.split('.')[0]}")
            spark.sql(f"drop table if exists {table}")
            spark.sql(f"create table {table} using parquet location '{path}'")
        for name, query in asked:
            ours, begun = db.sql(query).pl(), time.perf_counter()
            try:
                text = spark_sql(query, {each: schema[each] for each in tables_read(query)})
                told = pl.from_arrow(spark.sql(text).toArrow())
                assert isinstance(told, pl.DataFrame)
                said = differing(ours, told)
            except Exception as error:
                said = f"refused: {str(error).splitlines()[0][:160]}"
            known = faults.get(name) if said else None
            wrong += bool(said and not known)
            took = time.perf_counter() - begun
            print(f"{name} | {ours.height} | {said or 'equal'} | {took:.1f} s", flush=True)
            if known:
                print(f"    known: {known}")
    print(f"{len(asked)} asked, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    code = main(sys.argv[1], sys.argv[2:])
    os._exit(code)  # Sail's threads would keep the process
