"""`doctor`: whether this machine can run the warehouse, what is missing, and what to do."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.build.model import ModelError, growing, models
from pipeline.cli.telling import called
from pipeline.release.status import status
from pipeline.runs.lock import BusyError, hold
from pipeline.sources.source import discover
from pipeline.warehouse import DuckDBError, Warehouse

PACKAGES = ("dagster", "duckdb", "polars", "pandera")
# The first run with a network fetches about 1.5 GB; a build and its copy take as much again.
NEEDED_BYTES = 4_000_000_000
OLD_DAYS = 2


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        about: What was looked at.
        found: What it is.
        todo: What to do about it; empty where it is well.
        blocks: Whether no run can succeed until it is done.
    """

    about: str
    found: str
    todo: str = ""
    blocks: bool = False


def findings(store: Warehouse, env: Mapping[str, str] = os.environ) -> list[Finding]:
    """Everything worth a look, in the order in which it matters. Never prints a secret."""
    return [
        _python(),
        *_packages(),
        _folder(store.root),
        _disk(store.root),
        _lock(store),
        *_engine(env),
        *_keys(env),
        *_published(store),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.platform(terse=True)}"
    old = sys.version_info < (3, 11)
    return Finding("Python", found, "install Python 3.11 or newer" if old else "", old)


def _packages() -> list[Finding]:
    made = []
    for name in PACKAGES:
        try:
            made.append(Finding(name, version(name)))
        except PackageNotFoundError:
            made.append(Finding(name, "not installed", "make setup", blocks=True))
    return made


def _folder(root: Path) -> Finding:
    there = root if root.exists() else root.parent
    well = os.access(there, os.W_OK)
    todo = "" if well else f"make {there} writable, or run as its owner"
    return Finding("folder", str(root), todo, not well)


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root if root.exists() else root.parent).free
    small = free < NEEDED_BYTES
    found = f"{free / 1e9:,.1f} GB free"
    todo = f"a first run with a network needs about {NEEDED_BYTES / 1e9:.0f} GB" if small else ""
    return Finding("disk", found, todo)


def _lock(store: Warehouse) -> Finding:
    if not store.lock.exists():
        return Finding("lock", "free")
    try:
        with hold(store.lock, "doctor", wait_seconds=0, say=lambda _: None):
            return Finding("lock", "free")
    except BusyError as busy:
        return Finding("lock", str(busy), "wait for it: readers are not held up")
    except OSError as error:
        return Finding("lock", str(error), f"take {store.lock} over from its owner", blocks=True)


def _engine(env: Mapping[str, str]) -> list[Finding]:
    """Which tables the engine of that name makes, and which stay DuckDB's; or what it lacks."""
    if env.get("ENGINE", "duckdb") == "duckdb":
        return []
    from pipeline.build.engine import chosen  # what reads Parquet takes a while to load

    try:
        chosen(env)
    except ModelError as error:
        return [Finding("ENGINE", env["ENGINE"], str(error), blocks=True)]
    theirs, made = growing(), models()
    found = (
        f"Spark makes {len(theirs)} tables, which grow with offers; DuckDB the other "
        f"{len(made) - len(theirs)}, answers of month ends and of methods among them, and vintage.*"
    )
    return [Finding("ENGINE", found)]


def _keys(env: Mapping[str, str]) -> list[Finding]:
    """Which variables are set; never what they hold."""
    asks: dict[str, list[str]] = {}
    for source in discover():
        for name in source.secrets:
            asks.setdefault(name, []).append(source.name)
    return [
        Finding(
            name,
            f"{'set' if env.get(name) else 'not set'}; for {', '.join(sources)}",
            "" if env.get(name) else f"set {name} to add {len(sources)} (optional; .env.example)",
        )
        for name, sources in sorted(asks.items())
    ]


def _published(store: Warehouse) -> list[Finding]:
    me = called()
    try:
        there = status(store)
    except DuckDBError as error:
        return [Finding("published", str(error).splitlines()[0], f"{me} build publishes anew")]
    if there is None:
        return [Finding("published", "nothing yet", f"{me} run (works offline too)")]
    made = datetime.fromtimestamp(store.published.stat().st_mtime, UTC)
    age = (datetime.now(UTC) - made).days
    found = [
        Finding(
            "published",
            f"{there.path}, {made:%Y-%m-%d %H:%M} UTC, {len(there.tables)} marts",
            f"{age} days old: {me} run" if age > OLD_DAYS else "",
        )
    ]
    for domain, at in there.newest.items():
        found.append(Finding(f"newest of {domain}", f"{at:%Y-%m-%d}" if at else "none"))
    if "is_stale" in there.sources.columns:
        stale = there.sources.filter("is_stale")["source"].to_list()
        why = f"{me} status says why; {me} ingest {stale[0]} asks one again" if stale else ""
        found.append(Finding("stale sources", f"{len(stale)} of {there.sources.height}", why))
    return found
