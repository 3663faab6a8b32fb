"""The index of captures: `meta.captures`, so that a run looks only at what is new.

It says of every sidecar in the raw store what is in it, under which rules its body was last read,
and what is wrong with it. The files are the truth: a line is made again when its file has another
size or time of change, and all of them when the table is missing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from pipeline import warehouse as wh
from pipeline.capture.raw import Capture, RawCorruptError, RawStore
from pipeline.capture.wording import plain
from pipeline.columns import COLUMNS
from pipeline.contracts.own import OWN_TABLES
from pipeline.sources.source import Source
from pipeline.warehouse import DuckDB

# A clock may be set a time zone wrong; a stamp further ahead is of a clock nobody can use.
AHEAD = timedelta(days=1)
TABLE = "meta.captures"
MISSING = "missing"
NEW_AT_ONCE = 500


def refresh(db: DuckDB, raw: RawStore, source: str, now: datetime) -> None:
    """Bring the index of one source in line with its files; reads the sidecars that are new.

    A capture whose body is missing is named, and looked for among the others; one that was found
    damaged is read again when its body has changed since.
    """
    there = raw.listing(source)
    _reindex(db, raw, source, there.sidecars, now)
    _recheck(db, raw, source, there.bodies, now)


def _reindex(
    db: DuckDB,
    raw: RawStore,
    source: str,
    sidecars: Sequence[tuple[str, str, int, int]],
    now: datetime,
) -> None:
    names = ["part", "file_name", "file_bytes", "file_changed_ns"]
    found = pl.DataFrame(sidecars, _schema(names), orient="row")
    same = " and ".join(f"found.{name} = held.{name}" for name in names)
    with wh.registered(db, found=found):
        new = db.execute(
            f"select {', '.join(names)} from found "
            f"anti join (from {TABLE} where source = ?) as held on {same}",
            [source],
        ).fetchall()
        gone = db.execute(
            f"select count(*) from (from {TABLE} where source = ?) as held "
            f"anti join found on {same}",
            [source],
        ).fetchall()
        if not new and not gone[0][0]:
            return
        lines = _lines(raw, source, new, now)
        with wh.registered(db, lines=lines), wh.transaction(db):
            db.execute(
                f"delete from {TABLE} as held where source = ? "
                f"and not exists (from found where {same})",
                [source],
            )
            # What was read stays read when only the index was lost.
            db.execute(
                f"insert into {TABLE} by name select lines.* replace (known.parser as parser) "
                "from lines left join ("
                "select part, captured_at, sha256, arg_max(parser, attempted_at) as parser "
                "from meta.attempts where source = ? and parser is not null "
                "and captured_at is not null group by all"
                ") as known using (part, captured_at, sha256)",
                [source],
            )


def _lines(
    raw: RawStore, source: str, new: Iterable[tuple[str, str, int, int]], now: datetime
) -> pl.DataFrame:
    lines: list[dict[str, Any]] = []
    for part, stem, size, changed in new:
        line: dict[str, Any] = {
            "source": source,
            "part": part,
            "file_name": stem,
            "file_bytes": size,
            "file_changed_ns": changed,
        }
        try:
            sidecar = raw.sidecar(source, part, stem)
        except RawCorruptError as error:
            line["damage_reason"] = plain(error)
        else:
            line |= {
                "captured_at": sidecar.moment,
                "source_url": plain(sidecar.url),
                "sha256": sidecar.sha256,
                "body_stamp": sidecar.holder,
            }
            if sidecar.moment > now + AHEAD:
                line["damage_reason"] = f"{source}/{part}/{stem}.json {_AHEAD}"
        lines.append(line)
    schema = _schema(OWN_TABLES[TABLE][1])
    return pl.DataFrame(lines, schema=schema, orient="row")


_AHEAD = "is stamped later than now"


def _schema(names: Iterable[str]) -> dict[str, pl.DataType]:
    return {name: COLUMNS[name].dtype for name in names}


def _recheck(
    db: DuckDB, raw: RawStore, source: str, bodies: set[tuple[str, str]], now: datetime
) -> None:
    """Captures whose body went missing, came back or changed; stamps whose time has come."""
    ahead = [source, f"%{_AHEAD}", now + AHEAD]
    late = "source = ? and damage_reason like ? and captured_at <= ?"
    if db.execute(f"select count(*) from {TABLE} where {late}", ahead).fetchall()[0][0]:
        db.execute(f"update {TABLE} set damage_reason = null where {late}", ahead)
    for part, stamp, mark in db.execute(
        f"select distinct part, body_stamp, body_mark from {TABLE} "
        "where source = ? and body_mark is not null",
        [source],
    ).fetchall():
        if mark_of(raw, source, part, stamp) != mark:
            _note(db, source, part, stamp, None, None)
    present = pl.DataFrame(sorted(bodies), _schema(["part", "body_stamp"]), orient="row")
    with wh.registered(db, present=present):
        lost = db.execute(
            f"select distinct on (part, body_stamp) part, body_stamp, captured_at, source_url, "
            f"sha256 from {TABLE} as held anti join present using (part, body_stamp) "
            "where source = ? and damage_reason is null order by captured_at",
            [source],
        ).fetchall()
    for part, stamp, captured_at, url, sha256 in lost:
        if not raw.mend(Capture(source, part, url, captured_at, sha256)):
            damaged(db, raw, source, part, stamp, f"{source}/{part}/{stamp}.gz is missing")


def mark_of(raw: RawStore, source: str, part: str, stamp: str) -> str:
    """What tells one content of a body's file from another without reading it."""
    try:
        about = (raw.root / source / part / f"{stamp}.gz").stat()
    except OSError:
        return MISSING
    return f"{about.st_size}:{about.st_ctime_ns}:{about.st_ino}"


