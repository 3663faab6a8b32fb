"""The committed consumer prices."""

from datetime import date

from tests.given.committed_files import rows

FRAME = rows("cpi")


def level(day):
    return FRAME.filter(period_end_on=day)["price_index_level"].to_list()


def test_levels_are_those_of_the_bls():
    # CUUR0000SA0, BLS: January 2020 257.971; January 1990 127.4.
    assert level(date(2020, 1, 31)) == [257.971]
    assert level(date(1990, 1, 31)) == [127.4]


def test_october_2025_does_not_exist():
    assert level(date(2025, 10, 31)) == []
    assert level(date(2025, 9, 30)) != []
