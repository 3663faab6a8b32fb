"""Which filed figures contradict the filing they stand in."""

from datetime import date

import polars as pl

from pipeline.identity.slips import contradictions
from tests.given.filings import filing, flow, instant

HALF_2022, HALF_2023 = ("2021-12-26", "2022-07-02"), ("2023-01-01", "2023-07-01")
REVENUE = "RevenueFromContractWithCustomerExcludingAssessedTax"
LIABILITY = "ContractWithCustomerLiability"
SCHEMA = {"value": pl.Float64, "decimals": pl.Int64, "period_start_on": pl.Date}


def slips(*filings):
    """Form and value of the figures set aside."""
    rows = [{"period_start_on": None, "decimals": None} | row for each in filings for row in each]
    frame = pl.DataFrame(rows, schema_overrides=SCHEMA, infer_schema_length=None)
    found = frame.filter(contradictions(frame))
    return list(found.select("filed_on", "concept", "value").iter_rows())


def test_trap_99_intels_half_of_2023_under_the_dates_of_2022():
    assert slips(
        filing("10-Q", "2022-07-29", flow(REVENUE, *HALF_2022, 33_674e6)),
        filing("10-Q", "2023-07-28", flow(REVENUE, *HALF_2023, 24_664e6)),
        filing("10-Q", "2024-08-02", flow(REVENUE, *HALF_2022, 24_664e6)),
    ) == [(date(2024, 8, 2), REVENUE, 24_664e6)]


def test_a_quarter_that_repeats_the_year_before_to_the_digit_is_a_slip_elsewhere_too():
    first, second = ("2024-04-01", "2024-06-30"), ("2025-04-01", "2025-06-30")
    assert slips(
        filing("10-Q", "2024-08-02", flow("Income", *first, -71_382_000)),
        filing("10-Q", "2025-08-02", flow("Income", *second, -3_911_000)),
        filing("10-Q/A", "2025-09-02", flow("Income", *second, -71_382_000)),
    ) == [(date(2025, 9, 2), "Income", -71_382_000)]


def test_a_restatement_to_a_figure_of_its_own_is_none():
    assert not slips(
        filing("10-Q", "2022-07-29", flow(REVENUE, *HALF_2022, 33_674e6)),
        filing("10-Q", "2023-07-28", flow(REVENUE, *HALF_2023, 24_664e6)),
        filing("10-Q", "2024-08-02", flow(REVENUE, *HALF_2022, 32_101e6)),
    )


def test_a_round_figure_of_two_periods_may_be_chance():
    assert not slips(
        filing("10-Q", "2022-07-29", flow("Proceeds", *HALF_2022, 3e6)),
        filing("10-Q", "2023-07-28", flow("Proceeds", *HALF_2023, 5e6)),
        filing("10-Q", "2024-08-02", flow("Proceeds", *HALF_2022, 5e6)),
    )


def test_trap_99_teslas_part_of_deferred_revenue_under_the_totals_element():
    day, before = "2023-12-31", "2022-12-31"
    annual = filing(
        "10-K",
        "2025-01-30",
        instant(LIABILITY, before, 2_913e6),
        instant(LIABILITY, day, 3_536e6),
        instant(LIABILITY + "Current", day, 2_864e6),
        instant(LIABILITY + "Noncurrent", day, 3_251e6),
    )
    assert slips(annual) == [
        (date(2025, 1, 30), LIABILITY, 2_913e6),
        (date(2025, 1, 30), LIABILITY, 3_536e6),
    ]


def test_leases_below_their_current_part_are_a_slip_and_rounding_is_none():
    lease, day = "OperatingLeaseLiability", "2025-12-31"
    parts = instant(lease + "Current", day, 40e6), instant(lease + "Noncurrent", day, 300e6)
    good = filing("10-K", "2026-02-20", instant(lease, day, 339e6), *parts)
    assert slips(good) == []
    bad = filing("10-K", "2026-02-20", instant(lease, day, 39e6), *parts)
    assert slips(bad) == [(date(2026, 2, 20), lease, 39e6)]


def test_a_half_that_is_not_the_sum_of_its_own_quarter_and_the_one_before():
    half, first, second = (
        ("2025-01-01", "2025-06-30"),
        ("2025-01-01", "2025-03-31"),
        ("2025-04-01", "2025-06-30"),
    )
    early = filing("10-Q", "2025-05-10", flow("Revenues", *first, 100e6))
    told = filing("10-Q", "2025-08-10", flow("Revenues", *half, 220e6))
    later = filing(
        "10-Q", "2026-08-10", flow("Revenues", *half, 180e6), flow("Revenues", *second, 120e6)
    )
    assert slips(early, told, later) == [(date(2026, 8, 10), "Revenues", 180e6)]
    # With its quarter restated alike it is a restatement.
    anew = filing(
        "10-Q", "2026-08-10", flow("Revenues", *half, 180e6), flow("Revenues", *second, 80e6)
    )
    assert slips(early, told, anew) == []


