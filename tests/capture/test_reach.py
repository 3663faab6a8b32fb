"""Without a network, one attempt per host says it all."""

import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from pipeline.capture import http
from pipeline.capture.limits import Pace
from pipeline.capture.reach import Reach
from pipeline.sources.prices import azure_retail, skypilot_catalog


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that were looked up; none has an address."""
    names: list[str] = []

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        names.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    fresh = replace(http.POLICY, pace=Pace(), reach=Reach())
    monkeypatch.setattr(http, "POLICY", fresh)
    return names


@pytest.mark.parametrize(
    ("source", "parts"), [(azure_retail, len(azure_retail.REGIONS)), (skypilot_catalog, 26)]
)
def test_offline_every_part_of_a_source_is_unreachable_at_once(resolved, source, parts):
    begun = time.monotonic()
    found = [part.response for part in source.fetch(lambda _: {})]
    assert len(found) == parts > 20
    assert {each.status for each in found} == {None}
    assert len(resolved) == 1
    assert time.monotonic() - begun < 2  # fifty regions at two a second were 25 s
    assert "as a moment ago" in str(found[-1])
    assert "NameResolutionError" in str(found[-1])


def test_another_host_is_tried_all_the_same(resolved):
    for host in ("one.example.org", "two.example.org", "one.example.org"):
        http.attempt(lambda host=host: http.get(f"https://{host}/"))
    assert resolved == ["one.example.org", "two.example.org"]


def test_a_lost_host_is_tried_again_after_a_while():
    now = [0.0]
    reach = Reach(forget_seconds=30, clock=lambda: now[0])
    reach.lose("https://example.org/prices?part=1", "no answer (x)")
    assert reach.lost("https://example.org/prices?part=2") == "no answer (x), as a moment ago"
    assert reach.lost("https://example.org:8443/") is None
    assert reach.lost("https://[") is None
    now[0] = 31
    assert reach.lost("https://example.org/") is None


def test_the_own_machine_is_never_lost():
    reach = Reach()
    reach.lose("http://127.0.0.1:80/", "no answer")
    assert reach.lost("http://127.0.0.1:80/") is None


def test_a_host_that_answers_badly_is_not_lost(httpserver, monkeypatch):
    reach = Reach()
    monkeypatch.setattr(reach, "lose", lambda *_: pytest.fail("it answered"))
    quick = replace(http.POLICY, reach=reach, attempts=1, sleep=lambda _: None)
    monkeypatch.setattr(http, "POLICY", quick)
    httpserver.expect_request("/").respond_with_data("", status=503)
    assert isinstance(http.attempt(lambda: http.get(httpserver.url_for("/"))), http.UpstreamError)
