"""From a source to its staging table: capture, parse, prepare, validate, land.

Every capture lands whole or not at all, in one transaction with the record of the attempt. What a
capture cannot give - a broken page, an implausible unit - leaves earlier data untouched.
"""

import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from pipeline import captures as index
from pipeline import landing
from pipeline import warehouse as wh
from pipeline.capture import redaction
from pipeline.capture.http import UpstreamError
from pipeline.capture.raw import STEP, RawCorruptError
from pipeline.capture.wording import plain
from pipeline.contracts import Contract
from pipeline.landing import Attempt, Batch, held, read_at, record
from pipeline.sources import committed
from pipeline.sources.fingerprint import code_fingerprint
from pipeline.sources.source import (
    REFERENCE,
    Capture,
    Fetch,
    Part,
    Source,
    discover,
)
from pipeline.warehouse import DuckDB, Warehouse

__all__ = [
    "Attempt",
    "capture",
    "due",
    "held",
    "in_landing_order",
    "land",
    "read_at",
    "record",
    "register",
    "skipped",
]

# How variables end that name whom an upstream may write to: told to everybody, and no key.
CONTACT = "_CONTACT"

BATCH_CAPTURES = 100
READ_AGAIN_SECONDS = 120.0


def capture(
    source: Source,
    store: Warehouse,
    env: Mapping[str, str] = os.environ,
    fetch: Fetch | None = None,
) -> list[Attempt]:
    """Ask the upstream and keep its bytes. One part that fails does not cost the others.

    Args:
        source: Whom to ask; a committed file is not asked.
        store: Where the bytes go.
        env: Where keys are looked up.
        fetch: What to ask instead of the source's `fetch`, such as one partition of its history.
    """
    now = datetime.now(UTC)
    fetch = fetch or source.fetch
    if fetch is None:
        return []
    if (reason := skipped(source, env)) is not None:
        return [Attempt(source.name, "all", now, "skipped", reason)]
    redaction.know(env[name] for name in source.secrets if not name.endswith(CONTACT))
    attempts: list[Attempt] = []
    try:
        for part in fetch(lambda name: store.raw.validators(source.name, name)):
            attempts.append(_kept(source, store, part))
    except UpstreamError as error:
        attempts.append(_refusal(source, "all", error))
    except landing.WHATEVER_IS_RAISED as error:  # what was kept before stays
        attempts.append(_unkept(source, "all", error))
    return attempts


def _kept(source: Source, store: Warehouse, part: Part) -> Attempt:
    """Keep one answer; a body that cannot be made safe to keep is not kept."""
    answer = part.response
    if isinstance(answer, UpstreamError):
        return _refusal(source, part.name, answer)
    try:
        kept = store.raw.keep(source.name, part.name, answer, redact=source.redact)
    except landing.WHATEVER_IS_RAISED as error:
        return _unkept(source, part.name, error)
    return Attempt(
        source.name,
        part.name,
        kept.captured_at,
        "captured",
        captured_at=kept.captured_at,
        sha256=kept.sha256,
    )


def _unkept(source: Source, part: str, error: BaseException) -> Attempt:
    reason = plain(error)
    if not isinstance(error, ValueError):
        reason = plain(f"{type(error).__name__}: {reason}")
    return Attempt(source.name, part, datetime.now(UTC), "failed", reason)


def register(db: DuckDB, source: Source) -> None:
    """Keep the source's own line in `meta.sources` as its module states it, and have its table."""
    wh.create(db, source.contract.table, source.contract.doc, source.contract.columns)
    row = _line(source)
    if db.execute("from meta.sources where source = ?", [source.name]).fetchall() == [row]:
        return
    with wh.transaction(db):
        db.execute("delete from meta.sources where source = ?", [source.name])
        db.execute("insert into meta.sources values (?, ?, ?, ?, ?, ?, ?, ?)", [*row])


def _line(source: Source) -> tuple[object, ...]:
    return (
        source.name,
        source.domain,
        source.homepage,
        source.terms,
        source.licence,
        source.contract.table,
        source.refresh_days,
        _parser(source),
    )


