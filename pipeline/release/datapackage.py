"""`datapackage.json`: the CSV files described by the Data Package standard (v1, frictionless).

Source: specs.frictionlessdata.io, Tabular Data Package; field types of Table Schema.
"""

from typing import Any

from pipeline.build.model import Model, models, upstream
from pipeline.columns import COLUMNS
from pipeline.warehouse import DuckDB, columns_of

__all__ = ["datapackage", "licences"]

TYPES = {
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "DOUBLE": "number",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
}
STATEMENT = (
    "Facts collected from public documents; code and arrangement Apache-2.0. Each table names the "
    "licences of the sources it rests on, each row of a staging table its own."
)


def datapackage(
    db: DuckDB, database: str, publication: dict[str, str], files: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The package of one release.

    Args:
        db: A connection that has the published tables.
        database: Their database's name in it.
        publication: `build_id` and `published_at`.
        files: What was written, by path; of these the CSV are described.
    """
    by_source = dict(
        db.execute(f"select table_name, list(distinct licence order by licence) "
                   f"from {database}.meta.sources group by table_name").fetchall()
    )  # fmt: skip
    marts = {each.table: each for each in models()}
    resources = [
        _resource(db, database, file, about, marts[about["table"]], by_source)
        for file, about in files.items()
        if file.startswith("csv/")
    ]
    return {
        "profile": "tabular-data-package",
        "name": "gpu-credit-warehouse",
        "title": "GPU Credit Warehouse",
        "description": STATEMENT,
        "id": publication.get("build_id", ""),
        "created": publication.get("published_at", ""),
        "resources": resources,
    }


def licences(model: Model, by_source: dict[str, list[str]]) -> list[str]:
    """Licences of every source whose staging table the mart rests on."""
    reads = {each.table: each.reads for each in models()}
    staging = {table for name in upstream([model.table]) for table in reads[name]}
    return sorted({licence for table in staging for licence in by_source.get(table, [])})


def _resource(
    db: DuckDB,
    database: str,
    file: str,
    about: dict[str, Any],
    model: Model,
    by_source: dict[str, list[str]],
) -> dict[str, Any]:
    fields = []
    for name, kind in columns_of(db, f"{database}.{model.table}").items():
        field = {"name": name, "type": TYPES.get(kind, "number"), "description": COLUMNS[name].doc}
        if COLUMNS[name].unit:
            field["unit"] = str(COLUMNS[name].unit)
        fields.append(field)
    described: dict[str, Any] = {
        "name": file.removeprefix("csv/").removesuffix(".csv"),
        "profile": "tabular-data-resource",
        "path": file,
        "description": model.doc,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": about["bytes"],
        "hash": f"sha256:{about['sha256']}",
        "schema": {"fields": fields, "primaryKey": [*model.grain], "missingValues": [""]},
    }
    if names := licences(model, by_source):
        described["licenses"] = [{"name": name, "title": name} for name in names]
    return described
