"""`make fleet` on a published file of made-up clocks, worked out by hand."""

import io
from datetime import date, datetime, timedelta

import openpyxl
import polars as pl
import pytest

from pipeline import fleet
from pipeline.build.model import create, models
from pipeline.contracts.reference import ACCELERATOR_ALIASES
from pipeline.fleet import FleetError, main, read, value
from pipeline.release.publish import publish
from pipeline.sources.source import REFERENCE
from pipeline.warehouse import Warehouse
from tests.given.lives import H100, H200, empty, land, put
from tests.given.market import open_for_business
from tests.given.reference_tables import rules
from tests.given.support import build, fill, offer

END, BEFORE, STALE = date(2026, 6, 30), date(2026, 3, 31), date(2025, 3, 31)
HEAD = "lot_name,accelerator,gpu_count,bought_on,price_usd_per_gpu\n"
TWO_AND_A_HALF = date(2023, 12, 30)  # 913 days before END, of 365.25 a year
AGE = 913 / 365.25
L40S, T4 = "nvidia-l40s-48gb", "nvidia-t4-16gb"


def clock(name, age, made, **cells):
    """One published age of one clock; its band is a tenth to either side."""
    row = {
        "accelerator": H100,
        "clock": name,
        "tier": "any",
        "age_years": float(age),
        "period_end_on": END,
        "publication_status": "published",
        "withheld_reason": None,
        "value_usd_per_gpu": made,
        "low_value_usd_per_gpu": made * 0.9,
        "high_value_usd_per_gpu": made * 1.1,
        "value_pct_of_cost": made / 300,
        "low_value_pct_of_cost": made / 300,
        "high_value_pct_of_cost": made / 300,
        "cost_usd_per_gpu": 30_000.0,
        "cost_basis": "asked_new, card",
        "rent_usd_per_gpu_hour": None,
        "breakeven_rent_usd_per_gpu_hour": None,
        "earned_usd_per_gpu": None,
        "spent_usd_per_gpu": None,
        "rent_kept_usd_per_gpu_year": None,
        "cash_cost_usd_per_gpu_year": None,
        "sale_count": None,
        "condition": None,
        "lot": None,
        "priced_on": None,
        "inputs_assumed": f"what {name} takes for given",
        "last_observed_on": None,
        "known_at": None,
    }
    return row | cells


def income(age, earned, spent, sale, **cells):
    """Rent 2.00; the break-even rent as residual_value has it."""
    even = 2.0 * (sale + spent) / earned if earned else None
    made = {"tier": "neocloud", "rent_usd_per_gpu_hour": 2.0, "earned_usd_per_gpu": earned}
    made["breakeven_rent_usd_per_gpu_hour"] = even
    return clock("income_market", age, earned - spent, **(made | cells))


CLOCKS = [
    # Straight line over six years from 30,000.
    *[clock("book", age, 5_000.0 * max(6 - age, 0)) for age in range(9)],
    clock("book", 2, 1.0, period_end_on=BEFORE),
    income(0, 40_000.0, 10_000.0, 14_000.0),
    income(2, 30_000.0, 8_000.0, 14_000.0),
    income(3, 20_000.0, 6_000.0, 14_000.0),
    income(4, 0.0, 0.0, 14_000.0),
    *[
        clock(
            "resale", age, 14_000.0, low_value_usd_per_gpu=None, high_value_usd_per_gpu=None,
            sale_count=9, condition="used", lot="single", priced_on=date(2026, 5, 31),
        )
        for age in range(5)
    ],
    clock("income_market", 0, 9_000.0, tier="neocloud", accelerator=H200, period_end_on=STALE),
    clock("income_market", 1, 9_000.0, tier="neocloud", accelerator=H200, period_end_on=STALE),
    clock("income_contract", 0, 1.0, tier="hyperscaler", accelerator=H200,
          publication_status="withheld", withheld_reason="missing: margin", period_end_on=BEFORE),
    clock("income_contract", 0, 1.0, tier="neocloud", accelerator=H200,
          publication_status="withheld", withheld_reason="missing: cash cost"),
]  # fmt: skip


