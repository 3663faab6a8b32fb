from datetime import date

import pytest

from tests.given.filings import (
    FLOWS,
    accession,
    build,
    figures,
    filing,
    flow,
    instant,
    issuer,
    land,
    recipe,
)

CAPEX = FLOWS["capex"]
IFRS = {"taxonomy": "ifrs-full"}
YEAR_TO_DATE = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"]
FILED = ["2025-05-15", "2025-08-13", "2025-11-13", "2026-03-02"]


def year_to_date(concept, *values, start="2025-01-01", ends=YEAR_TO_DATE):
    """One filing a quarter, each with the figure since the start of the year."""
    forms = ["10-Q", "10-Q", "10-Q", "10-K"]
    return [
        filing(form, filed, flow(concept, start, end, value))
        for form, filed, end, value in zip(forms, FILED, ends, values, strict=False)
    ]


def held(db, metric, *columns):
    return figures(db, "issuer_quarter", metric, *columns)


def values(db, metric):
    return [value for (value,) in held(db, metric, "value_usd")]


def test_trap_43_year_to_date_cash_flows_become_quarters(db):
    land(db, *year_to_date(CAPEX, 1_227e6, 3_122e6, 4_758e6, 6_042e6))
    build(db, "issuer_quarter")
    assert held(db, "capex", "value_usd", "derivation") == [
        (1_227e6, "filed"),
        (1_895e6, "ytd_difference"),
        (1_636e6, "ytd_difference"),
        (1_284e6, "year_less_nine_months"),
    ]
    starts = [str(day) for (day,) in held(db, "capex", "period_start_on")]
    assert starts == ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
    assert held(db, "capex", "period_days") == [(90,), (91,), (92,), (92,)]


def test_trap_44_the_fourth_quarter_keeps_the_coarser_rounding(db):
    land(
        db,
        filing("10-Q", "2025-11-13", flow("Revenues", "2025-01-01", "2025-09-30", 3_559_096_000)),
        filing("10-K", "2026-03-02", flow("Revenues", "2025-01-01", "2025-12-31", 5_131_000_000)),
    )
    build(db, "issuer_quarter")
    [row] = held(
        db,
        "revenue",
        "value_usd",
        "rounding_usd",
        "derivation",
        "accession",
        "subtracted_accession",
        "known_at::date::varchar",
    )
    year, nine = accession("2026-03-02"), accession("2025-11-13")
    last = "year_less_nine_months"
    assert row == (1_571_904_000, 1_000_000, last, year, nine, "2026-03-03")


def test_a_filed_quarter_is_preferred_to_a_difference(db):
    land(
        db,
        filing("10-Q", "2025-05-15", flow(CAPEX, "2025-01-01", "2025-03-31", 25e9)),
        filing(
            "10-Q",
            "2025-08-13",
            flow(CAPEX, "2025-01-01", "2025-06-30", 57e9),
            flow(CAPEX, "2025-04-01", "2025-06-30", 32.5e9),
            flow(CAPEX, "2024-07-01", "2025-06-30", 103e9),
        ),
    )
    build(db, "issuer_quarter")
    assert held(db, "capex", "value_usd", "derivation") == [(25e9, "filed"), (32.5e9, "filed")]


def test_trap_49_a_year_of_53_weeks_still_has_four_quarters(db):
    ends = ["2022-04-29", "2022-07-29", "2022-10-28", "2023-02-03"]
    cumulated = (26_116e6, 52_541e6, 77_262e6, 102_301e6)
    land(db, *year_to_date("Revenues", *cumulated, start="2022-01-29", ends=ends))
    build(db, "issuer_quarter")
    assert held(db, "revenue", "value_usd", "period_days") == [
        (26_116e6, 91),
        (26_425e6, 91),
        (24_721e6, 91),
        (25_039e6, 98),
    ]


def test_a_half_is_not_taken_for_a_quarter_where_the_one_before_is_missing(db):
    land(db, *year_to_date("Revenues", 10, 30, 60)[1:])
    build(db, "issuer_quarter")
    assert held(db, "revenue", "value_usd", "period_end_on") == [(30, date(2025, 9, 30))]


def test_a_difference_of_two_quarters_is_none(db):
    first, _, third, year = year_to_date("Revenues", 10, 30, 60, 100)
    land(db, first, third, year)
    build(db, "issuer_quarter")
    assert held(db, "revenue", "value_usd", "period_end_on") == [
        (10, date(2025, 3, 31)),
        (40, date(2025, 12, 31)),
    ]


