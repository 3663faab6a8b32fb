import pytest

from tests.given.filings import (
    BALANCES,
    CIK,
    CITED,
    FLOWS,
    accession,
    balance,
    build,
    common_recipes,
    filing,
    flow,
    instant,
    issuer,
    land,
    meaning,
    on,
    recipe,
    terms,
)

ENDS = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"]
STARTS = ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
FILED = ["2025-05-15", "2025-08-13", "2025-11-13", "2026-03-02"]
LEASES = "LeasesNotYetCommenced"
ALL_FLOWS = {
    "revenue": 500.0,
    "operating_income": 50.0,
    "depreciation_and_amortization": 200.0,
    "stock_compensation": 25.0,
    "interest_expense": 75.0,
    "interest_capitalized": 5.0,
    "coin_gain": 0.0,
    "capex": 150.0,
}
ALL_BALANCES = {
    "cash": 400.0,
    "total_debt": 3_000.0,
    "current_debt": 600.0,
    "debt_principal": 3_100.0,
    "finance_lease_liability": 100.0,
    "operating_lease_liability": 700.0,
    "ppe_net": 4_000.0,
    "total_assets": 6_200.0,
    "rpo": 9_300.0,
}


def year(flows=ALL_FLOWS, balances=ALL_BALANCES, opening=2_900.0, quarters=(0, 1, 2, 3)):
    """Four quarterly filings of the same flows, balances at the year's end, debt a year before."""
    made = []
    for n in quarters:
        facts = [flow(FLOWS[name], STARTS[n], ENDS[n], each) for name, each in flows.items()]
        made.append(filing("10-Q", FILED[n], *facts))
    day = ENDS[-1]
    facts = [instant(BALANCES[name], day, each) for name, each in balances.items()]
    facts.append(instant(LEASES, day, 1_700.0))
    facts.append(customer("0.62", "CustomerAMember"))
    facts.append(customer("0.80", "TopTwoCustomersMember"))
    if opening:
        facts.append(flow("NetIncomeLoss", "2024-10-01", "2024-12-31", 1))
        facts.append(instant(BALANCES["total_debt"], "2024-12-31", opening))
        facts.append(flow(FLOWS["revenue"], "2024-10-01", "2024-12-31", 400.0))
    return [*made, filing("10-K", "2026-03-03", *facts)]


def customer(share, member):
    cell = (
        f"srt:MajorCustomersAxis=acme:{member};us-gaap:ConcentrationRiskByBenchmarkAxis="
        "us-gaap:RevenueFromContractWithCustomerMember"
    )
    cells = {"unit": "pure", "dimensions": cell}
    return flow("ConcentrationRiskPercentage1", STARTS[0], ENDS[-1], float(share), **cells)


def owing():
    """Instruments that come to the principal, one of five parts unsecured, and leases to come."""
    return {
        "facilities": [terms("a"), terms("b", collateral_class="unsecured")],
        "balances": [
            balance("a", ENDS[-1], 2_480.0, undrawn_usd=800.0),
            balance("b", ENDS[-1], 620.0),
        ],
        "meanings": [meaning(LEASES, "leases_not_commenced")],
    }


def row(db, *columns, day=ENDS[-1]):
    [found] = db.execute(
        f"select {', '.join(columns)} from marts.neocloud_leverage where period_end_on = ?", [day]
    ).fetchall()
    return found


def reasons(db, **cells):
    return row(db, "ratio_missing_reason", **cells)[0].split("; ")


def test_the_ratios_of_a_whole_year(db):
    land(db, *year(), **owing())
    build(db, "neocloud_leverage")
    assert row(
        db,
        "ltm_source",
        "revenue_ltm_usd",
        "debt_usd",
        "net_debt_usd",
        "adjusted_obligations_usd",
        "ebitda_usd",
        "adjusted_ebitda_usd",
        "interest_incurred_ltm_usd",
        "ebitda_less_capex_usd",
        "liquidity_usd",
    ) == ("four_quarters", 2_000, 3_100, 2_700, 5_500, 1_000, 1_100, 320, 400, 1_200)
    found = row(
        db,
        "debt_to_ebitda_ratio",
        "net_debt_to_ebitda_ratio",
        "adjusted_obligations_to_ebitda_ratio",
        "debt_to_adjusted_ebitda_ratio",
        "ebitda_to_interest_ratio",
        "ebitda_to_interest_incurred_ratio",
        "ebitda_less_capex_to_interest_ratio",
        "debt_to_ppe_ratio",
        "debt_to_assets_ratio",
        "secured_fraction",
        "implied_cost_of_debt_pct",
        "rpo_to_debt_ratio",
        "due_to_cash_ratio",
        "due_to_liquidity_ratio",
        "top_customer_pct",
    )
    # Interest on the mean of 3,100 and 2,900: the leases of a year before are not held.
    expected = [3.1, 2.7, 5.5, 3_100 / 1_100, 1_000 / 300, 3.125, 400 / 300, 0.775, 0.5, 0.8]
    expected += [300 / 30, 3, 1.5, 0.5]
    assert list(found) == pytest.approx([*expected, 62])
    assert row(db, "ratio_missing_reason", "caveats", "stack_status") == (None, None, "reconciled")


