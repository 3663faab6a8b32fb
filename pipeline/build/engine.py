"""Tables that grow with offers, made by a Spark Connect server as Parquet under a URL.

`ENGINE=spark SPARK_REMOTE=sc://... STORE=s3://...`: the same SELECT (pipeline/build/spark.py) over
what it reads, laid there as Parquet, writes a folder of Parquet by day; DuckDB reads that and holds
it to grain, dictionary and checks as it does its own. Only then `current.json` of the table names
the new folder; where anything fails, or the process is killed, the one before stands
(docs/decisions/0162). The URL is a folder (`file:///...`) or a bucket (`s3://`, `gs://`).
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from pipeline import warehouse as wh
from pipeline.build.lineage import REWOUND, ModelError
from pipeline.columns import COLUMNS, duckdb_type
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.warehouse import DuckDB

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

__all__ = ["CLIENT", "CONF", "Spark", "Store", "UnservedError", "chosen"]

CONF = {
    "spark.sql.ansi.enabled": "false",  # docs/decisions/0160
    "spark.sql.session.timeZone": "UTC",
    # Spark 4.2.0 makes an invalid plan by it of vendor_revenue_share and vendor_financing_loops.
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases"
    ),
}
POINTER = "current.json"
# Spark's client lies beside the other packages: what can import it does (docs/decisions/0161).
CLIENT = Path(sys.prefix) / "spark"


class UnservedError(ModelError):
    """What Spark is not asked for: DuckDB answers, whatever ENGINE says."""


def chosen(env: Mapping[str, str] = os.environ) -> "Spark | None":
    """The engine that the environment names; None where all is made here.

    Raises:
        ModelError: an engine that is not known, or one without its server or store.
    """
    match env.get("ENGINE", "duckdb"):
        case "duckdb":
            return None
        case "spark" if (remote := env.get("SPARK_REMOTE")) and (url := env.get("STORE")):
            if str(CLIENT) not in sys.path:
                sys.path.append(str(CLIENT))
            return Spark(remote, Store.at(url))
        case "spark":
            raise ModelError("ENGINE=spark needs SPARK_REMOTE=sc://... and STORE=<URL>")
        case other:
            raise ModelError(f"ENGINE is duckdb or spark, not {other}")


@dataclass(frozen=True)
class Store:
    """Folders of Parquet, one for each time a table was made, and which of them is the answer."""

    url: str
    files: fs.FileSystem
    root: str

    @classmethod
    def at(cls, url: str) -> "Store":
        """Under this URL; of S3, where AWS_ENDPOINT_URL and the like say."""
        # A small object is then put by one request, and not begun, sent and completed by three.
        at_once = "?allow_delayed_open=true" if url.startswith("s3:") else ""
        files, root = fs.FileSystem.from_uri(url.rstrip("/") + at_once)
        return cls(url.rstrip("/"), files, root.rstrip("/"))

    def pointer(self, table: str) -> dict[str, Any] | None:
        """The folder that is the table's answer, and of which state; None of a table never made."""
        path = f"{self.root}/{table}/{POINTER}"
        if self.files.get_file_info(path).type != fs.FileType.File:
            return None
        with self.files.open_input_stream(path) as held:
            said: dict[str, Any] = json.loads(held.read())
        return said

    def point(self, table: str, folder: str, state: list[Any]) -> None:
        """Make this folder the answer, at once; what neither it nor the one before is goes."""
        before = self.pointer(table) or {}
        path = f"{self.root}/{table}/{POINTER}"
        draft = f"{path}.{uuid4().hex}"
        with self.files.open_output_stream(draft) as made:
            made.write(json.dumps({"folder": folder, "of": state}).encode())
        self.files.move(draft, path)
        for each in self.files.get_file_info(fs.FileSelector(f"{self.root}/{table}")):
            if each.type == fs.FileType.Directory and each.base_name not in (
                folder,
                before.get("folder"),
            ):
                self.files.delete_dir(each.path)

    def laid(self, db: DuckDB, table: str) -> str:
        """The table as DuckDB holds it; offers by source and day. Returns its folder."""
        folder = uuid4().hex
        path = f"{self.root}/{table}/{folder}"
        offers = table == GPU_OFFERS.table and bool(db.sql(f"from {table} limit 1").fetchall())
        day = f", {wh.UTC_DAY} as observed_on" if offers else ""
        rows = db.sql(f"select *{day} from {table}").to_arrow_reader(100_000)
        if offers:
            parts = ds.partitioning(
                rows.schema.empty_table().select(["source", "observed_on"]).schema, flavor="hive"
            )
            ds.write_dataset(
                rows, path, format="parquet", filesystem=self.files, partitioning=parts,
                max_partitions=1_000_000, existing_data_behavior="error",
            )  # fmt: skip
            return folder
        self.files.create_dir(path)
        with pq.ParquetWriter(f"{path}/part.parquet", rows.schema, filesystem=self.files) as into:
            for batch in rows:
                into.write_batch(batch)
        return folder

    def loaded(self, db: DuckDB, table: str, folder: str, columns: list[str]) -> bool:
        """Make DuckDB's table of such a folder, in the dictionary's types; whether it has files."""
        typed = ", ".join(f"{name} {duckdb_type(name)}" for name in columns)
        db.execute(f"create or replace table {table} ({typed})")
        path = f"{self.root}/{table}/{folder}"
        found = self.files.get_file_info(fs.FileSelector(path, True, True))
        there = any(each.path.endswith(".parquet") for each in found)
        if there:
            parts = ds.partitioning(flavor="hive")
            held = ds.dataset(path, format="parquet", filesystem=self.files, partitioning=parts)
            db.register("made_elsewhere", held)
            names = ", ".join(columns)
            db.execute(f"insert into {table} by name select {names} from made_elsewhere")
            db.unregister("made_elsewhere")
        return there