def alias(priority, pattern, sku, reason=None):
    return {"priority": priority, "pattern": pattern, "accelerator": sku, "reason": reason}


ALIASES = [
    alias(1, r"\bh100[ -]*sxm", H100),
    alias(2, r"\bh100\b", None, "ambiguous_form_factor"),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Warehouse:
    store = Warehouse(tmp_path_factory.mktemp("fleet") / "warehouse")
    with store.connect() as db:
        empty(db)
        fill(db, [offer()])  # with the specifications of H100, H200 and T4
        land(db, ACCELERATOR_ALIASES, *ALIASES)
        build(db)
        put(db, "marts.residual_value", *CLOCKS)
        [read_off] = [each for each in models() if each.table == "steps.clock_age"]
        create(db, read_off)
    publish(store)
    return store


def lots(published, *lines):
    """Rows by clock of a file's lots; every line must be good."""
    skus, aliases = fleet._known(published)
    made, wrong = read((HEAD + "\n".join(lines)).encode(), skus, aliases)
    assert wrong == []
    rows = value(made, published).to_dicts()
    return {(each["lot_name"], each["clock"]): each for each in rows}


def refused(*lines):
    made, wrong = read((HEAD + "\n".join(lines)).encode(), {H100, H200}, pl.DataFrame(ALIASES_READ))
    return made["lot_name"].to_list(), wrong


ALIASES_READ = [
    {"provider": None, "instance_pattern": None, "memory_gib_min": None, "memory_gib_max": None}
    | each
    for each in ALIASES
]


# --- values ----------------------------------------------------------------------------------


def test_a_value_lies_between_two_years_of_age(published):
    made = lots(published, f"a,{H100},2048,{TWO_AND_A_HALF},")
    book = made["a", "book"]
    assert book["age_years"] == pytest.approx(AGE)
    assert book["value_usd_per_gpu"] == pytest.approx(30_000 * (1 - AGE / 6))
    assert book["low_value_usd_per_gpu"] == pytest.approx(27_000 * (1 - AGE / 6))
    assert book["value_usd"] == pytest.approx(2048 * 30_000 * (1 - AGE / 6))
    assert book["period_end_on"] == END
    left = made["a", "income_market"]["value_usd_per_gpu"]
    assert left == pytest.approx(22_000 * (3 - AGE) + 14_000 * (AGE - 2))


def test_book_writes_off_the_owners_own_price(published):
    made = lots(published, f"a,{H100},1,{TWO_AND_A_HALF},27500")
    assert made["a", "book"]["value_usd_per_gpu"] == pytest.approx(27_500 * (1 - AGE / 6))
    assert made["a", "book"]["cost_basis"] == "own price"
    # What it was bought for changes neither its income nor its resale.
    assert made["a", "resale"]["value_usd_per_gpu"] == 14_000
    assert made["a", "income_market"]["cost_usd_per_gpu"] == 30_000


def test_at_the_breakeven_rent_holding_is_worth_the_resale_price(published):
    made = lots(published, f"a,{H100},1,{TWO_AND_A_HALF},")
    row = made["a", "income_market"]
    earned = 30_000 * (3 - AGE) + 20_000 * (AGE - 2)
    spent = 8_000 * (3 - AGE) + 6_000 * (AGE - 2)
    multiplier = row["breakeven_rent_usd_per_gpu_hour"] / row["rent_usd_per_gpu_hour"]
    assert earned * multiplier - spent == pytest.approx(made["a", "resale"]["value_usd_per_gpu"])


def test_no_breakeven_rent_where_the_machine_is_switched_off_within_the_year(published):
    made = lots(published, f"a,{H100},1,2022-12-30,")  # 3.5 years: between 14,000 and nothing
    row = made["a", "income_market"]
    assert row["value_usd_per_gpu"] == pytest.approx(14_000 * (4 - 1278 / 365.25))
    assert row["breakeven_rent_usd_per_gpu_hour"] is None


def test_resale_has_no_band_and_says_what_it_rests_on(published):
    row = lots(published, f"a,{H100},1,{TWO_AND_A_HALF},")["a", "resale"]
    assert row["low_value_usd"] is None
    assert row["high_value_usd"] is None
    assert (row["sale_count"], row["condition"], row["lot"]) == (9, "used", "single")


def test_a_lot_bought_after_the_newest_month_is_new(published):
    made = lots(published, f"a,{H100},1,{END + timedelta(days=10)},")
    assert made["a", "book"]["age_years"] == 0
    assert made["a", "book"]["value_usd_per_gpu"] == 30_000


def test_past_the_last_age_a_clock_says_nothing(published):
    made = lots(published, f"a,{H100},1,2017-12-30,30000")
    ended = "no value is published for a machine of 8.5 years: the clock ends at "
    assert made["a", "book"]["withheld_reason"] == ended + "8"
    assert made["a", "resale"]["withheld_reason"] == ended + "4"
    assert made["a", "book"]["value_usd_per_gpu"] is None


def test_a_value_of_over_a_year_ago_is_no_value_of_today(published):
    made = lots(published, f"a,{H200},1,2024-03-31,")
    assert made["a", "income_market"]["withheld_reason"] == "last published for 2025-03-31"
    assert made["a", "income_contract"]["withheld_reason"] == "missing: cash cost, at 2026-06-30"
    assert {each["publication_status"] for each in made.values()} == {"withheld"}


def test_an_accelerator_without_a_clock_has_a_row_per_clock_that_says_why(published):
    made = lots(published, f"a,{T4},4,2024-06-30,")
    assert {clock: row["withheld_reason"] for (_, clock), row in made.items()} == {
        "book": "no price of a new one is cited: give price_usd_per_gpu",
        "income_market": "no on-demand rent is published",
        "income_contract": "no rent for a 12-month term is published",
        "resale": "no executed sale of the last year is cited",
    }
    # Book is the same share of any price: the owner's own is enough.
    own = lots(published, f"a,{T4},4,2024-06-30,3000")["a", "book"]
    assert own["value_usd"] == pytest.approx(4 * 3_000 * (1 - 730 / 365.25 / 6))


# --- the file --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f",{H100},8,2024-03-31,", "bad_lot_name: '' is not 1 to 40 characters"),
        ("b,H9000,8,2024-03-31,", "unknown_accelerator: 'H9000' is no accelerator we can tell"),
        ("b,,8,2024-03-31,", "unknown_accelerator: '' is no accelerator we can tell"),
        (
            "b,H100,8,2024-03-31,",
            f"ambiguous_form_factor: 'H100' is no accelerator we can tell; write one of {H100}",
        ),
        (
            "b,nvdia-h20O-sxm,8,2024-03-31,",
            "unknown_accelerator: 'nvdia-h20O-sxm' is no accelerator we can tell; "
            f"write one of {H200}, {H100}",
        ),
        (f"b,{H100},0,2024-03-31,", "bad_gpu_count: '0' is not a whole number above zero"),
        (f"b,{H100},-8,2024-03-31,", "bad_gpu_count: '-8' is not a whole number above zero"),
        (f"b,{H100},2.5,2024-03-31,", "bad_gpu_count: '2.5' is not a whole number above zero"),
        (f"b,{H100},,2024-03-31,", "bad_gpu_count: '' is not a whole number above zero"),
        (
            f"b,{H100},8,31/03/2024,",
            "bad_bought_on: '31/03/2024' is not a day as YYYY-MM-DD since 2005-01-01; "
            "write 2024-03-31",
        ),
        (
            f"b,{H100},8,3/4/2024,",  # of an American or of anybody else
            "bad_bought_on: '3/4/2024' is not a day as YYYY-MM-DD since 2005-01-01; "
            "write 2024-03-04 or 2024-04-03",
        ),
        (
            f"b,{H100},8,2024-02-30,",
            "bad_bought_on: '2024-02-30' is not a day as YYYY-MM-DD since 2005-01-01",
        ),
        (f"b,{H100},8,2999-01-01,", "future_bought_on: 2999-01-01 has not come yet"),
        (
            f"b,{H100},8,2024-03-31,0",
            "bad_price_usd_per_gpu: '0' is not USD above zero, as 27500 or 27.5",
        ),
        (
            f"b,{H100},8,2024-03-31,nan",
            "bad_price_usd_per_gpu: 'nan' is not USD above zero, as 27500 or 27.5",
        ),
        (f"a,{H200},8,2024-03-31,", "duplicate_lot: 'a' stands on an earlier line"),
        (f"b,{H100},8,2024-03-31,,x", "bad_line: more or fewer cells than columns"),
        (f"b,{H100},8", "bad_line: more or fewer cells than columns"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_the_others_stay(line, why):
    # Line 3 is blank: it counts in the numbers and is no lot.
    kept, wrong = refused(f"a,{H100},8,2024-03-31,", "", line, f"c,{H200},8,2024-03-31,1e")
    assert wrong[0] == f"line 4: {why}"
    assert wrong[1].startswith("line 5: bad_price_usd_per_gpu: '1e'")
    assert kept == ["a"]


def test_names_of_marketplaces_are_resolved_and_an_empty_price_is_none():
    body = "\ufeff" + HEAD + "a, H100 SXM ,8,2024-03-31, \n"
    made, wrong = read(body.encode(), {H100}, pl.DataFrame(ALIASES_READ))
    assert wrong == []
    assert made.row(0) == ("a", H100, 8, date(2024, 3, 31), None)


def test_columns_may_stand_in_any_order():
    body = b"gpu_count,bought_on,price_usd_per_gpu,accelerator,lot_name\n8,2024-03-31,27.5,x,a\n"
    made, _ = read(body, {"x"}, pl.DataFrame(ALIASES_READ))
    assert made.row(0) == ("a", "x", 8, date(2024, 3, 31), 27.5)


@pytest.mark.parametrize(
    "body",
    [
        f"lot_name;accelerator;gpu_count;bought_on\na;{H100};8;2024-03-31\n",
        f"Lot Name\tAccelerator\tGPU count\tBought on\na\t{H100}\t8\t2024-03-31\n",
    ],
)
def test_what_a_spreadsheet_saves_is_read_and_the_price_may_be_left_out(body):
    made, wrong = read(body.encode(), {H100}, pl.DataFrame(ALIASES_READ))
    assert wrong == []
    assert made.row(0) == ("a", H100, 8, date(2024, 3, 31), None)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "columns: no lot_name; no accelerator; no gpu_count; no bought_on"),
        (b"lot_name,accelerator\na,b\n", "columns: no gpu_count; no bought_on. Expected"),
        (
            b"lot_name,accelerator,gpus,bought_on\na,b,1,2024-01-01\n",
            "columns: no gpu_count; 'gpus' is unknown, perhaps gpu_count. Expected",
        ),
        (HEAD.replace("bought_on", "lot_name").encode(), "columns: no bought_on; lot_name twice"),
        (b"PK\x03\x04\xff\xfe", "not a CSV file in UTF-8"),
        (HEAD.encode() + b'a,"open\nb,c', "not a CSV file, at line 3"),
    ],
)
def test_a_file_that_is_no_fleet_is_refused_whole(body, why):
    with pytest.raises(FleetError) as error:
        read(body, {H100}, pl.DataFrame(ALIASES_READ))
    assert str(error.value).startswith(why)


