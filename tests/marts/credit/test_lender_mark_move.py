"""Who moved first, over four quarters of three advisers, by hand."""

from datetime import date

import pytest

from tests.given.credit import built, holding, terms
from tests.given.support import rows

ENDS = [date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31)]
# Filed forty days after the quarter by the first, ten days later by each of the others.
FILED = [date(2025, 5, 10), date(2025, 8, 9), date(2025, 11, 9), date(2026, 2, 9)]


def followed(fund, values, late=0, **cells):
    """One position of a fund, quarter by quarter; its floating rate comes to another sum each."""
    return [
        holding(
            fund,
            accession=f"{late:010}-25-{number:06}",
            period_end_on=end,
            on=date.fromordinal(filed.toordinal() + late),
            fair_value_usd=value,
            spread_bps=None,
            all_in_rate_pct=10.0 - number,
            **cells,
        )
        for number, (end, filed, value) in enumerate(zip(ENDS, FILED, values, strict=True))
        if value is not None
    ]


def moves(db, *positions):
    built(db, terms=[terms()], holdings=[each for one in positions for each in one])
    return {
        (each["adviser"], each["period_end_on"]): each
        for each in rows(db, "from marts.lender_mark_move")
    }


def test_the_first_to_move_and_how_much_later_the_others_did(db):
    made = moves(
        db,
        followed("Early", [99.0, 97.0, 96.0, 96.0]),
        followed("Late", [99.0, 99.0, 96.5, 96.4], late=10),
        followed("Never", [99.0, 99.2, 99.1, 99.0], late=20),
    )
    first = made["Early", ENDS[1]]
    assert (first["fv_to_par_change_pct"], first["move_direction"]) == (pytest.approx(-2), "down")
    assert (first["is_first_mover"], first["after_first_mover_days"]) == (True, 0)
    assert first["between_reports_days"] == 91
    late = made["Late", ENDS[2]]
    assert (late["first_mover"], late["is_first_mover"]) == ("Early", False)
    # Public on 2025-08-10 and 2025-11-20.
    assert late["after_first_mover_days"] == 102
    assert late["run_started_on"] == ENDS[1]
    # A tenth of a point is no move, and nothing before is known of the first report.
    assert made["Late", ENDS[3]]["is_move"] is False
    assert made["Never", ENDS[1]]["is_first_mover"] is None
    assert made["Early", ENDS[0]]["fv_to_par_change_pct"] is None


def test_a_quarter_without_a_move_ends_the_run(db):
    made = moves(
        db,
        followed("Early", [99.0, 97.0, 97.0, 97.0]),
        followed("Late", [99.0, 99.0, 99.0, 95.0], late=10),
    )
    assert made["Late", ENDS[3]]["first_mover"] == "Late"
    assert made["Late", ENDS[3]]["run_started_on"] == ENDS[3]


def test_up_and_down_are_runs_of_their_own(db):
    made = moves(
        db,
        followed("Early", [99.0, 97.0, 97.0, 97.0]),
        followed("Late", [99.0, 101.0, 101.0, 101.0], late=10),
    )
    assert (made["Late", ENDS[1]]["move_direction"], made["Late", ENDS[1]]["first_mover"]) == (
        "up",
        "Late",
    )


def test_a_new_position_is_no_move(db):
    made = moves(
        db,
        followed("One", [99.0, 99.0, 99.0, 99.0]),
        followed("Two", [None, None, 90.0, 90.0], late=10, adviser="One"),
    )
    row = made["One", ENDS[2]]
    assert row["fv_to_par_pct"] == pytest.approx(94.5)
    assert (row["fv_to_par_change_pct"], row["is_move"]) == (0.0, False)


def test_tranches_are_followed_apart(db):
    made = moves(
        db,
        followed("One", [99.0, 98.0, 98.0, 98.0]),
        followed("One", [90.0, 90.0, 90.0, 90.0], holding_id="2", maturity_on=date(2031, 3, 31)),
    )
    row = made["One", ENDS[1]]
    assert row["holding_count"] == 2
    assert row["fv_to_par_change_pct"] == pytest.approx(-0.5)
