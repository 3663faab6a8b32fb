"""One statement rewinds everything: what the warehouse would have said at any past moment."""

# As text: Hypothesis would keep DuckDB's classes past the interpreter's end, and they complain.
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline import warehouse as wh
from pipeline.build.model import Model, models
from pipeline.contracts import Contract, declared
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.contracts.reference import PROVIDERS
from pipeline.warehouse import DuckDB, Warehouse, opened_for_reading
from tests.given.market import LATE, START, built, open_for_business
from tests.given.past import DERIVED, work_out
from tests.given.support import build, offer, rows, typed

MARTS = [each for each in models() if each.schema == "marts"]
# The other domains have properties of their own beside their marts.
PRICES = [each for each in MARTS if each.group == "prices"]
MIDNIGHT = datetime(START.year, START.month, START.day, tzinfo=UTC)
DATES = ("DATE", "TIMESTAMP WITH TIME ZONE")


def rewind(db: DuckDB, moment: datetime) -> None:
    db.execute(f"set variable as_of = timestamptz '{moment.isoformat()}'")


def held(db: DuckDB, schema: str, marts: list[Model] = MARTS) -> dict[str, list[tuple]]:
    """Every row of each mart, or of its vintage."""
    names = [each.name for each in marts]
    return {n: db.execute(f"from {schema}.{n} order by all").fetchall() for n in names}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    store = Warehouse(tmp_path_factory.mktemp("vintage"))
    open_for_business(store)
    return store.published


@pytest.fixture
def reader(file) -> Iterator[DuckDB]:
    with opened_for_reading(file) as db:
        yield db


def test_without_the_variable_the_vintage_is_the_mart(reader):
    # Of the other domains the views are asked over all committed facts, in tests/test_history.py.
    now = held(reader, "marts", PRICES)
    assert held(reader, "vintage", PRICES) == now
    assert all(now.values())


def test_all_worked_out_in_building_order_is_what_is_there(reader):
    work_out(reader, None)
    for table, each in DERIVED.items():
        past = reader.execute(f"from past_{each.name} order by all").fetchall()
        assert past == reader.execute(f"from {table} order by all").fetchall(), table


def test_a_price_that_became_public_late_is_not_in_the_level_before(reader):
    query = """
        select median_price_usd_per_gpu_hour, provider_count from vintage.gpu_price_daily
        where tier = 'neocloud' and region_group = 'all' and observed_on = '2024-01-01'
    """
    rewind(reader, LATE - timedelta(microseconds=1))
    assert reader.execute(query).fetchall() == [(pytest.approx(2.3), 4)]
    rewind(reader, LATE)
    assert reader.execute(query).fetchall() == [(2.4, 5)]


def test_a_restated_price_shows_from_the_moment_it_became_public(reader):
    query = """
        select observed_on::varchar as day, price_usd_per_gpu_hour as price
        from vintage.provider_price_daily
        where provider = 'lambda' and observed_on between '2024-01-05' and '2024-01-07' order by 1
    """
    first = [("2024-01-05", 2.0), ("2024-01-06", 2.0), ("2024-01-07", 2.0)]
    then = [("2024-01-05", 2.0), ("2024-01-06", 2.1), ("2024-01-07", 2.0)]
    rewind(reader, LATE - timedelta(microseconds=1))
    assert reader.execute(query).fetchall() == first
    rewind(reader, LATE)
    assert reader.execute(query).fetchall() == then
    assert reader.execute(query.replace("vintage", "marts")).fetchall() == then


def test_before_the_first_row_was_public_there_is_nothing(reader):
    rewind(reader, MIDNIGHT)
    assert set(map(len, held(reader, "vintage", PRICES).values())) == {0}
    work_out(reader, MIDNIGHT)
    for each in MARTS:  # steps may count what is no fact, such as ranks of medians
        assert reader.execute(f"from past_{each.name} limit 1").fetchall() == [], each.table


def test_resetting_the_variable_comes_back_to_today(reader):
    rewind(reader, MIDNIGHT + timedelta(days=3))
    now = held(reader, "marts", PRICES)
    assert held(reader, "vintage", PRICES) != now
    reader.execute("reset variable as_of")
    assert held(reader, "vintage", PRICES) == now


