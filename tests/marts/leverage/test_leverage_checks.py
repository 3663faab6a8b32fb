"""Each check of the leverage marts returns the rows that break its promise, and no others."""

from pipeline.build.model import checks, models
from tests.given.filings import (
    BALANCES,
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
    recipe,
    terms,
)

LEVERAGE = {each.table for each in models() if each.group == "leverage"}
COREWEAVE = "0001769628"
YEAR = ("2025-01-01", "2025-12-31")
NINE = ("2025-01-01", "2025-09-30")
LAST = ("2025-10-01", "2025-12-31")
DAY = "2025-12-31"


def broken(db, promise):
    [check] = [each for each in checks() if each.promise == promise]
    assert check.table in LEVERAGE
    return db.execute(check.query).fetchall()


def quarters(*values):
    starts = ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
    ends = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"]
    return [flow("Revenues", *span) for span in zip(starts, ends, values, strict=True)]


def test_quarters_that_do_not_come_to_the_year_are_listed(db):
    other = {"cik": "0000000002"}
    year = flow("Revenues", *YEAR, 529_800e3)
    land(
        db,
        filing("6-K", "2026-02-12", *quarters(50_900e3, 105_100e3, 146_100e3, 227_700e3)),
        filing("20-F", "2026-04-30", year),
        filing("6-K", "2026-02-12", *quarters(55_300e3, 105_100e3, 146_100e3, 227_700e3), **other),
        filing("20-F", "2026-04-30", year, **other),
        issuers=[issuer(), issuer("0000000002")],
    )
    build(db)
    [row] = broken(db, "quarters_sum_to_the_year")
    assert (row[0], row[-1]) == ("Company 2", 4_400e3)


def test_figures_a_person_can_look_up_are_held_against_what_is_built(db):
    cloud = issuer(COREWEAVE, issuer="CoreWeave")
    right = filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 5_131e6), cik=COREWEAVE)
    land(db, right, issuers=[cloud])
    build(db)
    assert broken(db, "known_magnitudes_of_figures") == []


def test_a_lost_scale_breaks_the_known_magnitudes(db):
    cloud = issuer(COREWEAVE, issuer="CoreWeave")
    wrong = filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 5_131e3), cik=COREWEAVE)
    land(db, wrong, issuers=[cloud])
    build(db)
    [row] = broken(db, "known_magnitudes_of_figures")
    assert row[:2] == ("CoreWeave", "revenue")


def test_a_year_to_date_taken_for_a_quarter_breaks_the_known_magnitudes(db):
    cloud = issuer(COREWEAVE, issuer="CoreWeave")
    facts = flow("Revenues", *LAST, 5_131e6), flow("Revenues", *YEAR, 5_131e6)
    land(db, filing("10-K", "2026-03-02", *facts, cik=COREWEAVE), issuers=[cloud])
    build(db)
    [row] = broken(db, "known_magnitudes_of_quarters")
    assert row[-2:] == (5_131e6, 1_571_904_000)


def test_a_vintage_a_thousand_times_smaller_is_listed(db):
    land(
        db,
        filing("10-Q", "2025-08-13", instant("Cash", DAY, 319_066_000)),
        filing("10-Q", "2025-11-13", instant("Cash", DAY, 319_065)),
        filing("10-Q", "2025-11-13", instant("Assets", DAY, 319_065)),
    )
    build(db)
    [row] = broken(db, "no_vintage_lost_a_scale")
    assert "cash" in row


def test_a_sheet_that_does_not_balance_is_listed(db):
    names = ("total_assets", "total_liabilities", "equity")
    level = [
        instant(BALANCES[name], DAY, each)
        for name, each in zip(names, (90e6, 60e6, 30e6), strict=True)
    ]
    day = "2024-12-31"
    tilted = [
        instant(BALANCES[name], day, each)
        for name, each in zip(names, (90e6, 60e6, 20e6), strict=True)
    ]
    land(db, filing("10-K", "2026-03-02", *level, *tilted))
    build(db)
    assert [str(row[2]) for row in broken(db, "assets_are_liabilities_and_equity")] == [day]


def test_a_stack_above_the_total_is_refused_and_one_below_is_listed(db):
    below = "2024-12-31"
    totals = [instant(BALANCES["debt_principal"], day, 100e6) for day in (DAY, below)]
    land(
        db,
        filing("10-K", "2026-03-02", *totals),
        facilities=[terms("a")],
        balances=[balance("a", DAY, 120e6), balance("a", below, 80e6)],
    )
    build(db)
    assert len(broken(db, "is_never_over_the_total")) == 1
    assert [str(row[1]) for row in broken(db, "explains_the_total")] == [below]


def test_a_metric_that_stopped_is_listed(db):
    ends = quarters(1, 1, 1, 1)
    filings = [filing("10-Q", str(row["period_end_on"]), row) for row in ends]
    stopped = filing("10-Q", "2025-05-01", flow("NetIncomeLoss", "2025-01-01", "2025-03-31", 1))
    land(db, *filings, stopped)
    build(db)
    assert [row[2] for row in broken(db, "no_metric_falls_behind")] == ["net_income"]


def test_a_report_without_figures_is_listed(db):
    [fact] = filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 1))
    newer = filing("10-Q", "2026-05-02", flow("Revenues", *YEAR, 1))[0]
    listed = [row | {"accepted_at": row["known_at"]} for row in (fact, newer)]
    land(db, [fact], accepted=listed)
    build(db)
    assert [row[2] for row in broken(db, "no_report_waits_for_its_figures")] == [
        accession("2026-05-02")
    ]


def test_a_commitment_nobody_has_read_is_listed(db):
    land(db, filing("10-K", "2026-03-02", instant("PurchaseObligation", DAY, 5)))
    build(db)
    assert len(broken(db, "meanings_are_known")) == 1
    assert broken(db, "only_money_to_be_paid_counts") == []


def test_a_ladder_that_misses_a_stretch_is_listed(db):
    facts = [
        flow("Revenues", *YEAR, 1),
        instant("DueInYearOne", DAY, 40),
        instant(BALANCES["debt_principal"], DAY, 100),
    ]
    land(db, filing("10-K", "2026-03-02", *facts))
    build(db)
    assert len(broken(db, "adds_up_to_the_principal")) == 1
    assert broken(db, "stretches_do_not_overlap") == []


def test_no_other_check_breaks_on_a_plain_year(db):
    facts = [flow(each, *span, 3e6) for each in FLOWS.values() for span in (NINE, YEAR)]
    facts += [instant(each, DAY, 2e6) for each in BALANCES.values() if each != "Assets"]
    facts.append(instant("Assets", DAY, 4e6))
    rules = [*common_recipes(), *recipe("current_debt", "Other", rank=2)]
    land(db, filing("10-K", "2026-03-02", *facts), recipes=rules)
    build(db)
    blocking = [each for each in checks() if each.blocks and each.table in LEVERAGE]
    assert len(blocking) >= 9
    assert {each.promise: db.execute(each.query).fetchall() for each in blocking} == {
        each.promise: [] for each in blocking
    }
