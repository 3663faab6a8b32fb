# As text: Hypothesis would keep DuckDB's classes past the interpreter's end, and they complain.
from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from pipeline import warehouse as wh
from pipeline.capture import http, redaction
from pipeline.warehouse import DuckDB, Warehouse
from tests.given.committed import built_once

# On tables of a few rows DuckDB's threads cost a third of the processor's time and save nothing.
wh.CONFIG["threads"] = 1

LONG = ("test_history.py", "test_vintage.py", "test_crash.py", "test_definitions.py",
        "test_spark.py", "test_publish.py", "test_leverage_vintage.py")  # fmt: skip
LONGEST = {name: place for place, name in enumerate(LONG)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that build whole warehouses first, so that two workers end at about the same time."""
    items.sort(key=lambda item: LONGEST.get(Path(item.path).name, len(LONGEST)))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests replay what a source once said; only `live` ones may leave this machine."""
    if request.node.get_closest_marker("live"):
        return

    def guarded(name: str):
        connect = getattr(socket.socket, name)

        def refuse_the_world(self: socket.socket, address):
            local = self.family == socket.AF_UNIX or address[0] == "localhost"
            if not local and not ip_address(address[0]).is_loopback:
                raise RuntimeError(f"tests never leave this machine, but this one asks {address}")
            return connect(self, address)

        return refuse_the_world

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(name))


@pytest.fixture(autouse=True)
def upstreams_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that is allowed here and nowhere else: test servers are asked by plain http."""
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, own_machine=True))


@pytest.fixture(autouse=True)
def forgotten_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test made a secret is ordinary text in the next."""
    monkeypatch.setattr(redaction, "_KNOWN", set())


@pytest.fixture(scope="session", autouse=True)
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Dagster notes beside instances that live in memory (`logs`, `.telemetry`)."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DAGSTER_HOME", str(tmp_path_factory.mktemp("dagster")))
        yield


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of all committed facts, published; for tests that only look."""
    return built_once(tmp_path_factory.getbasetemp())


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    """A throw-away warehouse."""
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database with every staging table, empty: copied, since laying out takes long."""
    made = Warehouse(tmp_path_factory.mktemp("laid_out"))
    with made.connect() as opened:  # no transaction: looking for a table that is not there ends it
        wh.create_declared(opened)
    return made.build


@pytest.fixture
def db(store: Warehouse, laid_out: Path) -> Iterator[DuckDB]:
    """Its build database, open."""
    if not store.build.exists():
        store.build.parent.mkdir(parents=True)
        shutil.copy(laid_out, store.build)
    with store.connect() as opened:
        yield opened
