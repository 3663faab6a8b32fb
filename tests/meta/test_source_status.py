from datetime import UTC, datetime, timedelta

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.build.model import models, rebuild
from pipeline.ingest import Attempt
from pipeline.sources.source import discover
from tests.given.support import fill, offer, rows

[STATUS] = [each for each in models() if each.table == "meta.source_status"]
SOURCES = {each.name: each for each in discover()}
NOW = datetime.now(UTC)


def status(db, *attempts):
    fill(db, [offer()])
    ingest.register(db, SOURCES["vast"])
    ingest.record(db, list(attempts))
    rebuild(db, STATUS)
    return {row["source"]: row for row in rows(db, "from meta.source_status")}["vast"]


def landed(age):
    at = NOW - age
    return Attempt(
        "vast", "all", at, "landed", captured_at=at, rows=7, newest_observed_at=at, held=7
    )


def test_a_failure_is_shown_with_what_is_still_held(db):
    failed = Attempt("vast", "all", NOW, "unreachable", "no answer")
    row = status(db, landed(timedelta(hours=3)), failed)
    assert (row["outcome"], row["outcome_reason"]) == ("unreachable", "no answer")
    assert row["held_count"] == 7
    assert not row["is_stale"]


def test_a_source_silent_for_twice_its_rhythm_is_stale(db):
    assert status(db, landed(timedelta(days=3)))["is_stale"]


def test_a_source_nobody_asked_yet_says_so(db):
    row = status(db)
    assert (row["outcome"], row["is_stale"]) == ("not asked yet", False)


def test_a_skipped_source_is_stale_only_where_something_old_is_held(db):
    skipped = Attempt("vast", "all", NOW, "skipped", "set A_KEY")
    row = status(db, skipped)
    assert (row["outcome"], row["is_stale"]) == ("skipped", False)
    assert status(db, landed(timedelta(days=3)))["is_stale"]


def test_a_source_that_never_answered_is_stale(db):
    failed = Attempt("vast", "all", NOW, "unreachable", "no answer")
    assert status(db, failed)["is_stale"]


def test_a_committed_file_is_as_old_as_the_last_reading_of_its_documents(db):
    [source] = [each for each in SOURCES.values() if each.name == "facility_balances"]
    wh.create_declared(db)
    ingest.register(db, source)
    read = datetime(2026, 1, 15, tzinfo=UTC)
    broken = Attempt(source.name, "all", NOW - timedelta(hours=1), "failed", "line 7",
                     captured_at=NOW - timedelta(hours=1))  # fmt: skip
    told = Attempt(source.name, "all", NOW, "landed", captured_at=read, rows=7, held=7)
    ingest.record(db, [broken, told])
    rebuild(db, STATUS)
    [row] = rows(db, "from meta.source_status")
    assert (row["outcome"], row["last_landed_at"]) == ("landed", read)
    assert row["is_stale"] == (NOW - read > timedelta(days=2 * 92))


def test_a_source_that_got_some_of_its_parts_says_so(db):
    failed = Attempt("vast", "ada", NOW, "refused", "HTTP 404")
    row = status(db, landed(timedelta(hours=3)), failed)
    assert (row["outcome"], row["outcome_reason"]) == ("partly landed", "HTTP 404")


def test_reading_a_file_again_does_not_double_what_is_held(db):
    row = status(db, landed(timedelta(hours=3)), landed(timedelta(hours=1)))
    assert row["held_count"] == 7