def test_the_last_quarter_times_four_stands_beside_the_year(db):
    quarters = [ALL_FLOWS, ALL_FLOWS, ALL_FLOWS, ALL_FLOWS | {"operating_income": 300.0}]
    filings = [year(flows, quarters=[n])[0] for n, flows in enumerate(quarters)]
    land(db, *filings, year()[-1], **owing())
    build(db, "neocloud_leverage")
    names = ("ebitda_usd", "ebitda_annualised_usd", "debt_to_ebitda_ratio_annualised")
    assert row(db, *names) == (1_250, 2_000, 1.55)
    assert row(db, "ebitda_to_interest_ratio_annualised") == pytest.approx((2_000 / 300,))


def test_negative_ebitda_gives_no_multiple_but_a_reason(db):
    land(db, *year(ALL_FLOWS | {"operating_income": -300.0}), **owing())
    build(db, "neocloud_leverage")
    ratios = (
        "debt_to_ebitda_ratio",
        "net_debt_to_ebitda_ratio",
        "adjusted_obligations_to_ebitda_ratio",
        "ebitda_to_interest_ratio",
        "ebitda_less_capex_to_interest_ratio",
        "debt_to_adjusted_ebitda_ratio",
        "debt_to_ebitda_ratio_annualised",
    )
    assert row(db, "ebitda_usd", *ratios) == (-400, *[None] * len(ratios))
    assert reasons(db) == [
        "EBITDA is not positive",
        "EBITDA without coins is not positive",
        "adjusted EBITDA is not positive",
        "EBITDA less capex is not positive",
        "EBITDA of the quarter is not positive",
    ]


def test_capex_above_ebitda_is_an_amount_and_no_ratio(db):
    land(db, *year(ALL_FLOWS | {"capex": 900.0}), **owing())
    build(db, "neocloud_leverage")
    assert row(db, "ebitda_less_capex_usd", "ebitda_less_capex_to_interest_ratio") == (-2_600, None)
    assert reasons(db) == ["EBITDA less capex is not positive"]


def test_interest_of_the_debt_note_is_told_from_the_line_of_the_income_statement(db):
    # CoreWeave's first quarter of 2025: 257.4 million in the debt note, 263.8 in the statement.
    others = [each for each in common_recipes() if each["metric"] != "interest_expense"]
    note = recipe("interest_expense", "InterestExpenseDebt", is_fallback=True)
    filings = year({each: v for each, v in ALL_FLOWS.items() if each != "interest_expense"})
    for n, start in enumerate(STARTS):
        day = FILED[n]
        filings.append(filing("10-Q", day, flow("InterestExpenseDebt", start, ENDS[n], 75.0)))
    land(db, *filings, recipes=[*others, *note], **owing())
    build(db, "neocloud_leverage")
    assert row(db, "interest_expense_ltm_usd", "caveats") == (
        300,
        "interest of the debt note in part or whole, not the line of the income statement",
    )


def test_capitalised_interest_is_out_of_every_ratio_but_the_one_that_names_it(db):
    # Held for one row and not for the next, it made two rows of one issuer incomparable.
    without = {name: each for name, each in ALL_FLOWS.items() if name != "interest_capitalized"}
    land(db, *year(without), **owing())
    build(db, "neocloud_leverage")
    ratios = ("ebitda_to_interest_ratio", "ebitda_to_interest_incurred_ratio")
    assert row(db, *ratios) == (pytest.approx(1_000 / 300), None)
    assert reasons(db) == ["no twelve months of capitalised interest"]


def test_interest_net_of_income_says_so(db):
    # CoreWeave's line is negative: 536 million more paid than earned in the first quarter of 2026.
    others = [each for each in common_recipes() if each["metric"] != "interest_expense"]
    net = "InterestIncomeExpenseNonoperatingNet"
    rules = recipe("interest_expense", "-" + net)
    rules += recipe("interest_expense", "InterestExpenseDebt", is_fallback=True)
    filings = year({each: v for each, v in ALL_FLOWS.items() if each != "interest_expense"})
    for n, start in enumerate(STARTS):
        span = start, ENDS[n]
        line, note = flow(net, *span, -100.0), flow("InterestExpenseDebt", *span, 75.0)
        filings.append(filing("10-Q", FILED[n], line, note))
    land(db, *filings, recipes=[*others, *rules], **owing())
    build(db, "neocloud_leverage")
    found = row(db, "interest_expense_ltm_usd", "ebitda_to_interest_ratio_annualised", "caveats")
    assert found == (400, 2.5, "interest net of interest income")


