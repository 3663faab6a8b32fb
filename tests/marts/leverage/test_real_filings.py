"""The committed filings through the leverage marts: figures somebody can look up."""

from datetime import date

import pytest

from pipeline.build.model import checks
from pipeline.warehouse import opened_for_reading

MILLION = 1_000_000
COREWEAVE_QUARTERS = {  # revenue, thousands until the 10-K for 2025, then millions
    "2025-03-31": (981_632_000, 1_000, "filed"),
    "2025-06-30": (1_212_788_000, 1_000, "filed"),
    "2025-09-30": (1_364_676_000, 1_000, "filed"),
    "2025-12-31": (1_571_904_000, MILLION, "year_less_nine_months"),
    "2026-03-31": (2_078 * MILLION, MILLION, "filed"),
    "2026-06-30": (2_575 * MILLION, MILLION, "filed"),
}


@pytest.fixture(scope="module")
def marts(committed):
    with opened_for_reading(committed.published) as db:
        yield db


def one(marts, query, *values):
    [row] = marts.execute(query, values).fetchall()
    return row


def quarter(marts, issuer, metric, day, *columns, basis="us_gaap"):
    return one(
        marts,
        f"select {', '.join(columns)} from marts.issuer_quarter where issuer = ? and metric = ? "
        "and period_end_on = ? and accounting_basis = ?",
        issuer,
        metric,
        date.fromisoformat(day),
        basis,
    )


def balance(marts, issuer, metric, day):
    return quarter(marts, issuer, metric, day, "value_usd")[0]


@pytest.mark.parametrize("day", COREWEAVE_QUARTERS)
def test_coreweaves_revenue_by_quarter(marts, day):
    row = quarter(marts, "CoreWeave", "revenue", day, "value_usd", "rounding_usd", "derivation")
    assert row == COREWEAVE_QUARTERS[day]


def test_coreweaves_fourth_quarter_names_both_filings(marts):
    columns = ("accession", "subtracted_accession")
    assert quarter(marts, "CoreWeave", "revenue", "2025-12-31", *columns) == (
        "0001769628-26-000104",
        "0001769628-25-000062",
    )


def test_trap_67_coreweaves_principal_and_carrying_value_are_two_figures(marts):
    principal = {"2025-06-30": 11_171_485_000, "2026-03-31": 25_149 * MILLION}
    for day, usd in principal.items():
        assert balance(marts, "CoreWeave", "debt_principal", day) == usd
    assert balance(marts, "CoreWeave", "total_debt", "2026-03-31") == 24_859 * MILLION


def test_trap_48_coreweaves_debt_goes_on_where_its_element_stops(marts):
    row = quarter(marts, "CoreWeave", "total_debt", "2026-06-30", "value_usd", "concepts")
    assert row[0] == pytest.approx(35_068 * MILLION, abs=2 * MILLION)
    assert "RecourseDebt" in row[1]
    assert "NonRecourseDebt" in row[1]


def test_trap_55_coreweaves_proxy_is_held_and_does_not_win(marts):
    query = "select count(*) from staging.filing_facts where form = 'DEF 14A' and value = ?"
    assert one(marts, query, -1_168.0 * MILLION) == (1,)
    figure = one(
        marts,
        "select value_usd, form from marts.issuer_figure where issuer = 'CoreWeave' "
        "and metric = 'net_income' and period_start_on = '2025-01-01' "
        "and period_end_on = '2025-12-31'",
    )
    assert figure == (-1_167 * MILLION, "10-K")


def test_trap_50_coreweaves_restated_proceeds_keep_both(marts):
    figure = one(
        marts,
        "select first_reported_usd, value_usd, restatement_count from marts.issuer_figure "
        "where issuer = 'CoreWeave' and metric = 'debt_proceeds' and period_end_on = '2025-06-30'",
    )
    assert figure == (4_432_723_000, 4_396 * MILLION, 1)
    change = one(
        marts,
        "select previous_value, value, change_kind from marts.issuer_restatement "
        "where issuer = 'CoreWeave' and concept = 'ProceedsFromIssuanceOfLongTermDebt' "
        "and period_end_on = '2025-06-30'",
    )
    assert change == (4_432_723_000, 4_396 * MILLION, "restated")


