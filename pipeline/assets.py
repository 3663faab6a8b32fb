"""SQL models and what is published of them as Dagster assets.

Models are one multi-asset per group, each table its own asset with row count, newest observation
and check results.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import dagster as dg

from pipeline import ingest
from pipeline.build import model as sql
from pipeline.release.publish import publish
from pipeline.runs import described
from pipeline.sources.source import Source
from pipeline.warehouse import DuckDB, Warehouse, is_damage


def table_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


def model_assets(
    models: Sequence[sql.Model],
    producers: dict[str, list[dg.AssetKey]],
    sources: Sequence[Source] = (),
    columns: Mapping[str, dg.TableSchema] = MappingProxyType({}),
) -> list[dg.AssetsDefinition]:
    """One multi-asset per group of models, in building order inside the group.

    Those of `sources` that a new build database has not read yet are landed first. `columns` are
    shown of a table before it is built here.
    """
    groups: dict[str, list[sql.Model]] = {}
    for each in models:
        groups.setdefault(each.group, []).append(each)
    return [
        _group_asset(name, members, producers, sources, columns) for name, members in groups.items()
    ]


def _group_asset(
    name: str,
    members: list[sql.Model],
    producers: dict[str, list[dg.AssetKey]],
    sources: Sequence[Source],
    columns: Mapping[str, dg.TableSchema],
) -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            table_key(each.table),
            deps=[key for table in sorted(each.reads) for key in producers.get(table, [])],
            description=described.words(each),
            group_name=name,
            metadata={
                "grain": ", ".join(each.grain),
                "sql": dg.MetadataValue.md(_fenced(each)),
                "dagster/code_references": described.code_of_model(each),
                **({"dagster/column_schema": columns[each.table]} if each.table in columns else {}),
            },
            owners=described.OWNERS,
            kinds=described.kinds(each),
            tags={"layer": each.schema},
            code_version=sql.text_version(each),
        )
        for each in members
    ]
    own = {each.table for each in members}
    audits = [each for each in sql.checks() if each.table in own]

    @dg.multi_asset(
        name=f"build_{name}",
        specs=specs,
        check_specs=[
            dg.AssetCheckSpec(
                each.promise,
                asset=table_key(each.table),
                description=each.doc,
                blocking=each.blocks,
            )
            for each in audits
        ],
        can_subset=True,
    )
    def build(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        wanted = [m for m in members if table_key(m.table) in context.selected_asset_keys]
        failed: dict[str, str] = {}
        with warehouse.connect() as db:
            ingest.catch_up(sources, warehouse, db)
            for each in wanted:
                if broken := sorted(each.reads & failed.keys()):
                    failed[each.table] = f"reads {broken[0]}, which failed"
                    continue
                try:
                    built = sql.rebuild(db, each)
                except sql.BUILD_ERRORS as error:
                    if is_damage(error):
                        raise  # no query can be trusted: the database is set aside
                    failed[each.table] = str(error)[:1_000]
                    yield from _failed_checks(each, str(error))
                    continue
                yield _built(db, each, built)
        if failed:
            raise dg.Failure(
                "; ".join(f"{table}: {why}" for table, why in sorted(failed.items())),
                metadata={"failed": dg.MetadataValue.json(failed)},
                allow_retries=False,
            )

    return build


def _built(db: DuckDB, model: sql.Model, built: sql.Built) -> dg.MaterializeResult[None]:
    metadata: dict[str, dg.RawMetadataValue] = {
        "dagster/row_count": built.rows,
        "rebuilt": built.rebuilt,
    }
    columns = {
        name
        for (name,) in db.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ?",
            [model.schema, model.name],
        ).fetchall()
    }
    if built.rebuilt:
        metadata |= described.made_columns(db, model)
    for day in sorted(columns & {"observed_on", "period_end_on"}):
        newest = db.execute(f"select max({day}) from {model.table}").fetchall()[0][0]
        metadata["newest_observation"] = str(newest)
    results = [
        dg.AssetCheckResult(
            check_name=promise,
            asset_key=table_key(model.table),
            passed=rows.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows": rows.height, "sample": dg.MetadataValue.json(_sample(rows))},
        )
        for promise, rows in built.broken.items()
    ]
    return dg.MaterializeResult(
        asset_key=table_key(model.table), metadata=metadata, check_results=results
    )


def _failed_checks(model: sql.Model, why: str) -> Iterator[dg.AssetCheckResult]:
    for each in sql.checks():
        if each.table == model.table and each.promise in why:
            yield dg.AssetCheckResult(
                check_name=each.promise,
                asset_key=table_key(model.table),
                passed=False,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"why": why[:1_000]},
            )


def _sample(rows: sql.Rows) -> list[dict[str, str]]:
    return [{k: str(v) for k, v in row.items()} for row in rows.head(5).to_dicts()]


def _fenced(model: sql.Model) -> str:
    method = f"Then `{model.method}`.\n\n" if model.method else ""
    return f"{method}```sql\n{model.query}\n```"


def publish_assets(models: Sequence[sql.Model]) -> list[dg.AssetsDefinition]:
    """`published/warehouse` (the file people open) and `published/exports`, after every model."""

    @dg.asset(
        key=dg.AssetKey(["published", "warehouse"]),
        deps=[table_key(each.table) for each in models],
        group_name="published",
        description="warehouse/warehouse.duckdb, replaced by atomic rename.",
    )
    def warehouse_file(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        path = publish(warehouse)
        at = datetime.now(UTC).isoformat()
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "published_at": at,
                "bytes": path.stat().st_size,
            }
        )

    @dg.asset(
        key=dg.AssetKey(["published", "exports"]),
        deps=[warehouse_file],
        group_name="published",
        description="One Parquet and one CSV per mart under warehouse/exports/.",
    )
    def exports(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        from pipeline.release.export import export  # what draws and writes takes a second to load

        written = export(warehouse)
        return dg.MaterializeResult(metadata={"files": len(written)})

    @dg.asset(
        key=dg.AssetKey(["published", "report"]),
        deps=[warehouse_file],
        group_name="published",
        description="warehouse/report/index.html: the headline figures on one page, offline.",
    )
    def report_page(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        from pipeline.release.report import report

        path = report(warehouse)
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(str(path)), "bytes": path.stat().st_size}
        )

    return [warehouse_file, exports, report_page]