def test_what_is_not_held_is_named_and_never_zero(db):
    land(db, *year({"revenue": 500.0}, {"total_debt": 3_000.0}, opening=None))
    build(db, "neocloud_leverage")
    assert row(db, "debt_usd", "net_debt_usd", "adjusted_obligations_usd", "ebitda_usd") == (
        3_000,
        None,
        None,
        None,
    )
    assert reasons(db) == [
        "no cash held",
        "no operating leases held",
        "no leases not commenced held",
        "no twelve months of operating income",
        "no twelve months of depreciation and amortization",
        "no twelve months of coin gains",
        "no twelve months of stock compensation",
        "no twelve months of interest",
        "no twelve months of capex",
        "no property held",
        "no total assets held",
        "no debt by instrument held",
        "no debt held of a year before",
        "no remaining performance obligations held",
        "no debt due within 12 months held",
        "no undrawn commitments held",
        "no quarter to annualise",
    ]
    assert row(db, "caveats") == ("debt without finance leases, which are not held",)


def test_more_cash_than_debt_is_no_negative_multiple(db):
    land(db, *year(balances=ALL_BALANCES | {"cash": 4_000.0}), **owing())
    build(db, "neocloud_leverage")
    assert row(db, "net_debt_usd", "net_debt_to_ebitda_ratio") == (-900, None)
    assert reasons(db) == ["more cash than debt"]


def test_three_quarters_are_no_year(db):
    land(db, *year(quarters=(0, 2, 3), opening=None), **owing())
    build(db, "neocloud_leverage")
    assert row(db, "ltm_source", "revenue_ltm_usd") == (None, None)
    assert "no twelve months of operating income" in reasons(db)


def test_four_quarters_with_a_gap_are_no_year(db):
    older = filing("10-Q", "2024-11-13", flow("Revenues", "2024-07-01", "2024-09-30", 400.0))
    land(db, older, *year(quarters=(1, 2, 3), opening=None), **owing())
    build(db, "neocloud_leverage")
    assert row(db, "revenue_ltm_usd") == (None,)


def test_a_fiscal_year_stands_in_where_quarters_are_not_filed(db):
    facts = [flow(FLOWS[name], "2025-01-01", ENDS[-1], each) for name, each in ALL_FLOWS.items()]
    balances = [instant(BALANCES[name], ENDS[-1], each) for name, each in ALL_BALANCES.items()]
    land(db, filing("20-F", "2026-04-02", *facts, *balances))
    build(db, "neocloud_leverage")
    assert row(db, "ltm_source", "ebitda_usd", "debt_to_ebitda_ratio") == ("fiscal_year", 250, 12.4)


def test_trap_51_two_bases_are_two_rows_and_no_ratio_mixes_them(db):
    old = {"taxonomy": "ifrs-full"}
    rules = [
        *recipe("revenue", "Revenues"),
        *recipe("revenue", "Revenue", rank=2, **old),
        *recipe("total_debt", "Borrowings", rank=2, **old),
        *recipe("cash", "Cash"),
    ]
    day = ENDS[-1]
    land(
        db,
        filing("20-F", "2026-02-01", flow("Revenue", STARTS[0], day, 9, **old)),
        filing("20-F", "2026-02-01", instant("Borrowings", day, 50, **old)),
        filing("10-K", "2026-03-02", flow("Revenues", STARTS[0], day, 8), instant("Cash", day, 3)),
        recipes=rules,
    )
    build(db, "neocloud_leverage")
    found = db.execute(
        "select accounting_basis, is_preferred_basis, revenue_ltm_usd, debt_usd, cash_usd "
        "from marts.neocloud_leverage order by 1"
    ).fetchall()
    assert found == [("ifrs", False, 9, 50, None), ("us_gaap", True, 8, None, 3)]


def test_a_stack_that_does_not_reconcile_has_no_secured_share(db):
    owed = owing() | {"balances": [balance("a", ENDS[-1], 1_000.0, undrawn_usd=800.0)]}
    land(db, *year(), **owed)
    build(db, "neocloud_leverage")
    assert row(db, "secured_fraction", "stack_status") == (None, "incomplete")
    assert reasons(db) == ["debt by instrument is incomplete"]


