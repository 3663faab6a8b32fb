"""The only place Dagster objects are assembled, and where it is said when things run."""

import dagster as dg

from pipeline import assets
from pipeline.model import models
from pipeline.source import Source, discover
from pipeline.warehouse import ROOT, Warehouse

# Prices move within the hour, filings daily, credit data sets weekly; reference files by commit.
RHYTHM = {
    "prices": "5 * * * *",
    "filings": "10 6 * * *",
    "credit": "20 6 * * 1",
    "reference": "0 17 * * *",
}
BUILD_AT = "25 * * * *"


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
        producers.setdefault(source.contract.table, []).append(assets.staging_key(source))
    for model in models():
        producers[model.table] = [assets.table_key(model.table)]
        for table in model.reads:
            if table.startswith("staging.") and table not in producers:
                producers.setdefault(table, [])
    built = [*assets.model_assets(models(), producers), *assets.publish_assets(models())]
    ingested = [asset for source in sources for asset in assets.assets_for(source, sources)]
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
        assets=[*ingested, *built],
        jobs=jobs,
        schedules=schedules,
        resources={"warehouse": warehouse},
        executor=dg.in_process_executor,
    )


defs = definitions()
