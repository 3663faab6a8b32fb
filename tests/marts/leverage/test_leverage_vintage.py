"""What the leverage marts would have said at any past moment."""

# As text: Hypothesis would keep DuckDB's classes past the interpreter's end, and they complain.
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline import warehouse as wh
from pipeline.build.model import models, upstream
from pipeline.contracts import Contract, declared
from pipeline.contracts.filings import FILING_FACTS
from pipeline.warehouse import DuckDB, Warehouse
from tests.given.filings import (
    BALANCES,
    CIK,
    FLOWS,
    balance,
    build,
    common_recipes,
    filing,
    flow,
    instant,
    issuer,
    land,
    meaning,
    recipe,
    terms,
)
from tests.given.past import work_out
from tests.given.support import rewindable, typed

OWN = [each.table for each in models() if each.group == "leverage"]
MARTS = [each for each in models() if each.table in upstream(OWN)]
QUERIES = {each.table: each.query for each in MARTS}
READ = [each for each in declared() if any(each.table in mart.reads for mart in MARTS)]
COMMITMENT = "PurchaseObligation"


def rewind(db: DuckDB, moment: datetime) -> None:
    db.execute(f"set variable as_of = timestamptz '{moment.isoformat()}'")


def held(db: DuckDB, *, past: bool = False) -> dict[str, list[tuple]]:
    """Every row of each table, or of its past."""
    names = {each.name: f"past_{each.name}" if past else each.table for each in MARTS}
    return {
        name: db.execute(f"from {table} order by all").fetchall() for name, table in names.items()
    }


ACCEPTED = datetime(2025, 8, 13, 20, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "quarters"),
    [
        (ACCEPTED - timedelta(microseconds=1), ["2025-03-31"]),
        (ACCEPTED, ["2025-03-31", "2025-06-30"]),
    ],
)
def test_a_quarter_shows_from_the_moment_its_filing_was_accepted(db, moment, quarters):
    second = filing("10-Q", "2025-08-13", flow("Revenues", "2025-04-01", "2025-06-30", 12))
    second = [row | {"known_at": ACCEPTED} for row in second]
    first = filing("10-Q", "2025-05-15", flow("Revenues", "2025-01-01", "2025-03-31", 10))
    land(db, first, second)
    build(db)
    rewindable(db, *QUERIES)
    rewind(db, moment)
    shown = db.execute(
        "select period_end_on::varchar from vintage.issuer_quarter order by 1"
    ).fetchall()
    assert [day for (day,) in shown] == quarters


def test_a_restated_figure_shows_each_value_under_its_own_dates(db):
    half = FLOWS["debt_proceeds"], "2025-01-01", "2025-06-30"
    land(
        db,
        filing("10-Q", "2025-08-13", flow(*half, 4_432_723_000)),
        filing("10-Q", "2026-08-12", flow(*half, 4_396_000_000)),
    )
    build(db)
    rewindable(db, *QUERIES)
    query = "select value_usd, first_reported_usd, restatement_count from vintage.issuer_figure"
    rewind(db, datetime(2026, 8, 12, 23, 59, tzinfo=UTC))
    assert db.execute(query).fetchall() == [(4_432_723_000, 4_432_723_000, 0)]
    assert db.execute("select count(*) from vintage.issuer_restatement").fetchall() == [(0,)]
    rewind(db, datetime(2026, 8, 13, tzinfo=UTC))
    assert db.execute(query).fetchall() == [(4_396_000_000, 4_432_723_000, 1)]
    assert db.execute("select count(*) from vintage.issuer_restatement").fetchall() == [(1,)]


def test_a_change_of_basis_hides_nothing_before_it_was_known(db):
    later = {"known_at": datetime(2025, 8, 29, tzinfo=UTC)}
    later["captured_at"] = later["known_at"]
    old = issuer(accounting_basis="ifrs", period_to_on=date(2024, 6, 30))
    new = issuer(period_from_on=date(2024, 7, 1), filed_from_on=date(2025, 8, 28), **later)
    ifrs = {"taxonomy": "ifrs-full"}
    quarter = flow("ProfitLoss", "2024-10-01", "2024-12-31", 18.9e6, **ifrs)
    rules = recipe("net_income", "ProfitLoss", **ifrs)
    land(db, filing("6-K", "2025-02-12", quarter), issuers=[old, new], recipes=rules)
    build(db)
    rewindable(db, *QUERIES)
    query = "select value_usd, is_preferred_basis from vintage.issuer_quarter"
    rewind(db, datetime(2025, 8, 28, tzinfo=UTC))
    assert db.execute(query).fetchall() == [(18.9e6, True)]
    rewind(db, datetime(2025, 8, 29, tzinfo=UTC))
    assert db.execute(query).fetchall() == [(18.9e6, False)]


