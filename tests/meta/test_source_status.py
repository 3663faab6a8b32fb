from datetime import UTC, datetime, timedelta

from pipeline import ingest
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
    assert status(db)["outcome"] == "not asked yet"


def test_a_source_that_got_some_of_its_parts_says_so(db):
    failed = Attempt("vast", "ada", NOW, "refused", "HTTP 404")
    row = status(db, landed(timedelta(hours=3)), failed)
    assert (row["outcome"], row["outcome_reason"]) == ("partly landed", "HTTP 404")


def test_reading_a_file_again_does_not_double_what_is_held(db):
    row = status(db, landed(timedelta(hours=3)), landed(timedelta(hours=1)))
    assert row["held_count"] == 7
