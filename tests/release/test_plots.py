import subprocess
import sys

import pytest

from pipeline.build.model import models
from pipeline.release.plots import PLOTS, drawn_png
from pipeline.runs import described
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.market import open_for_business


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    store = Warehouse(tmp_path_factory.mktemp("plots"))
    open_for_business(store)
    with opened_for_reading(store.published) as db:
        yield db


def test_a_plot_is_of_a_table_that_is_made():
    assert PLOTS.keys() <= {each.table for each in models()}


@pytest.mark.parametrize("table", PLOTS)
def test_a_plots_query_fits_its_table(shop, table):
    columns = shop.sql(PLOTS[table].query).columns
    assert {"series", "place", "value"} <= set(columns)


def test_the_level_of_the_market_is_a_picture_with_its_title(shop):
    picture = drawn_png(shop, "marts.gpu_price_daily")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 40_000


def test_nothing_published_is_no_picture(shop):
    assert drawn_png(shop, "marts.gpu_price_quality_adjusted") is None


def test_a_picture_is_on_its_tables_page():
    [drawn, plain] = [
        described.words(next(each for each in models() if each.table == table))
        for table in ("marts.backstop", "marts.host_price_daily")
    ]
    assert "/pictures/marts.backstop.png" in drawn
    assert "/pictures/" not in plain


def test_what_draws_is_not_loaded_to_say_what_is_drawn():
    code = "import sys, pipeline.runs.described; print('matplotlib' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False"]


def test_other_tables_have_none(shop):
    assert drawn_png(shop, "marts.host_price_daily") is None
