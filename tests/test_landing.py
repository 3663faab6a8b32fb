"""Landing: what is wrong with one capture costs that one, says so, and heals."""

import asyncio
import builtins
import gzip
import json
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lxml.etree
import msgspec
import pandera.errors
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import captures, ingest, landing
from pipeline import warehouse as wh
from pipeline.build.model import models, rebuild
from pipeline.capture.sidecar import STAMP
from pipeline.sources.committed import read_typed
from pipeline.sources.source import ParseError
from pipeline.warehouse import Warehouse
from tests.given.replays import START, kept, made_up, prices, rates
from tests.given.support import rows

[STATUS] = [each for each in models() if each.table == "meta.source_status"]


def land(source, store, db, **how):
    ingest.register(db, source)
    return ingest.land(source, store, db, **how)


def status(db):
    rebuild(db, STATUS)
    [row] = rows(db, "from meta.source_status where source = 'runpod'")
    return row


def named(db):
    return {r["rate_name"]: r["rate_pct"] for r in rows(db, "from staging.rates")}


def path_of(store, capture, ending=".json"):
    stamp = capture.captured_at.astimezone(UTC).strftime(STAMP)
    return store.root / "raw" / capture.source / capture.part / f"{stamp}{ending}"


# --- whatever a parser raises ----------------------------------------------------------------


def every_subclass(kind: type[BaseException]) -> set[type[BaseException]]:
    found = set(kind.__subclasses__())
    return found.union(*(every_subclass(each) for each in found)) if found else found


def instance(kind: type[BaseException]) -> BaseException:
    """One of that type, made as its library makes it or, failing that, without asking it."""
    for arguments in (
        ("made up",),
        ("utf-8", b"\xe9", 0, 1, "invalid continuation byte"),
        ("a", 0, 1, "b"),
        ("made up", [ValueError("inner")]),
    ):
        try:
            return kind(*arguments)
        except Exception:
            continue
    return kind.__new__(kind)


MODULES = {"builtins", "polars", "lxml", "msgspec", "zlib", "zipfile", "struct", "json", "pandera",
           "pyo3_runtime", "csv", "decimal", "gzip", "lzma", "xml", "pyexpat", "re", "pipeline",
           "_struct", "_csv", "urllib3", "requests", "duckdb", "_duckdb", "pyarrow", "ssl",
           "numpy", "binascii", "asyncio", "concurrent"}  # fmt: skip
ENDS_THE_PROGRAM = {KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError}
RAISED = sorted(
    {
        kind
        for kind in {*every_subclass(Exception), pl.exceptions.PanicException}
        if kind.__module__.split(".")[0] in MODULES
        and not issubclass(kind, (*ENDS_THE_PROGRAM, Warning))
    },
    key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)


def test_the_exceptions_tried_are_those_of_every_library_a_parser_uses():
    assert len(RAISED) > 150
    assert {
        UnicodeDecodeError, RecursionError, MemoryError, StopIteration, AssertionError, OSError,
        pl.exceptions.PanicException, pl.exceptions.ComputeError, lxml.etree.XMLSyntaxError,
        msgspec.ValidationError, struct.error, zlib.error, zipfile.BadZipFile,
        json.JSONDecodeError, pandera.errors.SchemaErrors, ParseError, builtins.ExceptionGroup,
    } <= set(RAISED)  # fmt: skip


def test_whatever_a_parser_raises_fails_its_capture_with_a_reason_and_no_other(store, db):
    said = [{f"rate {n}": n / 100} for n in range(len(RAISED) + 2)]
    captured = kept(store.raw, *said)
    bad = dict(zip([each.captured_at for each in captured[1:-1]], RAISED, strict=True))

    def parse(body, capture):
        if kind := bad.get(capture.captured_at):
            raise instance(kind)
        return rates(body, capture)

    attempts = land(made_up(parse), store, db, at_once=1_000)
    assert named(db).keys() == {"rate 0", f"rate {len(RAISED) + 1}"}
    failed = {each.captured_at: each.reason for each in attempts if each.outcome == "failed"}
    for at, kind in bad.items():
        assert kind.__name__ in failed[at]
    recorded = rows(db, "from meta.attempts where outcome = 'failed'")
    assert {row["captured_at"]: row["outcome_reason"] for row in recorded} == failed
    again = land(made_up(parse), store, db)
    assert {bad[each.captured_at] for each in again} == {
        kind for kind in RAISED if issubclass(kind, MemoryError | wh_damage())
    }, "memory that was short today may be there tomorrow"


