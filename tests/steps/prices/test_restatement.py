"""Days on which what a price buys became something else."""

from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows


def test_a_restatement_is_prompt_where_it_was_public_before_its_day_ended(db):
    late = datetime(2024, 1, 9, tzinfo=UTC)
    fill(
        db,
        [
            offer(on=date(2024, 1, 1)),
            offer(on=date(2024, 1, 2), flag="restatement"),
            offer(on=date(2024, 1, 3), flag="restatement", known_at=late),
        ],
    )
    build(db, "steps.restatement")
    made = rows(db, "from steps.restatement order by restated_on")
    assert [(each["restated_on"].day, each["is_prompt"]) for each in made] == [
        (2, True),
        (3, False),
    ]