@pytest.mark.parametrize("hours", [13, 24 * 19 + 12])
def test_no_past_holds_a_date_later_than_as_of(reader, hours):
    moment = MIDNIGHT + timedelta(hours=hours)
    work_out(reader, moment)
    dated: dict[str, list[str]] = {}
    for view, column, kind in reader.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where (schema_name = 'known' or table_name like 'past\\_%' escape '\\') "
        "and data_type in ? and column_name not in ('read_on', 'captured_at')",
        [DATES],
    ).fetchall():
        bound = f"date '{moment.date()}'" if kind == "DATE" else f"timestamptz '{moment}'"
        late = f"count_if({column} > {bound}) as {column}"
        dated.setdefault(view, []).append(late)
    assert {"observed_on", "last_seen_on", "known_at"} <= {
        late.rpartition(" ")[2] for each in dated.values() for late in each
    }
    found = {
        (view, column): count
        for view, late in dated.items()
        for column, count in rows(reader, f"select {', '.join(late)} from {view}")[0].items()
    }
    assert {each: count for each, count in found.items() if count} == {}


def test_the_sessions_time_zone_changes_no_vintage(reader):
    for hours in (3 * 24 + 2, 3 * 24 + 23):
        reader.execute("set timezone = 'UTC'")
        rewind(reader, MIDNIGHT + timedelta(hours=hours))
        then = held(reader, "vintage", PRICES)
        for zone in ("America/New_York", "Pacific/Kiritimati"):
            reader.execute(f"set timezone = '{zone}'")
            rewind(reader, MIDNIGHT + timedelta(hours=hours))
            assert held(reader, "vintage", PRICES) == then


# Of the property below: a build database with everything, and one without the future.


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> tuple[Warehouse, Warehouse]:
    folder = tmp_path_factory.mktemp("property")
    whole, past = Warehouse(folder / "whole"), Warehouse(folder / "past")
    built(whole)
    built(past)
    return whole, past


@st.composite
def sightings(draw: st.DrawFn) -> dict:
    """One sighting of one offer, public at once or days later."""
    hour = draw(st.integers(0, 12 * 24))
    at = MIDNIGHT + timedelta(hours=hour)
    known_at = at + timedelta(hours=draw(st.sampled_from([0, 0, 1, 20, 24, 90, 200])))
    provider = draw(st.sampled_from(["aws", "vast", "lambda", "crusoe", "nebius"]))
    market = draw(st.sampled_from(["on_demand", "on_demand", "spot", "reserved"]))
    machine = draw(st.sampled_from(["m1", "m2", "m3", "m4", "m5"])) if provider == "vast" else None
    region, group = draw(
        st.sampled_from([("us-1", "north_america"), ("eu-1", "europe"), ("global", "global")])
    )
    return offer(
        source=draw(st.sampled_from(["recorded", "second"])),
        offer_id=f"{provider}/{market}/{region}/{machine}/{draw(st.integers(1, 2))}",
        at=at,
        known_at=known_at,
        captured_at=known_at,
        provider=provider,
        accelerator=draw(st.sampled_from(["nvidia-h100-sxm-80gb", "nvidia-l4-24gb"])),
        market=market,
        term_months=draw(st.sampled_from([12, 36])) if market == "reserved" else 0,
        region=region,
        region_group=group,
        host_id=machine,
        operator_id=machine and draw(st.sampled_from([None, "o1", "o2"])),
        host_count=None if machine else draw(st.sampled_from([None, 3])),
        flag=draw(st.sampled_from([None, None, None, "administered", "bid_floor"])),
        refresh_days=draw(st.sampled_from([1, 1, 7])),
        price_usd_per_gpu_hour=draw(st.sampled_from([1.0, 1.1, 1.3, 2.0, 2.7, 3.3])),
    )


def key(row: dict) -> tuple:
    return row["source"], row["offer_id"], row["observed_at"]


