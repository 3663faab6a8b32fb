"""Which weeks and months are over: the record says so, not the clock."""

from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows


def test_a_period_is_over_once_somebody_looked_after_it(db):
    public = datetime(2024, 1, 12, tzinfo=UTC)
    fill(
        db,
        [
            offer(on=date(2024, 1, 7)),
            offer(on=date(2024, 1, 8), offer_id="b", known_at=public),
        ],
    )
    build(db, "steps.period_end")
    assert [tuple(each.values()) for each in rows(db, "from steps.period_end")] == [
        ("week", date(2024, 1, 7), public)
    ]
