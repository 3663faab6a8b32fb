"""How the command line speaks: tables, JSON, errors in one line, and the name it is called by."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BUSY", "FAILED", "as_json", "called", "complain", "errors", "frame", "out", "pairs"]

FAILED = 1
BUSY = os.EX_TEMPFAIL
# A file or a pipe has no width: rows stay on one line there.
PIPED_WIDTH = 10_000


def out(*, to_stderr: bool = False) -> Console:
    """A console; colour only at a terminal and without NO_COLOR, whole lines into a pipe."""
    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=width is not None)


def called() -> str:
    """How to start this command line again, as it was started: for sentences with a next step."""
    if Path(sys.argv[0]).name == "gcw":
        return "gcw"
    python = Path(sys.executable)
    here = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return f"{here} -m pipeline"


def as_json(value: object) -> None:
    """One JSON document on standard output; moments as ISO 8601."""
    text = json.dumps(value, indent=1, default=_plain, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def complain(line: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"{line}\n")


@contextmanager
def errors(*known: type[BaseException]) -> Iterator[None]:
    """Errors that a person can mend, as one line and exit code 1; others keep their traceback."""
    try:
        yield
    except known as error:
        complain(f"error: {error}")
        raise typer.Exit(FAILED) from error


def cell(value: object) -> str:
    """One value as a person reads it; nothing where there is none."""
    match value:
        case None:
            return ""
        case float():
            return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)


def frame(console: Console, rows: "pl.DataFrame", *, limit: int | None = None) -> None:
    """Rows as a table, numbers to the right; into a pipe as tab-separated text, unrounded."""
    if not console.is_terminal:
        sys.stdout.write(rows.write_csv(separator="\t"))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, dtype in rows.schema.items():
        table.add_column(name, justify="right" if dtype.is_numeric() else "left", overflow="fold")
    shown = rows if limit is None else rows.head(limit)
    for row in shown.iter_rows():
        table.add_row(*(Text(cell(value)) for value in row))
    console.print(table)
    left = rows.height - shown.height
    console.print(f"{rows.height:,} rows" + (f", {left:,} not shown" if left else ""), style="dim")


def pairs(console: Console, values: Mapping[str, Any]) -> None:
    """Names and values in two columns."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(name, value if isinstance(value, Text) else Text(cell(value)))
    console.print(table)