def wh_damage():
    from pipeline.capture.raw import RawCorruptError

    return RawCorruptError


@pytest.mark.parametrize("kind", sorted(ENDS_THE_PROGRAM, key=str))
def test_what_ends_a_program_is_not_a_capture_s_fault(store, db, kind):
    kept(store.raw, {"a": 1})

    def parse(*_):
        raise kind

    with pytest.raises(kind):
        land(made_up(parse), store, db)
    assert rows(db, "from meta.attempts") == []


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("price \udce9 of \x00\x1b[31m"), "ValueError: price of [31m"),
        (ValueError("x" * 10_000), "ValueError: " + "x" * 488),
        (Unspeakable(), "Unspeakable: (without words)"),
    ],
)
def test_a_reason_is_one_short_line_of_plain_text(store, db, error, said):
    kept(store.raw, {"a": 1})

    def parse(*_):
        raise error

    [attempt] = land(made_up(parse), store, db)
    [row] = rows(db, "from meta.attempts")
    assert attempt.reason == row["outcome_reason"]
    assert " ".join(row["outcome_reason"].split()) == said


@pytest.mark.parametrize("made", [None, "rows", [1], pl.LazyFrame({"a": [1]}), pl.DataFrame()])
def test_a_parser_that_returns_no_rows_fails_its_capture(store, db, made):
    kept(store.raw, {"a": 1}, {"b": 2})

    def parse(body, capture):
        return made if b"a" in body else rates(body, capture)

    assert [each.outcome for each in land(made_up(parse), store, db)] == ["failed", "landed"]


def test_a_database_that_cannot_be_written_is_no_capture_s_fault(store, db, monkeypatch):
    kept(store.raw, {"a": 1})

    def full(*_):
        raise wh.DuckDBError("no space left on device")

    monkeypatch.setattr(landing.wh, "append_by", full)
    with pytest.raises(wh.DuckDBError):
        land(made_up(rates), store, db)
    monkeypatch.undo()
    assert rows(db, "from meta.attempts") == []
    assert [each.outcome for each in land(made_up(rates), store, db)] == ["landed"]


def test_whatever_a_fetch_raises_costs_what_was_not_yet_answered(store):
    from pipeline.capture.http import Response
    from pipeline.sources.source import Part

    def fetch(_):
        yield Part("a", Response("https://example.org/a", 200, {}, b"{}", START))
        yield Part("b", Response("https://example.org/b", 304, {}, b"", START))
        yield Part("c", Response("https://example.org/c", 200, {}, b"{}", START))
        raise KeyError("next_page")

    attempts = ingest.capture(replace(made_up(rates), fetch=fetch), store)
    assert [(each.part, each.outcome) for each in attempts] == [
        ("a", "captured"), ("b", "failed"), ("c", "captured"), ("all", "failed"),
    ]  # fmt: skip
    assert attempts[-1].reason == "KeyError: 'next_page'"


# --- damaged captures ------------------------------------------------------------------------

SIDECARS = {
    "0 bytes": lambda path: path.write_bytes(b""),
    "half written": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "another's": lambda path: path.write_text('{"name": "left-pad"}'),
    "of another moment": lambda path: path.write_text(path.read_text().replace("T12", "T11")),
    "a stray": lambda path: path.with_name("notes.json").write_text("{}"),
    "a folder": lambda path: path.with_name("x.json").mkdir(),
}


@pytest.mark.parametrize("damage", SIDECARS)
def test_a_damaged_sidecar_costs_itself_and_is_counted_and_named(store, db, damage):
    first = kept(store.raw, {"a": 1}, {"b": 2})[0]
    SIDECARS[damage](path_of(store, first))
    attempts = land(made_up(rates), store, db)
    kept(store.raw, {"c": 3}, hour=5)
    attempts += land(made_up(rates), store, db)
    assert {each.outcome for each in attempts} == {"landed"}
    whole = {"b", "c"} if damage in list(SIDECARS)[:4] else {"a", "b", "c"}
    assert named(db).keys() == whole
    said = status(db)
    assert (said["damaged_count"], said["outcome"]) == (1, "landed")
    assert "runpod/all/" in said["damage_reason"]
    assert ".json" in said["damage_reason"]
    assert str(store.root) not in said["damage_reason"]


