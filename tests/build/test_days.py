"""What is built by the days that changed is what building all of it comes to."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline import landing
from pipeline import warehouse as wh
from pipeline.build import days
from pipeline.build.days import ByDay
from pipeline.build.model import ModelError, models, rebuild
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.source import Capture
from pipeline.warehouse import DuckDB
from tests.given.replays import made_up, prices
from tests.given.support import fill, offer, rewindable, rows, typed

PARTLY = [each for each in models() if each.by_day]
CHAIN = (
    "host_price_daily", "price_sighting", "provider_price_daily", "price_vote", "gpu_price_daily",
    "look_day", "period_end", "item_sighting", "restatement", "item_price", "panel_item",
    "panel_memory", "gpu_price_index",
)  # fmt: skip
FIRST = date(1907, 1, 1)
# More than a reach on both sides, on average: stretches lie apart, and some meet.
DISTANCE = 220
READ_FROM = datetime(2026, 1, 1, tzinfo=UTC)


def bring_up(db: DuckDB, *, names: tuple[str, ...] = CHAIN) -> dict[str, list[date] | None]:
    """Build tables in order; which days of each were made again (None where it was made whole)."""
    found = {}
    for model in models():
        if model.name in (*names, "reference_region", "interval_coverage"):
            found[model.name] = rebuild(db, model, audits=()).days
    return found


def differing(db: DuckDB, name: str) -> int:
    """Rows of a table made whole from the same inputs that it lacks, or has too many."""
    [model] = [each for each in PARTLY if each.name == name]
    db.execute(f"create or replace temp table whole as {model.query}")
    asked = f"select count(*) from (from whole except all from {model.table})"
    counts = f"select (select count(*) from whole) - (select count(*) from {model.table})"
    return int(db.execute(f"select abs(({counts})) + ({asked})").fetchall()[0][0])


class History:
    """What becomes known of a few offers round a day of their own, made up by dice."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self.start = FIRST + timedelta(days=DISTANCE * number + dice.randrange(300))
        self.number = number
        self.dice = dice
        self.read: list[datetime] = []

    def more(self, at: datetime) -> list[dict[str, Any]]:
        """One capture: sightings of a few offers, new ones, later ones of a day, corrections."""
        self.read.append(at)
        return [*{row["offer_id"]: row for row in map(self.sighting, [at] * self.few())}.values()]

    def few(self) -> int:
        return self.dice.randint(1, 4)

    def sighting(self, at: datetime) -> dict[str, Any]:
        draw = self.dice.choice
        provider = draw(["aws", "azure", "vast", "lambda"])
        machine = draw(["m1", "m2"]) if provider == "vast" else None
        region = draw(["us-east-1", "us-east-1", "global"])
        market = draw(["on_demand", "on_demand", "on_demand", "spot"])
        # Mostly near; now and then so far that a step is forgotten, or just not.
        away = draw([0, 0, 1, 2, 3, 5, 30, 31, 32, 60, 70])
        moment = datetime.combine(self.start, datetime.min.time(), UTC)
        moment += timedelta(days=away, hours=self.dice.randrange(24), seconds=at.microsecond)
        return offer(
            source=draw(["recorded", "recorded", "second"]),
            offer_id=f"{provider}/{market}/{region}/{machine}",
            at=moment,
            known_at=draw([at, moment]) if at < READ_FROM + timedelta(hours=3) else at,
            captured_at=at,
            provider=provider,
            market=market,
            region=region,
            region_group="global" if region == "global" else "north_america",
            host_id=machine,
            operator_id=machine and draw(["o1", "o2"]),
            flag=draw([None, None, None, "administered", "restatement"]),
            refresh_days=draw([1, 1, 7, 31]),
            price_usd_per_gpu_hour=draw([1.0, 1.3, 2.0, 3.3]),
        )


def test_any_history_built_by_day_equals_building_all_of_it(db, monkeypatch):
    """200 histories side by side, so that a build has many stretches; the newest day moves on.

    In each of four rounds some get a capture, some lose one, some nothing, and some begin.
    """
    monkeypatch.setattr(days, "MOST_DAYS", 1e9)
    monkeypatch.setattr(days, "LEAST_AT_ONCE", 30_000)
    dice = random.Random(18)
    histories = [History(number, dice) for number in range(200)]
    fill(db, [offer(provider=each, on=FIRST, offer_id=each) for each in ("aws", "azure", "vast")])
    fill(db, [offer(provider="lambda", on=FIRST)])
    # The sellers are known before their first prices are, or no price would be prompt.
    db.execute(f"update staging.providers set known_at = timestamptz '{FIRST} 00:00:00+00'")
    assert set(bring_up(db).values()) == {None}
    chain = [each.table for each in PARTLY if each.name in CHAIN]
    was: dict[str, list[tuple]] = {}
    for step in range(4):
        at = READ_FROM + timedelta(hours=step)
        landed: list[dict[str, Any]] = []
        gone: list[datetime] = []
        for each in histories[: 110 + 30 * step]:
            event = dice.choice(["capture", "capture", "removal", "nothing"])
            if event == "capture" or not each.read:
                landed += each.more(at + timedelta(microseconds=each.number))
            elif event == "removal" and step < 2:
                gone.append(each.read.pop(dice.randrange(len(each.read))))
        for source in ("recorded", "second"):
            wh.remove(db, GPU_OFFERS, source, gone)
        fill(db, landed)
        made = bring_up(db)
        for name in CHAIN:
            # Nothing that lands in the last round was public on its own day.
            assert made[name] or (step == 3 and made[name] == []), (step, name)
            assert differing(db, name) == 0, (step, name)
        if step == 2:
            was = {table: said(db, table) for table in chain}
    rewindable(db, *chain)
    then = READ_FROM + timedelta(hours=2, minutes=1)
    db.execute(f"set variable as_of = timestamptz '{then.isoformat()}'")
    for table in chain:
        assert said(db, f"vintage.{table.partition('.')[2]}") == was[table], table


