import shutil
from datetime import date

import pytest

from pipeline.build.model import models, rebuild
from pipeline.release.publish import prepare_views, publish
from pipeline.warehouse import Warehouse
from tests.given.support import build, daily, fill, offer, rows

[RELEASE] = [each for each in models() if each.table == "meta.price_release"]
LEVELS = ("marts.host_price_daily", "marts.provider_price_daily", "marts.gpu_price_daily")
WORLD = "from meta.price_release where region_group = 'all' order by observed_on"


@pytest.fixture(scope="module")
def nothing_yet(tmp_path_factory):
    """A build database with every table and view, made of nothing: publishing wants them all."""
    made = Warehouse(tmp_path_factory.mktemp("nothing"))
    with made.connect() as db:
        build(db)
        prepare_views(db)
    return made.build


@pytest.fixture
def store(tmp_path, nothing_yet):
    made = Warehouse(tmp_path / "warehouse")
    made.build.parent.mkdir(parents=True)
    shutil.copy(nothing_yet, made.build)
    return made


def released(store, offers):
    """Land offers, build, compare with the release before, publish; the comparison of the world."""
    with store.connect() as db:
        fill(db, offers)
        build(db, *LEVELS)
        rebuild(db, RELEASE)
        changes = rows(db, WORLD)
    publish(store)
    return changes


def test_the_first_release_and_one_without_news_change_nothing(store):
    assert released(store, daily(3)) == []
    assert released(store, []) == []


def test_a_new_day_is_a_new_observation(store):
    released(store, daily(3))
    [change] = released(store, daily(1, start=date(2026, 11, 4)))
    assert (change["change_reason"], change["released_publication_status"]) == (
        "new observation",
        None,
    )
    assert change["median_price_usd_per_gpu_hour"] == 4.0


def test_a_late_fact_about_a_released_day_restates_history(store):
    released(store, daily(3))
    late = offer(on=date(2026, 11, 3), offer_id="b", price_usd_per_gpu_hour=5.0)
    [change] = released(store, [late])
    assert change["change_reason"] == "restated history"
    assert change["released_median_price_usd_per_gpu_hour"] == 4.0
    assert change["median_price_usd_per_gpu_hour"] == 4.5


def test_another_rule_says_so(store):
    released(store, daily(3))
    with store.connect() as db:
        db.execute(
            "update meta.released_levels set code_version = 'the rules of before', "
            "median_price_usd_per_gpu_hour = 3.9 where observed_on = '2026-11-02'"
        )
        rebuild(db, RELEASE)
        changes = rows(db, WORLD)
    assert [row["change_reason"] for row in changes] == ["rule change"]
    assert changes[0]["released_median_price_usd_per_gpu_hour"] == 3.9
