"""Landing captures: parse, prepare, validate, write, many at a time and each as if alone.

What a parser or a rule makes of one capture never costs another. A batch shares what is dear - the
names looked up, the contract, one transaction - and comes to what landing one after the other comes
to, oldest first: a batch that something is wrong with is landed that way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl
from polars.exceptions import PanicException, PolarsError

from pipeline import captures
from pipeline import warehouse as wh
from pipeline.aside import NTH, WHY, set_aside, set_differing_aside
from pipeline.capture.raw import Capture, RawCorruptError
from pipeline.capture.wording import plain
from pipeline.contracts import ContractError, judged
from pipeline.contracts.filings import FILING_FACTS, FILINGS
from pipeline.contracts.keys import near, same_key
from pipeline.identity.offers import UNDESCRIBED, implausible, of_cells, unit_change
from pipeline.plausibility import last_prices, trailing_medians
from pipeline.sources.committed import LINE
from pipeline.sources.source import ParseError, Source
from pipeline.warehouse import DuckDB

MAX_BATCH_ROWS = 200_000
# Rust's panics reach Python past `Exception`. What ends a program - Ctrl-C, SystemExit - does too,
# and goes through.
WHATEVER_IS_RAISED = (Exception, PanicException)


@dataclass(frozen=True)
class Attempt:
    """What came of reading one part of a source once.

    `outcome` is one of landed, failed, unreachable, refused, skipped; `rows` and `quarantined`
    count what landed. `parser` is null where reading again under the same rules may go better.
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


@dataclass(frozen=True)
class Batch:
    """What one batch of captures is landed with.

    Attributes:
        source: Whose captures they are.
        db: The build database.
        parser: Fingerprint of the rules.
        tables: Staging tables that `prepare` reads.
        read: One capture to its rows.
        waiting: Moments of captures read under older rules, whose rows are to be replaced.
    """

    source: Source
    db: DuckDB
    parser: str
    tables: Mapping[str, pl.DataFrame]
    read: Callable[[Capture], pl.DataFrame]
    waiting: frozenset[datetime] = frozenset()

    def attempt(self, capture: Capture, outcome: str = "failed") -> Attempt:
        """The record of reading a capture now."""
        return Attempt(
            self.source.name,
            capture.part,
            datetime.now(UTC),
            outcome,
            captured_at=capture.captured_at,
            sha256=capture.sha256,
            parser=self.parser,
        )

    def failed(self, capture: Capture, error: BaseException) -> Attempt:
        """The record of a capture that cannot land, with the reason."""
        made = self.attempt(capture)
        # Memory that is short today is no property of the bytes; damage is looked at when they
        # change. Neither is held against the capture under these rules.
        lasting = not isinstance(error, MemoryError | RawCorruptError)
        reason = plain(f"{type(error).__name__}: {plain(error)}")
        return replace(made, reason=reason, parser=self.parser if lasting else None)


@dataclass
class _Judged:
    """One capture's rows on their way: those to keep, those set aside, or why it cannot land."""

    capture: Capture
    kept: pl.DataFrame = field(default_factory=pl.DataFrame)
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    error: ContractError | None = None


def land(batch: Batch, found: Sequence[Capture]) -> list[Attempt]:
    """Read captures, given oldest first, and land what they say; in as many steps as rows ask for.

    Raises:
        duckdb.Error: the database cannot be written to; what was landed before stands.
    """
    attempts: list[Attempt] = []
    parsed: list[tuple[Capture, pl.DataFrame]] = []
    for each in found:
        try:
            frame = batch.read(each)
            if frame.is_empty():
                raise ParseError(f"{each.url} parsed to zero rows")
        except WHATEVER_IS_RAISED as error:
            attempts.append(batch.failed(each, error))
            _record_all(batch, attempts[-1:], [each])
            continue
        parsed.append((each, frame))
        if sum(frame.height for _, frame in parsed) > MAX_BATCH_ROWS:
            attempts += _land_parsed(batch, parsed)
            parsed = []
    return attempts + _land_parsed(batch, parsed)


def _land_parsed(batch: Batch, parsed: Sequence[tuple[Capture, pl.DataFrame]]) -> list[Attempt]:
    if not parsed:
        return []
    try:
        judgements = _judge(batch, parsed)
        return _written(batch, judgements)
    except WHATEVER_IS_RAISED as error:
        if isinstance(error, wh.DuckDBError) and not isinstance(error, wh.DataError):
            raise  # not the capture's fault: it is read again by the next run
        if len(parsed) > 1:
            return [made for each in parsed for made in _land_parsed(batch, [each])]
        [(capture, _)] = parsed
        attempt = batch.failed(capture, error)
        _record_all(batch, [attempt], [capture])
        return [attempt]


