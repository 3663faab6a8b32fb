"""The commands of `gcw` and `python -m pipeline`, and the codes they end with.

0 well, 1 failed (nothing published, a question that cannot be answered, a bad line), 2 a command
that is written wrongly, 75 another run holds the warehouse, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.running import UnknownNameError
from pipeline.cli.running import run as run_jobs
from pipeline.cli.telling import FAILED, as_json, called, complain, errors, frame, out, pairs
from pipeline.runs.lock import WAIT_SECONDS, BusyError

if TYPE_CHECKING:
    import polars as pl

    from pipeline.warehouse import Warehouse

__all__ = ["app", "main"]

app = typer.Typer(
    name="gcw",
    help="GPU Credit Warehouse: what a GPU rents for, what it is worth, who borrowed against it.",
    epilog="Exit codes: 0 well, 1 failed, 2 written wrongly, 75 another run holds the warehouse, "
    "130 Ctrl-C, 143 SIGTERM. NO_COLOR is heeded.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what failed.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Each source and table as it ends; whole reasons.")
]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for another run.")]
Form = Annotated[
    Literal["table", "csv", "json"], typer.Option("--format", "-f", help="How rows are written.")
]


def store() -> "Warehouse":
    """The warehouse that commands ask: the one of this checkout."""
    from pipeline.warehouse import Warehouse

    return Warehouse()


@app.callback(invoke_without_command=True)
def _(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def run(
    wait: Wait = WAIT_SECONDS,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Ingest what is reachable, build, check, publish, and say what came of it.

    Without a network it builds from the committed history. Sources that fail do not stop it.
    """
    raise typer.Exit(
        run_jobs(verb="run", wait_seconds=wait, json=json, quiet=quiet, verbose=verbose)
    )


@app.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...")] = None,
    wait: Wait = WAIT_SECONDS,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Ask sources and land their rows; nothing is built or published."""
    with errors(UnknownNameError):
        code = run_jobs(
            sources, verb="ingest", wait_seconds=wait, json=json, quiet=quiet, verbose=verbose
        )
    raise typer.Exit(code)


@app.command()
def build(
    tables: Annotated[list[str] | None, typer.Argument(metavar="[TABLE]...")] = None,
    wait: Wait = WAIT_SECONDS,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Build what changed, check, publish. Tables named are built with what they rest on, only."""
    with errors(UnknownNameError):
        code = run_jobs(
            tables, verb="build", wait_seconds=wait, json=json, quiet=quiet, verbose=verbose
        )
    raise typer.Exit(code)


@app.command()
def status(json: Json = False, quiet: Quiet = False) -> None:
    """What is published, how old it is, and what came of every source."""
    from pipeline.cli.running import tell_sources
    from pipeline.release.status import status as published
    from pipeline.warehouse import DuckDBError

    with errors(DuckDBError):
        there = published(store())
    if there is None:
        complain(f"nothing has been published yet: {called()} run")
        raise typer.Exit(FAILED)
    if json:
        as_json(
            {
                "published": there.path,
                **there.publication,
                "newest": there.newest,
                "sources": there.sources.to_dicts(),
                "tables": there.tables,
            }
        )
        return
    console = out()
    if not quiet:
        frame(console, there.sources.drop("domain", strict=False))
        frame(console, _sizes(there.tables))
    tell_sources(there.sources)
    pairs(console, {f"newest of {name}": at for name, at in there.newest.items()})
    console.print(f"published: {there.path}")


def _sizes(tables: dict[str, int]) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(
        {"table_name": [*tables], "row_count": [*tables.values()]},
        {"table_name": pl.String, "row_count": pl.Int64},
    )


@app.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="One query; none starts a shell.")] = None,
    form: Form = "table",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day or moment that vintage.* shows.")
    ] = None,
) -> None:
    """Ask the published file, read-only: one query, standard input, or a shell with `.tables`.

    Names without a schema are marts.
    """
    from pipeline.cli import asking
    from pipeline.warehouse import DuckDBError

    with errors(DuckDBError, ValueError, asking.NothingPublishedError):
        if query is None and sys.stdin.isatty():
            asking.shell(store())
            return
        text = sys.stdin.read() if query in (None, "-") else str(query)
        at = None if as_of is None else asking.moment(as_of)
        asking.shown(asking.answer(store(), text, at), form=form)