def test_trap_51_bases_are_never_subtracted_from_each_other(db):
    land(
        db,
        filing("6-K", "2025-05-15", flow("Revenue", "2025-01-01", "2025-03-31", 9, **IFRS)),
        filing("10-Q", "2025-08-13", flow("Revenues", "2025-01-01", "2025-06-30", 30)),
        recipes=[*recipe("revenue", "Revenues"), *recipe("revenue", "Revenue", rank=2, **IFRS)],
    )
    build(db, "issuer_quarter")
    assert held(db, "revenue", "accounting_basis", "value_usd") == [("ifrs", 9)]


def test_perimeters_are_never_subtracted_from_each_other(db):
    first = issuer(perimeter="before", period_to_on=date(2025, 1, 22))
    second = issuer(perimeter="after", period_from_on=date(2025, 1, 23))
    land(db, *year_to_date("Revenues", 10, 30), issuers=[first, second])
    build(db, "issuer_quarter")
    assert held(db, "revenue", "perimeter", "value_usd") == [("after", 10), ("after", 20)]


def test_trap_50_a_restated_half_gives_two_second_quarters(db):
    proceeds = FLOWS["debt_proceeds"]
    land(
        db,
        filing("10-Q", "2025-05-15", flow(proceeds, "2025-01-01", "2025-03-31", 1_000e6)),
        filing("10-Q", "2025-08-13", flow(proceeds, "2025-01-01", "2025-06-30", 4_432_723_000)),
        filing("10-Q", "2026-08-12", flow(proceeds, "2025-01-01", "2025-06-30", 4_396e6)),
    )
    build(db, "issuer_quarter")
    columns = ("value_usd", "first_reported_usd", "is_restated", "is_mixed_vintage")
    assert held(db, "debt_proceeds", *columns)[1] == (3_396e6, 3_432_723_000, True, True)


def test_trap_53_an_event_dated_balance_is_in_no_quarter(db):
    rpo = "RevenueRemainingPerformanceObligation"
    land(
        db,
        filing(
            "10-Q",
            "2026-02-05",
            flow("Revenues", "2025-10-01", "2025-12-31", 5),
            instant(rpo, "2025-11-02", 9_700e6),
            instant(rpo, "2025-12-31", 289.411e6),
        ),
    )
    build(db, "issuer_quarter")
    assert held(db, "rpo", "value_usd", "derivation", "period_start_on") == [
        (289.411e6, "instant", None)
    ]


def test_a_difference_is_as_weak_as_its_weaker_side(db):
    first, second = year_to_date("Revenues", 10, 30)[:2]
    first[0]["confidence"] = "medium"
    land(db, first, second)
    build(db, "issuer_quarter")
    assert held(db, "revenue", "confidence") == [("medium",), ("medium",)]


def test_a_negative_quarter_is_kept(db):
    land(db, *year_to_date("NetIncomeLoss", 5, -20))
    build(db, "issuer_quarter")
    assert values(db, "net_income") == pytest.approx([5, -25])


def test_a_year_tagged_with_the_days_of_its_last_quarter_is_no_quarter(db):
    year = filing("10-K", "2026-03-02", flow("Revenues", "2025-10-01", "2025-12-31", 39_068e6))
    nine = year_to_date("Revenues", 9_218e6, 18_832e6, 28_629e6, 39_068e6)
    land(db, *nine[:3], [*nine[3], *year])
    build(db, "issuer_quarter")
    assert held(db, "revenue", "value_usd", "derivation")[-1] == (
        10_439e6,
        "year_less_nine_months",
    )


def test_a_last_quarter_with_all_of_the_years_proceeds_stays(db):
    proceeds = FLOWS["debt_proceeds"]
    land(
        db,
        filing("10-Q", "2025-11-13", flow(proceeds, "2025-01-01", "2025-09-30", 0)),
        filing(
            "10-K",
            "2026-03-02",
            flow(proceeds, "2025-01-01", "2025-12-31", 500e6),
            flow(proceeds, "2025-10-01", "2025-12-31", 500e6),
        ),
    )
    build(db, "issuer_quarter")
    assert held(db, "debt_proceeds", "value_usd", "derivation") == [(500e6, "filed")]
