"""The committed tallies of debt."""

from datetime import date

from tests.given.committed_files import rows

FRAME = rows("debt_tallies")


def test_telecom_bonds_of_1996_to_2001_came_to_half_a_trillion():
    [row] = FRAME.filter(series_name="telecom_bonds_malik").to_dicts()
    assert row["amount"] == 500e9
    assert (row["period_start_on"], row["period_end_on"]) == (date(1996, 1, 1), date(2001, 12, 31))


def test_currencies_stay_apart():
    assert {"USD", "EUR", "CAD"} <= set(FRAME["unit"])