def test_trap_43_nvidias_capex_by_quarter(marts):
    days = ["2025-04-27", "2025-07-27", "2025-10-26", "2026-01-25"]
    quarters = [balance(marts, "NVIDIA", "capex", day) / MILLION for day in days]
    assert quarters == [1_227, 1_895, 1_636, 1_284]


def test_trap_43_amazons_early_2025_is_a_quarter_and_no_year(marts):
    assert balance(marts, "Amazon", "capex", "2025-03-31") == 25_019 * MILLION


def test_trap_51_irens_two_bases_are_two_series(marts):
    day = "2024-12-31"
    ifrs = quarter(
        marts, "IREN", "net_income", day, "value_usd", "is_preferred_basis", basis="ifrs"
    )
    us_gaap = quarter(marts, "IREN", "net_income", day, "value_usd", "is_preferred_basis")
    assert (round(ifrs[0] / MILLION, 1), ifrs[1]) == (18.9, False)
    assert (round(us_gaap[0] / MILLION, 1), us_gaap[1]) == (-21.9, True)


def test_trap_53_irens_payments_of_single_days_are_in_no_quarter(marts):
    rows = marts.execute(
        "select period_end_on::varchar, is_event_dated from marts.issuer_figure "
        "where issuer = 'IREN' and metric = 'capex' and period_start_on is null order by 1"
    ).fetchall()
    assert rows == [("2025-01-02", True), ("2025-01-22", True)]
    query = "select count(*) from marts.issuer_quarter where issuer = 'IREN' "
    assert one(marts, query + "and period_end_on in ('2025-01-02', '2025-01-22')") == (0,)


def test_ciphers_balance_sheet_stands_although_no_flow_of_its_year_is_held(marts):
    assert balance(marts, "Cipher", "total_debt", "2025-12-31") == 2_749_441_000


def test_trap_55_nebius_quarters_come_to_the_year_only_as_recast(marts):
    # With Toloka in the first quarter they came to 534.2.
    figures = marts.execute(
        "select sum(value_usd) / 1e6, sum(first_reported_usd) / 1e6 from marts.issuer_quarter "
        "where issuer = 'Nebius' and metric = 'revenue' and year(period_end_on) = 2025"
    ).fetchall()
    assert figures == [(pytest.approx(529.8), pytest.approx(534.2))]
    [check] = [each for each in checks() if each.promise == "quarters_sum_to_the_year"]
    listed = {row[:3] for row in marts.execute(check.query).fetchall()}
    assert ("Nebius", "us_gaap", "revenue") not in listed
    assert not check.blocks


def test_trap_52_nebius_shows_nothing_of_what_was_sold(marts):
    query = "select max(value_usd) from marts.issuer_figure where issuer = 'Nebius' "
    [old] = one(marts, query + "and metric = 'revenue' and period_end_on < '2024-01-01'")
    assert old < 100 * MILLION


def test_trap_58_teslas_debt_is_both_parts(marts):
    assert balance(marts, "Tesla", "total_debt", "2024-12-31") == 7_878 * MILLION


def test_trap_60_nvidias_current_debt_counts_once(marts):
    both = balance(marts, "NVIDIA", "total_debt", "2026-04-26")
    current = balance(marts, "NVIDIA", "current_debt", "2026-04-26")
    assert current == 1_000 * MILLION
    query = (
        "select value from staging.filing_facts where cik = '0001045810' and dimensions = '' "
        "and concept = 'LongTermDebtNoncurrent' and period_end_on = '2026-04-26' limit 1"
    )
    assert both == current + one(marts, query)[0]


def test_trap_46_amazons_two_depreciations(marts):
    query = (
        "select value_usd from marts.issuer_figure where issuer = 'Amazon' and metric = ? "
        "and period_start_on = '2024-01-01' and period_end_on = '2024-12-31'"
    )
    assert one(marts, query, "depreciation_and_amortization") == (52_795 * MILLION,)
    assert one(marts, query, "depreciation") == (32_067 * MILLION,)