# The property: rewinding everything is building from what was known.

ENDS = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"]
STARTS = ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
OTHER = "0000000002"
MORE = recipe("revenue", "Sales", rank=2)
RULES = [*common_recipes(), *MORE]
FORMS = ["10-Q", "10-Q", "10-K", "8-K", "DEF 14A", "6-K"]
FLOWING = [*(FLOWS[name] for name in ("revenue", "operating_income", "capex")), "Sales"]
FLOWING += [FLOWS["depreciation_and_amortization"], FLOWS["interest_expense"]]
STANDING = [BALANCES[name] for name in ("total_debt", "debt_principal", "cash", "debt_due_year_1")]
STANDING += [COMMITMENT]


@st.composite
def facts(draw: st.DrawFn) -> dict:
    """One figure of one of a few filings."""
    quarter = draw(st.integers(0, 3))
    filed_on = date.fromisoformat(ENDS[quarter]) + timedelta(days=draw(st.sampled_from([40, 130])))
    value = draw(st.sampled_from([1e6, 1.001e6, 5e6, 5.4e6, -2e6]))
    if draw(st.booleans()):
        start = draw(st.sampled_from([STARTS[0], STARTS[0], STARTS[quarter]]))
        figure = flow(draw(st.sampled_from(FLOWING)), start, ENDS[quarter], value)
    else:
        figure = instant(draw(st.sampled_from(STANDING)), ENDS[quarter], value)
    form = draw(st.sampled_from(FORMS))
    [row] = filing(
        form,
        filed_on.isoformat(),
        figure,
        cik=draw(st.sampled_from([CIK, CIK, OTHER])),
        number=FORMS.index(form),
    )
    return row


def key(row: dict) -> tuple:
    return tuple(row.get(name) for name in FILING_FACTS.key)


DRAWN_IN_MAY = datetime(2025, 5, 20, tzinfo=UTC)


def rules(db: DuckDB) -> None:
    """Two issuers, a rule and a meaning that became public late, and debt by instrument."""
    late = {"known_at": datetime(2025, 9, 1, tzinfo=UTC)}
    late["captured_at"] = late["known_at"]
    land(
        db,
        issuers=[issuer(), issuer(OTHER, **late)],
        recipes=[*common_recipes(), *(row | late for row in MORE)],
        meanings=[meaning(COMMITMENT, "supply", **late)],
        facilities=[terms("a"), terms("b", **late)],
        balances=[balance("a", ENDS[1], 5e6), balance("b", ENDS[1], 1e6)],
    )


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> tuple[Warehouse, Warehouse]:
    folder = tmp_path_factory.mktemp("leverage")
    whole, past = Warehouse(folder / "whole"), Warehouse(folder / "past")
    for store in (whole, past):
        with store.connect() as db:
            rules(db)
    with whole.connect() as db:
        build(db)
        rewindable(db, *QUERIES)
    return whole, past


# No shrinking: a failure would take minutes to say so.
@settings(max_examples=6, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(
    rows=st.lists(facts(), min_size=5, max_size=60, unique_by=key),
    days=st.lists(st.integers(0, 420), min_size=1, max_size=2),
)
def test_rewinding_is_building_from_what_was_known(stores, rows, days):
    with stores[0].connect() as whole, stores[1].connect() as past:
        replace(whole, FILING_FACTS, typed(FILING_FACTS, rows))
        for moment in (DRAWN_IN_MAY + timedelta(days=day) for day in days):
            for each in READ:
                known = wh.read(whole, each).filter(pl.col("known_at") <= moment)
                replace(past, each, known)
            build(past)
            work_out(whole, moment, QUERIES)
            assert held(whole, past=True) == held(past)


def replace(db: DuckDB, contract: Contract, frame: pl.DataFrame) -> None:
    """Make a staging table hold exactly these rows."""
    db.execute(f"delete from {contract.table}")
    wh.bump(db, contract.table)
    wh.append(db, contract, frame)
