from datetime import date

import pytest

from tests.given.filings import (
    accession,
    build,
    common_recipes,
    figures,
    filing,
    flow,
    instant,
    issuer,
    land,
    recipe,
)

YEAR = ("2025-01-01", "2025-12-31")
HALF = ("2025-01-01", "2025-06-30")
SPRING = ("2025-04-01", "2025-06-30")


def held(db, metric, *columns):
    return figures(db, "issuer_figure", metric, *columns)


def values(db, metric):
    return [value for (value,) in held(db, metric, "value_usd")]


def test_a_figure_carries_its_filing_and_its_elements(db):
    rules = recipe("total_debt", "DebtCurrent", "LongTermDebtNoncurrent", "-Restricted")
    day = "2025-06-30"
    land(
        db,
        filing(
            "10-Q",
            "2025-08-13",
            instant("DebtCurrent", day, 300_000_000),
            instant("LongTermDebtNoncurrent", day, 700_000_000),
            instant("Restricted", day, 1_000),
        ),
        recipes=rules,
    )
    build(db, "issuer_figure")
    [row] = held(
        db, "total_debt", "issuer", "value_usd", "rounding_usd", "concepts", "accession", "taxonomy"
    )
    said = "DebtCurrent + LongTermDebtNoncurrent - Restricted"
    assert row == ("Acme", 999_999_000, 1_000, said, accession("2025-08-13"), "us-gaap")


def test_filed_decimals_tell_the_rounding(db):
    rules = recipe("capex", "A", "B")
    exact = flow("A", *HALF, 5_000_000, decimals=-3)
    land(db, filing("10-Q", "2025-08-13", exact, flow("B", *HALF, 0)), recipes=rules)
    build(db, "issuer_figure")
    assert held(db, "capex", "value_usd", "rounding_usd") == [(5_000_000, 1_000)]


def test_an_alternative_holds_only_with_all_it_requires(db):
    rules = [
        *recipe("total_debt", "Current", "Noncurrent"),
        *recipe("total_debt", "Extra", is_required=False),
        *recipe("total_debt", "Total", rank=2),
    ]
    land(
        db,
        filing(
            "10-Q",
            "2025-08-13",
            instant("Noncurrent", "2025-06-30", 70),
            instant("Extra", "2025-06-30", 5),
            instant("Total", "2025-06-30", 90),
            instant("Current", "2024-12-31", 10),
            instant("Noncurrent", "2024-12-31", 60),
            instant("Extra", "2024-12-31", 5),
        ),
        recipes=rules,
    )
    build(db, "issuer_figure")
    assert held(db, "total_debt", "value_usd", "rank") == [(75, 1), (90, 2)]


def test_an_issuers_own_rules_replace_the_common_ones(db):
    rules = [*common_recipes(), *recipe("revenue", "Sales", cik="0000000001")]
    facts = flow("Revenues", *YEAR, 10), flow("Sales", *YEAR, 7), flow("NetIncomeLoss", *YEAR, 1)
    other = filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 20), cik="0000000002")
    both = [issuer(), issuer("0000000002")]
    land(db, filing("10-K", "2026-03-02", *facts), other, recipes=rules, issuers=both)
    build(db, "issuer_figure")
    assert sorted(values(db, "revenue")) == [7, 20]
    assert values(db, "net_income") == [1]


def test_trap_48_a_tag_switch_mid_series_leaves_no_gap(db):
    rules = [
        *recipe("capex", "New", period_from_on=date(2025, 1, 1)),
        *recipe("capex", "Old", rank=2, period_to_on=date(2025, 3, 31)),
    ]
    land(
        db,
        filing("10-K", "2025-03-02", flow("Old", "2024-01-01", "2024-12-31", 4)),
        filing("10-K", "2026-03-02", flow("New", *YEAR, 6), flow("Old", *YEAR, 99)),
        recipes=rules,
    )
    build(db, "issuer_figure")
    assert held(db, "capex", "value_usd", "concepts") == [(4, "Old"), (6, "New")]