@pytest.mark.parametrize(
    ("day", "principal"),
    [
        ("2024-12-31", 8_033_477_000),
        ("2025-06-30", 11_171_485_000),
        ("2026-03-31", 25_149_000_000),
    ],
)
def test_coreweaves_instruments_come_to_the_principal_exactly(marts, day, principal):
    row = marts.execute(
        "select distinct stack_usd, debt_principal_usd, unexplained_usd, stack_status "
        "from marts.issuer_debt_stack where issuer = 'CoreWeave' and balance_on = ?",
        [date.fromisoformat(day)],
    ).fetchall()
    assert row == [(principal, principal, 0, "reconciled")]


def test_coreweaves_maturities_of_june_2026_come_to_the_principal(marts):
    rows = marts.execute(
        "select due_from_on::varchar, due_to_on::varchar, amount_usd / 1e6, unexplained_usd "
        "from marts.maturity_ladder where issuer = 'CoreWeave' and balance_on = '2026-06-30' "
        "order by due_from_on"
    ).fetchall()
    assert rows == [
        ("2026-07-01", "2026-12-31", 4_413, 0),
        ("2027-01-01", "2027-12-31", 6_184, 0),
        ("2028-01-01", "2028-12-31", 4_416, 0),
        ("2029-01-01", "2029-12-31", 2_421, 0),
        ("2030-01-01", "2030-12-31", 3_221, 0),
        ("2031-01-01", None, 14_896, 0),
    ]


def test_trap_73_coreweaves_leases_to_come_moved_alone(marts):
    rows = marts.execute(
        "select leases_not_commenced_usd / 1e9, debt_usd / 1e9 from marts.neocloud_leverage "
        "where issuer = 'CoreWeave' and period_end_on >= '2026-03-31' order by period_end_on"
    ).fetchall()
    assert rows == [(40.7, 24.859), (35.5, pytest.approx(35.068, abs=0.002))]


def test_coreweaves_leverage_of_2025_by_hand(marts):
    # 10-K for 2025, USD million: operating loss 46, depreciation 2,454; debt 21,373.
    row = one(
        marts,
        "select ltm_source, ebitda_usd / 1e6, debt_to_ebitda_ratio, "
        "ebitda_less_capex_to_interest_ratio from marts.neocloud_leverage "
        "where issuer = 'CoreWeave' and period_end_on = '2025-12-31'",
    )
    ebitda = 2_454 - 46
    assert row == (
        "mixed",  # capitalised interest is held of the year only
        pytest.approx(ebitda, abs=1),
        pytest.approx(21_373 / ebitda, rel=1e-3),
        None,
    )


# USD million: debt on the day; operating income and depreciation of the twelve months before it.
CLOUDS = {
    ("Applied Digital", "2025-05-31"): (688.156, -72.175, 134.709),
    ("Applied Digital", "2026-05-31"): (4_975.938, -236.462, 67.389),
    ("Core Scientific", "2025-12-31"): (1_060.325, -245.589, 68.913),
    # All that is at hand of its debt of June is what a data vendor says.
    ("Core Scientific", "2026-06-30"): (None, -561.157, 62.572),
    ("Hut 8", "2026-06-30"): (None, -938.903, 145.713),
    ("IREN", "2026-06-30"): (7_592.944, -1_046.714, 417.729),
    ("TeraWulf", "2025-12-31"): (5_171.111, -186.213, 88.597),
    ("TeraWulf", "2026-06-30"): (5_213.112, -413.587, 103.955),
}


@pytest.mark.parametrize(("issuer", "day"), CLOUDS)
def test_a_clouds_debt_and_earnings_are_those_of_its_reports(marts, issuer, day):
    row = one(
        marts,
        "select total_debt_usd / 1e6, operating_income_ltm_usd / 1e6, "
        "depreciation_and_amortization_ltm_usd / 1e6 from marts.neocloud_leverage "
        "where issuer = ? and period_end_on = ? and is_preferred_basis",
        issuer,
        date.fromisoformat(day),
    )
    assert row == pytest.approx(CLOUDS[issuer, day], abs=0.001)