def due(
    db: DuckDB, store: Warehouse, sources: Sequence[Source], env: Mapping[str, str] = os.environ
) -> frozenset[str]:
    """Names of sources that a run has something to do for: upstreams to ask, files to land.

    Not one that has no key still, of which nothing is held, and whose record says so.
    """
    known = {name: (name, *rest) for name, *rest in db.execute("from meta.sources").fetchall()}
    landed = dict(
        db.execute(
            "select source, arg_max(sha256 || ' ' || parser, attempted_at) from meta.attempts "
            "where outcome = 'landed' group by source"
        ).fetchall()
    )
    said = dict(
        db.execute(
            "select source, outcome_reason from meta.attempts where outcome = 'skipped' "
            "qualify row_number() over (partition by source order by attempted_at desc) = 1"
        ).fetchall()
    )
    found = set()
    for each in sources:
        if known.get(each.name) != _line(each):
            found.add(each.name)
        elif each.file is not None:
            is_of = f"{committed.sha256_of(REFERENCE / each.file)} {_parser(each)}"
            if landed.get(each.name) != is_of:
                found.add(each.name)
        elif (store.raw.root / each.name).is_dir() or (
            said.get(each.name) is None or said[each.name] != skipped(each, env)
        ):
            found.add(each.name)
    return frozenset(found)


def skipped(source: Source, env: Mapping[str, str] = os.environ) -> str | None:
    """What has to be set before a source can be asked; None when it can be."""
    missing = [name for name in source.secrets if not env.get(name)]
    return f"set {' and '.join(missing)}" if missing else None


def land(
    source: Source,
    store: Warehouse,
    db: DuckDB,
    *,
    seconds: float = READ_AGAIN_SECONDS,
    at_once: int = BATCH_CAPTURES,
) -> list[Attempt]:
    """Read what has not landed with today's code and rules.

    New captures are read first, oldest first. Then those read under older rules, newest first in
    batches, for a bounded time: the next run goes on where this one stopped.

    Args:
        source: Whose captures to read.
        store: Where they are.
        db: The build database.
        seconds: How long captures are read again; at least one batch is.
        at_once: Captures of a batch.
    """
    parser = _parser(source, _landed(db))
    wh.create(db, source.contract.table, source.contract.doc, source.contract.columns)
    if source.file is not None:
        return _land_file(source, store, db, parser)
    index.refresh(db, store.raw, source.name, datetime.now(UTC))
    attempts: list[Attempt] = []
    tables: dict[str, pl.DataFrame] = {}
    tried: set[tuple[str, datetime]] = set()
    deadline = time.monotonic() + seconds
    started, total = False, 0
    while True:
        attempts += _nothing_new(source, db, parser)
        waiting = index.waiting(db, source.name, parser)
        plan = index.plan(source, waiting, tried, at_once)
        if not plan or (started and plan.again and time.monotonic() > deadline):
            break
        if not tables:
            tables = {name: wh.read(db, _contract(name)) for name in source.contract.reads}
        older = waiting.filter(pl.col("parser").is_not_null())["captured_at"].to_list()
        batch = Batch(
            source,
            db,
            parser,
            tables,
            lambda each: _read(source, store, db, each),
            frozenset(older),
        )
        attempts += landing.land(batch, plan.captures)
        tried |= {(each.part, each.captured_at) for each in plan.captures}
        started = started or plan.again
        total = max(total, waiting.height)
        if plan.left or total > at_once:
            done = total - plan.left
            sys.stderr.write(f"{source.name}: {done:,} of {total:,} captures read\n")
    return attempts


def _nothing_new(source: Source, db: DuckDB, parser: str) -> list[Attempt]:
    """Answers whose bytes were read before, by a source to which seeing again is no news."""
    if source.sightings:
        return []
    same = db.execute(
        "select waiting.part, waiting.source_url, waiting.captured_at, waiting.sha256 "
        "from meta.captures as waiting semi join meta.attempts as read "
        "on read.source = waiting.source and read.part = waiting.part "
        "and read.sha256 = waiting.sha256 and read.parser = $parser and read.outcome = 'landed' "
        "where waiting.source = $source and waiting.damage_reason is null "
        "and waiting.parser is distinct from $parser order by waiting.captured_at",
        {"source": source.name, "parser": parser},
    ).fetchall()
    if not same:
        return []
    found = [Capture(source.name, part, url, at, sha256) for part, url, at, sha256 in same]
    with wh.transaction(db):
        wh.remove(db, source.contract, source.name, [each.captured_at for each in found])
        total = landing.held(db, source)
        made = [
            Attempt(
                source.name,
                each.part,
                datetime.now(UTC),
                "landed",
                captured_at=each.captured_at,
                sha256=each.sha256,
                parser=parser,
                held=total,
            )
            for each in found
        ]
        record(db, made)
        index.was_read(db, found, parser)
    return made


