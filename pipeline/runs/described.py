"""What the UI says of an asset beside its name: columns and where they come from, code, kinds."""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from pipeline.build.model import Model, growing
from pipeline.columns import COLUMNS
from pipeline.contracts import Contract
from pipeline.release.graphs import GRAPHS
from pipeline.release.plots import PLOTS
from pipeline.sources.source import REFERENCE, Source
from pipeline.warehouse import DuckDB, DuckDBError, described, opened_for_reading

__all__ = [
    "OWNERS",
    "code",
    "code_of_model",
    "code_of_source",
    "contract_schema",
    "kinds",
    "made_columns",
]

PICTURED = PLOTS.keys() | GRAPHS.keys()
OWNERS = ["team:gpu-credit-warehouse"]
HOME = Path(__file__).resolve().parents[2]


def code(*paths: Path) -> dg.CodeReferencesMetadataValue:
    """Files a person opens to see how an asset is made."""
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.LocalFileCodeReference(file_path=str(path), label=str(path.relative_to(HOME)))
            for path in paths
            if path.is_relative_to(HOME)
        ]
    )


def code_of_source(source: Source) -> dg.CodeReferencesMetadataValue:
    """The module that asks and parses, or the committed file."""
    if source.file is not None:
        return code(REFERENCE / source.file)
    return code(HOME / "pipeline" / "sources" / source.domain / f"{source.name}.py")


def code_of_model(model: Model) -> dg.CodeReferencesMetadataValue:
    """The SQL file, and the module of its method where it has one."""
    paths = [HOME / "sql" / model.schema / model.group / f"{model.name}.sql"]
    if model.method:
        paths.append(HOME / f"{model.method.rpartition('.')[0].replace('.', '/')}.py")
    return code(*(path for path in paths if path.is_file()))


def words(model: Model) -> str:
    """The table's meaning; after its first sentence its headline curve (`pipeline.ui.pictures`).

    A page shows the first lines of a description, and the rest when asked for more.
    """
    if model.table not in PICTURED:
        return model.doc
    first, dot, rest = model.doc.partition(". ")
    return f"{first}{dot.strip()}\n\n![{model.name}, drawn](/pictures/{model.table}.png)\n\n{rest}"


def kinds(model: Model, env: Mapping[str, str] = os.environ) -> set[str]:
    """What makes the table, as its page shows it: Spark where ENGINE says so and it is served."""
    on_spark = env.get("ENGINE") == "spark" and model.table in growing()
    return {"spark" if on_spark else "duckdb", "sql"} | ({"python"} if model.method else set())


def _column(name: str, kind: str) -> dg.TableColumn:
    about = COLUMNS.get(name)
    tags = {"unit": about.unit} if about and about.unit and about.unit.isidentifier() else None
    words = None if about is None else described(name)
    return dg.TableColumn(name, kind, description=words, tags=tags)


def contract_schema(contract: Contract) -> dg.TableSchema:
    """Columns of a staging table, as the dictionary has them."""
    return dg.TableSchema([_column(name, str(COLUMNS[name].dtype)) for name in contract.columns])


def published_columns(published: Path) -> dict[str, dg.TableSchema]:
    """Columns of every step and mart of the published file; none where it cannot be read."""
    try:
        with opened_for_reading(published) as db:
            rows = db.execute(
                "select table_name, column_name, column_type from meta.data_dictionary"
            ).fetchall()
    except DuckDBError:
        return {}
    found: dict[str, list[dg.TableColumn]] = {}
    for table, name, kind in rows:
        found.setdefault(table, []).append(_column(name, kind))
    return {table: dg.TableSchema(columns) for table, columns in found.items()}


def made_columns(db: DuckDB, model: Model) -> dict[str, dg.TableSchema | dg.TableColumnLineage]:
    """Schema of a built table, and its columns' lineage by name.

    A name has one meaning throughout, so a column comes from those of its name in the tables that
    are read and whose name the query says; a column with a new name has none.
    """
    wanted = {model.table, *model.reads}
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in db.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() order by table_oid, column_index"
    ).fetchall():
        if table in wanted:
            found.setdefault(table, {})[name] = kind
    own = found.get(model.table, {})
    deps = {
        name: [
            dg.TableColumnDep(dg.AssetKey(table.split(".")), name)
            for table in sorted(model.reads)
            if name in found.get(table, {}) and name in model.query
        ]
        for name in own
    }
    return {
        "dagster/column_schema": dg.TableSchema([_column(*each) for each in own.items()]),
        "dagster/column_lineage": _lineage(deps),
    }


def _lineage(deps: Mapping[str, list[dg.TableColumnDep]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage({name: each for name, each in deps.items() if each})
