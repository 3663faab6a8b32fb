"""The only place Dagster objects are assembled, and where it is said when things run."""

from collections.abc import Mapping
from types import MappingProxyType

import dagster as dg

from pipeline import assets, source_assets
from pipeline.build.model import models
from pipeline.contracts.own import OWN_TABLES
from pipeline.runs.alerts import alerts_job, alerts_sensor
from pipeline.runs.resource import held
from pipeline.runs.upkeep import upkeep_job, upkeep_schedule
from pipeline.sources.source import Source, discover
from pipeline.warehouse import ROOT, Warehouse

# Prices move within the hour, filings and rates daily, credit data sets weekly; files by commit.
RHYTHM = {
    "prices": "5 * * * *",
    "filings": "10 6 * * *",
    "credit": "20 6 * * 1",
    "rates": "0 17 * * *",
    "reference": "0 17 * * *",
}
BUILD_AT = "25 * * * *"


def definitions(
    sources: tuple[Source, ...] | None = None,
    warehouse: Warehouse | None = None,
    columns: Mapping[str, dg.TableSchema] = MappingProxyType({}),
) -> dg.Definitions:
    """Every asset, job and schedule; tests pass a throw-away warehouse and recorded sources.

    `columns` of tables are what the UI shows of them (`pipeline.ui.shown`).

    Raises:
        ValueError: a model that reads a staging table no source fills.
    """
    sources = discover() if sources is None else sources
    warehouse = warehouse or Warehouse(ROOT)
    producers: dict[str, list[dg.AssetKey]] = {}
    for source in sources:
        keys = producers.setdefault(source.contract.table, [])
        keys.append(source_assets.staging_key(source))
        if source.backfill is not None:
            keys.append(source_assets.history_key(source))
    for model in models():
        producers[model.table] = [assets.table_key(model.table)]
    for model in models():
        if orphans := model.reads - producers.keys() - OWN_TABLES.keys():
            raise ValueError(f"{model.table} reads {sorted(orphans)}, which nothing makes")
    built = [
        *assets.model_assets(models(), producers, sources, columns),
        *assets.publish_assets(models()),
    ]
    everything = [made for each in sources for made in source_assets.assets_for(each, sources)]
    everything += source_assets.skipped_assets(sources)
    ingested = source_assets.keys(sources)
    build = dg.AssetSelection.assets(*built)
    whole = dg.define_asset_job(
        "ingest",
        dg.AssetSelection.assets(*ingested),
        description="Asks every source and lands what came; one that is down costs its own rows.",
    )
    making = dg.define_asset_job(
        "build",
        build,
        description="Builds what changed, checks it, replaces published file, exports, report.",
    )
    parts = {
        domain: dg.define_asset_job(
            f"ingest_{domain}",
            dg.AssetSelection.groups(domain) & dg.AssetSelection.assets(*ingested),
            description=f"Asks the sources of {domain} and lands what came.",
        )
        for domain in sorted({source.domain for source in sources})
    }
    # After sleep each of them runs once: Dagster makes up for the newest missed tick only.
    schedules = [
        dg.ScheduleDefinition(
            name=job.name,
            cron_schedule=cron,
            job=job,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=job.description,
        )
        for job, cron in [
            *((job, RHYTHM[domain]) for domain, job in parts.items()),
            (making, BUILD_AT),
        ]
    ]
    return dg.Definitions(
        assets=[*everything, *built],
        jobs=[whole, making, *parts.values(), alerts_job, upkeep_job],
        schedules=[*schedules, upkeep_schedule],
        sensors=[alerts_sensor],
        resources={"warehouse": held(warehouse)},
        executor=dg.in_process_executor,
    )


defs = definitions()