def test_a_sidecar_that_is_put_right_lands(store, db):
    [first] = kept(store.raw, {"a": 1})
    path = path_of(store, first)
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert land(made_up(rates), store, db) == []
    path.write_bytes(whole)
    assert [each.outcome for each in land(made_up(rates), store, db)] == ["landed"]
    assert status(db)["damaged_count"] == 0


BODIES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-4]),
    "another": lambda path: path.write_bytes(gzip.compress(b'{"a": 2}')),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", BODIES)
def test_a_damaged_body_costs_what_points_to_it_until_an_equal_one_arrives(store, db, damage):
    first = kept(store.raw, {"a": 1}, {"a": 1}, {"a": 1}, {"b": 2})[0]
    BODIES[damage](path_of(store, first, ".gz"))
    attempts = land(made_up(rates), store, db)
    assert named(db) == {"b": 2.0}
    assert sum(each.outcome == "failed" for each in attempts) == (0 if damage == "gone" else 3)
    said = status(db)
    assert said["damaged_count"] == 3
    assert path_of(store, first, ".gz").name in said["damage_reason"]
    assert land(made_up(rates), store, db) == [], "not tried again while the bytes are the same"
    kept(store.raw, {"a": 1}, hour=9)
    attempts = land(made_up(rates), store, db)
    assert [each.outcome for each in attempts] == ["landed"] * 4
    assert named(db) == {"a": 1.0, "b": 2.0}
    assert status(db)["damaged_count"] == 0


def test_a_damaged_body_is_read_from_an_equal_one_that_is_held(store, db):
    first, *_ = kept(store.raw, {"a": 1}, {"b": 2}, {"a": 1})
    BODIES["cut"](path_of(store, first, ".gz"))
    assert [each.outcome for each in land(made_up(rates), store, db)] == ["landed"] * 3
    assert status(db)["damaged_count"] == 0


def test_damage_under_a_streaming_parser_is_damage_and_not_the_parser_s_fault(store, db):
    [first] = kept(store.raw, {"a": 1})
    whole = path_of(store, first, ".gz").read_bytes()
    path_of(store, first, ".gz").write_bytes(gzip.compress(b'{"a": 1'))

    def parse_stream(stream, capture):
        return rates(stream.read(), capture)

    parse_stream.__module__ = made_up(rates).module.__name__
    source = replace(made_up(rates), parse=None, parse_stream=parse_stream)
    [attempt] = land(source, store, db)
    assert "RawCorruptError" in attempt.reason
    path_of(store, first, ".gz").write_bytes(whole)
    assert [each.outcome for each in land(source, store, db)] == ["landed"]


def test_a_capture_stamped_2030_waits_for_2030_and_says_so(store, db, monkeypatch):
    ahead = (datetime(2030, 1, 1, tzinfo=UTC) - START) / timedelta(hours=1)
    kept(store.raw, {"late": 1}, hour=ahead)
    kept(store.raw, {"today": 2})
    assert [each.outcome for each in land(made_up(rates), store, db)] == ["landed"]
    assert named(db).keys() == {"today"}
    assert "stamped later than now" in status(db)["damage_reason"]

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2030, 1, 2, tzinfo=tz)

    monkeypatch.setattr(ingest, "datetime", Later)
    monkeypatch.setattr("pipeline.contracts.windows.datetime", Later)
    assert [each.outcome for each in land(made_up(rates), store, db)] == ["landed"]
    assert status(db)["damaged_count"] == 0


# --- the index -------------------------------------------------------------------------------


def test_a_run_reads_only_the_sidecars_that_are_new(store, db, monkeypatch):
    kept(store.raw, *({f"r{n}": n / 10} for n in range(20)))
    land(made_up(rates), store, db)
    read = []
    whole = type(store.raw).sidecar
    monkeypatch.setattr(
        type(store.raw), "sidecar", lambda *asked: (read.append(asked[-1]), whole(*asked))[1]
    )
    assert land(made_up(rates), store, db) == []
    assert read == []
    [new] = kept(store.raw, {"new": 1}, hour=30)
    land(made_up(rates), store, db)
    assert read == [path_of(store, new).stem]


