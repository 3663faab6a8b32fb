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


def test_trap_50_a_half_restated_alone_leaves_the_second_quarter_as_first_reported(db):
    proceeds = FLOWS["debt_proceeds"]
    land(
        db,
        filing("10-Q", "2025-05-15", flow(proceeds, "2025-01-01", "2025-03-31", 1_000e6)),
        filing("10-Q", "2025-08-13", flow(proceeds, "2025-01-01", "2025-06-30", 4_432_723_000)),
        filing("10-Q", "2026-08-12", flow(proceeds, "2025-01-01", "2025-06-30", 4_396e6)),
    )
    build(db, "issuer_quarter")
    columns = ("value_usd", "first_reported_usd", "is_restated", "is_mixed_vintage")
    assert held(db, "debt_proceeds", *columns)[1] == (3_432_723_000, 3_432_723_000, True, True)


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


def test_a_half_and_a_quarter_restated_together_give_the_quarter_anew(db):
    cash = FLOWS["capex"]
    land(
        db,
        filing("10-Q", "2025-05-15", flow(cash, "2025-01-01", "2025-03-31", 1_000e6)),
        filing("10-Q", "2025-08-13", flow(cash, "2025-01-01", "2025-06-30", 3_000e6)),
        filing("10-Q", "2026-05-12", flow(cash, "2025-01-01", "2025-03-31", 1_100e6)),
        filing("10-Q", "2026-08-12", flow(cash, "2025-01-01", "2025-06-30", 3_500e6)),
    )
    build(db, "issuer_quarter")
    columns = ("value_usd", "first_reported_usd", "is_restated", "is_mixed_vintage")
    assert held(db, "capex", *columns)[1] == (2_400e6, 2_000e6, True, False)


def test_a_year_restated_after_its_nine_months_gives_the_quarter_both_gave_before(db):
    # IREN under IFRS: the year to 2023-06-30 went from 6.0 to -72.4 million, its nine months not.
    land(
        db,
        filing("6-K", "2025-11-15", flow("Cash", "2025-01-01", "2025-09-30", -998_000)),
        filing("20-F", "2026-03-13", flow("Cash", "2025-01-01", "2025-12-31", 6_045_000)),
        filing("20-F/A", "2026-09-20", flow("Cash", "2025-01-01", "2025-12-31", -72_378_000)),
        recipes=recipe("operating_cash_flow", "Cash"),
    )
    build(db, "issuer_quarter")
    columns = ("value_usd", "is_restated", "is_mixed_vintage")
    assert held(db, "operating_cash_flow", *columns) == [(7_043_000, True, True)]


TWO = [
    *recipe("stock_compensation", "ShareBasedCompensation"),
    *recipe("stock_compensation", "AllocatedExpense", rank=2),
]


def test_the_element_of_the_year_leads_over_a_quarter_filed_under_another(db):
    # Micron files the expense of the quarter under one element and the cash flow under another.
    nine, year = ("2025-01-01", "2025-09-30"), ("2025-01-01", "2025-12-31")
    land(
        db,
        filing(
            "10-Q",
            "2025-11-13",
            flow("ShareBasedCompensation", "2025-01-01", "2025-06-30", 200),
            flow("ShareBasedCompensation", *nine, 310),
            flow("AllocatedExpense", "2025-07-01", "2025-09-30", 127),
        ),
        filing("10-K", "2026-03-02", flow("ShareBasedCompensation", *year, 420)),
        recipes=TWO,
    )
    build(db, "issuer_quarter")
    assert held(db, "stock_compensation", "value_usd", "concepts", "is_of_other_element") == [
        (110, "ShareBasedCompensation", False),
        (110, "ShareBasedCompensation", False),
    ]


def test_a_filed_quarter_of_another_element_stands_where_there_is_none_of_the_years(db):
    land(
        db,
        filing("10-Q", "2025-11-13", flow("AllocatedExpense", "2025-07-01", "2025-09-30", 127)),
        filing("10-K", "2026-03-02", flow("ShareBasedCompensation", "2025-01-01", "2025-12-31", 9)),
        recipes=TWO,
    )
    build(db, "issuer_quarter")
    assert held(db, "stock_compensation", "value_usd", "is_of_other_element") == [(127, True)]
    # In November nobody could say so: the year was not filed.
    [(known_at,)] = held(db, "stock_compensation", "known_at")
    assert f"{known_at:%Y-%m-%d}" == "2026-03-03"


def test_a_year_and_nine_months_of_two_elements_give_no_quarter_but_a_reason(db):
    land(
        db,
        filing("10-Q", "2025-11-13", flow("AllocatedExpense", "2025-01-01", "2025-09-30", 450)),
        filing(
            "10-K", "2026-03-02", flow("ShareBasedCompensation", "2025-01-01", "2025-12-31", 1_000)
        ),
        recipes=TWO,
    )
    build(db, "issuer_quarter")
    columns = ("period_start_on::varchar", "value_usd", "quarter_missing_reason")
    reason = "the longer and the shorter period are of different elements"
    assert held(db, "stock_compensation", *columns) == [("2025-10-01", None, reason)]


def test_a_year_below_its_nine_months_gives_no_negative_revenue_but_a_reason(db):
    land(db, *year_to_date("Revenues", 10, 30, 60, 55)[2:])
    build(db, "issuer_quarter")
    reason = "the longer period is below the shorter one"
    assert held(db, "revenue", "value_usd", "quarter_missing_reason") == [(None, reason)]


def test_a_missing_quarter_enters_no_twelve_months(db):
    land(db, *year_to_date("Revenues", 10, 30, 60, 55))
    build(db, "issuer_year")
    made = db.execute("select ltm_source, value_usd from steps.issuer_year").fetchall()
    assert made == [("fiscal_year", 55)]


def test_two_elements_that_agree_wherever_both_are_held_are_one_scope(db):
    # IREN tags its revenue by one element, and that of the year by another as well.
    rules = [*recipe("revenue", "Contracts"), *recipe("revenue", "Revenues", rank=2)]
    before, year = ("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-12-31")
    nine = flow("Contracts", "2025-01-01", "2025-09-30", 570e6)
    both = flow("Contracts", *before, 501e6), flow("Revenues", *before, 501e6)
    land(
        db,
        filing("10-K", "2025-03-02", *both),
        filing("10-Q", "2025-11-13", nine),
        filing("10-K", "2026-03-02", flow("Revenues", *year, 707e6)),
        recipes=rules,
    )
    build(db, "issuer_quarter")
    assert held(db, "revenue", "value_usd", "derivation") == [(137e6, "year_less_nine_months")]


def test_a_year_that_the_next_report_repeats_takes_nine_months_as_restated_between(db):
    # Tesla recast three quarters of 2024 in 2025; its year, filed before, already held the change.
    def profit(start, end, value):
        return flow("NetIncomeLoss", start, end, value)

    land(
        db,
        filing("10-Q", "2024-10-24", profit("2024-01-01", "2024-09-30", 4_774e6)),
        filing("10-K", "2025-01-30", profit("2024-01-01", "2024-12-31", 7_091e6)),
        filing("10-Q", "2025-10-23", profit("2024-01-01", "2024-09-30", 4_963e6)),
        filing("10-K", "2026-01-29", profit("2025-01-01", "2025-12-31", 3_794e6)),
    )
    build(db, "issuer_quarter")
    columns = ("value_usd", "first_reported_usd", "is_restated", "is_mixed_vintage")
    assert held(db, "net_income", *columns) == [(2_128e6, 2_317e6, True, False)]
