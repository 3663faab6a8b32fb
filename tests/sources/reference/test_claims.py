"""The committed claims: each has its rule, and a broken line is named."""

import pytest

from pipeline.build.parts import PARTS
from tests.given.committed_files import body, landed, line_of, rows

BODY = body("claims")


def test_the_committed_file_lands_whole(db):
    attempt = landed(db, "claims", BODY)
    assert (attempt.outcome, attempt.quarantined) == ("landed", 0)


def test_every_claim_has_a_rule_and_every_rule_a_claim():
    told = set(rows("claims")["claim_id"])
    assert told == {path.stem for path in (PARTS / "claims").glob("*.sql")}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b",coreweave,", b",tulips,", "subject"),
        (b"2025-08-13,2025-08-13T00:00:00Z", b"2025-08-13,", "known_at"),
        (b"12000000000.0,12000000000.0,,", b"12000000000.0,2.0,1.0,", "low end first"),
        (b"12000000000.0,12000000000.0,,", b"12000000000.0,twelve,,", "claimed_low_value"),
    ],
)
def test_a_broken_line_refuses_the_file_by_its_number(db, old, new, said):
    number = line_of(BODY, "coreweave_over_12bn")
    lines = BODY.splitlines()
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    # A blank line before it counts, as in an editor.
    attempt = landed(db, "claims", b"\n".join([lines[0], b"", *lines[1:]]))
    assert attempt.outcome == "failed"
    assert f"{number + 1}" in attempt.reason
    assert said in attempt.reason