@app.command()
def vintage(
    date: Annotated[str, typer.Argument(help="Day (to its end, UTC) or moment, ISO 8601.")],
    query: Annotated[str, typer.Argument(help="One SELECT; marts.x is read as vintage.x.")],
    form: Form = "table",
) -> None:
    """Ask what was known on a day: every table of the query is read as it was then.

    DuckDB answers, whatever ENGINE says.
    """
    from pipeline.build.lineage import ModelError
    from pipeline.cli import asking
    from pipeline.warehouse import DuckDBError

    with errors(DuckDBError, ValueError, ModelError, asking.NothingPublishedError):
        at = asking.moment(date)
        asking.shown(asking.answer(store(), asking.past(query), at), form=form)


@app.command()
def explain(
    table: Annotated[str, typer.Argument(help="A mart or step, with or without its schema.")],
    key: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLUMN=VALUE]...", help="Of several rows the newest counts."),
    ] = None,
    json: Json = False,
) -> None:
    """Where a row comes from: its inputs down to captures and filings, and the row made anew.

    gcw explain neocloud_leverage issuer=CoreWeave period_end_on=2026-06-30
    """
    from pipeline.cli import asking
    from pipeline.release.explain import UnknownRowError

    with errors(UnknownRowError, asking.NothingPublishedError):
        found = asking.explained(store(), table, key or [])
    if json:
        as_json(dataclasses.asdict(found))
    else:
        asking.tell_origin(out(), found)


@app.command()
def export(quiet: Quiet = False, wait: Wait = WAIT_SECONDS) -> None:
    """Write the published marts as files again; a run does this by itself."""
    from pipeline.cli.telling import BUSY
    from pipeline.release.export import export as write
    from pipeline.runs.lock import hold

    place = store()
    try:
        with (
            errors(FileNotFoundError),
            hold(place.lock, "gcw export", wait_seconds=wait, say=complain),
        ):
            written = write(place)
    except BusyError as busy:
        complain(str(busy))
        raise typer.Exit(BUSY) from busy
    if not quiet:
        out().print(f"{len(written)} files in {place.exports}")


@app.command()
def report(quiet: Quiet = False) -> None:
    """Write the report of the published file, one page that opens offline; a run does it too."""
    from pipeline.release.report import report as write
    from pipeline.warehouse import DuckDBError

    with errors(FileNotFoundError, DuckDBError):
        path = write(store())
    if not quiet:
        out().print(str(path))


@app.command()
def fleet(
    file: Annotated[
        Path | None, typer.Argument(help="CSV; template: warehouse/reference/fleet_example.csv")
    ] = None,
) -> None:
    """What your own accelerators are worth, by three clocks. Nothing of it enters the warehouse."""
    from pipeline.fleet import FleetError, main

    if file is None or not str(file) or str(file) == ".":
        complain("say which file: make fleet FLEET=warehouse/reference/fleet_example.csv")
        raise typer.Exit(2)
    with errors(FleetError, OSError):
        raise typer.Exit(main(file, sys.stdout, store()))


@app.command()
def doctor(json: Json = False) -> None:
    """Whether a run can succeed here, which keys are set, how old things are, and what to do."""
    from pipeline.cli.doctor import findings

    found = findings(store())
    if json:
        as_json([vars(each) for each in found])
    else:
        console = out()
        for each in found:
            mark = "!" if each.blocks else ("-" if each.todo else " ")
            console.print(f"{mark} {each.about}: {each.found}", markup=False)
            if each.todo:
                console.print(f"    to do: {each.todo}", markup=False, style="bold")
    raise typer.Exit(FAILED if any(each.blocks for each in found) else 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What follows the name; None for this process's own.

    Returns:
        The exit code.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    try:
        app(None if arguments is None else [*arguments], prog_name=called())
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    return 0
