"""A damaged build database costs a run some time and nothing else: it is read again from raw."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.capture.http import Response
from pipeline.runs import sound
from pipeline.sources.source import Part, discover
from pipeline.warehouse import BuildCorruptError, Warehouse

Damage = Callable[[Path], object]
CATALOG = Path(__file__).parent / "fixtures" / "skypilot_catalog" / "aws.csv"


def overwrite(path: Path, at: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(os.urandom(size))


AT_ONCE: dict[str, Damage] = {
    "no database": lambda path: path.write_bytes(b"no database " * 1000),
    "empty": lambda path: path.write_bytes(b""),
    "a few bytes": lambda path: path.write_bytes(b"half of"),
    "cut in two": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut in its head": lambda path: os.truncate(path, 5_000),
    "both heads lost": lambda path: overwrite(path, 4_096, 8_192),
}


@pytest.fixture
def filled(store: Warehouse, laid_out: Path) -> Warehouse:
    """A build database with more than one block of rows, as a run leaves it."""
    store.build.parent.mkdir(parents=True)
    shutil.copy(laid_out, store.build)
    with store.connect() as db:
        db.execute("create schema marts")
        db.execute("create table marts.long as select hash(range) as h from range(200_000)")
        db.execute("checkpoint")
    return store


def rows_of(store: Warehouse) -> tuple[int, int]:
    """Where in the file a part of the rows lies, and how many bytes of it."""
    with store.connect() as db:
        query = "select max(block_id) from pragma_storage_info('marts.long')"
        [(block,)] = db.execute(query).fetchall()
    return 3 * 4_096 + block * 2**18 + 1_000, 10_000


def is_new(store: Warehouse) -> bool:
    with store.connect() as db:
        return not wh.exists(db, "marts.long")


@pytest.mark.parametrize("damage", AT_ONCE.values(), ids=AT_ONCE)
def test_a_damaged_build_database_is_set_aside_and_a_new_one_opened(filled, capsys, damage):
    damage(filled.build)
    damaged = filled.build.read_bytes()
    assert is_new(filled)
    [line] = capsys.readouterr().err.splitlines()
    assert "is damaged: set aside as build.damaged-" in line
    assert "rebuilt from raw" in line
    [kept] = filled.build.parent.glob("build.damaged-*")
    assert kept.read_bytes() == damaged


def test_damage_that_shows_later_ends_the_step_and_the_next_has_a_new_database(filled, capsys):
    overwrite(filled.build, *rows_of(filled))
    with pytest.raises(BuildCorruptError, match="rebuilt from raw"), filled.connect() as db:
        db.execute("select sum(h) from marts.long").fetchall()
    assert is_new(filled)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_run_looks_for_damage_before_it_begins(filled, capsys):
    filled.check()
    assert not is_new(filled)
    overwrite(filled.build, *rows_of(filled))
    filled.check()
    assert is_new(filled)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_nobody_touched_since_the_last_run_is_looked_through_once_a_day(
    filled, monkeypatch
):
    looks = []
    monkeypatch.setattr(Warehouse, "check", lambda store: looks.append(store))
    sound.note(filled, sound.check(filled))
    sound.note(filled, sound.check(filled))
    assert len(looks) == 1
    overwrite(filled.build, *rows_of(filled))
    looked_at = sound.check(filled)
    assert len(looks) == 2
    sound.note(filled, looked_at - 90_000)
    sound.check(filled)
    assert len(looks) == 3


def test_only_the_last_damaged_file_is_kept(filled):
    for damaged in (b"one " * 2_000, b"two " * 2_000):
        filled.build.write_bytes(damaged)
        filled.check()
    [kept] = filled.build.parent.glob("build.damaged-*")
    assert kept.read_bytes() == damaged


def test_a_write_ahead_log_of_nonsense_is_no_reason_to_lose_the_database(filled):
    filled.build.with_name("build.duckdb.wal").write_bytes(b"nonsense " * 100)
    assert not is_new(filled)


def test_a_database_that_somebody_holds_is_not_set_aside(filled, monkeypatch):
    monkeypatch.setattr(wh, "LOCK_WAIT_SECONDS", 0.3)
    hold = "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, filled.build], stdin=-1, stdout=-1, text=True
    ) as holder:
        holder.stdout.readline()
        with pytest.raises(wh.DuckDBError, match="lock"):
            is_new(filled)
        holder.communicate("\n")
    assert not is_new(filled)
    assert not [*filled.build.parent.glob("build.damaged-*")]


def test_what_is_built_on_a_new_database_lacks_no_source_of_which_there_is_raw(store):
    chosen = [e for e in discover() if e.name in ("skypilot_catalog", "providers", "accelerators")]
    chosen += [e for e in discover() if e.name in ("accelerator_aliases", "regions", "ecb_rates")]

    def fetch(_):
        yield Part(
            "aws", Response("https://e.org", 200, {}, CATALOG.read_bytes(), datetime.now(UTC))
        )

    [catalog] = [each for each in chosen if each.name == "skypilot_catalog"]
    ingest.capture(replace(catalog, fetch=fetch), store)
    landed = []
    for _ in range(2):
        with store.connect() as db:
            made = ingest.catch_up(chosen, store, db)
            assert {each.outcome for each in made} == {"landed"}
            landed.append(ingest.held(db, catalog))
            assert ingest.catch_up(chosen, store, db) == []
        store.build.write_bytes(b"damaged")
    assert landed[0] == landed[1] > 0
