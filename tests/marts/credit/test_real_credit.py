"""The committed facts of lending, asked what people ask; the figures are those of the filings."""

# As text, so that no annotation keeps a class of DuckDB alive.
from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline import warehouse as wh
from pipeline.build import model
from pipeline.warehouse import DuckDB, Warehouse, opened_for_reading
from tests.given.credit import MARTS, TABLES, debt_market
from tests.given.support import build, rows


@pytest.fixture(scope="module")
def real(committed: Warehouse) -> Iterator[DuckDB]:
    with opened_for_reading(committed.published) as db:
        yield db


def one(db: DuckDB, query: str) -> dict:
    [row] = rows(db, query)
    return row


def market(db: DuckDB, day: str, borrower: str = "CoreWeave", collateral: str = "gpu") -> dict:
    found = debt_market(db, day, borrower, collateral)
    assert found is not None, (day, borrower, collateral)
    return found


def test_who_else_holds_ddtl_2_and_where_do_they_mark_it(real):
    where = "facility_id = 'crwv-ddtl-2-0' and period_end_on = '2026-03-31'"
    marks = rows(real, f"from marts.lender_mark where {where} order by fv_to_par_pct")
    assert {row["adviser"] for row in marks} == {"Carlyle", "Great Elm", "PIMCO", "MSD"}
    assert marks[0]["fv_to_par_pct"] == pytest.approx(99.00, abs=0.01)
    assert marks[-1]["fv_to_par_pct"] == pytest.approx(103.06, abs=0.01)
    row = one(real, f"from marts.lender_mark_dispersion where {where}")
    assert (row["adviser_count"], row["fund_count"]) == (4, 5)
    # Carlyle's two funds are one opinion: (17,294 + 23,058) / (17,468 + 23,289) thousand dollars.
    assert row["low_fv_to_par_pct"] == pytest.approx(100 * 40_352 / 40_757)
    assert row["median_fv_to_par_pct"] == pytest.approx((100 + 100 * 2_969 / 2_911) / 2)
    assert row["high_fv_to_par_pct"] == pytest.approx(100 * 3_000 / 2_911)
    assert (row["low_adviser"], row["high_adviser"]) == ("Carlyle", "PIMCO")


def test_trap_69_ddtl_2_has_four_filed_maturities(real):
    row = one(real, "from marts.lender_mark_dispersion where facility_id = 'crwv-ddtl-2-0'")
    assert row["maturities"] == "2029-05-16, 2029-05-22, 2030-05-16, 2030-08-26"
    assert row["is_maturity_conflict"]


def test_trap_75_nscale_is_no_markdown(real):
    marks = rows(real, "from marts.lender_mark where facility_id = 'nscale-ddtl-2026'")
    assert len(marks) == 3
    for row in marks:
        assert row["fv_to_par_pct"] == pytest.approx(63.8, abs=0.05)
        assert row["fv_to_cost_pct"] == 100.0
        assert row["par_basis"] == "mostly_unfunded"
        assert row["mark_note"] == "fees netted on an undrawn commitment; not a markdown"
    row = one(real, "from marts.lender_mark_dispersion where facility_id = 'nscale-ddtl-2026'")
    assert (row["adviser_count"], row["mostly_unfunded_count"]) == (0, 3)


def test_every_recorded_mark_is_there_once(real):
    recorded = (
        "select accession, holding_id from staging.fund_holdings where source = 'lender_marks'"
    )
    shown = one(
        real,
        "select count(*) as mark_count, count(distinct accession || holding_id) as different "
        f"from marts.lender_mark semi join ({recorded}) using (accession, holding_id)",
    )
    assert (shown["mark_count"], shown["different"]) == (22, 22)


@pytest.mark.parametrize(
    ("day", "principal"),
    [
        ("2024-12-31", 8_033_477_000),
        ("2025-06-30", 11_171_485_000),
        ("2026-03-31", 25_149_000_000),
        ("2026-06-30", 35_551_000_000),
    ],
)
def test_the_instruments_add_up_to_coreweaves_debt(real, day, principal):
    row = market(real, day, collateral="all")
    assert row["filed_drawn_usd"] == pytest.approx(principal, abs=1)
    assert str(row["oldest_balance_on"]) == day


def test_what_a_venture_owes_is_not_its_shareholders_debt(real):
    # Flash Compute is not consolidated: 3,200 million of notes and convertibles of 500, 1,000 and
    # 1,025 are TeraWulf's, 1,300 the venture's.
    made = market(real, "2026-06-30", "TeraWulf", "all")
    assert made["filed_committed_usd"] == 3.2e9 + 0.5e9 + 1e9 + 1.025e9
    assert market(real, "2026-06-30", "Flash Compute", "all")["filed_committed_usd"] == 1.3e9


def test_was_coreweave_above_12_billion_in_the_middle_of_2025(real):
    # As drawn, and as filed commitments, no; with DDTL 3.0, signed on 28 July, commitments are.
    june, july = market(real, "2025-06-30"), market(real, "2025-07-31")
    assert june["filed_drawn_usd"] == pytest.approx(8_464_855_000, abs=1)
    assert june["filed_committed_usd"] == 2.3e9 + 7.6e9
    assert july["filed_committed_usd"] == 2.3e9 + 7.6e9 + 2.6e9 > 12e9


