"""A provider's one price per accelerator and month, as it was known when the month ended."""

from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows

H100 = "nvidia-h100-sxm-80gb"
FEBRUARY, MARCH = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)


def seen(day: int, price: float, known_on: date | None = None, month: int = 1, **cells):
    on = date(2024, month, day)
    known = datetime.combine(known_on or on, datetime.min.time(), UTC)
    return offer(
        on=on,
        known_at=known,
        captured_at=known,
        accelerator=H100,
        market="on_demand",
        price_usd_per_gpu_hour=price,
        **{"provider": "lambda"} | cells,
    )


def test_a_provider_has_the_median_of_its_days_as_known_when_the_month_ended(db):
    late = {"known_on": date(2024, 2, 5), "provider": "crusoe"}
    fill(db, [seen(29, 2.0), seen(30, 2.2), seen(31, 2.6), seen(31, 2.8, **late)])
    fill(db, [seen(9, 2.5, month=2)])
    db.execute("set variable as_of = timestamptz '2024-03-02 00:00:00+00'")
    build(db, "steps.month_rent")
    answers = rows(db, "from steps.month_rent where month(period_end_on) = 1 order by all")
    told = [(row["known_at"], row["provider"], row["price_usd_per_gpu_hour"]) for row in answers]
    assert sorted(told) == [
        (FEBRUARY, "lambda", 2.2),
        (MARCH, "crusoe", 2.8),  # public in February: what March answers, and no method uses
        (MARCH, "lambda", 2.2),
    ]


def test_what_was_known_of_the_part_stands_beside_its_price(db):
    fill(db, [seen(8, 2.0), seen(9, 2.0)])
    db.execute("set variable as_of = timestamptz '2024-02-02 00:00:00+00'")
    build(db, "steps.month_rent")
    [row] = rows(db, "from steps.month_rent")  # as tests/given/support.py lands them
    assert (row["memory_gib"], row["memory_bandwidth_tb_per_s"]) == (80.0, 3.0)


def test_a_term_or_a_bare_component_is_no_rent_here(db):
    fill(db, [seen(8, 2.0, term_months=12), seen(9, 2.0, basis="accelerator_only")])
    db.execute("set variable as_of = timestamptz '2024-02-02 00:00:00+00'")
    build(db, "steps.month_rent")
    assert rows(db, "from steps.month_rent") == []
