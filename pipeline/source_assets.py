"""Sources as Dagster assets.

A source becomes `raw/<source>` (its bytes) and `staging/<table>/<source>` (its rows); a committed
file has the second only. Where the key of an upstream is not set, a run has nothing to make of it:
`raw/<source>` is then observed, with the reason, by the one step of its domain's run that notes
all that are skipped.
"""

import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import dagster as dg

from pipeline import ingest
from pipeline.runs import described
from pipeline.sources.source import Backfill, Source
from pipeline.warehouse import Warehouse

__all__ = [
    "assets_for",
    "freshness",
    "history_key",
    "keys",
    "raw_key",
    "skipped_assets",
    "skipped_key",
    "staging_key",
]

# `backfill_policy` is marked beta; the version is locked, and the warning would hide real ones.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

RECENT = "documents_were_read_lately"
RECENTLY = "Somebody read its documents within twice its rhythm: Dagster only sees when it landed."


def raw_key(source: Source) -> dg.AssetKey:
    return dg.AssetKey(["raw", source.name])


def staging_key(source: Source) -> dg.AssetKey:
    return dg.AssetKey(["staging", source.contract.name, source.name])


def skipped_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"skipped_{domain}"])


def history_key(source: Source) -> dg.AssetKey:
    return dg.AssetKey(["history", source.name])


def keys(sources: Sequence[Source]) -> list[dg.AssetKey]:
    """What a run that asks these sources makes; of a skipped one, its domain's note."""
    made: list[dg.AssetKey] = []
    for each in sources:
        if each.fetch is not None and ingest.skipped(each) is not None:
            made.append(skipped_key(each.domain))
        elif each.fetch is not None:
            made += [raw_key(each), staging_key(each)]
        else:
            made.append(staging_key(each))
    return [*dict.fromkeys(made)]


def freshness(source: Source) -> dg.FreshnessPolicy:
    """Stale (red) when nothing landed for twice the source's rhythm."""
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=2 * source.refresh_days))


