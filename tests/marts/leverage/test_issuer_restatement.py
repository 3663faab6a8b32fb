import pytest

from tests.given.filings import accession, build, filing, flow, instant, land

YEAR = ("2022-01-31", "2023-01-29")


def changes(db):
    return db.execute(
        "select concept, previous_value, value, change_kind from marts.issuer_restatement "
        "order by known_at, concept"
    ).fetchall()


def eps(filed_on, value, concept="EarningsPerShareDiluted"):
    unit = {"unit": "USD/shares"}
    return filing("10-K", filed_on, flow(concept, *YEAR, value, **unit))


def test_a_figure_said_otherwise_later_is_listed_with_both_filings(db):
    first = filing("10-Q", "2025-08-13", flow("Proceeds", *YEAR, 4_432_723_000))
    later = filing("10-Q", "2026-08-12", flow("Proceeds", *YEAR, 4_396_000_000))
    land(db, first, later)
    build(db, "issuer_restatement")
    [row] = db.execute(
        "select change, change_kind, accession, previous_accession from marts.issuer_restatement"
    ).fetchall()
    both = accession("2026-08-12"), accession("2025-08-13")
    assert row == (-36_723_000, "restated", *both)


def test_repeats_are_no_change_and_a_coarser_unit_is_rounding(db):
    land(
        db,
        filing("10-Q", "2025-08-13", instant("Cash", "2025-06-30", 1_212_788_000)),
        filing("10-Q", "2025-11-13", instant("Cash", "2025-06-30", 1_212_788_000)),
        filing("10-K", "2026-03-02", instant("Cash", "2025-06-30", 1_213_000_000)),
    )
    build(db, "issuer_restatement")
    assert changes(db) == [("Cash", 1_212_788_000, 1_213_000_000, "rounding")]


def test_trap_50_a_split_is_no_restatement(db):
    land(
        db,
        eps("2023-02-24", 1.74),
        eps("2025-02-26", 0.17),
        filing("10-K", "2023-02-24", instant("Shares", "2023-01-29", 2_466e6, unit="shares")),
        filing("10-K", "2025-02-26", instant("Shares", "2023-01-29", 24_661e6, unit="shares")),
    )
    build(db, "issuer_restatement")
    assert changes(db) == [
        ("EarningsPerShareDiluted", 1.74, 0.17, "split"),
        ("Shares", 2_466e6, 24_661e6, "split"),
    ]


@pytest.mark.parametrize(("first", "later"), [(1.74, 0.31), (0.02, 0.009), (1.74, -0.17)])
def test_a_figure_per_share_that_fits_no_factor_is_restated(db, first, later):
    land(db, eps("2023-02-24", first), eps("2025-02-26", later))
    build(db, "issuer_restatement")
    assert changes(db) == [("EarningsPerShareDiluted", first, later, "restated")]


def test_dollars_never_split(db):
    land(
        db,
        filing("10-K", "2023-02-24", flow("Revenues", *YEAR, 20e9)),
        filing("10-K", "2025-02-26", flow("Revenues", *YEAR, 2e9)),
    )
    build(db, "issuer_restatement")
    assert changes(db) == [("Revenues", 20e9, 2e9, "restated")]


def test_a_proxy_restates_nothing_and_an_axis_is_another_figure(db):
    axis = {"dimensions": "us-gaap:StatementBusinessSegmentsAxis=acme:CloudMember"}
    land(
        db,
        filing("10-K", "2023-02-24", flow("Revenues", *YEAR, 20e9)),
        filing("DEF 14A", "2023-04-24", flow("Revenues", *YEAR, 21e9)),
        filing("10-K", "2025-02-26", flow("Revenues", *YEAR, 5e9, **axis)),
    )
    build(db, "issuer_restatement")
    assert changes(db) == []