def test_trap_applied_digitals_recast_quarters_are_added_to_no_other(marts):
    year = "2025-05-31"  # EBITDA of 62.5 million on 688.2 of debt; four mixed quarters gave 84.2
    row = one(
        marts,
        "select ltm_source, ebitda_usd / 1e6, debt_to_ebitda_ratio from marts.neocloud_leverage "
        "where issuer = 'Applied Digital' and period_end_on = ?",
        date.fromisoformat(year),
    )
    assert row == ("fiscal_year", pytest.approx(62.534), pytest.approx(11.0045, abs=1e-3))
    quarter_end = date(2025, 8, 31)
    held = one(
        marts,
        "select ebitda_usd, ratio_missing_reason from marts.neocloud_leverage "
        "where issuer = 'Applied Digital' and period_end_on = ?",
        quarter_end,
    )
    assert held[0] is None
    assert "no twelve months of operating income" in held[1]
    assert "the quarter is without cloud services and is added to no other" in held[1]


def test_coreweaves_instruments_come_to_the_total_of_its_annual_report(marts):
    rows = marts.execute(
        "select distinct stack_status, stack_usd / 1e6, instrument_count "
        "from marts.issuer_debt_stack where issuer = 'CoreWeave' and balance_on = '2025-12-31'"
    ).fetchall()
    assert rows == [("reconciled", 21_615.0, 11)]
    rows = marts.execute(
        "select distinct stack_status, stack_usd / 1e6, instrument_count "
        "from marts.issuer_debt_stack where issuer = 'Applied Digital' "
        "and balance_on = '2026-05-31'"
    ).fetchall()
    assert rows == [("reconciled", 5_306.68, 5)]


def test_trap_57_amazons_stopped_commitment_is_frozen_and_its_axis_is_not(marts):
    rows = marts.execute(
        "select distinct dimensions = '', is_frozen from marts.issuer_obligations "
        "where issuer = 'Amazon' and concept like 'UnrecordedUnconditional%' "
        "and period_end_on >= '2024-06-30'"
    ).fetchall()
    assert sorted(rows) == [(False, False), (True, True)]


def test_trap_59_lease_payments_to_be_received_enter_no_total(marts):
    rows = marts.execute(
        "select issuer, obligation_kind, is_counted from marts.issuer_obligations "
        "where issuer in ('Core Scientific', 'TeraWulf') order by 1"
    ).fetchall()
    assert rows == [
        ("Core Scientific", "receivable", False),
        ("TeraWulf", "not_a_commitment", False),
    ]


def test_oracles_year_tagged_as_a_quarter_is_no_quarter(marts):
    # 10-K for the year to 2020-05-31: 39,068M tagged from 1 March; nine months are 28,629M.
    row = quarter(marts, "Oracle", "revenue", "2020-05-31", "value_usd", "derivation")
    assert row == (10_439 * MILLION, "year_less_nine_months")


def test_trap_100_coreweaves_interest_is_the_line_of_the_income_statement(marts):
    quarters = {"2025-09-30": 310_555_000, "2026-03-31": 536 * MILLION, "2026-06-30": 640 * MILLION}
    for day, usd in quarters.items():
        assert quarter(marts, "CoreWeave", "interest_expense", day, "value_usd", "is_fallback") == (
            usd,
            False,
        )
    # No line of the fourth quarter of 2025 was read: the debt note's year less nine months.
    note = quarter(marts, "CoreWeave", "interest_expense", "2025-12-31", "value_usd", "is_fallback")
    assert note == (351_051_000, True)
    ratio, caveats = one(
        marts,
        "select ebitda_to_interest_ratio_annualised, caveats from marts.neocloud_leverage "
        "where issuer = 'CoreWeave' and period_end_on = '2026-03-31'",
    )
    assert round(ratio, 2) == 1.87
    assert "interest net of interest income" in caveats