def damaged(db: DuckDB, raw: RawStore, source: str, part: str, stamp: str, reason: str) -> None:
    """Say of every capture that points to a body that it cannot be read until the body changes."""
    _note(db, source, part, stamp, plain(reason), mark_of(raw, source, part, stamp))


def _note(
    db: DuckDB, source: str, part: str, stamp: str, reason: str | None, mark: str | None
) -> None:
    db.execute(
        f"update {TABLE} set damage_reason = ?, body_mark = ? "
        "where source = ? and part = ? and body_stamp = ?",
        [reason, mark, source, part, stamp],
    )


def holder(db: DuckDB, capture: Capture) -> str:
    """Stamp of the capture that holds a capture's body."""
    [(stamp,)] = db.execute(
        f"select body_stamp from {TABLE} where source = ? and part = ? and captured_at = ?",
        [capture.source, capture.part, capture.captured_at],
    ).fetchall()
    return str(stamp)


def waiting(db: DuckDB, source: str, parser: str) -> pl.DataFrame:
    """Captures that were not read under these rules.

    Shape: `part`, `captured_at`, `source_url`, `sha256`, `parser` (the rules it was last read
    under, null for a new one), oldest first. Two parts can have the same moment, and rows are taken
    back by moment: such captures wait together.
    """
    return wh.frame(
        db,
        f"with mine as (from {TABLE} where source = $source and damage_reason is null) "
        "select part, captured_at, source_url, sha256, parser from mine "
        "where captured_at in "
        "(select captured_at from mine where parser is distinct from $parser) "
        "order by captured_at, part",
        source=source,
        parser=parser,
    )


class Plan(NamedTuple):
    """Captures to read next, oldest first; whether they are read again; how many are left."""

    captures: list[Capture]
    again: bool
    left: int


def plan(
    source: Source, waiting: pl.DataFrame, tried: set[tuple[str, datetime]], at_once: int
) -> Plan | None:
    """The next batch: new captures from the oldest on, else old ones from the newest back.

    So many new ones that they are a lost build database, and not a day's captures, are taken as old
    ones: today's prices come first.
    """
    if not source.sightings:  # of captures of the same bytes the earliest is read
        waiting = waiting.unique(["part", "sha256"], keep="first", maintain_order=True)
    left = [
        (Capture(source.name, part, url, captured_at, sha256), is_new)
        for part, captured_at, url, sha256, is_new in waiting.select(
            "part", "captured_at", "source_url", "sha256", pl.col("parser").is_null()
        ).iter_rows()
        if (part, captured_at) not in tried
    ]
    new = [each for each, is_new in left if is_new]
    again = not new or len(new) > NEW_AT_ONCE
    chosen = [each for each, _ in left][-at_once:] if again else new[:at_once]
    if not chosen:
        return None
    # Rows are taken back by moment: captures of one moment go together.
    moments = {each.captured_at for each in chosen}
    chosen = [each for each, _ in left if each.captured_at in moments]
    return Plan(chosen, again, len(left) - len(chosen))


def was_read(db: DuckDB, captures: Iterable[Capture], parser: str) -> None:
    """Note under which rules captures were read."""
    lines = [(each.source, each.part, each.captured_at) for each in captures]
    if not lines:
        return
    done = pl.DataFrame(lines, _schema(["source", "part", "captured_at"]), orient="row")
    with wh.registered(db, done=done):
        db.execute(
            f"update {TABLE} as held set parser = ? from done where held.source = done.source "
            "and held.part = done.part and held.captured_at = done.captured_at",
            [parser],
        )


__all__ = ["damaged", "holder", "mark_of", "plan", "refresh", "waiting", "was_read"]
