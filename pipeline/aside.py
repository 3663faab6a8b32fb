"""Rows that do not land: written to `staging.quarantine` with the reason, never dropped unsaid."""

import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl

from pipeline import warehouse as wh
from pipeline.capture.raw import Capture
from pipeline.contracts.keys import same_key
from pipeline.sources.source import Source, discover
from pipeline.warehouse import DuckDB

MAX_CELL_CHARACTERS = 2_000
NTH = "capture_number"
WHY = "set_aside_reason"  # not `reason`, which is a column of a committed file


def set_aside(db: DuckDB, source: Source, each: Capture, rejected: pl.DataFrame) -> None:
    """Quarantine rows of a capture, each with its reason in WHY and `known_at`."""
    _quarantine(db, source, each.captured_at, rejected)


def set_differing_aside(db: DuckDB, source: Source, incoming: pl.DataFrame) -> None:
    """List committed rows that an upstream contradicts, and take them out: the live one wins.

    A row read from the SEC and one copied by hand have one key (decision 0015), and the first to
    land used to stay unsaid.
    """
    terms = source.contract
    if terms.measure is None or incoming.is_empty():
        return
    files = {one.name: one for one in discover() if one.file and one.contract.name == terms.name}
    lost, won = ("incoming", "held") if source.file else ("held", "incoming")
    with wh.registered(db, incoming=incoming.select(terms.columns)):
        beaten = wh.frame(
            db,
            f"select {lost}.*, 'differs_from_live: ' || {won}.{terms.measure} || ' by ' || "
            f"{won}.source as {WHY} from incoming join {terms.table} as held "
            f"on {same_key(terms)} where {won}.{terms.measure} <> {lost}.{terms.measure} "
            f"and list_contains($files, {lost}.source) "
            f"and not list_contains($files, {won}.source)",
            files=list(files),
        )
    for (name, captured_at), rows in beaten.group_by("source", "captured_at"):
        assert isinstance(captured_at, datetime)
        _quarantine(db, files[str(name)], captured_at, rows)
    if source.file is None and not beaten.is_empty():
        with wh.registered(db, incoming=beaten):
            db.execute(
                f"delete from {terms.table} as held using incoming "
                f"where held.source = incoming.source and {same_key(terms)}"
            )
        wh.bump(db, terms.table)


def _quarantine(db: DuckDB, source: Source, captured_at: datetime, rejected: pl.DataFrame) -> None:
    if rejected.is_empty():
        return
    rows = rejected.select(
        source=pl.lit(source.name),
        captured_at=pl.lit(captured_at).cast(pl.Datetime("us", "UTC")),
        table_name=pl.lit(source.contract.table),
        reason=WHY,
        row_raw=pl.Series([_json(row) for row in rejected.iter_rows(named=True)], dtype=pl.String),
        known_at="known_at",
    )
    with wh.registered(db, set_aside=rows):
        db.execute("insert into staging.quarantine by name from set_aside")
    wh.bump(db, "staging.quarantine")


def _json(row: Mapping[str, object]) -> str:
    """One row as JSON; a 10 MB cell is cut, because the bytes are in the raw store."""
    ours = ("source", "captured_at", "known_at", "reason", "verdict", NTH, WHY)
    small = {
        name: value[:MAX_CELL_CHARACTERS] if isinstance(value, str) else value
        for name, value in row.items()
        if value is not None and name not in ours
    }
    return json.dumps(small, default=str, ensure_ascii=True)