def said(db: DuckDB, table: str) -> list[tuple]:
    return db.execute(f"from {table} order by all").fetchall()


@pytest.fixture
def held(db, monkeypatch) -> DuckDB:
    """A provider that asks the same every day of January; the machinery is never left for size."""
    monkeypatch.setattr(days, "MOST_DAYS", 1e9)
    fill(db, [offer(on=date(2024, 1, day)) for day in range(1, 32)])
    bring_up(db)
    return db


def test_one_new_day_is_made_and_no_other(held):
    new = date(2024, 2, 1)
    fill(held, [offer(on=new)])
    assert bring_up(held) == {
        **{name: [new] for name in CHAIN},
        "period_end": [date(2024, 1, 31)],  # only now is January over
        "item_price": [date(2024, 1, 31)],
        "restatement": [],
        "reference_region": [],
        "interval_coverage": [],
    }


def test_a_second_look_of_a_day_that_says_the_same_changes_nothing_further_on(held):
    evening = datetime(2024, 1, 31, 20, tzinfo=UTC)
    before = wh.frame(held, "select * from meta.versions where table_name like 'marts.%'")
    fill(held, [offer(at=evening, known_at=evening, captured_at=evening)])
    assert {*map(str, bring_up(held).values())} == {"[]"}
    after = wh.frame(held, "select * from meta.versions where table_name like 'marts.%'")
    assert after.drop("fingerprint").equals(before.drop("fingerprint"))


def test_a_second_sighting_confirms_a_step_of_any_age(held):
    """So its table is made whole, and told by day: decision 0145."""
    theirs = {"provider": "lambda", "offer_id": "l"}
    fill(held, [offer(on=date(2024, 1, 1), price_usd_per_gpu_hour=2.0, **theirs)])
    fill(held, [offer(on=date(2024, 1, 20), price_usd_per_gpu_hour=4.0, **theirs)])
    bring_up(held)
    again = date(2025, 12, 1)
    fill(held, [offer(on=again, price_usd_per_gpu_hour=4.0, **theirs)])
    made = bring_up(held)
    assert made["price_sighting"] == [again]
    stood = [date(2024, 1, day) for day in (20, 21, 22, 23)]
    carried = [date(2024, 2, day) for day in (1, 2, 3)]  # AWS, which nobody looked at any more
    assert made["provider_price_daily"] == [*stood, *carried, again]
    assert {differing(held, name) for name in CHAIN} == {0}


def test_a_change_that_does_not_say_its_days_makes_the_table_whole(held):
    wh.bump(held, "staging.gpu_offers")
    assert bring_up(held)["host_price_daily"] is None


def test_another_text_makes_the_table_whole(held):
    [model] = [each for each in PARTLY if each.name == "host_price_daily"]
    fill(held, [offer(on=date(2024, 2, 1))])
    longer = replace(model, query=model.query + " and true")
    assert rebuild(held, longer, audits=()).days is None
    fill(held, [offer(on=date(2024, 2, 2))])
    assert rebuild(held, longer, audits=()).days == [date(2024, 2, 2)]


def test_an_input_without_days_makes_the_table_whole(held):
    fill(held, [offer(on=date(2024, 2, 1), provider="lambda", offer_id="l")])  # a new provider
    made = bring_up(held, names=(*CHAIN, "gpu_price_per_compute"))
    assert made["host_price_daily"] == [date(2024, 2, 1)]
    wh.bump(held, "staging.accelerators")
    assert bring_up(held, names=("gpu_price_per_compute",))["gpu_price_per_compute"] is None


def test_many_days_make_the_table_whole(db, monkeypatch):
    monkeypatch.setattr(days, "LEAST_AT_ONCE", 1)
    fill(db, [offer(on=date(2024, 1, day)) for day in range(1, 11)])
    bring_up(db)
    later = [offer(on=date(2024, 1, day), offer_id="b") for day in range(1, 7)]
    fill(db, later)
    assert bring_up(db)["host_price_daily"] is None
    fill(db, [each | {"offer_id": "c"} for each in later[:5]])
    assert len(bring_up(db)["host_price_daily"] or ()) == 5


