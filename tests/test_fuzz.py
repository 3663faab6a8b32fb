"""The short form of `tests.trials.fuzz`: damaged answers break no parser and pass no contract."""

import random
from datetime import UTC, date, datetime

import polars as pl
import pytest

from tests.trials import fuzz

SUBJECTS = fuzz.subjects()
TABLES = fuzz.reference_tables()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.name)
def test_damaged_answers_fail_by_name_or_keep_their_contract(subject):
    made = fuzz.trial(subject, TABLES, seed=11, payloads=40)
    assert made.escaped == []
    assert made.wrong == []
    assert made.parsed + sum(made.raised.values()) == made.payloads


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.name)
def test_the_answer_that_is_damaged_was_whole(subject):
    trial = fuzz.Outcome()
    at = fuzz.Capture(subject.name, subject.part, subject.url, fuzz.READ, "")
    frame = subject.source.parse(subject.body, at)
    fuzz._hold(subject.source, TABLES, [frame], trial)
    assert trial.kept > 0


def test_the_same_seed_damages_alike_and_another_does_not():
    first, again, other = (
        [fuzz.damaged(SUBJECTS[0], dice) for _ in range(20)]
        for dice in (random.Random(1), random.Random(1), random.Random(2))
    )
    assert first == again != other


def test_what_is_looked_for_would_be_found():
    rows = pl.DataFrame(
        {
            "price_usd_per_gpu_hour": [float("nan"), -1.0, 2.0],
            "filed_on": [date(25, 1, 1), date(9999, 12, 31), date(2026, 1, 1)],
            "known_at": [datetime(2030, 1, 1, tzinfo=UTC)] * 3,
            "fund": ["a\x00", "b\x1b", "c\td"],
        }
    )
    found = fuzz.wrongs(rows)
    for name, count in {"price": 2, "filed_on": 2, "known_at": 1, "fund": 2}.items():
        assert len({each for each in found if each.startswith(name)}) == count, (name, found)