def test_frozen_or_unread_commitments_enter_no_obligation(db):
    land(db, *year(), **owing() | {"meanings": [meaning(LEASES, "receivable")]})
    build(db, "neocloud_leverage")
    assert row(db, "leases_not_commenced_usd", "adjusted_obligations_usd") == (None, None)


def test_only_gpu_clouds_are_shown(db):
    land(db, *year(), issuers=[issuer(layer="chips")])
    build(db, "neocloud_leverage")
    assert db.execute("select count(*) from marts.neocloud_leverage").fetchall() == [(0,)]


def test_a_row_cites_the_filings_it_rests_on_and_when_the_last_was_public(db):
    land(db, *year(), **owing())
    build(db, "neocloud_leverage")
    cited, known_on = row(db, "accessions", "known_at::date::varchar")
    assert cited.split() == [accession(day) for day in [*FILED, "2026-03-03"]]
    assert known_on == "2026-03-04"


def test_quarters_of_a_filing_that_leaves_out_a_part_are_added_to_no_others(db):
    cloudless = CITED | {"cik": CIK, "perimeter": "without a part"}
    cloudless |= {"recast_from_on": on(FILED[2]), "recast_to_on": on(FILED[2])}
    land(db, *year(), meanings=[meaning(LEASES, "leases_not_commenced")], recasts=[cloudless])
    build(db, "neocloud_leverage")
    [row] = db.execute(
        "select ebitda_usd, revenue_ltm_usd, debt_usd, ratio_missing_reason "
        "from marts.neocloud_leverage where period_end_on = ?",
        [on(ENDS[-1])],
    ).fetchall()
    assert row[:3] == (None, None, 3_100.0)
    assert "no twelve months of operating income" in row[3]


def test_net_interest_that_was_earned_is_no_coverage(db):
    net = ALL_FLOWS | {"interest_expense": -10.0}
    land(db, *year(net), meanings=[meaning(LEASES, "leases_not_commenced")])
    build(db, "neocloud_leverage")
    [row] = db.execute(
        "select ebitda_to_interest_ratio, ratio_missing_reason from marts.neocloud_leverage "
        "where period_end_on = ?",
        [on(ENDS[-1])],
    ).fetchall()
    assert row[0] is None
    assert "more interest earned than paid" in row[1]


def without_coins(db, **flows):
    """A miner whose four quarters each gained 30 on coins, and wrote off what `flows` says."""
    made = year(ALL_FLOWS | {"coin_gain": 30.0} | flows)
    land(db, *made, meanings=[meaning(LEASES, "leases_not_commenced")])
    build(db, "neocloud_leverage")
    [row] = db.execute(
        "select ebitda_usd, ebitda_without_coins_usd, taken_out, coin_gain_ltm_usd, "
        "impairment_ltm_usd, debt_to_ebitda_without_coins_ratio from marts.neocloud_leverage "
        "where period_end_on = ?",
        [on(ENDS[-1])],
    ).fetchall()
    return row


def test_a_miners_ebitda_without_coins_says_what_was_taken_out(db):
    row = without_coins(db, impairment=20.0)
    # 4 x (50 + 200) = 1,000; less 120 of coin gains, plus 80 written off.
    assert row == (1_000.0, 960.0, "coin gains and impairments", 120.0, 80.0, 3_100 / 960)


def test_write_downs_that_are_not_held_are_not_said_to_be_taken_out(db):
    assert without_coins(db) == (1_000.0, 880.0, "coin gains", 120.0, None, 3_100 / 880)


def test_without_coin_gains_nothing_is_taken_out(db):
    flows = {name: usd for name, usd in ALL_FLOWS.items() if name != "coin_gain"}
    land(db, *year(flows), meanings=[meaning(LEASES, "leases_not_commenced")])
    build(db, "neocloud_leverage")
    [row] = db.execute(
        "select ebitda_without_coins_usd, taken_out, ratio_missing_reason "
        "from marts.neocloud_leverage where period_end_on = ?",
        [on(ENDS[-1])],
    ).fetchall()
    assert row[:2] == (None, None)
    assert "no twelve months of coin gains" in row[2]


def test_a_cloud_of_which_nothing_is_held_has_its_last_quarter_and_the_reasons(db):
    silent = issuer("0000000002", fiscal_year_end="05-31")
    land(db, *year(), issuers=[issuer(), silent])
    build(db, "neocloud_leverage")
    rows = db.execute(
        "select period_end_on, debt_usd, ebitda_usd, ratio_missing_reason "
        "from marts.neocloud_leverage where issuer <> 'Acme'"
    ).fetchall()
    [(day, debt, ebitda, reason)] = rows
    assert (day, debt, ebitda) == (on("2025-11-30"), None, None)  # the newest of any is December's
    assert reason.startswith("no debt held; no cash held; ")
