"""The only place Dagster objects are assembled, and where it is said when things run."""

from collections.abc import Iterator

import dagster as dg

from pipeline import assets
from pipeline.model import models
from pipeline.runs.lock import hold, live
from pipeline.source import Source, discover
from pipeline.warehouse import OWN_TABLES, ROOT, Warehouse

# Prices move within the hour, filings daily, credit data sets weekly; reference files by commit.
RHYTHM = {
    "prices": "5 * * * *",
    "filings": "10 6 * * *",
    "credit": "20 6 * * 1",
    "reference": "0 17 * * *",
}
BUILD_AT = "25 * * * *"
# A run of the daemon waits for one at a terminal. The next of the hourly ones would wait behind it.
WAIT_SECONDS = 1_800.0


def held(store: Warehouse) -> dg.ResourceDefinition:
    """The warehouse as a resource: whoever executes a run holds the lock while it lasts."""

    @dg.resource
    def warehouse(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        run = context.run
        what = "a run of the UI"
        if run is not None:
            what = f"run {run.run_id[:8]}, {run.job_name}"
            live(store.root, run.run_id)
        say = context.log.info if context.log else print
        with hold(store.lock, what, wait_seconds=WAIT_SECONDS, say=say):
            yield store

    return warehouse


def definitions(
    sources: tuple[Source, ...] | None = None, warehouse: Warehouse | None = None
) -> dg.Definitions:
    """Every asset, job and schedule; tests pass a throw-away warehouse and recorded sources.

    Raises:
        ValueError: a model that reads a staging table no source fills.
    """
    sources = discover() if sources is None else sources
    warehouse = warehouse or Warehouse(ROOT)
    producers: dict[str, list[dg.AssetKey]] = {}
    for source in sources:
        keys = producers.setdefault(source.contract.table, [])
        keys.append(assets.staging_key(source))
        if source.backfill is not None:
            keys.append(assets.history_key(source))
    for model in models():
        producers[model.table] = [assets.table_key(model.table)]
    for model in models():
        if orphans := model.reads - producers.keys() - OWN_TABLES.keys():
            raise ValueError(f"{model.table} reads {sorted(orphans)}, which nothing makes")
    built = [*assets.model_assets(models(), producers), *assets.publish_assets(models())]
    everything = [asset for source in sources for asset in assets.assets_for(source, sources)]
    history = {assets.history_key(source) for source in sources}
    ingested = [asset for asset in everything if asset.key not in history]
    build = dg.AssetSelection.assets(*built)
    jobs = [
        dg.define_asset_job("ingest", dg.AssetSelection.assets(*ingested)),
        dg.define_asset_job("build", build),
    ]
    schedules = [
        dg.ScheduleDefinition(
            name=f"ingest_{domain}",
            cron_schedule=RHYTHM[domain],
            target=dg.AssetSelection.groups(domain) & dg.AssetSelection.assets(*ingested),
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for domain in sorted({source.domain for source in sources})
    ]
    schedules.append(
        dg.ScheduleDefinition(
            name="build",
            cron_schedule=BUILD_AT,
            job=jobs[1],
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    )
    return dg.Definitions(
        assets=[*everything, *built],
        jobs=jobs,
        schedules=schedules,
        resources={"warehouse": held(warehouse)},
        executor=dg.in_process_executor,
    )


defs = definitions()
