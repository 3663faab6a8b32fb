from datetime import date

from tests.given.credit import built, commitment
from tests.given.support import rows


def loops(db, *commitments, scope="all"):
    built(db, commitments=commitments)
    query = f"from marts.vendor_financing_loops where binding_scope = '{scope}' order by loop_path"
    return {row["loop_path"]: row for row in rows(db, query)}


def ring(*names, **cells):
    return [commitment(a, b, **cells) for a, b in zip(names, [*names[1:], names[0]], strict=True)]


def test_a_loop_is_written_once_from_the_name_that_sorts_first(db):
    found = loops(db, *ring("Model", "Cloud", "Chips"))
    assert list(found) == ["Chips > Model > Cloud > Chips"]
    [row] = found.values()
    assert (row["edge_count"], row["loop_amount_usd"]) == (3, 10.0)


def test_the_amount_is_the_smallest_edge(db):
    found = loops(
        db,
        commitment("Chips", "Model", amount_usd=100.0, commitment_kind="equity"),
        commitment("Model", "Cloud", amount_usd=22.0, commitment_kind="capacity"),
        commitment("Cloud", "Chips", amount_usd=40.0),
    )
    [row] = found.values()
    assert (row["loop_amount_usd"], row["smallest_edge"]) == (22.0, "Model > Cloud")
    assert row["edge_kinds"] == "equity > capacity > purchase"


def test_loops_of_two_three_and_four_and_none_of_five(db):
    two, three, four = ring("A", "B"), ring("C", "D", "E"), ring("F", "G", "H", "I")
    five = ring("J", "K", "L", "M", "N")
    found = loops(db, *two, *three, *four, *five)
    assert sorted(row["edge_count"] for row in found.values()) == [2, 3, 4]


def test_no_company_comes_twice_in_a_loop(db):
    # A figure of eight has two loops, not a third through the middle.
    found = loops(db, *ring("A", "B"), *ring("B", "C"))
    assert list(found) == ["A > B > A", "B > C > B"]


def test_edges_of_a_ring_with_a_chord(db):
    found = loops(db, *ring("A", "B", "C", "D"), commitment("B", "A"), commitment("C", "A"))
    assert list(found) == ["A > B > A", "A > B > C > A", "A > B > C > D > A"]


def test_announcements_are_never_added_to_contracts(db):
    edges = [
        commitment("A", "B", amount_usd=7.0),
        commitment("A", "B", commitment_id="mou", amount_usd=90.0, is_binding=False),
        commitment("B", "A", amount_usd=50.0),
    ]
    assert loops(db, *edges)["A > B > A"]["loop_amount_usd"] == 50.0
    assert loops(db, *edges, scope="binding")["A > B > A"]["loop_amount_usd"] == 7.0


def test_a_loop_that_needs_an_announcement_is_not_binding(db):
    edges = [commitment("A", "B"), commitment("B", "A", is_binding=None)]
    assert len(loops(db, *edges)) == 1
    assert loops(db, *edges, scope="binding") == {}


def test_rumours_and_retired_deals_close_no_loop(db):
    for status in ("rumored", "not_executed"):
        assert loops(db, commitment("A", "B"), commitment("B", "A", deal_status=status)) == {}


def test_a_letter_that_was_abandoned_later_is_gone(db):
    gone = commitment("B", "A", deal_status="not_executed", on=date(2025, 9, 1))
    edges = [commitment("A", "B"), commitment("B", "A", deal_status="announced"), gone]
    assert loops(db, *edges) == {}


def test_an_edge_without_an_amount_is_counted_and_not_zero(db):
    [row] = loops(db, commitment("A", "B", amount_usd=None), commitment("B", "A")).values()
    assert (row["loop_amount_usd"], row["edges_without_amount_count"]) == (10.0, 1)
    assert row["smallest_edge"] == "B > A"


def test_a_company_that_pays_itself_is_no_loop(db):
    assert loops(db, commitment("A", "A")) == {}