@pytest.mark.parametrize(
    "harm",
    [
        "delete from meta.captures",
        "update meta.captures set file_bytes = 1, sha256 = 'wrong'",
        "delete from meta.captures where captured_at > '2026-11-20 12:02+00'",
        "update meta.captures set file_name = 'a' || file_name",
    ],
)
def test_an_index_that_is_missing_or_wrong_is_made_again_from_the_files(store, db, harm):
    kept(store.raw, *({f"r{n}": n / 10} for n in range(5)))
    land(made_up(rates), store, db)
    before = rows(db, "from meta.captures order by file_name")
    db.execute(harm)
    assert land(made_up(rates), store, db) == [], "what was read stays read"
    assert rows(db, "from meta.captures order by file_name") == before


def test_a_capture_that_was_taken_away_leaves_the_index(store, db):
    first, *_ = kept(store.raw, {"a": 1}, {"b": 2})
    land(made_up(rates), store, db)
    path_of(store, first).unlink()
    land(made_up(rates), store, db)
    [count] = rows(db, "select count(*) as n from meta.captures")
    assert count["n"] == 1


# --- batches ---------------------------------------------------------------------------------


def state(db, *, of=("staging.gpu_offers", "staging.rates", "staging.quarantine")):
    """What landed, and what was said of each capture; not in how many steps."""
    held = {table: sorted(map(repr, rows(db, f"from {table}"))) for table in of}
    said = rows(
        db,
        "select part, captured_at, outcome, outcome_reason, sha256, row_count, quarantined_count, "
        "newest_observed_at from meta.attempts "
        "qualify row_number() over (partition by part, captured_at order by attempted_at desc) = 1 "
        "order by captured_at, part",
    )
    return held, said


PRICE = st.sampled_from([1.0, 2.0, 2.5, 3.0, 41.0, 300.0, -1.0])
OFFER = st.sampled_from(["a", "b", "c", "d", "odd"])
ANSWER = st.one_of(
    st.dictionaries(OFFER, PRICE, max_size=5).map(lambda said: json.dumps(said).encode()),
    st.sampled_from([b"not json", b'{"a": "dear"}', b"[]"]),
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(answers=st.lists(st.tuples(st.sampled_from(["x", "y"]), ANSWER), min_size=1, max_size=7))
@pytest.mark.parametrize(("parse", "sightings"), [(prices, True), (rates, True), (rates, False)])
def test_a_batch_comes_to_what_one_after_the_other_comes_to(
    tmp_path_factory, laid_out, parse, sightings, answers
):
    made = []
    for at_once in (1, 3, 100):
        store = Warehouse(tmp_path_factory.mktemp("batch"))
        for n, (part, body) in enumerate(answers):
            kept(store.raw, body, part=part, hour=n)
        store.build.parent.mkdir(parents=True)
        store.build.write_bytes(laid_out.read_bytes())
        with store.connect() as db:
            land(made_up(parse, sightings=sightings), store, db, at_once=at_once)
            made.append(state(db))
    assert made[1] == made[0]
    assert made[2] == made[0]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    answers=st.lists(
        st.dictionaries(OFFER, st.integers(1, 9)).map(lambda said: said | {"in all": 1}),
        min_size=1,
        max_size=8,
    ),
    dropped=OFFER,
    new=st.integers(0, 3),
)
def test_reading_again_newest_first_ends_where_reading_from_nothing_ends(
    tmp_path_factory, laid_out, answers, dropped, new
):
    def later(body, capture):
        """The new rules: one rate is no longer read, and what stays is doubled."""
        frame = rates(body, capture).with_columns(pl.col("rate_pct") * 2)
        return frame.filter(pl.col("rate_name") != dropped)

    ends = []
    for first in (rates, later):
        store = Warehouse(tmp_path_factory.mktemp("again"))
        kept(store.raw, *answers)
        store.build.parent.mkdir(parents=True)
        store.build.write_bytes(laid_out.read_bytes())
        with store.connect() as db, pytest.MonkeyPatch.context() as patch:
            patch.setattr(ingest, "code_fingerprint", lambda _: "old")
            land(made_up(first), store, db)
            kept(store.raw, *answers[:new], hour=100)
            patch.setattr(ingest, "code_fingerprint", lambda _: "new")
            while land(made_up(later), store, db, at_once=2, seconds=0):
                pass
            ends.append(sorted(map(repr, rows(db, "from staging.rates"))))
    assert ends[0] == ends[1]