def test_today_is_no_future(monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 11, 23, 23, 59, tzinfo=tz)

    monkeypatch.setattr(fleet, "datetime", Clock)
    kept, wrong = refused(f"a,{H100},8,2026-11-23,", f"b,{H100},8,2026-11-24,")
    assert kept == ["a"]
    assert wrong == ["line 3: future_bought_on: 2026-11-24 has not come yet"]


# --- the command -----------------------------------------------------------------------------


def run(tmp_path, store, body):
    path, out = tmp_path / "mine.csv", io.StringIO()
    path.write_text(body, encoding="utf-8")
    return main(path, out, store), out.getvalue()


def test_it_prints_writes_and_tells_of_lines_left_out(tmp_path, published):
    body = f"{HEAD}a,{H100},2048,{TWO_AND_A_HALF},\nb,H9000,1,2024-01-01,\nc,{H100},2,{END},60000\n"
    code, text = run(tmp_path, published, body)
    assert code == 1
    lines = text.splitlines()
    assert lines[0] == (
        "mine.csv line 3: unknown_accelerator: 'H9000' is no accelerator we can tell"
    )
    assert max(map(len, lines[:-1])) <= 120  # the last one is a path of this machine
    resale = next(each for each in lines if each.startswith("  resale"))
    assert " ".join(resale.split()) == "resale any 2026-06 - 14,000 - - - 28,672,000"
    assert "median of 9 sales, used, single, of 2026-05-31" in text
    assert "written off from 60,000, own price" in text
    # Book of all lots: 2,048 at their age and two new ones of 60,000.
    total = 2048 * 30_000 * (1 - AGE / 6) + 120_000
    assert f"{total:,.0f}" in text
    assert "2,050 accelerators in 2 lots" in text
    folder = published.exports / "fleet"
    made = pl.read_parquet(folder / "mine.parquet")
    assert pl.read_csv(folder / "mine.csv")["value_usd"].to_list() == made["value_usd"].to_list()
    sheet = openpyxl.load_workbook(folder / "mine.xlsx", read_only=True)["fleet"]
    heads, *lines = sheet.iter_rows(values_only=True)
    assert list(heads) == made.columns
    assert len(lines) == made.height
    assert made.select("lot_name", "clock").is_unique().all()
    assert made.height == 8


