"""Which room may know which: imports run downward, and a few things happen in one room only."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# From the ground up: a room imports from floors below its own, and from itself. Two modules of
# `runs` know nothing of ours and stand on the ground.
FLOORS = (
    {"columns", "identity", "capture", "remembered", "runs.lock", "runs.stopping"},
    {"contracts", "interrupts", "methods"},
    {"sources", "warehouse"},
    {"aside", "build", "captures", "plausibility"},
    {"landing", "release"},
    {"ingest", "runs"},
    {"assets", "fleet", "source_assets"},
    {"due"},
    {"definitions"},
    {"cli", "ui"},
    {"__main__"},
)
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
NETWORK = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "ssl"}
# What only these rooms may import.
ONLY = {
    "capture": NETWORK - {"socket"} | {"urllib3", "urllib.request"},
    "capture ui": {"socket"},  # `ui` listens, on this machine only
    "warehouse interrupts build release": {"duckdb"},
    "assets cli definitions due runs source_assets ui": {"dagster"},
    "methods": {"scipy"},
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("pipeline", "distil")
    for path in (ROOT / folder).rglob("*.py")
}


@cache
def imports(name: str) -> set[str]:
    """Everything a module imports anywhere in it; of our own, the module a name is taken from."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            taken = {f"{node.module}.{each.name}" for each in node.names}
            found |= {each if each in MODULES else str(node.module) for each in taken}
    return found


def room(name: str) -> str:
    inside = name.removeprefix("pipeline.")
    return inside if inside in FLOOR else inside.split(".")[0]


INSIDE = [name for name in MODULES if name.startswith("pipeline.")]


@pytest.mark.parametrize("name", INSIDE)
def test_no_import_runs_upward(name: str):
    assert room(name) in FLOOR, "a new room needs its floor"
    for other in imports(name) & MODULES.keys():
        assert room(other) != "distil", f"{name} imports what stands outside the product"
        same = room(other) == room(name)
        assert same or FLOOR[room(other)] < FLOOR[room(name)], f"{name} imports {other}"


def test_no_circle_of_modules():
    TopologicalSorter({name: imports(name) & MODULES.keys() - {name} for name in MODULES}).prepare()


@pytest.mark.parametrize("name", INSIDE)
def test_sockets_database_and_orchestration_have_their_rooms(name: str):
    for rooms, libraries in ONLY.items():
        parts = {f"{library}." for library in libraries}
        found = {each for each in imports(name) if f"{each}.".startswith(tuple(parts))}
        assert room(name) in rooms.split() or not found, f"{name} imports {found}"


def test_a_module_fits_on_a_few_screens():
    long = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_a_query_fits_on_a_few_screens():
    long = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "sql").rglob("*.sql")}
    assert {name: lines for name, lines in long.items() if lines > 300} == {}
