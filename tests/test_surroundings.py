"""What a machine may do to a run: full disks, folders of others, odd clocks, places and readers.

Each loses nothing, and says what it is; most work is done in a child, whose surroundings are bent.
"""

import errno
import json
import multiprocessing
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.build.model import models
from pipeline.capture import http
from pipeline.capture.http import Response
from pipeline.release.export import export
from pipeline.release.publish import publish
from pipeline.release.state import EXPORTS_CODE, code_of
from pipeline.sources.source import discover
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.keyed import kept
from tests.given.market import open_for_business
from tests.given.reader import reading

# As in test_crash: a server that has imported everything, since threads do not survive a fork.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])
# Read by the process that children are forked from: the checkout may be where only its owner looks.
code_of(EXPORTS_CODE)
models()
import_module("pytz")  # which DuckDB imports when it first hands out a moment
NOBODY = 65_534
Work = Callable[[Warehouse], object]
ROWS = "select count(*), sum(price_usd_per_gpu_hour) from marts.provider_price_daily"
DAILY = "marts.provider_price_daily"


@pytest.fixture(scope="module")
def market(tmp_path_factory) -> Path:
    store = Warehouse(tmp_path_factory.mktemp("market") / "warehouse")
    open_for_business(store)
    export(store)
    return store.root


@pytest.fixture
def business(market: Path, store: Warehouse) -> Warehouse:
    shutil.copytree(market, store.root, symlinks=True)
    return store


def in_a_child(bend: Callable[..., None], given: object, work: Work, store: Warehouse) -> str:
    """What the work says when it fails in bent surroundings; empty where it does not."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(target=_bent, args=(theirs, bend, given, work, store.root))
    child.start()
    assert ours.poll(300)
    said = ours.recv()
    child.join()
    return said


def _bent(out: Connection, bend: Callable, given: object, work: Work, root: Path) -> None:
    try:
        bend(given)
        work(Warehouse(root))
        out.send("")
    except BaseException as error:
        out.send(f"{type(error).__name__}: {error}")


def full_above(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def in_place(where: tuple[str, str]) -> None:
    os.environ |= {"TZ": where[0], "LC_ALL": where[1], "LANG": where[1]}
    time.tzset()


def publish_and_export(store: Warehouse) -> None:
    publish(store)
    export(store)


def state(store: Warehouse) -> tuple[object, str]:
    """What readers see: the published file and the exports."""
    with opened_for_reading(store.published) as db:
        rows = db.execute(ROWS).fetchall()
    return rows, (store.exports / "manifest.json").read_text()


def change(store: Warehouse) -> None:
    """Other prices, and many rows more."""
    with store.connect() as db, wh.transaction(db):
        for table in ("staging.gpu_offers", DAILY):
            db.execute(f"update {table} set price_usd_per_gpu_hour = 3.33")
            wh.bump(db, table)
        db.execute("create table steps.long as select hash(range) as h from range(500_000)")


# --- disks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("work", [change, publish, export])
def test_a_disk_that_fills_up_loses_nothing(business, work):
    before = state(business)

    said = in_a_child(full_above, 4_096 if work is export else 600_000, work, business)
    assert "File too large" in said
    assert state(business) == before
    assert not list(business.exports.rglob("*.draft"))
    if work is change:  # there is room again
        change(business)
        publish_and_export(business)
        assert state(business)[0][0][1] != before[0][0][1]


def test_a_full_disk_is_called_one(business, monkeypatch):
    """What the system says reaches whoever runs it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        export(business)
    with pytest.raises(OSError, match="No space left on device"):
        publish(business)


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no second file system here")
def test_a_warehouse_on_another_file_system(market):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        store = Warehouse(Path(folder) / "warehouse")
        assert Path(folder).stat().st_dev != Path(tempfile.gettempdir()).stat().st_dev
        shutil.copytree(market, store.root, symlinks=True)
        change(store)
        publish(store)
        export(store)
        assert state(store)[0][0][1] != pytest.approx(0)
        body = Response("https://example.org", 200, {}, b"[1]", datetime.now(UTC))
        store.raw.keep("vultr", "all", body)
        [capture] = store.raw.captures("vultr")
        assert store.raw.body(capture) == b"[1]"


