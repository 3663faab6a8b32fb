from datetime import date

from tests.given.credit import balance, built, holding, terms
from tests.given.support import rows

MARCH = date(2025, 3, 31)


def exposures(db, kind, holdings, facilities=None, balances=None):
    built(
        db,
        terms=facilities or [terms()],
        balances=[balance()] if balances is None else balances,
        holdings=holdings,
    )
    return rows(
        db,
        f"from marts.lender_exposure where holder_kind = '{kind}' order by facility_id, fund",
    )


def test_what_no_public_holder_shows_is_a_row(db):
    [row] = exposures(db, "unidentified", [holding(), holding("Fund Two", par_usd=50.0)])
    assert row["par_bound"] == "upper"
    assert (row["facility_id"], row["period_end_on"]) == ("a-loan", MARCH)
    assert (row["principal_usd"], row["identified_par_usd"], row["par_usd"]) == (400, 150, 250)
    assert not row["is_over_identified"]


def test_identified_and_unidentified_add_up_to_the_balance(db):
    exposures(db, "identified", [holding(), holding("Fund Two", par_usd=50.0)])
    [total] = rows(db, "select sum(par_usd) as par_usd from marts.lender_exposure")
    assert total["par_usd"] == 400.0


def test_more_par_than_balance_is_flagged_and_not_hidden(db):
    [row] = exposures(db, "unidentified", [holding(par_usd=500.0)])
    assert (row["par_usd"], row["is_over_identified"]) == (-100.0, True)


def test_an_unknown_balance_gives_no_remainder(db):
    [row] = exposures(db, "unidentified", [holding()], balances=[])
    assert (row["par_usd"], row["principal_usd"]) == (None, None)
    assert row["remainder_missing_reason"] == "no balance known by this day"


def test_a_balance_of_a_later_day_is_not_used(db):
    later = balance(balance_on=date(2025, 6, 30), principal_usd=900.0)
    [row] = exposures(db, "unidentified", [holding()], balances=[balance(), later])
    assert (row["balance_on"], row["principal_usd"]) == (MARCH, 400.0)


def test_a_facility_nobody_shows_is_wholly_unidentified(db):
    facilities = [terms(), terms("b-loan", borrower="B"),
                  terms("c-new", closed_on=date(2025, 4, 1)),
                  terms("d-old", maturity_on=date(2025, 3, 1)),
                  terms("e-rumour", deal_status="rumored")]  # fmt: skip
    found = exposures(db, "unidentified", [holding()], facilities, [balance("b-loan")])
    assert [(row["facility_id"], row["par_usd"]) for row in found] == [
        ("a-loan", None),
        ("b-loan", 400.0),
    ]


def test_what_is_inside_a_larger_facility_is_set_against_it(db):
    facilities = [terms(), terms("a-tranche", parent_facility_id="a-loan")]
    [row] = exposures(db, "unidentified", [holding(facility_id="a-tranche")], facilities)
    assert (row["facility_id"], row["par_usd"]) == ("a-loan", 300.0)


def test_lots_of_one_fund_are_one_exposure_with_its_share_of_net_assets(db):
    lots = [
        holding(net_assets_pct=1.5, unfunded_usd=10.0),
        holding(holding_id="2", net_assets_pct=0.5),
    ]
    [row] = exposures(db, "identified", lots)
    assert (row["holding_count"], row["par_usd"], row["fair_value_usd"]) == (2, 200.0, 198.0)
    assert (row["net_assets_pct"], row["unfunded_usd"]) == (2.0, 10.0)
    assert (row["adviser"], row["vehicle"]) == ("Fund One", "bdc")


def test_the_share_follows_from_net_assets_where_it_is_not_filed(db):
    [row] = exposures(db, "identified", [holding(fund_net_assets_usd=9900.0)])
    assert row["net_assets_pct"] == 1.0
    [unknown] = [r for r in exposures(db, "identified", [holding("B")]) if r["fund"] == "B"]
    assert unknown["net_assets_pct"] is None


def test_a_report_inside_the_quarter_stands_for_its_end(db):
    february = holding("N Fund", vehicle="mutual_fund", period_end_on=date(2025, 2, 28))
    found = exposures(db, "identified", [holding(), february])
    assert {row["period_end_on"] for row in found} == {MARCH}
    assert {row["reported_on"] for row in found} == {MARCH, date(2025, 2, 28)}


def test_the_last_report_of_the_quarter_counts_alone(db):
    january = holding(period_end_on=date(2025, 1, 31), accession="0000000001-25-000002")
    [row] = exposures(db, "identified", [holding(), january])
    assert (row["reported_on"], row["holding_count"]) == (MARCH, 1)


def test_trap_78_a_borrower_without_a_facility_stays_visible(db):
    [row] = exposures(db, "identified", [holding(facility_id=None)])
    assert (row["borrower"], row["facility_id"], row["par_usd"]) == ("A Corp", None, 100.0)
    [rest] = rows(db, "from marts.lender_exposure where holder_kind = 'unidentified'")
    assert rest["par_usd"] == 400.0
