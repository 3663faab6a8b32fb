from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows


def test_an_offer_is_there_once_a_day_of_utc_and_a_resellers_is_not(db):
    fill(db, [
        *[offer(at=datetime(2026, 8, 1, hour, tzinfo=UTC)) for hour in (0, 23)],
        offer(on=date(2026, 8, 2), flag="restatement"),
        offer(on=date(2026, 8, 2), offer_id="somebody else's", flag="reseller"),
    ])  # fmt: skip
    build(db, "steps.offer_day")
    seen = rows(db, "from steps.offer_day order by observed_on")
    assert [row["observed_on"] for row in seen] == [date(2026, 8, 1), date(2026, 8, 2)]
    assert {row["offer_id"] for row in seen} == {offer()["offer_id"]}