@dataclass(frozen=True)
class Spark:
    """A Spark Connect server, and the store that both it and this process can reach."""

    remote: str
    store: Store

    def make(
        self, db: DuckDB, table: str, query: str, reads: frozenset[str], day: str | None
    ) -> str:
        """Make DuckDB's table of what Spark answers; the caller holds the transaction.

        It is written by the days of that column.

        Returns:
            The folder, which is not yet the answer.

        Raises:
            UnservedError: it reads the past, or has no days: answers of month ends and of methods.
            ModelError: Spark's or the store's refusal, or a column without an entry.
        """
        if past := sorted(each for each in reads if each.partition(".")[0] in REWOUND.values()):
            raise UnservedError(f"{table} reads {past[0]}: ENGINE=spark does not serve the past")
        if day is None:
            raise UnservedError(
                f"{table} is not made by day: answers of month ends and of methods are DuckDB's, "
                "whatever ENGINE says"
            )
        from pipeline.build.spark import casts, spark_sql, typed  # with sqlglot, which not all have

        schema = {each: wh.columns_of(db, each) for each in reads}
        folder = uuid4().hex
        try:
            session = self._session()
            for each in sorted(reads):
                at = f"{self.store.url}/{each}/{self._folder(db, each)}"
                held = session.read.parquet(at)
                # What stands in a folder's name is text to Sail.
                held = held.selectExpr(*casts(schema[each]))
                held.createOrReplaceTempView(each.replace(".", "__"))
            told = spark_sql(query, schema, as_views=True)
            columns = session.sql(told).columns
            if strays := [each for each in columns if each not in COLUMNS]:
                raise ModelError(f"{table}: pipeline/columns does not have {strays}")
            made = session.sql(typed(told, columns))
            made.write.partitionBy(day).parquet(f"{self.store.url}/{table}/{folder}")
            if not self.store.loaded(db, table, folder, columns):
                folder = self.store.laid(db, table)  # of no rows nobody writes a file
        except ModelError:
            raise
        except Exception as error:  # whatever a server, a network or a store says
            raise ModelError(f"{table}: {self.remote}: {str(error)[:500]}") from error
        return folder

    def passed(self, db: DuckDB, table: str, folder: str) -> None:
        """Make the folder the table's answer: it kept all promises."""
        self.store.point(table, folder, state(db, table))

    def _folder(self, db: DuckDB, table: str) -> str:
        """Where the table lies as DuckDB holds it now; it is laid there if it does not."""
        held, now = self.store.pointer(table), state(db, table)
        if held is None or held["of"] != now:
            self.store.point(table, self.store.laid(db, table), now)
            held = self.store.pointer(table)
        assert held is not None
        return str(held["folder"])

    def _session(self) -> "SparkSession":
        from pyspark.sql.connect.session import SparkSession

        session = SparkSession.builder.remote(self.remote).getOrCreate()
        for key, value in CONF.items():
            session.conf.set(key, value)
        return session


def state(db: DuckDB, table: str) -> list[Any]:
    """Which rows a table has: of which build database, how often changed, made from what."""
    wh_id = "select fingerprint from meta.versions where table_name = 'store'"
    if not (named := db.execute(wh_id).fetchall()):
        wh.bump(db, "store")
        db.execute(
            "update meta.versions set fingerprint = ? where table_name = 'store'", [uuid4().hex]
        )
        named = db.execute(wh_id).fetchall()
    of = "select version, fingerprint from meta.versions where table_name = ?"
    told = db.execute(of, [table]).fetchall()
    return [named[0][0], *(told[0] if told else (0, None))]
