"""A month in seconds: seven upstreams looked at again and again equal one load of the same bytes.

The whole month, with daemon and schedules, is `python -m tests.trials.month`.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import duckdb
import pytest

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.capture import http
from pipeline.capture.limits import Pace
from pipeline.contracts import declared
from pipeline.sources.filings import sec_submissions
from pipeline.sources.prices import vast
from pipeline.sources.source import discover
from pipeline.warehouse import Warehouse
from tests.given.support import build
from tests.given.upstreams import ASKED, GONE, KEYS, Upstreams, serving
from tests.trials import beside

START = datetime(2026, 11, 1, tzinfo=UTC)
# Day of the month, number of the look, and who is asked: each kind of answer is met once.
LOOKS = [
    (1, 0, ASKED),
    (4, 4, ("vast", "hyperbolic")),
    (8, 5, ("vast",)),
    (9, 6, ("runpod", "sec_submissions")),
    (12, 7, ("runpod",)),
    (14, 8, ("runpod",)),
    (16, 10, ("vast", "sec_bdc")),
    (20, 11, ("lambda_cloud",)),
    (22, 24, ("lambda_cloud",)),
    (30, 60, ("runpod", "vast", "sec_bdc")),
]
TABLES = ("marts.host_price_daily", "marts.provider_price_daily", "marts.gpu_price_daily")
# Vast is asked in three groups instead of nine.
FEW = {name: vast.GROUPS[name] for name in ("hopper", "amd")}
FEW["rest"] = [each for name in vast.GROUPS.keys() - FEW.keys() for each in vast.GROUPS[name]]


class Kind(type):
    """Moments stay moments while their class is replaced."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class Clock(datetime, metaclass=Kind):
    """The wall's clock, standing where a test has put it."""

    at = START

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        cls.at += timedelta(milliseconds=1)
        return cls.at.astimezone(tz)


@pytest.fixture
def upstreams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstreams]:
    """All of them behind a proxy of this machine, and the product's clock in the test's hands."""
    patient = replace(http.POLICY, backoff_seconds=0.01, pace=Pace(sleep=lambda _: None))
    monkeypatch.setattr(http, "POLICY", patient)
    for name, module in [*sys.modules.items()]:
        if name.startswith("pipeline.") and vars(module).get("datetime") is datetime:
            monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(vast, "GROUPS", FEW)
    monkeypatch.setattr(vast, "unasked", lambda *_: [])  # thousands of names, each time
    companies = [each for each in sec_submissions.universe() if each.cik in (GONE, "0001045810")]
    monkeypatch.setattr(sec_submissions, "universe", lambda: companies)
    made = Upstreams()
    with serving(made, tmp_path) as environment:
        for name, value in {**environment, **KEYS, "NO_PROXY": "", "no_proxy": ""}.items():
            monkeypatch.setenv(name, value)
        yield made


def test_a_month_of_looks_equals_one_load_of_the_same_bytes(upstreams, store, laid_out, tmp_path):
    needed = {
        name
        for each in discover()
        if each.name in ASKED
        for name in (*each.contract.reads, *each.rules)
    }
    sources = ingest.in_landing_order(
        tuple(
            each
            for each in discover()
            if each.name in ASKED or (each.file and {each.name, each.contract.name} & needed)
        )
    )
    store.build.parent.mkdir(parents=True)
    shutil.copy(laid_out, store.build)
    again = Warehouse(tmp_path / "again")
    said: set[str] = set()
    with store.connect() as db:
        for source in sources:
            ingest.register(db, source)
            if source.file:
                ingest.land(source, store, db)
        db.execute("checkpoint")
        again.build.parent.mkdir(parents=True)
        shutil.copy(store.build, again.build)
        for day, step, asked_of in LOOKS:
            upstreams.step = step
            Clock.at = upstreams.moment = START + timedelta(days=day - 1)
            for source in sources:
                if source.name in asked_of:
                    asked = ingest.capture(source, store)
                    ingest.record(db, asked)
                    landed = ingest.land(source, store, db)
                    said |= {f"{source.name} {e.reason}" for e in (*asked, *landed) if not e.ok}
            if day == 16:
                build(db, *TABLES)
        build(db, *TABLES)
        shutil.copytree(store.raw.root, again.raw.root)
        with again.connect() as batch:
            for source in sources:
                ingest.land(source, again, batch)
            build(batch, *TABLES)
            for table in (*(each.table for each in declared()), "staging.quarantine", *TABLES):
                ours, theirs = (
                    wh.frame(each, f"from {table} order by all") for each in (db, batch)
                )
                assert ours.equals(theirs), table
                if table in TABLES:
                    assert ours.height, table
    kinds = {kind for _, kind in upstreams.met}
    assert kinds >= {
        "answer", "unchanged", "restated", "missing", "late", "busy", "faulty", "page",
        "breaks off", "told to wait", "key refused", "not there",
    }  # fmt: skip
    for words in (
        "runpod HTML instead of JSON", "runpod an answer that breaks off",
        "vast HTTP 429", "vast ParseError", "lambda_cloud HTTP 401", "sec_submissions HTTP 404",
    ):  # fmt: skip
        assert any(each.startswith(words) for each in said), (words, said)
    assert not any(secret in each for each in said for secret in KEYS.values())


@pytest.mark.parametrize(
    ("cells", "is_equal", "close"),
    [
        ("('a', 0.3, 'partly')", True, ()),
        ("('a', 0.1 + 0.2::double, 'partly')", True, ("measured_value",)),
        ("('a', 0.3 + 1e-9::double, 'partly')", False, ()),
        ("('a', null, 'partly')", False, ()),
        ("('a', 0.1 + 0.2::double, 'supported')", False, ()),
        ("('b', 0.3, 'partly')", False, ()),
    ],
)
def test_only_the_last_bits_of_a_sum_may_differ(tmp_path, cells, is_equal, close):
    for name, row in (("month", "('a', 0.3, 'partly')"), ("batch", cells)):
        with duckdb.connect(tmp_path / name) as db:
            db.execute("create schema marts")
            db.execute(
                "create table marts.claim_check (claim_id varchar, measured_value double, "
                f"verdict varchar); insert into marts.claim_check values {row}"
            )
    [said] = beside.compared(tmp_path / "month", tmp_path / "batch")
    assert (said.is_equal, said.close) == (is_equal, close)