def test_days_far_apart_are_made_in_batches_and_come_to_the_same(db, monkeypatch):
    """Of every table that is made by day; a batch is as long as a reach at least."""
    monkeypatch.setattr(days, "LEAST_AT_ONCE", 2)
    monkeypatch.setattr(days, "MOST_DAYS", 1e9)
    names = tuple(each.name for each in PARTLY)
    start = date(2024, 1, 1)
    sellers = ("lambda", "crusoe", "nebius")
    fill(
        db,
        [
            offer(on=start + timedelta(days=day), provider=each, offer_id=each)
            for day in range(240)
            for each in sellers
        ],
    )
    fill(db, [offer(on=start, provider="lambda", offer_id="r", flag="restatement")])
    bring_up(db, names=(*names, "panel_movement"))
    moved = [start + timedelta(days=day) for day in (3, 4, 5, 6, 7, 60, 119, 120, 200)]
    fill(
        db,
        [
            offer(on=day, provider=each, offer_id=f"{each}/b", price_usd_per_gpu_hour=1.5)
            for day in moved
            for each in sellers
        ],
    )
    made = bring_up(db, names=(*names, "panel_movement"))
    assert made["host_price_daily"] == moved
    assert all(made[name] is not None for name in CHAIN)
    assert {name: differing(db, name) for name in names} == dict.fromkeys(names, 0)


def test_a_table_of_many_rows_is_made_whole_in_batches_of_days(held, monkeypatch):
    """As it is when no day is told: the reach of a batch goes back over its first day."""
    fill(
        held, [offer(on=date(2024, 6, day), provider="lambda", offer_id="l") for day in (1, 2, 30)]
    )
    batches = []
    cut = days._batches
    monkeypatch.setattr(days, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(
        days, "_batches", lambda *said: [batches.append(each) or each for each in cut(*said)]
    )
    wh.bump(held, GPU_OFFERS.table)
    names = tuple(each.name for each in PARTLY)
    made = bring_up(held, names=(*names, "panel_movement"))
    assert made["host_price_daily"] is made["gpu_price_daily"] is None
    assert len(batches) > 5 * len([each for each in PARTLY if each.by_day.before is not None])
    assert {name: differing(held, name) for name in names} == dict.fromkeys(names, 0)


def test_rows_that_repeat_a_grain_leave_the_table_as_it_was(held):
    [model] = [each for each in PARTLY if each.name == "host_price_daily"]
    told = rows(held, "from meta.versions")
    fill(held, [offer(on=date(2024, 2, 1))])
    coarse = replace(model, grain=("observed_on",))
    fill(held, [offer(on=date(2024, 2, 1), provider="lambda", offer_id="l")])
    with pytest.raises(ModelError, match="more than one row per observed_on"):
        rebuild(held, coarse, audits=())
    assert len(rows(held, "from marts.host_price_daily")) == 31
    mark = "select version, fingerprint from meta.versions where table_name like 'marts.host%'"
    assert rows(held, mark)[0]["fingerprint"] in {each["fingerprint"] for each in told}


@pytest.mark.parametrize("words", ["observed_on, 3 days", "observed_on 3 days before", ""])
def test_a_header_that_says_its_days_otherwise_is_refused(words):
    with pytest.raises(ModelError, match="by day"):
        ByDay.said(words)


def test_a_header_says_how_far_back_a_day_reaches():
    assert ByDay.said("observed_on") == ByDay("observed_on", 0)
    assert ByDay.said("observed_on, 33 days before") == ByDay("observed_on", 33)
    assert ByDay.said("observed_on, all days") == ByDay("observed_on", None)


def test_what_an_earlier_capture_displaces_is_told_by_its_day(held):
    """Read again newest first: of two that say one moment's price the earlier capture counts."""
    seen = offer(on=date(2024, 2, 1), offer_id="b")
    frames = {
        datetime(2024, 2, day, tzinfo=UTC): typed(
            GPU_OFFERS,
            [seen | {"captured_at": datetime(2024, 2, day, tzinfo=UTC), "gpu_count": day}
             | {"price_usd_per_gpu_hour": price, "price_in_currency_per_gpu_hour": price}],
        ).drop("source").with_columns(reason=pl.lit(None, pl.String))
        for day, price in ((5, 4.0), (2, 3.5))
    }  # fmt: skip
    source = made_up(prices, name="recorded")
    batch = landing.Batch(source, held, "test", {}, lambda each: frames[each.captured_at])
    version = "select version from meta.versions where table_name = 'staging.gpu_offers'"
    [(before,)] = held.execute(version).fetchall()
    for at, price in zip(frames, (4.0, 3.5), strict=True):
        [made] = landing.land(
            batch, [Capture("recorded", "all", "https://a.example", at, "0" * 64)]
        )
        assert made.outcome == "landed", made
        assert bring_up(held)["host_price_daily"] == [date(2024, 2, 1)]
        [row] = rows(held, "from marts.host_price_daily where observed_on = '2024-02-01'")
        assert row["price_usd_per_gpu_hour"] == price
    [(after,)] = held.execute(version).fetchall()
    assert after == before + 3, "landed; displaced and landed"
    assert differing(held, "host_price_daily") == 0