def test_a_name_a_spreadsheet_would_run_is_only_text(tmp_path, published):
    assert run(tmp_path, published, f"{HEAD}=1+1,{H100},2,{END},\n")[0] == 0
    folder = published.exports / "fleet"
    assert pl.read_csv(folder / "mine.csv")["lot_name"][0] == "'=1+1"
    sheet = openpyxl.load_workbook(folder / "mine.xlsx")["fleet"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")


def test_a_total_counts_the_lots_in_it(tmp_path, published):
    code, text = run(tmp_path, published, f"{HEAD}a,{H100},2,{END},\nb,{T4},2,{END},\n")
    assert code == 0
    [book] = [each for each in text.splitlines() if each.startswith("  book") and "lots" in each]
    assert " ".join(book.split()) == "book any 1 of 2 lots 54,000 to 66,000 60,000"
    [resale] = [each for each in text.splitlines() if "no band" in each]
    assert " ".join(resale.split()) == "resale any 1 of 2 lots no band 28,000"


def test_no_line_left_is_an_error(tmp_path, published):
    with pytest.raises(FleetError, match=r"mine\.csv has no line that can be valued"):
        run(tmp_path, published, HEAD)


def test_nothing_published_is_an_error(tmp_path, store):
    with pytest.raises(FleetError, match="nothing has been published yet"):
        run(tmp_path, store, HEAD)


def test_a_published_file_without_clocks_is_an_error(tmp_path, store):
    open_for_business(store)
    with store.connect() as db:
        db.execute("attach ? as file", [str(store.published)])
        db.execute("drop table file.marts.residual_value")
    with pytest.raises(FleetError, match=r"has no marts\.residual_value: run `make run`"):
        run(tmp_path, store, HEAD)


def test_the_template_is_a_fleet_whose_every_line_is_good():
    skus = set(rules()["accelerators"]["accelerator"])
    body = (REFERENCE / "fleet_example.csv").read_bytes()
    made, wrong = read(body, skus, rules()["accelerator_aliases"])
    assert wrong == []
    named = dict(made.select("lot_name", "accelerator").iter_rows())
    assert named == {"march-2024": H100, "pilot": H200, "old": "nvidia-a100-sxm4-80gb"}
    assert made.row(0) == ("march-2024", H100, 2048, date(2024, 3, 31), None)
