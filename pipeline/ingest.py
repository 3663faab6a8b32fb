"""From a source to its staging table: capture, parse, prepare, validate, land.

Every capture lands whole or not at all, in one transaction with the record of the attempt. What a
capture cannot give - a broken page, an implausible unit - leaves earlier data untouched.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from pipeline import warehouse as wh
from pipeline.aside import set_aside, set_differing_aside
from pipeline.capture.http import UpstreamError
from pipeline.capture.raw import STEP
from pipeline.contracts import Contract, ContractError, split
from pipeline.identity.offers import implausible
from pipeline.sources.source import (
    REFERENCE,
    Capture,
    Fetch,
    ParseError,
    Source,
    code_fingerprint,
    discover,
)
from pipeline.warehouse import DuckDB, Warehouse

MAX_IMPLAUSIBLE_FRACTION = 0.02


@dataclass(frozen=True)
class Attempt:
    """What came of reading one part of a source once.

    `outcome` is one of landed, failed, unreachable, refused, skipped; `rows` and `quarantined`
    count what landed.
    """

    source: str
    part: str
    attempted_at: datetime
    outcome: str
    reason: str | None = None
    captured_at: datetime | None = None
    sha256: str | None = None
    parser: str | None = None
    rows: int = 0
    quarantined: int = 0
    newest_observed_at: datetime | None = None
    held: int = 0

    @property
    def ok(self) -> bool:
        return self.outcome in ("landed", "captured", "skipped")


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
    if missing := [name for name in source.secrets if not env.get(name)]:
        return [Attempt(source.name, "all", now, "skipped", f"set {' and '.join(missing)}")]
    attempts: list[Attempt] = []
    try:
        for part in fetch(lambda name: store.raw.validators(source.name, name)):
            answer = part.response
            if isinstance(answer, UpstreamError):
                attempts.append(_refusal(source, part.name, answer))
                continue
            kept = store.raw.keep(source.name, part.name, answer, redact=source.redact)
            attempts.append(
                Attempt(
                    source.name,
                    part.name,
                    kept.captured_at,
                    "captured",
                    captured_at=kept.captured_at,
                    sha256=kept.sha256,
                )
            )
    except UpstreamError as error:
        attempts.append(_refusal(source, "all", error))
    except ValueError as error:  # a body that cannot be made safe to keep is not kept
        attempts.append(Attempt(source.name, "all", datetime.now(UTC), "failed", str(error)[:500]))
    return attempts


def record(db: DuckDB, attempts: list[Attempt]) -> None:
    """Write attempts into `meta.attempts`; a success to capture is recorded when it lands."""
    for each in attempts:
        if each.outcome == "captured":
            continue
        db.execute(
            "insert into meta.attempts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                each.source,
                each.part,
                each.attempted_at,
                each.captured_at,
                each.outcome,
                each.reason,
                each.sha256,
                each.parser,
                each.rows,
                each.quarantined,
                each.newest_observed_at,
                each.held,
            ],
        )


def register(db: DuckDB, source: Source) -> None:
    """Keep the source's own line in `meta.sources` as its module states it, and have its table."""
    wh.create(db, source.contract.table, source.contract.doc, source.contract.columns)
    row = [
        source.name,
        source.domain,
        source.homepage,
        source.terms,
        source.licence,
        source.contract.table,
        source.refresh_days,
    ]
    with wh.transaction(db):
        db.execute("delete from meta.sources where source = ?", [source.name])
        db.execute("insert into meta.sources values (?, ?, ?, ?, ?, ?, ?)", row)


def land(source: Source, store: Warehouse, db: DuckDB) -> list[Attempt]:
    """Read every capture that has not landed with today's code and rules, oldest first."""
    tables = {name: wh.read(db, _contract(name)) for name in source.contract.reads}
    parser = _parser(source)
    done: set[tuple[str, datetime]] = set()
    read: set[tuple[str, str]] = set()
    for part, captured_at, sha256, outcome in db.execute(
        "select part, captured_at, sha256, outcome from meta.attempts where source = ? "
        "and parser = ? and outcome in ('landed', 'failed') and captured_at is not null",
        [source.name, parser],
    ).fetchall():
        done.add((part, captured_at))
        if outcome == "landed":
            read.add((part, sha256))
    attempts: list[Attempt] = []
    for each in _pending(source, store, done, parser, db):
        if not source.sightings and (each.part, each.sha256) in read:
            attempts.append(_nothing_new(source, db, each, parser))
            continue
        attempts.append(_land_one(source, store, db, each, tables, parser))
        if attempts[-1].outcome == "landed":
            read.add((each.part, each.sha256))
    return attempts


def _nothing_new(source: Source, db: DuckDB, each: Capture, parser: str) -> Attempt:
    """An answer whose bytes were read before, by a source to which seeing again is no news."""
    made = Attempt(
        source.name,
        each.part,
        datetime.now(UTC),
        "landed",
        captured_at=each.captured_at,
        sha256=each.sha256,
        parser=parser,
        held=held(db, source),
    )
    record(db, [made])
    return made