@pytest.mark.parametrize(
    ("issuer", "metric", "start", "end", "usd"),
    [
        ("Intel", "revenue", "2021-12-26", "2022-07-02", 33_674 * MILLION),
        ("Tesla", "deferred_revenue", None, "2023-12-31", 6_115 * MILLION),
        ("Tesla", "deferred_revenue", None, "2024-12-31", 6_485 * MILLION),
    ],
)
def test_trap_99_a_filers_slip_leaves_the_other_figure_which_is_flagged(
    marts, issuer, metric, start, end, usd
):
    found = one(
        marts,
        "select value_usd, is_contradicted from marts.issuer_figure where issuer = ? "
        "and metric = ? and period_start_on is not distinct from ?::date and period_end_on = ?",
        issuer,
        metric,
        start,
        date.fromisoformat(end),
    )
    assert found == (usd, True)


def test_the_slips_are_in_quarantine_by_name(marts):
    found = marts.execute(
        "select row_raw ->> 'concept', (row_raw ->> 'value')::double / 1e6 "
        "from staging.quarantine where reason = 'contradicts_own_filing' order by 1, 2"
    ).fetchall()
    assert found == [
        *(("ContractWithCustomerLiability", usd) for usd in (2_913, 3_536, 3_599)),
        ("RevenueFromContractWithCustomerExcludingAssessedTax", 24_664),
    ]


def test_nvidia_borrowed_nothing_in_the_fourth_quarter_of_fiscal_2020(marts):
    # Year and nine months stood under two elements, 1,980 million apart.
    assert balance(marts, "NVIDIA", "debt_proceeds", "2020-01-26") == 0


def test_irens_restated_year_does_not_fall_on_one_quarter(marts):
    row = quarter(
        marts,
        "IREN",
        "operating_cash_flow",
        "2023-06-30",
        "round(value_usd / 1e6, 1)",
        "is_mixed_vintage",
        basis="ifrs",
    )
    assert row == (7.0, True)
    # Year and nine months to June 2024 were both restated.
    later = quarter(
        marts,
        "IREN",
        "operating_cash_flow",
        "2024-06-30",
        "round(value_usd / 1e6, 3)",
        "is_mixed_vintage",
        basis="ifrs",
    )
    assert later == (-49.365, False)


def test_microns_stock_compensation_is_the_element_of_its_years(marts):
    row = quarter(marts, "Micron", "stock_compensation", "2021-03-04", "value_usd", "concepts")
    assert row == (97 * MILLION, "ShareBasedCompensation")


def test_irens_last_quarter_of_revenue_is_of_one_scope(marts):
    assert balance(marts, "IREN", "revenue", "2026-06-30") == 137_225_000


def test_trap_102_nebius_quarters_are_their_own_and_no_year_mixes_perimeters(marts):
    figures = marts.execute(
        "select period_end_on::varchar, value_usd / 1e6, first_reported_usd / 1e6 "
        "from marts.issuer_quarter where issuer = 'Nebius' and metric = 'revenue' "
        "and period_end_on < '2025-06-01' order by 1"
    ).fetchall()
    assert figures == [("2024-03-31", 11.4, 11.4), ("2025-03-31", 50.9, 55.3)]
    years = marts.execute(
        "select period_end_on::varchar, value_usd / 1e6 from steps.issuer_year "
        "where issuer = 'Nebius' and metric = 'revenue' and ltm_source = 'four_quarters' order by 1"
    ).fetchall()
    assert years[0] == ("2025-12-31", pytest.approx(529.8))


def test_cipher_owed_a_billion_in_september_2025(marts):
    row = quarter(marts, "Cipher", "total_debt", "2025-09-30", "value_usd", "is_fallback")
    assert row == (1_023_075_000, True)


def test_marvells_ladder_of_november_2025_comes_to_its_principal(marts):
    row = one(
        marts,
        "select amount_usd / 1e6, is_derived, unexplained_usd from marts.maturity_ladder "
        "where issuer = 'Marvell' and balance_on = '2025-11-01' and is_thereafter",
    )
    assert row == (pytest.approx(2_250), True, 0)