def _judge(batch: Batch, parsed: Sequence[tuple[Capture, pl.DataFrame]]) -> list[_Judged]:
    """Rows to land and rows to set aside, capture by capture."""
    terms, name = batch.source.contract, batch.source.name
    labelled = [
        frame.with_columns(pl.lit(n, pl.Int64).alias(NTH), source=pl.lit(name))
        for n, (_, frame) in enumerate(parsed)
    ]
    frame = pl.concat(labelled, how="vertical") if len(labelled) > 1 else labelled[0]
    if terms.prepare is not None:
        try:
            frame = terms.prepare(frame, batch.tables)
        except PolarsError as error:
            raise ContractError(f"{name}: {error}") from error
        frame = frame.with_columns(pl.col("reason").alias(WHY))
    else:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(WHY))
    usable, unusable = frame.filter(pl.col(WHY).is_null()), frame.drop_nulls(WHY)
    usable = usable.with_columns(verdict=judged(terms, usable))
    made: list[_Judged] = []
    landing: list[pl.DataFrame] = []
    for n, (capture, _) in enumerate(parsed):
        mine, refused = usable.filter(pl.col(NTH) == n), unusable.filter(pl.col(NTH) == n)
        try:
            made.append(_judge_one(batch, capture, mine, refused, landing))
        except ContractError as error:
            made.append(_Judged(capture, error=error))
        else:
            landing.append(made[-1].kept)
    return made


def _judge_one(
    batch: Batch,
    capture: Capture,
    usable: pl.DataFrame,
    refused: pl.DataFrame,
    landing: list[pl.DataFrame],
) -> _Judged:
    """Refuses a capture of which nothing can be used, whose prices changed unit, or keys repeat."""
    source, terms = batch.source, batch.source.contract
    described = not refused[WHY].is_in(UNDESCRIBED).any()
    if terms.prepare is not None and usable.is_empty() and described:
        why = refused[WHY].value_counts(sort=True).head(3).rows()
        raise ContractError(f"{source.name}: no row can be used: {why}")
    if source.file is None and "price_usd_per_gpu_hour" in terms.columns:
        until = pl.concat([usable, refused], how="diagonal")["captured_at"].max()
        assert isinstance(until, datetime)
        before = pl.concat(landing).select(terms.columns) if landing else None
        medians = trailing_medians(
            batch.db,
            terms,
            until,
            source=source.name,
            waiting=sorted(batch.waiting),
            landing=before,
        )
        odd = usable.select(odd=implausible(usable, medians))["odd"]
        last = last_prices(
            batch.db, terms, until, source=source.name, waiting=sorted(batch.waiting),
            landing=before,
        )  # fmt: skip
        own = usable.select("offer_id").join(last, on="offer_id", how="left", maintain_order="left")
        known = pl.DataFrame({"last": own["last"], "median": of_cells(usable, medians)})
        if factor := unit_change(usable, odd, known):
            raise ContractError(
                f"{source.name}: most of {usable.height} prices moved by a factor of {factor:.3g}: "
                "a change of unit"
            )
        implausibly = pl.when(pl.lit(odd)).then(pl.lit("implausible_price"))
        usable = usable.with_columns(implausibly.alias(WHY))
        refused = pl.concat([refused, usable.drop_nulls(WHY)], how="diagonal")
        usable = usable.filter(pl.col(WHY).is_null())
    twice = usable.filter(usable.select(terms.key).is_duplicated())
    if not twice.is_empty():
        what = twice.select(terms.key).unique(maintain_order=True).head(3).rows()
        raise ContractError(f"{terms.name}: keys repeat: {what}")
    broken = usable.drop_nulls("verdict").with_columns(pl.col("verdict").alias(WHY))
    if terms.committed is not None and terms.committed.is_whole:
        _refuse_bad_lines(source, pl.concat([refused, broken], how="diagonal"))
    kept = usable.filter(pl.col("verdict").is_null()).select(*terms.columns, NTH)
    return _Judged(capture, kept, pl.concat([refused, broken], how="diagonal"))


def _date_figures(db: DuckDB) -> None:
    """Figures that landed, or were set aside, before the list with their filing take its moment.

    Until then the end of the filing day stands for it (`pipeline.identity.facts.dated`).
    """
    wh.create(db, FILING_FACTS.table, FILING_FACTS.doc, FILING_FACTS.columns)
    set_aside = f"held.table_name = '{FILING_FACTS.table}' and held.row_raw ->> 'accession'"
    for table, accession in (
        (FILING_FACTS.table, "held.accession"),
        ("staging.quarantine", set_aside),
    ):
        [(later,)] = db.execute(
            f"update {table} as held set known_at = filings.accepted_at "
            f"from {FILINGS.table} as filings where {accession} = filings.accession "
            "and held.known_at <> filings.accepted_at"
        ).fetchall()
        if later:
            wh.bump(db, table)


def _refuse_bad_lines(source: Source, bad: pl.DataFrame) -> None:
    """A committed file is edited by hand: whoever broke a line is told which, and why."""
    told = [
        f"warehouse/reference/{source.file}:{line}: {why}"
        for line, why in bad.select(LINE, WHY).sort(LINE).head(3).iter_rows()
    ]
    if told:
        raise ContractError("; ".join(told))


