"""The contenders, one per process: `python -m tests.benchmarks.contenders <name> <folder>`.

Each reads the offers from disk, writes its levels to disk, and prints seconds and a checksum.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipeline.build.model import models, rebuild, upstream
from pipeline.warehouse import DuckDB, Warehouse

HERE = Path(__file__).parent
MARTS = ("marts.host_price_daily", "marts.provider_price_daily", "marts.gpu_price_daily")
CELL = ["accelerator", "tier", "market", "term_months", "basis", "region_group", "observed_on"]
PLACE = ["provider", "accelerator", "market", "term_months", "basis", "region_group", "observed_on"]
CHECKSUM = "select count(*), sum({price}) from {table}"
Answer = dict[str, float]


def marts(root: Path) -> Answer:
    """The three price marts and their steps by `rebuild`, without checks on real magnitudes."""
    answer: Answer = {}
    with Warehouse(root).connect() as db:
        for schema in ("marts", "steps"):
            db.execute(f"drop schema if exists {schema} cascade")
            db.execute("delete from meta.versions where table_name like ? || '.%'", [schema])
        for model in models():
            if model.table in upstream(MARTS):
                start = time.perf_counter()
                rebuild(db, model, audits=())
                answer[model.name] = time.perf_counter() - start
        answer["seconds"] = sum(answer.values())
        # The marts keep the price of a withheld cell to themselves: what is published is compared.
        return answer | _published(db)


def _published(db: DuckDB) -> Answer:
    price = "median_price_usd_per_gpu_hour"
    query = CHECKSUM.format(price=price, table=f"marts.gpu_price_daily where {price} is not null")
    [(published, total)] = db.execute(query).fetchall()
    cells = db.execute("select count(*) from marts.gpu_price_daily").fetchall()[0][0]
    return {"cells": cells, "published": published, "sum": total}


def by_hand(file: str) -> Callable[[Path], Answer]:
    """A query in this folder, its result kept as a table."""

    def run(root: Path) -> Answer:
        query = (HERE / file).read_text(encoding="utf-8")
        with Warehouse(root).connect() as db:
            db.execute("create schema if not exists by_hand")
            db.execute("drop table if exists by_hand.levels")
            start = time.perf_counter()
            db.execute(f"create table by_hand.levels as {query}")
            seconds = time.perf_counter() - start
            query = CHECKSUM.format(price="median_price", table="by_hand.levels")
            [(cells, total)] = db.execute(query).fetchall()
            answer = {"seconds": seconds, "cells": cells, "sum": total}
            if file == "same_rules.sql":
                answer |= _agreement(db)
            return answer

    return run


def _agreement(db: DuckDB) -> Answer:
    """How many of the published levels the query by hand arrives at as well."""
    [(agreeing,)] = db.execute(
        f"select count(*) from marts.gpu_price_daily join by_hand.levels using ({', '.join(CELL)}) "
        "where abs(median_price - median_price_usd_per_gpu_hour) < 1e-9"
    ).fetchall()
    return {"agreeing": agreeing}


def polars(root: Path) -> Answer:
    """The bare definition in lazy Polars on its streaming engine, from and to Parquet."""
    tiers = _tiers(root)
    start = time.perf_counter()
    price = pl.col("price").median()
    places = (
        pl.scan_parquet(root / "offers.parquet")
        .with_columns(
            observed_on=pl.col("observed_at").dt.date(),
            region=pl.when(pl.col("host_id").is_null())
            .then(pl.col("region"))
            .otherwise(pl.col("region_group")),
        )
        .group_by(*PLACE, "region", "host_id")
        .agg(price=pl.col("price_usd_per_gpu_hour").median())
        .group_by(*PLACE, "region")
        .agg(price)
    )
    world = places.with_columns(region_group=pl.lit("all"))
    votes = pl.concat([places, world]).group_by(PLACE).agg(price)
    levels = votes.join(tiers.lazy(), on="provider").group_by(CELL).agg(price, votes=pl.len())
    frame = levels.collect(engine="streaming")
    frame.write_parquet(root / "polars.parquet")
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "cells": frame.height, "sum": float(frame["price"].sum())}


def pandas(root: Path) -> Answer:
    """The bare definition in pandas, from and to Parquet; texts as categories."""
    import pandas as pd  # type: ignore[import-untyped]

    tiers = _tiers(root).to_pandas()
    start = time.perf_counter()
    offers = pd.read_parquet(root / "offers.parquet")
    offers["region"] = offers["region"].where(offers["host_id"].isna(), offers["region_group"])
    offers["host_id"] = offers["host_id"].fillna("list")
    offers["observed_on"] = offers["observed_at"].dt.floor("D")
    offers = offers.rename(columns={"price_usd_per_gpu_hour": "price"})
    for name in ("provider", "accelerator", "market", "basis", "region", "region_group", "host_id"):
        offers[name] = offers[name].astype("category")

    def medians(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
        return frame.groupby(keys, observed=True, sort=False)["price"].median().reset_index()

    places = medians(medians(offers, [*PLACE, "region", "host_id"]), [*PLACE, "region"])
    votes = pd.concat([places, places.assign(region_group="all")])
    votes = medians(votes, PLACE).merge(tiers, on="provider")
    levels = votes.groupby(CELL, observed=True, sort=False)["price"].agg(["median", "size"])
    levels.reset_index().to_parquet(root / "pandas.parquet")
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "cells": len(levels), "sum": float(levels["median"].sum())}


def _tiers(root: Path) -> pl.DataFrame:
    with Warehouse(root).connect() as db:
        rows: pl.DataFrame = db.sql("select provider, tier from staging.providers").pl()
    return rows


CONTENDERS: dict[str, Callable[[Path], Answer]] = {
    "marts": marts,
    "same_rules": by_hand("same_rules.sql"),
    "duckdb": by_hand("two_stage.sql"),
    "polars": polars,
    "pandas": pandas,
}

if __name__ == "__main__":
    print(json.dumps(CONTENDERS[sys.argv[1]](Path(sys.argv[2]))))
