"""What every source with a key promises: skipped in one line without it, and the key never kept."""

import gzip
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.ingest import Attempt, capture
from pipeline.sources.source import Source
from pipeline.warehouse import Warehouse

SECRET = "hunter2-hunter2-hunter2"


def skipped(source: Source, store: Warehouse) -> Attempt:
    """The one attempt of a capture without any key."""
    [attempt] = capture(source, store, env={})
    assert attempt.outcome == "skipped"
    assert not kept(store.raw.root)
    return attempt


def captured(
    source: Source, store: Warehouse, monkeypatch: pytest.MonkeyPatch, server: HTTPServer, path: str
) -> Attempt:
    """The one attempt of a capture from `server`, after a look that no key was kept."""
    env = dict.fromkeys(source.secrets, SECRET)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(source.module, "URL", server.url_for(path))
    [attempt] = capture(source, store, env=env)
    assert SECRET not in repr(attempt)
    assert SECRET.encode() not in kept(store.raw.root)
    return attempt


def kept(root: Path) -> bytes:
    """Everything on disk under a folder, names included, unzipped."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return b"".join(str(path).encode() + _read(path) for path in found)


def _read(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body