def _written(batch: Batch, judgements: Sequence[_Judged]) -> list[Attempt]:
    """Land a batch in one transaction with the record of the attempts."""
    db, source, terms = batch.db, batch.source, batch.source.contract
    good = [each for each in judgements if each.error is None]
    counts: dict[int, int] = {}
    attempts: list[Attempt] = []
    with wh.transaction(db):
        if good:
            _take_back(batch, [each.capture for each in good])
            rows = pl.concat([each.kept for each in good])
            rows = rows.unique(terms.key, keep="first", maintain_order=True)
            _displace(batch, rows)
            set_differing_aside(db, source, rows)
            counts = wh.append_by(db, terms, rows, NTH)
            for each in good:
                set_aside(db, source, each.capture, each.rejected)
            if terms is FILINGS:
                _date_figures(db)
        total = held(db, source)
        for n, each in enumerate(judgements):
            if each.error is not None:
                attempts.append(batch.failed(each.capture, each.error))
                continue
            made = batch.attempt(each.capture, "landed")
            if source.file is not None:  # the last day somebody read one of its documents
                made = replace(made, captured_at=_greatest(each.kept, "captured_at"))
            attempts.append(
                replace(
                    made,
                    rows=counts.get(n, 0),
                    quarantined=each.rejected.height,
                    newest_observed_at=_newest(each.kept),
                    held=total,
                )
            )
        _record_all(batch, attempts, [each.capture for each in judgements])
    return attempts


def _take_back(batch: Batch, landing: Sequence[Capture]) -> None:
    moments = None if batch.source.file else [each.captured_at for each in landing]
    wh.remove(batch.db, batch.source.contract, batch.source.name, moments)


def _displace(batch: Batch, rows: pl.DataFrame) -> None:
    """Make room where a key is held by a later capture, or was read under older rules.

    Of captures that say the same the earliest counts. When rules change, captures are read again
    newest first, so the earliest may come last.
    """
    source, terms = batch.source, batch.source.contract
    if source.file is not None or rows.is_empty():
        return
    later = (
        "where held.source = ? and (held.captured_at > incoming.captured_at "
        f"or held.captured_at in (select unnest(?::timestamptz[]))) and {same_key(terms)} "
        f"and {near(terms, rows)}"
    )
    values = [source.name, sorted(batch.waiting)]
    with wh.registered(batch.db, incoming=rows):
        of = f"from (select held.* from {terms.table} as held cross join incoming {later})"
        days = wh.days_of(batch.db, terms, of, values)
        delete = f"delete from {terms.table} as held using incoming {later}"
        gone = batch.db.execute(delete, values).fetchall()
    if gone[0][0]:
        wh.bump(batch.db, terms.table, days)


def _record_all(batch: Batch, attempts: Sequence[Attempt], read: Sequence[Capture]) -> None:
    record(batch.db, attempts)
    lasting = {(e.part, e.captured_at) for e in attempts if e.parser is not None}
    done = [each for each in read if (each.part, each.captured_at) in lasting]
    captures.was_read(batch.db, done, batch.parser)


def record(db: DuckDB, attempts: Sequence[Attempt]) -> None:
    """Write attempts into `meta.attempts`; a success to capture is recorded when it lands."""
    lines = [
        {
            "source": each.source,
            "part": each.part,
            "attempted_at": each.attempted_at,
            "captured_at": each.captured_at,
            "outcome": each.outcome,
            "outcome_reason": None if each.reason is None else plain(each.reason),
            "sha256": each.sha256,
            "parser": each.parser,
            "row_count": each.rows,
            "quarantined_count": each.quarantined,
            "newest_observed_at": each.newest_observed_at,
            "held_count": each.held,
        }
        for each in attempts
        if each.outcome != "captured"
    ]
    if lines:
        wh.insert(db, "meta.attempts", lines)


def held(db: DuckDB, source: Source) -> int:
    """Rows of a source in its staging table."""
    query = f"select count(*) from {source.contract.table} where source = ?"
    return int(db.execute(query, [source.name]).fetchall()[0][0])


def _newest(kept: pl.DataFrame) -> datetime | None:
    return _greatest(kept, "observed_at" if "observed_at" in kept.columns else "known_at")


def read_at(db: DuckDB, source: Source) -> datetime | None:
    """When the newest was asked of what has landed, or read for a committed file, if anything."""
    query = "select max(captured_at) from meta.attempts where source = ? and outcome = 'landed'"
    at: datetime | None = db.execute(query, [source.name]).fetchall()[0][0]
    return at


def _greatest(kept: pl.DataFrame, moment: str) -> datetime | None:
    value = kept.select(pl.col(moment).max()).item()
    return value if isinstance(value, datetime) else None