# No shrinking: a build takes a third of a second, and a failure would take minutes to say so.
@settings(max_examples=12, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(
    offers=st.lists(sightings(), min_size=1, max_size=40, unique_by=key),
    late_provider=st.sampled_from(["nobody", "lambda", "vast"]),
    hours=st.lists(st.integers(0, 22 * 24), min_size=1, max_size=2),
)
def test_the_vintage_is_what_a_build_at_that_moment_would_have_made(
    stores, offers, late_provider, hours
):
    with stores[0].connect() as whole, stores[1].connect() as past:
        replace(whole, PROVIDERS, known_late(wh.read(whole, PROVIDERS), late_provider))
        replace(whole, GPU_OFFERS, typed(GPU_OFFERS, offers))
        build(whole, "steps.panel_movement")  # by a method: its past is the rows that were there
        for moment in (MIDNIGHT + timedelta(hours=hour) for hour in hours):
            forget_later_rows(whole, past, moment)
            rewind(past, moment)  # the clock of that build: a month not over has no row
            build(past, *(each.table for each in PRICES))
            rewind(whole, moment)
            assert held(whole, "vintage", PRICES) == held(past, "marts", PRICES)


# Of models that a Python function makes, whose rows are estimated when a month ends and then stand.

METHODS = [each for each in PRICES if each.is_kept]


@st.composite
def quarterly(draw: st.DrawFn) -> dict:
    """One more price of a month, public at once or weeks later."""
    day = draw(st.integers(0, 89))
    at = MIDNIGHT + timedelta(days=day, hours=draw(st.sampled_from([0, 12, 23])))
    known_at = at + timedelta(hours=draw(st.sampled_from([0, 0, 1, 24, 24 * 40])))
    provider = draw(st.sampled_from(["aws", "vast", "lambda", "crusoe", "nebius"]))
    return offer(
        offer_id=f"{provider}/more",
        at=at,
        known_at=known_at,
        captured_at=known_at,
        provider=provider,
        accelerator=draw(st.sampled_from(["nvidia-h100-sxm-80gb", "nvidia-h200-sxm-141gb"])),
        market=draw(st.sampled_from(["on_demand", "spot"])),
        refresh_days=7,
        price_usd_per_gpu_hour=draw(st.sampled_from([1.0, 1.1, 2.0, 2.7])),
    )


def standing() -> list[dict]:
    """Six providers with two parts every week of a quarter, enough to publish a change."""
    return [
        offer(
            offer_id=f"{provider}/{part}",
            on=START + timedelta(weeks=week),
            provider=provider,
            accelerator=part,
            refresh_days=7,
            price_usd_per_gpu_hour=(2 + number / 10) * (0.99**week) * (1 + (part > "nvidia-h1")),
        )
        for number, provider in enumerate(["aws", "vast", "lambda", "crusoe", "nebius", "together"])
        for part in ("nvidia-h100-sxm-80gb", "nvidia-h200-sxm-141gb")
        for week in range(13)
    ]


@settings(max_examples=8, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(
    offers=st.lists(quarterly(), min_size=1, max_size=30, unique_by=key),
    hours=st.integers(31 * 24, 100 * 24),
)
def test_a_month_that_was_over_is_never_restated(stores, offers, hours):
    needed = [each.table for each in MARTS if each.name in ("host_price_daily", *names(METHODS))]
    needed.append("marts.provider_price_daily")
    with stores[0].connect() as whole, stores[1].connect() as past:
        replace(whole, GPU_OFFERS, typed(GPU_OFFERS, [*standing(), *offers]))
        whole.execute("reset variable as_of")
        build(whole, *needed)
        moment = MIDNIGHT + timedelta(hours=hours)
        forget_later_rows(whole, past, moment)
        rewind(past, moment)
        build(past, *needed)
        rewind(whole, moment)
        for name in names(METHODS):
            then = whole.execute(f"from vintage.{name} order by all").fetchall()
            assert then == past.execute(f"from marts.{name} order by all").fetchall()
            states = whole.execute(
                f"select distinct publication_status from vintage.{name}"
            ).fetchall()
            assert ("published",) in states or moment < MIDNIGHT + timedelta(days=60)
        whole.execute("reset variable as_of")


def names(models: list) -> list[str]:
    return [each.name for each in models]


def known_late(providers: pl.DataFrame, name: str) -> pl.DataFrame:
    """The providers, of which one became public on the seventh day."""
    late = pl.lit(MIDNIGHT + timedelta(days=6))
    known_at = pl.when(provider=pl.lit(name)).then(late).otherwise(datetime(2020, 1, 1, tzinfo=UTC))
    return providers.with_columns(known_at=known_at.cast(pl.Datetime("us", "UTC")))


def forget_later_rows(whole: DuckDB, past: DuckDB, moment: datetime) -> None:
    """Make the staging tables of one store hold what was known of the other's at a moment."""
    for terms in declared():
        held = wh.read(whole, terms)
        if held.height:  # the stores differ in no table that the market leaves empty
            replace(past, terms, held.filter(pl.col("known_at") <= moment))


def replace(db: DuckDB, terms: Contract, frame: pl.DataFrame) -> None:
    """Make a staging table hold exactly these rows."""
    db.execute(f"delete from {terms.table}")
    wh.bump(db, terms.table)
    wh.append(db, terms, frame)
