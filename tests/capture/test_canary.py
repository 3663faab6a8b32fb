"""No key of any keyed source reaches any place that is written, whatever the upstream repeats.

One run over all keyed sources by Dagster, with its history on disk; then every file is looked
through, unzipped, and every table, since DuckDB packs its texts.
"""

import base64
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline import ingest
from pipeline.capture import http
from pipeline.source_assets import assets_for
from pipeline.sources.source import Source, discover
from pipeline.warehouse import Warehouse
from tests.given.keyed import kept

KEYED = [
    each for each in discover() if each.secrets and not each.secrets[0].endswith(ingest.CONTACT)
]
# A word of its own for each way out, so that a failure says where the key came from.
NASTY = "{}-canary/+=%&-{}"


def key_of(source: Source, name: str) -> str:
    return NASTY.format(source.name, name.lower())


@pytest.fixture
def keys(monkeypatch) -> dict[str, str]:
    found = {name: key_of(source, name) for source in KEYED for name in source.secrets}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def spellings(key: str) -> list[bytes]:
    core = base64.b64encode(b"a:b" + key.encode())[4:-4]
    return [key.encode(), json.dumps(key)[1:-1].encode(), quote(key, safe="").encode(), core]


def echo(request: Request) -> Answer:
    """Everything that was sent, in the body, in headers, and packed as basic authentication is."""
    sent = {
        "url": request.url,
        "path": request.path,
        "headers": [*request.headers.values()],
        "basic": base64.b64encode(f"a:b{'; '.join(request.headers.values())}".encode()).decode(),
        "items": [],
        "data": [{"name": value} for value in request.headers.values()],
    }
    said = " ".join(request.headers.get("authorization", "none").split())
    return Answer(json.dumps(sent), headers={"etag": f'"{said}"', "x-said": said})


def refuse(request: Request) -> Answer:
    return Answer(f"unknown key in {[*request.headers.values()]} of {request.url}", status=401)


def lead_away(request: Request) -> Answer:
    sent = quote(" ".join(request.headers.values()), safe="")
    return Answer(status=302, headers={"location": f"https://cdn.example/{sent}{request.path}"})


@pytest.fixture
def upstream(httpserver: HTTPServer, monkeypatch) -> HTTPServer:
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, sleep=lambda _: None))
    for source in KEYED:
        monkeypatch.setattr(source.module, "URL", httpserver.url_for(f"/{source.name}/TEAM"))
    return httpserver


def test_there_are_keyed_sources():
    assert len(KEYED) >= 6


@pytest.mark.parametrize("answer", [echo, refuse, lead_away])
def test_no_key_is_written_anywhere(upstream, keys, store, tmp_path, capfd, answer):
    upstream.expect_request(re.compile("/")).respond_with_handler(answer)
    lines: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: lines.append(logging.Formatter().format(record))
    logger, level = logging.getLogger(), logging.getLogger("urllib3").level
    logger.addHandler(handler)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    try:
        run_all(store, tmp_path)
    finally:
        logger.removeHandler(handler)
        logging.getLogger("urllib3").setLevel(level)
    assert len(upstream.log) >= len(KEYED)
    printed = capfd.readouterr()
    places = {
        "files": kept(tmp_path),
        "tables": tables(store),
        "log": "\n".join(lines).encode(),
        "output": (printed.out + printed.err).encode(),
    }
    assert all(source.name.encode() in places["tables"] for source in KEYED)
    if answer is echo:
        assert b"REDACTED" in kept(store.raw.root)
        assert b'"redacted": true' in kept(store.raw.root)
    found = [
        (place, key)
        for place, text in places.items()
        for key in keys.values()
        for spelling in spellings(key)
        if spelling in text
    ]
    assert found == []


def run_all(store: Warehouse, folder: Path) -> None:
    made = [each for source in KEYED for each in assets_for(source, KEYED)]
    (folder / "history").mkdir()
    with dg.DagsterInstance.local_temp(str(folder / "history")) as instance:
        result = dg.materialize(
            made, instance=instance, resources={"warehouse": store}, raise_on_error=False
        )
    assert {event.step_key for event in result.all_events if event.step_key}


def tables(store: Warehouse) -> bytes:
    with store.connect() as db:
        names = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        return "\n".join(str(db.execute(f"from {name}").fetchall()) for (name,) in names).encode()


@pytest.mark.usefixtures("keys")
def test_a_fetch_that_breaks_with_a_key_in_its_hands_says_so_without_it(store):
    [source] = [each for each in KEYED if each.name == "shadeform"]

    def breaks(_) -> Iterator[object]:
        raise KeyError(f"no field for {key_of(source, source.secrets[0])}")
        yield

    [attempt] = ingest.capture(replace(source, fetch=breaks), store)
    assert (attempt.outcome, attempt.reason) == ("failed", "KeyError: 'no field for REDACTED'")
    with store.connect() as db:
        ingest.record(db, [replace(attempt, reason=f"again {key_of(source, source.secrets[0])}")])
    assert b"canary" not in tables(store)