def _land_file(source: Source, store: Warehouse, db: DuckDB, parser: str) -> list[Attempt]:
    """Read a committed file unless it landed as it is, by today's code and rules."""
    assert source.file is not None
    sha256 = committed.sha256_of(REFERENCE / source.file)
    newest = db.execute(
        "select sha256, parser from meta.attempts where source = ? and outcome = 'landed' "
        "order by attempted_at desc limit 1",
        [source.name],
    ).fetchall()
    if newest == [(sha256, parser)]:
        return []
    url = f"warehouse/reference/{source.file}"
    tables = {name: wh.read(db, _contract(name)) for name in source.contract.reads}
    batch = Batch(source, db, parser, tables, lambda each: _read(source, store, db, each))
    return landing.land(batch, [Capture(source.name, "all", url, datetime.now(UTC), sha256)])


def catch_up(sources: Sequence[Source], store: Warehouse, db: DuckDB) -> list[Attempt]:
    """Land sources of which this build database has read nothing, though there is something.

    It may be a new one: deleted, set aside as damaged, or laid out by other code. Runs that ask
    some sources only, such as the hourly one, must not publish what lacks the others, nor what they
    read while the rules they read by were lacking.
    """
    rows = db.execute("select distinct source from meta.attempts where sha256 is not null")
    read = {name for (name,) in rows.fetchall()}
    attempts: list[Attempt] = []
    caught_up: set[str] = set()
    for source in in_landing_order(tuple(sources)):
        there = source.file or (store.raw.root / source.name).is_dir()
        if there and (source.name not in read or caught_up & {*source.contract.reads}):
            register(db, source)
            attempts += land(source, store, db)
            caught_up.add(source.contract.name)
    return attempts


def _read(source: Source, store: Warehouse, db: DuckDB, each: Capture) -> pl.DataFrame:
    """One capture to rows; a damaged body is mended from an equal one, or noted in the index."""
    if source.file is not None:
        assert source.parse is not None
        return source.parse((REFERENCE / source.file).read_bytes(), each)
    try:
        return _parsed(source, store, each)
    except RawCorruptError as error:
        if store.raw.mend(each):
            return _parsed(source, store, each)
        stamp = index.holder(db, each)
        index.damaged(db, store.raw, source.name, each.part, stamp, str(error))
        raise


def _parsed(source: Source, store: Warehouse, each: Capture) -> pl.DataFrame:
    if source.parse is not None:
        return source.parse(store.raw.body(each), each)
    assert source.parse_stream is not None  # a source has one of the two
    with store.raw.open(each) as stream:
        try:
            return source.parse_stream(stream, each)
        finally:
            # A parser may stop early, or stumble over damage: the hash is compared at the end.
            while stream.read(STEP):
                pass


def _refusal(source: Source, part: str, error: UpstreamError) -> Attempt:
    outcome = "unreachable" if error.status is None else "refused"
    return Attempt(source.name, part, datetime.now(UTC), outcome, plain(error))


def _contract(name: str) -> Contract:
    return next(each.contract for each in discover() if each.contract.name == name)


def _parser(source: Source, landed: Mapping[str, str] | None = None) -> str:
    """Fingerprint of the code and of the rules (committed files) a source's rows depend on.

    Args:
        source: Whose rows.
        landed: Of each source the hash of what landed last. Rules that are read from their tables
            are those that landed, which a job may ask prices before; None: as the files are now.
    """
    rules = [
        committed.sha256_of(REFERENCE / each.file)
        if landed is None or each.name in source.rules
        else landed.get(each.name, "nothing")
        for each in discover()
        if each.file and (each.contract.name in source.contract.reads or each.name in source.rules)
    ]
    return hashlib.sha256("".join([code_fingerprint(source), *rules]).encode()).hexdigest()[:16]


def _landed(db: DuckDB) -> dict[str, str]:
    """Hash of the committed file of each that landed last."""
    files = [each.name for each in discover() if each.file]
    return dict(
        db.execute(
            "select source, arg_max(sha256, attempted_at) from meta.attempts "
            "where outcome = 'landed' and source in (select unnest(?)) group by source",
            [files],
        ).fetchall()
    )


def in_landing_order(sources: tuple[Source, ...]) -> list[Source]:
    """Sources whose table another source reads come first; otherwise by name."""
    read = {name for each in sources for name in each.contract.reads}
    return sorted(sources, key=lambda each: (each.contract.name not in read, each.name))