def test_was_the_market_above_20_billion_in_the_middle_of_2025(real):
    # Not by what is filed or announced against GPUs; with campuses and shells, announced and apart.
    gpu = market(real, "2025-06-30", borrower="all")
    assert gpu["filed_drawn_usd"] < gpu["filed_committed_usd"] < 20e9
    assert gpu["announced_committed_usd"] < 20e9
    assert gpu["facilities_without_balance_count"] > 0
    assert market(real, "2026-06-30", borrower="all")["filed_committed_usd"] > 20e9


def test_trap_66_ddtl_4_commitment_is_not_debt(real):
    row = one(
        real,
        "select f.commitment_usd, b.principal_usd from marts.facility as f "
        "join staging.facility_balances as b using (facility_id) "
        "where facility_id = 'crwv-ddtl-4-0' and b.balance_on = '2026-03-31'",
    )
    assert (row["commitment_usd"], row["principal_usd"]) == (8.5e9, 1.26e9)


def test_the_remainder_of_ddtl_2_is_what_no_public_holder_shows(real):
    row = one(
        real,
        "from marts.lender_exposure where facility_id = 'crwv-ddtl-2-0' "
        "and holder_kind = 'unidentified' and period_end_on = '2026-03-31'",
    )
    identified = 1000 * (17_468 + 23_289 + 2_911 + 2_911 + 30_742)
    assert row["identified_par_usd"] == identified
    assert row["par_usd"] == 4_425_000_000 - identified
    assert not row["is_over_identified"]


def test_the_amendment_of_ddtl_2_was_not_known_before_it_was_filed(real):
    query = (
        "select maturity_on, version_count from vintage.facility "
        "where facility_id = 'crwv-ddtl-2-0'"
    )
    versions = rows(
        real,
        "select distinct known_at, maturity_on from staging.facility_terms where "
        "facility_id = 'crwv-ddtl-2-0' and deal_status = 'filed' and maturity_on > '2030-01-01' "
        "order by known_at",
    )
    filed = versions[0]["known_at"]
    try:
        real.execute(f"set variable as_of = timestamptz '{filed}' - interval 1 microsecond")
        before = one(real, query)
        real.execute(f"set variable as_of = timestamptz '{filed}'")
        after = one(real, query)
    finally:
        real.execute("reset variable as_of")
    assert str(before["maturity_on"])[:7] == "2029-05"
    assert str(after["maturity_on"])[:7] == "2030-08"
    assert after["version_count"] > before["version_count"]


def test_a_facility_that_closed_later_is_absent(real):
    query = "select count(*) as found from vintage.facility where facility_id = 'crwv-ddtl-4-0'"
    try:
        real.execute("set variable as_of = timestamptz '2026-03-01 00:00+00'")
        assert one(real, query)["found"] == 0
        late = one(
            real,
            "select max(period_end_on) as on_day from vintage.gpu_debt_market",
        )
        assert str(late["on_day"]) <= "2026-03-01"
    finally:
        real.execute("reset variable as_of")
    assert one(real, query)["found"] == 1


@pytest.mark.parametrize("moment", ["2024-06-15", "2025-09-15", "2026-03-01", "2026-05-20"])
def test_the_vintage_is_what_a_build_at_that_moment_would_have_made(real, tmp_path, moment):
    past = Warehouse(tmp_path / "past")
    known_until = f"timestamptz '{moment} 00:00+00'"
    with past.connect() as db:
        for contract in TABLES.values():
            frame = wh.frame(real, f"from {contract.table} where known_at <= {known_until}")
            wh.create(db, contract.table, contract.doc, contract.columns)
            wh.append(db, contract, frame)
        build(db, *MARTS)
        try:
            real.execute(f"set variable as_of = {known_until}")
            for table in MARTS:
                then = rows(real, f"from vintage.{table.partition('.')[2]} order by all")
                assert then == rows(db, f"from {table} order by all")
        finally:
            real.execute("reset variable as_of")


def test_trap_71_unverified_and_retired_deals_are_out_of_totals(real):
    out = rows(real, "from marts.facility where deal_status in ('rumored', 'not_executed')")
    assert {"gpu-abs-aaa-shelf", "sharon-ai-usdai-facility"} <= {row["facility_id"] for row in out}
    assert not any(row["is_counted"] for row in out)


def test_money_that_comes_back(real):
    row = one(
        real,
        "from marts.vendor_financing_loops where binding_scope = 'binding' "
        "and loop_path = 'CoreWeave > OpenAI > CoreWeave'",
    )
    # CoreWeave issued OpenAI 350 million dollars of shares; OpenAI took 11.9 billion of capacity.
    assert (row["loop_amount_usd"], row["edge_kinds"]) == (0.35e9, "equity > capacity")
    # The largest one: 13 billion of funding promised, 250 billion of Azure ordered.
    largest = one(
        real,
        "from marts.vendor_financing_loops where binding_scope = 'binding' "
        "and loop_path = 'Microsoft > OpenAI > Microsoft'",
    )
    assert (largest["loop_amount_usd"], largest["edge_kinds"]) == (13e9, "equity > capacity")
    [retired] = rows(
        real,
        "select count(*) as found from marts.vendor_financing_loops "
        "where commitment_ids like '%letter-2025%'",
    )
    assert retired["found"] == 0


@pytest.mark.parametrize(
    "check",
    [each for each in model.checks() if each.table in MARTS],
    ids=lambda each: f"{each.table}__{each.promise}",
)
def test_no_promise_is_broken(real, check):
    broken = wh.frame(real, check.query)
    assert broken.is_empty(), broken.head(3).to_dicts()
