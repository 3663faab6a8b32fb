"""Which version of a facility's terms is the one to go by, and on which days."""

from datetime import UTC, date, datetime

from tests.given.credit import land as landed
from tests.given.credit import terms
from tests.given.lives import empty
from tests.given.support import build, rows

# Every loan here closed on 15 January. The day of a document is known to the public when it ends.
CLOSED = date(2025, 1, 15)
JAN, JUN, AUG = date(2025, 1, 31), date(2025, 6, 30), date(2025, 8, 31)


def in_force(db, *versions):
    empty(db)
    landed(db, terms=versions)
    build(db, "steps.facility_terms")
    return [
        (
            each["deal_status"],
            each["commitment_usd"],
            each["in_force_from_on"],
            each["in_force_to_on"],
        )
        for each in rows(db, "from steps.facility_terms order by facility_id, in_force_from_on")
    ]


def test_an_amendment_ends_what_was_in_force_the_day_before(db):
    amended = terms(commitment_usd=900.0, on=JUN)
    assert in_force(db, terms(on=JAN), amended) == [
        ("filed", 1000.0, CLOSED, date(2025, 6, 30)),
        ("filed", 900.0, date(2025, 7, 1), None),
    ]


def test_an_amendment_binds_from_its_own_day_and_not_from_the_day_it_is_read(db):
    amended = terms(commitment_usd=900.0, on=JUN, terms_from_on=date(2025, 6, 10))
    assert in_force(db, terms(on=JAN), amended) == [
        ("filed", 1000.0, CLOSED, date(2025, 6, 9)),
        ("filed", 900.0, date(2025, 6, 10), None),
    ]


def test_a_note_that_restates_an_agreement_holds_from_that_agreements_day(db):
    # The amendment of May stands, although the note that repeats the first terms is read in August.
    amended = terms(commitment_usd=900.0, on=JUN, terms_from_on=date(2025, 5, 1))
    restated = terms(commitment_usd=1000.0, spread_bps=400.0, on=AUG, terms_from_on=CLOSED)
    assert in_force(db, terms(on=JAN), amended, restated) == [
        ("filed", 1000.0, CLOSED, date(2025, 4, 30)),
        ("filed", 900.0, date(2025, 5, 1), None),
    ]
    first, _ = rows(db, "from steps.facility_terms order by in_force_from_on")
    assert first["spread_bps"] == 400.0


def test_an_agreement_read_before_it_closes_counts_from_the_day_it_is_known(db):
    signed = terms(on=JAN, closed_on=date(2025, 3, 1))
    assert in_force(db, signed) == [("filed", 1000.0, date(2025, 2, 1), None)]


def test_trap_70_press_after_a_filing_is_never_in_force_and_before_it_is(db):
    press = terms(deal_status="press", commitment_usd=990.0, on=JAN)
    later_press = terms(deal_status="press", commitment_usd=995.0, on=AUG)
    filed = terms(on=JUN, closed_on=date(2025, 6, 20))
    assert in_force(db, press, filed, later_press) == [
        ("press", 990.0, CLOSED, date(2025, 6, 19)),
        ("filed", 1000.0, date(2025, 6, 20), None),
    ]


def test_what_was_never_executed_is_over(db):
    over = terms(deal_status="not_executed", on=JUN)
    told = in_force(db, terms(deal_status="announced", on=JAN), over)
    assert [each[0] for each in told] == ["announced", "not_executed"]


def test_of_two_amendments_on_one_day_the_last_known_counts(db):
    noon = {"known_at": datetime(2025, 7, 1, 12, tzinfo=UTC)}
    two = [terms(commitment_usd=900.0, on=JUN), terms(commitment_usd=800.0, on=JUN, **noon)]
    assert in_force(db, terms(on=JAN), *two)[1:] == [("filed", 800.0, date(2025, 7, 1), None)]


def test_of_two_known_at_once_the_surer_counts(db):
    doubtful = terms(commitment_usd=900.0, on=JAN, confidence="medium", source_url="https://a.org")
    assert in_force(db, doubtful, terms(on=JAN)) == [("filed", 1000.0, CLOSED, None)]


def test_on_any_day_at_most_one_version_of_a_facility_is_in_force(db):
    days = [date(2025, month, 15) for month in (1, 3, 5)]
    in_force(db, *[terms(name, on=day) for name in ("a", "b") for day in days])
    twice = rows(
        db,
        "from steps.facility_terms as a join steps.facility_terms as b using (facility_id) "
        "where a.in_force_from_on < b.in_force_from_on "
        "and (a.in_force_to_on is null or a.in_force_to_on >= b.in_force_from_on)",
    )
    assert twice == []