def _pending(
    source: Source,
    store: Warehouse,
    done: set[tuple[str, datetime]],
    parser: str,
    db: DuckDB,
) -> Iterator[Capture]:
    if source.file is None:
        for each in store.raw.captures(source.name):
            if (each.part, each.captured_at) not in done:
                yield each
        return
    body = (REFERENCE / source.file).read_bytes()
    sha256 = hashlib.sha256(body).hexdigest()
    newest = db.execute(
        "select sha256, parser from meta.attempts where source = ? and outcome = 'landed' "
        "order by attempted_at desc limit 1",
        [source.name],
    ).fetchall()
    if newest != [(sha256, parser)]:
        url = f"warehouse/reference/{source.file}"
        yield Capture(source.name, "all", url, datetime.now(UTC), sha256)


def _land_one(
    source: Source,
    store: Warehouse,
    db: DuckDB,
    each: Capture,
    tables: Mapping[str, pl.DataFrame],
    parser: str,
) -> Attempt:
    terms = source.contract
    made = Attempt(
        source.name,
        each.part,
        datetime.now(UTC),
        "failed",
        captured_at=each.captured_at,
        sha256=each.sha256,
        parser=parser,
    )
    try:
        frame = _parsed(source, store, each)
        if frame.is_empty():
            raise ParseError(f"{each.url} parsed to zero rows")
        kept, rejected = _checked(source, frame, tables, db)
        with wh.transaction(db):
            wh.remove(db, terms, source.name, None if source.file else each.captured_at)
            set_differing_aside(db, source, each, kept)
            landed = wh.append(db, terms, kept)
            set_aside(db, source, each, rejected)
            made = replace(
                made,
                outcome="landed",
                rows=landed,
                quarantined=rejected.height,
                newest_observed_at=_newest(kept),
                held=held(db, source),
            )
            record(db, [made])
    except ValueError as error:  # ParseError, ContractError, RawCorruptError and bad encodings
        made = replace(made, reason=f"{type(error).__name__}: {error}"[:500])
        record(db, [made])
    return made


def _parsed(source: Source, store: Warehouse, each: Capture) -> pl.DataFrame:
    if source.parse is not None:
        body = (
            store.raw.body(each) if source.file is None else (REFERENCE / source.file).read_bytes()
        )
        return source.parse(body, each)
    assert source.parse_stream is not None  # a source has one of the two
    with store.raw.open(each) as stream:
        frame = source.parse_stream(stream, each)
        while stream.read(STEP):  # a parser may stop early; the hash is compared at the end
            pass
    return frame


def _checked(
    source: Source,
    frame: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    db: DuckDB,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to land and rows to set aside; refuses a capture whose prices changed unit."""
    terms = source.contract
    frame = frame.with_columns(source=pl.lit(source.name))
    if terms.prepare is None:
        return split(terms, frame)
    try:
        frame = terms.prepare(frame, tables)
    except pl.exceptions.PolarsError as error:
        raise ContractError(f"{source.name}: {error}") from error
    usable, unusable = frame.filter(pl.col("reason").is_null()), frame.drop_nulls("reason")
    if usable.is_empty():
        why = unusable["reason"].value_counts(sort=True).head(3).rows()
        raise ContractError(f"{source.name}: no row can be used: {why}")
    if source.file is None and "price_usd_per_gpu_hour" in terms.columns:
        until = frame.select(pl.col("captured_at").max()).item()
        odd = implausible(usable, wh.trailing_medians(db, terms, until))
        usable = usable.with_columns(reason=pl.when(odd).then(pl.lit("implausible_price")))
        share = usable["reason"].is_not_null().mean()
        if isinstance(share, float) and share > MAX_IMPLAUSIBLE_FRACTION:
            raise ContractError(
                f"{source.name}: {share:.1%} of prices are implausible: a change of unit"
            )
        unusable = pl.concat([unusable, usable.drop_nulls("reason")])
        usable = usable.filter(pl.col("reason").is_null())
    kept, rejected = split(terms, usable)
    return kept, pl.concat([unusable, rejected], how="diagonal")


def held(db: DuckDB, source: Source) -> int:
    """Rows of a source in its staging table."""
    query = f"select count(*) from {source.contract.table} where source = ?"
    return int(db.execute(query, [source.name]).fetchall()[0][0])


def _newest(kept: pl.DataFrame) -> datetime | None:
    name = "observed_at" if "observed_at" in kept.columns else "known_at"
    value = kept.select(pl.col(name).max()).item()
    return value if isinstance(value, datetime) else None


def _refusal(source: Source, part: str, error: UpstreamError) -> Attempt:
    outcome = "unreachable" if error.status is None else "refused"
    return Attempt(source.name, part, datetime.now(UTC), outcome, str(error)[:500])


def _contract(name: str) -> Contract:
    return next(each.contract for each in discover() if each.contract.name == name)


def _parser(source: Source) -> str:
    """Fingerprint of the code and of the rules (committed files) a source's rows depend on."""
    rules = [
        hashlib.sha256((REFERENCE / each.file).read_bytes()).hexdigest()
        for each in discover()
        if each.file and each.contract.name in source.contract.reads
    ]
    return hashlib.sha256("".join([code_fingerprint(source), *rules]).encode()).hexdigest()[:16]


def in_landing_order(sources: tuple[Source, ...]) -> list[Source]:
    """Sources whose table another source reads come first; otherwise by name."""
    read = {name for each in sources for name in each.contract.reads}
    return sorted(sources, key=lambda each: (each.contract.name not in read, each.name))
