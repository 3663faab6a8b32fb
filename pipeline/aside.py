"""Rows that do not land: written to `staging.quarantine` with the reason, never dropped unsaid."""

import json
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from pipeline import warehouse as wh
from pipeline.sources.source import Capture, Source, discover
from pipeline.warehouse import DuckDB

MAX_CELL_CHARACTERS = 2_000


def _json(row: Mapping[str, object]) -> str:
    """One row as JSON; a 10 MB cell is cut, because the bytes are in the raw store."""
    small = {
        name: value[:MAX_CELL_CHARACTERS] if isinstance(value, str) else value
        for name, value in row.items()
        if value is not None and name not in ("source", "captured_at", "reason")
    }
    return json.dumps(small, default=str, ensure_ascii=True)


def set_aside(db: DuckDB, source: Source, each: Capture, rejected: pl.DataFrame) -> None:
    """Quarantine rows of a capture, each with its `reason` and `known_at`."""
    if rejected.is_empty():
        return
    rows = rejected.select(
        source=pl.lit(source.name),
        captured_at=pl.lit(each.captured_at).cast(pl.Datetime("us", "UTC")),
        table_name=pl.lit(source.contract.table),
        reason="reason",
        row_raw=pl.Series([_json(row) for row in rejected.iter_rows(named=True)], dtype=pl.String),
        known_at="known_at",
    )
    db.register("set_aside", rows)
    db.execute("insert into staging.quarantine by name from set_aside")
    db.unregister("set_aside")
    wh.bump(db, "staging.quarantine")


def set_differing_aside(db: DuckDB, source: Source, each: Capture, kept: pl.DataFrame) -> None:
    """List committed rows that an upstream contradicts, and take them out: the live one wins.

    A row read from the SEC and one copied by hand have one key (decision 0015), and the first to
    land used to stay unsaid.
    """
    terms = source.contract
    if terms.measure is None or kept.is_empty():
        return
    committed = [one.name for one in discover() if one.file and one.contract.name == terms.name]
    same = " and ".join(f"incoming.{key} is not distinct from held.{key}" for key in terms.key)
    lost, won = ("incoming", "held") if source.file else ("held", "incoming")
    db.register("incoming", kept)
    rows = wh.frame(
        db,
        f"select {lost}.*, 'differs_from_live: ' || {won}.{terms.measure} || ' by ' || "
        f"{won}.source as reason from incoming join {terms.table} as held on {same} "
        f"where {won}.{terms.measure} <> {lost}.{terms.measure} "
        f"and list_contains($committed, {lost}.source) "
        f"and not list_contains($committed, {won}.source)",
        committed=committed,
    )
    db.unregister("incoming")
    for (name, captured_at), part in rows.group_by("source", "captured_at"):
        owner = next(one for one in discover() if one.name == name)
        set_aside(db, owner, replace(each, captured_at=captured_at), part)
    if source.file is None and not rows.is_empty():
        db.register("beaten", rows)
        same = " and ".join(f"beaten.{key} is not distinct from held.{key}" for key in terms.key)
        db.execute(
            f"delete from {terms.table} as held where exists (select 1 from beaten where {same} "
            "and beaten.source = held.source)"
        )
        db.unregister("beaten")
        wh.bump(db, terms.table)