def test_an_amendment_a_thousand_times_too_small():
    year = "2025-01-01", "2025-12-31"
    whole = filing("10-K", "2026-03-02", flow("NetIncomeLoss", *year, 319_066_000))
    small = filing("10-K/A", "2026-04-02", flow("NetIncomeLoss", *year, 319_065))
    assert slips(whole, small) == [(date(2026, 4, 2), "NetIncomeLoss", 319_065)]


def test_a_first_filing_out_of_line_with_all_other_periods_is_the_slip():
    years = [(f"{year}-01-01", f"{year}-12-31") for year in (2022, 2023, 2024, 2025)]
    others = filing("10-K", "2025-03-02", *(flow("Sales", *each, 400e6) for each in years[:3]))
    first = filing("10-K", "2026-03-02", flow("Sales", *years[3], 410_500))
    mended = filing("10-K/A", "2026-04-02", flow("Sales", *years[3], 410_500_000))
    assert slips(others, first, mended) == [(date(2026, 3, 2), "Sales", 410_500)]


def test_a_payment_for_property_below_zero_and_net_income_may_be():
    capex, year = "PaymentsToAcquireProductiveAssets", ("2025-01-01", "2025-12-31")
    facts = flow(capex, *year, -6_042e6), flow("NetIncomeLoss", *year, -3e6)
    assert slips(filing("10-K", "2026-03-02", *facts)) == [(date(2026, 3, 2), capex, -6_042e6)]


def test_figures_of_different_dimensions_or_filers_are_not_compared():
    year, next_year = ("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-12-31")
    mine = filing("10-K", "2026-03-02", flow("Sales", *year, 41_337))
    other = filing("10-K", "2026-03-03", flow("Sales", *next_year, 55_123), cik="0000000002")
    member = filing("10-K", "2027-03-02", flow("Sales", *year, 55_123, dimensions="a=b"))
    assert slips(mine, other, member) == []


def test_what_is_per_share_does_not_add_up_and_a_split_is_no_slip():
    # Apple, four for one in August 2020: 7.63 a share in six months became 1.91.
    first, second, half = (
        ("2019-09-29", "2019-12-28"),
        ("2019-12-29", "2020-03-28"),
        ("2019-09-29", "2020-03-28"),
    )
    each = {"unit": "USD/shares"}
    name = "EarningsPerShareBasic"
    assert not slips(
        filing("10-Q", "2020-01-29", flow(name, *first, 5.04, **each)),
        filing("10-Q", "2020-05-01", flow(name, *half, 7.63, **each)),
        filing(
            "10-Q",
            "2021-04-29",
            flow(name, *half, 1.91, **each),
            flow(name, *second, 2.58, **each),
        ),
    )


def test_a_half_restated_as_its_first_quarter_was_in_another_filing_is_none():
    # Marvell's restructuring of 2023: 3.1 and 2.8 million, then 4.4 and 2.8.
    first, second, half = (
        ("2023-01-29", "2023-04-29"),
        ("2023-04-30", "2023-07-29"),
        ("2023-01-29", "2023-07-29"),
    )
    name = "OtherRestructuringCosts"
    told = flow(name, *second, 2.8e6)
    old = filing("10-Q", "2023-05-26", flow(name, *first, 3.1e6))
    half_old = filing("10-Q", "2023-08-25", flow(name, *half, 5.9e6), told)
    anew = filing("10-Q", "2024-05-31", flow(name, *first, 4.4e6))
    half_anew = filing("10-Q", "2024-08-30", flow(name, *half, 7.2e6), told)
    assert not slips(old, half_old, anew, half_anew)
    assert slips(old, half_old, half_anew) == [(date(2024, 8, 30), name, 7.2e6)]


def test_a_filer_that_went_over_to_tenths_of_a_million_contradicts_nothing():
    day = "2021-05-01"
    assert not slips(
        filing(
            "10-Q",
            "2021-06-09",
            instant(LIABILITY, day, 170_500_000),
            instant(LIABILITY + "Current", day, 170_527_000),
        )
    )


def test_a_total_that_is_its_parts_on_another_day_of_the_filing_stands_there():
    # NVIDIA's 10-K for fiscal 2019; 63 is the balance after a new standard was adopted.
    before, day = "2018-01-28", "2019-01-27"
    facts = [
        instant(LIABILITY + part, when, value)
        for when, values in ((before, (63e6, 53e6, 15e6)), (day, (138e6, 92e6, 46e6)))
        for part, value in zip(("", "Current", "Noncurrent"), values, strict=True)
    ]
    assert slips(filing("10-K", "2019-02-21", *facts)) == [(date(2019, 2, 21), LIABILITY, 63e6)]