def test_trap_60_a_line_tagged_twice_is_never_summed(db):
    rules = [
        *recipe("current_debt", "DebtCurrent"),
        *recipe("current_debt", "LongTermDebtCurrent", rank=2),
        *recipe("total_debt", "DebtCurrent", "LongTermDebtNoncurrent"),
    ]
    day = "2026-04-26"
    facts = [
        instant("DebtCurrent", day, 1_000e6),
        instant("LongTermDebtCurrent", day, 1_000e6),
        instant("LongTermDebtNoncurrent", day, 7_500e6),
    ]
    land(db, filing("10-Q", "2026-05-20", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert values(db, "current_debt") == [1_000e6]
    assert values(db, "total_debt") == [8_500e6]


def test_trap_58_tsla_long_term_debt_is_only_the_non_current_part(db):
    rules = [
        *recipe("total_debt", "LongTermDebt"),
        *recipe("total_debt", "DebtCurrent", "LongTermDebt", cik="0000000001"),
    ]
    day = "2024-12-31"
    facts = instant("DebtCurrent", day, 2_343e6), instant("LongTermDebt", day, 5_535e6)
    land(db, filing("10-K", "2025-01-30", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert values(db, "total_debt") == [7_878e6]


def test_trap_46_the_wider_depreciation_and_the_narrow_one_are_two_metrics(db):
    facts = [
        flow("DepreciationDepletionAndAmortization", *YEAR, 52_795e6),
        flow("Depreciation", *YEAR, 32_067e6),
    ]
    land(db, filing("10-K", "2026-02-07", *facts))
    build(db, "issuer_figure")
    assert values(db, "depreciation_and_amortization") == [52_795e6]
    assert values(db, "depreciation") == [32_067e6]


def test_trap_61_disjoint_proceeds_are_added_up(db):
    rules = recipe("debt_proceeds", "Secured", "Convertible", "ShortTerm", is_required=False)
    facts = flow("Secured", *YEAR, 3_132.9e6), flow("Convertible", *YEAR, 975.3e6)
    land(db, filing("10-K", "2026-02-27", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert values(db, "debt_proceeds") == [pytest.approx(4_108.2e6)]


def test_trap_62_deposits_on_machines_are_not_capex(db):
    rules = [
        *common_recipes(),
        *recipe("capex_deposits", "PaymentsToAcquireMachineryAndEquipment"),
    ]
    facts = [
        flow("PaymentsToAcquirePropertyPlantAndEquipment", *HALF, 115.465e6),
        flow("PaymentsToAcquireMachineryAndEquipment", *HALF, 16.184e6),
    ]
    land(db, filing("10-Q", "2025-08-10", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert values(db, "capex") == [115.465e6]
    assert values(db, "capex_deposits") == [16.184e6]


def test_payments_are_positive_capex(db):
    rules = recipe("capex", "PurchasesOfProperty", weight=-1.0)
    land(db, filing("20-F", "2026-04-02", flow("PurchasesOfProperty", *YEAR, -5)), recipes=rules)
    build(db, "issuer_figure")
    assert values(db, "capex") == [5]


def test_trap_55_a_proxy_does_not_win_over_the_annual_report(db):
    land(
        db,
        filing("10-K", "2026-03-02", flow("NetIncomeLoss", *YEAR, -1_167e6)),
        filing("DEF 14A", "2026-04-22", flow("NetIncomeLoss", *YEAR, -1_168e6)),
        filing("DEF 14A", "2026-04-23", flow("NetIncomeLoss", *YEAR, -2e6, taxonomy="ecd")),
        filing("424B7", "2026-04-24", flow("NetIncomeLoss", *YEAR, -3e6, taxonomy="ffd")),
    )
    build(db, "issuer_figure")
    assert held(db, "net_income", "value_usd", "vintage_count", "form") == [(-1_167e6, 1, "10-K")]


def test_trap_55_an_8k_counts_only_where_it_recasts(db):
    land(
        db,
        filing("8-K", "2025-08-01", flow("Revenues", *SPRING, 9)),
        filing("10-Q", "2025-08-13", flow("Revenues", *SPRING, 10e6)),
        filing("8-K", "2025-11-20", flow("Revenues", *SPRING, 20e6), flow("Revenues", *YEAR, 1)),
    )
    build(db, "issuer_figure")
    columns = ("value_usd", "first_reported_usd", "vintage_count", "restatement_count")
    assert held(db, "revenue", *columns) == [(20e6, 10e6, 2, 1)]


def test_what_was_read_out_of_a_text_counts_in_any_form_but_a_proxy(db):
    rules = recipe("adjusted_ebitda_disclosed", "AdjustedEbitda", taxonomy="untagged")
    said = {"taxonomy": "untagged"}
    land(
        db,
        filing("8-K EX-99.1", "2025-08-12", flow("AdjustedEbitda", *SPRING, 753e6, **said)),
        filing("DEF 14A", "2026-04-12", flow("AdjustedEbitda", *SPRING, 1e6, **said)),
        recipes=rules,
        issuers=[issuer(accounting_basis="ifrs")],
    )
    build(db, "issuer_figure")
    assert held(db, "adjusted_ebitda_disclosed", "value_usd", "accounting_basis") == [
        (753e6, "ifrs")
    ]


def test_trap_50_a_restated_flow_keeps_both_vintages(db):
    proceeds = "ProceedsFromIssuanceOfDebt"
    land(
        db,
        filing("10-Q", "2025-08-13", flow(proceeds, *HALF, 4_432_723_000)),
        filing("10-Q", "2026-08-12", flow(proceeds, *HALF, 4_396_000_000)),
    )
    build(db, "issuer_figure")
    [row] = held(
        db,
        "debt_proceeds",
        "value_usd",
        "first_reported_usd",
        "vintage_count",
        "restatement_count",
        "accession",
        "first_accession",
    )
    newest, first = accession("2026-08-12"), accession("2025-08-13")
    assert row == (4_396_000_000, 4_432_723_000, 2, 1, newest, first)


def test_a_coarser_rounding_is_no_restatement_and_the_precise_figure_stays(db):
    land(
        db,
        filing("10-Q", "2025-08-13", flow("Revenues", *SPRING, 1_212_788_000)),
        filing("10-Q", "2026-08-12", flow("Revenues", *SPRING, 1_212_000_000)),
    )
    build(db, "issuer_figure")
    [row] = held(
        db,
        "revenue",
        "value_usd",
        "rounding_usd",
        "vintage_count",
        "restatement_count",
        "accession",
    )
    assert row == (1_212_788_000, 1_000, 2, 0, accession("2025-08-13"))


def test_the_precise_figure_of_before_a_restatement_does_not_come_back(db):
    land(
        db,
        filing("10-Q", "2025-08-13", flow("Revenues", *SPRING, 1_212_788_000)),
        filing("10-K", "2026-03-02", flow("Revenues", *SPRING, 1_300_000_000)),
        filing("10-Q", "2026-08-12", flow("Revenues", *SPRING, 1_299_900_000)),
    )
    build(db, "issuer_figure")
    [row] = held(db, "revenue", "value_usd", "restatement_count", "known_at::date::varchar")
    assert row == (1_299_900_000, 1, "2026-08-13")


def test_a_filing_with_a_weaker_alternative_or_fewer_parts_says_nothing_new(db):
    rules = [
        *recipe("total_debt", "Current", "Noncurrent"),
        *recipe("total_debt", "Paper", is_required=False),
        *recipe("total_debt", "Noncurrent", rank=2),
    ]
    day = "2024-12-31"
    whole = [instant("Current", day, 10e6), instant("Noncurrent", day, 70e6)]
    land(
        db,
        filing("10-K", "2025-03-02", *whole, instant("Paper", day, 5e6)),
        filing("10-Q", "2025-05-10", whole[1]),
        filing("10-Q", "2025-08-10", *whole),
        recipes=rules,
    )
    build(db, "issuer_figure")
    assert held(db, "total_debt", "value_usd", "vintage_count") == [(85e6, 1)]


def test_trap_51_ifrs_and_us_gaap_are_two_series_of_one_filer(db):
    rules = [
        *recipe("net_income", "NetIncomeLoss"),
        *recipe("net_income", "ProfitLoss", rank=2, taxonomy="ifrs-full"),
    ]
    change = [
        issuer(accounting_basis="ifrs", period_to_on=date(2024, 6, 30)),
        issuer(period_from_on=date(2024, 7, 1)),
    ]
    quarter = ("2024-10-01", "2024-12-31")
    old = flow("ProfitLoss", *quarter, 18.9e6, taxonomy="ifrs-full")
    land(
        db,
        filing("6-K", "2025-02-12", old),
        filing("10-Q", "2026-02-05", flow("NetIncomeLoss", *quarter, -21.9e6)),
        recipes=rules,
        issuers=change,
    )
    build(db, "issuer_figure")
    assert held(db, "net_income", "accounting_basis", "value_usd", "is_preferred_basis") == [
        ("ifrs", 18.9e6, False),
        ("us_gaap", -21.9e6, True),
    ]


def test_trap_52_a_predecessors_figures_are_left_out(db):
    reborn = issuer(filed_from_on=date(2021, 12, 13), period_from_on=date(2021, 6, 30))
    land(
        db,
        filing("10-K", "2021-03-01", flow("Revenues", "2020-01-01", "2020-12-31", 13e6)),
        filing("10-Q", "2021-11-01", flow("Revenues", "2021-07-01", "2021-09-30", 14e6)),
        filing("10-K", "2022-03-01", flow("Revenues", "2021-01-01", "2021-12-31", 15e6)),
        filing("10-K", "2022-03-01", flow("Revenues", "2020-01-01", "2020-12-31", 16e6)),
        issuers=[reborn],
    )
    build(db, "issuer_figure")
    assert values(db, "revenue") == [15e6]


def test_trap_53_an_instant_on_no_period_end_belongs_to_an_event(db):
    rpo = "RevenueRemainingPerformanceObligation"
    capex = "PaymentsToAcquirePropertyPlantAndEquipment"
    land(
        db,
        filing(
            "10-Q",
            "2026-02-05",
            flow("Revenues", "2025-07-01", "2025-12-31", 5),
            instant(rpo, "2025-11-02", 9_700e6),
            instant(rpo, "2025-12-31", 289.411e6),
            instant(capex, "2025-12-31", 7),
        ),
    )
    build(db, "issuer_figure")
    assert held(db, "rpo", "value_usd", "is_event_dated") == [
        (9_700e6, True),
        (289.411e6, False),
    ]
    assert held(db, "capex", "is_event_dated") == [(True,)]


def test_a_balance_sheet_or_a_reports_own_date_is_a_period_end(db):
    day, later, event = "2025-12-31", "2026-03-31", "2026-04-15"
    facts = [instant("Cash", each, 5) for each in (day, later, event)]
    sheet = [instant("Assets", day, 10), instant("StockholdersEquity", day, 4)]
    report = filing("10-Q", "2026-05-08", *facts, *sheet, instant("Assets", event, 1))
    listed = report[0] | {"accepted_at": report[0]["known_at"], "period_end_on": date(2026, 3, 31)}
    land(db, report, accepted=[listed])
    build(db, "issuer_figure")
    assert held(db, "cash", "is_event_dated") == [(False,), (False,), (True,)]


def test_figures_in_other_units_or_under_an_axis_are_not_the_whole(db):
    axis = {"dimensions": "us-gaap:StatementBusinessSegmentsAxis=acme:CloudMember"}
    land(
        db,
        filing(
            "10-K",
            "2026-03-02",
            flow("Revenues", *YEAR, 10),
            flow("Revenues", *YEAR, 6, **axis),
            flow("Revenues", *YEAR, 900, unit="RUB"),
        ),
    )
    build(db, "issuer_figure")
    assert values(db, "revenue") == [10]


def test_a_rule_can_ask_for_a_dimension(db):
    cell = "us-gaap:DebtInstrumentAxis=acme:NotesMember"
    rules = recipe("debt_principal", "Debt", dimensions=cell)
    facts = instant("Debt", "2025-12-31", 10), instant("Debt", "2025-12-31", 6, dimensions=cell)
    land(db, filing("10-K", "2026-03-02", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert held(db, "debt_principal", "value_usd", "concepts") == [(6, f"Debt [{cell}]")]


def test_the_form_comes_from_the_list_of_filings_where_a_fact_lacks_it(db):
    facts = filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 10))
    bare = [row | {"form": None} for row in facts]
    listed = facts[0] | {"accepted_at": facts[0]["known_at"]}
    land(db, bare, accepted=[listed])
    build(db, "issuer_figure")
    assert held(db, "revenue", "form") == [("10-K",)]


def test_confidence_is_that_of_the_weakest_part(db):
    rules = recipe("capex", "A", "B")
    facts = flow("A", *YEAR, 1), flow("B", *YEAR, 1, confidence="medium")
    land(db, filing("10-K", "2026-03-02", *facts), recipes=rules)
    build(db, "issuer_figure")
    assert held(db, "capex", "confidence") == [("medium",)]