def assets_for(source: Source, sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The raw and staging assets of one source, among all of them."""
    # Rows that others need (exchange rates) land first; when they cannot, the others still run,
    # so this is an order and not a dependency. Committed files always land: they are lineage too.
    readers = [each for each in sources if source.contract.name in each.contract.reads]
    tags = {"dagster/priority": "1"} if readers else {}
    files = [
        e
        for e in sources
        if e.file and (e.contract.name in source.contract.reads or e.name in source.rules)
    ]
    made = [_staging_asset(source, [staging_key(each) for each in files], tags)]
    if source.fetch is not None:
        asked = ingest.skipped(source) is None
        made.insert(0, _raw_asset(source, tags) if asked else _skipped_asset(source))
    if source.backfill is not None:
        made.append(_history_asset(source, source.backfill, [staging_key(each) for each in files]))
    return made


def _raw_asset(source: Source, tags: dict[str, str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=raw_key(source),
        group_name=source.domain,
        description=source.doc,
        metadata=_asked(source),
        owners=described.OWNERS,
        kinds={"python"},
        tags={"layer": "raw"},
        op_tags=tags,
    )
    def raw(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        attempts = ingest.capture(source, warehouse)
        with warehouse.connect() as db:
            ingest.register(db, source)
            ingest.record(db, attempts)
        kept = [each for each in attempts if each.outcome == "captured"]
        bad = [each for each in attempts if each.outcome != "captured"]
        metadata: dict[str, dg.RawMetadataValue] = {
            "captures": len(kept),
            "failures": dg.MetadataValue.json([f"{e.part}: {e.reason}" for e in bad]),
        }
        if not kept and bad:
            raise dg.Failure(bad[0].reason, metadata=metadata, allow_retries=False)
        return dg.MaterializeResult(metadata=metadata)

    return raw


def _skipped_asset(source: Source) -> dg.AssetsDefinition:
    """`raw/<source>` where its key was not set when the code was loaded: grey, with the reason."""

    def raw(warehouse: dg.ResourceParam[Warehouse]) -> dg.ObserveResult:
        return dg.ObserveResult(asset_key=raw_key(source), metadata=_noted(source, warehouse))

    spec = dg.AssetSpec(
        raw_key(source),
        description=f"Skipped: {ingest.skipped(source)}. Not asked until then.\n\n{source.doc}",
        group_name=source.domain,
        metadata=_asked(source),
        owners=described.OWNERS,
        kinds={"python", "skipped"},
        tags={"layer": "raw"},
    )
    made: dg.AssetsDefinition = dg.multi_observable_source_asset(
        name=f"raw__{source.name}", specs=[spec]
    )(raw)
    return made


def _noted(source: Source, store: Warehouse) -> dict[str, str | None]:
    """Record that a source is skipped; land captures of a time when it was not."""
    attempts = ingest.capture(source, store, env={})
    with store.connect() as db:
        ingest.register(db, source)
        ingest.record(db, attempts)
        if (store.raw.root / source.name).is_dir():
            ingest.land(source, store, db)
    return {"skipped": attempts[0].reason}


def skipped_assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """`raw/skipped_<domain>`: the step of a domain's run that notes whom it skips, and why.

    Skipped sources are no steps of the run themselves: all that a run plans is red on its page
    when another step fails, whether or not there was anything to do for it.
    """
    domains: dict[str, list[Source]] = {}
    for each in sources:
        if each.fetch is not None and ingest.skipped(each) is not None:
            domains.setdefault(each.domain, []).append(each)
    return [_note(domain, members) for domain, members in domains.items()]


def _note(domain: str, members: Sequence[Source]) -> dg.AssetsDefinition:
    lines = [f"- {each.name}: {ingest.skipped(each)}" for each in members]

    @dg.asset(
        key=skipped_key(domain),
        group_name=domain,
        description="Sources that are not asked, and what would change that:\n" + "\n".join(lines),
        owners=described.OWNERS,
        kinds={"python"},
        tags={"layer": "raw"},
    )
    def note(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult[None]:
        told = {each.name: _noted(each, warehouse) for each in members}
        for each in members:
            context.log_event(dg.AssetObservation(raw_key(each), metadata=told[each.name]))
        return dg.MaterializeResult(metadata={n: said["skipped"] for n, said in told.items()})

    return note


def _asked(source: Source) -> "dict[str, dg.RawMetadataValue]":
    return {
        "homepage": dg.MetadataValue.url(source.homepage),
        "terms": source.terms,
        "dagster/code_references": described.code_of_source(source),
    }


def _staging_asset(
    source: Source, rules: list[dg.AssetKey], tags: dict[str, str]
) -> dg.AssetsDefinition:
    key = staging_key(source)
    told = [dg.AssetCheckSpec(RECENT, asset=key, description=RECENTLY)] if source.file else []

    @dg.asset(
        key=key,
        check_specs=told,
        deps=[*rules, *([raw_key(source)] if source.fetch is not None else [])],
        group_name=source.domain,
        description=source.contract.doc if source.file is None else source.doc,
        freshness_policy=freshness(source) if source.fetch is not None else None,
        metadata={
            "licence": source.licence,
            "key": ", ".join(source.contract.key),
            "dagster/column_schema": described.contract_schema(source.contract),
            "dagster/code_references": described.code_of_source(source),
        },
        owners=described.OWNERS,
        kinds={"duckdb", "python" if source.file is None else "csv"},
        tags={"layer": "staging"},
        op_tags=tags,
    )
    def staging(
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.MaterializeResult[None]]:
        with warehouse.connect() as db:
            ingest.register(db, source)
            attempts = ingest.land(source, warehouse, db)
            total, at = ingest.held(db, source), ingest.read_at(db, source)
        newest = [a.newest_observed_at for a in attempts if a.newest_observed_at]
        bad = [each for each in attempts if not each.ok]
        metadata: dict[str, dg.RawMetadataValue] = {
            "dagster/row_count": total,
            "rows_added": sum(each.rows for each in attempts),
            "quarantined": sum(each.quarantined for each in attempts),
            "newest_observation": max(newest).isoformat() if newest else "nothing new",
        }
        if bad:
            metadata["failures"] = dg.MetadataValue.json([f"{e.part}: {e.reason}" for e in bad])
            raise dg.Failure(bad[-1].reason, metadata=metadata, allow_retries=False)
        yield dg.MaterializeResult(
            metadata=metadata, check_results=[_recent(source, at)] if told else []
        )

    return staging


def _recent(source: Source, at: datetime | None) -> dg.AssetCheckResult:
    """Whether a committed file is not stale, as `meta.source_status` has it."""
    stale = at is None or at < datetime.now(UTC) - timedelta(days=2 * source.refresh_days)
    return dg.AssetCheckResult(
        check_name=RECENT,
        asset_key=staging_key(source),
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"read_at": str(at), "refresh_days": source.refresh_days},
    )


PARTITIONS = {"day": dg.DailyPartitionsDefinition, "month": dg.MonthlyPartitionsDefinition}


def _history_asset(
    source: Source, backfill: Backfill, rules: list[dg.AssetKey]
) -> dg.AssetsDefinition:
    @dg.asset(
        key=history_key(source),
        deps=rules,
        partitions_def=PARTITIONS[backfill.every](start_date=backfill.since.isoformat()),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=source.domain,
        description=f"History that {source.name} keeps upstream, one {backfill.every} a partition.",
    )
    def history(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult[None]:
        attempts: list[ingest.Attempt] = []
        for key in context.partition_keys:
            fetch = partial(backfill.fetch, date.fromisoformat(key))
            attempts += ingest.capture(source, warehouse, fetch=fetch)
        with warehouse.connect() as db:
            ingest.register(db, source)
            ingest.record(db, attempts)
            landed = ingest.land(source, warehouse, db)
        metadata: dict[str, dg.RawMetadataValue] = {
            "rows_added": sum(each.rows for each in landed),
            "quarantined": sum(each.quarantined for each in landed),
        }
        if bad := [each for each in [*attempts, *landed] if not each.ok]:
            metadata["failures"] = dg.MetadataValue.json([f"{e.part}: {e.reason}" for e in bad])
            raise dg.Failure(bad[-1].reason, metadata=metadata, allow_retries=False)
        return dg.MaterializeResult(metadata=metadata)

    return history
