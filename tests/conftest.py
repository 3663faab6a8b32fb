# As text: Hypothesis would keep DuckDB's classes past the interpreter's end, and they complain.
from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from pipeline.warehouse import DuckDB, Warehouse


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


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    """A throw-away warehouse."""
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def db(store: Warehouse) -> Iterator[DuckDB]:
    """Its build database, open."""
    with store.connect() as opened:
        yield opened
