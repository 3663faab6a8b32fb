"""Seven sources fail in seven ways in one run: the others land, and each failure has its name."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline import ingest
from pipeline.build.model import models, rebuild
from pipeline.capture import http
from pipeline.capture.http import Response
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.source import Part, discover
from tests.given.support import build

FIXTURES = Path(__file__).parent / "fixtures"
GPU_TYPES = json.loads((FIXTURES / "runpod" / "gpu_types.json").read_bytes())


@pytest.fixture
def broken_off() -> Iterator[str]:
    """A server whose body ends before its stated length."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n[{")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def slow(_: Request) -> Answer:
    time.sleep(1.5)
    return Answer("[]")


def test_seven_failures_in_one_run(httpserver: HTTPServer, broken_off, store, monkeypatch):
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, attempts=2, backoff_seconds=0.01))
    httpserver.expect_request("/slow").respond_with_handler(slow)
    httpserver.expect_request("/forbidden").respond_with_data("no", status=403)
    httpserver.expect_request("/down").respond_with_data("oops", status=500)
    changed = [{"gpu": each["id"]} for each in GPU_TYPES["data"]["gpuTypes"]]
    httpserver.expect_request("/changed").respond_with_json({"data": {"gpuTypes": changed}})
    httpserver.expect_request("/empty").respond_with_data(b"")
    httpserver.expect_request("/page").respond_with_data("<html>log in</html>")
    ways = {
        "akamai": (httpserver.url_for("/slow"), "no whole answer within"),
        "azure_retail": (httpserver.url_for("/forbidden"), "HTTP 403"),
        "gpuhunt_catalog": (httpserver.url_for("/down"), "HTTP 500"),
        "runpod": (httpserver.url_for("/changed"), "ParseError"),
        "oci_price_list": (broken_off, "breaks off"),
        "vultr": (httpserver.url_for("/empty"), "empty body"),
        "scaleway": (httpserver.url_for("/page"), "HTML instead of JSON"),
    }

    def replayed(source):
        def fetch(_) -> Iterator[Part]:
            if source.name in ways:
                url, _reason = ways[source.name]
                ask = {"expects": "json", "total_seconds": 1.0}
                yield Part("all", http.attempt(lambda: http.get(url, **ask)))
            elif source.name == "skypilot_catalog":
                body = (FIXTURES / "skypilot_catalog" / "aws.csv").read_bytes()
                yield Part("aws", Response("https://example.org", 200, {}, body, datetime.now(UTC)))

        return source if source.fetch is None else replace(source, fetch=fetch)

    # What prices rest on, and everything that is asked for.
    kept = [each for each in discover() if each.fetch or each.contract.name in {*GPU_OFFERS.reads}]
    # That a run goes on with what did land is Dagster's part: tests/test_definitions.py.
    with store.connect() as db:
        for source in ingest.in_landing_order(tuple(map(replayed, kept))):
            ingest.register(db, source)
            if source.fetch:
                ingest.record(db, ingest.capture(source, store))
            ingest.land(source, store, db)
        build(db, "marts.host_price_daily", "marts.provider_price_daily")
        [status_of] = [each for each in models() if each.table == "meta.source_status"]
        rebuild(db, status_of)
        status = {
            name: (outcome, reason)
            for name, outcome, reason in db.execute(
                "select source, outcome, outcome_reason from meta.source_status"
            ).fetchall()
        }
        for name, (_, reason) in ways.items():
            outcome, said = status[name]
            assert outcome in ("unreachable", "refused", "failed"), name
            assert reason in said, name
        assert status["skypilot_catalog"] == ("landed", None)
        [(listed,)] = db.execute(
            "select count(*) from marts.provider_price_daily where provider = 'aws'"
        ).fetchall()
        assert listed > 0