# --- folders of others -----------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_warehouse_of_another_owner_is_not_written_and_says_so(market):
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        store = Warehouse(folder / "warehouse")
        shutil.copytree(market, store.root, symlinks=True)
        before = state(store)

        for work in (change, publish, export):
            assert "Permission denied" in in_a_child(os.setuid, NOBODY, work, store)
        assert in_a_child(os.setuid, NOBODY, state, store) == ""  # it may still be read
        assert state(store) == before
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_cannot_be_written_is_named(market):
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        store = Warehouse(folder / "warehouse")
        shutil.copytree(market, store.root, symlinks=True)
        for path in (store.root, *store.root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        before = state(store)
        store.exports.chmod(0o555)
        (store.exports / ".releases").chmod(0o555)
        said = in_a_child(os.setuid, NOBODY, export, store)
        assert "Permission denied" in said
        assert str(store.exports) in said
        assert state(store) == before
    finally:
        shutil.rmtree(folder)


# --- clocks and places -----------------------------------------------------------------------


def test_a_clock_that_goes_back_a_day_and_on_a_year_loses_no_capture(store):
    now = datetime.now(UTC)
    moments = [now, now - timedelta(days=1), now + timedelta(days=365), now, now]
    bodies = [b"[1]", b"[2]", b"[3]", b"[4]", b"[4]"]
    for moment, body in zip(moments, bodies, strict=True):
        store.raw.keep("vultr", "all", Response("https://example.org", 200, {}, body, moment))
    captures = store.raw.captures("vultr")
    assert len(captures) == len(moments)
    assert sorted(store.raw.body(each) for each in captures) == sorted(bodies)
    assert [each.captured_at for each in captures] == sorted(each.captured_at for each in captures)


def test_every_place_makes_the_same_files(business):
    change(business)
    publish(business)
    found = set()
    for place in [("UTC", "C"), ("Asia/Kolkata", "tr_TR.UTF-8")]:
        assert in_a_child(in_place, place, publish_and_export, business) == ""
        manifest = json.loads((business.exports / "manifest.json").read_text())
        found.add(json.dumps([manifest["build_id"], manifest["files"]]))
    assert len(found) == 1


# --- readers ---------------------------------------------------------------------------------


def test_a_reader_held_open_through_twenty_runs(business):
    with reading(business.published) as ask:
        before = ask(ROWS)
        for run in range(20):  # what is published differs each time
            with business.connect() as db:
                db.execute(f"update {DAILY} set price_usd_per_gpu_hour = {run + 5}")
            publish(business)
            if run % 5 == 0:
                assert ask(ROWS) == before
        assert ask(ROWS) == before
        assert ask("select count(*) from vintage.provider_price_daily")[0][0] > 0
    with opened_for_reading(business.published) as db:
        assert db.execute(f"select max(price_usd_per_gpu_hour) from {DAILY}").fetchall() == [
            (24.0,)
        ]


# --- upstreams, through the real fetch -------------------------------------------------------

WHOLE = {"akamai": ("get", "URL"), "runpod": ("post", "URL"), "shadeform": ("get", "URL")}
HTTP = b"HTTP/1.1 "
FAULTS: dict[str, tuple[bytes, str]] = {
    "busy": (HTTP + b"503 Busy\r\nContent-Length: 0\r\n\r\n", "HTTP 503"),
    "forbidden": (HTTP + b"403 No\r\nContent-Length: 2\r\n\r\nno", "HTTP 403"),
    "page": (HTTP + b"200 OK\r\n\r\n<!doctype html><html>log in</html>", "HTML instead of JSON"),
    "cut": (HTTP + b'200 OK\r\nContent-Length: 99\r\n\r\n{"data": [', "breaks off"),
    "chunk": (HTTP + b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\n[1]\n", "negative chunk"),
    "empty": (HTTP + b"200 OK\r\nContent-Length: 0\r\n\r\n", "empty body"),
    "gzip": (HTTP + b"200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all", "gzip"),
    "away": (HTTP + b"302 Found\r\nLocation: https://cdn.example/a\r\n\r\n", "redirect"),
    "hangs up": (b"", "breaks off"),
    "no answer of HTTP": (b"220 smtp ready\r\n", "breaks off"),
}


def whole(asked: bytes) -> bool:
    """Whether a request has come with its body: closing over unread bytes resets the connection."""
    head, ends, body = asked.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(ends) and len(body) >= (int(length[1]) if length else 0)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """A server that says the same bytes to everybody; each connection is for one question."""
    listener = socket.create_server(("127.0.0.1", 0))
    said = [b""]

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(60)
                    asked = b""
                    while not whole(asked):
                        asked += connection.recv(65_536)
                    connection.sendall(said[0])

    threading.Thread(target=serve, daemon=True).start()

    def answer(body: bytes) -> str:
        said[0] = body.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) if HTTP in body else body
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield answer
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_real_fetch_is_an_attempt_with_a_reason(
    store, monkeypatch, answering, name, fault
):
    body, reason = FAULTS[fault]
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, sleep=lambda _: None, attempts=2))
    [source] = [each for each in discover() if each.name == name]
    for secret in source.secrets:
        monkeypatch.setenv(secret, "hunter2-hunter2")
    monkeypatch.setattr(source.module, "URL", answering(body))
    [attempt] = ingest.capture(source, store)
    assert attempt.outcome in ("refused", "unreachable")
    assert reason in (attempt.reason or "")
    assert kept(store.raw.root) == b""


def test_a_run_of_the_daemon_draws_no_progress_into_the_log(tmp_path):
    """Without a file of its own, as `multiprocessing` starts it, DuckDB takes it for a prompt."""
    code = (
        "import sys; from pathlib import Path; from pipeline.warehouse import *\n"
        "ask = \"select current_setting('enable_progress_bar')\"\n"
        "store = Warehouse(Path(sys.argv[1]))\n"
        "with store.connect() as db: said = db.execute(ask).fetchall()\n"
        "with opened_for_reading(store.build) as db: said += db.execute(ask).fetchall()\n"
        "with scratch() as db: said += db.execute(ask).fetchall()\n"
        "print(said)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[(False,), (False,), (False,)]", done.stderr