def test_after_a_change_of_rules_captures_are_read_newest_first_a_bounded_time_per_run(
    store, db, monkeypatch, capsys
):
    captured = kept(store.raw, *({f"r{n}": n / 10} for n in range(10)))
    land(made_up(rates), store, db, at_once=20)
    assert capsys.readouterr().err == "", "nothing to tell of one batch"
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "changed")
    [new] = kept(store.raw, {"new": 1}, hour=30)
    ingest.register(db, made_up(rates))
    assert status(db)["waiting_count"] == 10
    runs = []
    while made := land(made_up(rates), store, db, at_once=4, seconds=0):
        runs.append([each.captured_at for each in made])
        left = 10 - sum(map(len, runs)) + 1
        assert status(db)["waiting_count"] == left
        if left:
            assert f"runpod: {11 - left} of 11 captures read" in capsys.readouterr().err or runs[1:]
    at = [each.captured_at for each in captured]
    assert runs == [[new.captured_at, *at[6:]], at[2:6], at[:2]]
    assert status(db)["outcome"] == "landed"


def test_a_lost_build_database_gives_the_newest_prices_first(store, db, monkeypatch):
    monkeypatch.setattr(captures, "NEW_AT_ONCE", 5)
    captured = kept(store.raw, *({f"r{n}": n / 10} for n in range(9)))
    made = land(made_up(rates), store, db, at_once=3, seconds=0)
    assert [each.captured_at for each in made] == [each.captured_at for each in captured[-3:]]


def test_a_wrong_unit_that_new_rules_put_right_is_not_taken_for_a_change_of_unit(
    store, db, monkeypatch
):
    kept(store.raw, *({f"o{n}": 2.0 for n in range(3)} for _ in range(4)))

    def in_cents(body, capture):
        dear = {"price_usd_per_gpu_hour": pl.col("price_usd_per_gpu_hour") * 99}
        return prices(body, capture).with_columns(**dear)

    terms = made_up(prices).contract
    land(made_up(in_cents, contract=terms), store, db)
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "put right")
    attempts = []
    while made := land(made_up(prices), store, db, at_once=1, seconds=0):
        attempts += made
    assert [each.outcome for each in attempts] == ["landed"] * 4
    [price] = rows(db, "select distinct price_usd_per_gpu_hour as p from staging.gpu_offers")
    assert price["p"] == 2.0


def test_a_failed_old_capture_does_not_hide_that_the_newest_landed(store, db, monkeypatch):
    kept(store.raw, b"not json", {"a": 1})
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "old")
    land(made_up(rates), store, db)
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "new")
    made = land(made_up(rates), store, db, at_once=1)
    assert [each.outcome for each in made] == ["landed", "failed"]
    assert status(db)["outcome"] == "landed"


def test_two_parts_of_one_moment_do_not_take_each_others_rows_back(store, db, monkeypatch):
    kept(store.raw, {"a": 1}, part="x")
    kept(store.raw, {"b": 2}, part="y")
    land(made_up(rates), store, db, at_once=1)
    assert named(db) == {"a": 1.0, "b": 2.0}
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "new")
    land(made_up(rates), store, db, at_once=1)
    assert named(db) == {"a": 1.0, "b": 2.0}


def test_a_batch_of_many_rows_lands_in_steps(store, db, monkeypatch):
    monkeypatch.setattr(landing, "MAX_BATCH_ROWS", 2)
    kept(store.raw, *({f"r{n}": 1, f"s{n}": 2} for n in range(5)))
    land(made_up(rates), store, db)
    assert len(named(db)) == 10


# --- committed files -------------------------------------------------------------------------


@pytest.mark.parametrize("tail", ["\n", "\n\n\n", "\r\n\r\n", ",\n,\n", "  \n", " , \n\n"])
def test_blank_lines_in_a_committed_file_are_no_rows(tail):
    body = b"provider,name\naws,AWS\n" + tail.encode() + b"gcp,Google\n" + tail.encode()
    frame = read_typed(body, ["provider", "name"])
    assert frame.rows() == [("aws", "AWS"), ("gcp", "Google")]
