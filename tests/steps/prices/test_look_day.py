"""When somebody looked at prices."""

from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows


def test_a_day_is_known_from_the_first_look_of_it_that_became_public(db):
    first, later = datetime(2024, 1, 3, tzinfo=UTC), datetime(2024, 1, 9, tzinfo=UTC)
    day = date(2024, 1, 2)
    fill(db, [offer(on=day, known_at=later), offer(on=day, offer_id="b", known_at=first)])
    build(db, "steps.look_day")
    assert rows(db, "from steps.look_day") == [{"observed_on": day, "known_at": first}]
