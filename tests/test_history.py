"""The committed history, built whole: values somebody can look up."""

import hashlib
import re
import shutil
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from math import exp, log
from statistics import median

import pytest

from pipeline.build import model
from pipeline.release import cookbook
from pipeline.release.export import export
from pipeline.release.figures import FIGURES
from pipeline.release.report import page
from pipeline.warehouse import opened_for_reading
from tests.given import printed, recomputed
from tests.given.committed import build_from_committed_facts
from tests.given.past import work_out
from tests.given.support import DERIVED

ON_DEMAND = "market = 'on_demand' and sighting_status = 'confirmed'"


@pytest.fixture(scope="module")
def db(committed):
    with opened_for_reading(committed.published) as opened:
        yield opened


def price(db, day, *, table="marts.provider_price_daily", **cell):
    where = " and ".join(f"{name} = ?" for name in cell)
    return db.execute(
        f"select round(price_usd_per_gpu_hour, 4) from {table} where observed_on = ? and {where}",
        [day, *cell.values()],
    ).fetchall()


AWS = {"provider": "aws", "accelerator": "nvidia-h100-sxm-80gb", "market": "on_demand"}


@pytest.mark.parametrize(
    ("day", "usd"),
    [
        (date(2023, 8, 15), 12.29),
        (date(2025, 6, 4), 12.29),
        (date(2025, 6, 5), 6.88),
        (date(2026, 7, 31), 6.88),
    ],
)
def test_aws_h100_fell_from_12_29_to_6_88_on_2025_06_05(db, day, usd):
    # p5.48xlarge, us-east-1: USD 98.32, from 2025-06-05 USD 55.04 an hour for 8 (AWS price list).
    assert price(db, day, region="us-east-1", **AWS) == [(usd,)]


@pytest.mark.parametrize(
    ("provider", "market", "before", "after"),
    [
        ("lambda", "on_demand", ("2025-11-10", 2.99), ("2026-08-01", 3.99)),
        ("runpod", "on_demand", ("2025-11-10", 2.69), ("2026-10-19", 3.99)),
    ],
)
def test_prices_rose_in_2026(db, provider, market, before, after):
    cell = {"provider": provider, "market": market, "accelerator": "nvidia-h100-sxm-80gb"}
    assert price(db, before[0], **cell) == [(before[1],)]
    assert price(db, after[0], **cell) == [(after[1],)]


def test_gcp_h100_spot_rose_from_20_42_to_50_61_for_eight(db):
    # a3-highgpu-8g, us-central1: USD 20.42 in 2025-03, 23.45 on 2026-01-22, 50.61 on 2026-07-22.
    cell = {"provider": "gcp", "market": "spot", "accelerator": "nvidia-h100-sxm-80gb",
            "region": "us-central1", "basis": "all_in"}  # fmt: skip
    for day, usd in (("2025-04-01", 20.42), ("2026-01-28", 23.45), ("2026-07-29", 50.61)):
        [(shown,)] = price(db, day, **cell)
        assert shown == pytest.approx(usd / 8, abs=0.001)


def months_without(db, family, start, end):
    return [
        str(month)
        for (month,) in db.execute(
            "select strftime(month, '%Y-%m') from (select unnest(generate_series(?::date, ?::date, "
            "interval 1 month)) as month) where not exists (from marts.provider_price_daily "
            f"where {ON_DEMAND} and accelerator like ? "
            "and date_trunc('month', observed_on) = month)",
            [start, end, f"%{family}%"],
        ).fetchall()
    ]


def test_every_month_has_an_h100_price(db):
    assert months_without(db, "-h100-", "2023-03-01", "2026-10-01") == []


def test_every_month_has_an_a100_price(db):
    assert months_without(db, "-a100-", "2022-02-01", "2026-10-01") == []


@pytest.mark.parametrize(
    "accelerator",
    ["nvidia-h100-sxm-80gb", "nvidia-a100-sxm4-40gb", "nvidia-a100-sxm4-80gb",
     "nvidia-h200-sxm-141gb", "nvidia-b200-sxm-180gb", "nvidia-v100-sxm2-16gb", "nvidia-l4-24gb",
     "nvidia-t4-16gb", "nvidia-l40s-48gb", "google-tpu-v2", "google-tpu-v3", "google-tpu-v4",
     "google-tpu-v5e", "google-tpu-v5p", "google-tpu-v6e", "aws-trainium1", "aws-inferentia1",
     "aws-inferentia2", "intel-gaudi1", "amd-mi300x-192gb"],
)  # fmt: skip
def test_the_accelerators_lenders_ask_about_are_there(db, accelerator):
    [(days,)] = db.execute(
        "select count(distinct observed_on) from marts.provider_price_daily where accelerator = ?",
        [accelerator],
    ).fetchall()
    assert days > 30


@pytest.mark.parametrize(
    ("accelerator", "usd"),
    [("google-tpu-v4", 3.22), ("google-tpu-v5p", 4.20), ("google-tpu-v5e", 1.20)],
)
def test_a_tpu_is_priced_per_chip(db, accelerator, usd):
    # cloud.google.com/tpu/pricing, on demand in the United States, per chip-hour.
    [(share,)] = db.execute(
        "select avg((abs(price_usd_per_gpu_hour - ?) < 0.001)::int) "
        "from marts.provider_price_daily where accelerator = ? and market = 'on_demand' "
        "and region in ('us-central1', 'us-central2', 'us-east5', 'us-west4', 'us-east1')",
        [usd, accelerator],
    ).fetchall()
    assert share > 0.5


def test_every_mart_and_step_is_populated_without_network(db):
    empty = [
        each.table
        for each in model.models()
        if each.schema in DERIVED
        and db.execute(f"select count(*) from {each.table}").fetchall() == [(0,)]
    ]
    # No recorded price was restated: its days are of live sources.
    restated = "select count(*) from staging.gpu_offers where flag = 'restatement'"
    assert db.execute(restated).fetchall() == [(0,)]
    assert empty == ["steps.restatement"]


# The marts of one past day, worked out once for the tests that look at them.
THEN = datetime(2026, 3, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def past(committed):
    """The published file, with the past of each step and mart at `THEN` as a table of `temp`."""
    with opened_for_reading(committed.published) as db:
        work_out(db, THEN)
        yield db


def test_nothing_later_than_as_of_shows_anywhere(past):
    for each in model.models():
        if (each.schema, each.group) != ("marts", "prices"):
            continue
        if each.name == "published_index_comparison":  # a handful of rows
            continue
        columns = {name for name, *_ in past.execute(f"describe past_{each.name}").fetchall()}
        if not columns & {"observed_on", "period_end_on"}:  # of no day: coverage, regions
            continue
        daily = "observed_on" in columns
        [(rows, newest)] = past.execute(
            f"select count(*), max({'observed_on' if daily else 'period_end_on'}) "
            f"from past_{each.name}"
        ).fetchall()
        assert rows > (1_000 if daily else 20), each.table
        assert newest < THEN.date()


@pytest.mark.parametrize("name", ["gpu_price_daily", "facility_coverage", "issuer_quarter"])
def test_a_view_says_what_was_worked_out_in_building_order(past, name):
    asked, made = f"from vintage.{name} order by all", f"from past_{name} order by all"
    assert past.execute(asked).fetchall() == past.execute(made).fetchall()


def test_no_figure_facility_or_mark_shows_before_it_was_known(past):
    seen = 0
    for (name,) in past.execute(
        "select table_name from duckdb_columns() where database_name = 'temp' "
        "and column_name = 'known_at'"
    ).fetchall():
        [(rows, early)] = past.execute(
            f"select count(*), count(*) filter (where known_at > getvariable('as_of')) from {name}"
        ).fetchall()
        assert early == 0, name
        seen += rows > 0
    assert seen > 8


def test_without_as_of_the_vintage_is_the_mart(db):
    # A view works out all it rests on: those that nothing reads hold the others.
    read = {table for each in model.models() for table in each.reads}
    for each in model.models():
        if each.schema in DERIVED and each.table not in read:
            cells = ", ".join(
                # Sums of money may be added in another order, which moves the last digit.
                f"printf('%.9e', {name})" if kind == "DOUBLE" and each.group != "prices" else name
                for name, kind in db.execute(
                    "select column_name, data_type from duckdb_columns() "
                    "where schema_name = ? and table_name = ? order by column_index",
                    [each.schema, each.name],
                ).fetchall()
            )
            odd = f"(select {cells} from {each.table} except select {cells} from vintage."
            assert db.sql(f"{odd}{each.name})").fetchall() == [], each.name


def test_a_second_build_changes_no_published_number(committed, store):
    shutil.copytree(committed.root, store.root)
    before = hashes(export(store))
    rebuilt = build_from_committed_facts(store)
    assert [table for table in rebuilt if not table.startswith("meta.")] == []
    assert hashes(export(store)) == before


def hashes(files):
    """Of Parquet and CSV: a workbook names the publication it is of."""
    return {
        each.name: hashlib.sha256(each.read_bytes()).digest()
        for each in files
        if each.suffix != ".xlsx"
    }


def test_every_level_says_what_it_rests_on(db):
    [(cells, silent)] = db.sql(
        "select count(*), count(*) filter (where provider_count is null or effective_n is null "
        "or carried_days is null or (publication_status = 'withheld' and withheld_reason is null)) "
        "from marts.gpu_price_daily"
    ).fetchall()
    assert cells > 10_000
    assert silent == 0


def test_the_withheld_cell_the_readme_shows(db):
    cell = db.execute(
        "select publication_status, withheld_reason, provider_count, median_price_usd_per_gpu_hour "
        "from marts.gpu_price_daily where accelerator = 'nvidia-h100-sxm-80gb' "
        "and tier = 'neocloud' and market = 'on_demand' and basis = 'all_in' "
        "and region_group = 'all' and observed_on = '2026-10-22'"
    ).fetchall()
    assert cell == [("withheld", "fewer than 3 providers", 2, None)]


def movement(db, tier, market, first, last):
    """Level, matched index and bridged index: the last day's over the first's."""
    cells = db.execute(
        "select median_price_usd_per_gpu_hour, price_index, bridged_price_index "
        "from marts.gpu_price_index where accelerator = 'nvidia-h100-sxm-80gb' "
        "and basis = 'all_in' and tier = ? and market = ? and observed_on in (?, ?) "
        "order by observed_on",
        [tier, market, first, last],
    ).fetchall()
    return [after / before for before, after in zip(*cells, strict=True)]


def test_h100_spot_halved_in_2024_in_the_index_and_fell_in_the_reference_region(db):
    level, *indices = movement(db, "hyperscaler", "spot", "2023-12-31", "2024-11-10")
    assert all(0.4 < each < 0.55 for each in indices)
    # The level is that of AWS in us-east-1 (decision 0071), 9.31 to 6.56; us-west-2 fell to 2.25.
    assert level == pytest.approx(6.5649 / 9.3127)


def test_the_aws_cut_of_june_2025_shows_in_level_and_index(db):
    moved = movement(db, "hyperscaler", "on_demand", "2025-06-04", "2025-06-05")
    # One of two providers cut by 44 %: the mean of 0 and ln(55.04 / 98.32) is a fall of 25 %.
    # The level is the median over one region of each (decision 0071): 11.68 to 8.97.
    assert moved == pytest.approx([0.768, 0.748, 0.865], abs=0.001)


def test_the_rise_of_2026_shows_in_level_and_index(db):
    level, index, bridged = movement(db, "neocloud", "on_demand", "2025-11-19", "2026-10-07")
    assert level > 1.3
    assert index > 1.04
    assert bridged > 1.1


def test_trap_36_a_growing_panel_does_not_read_as_a_fall(db):
    # 2026-05-08: two cheaper sellers of A100 80 GB joined four; none of the four moved.
    before, after = db.execute(
        "select provider_count, median_price_usd_per_gpu_hour, price_index, market_log_change, "
        "entry_log_change, panel_log_change from marts.gpu_price_index "
        "where accelerator = 'nvidia-a100-sxm4-80gb' and tier = 'neocloud' "
        "and market = 'on_demand' and basis = 'all_in' "
        "and observed_on between '2026-05-07' and '2026-05-08' order by observed_on"
    ).fetchall()
    assert (before[0], after[0]) == (4, 6)
    assert (before[1], after[1]) == (pytest.approx(2.55), pytest.approx(2.175))
    assert after[2] == pytest.approx(before[2])
    assert after[3] == pytest.approx(0, abs=1e-12)
    assert after[4] == pytest.approx(after[5], abs=1e-9)
    assert after[5] < -0.10


# By a second path: staging rows, loops and dense least squares (tests/given/recomputed.py).

NEOCLOUD = (
    "tier = 'neocloud' and market = 'on_demand' and term_months = 0 and basis = 'all_in' "
    "and period = 'month' and accelerator = ?"
)


@pytest.mark.parametrize(
    "accelerator",
    ["nvidia-h100-sxm-80gb", "nvidia-a100-sxm4-80gb", "nvidia-h200-sxm-141gb",
     "nvidia-b200-sxm-180gb"],
)  # fmt: skip
def test_index_and_rent_are_those_of_a_dense_fit_of_the_staging_rows(db, accelerator):
    marts = {
        end: (index, rent)
        for end, index, rent in db.execute(
            "select movement.period_end_on, movement.multilateral_price_index, "
            "rent_usd_per_gpu_hour from marts.gpu_price_movement as movement join marts.gpu_rent "
            "using (period, accelerator, tier, market, term_months, basis, period_end_on) "
            f"where {NEOCLOUD} and movement.publication_status = 'published'",
            [accelerator],
        ).fetchall()
    }
    again = recomputed.moved(db, accelerator)
    assert again.keys() == marts.keys()
    assert len(again) >= 5
    for end, (index, rent) in again.items():
        assert marts[end][0] == pytest.approx(index, rel=1e-9), end
        if marts[end][1] is not None:  # withheld 31 days after the last look
            assert marts[end][1] == pytest.approx(rent, rel=1e-9), end


def test_the_income_value_is_that_of_a_loop_over_the_years(db):
    cost = dict(
        db.execute(
            "select input, arg_max(base_value, known_at) from staging.cost_inputs group by input"
        ).fetchall()
    )
    cells = db.execute(
        "select clocks.accelerator, clocks.age_years, clocks.period_end_on, value_usd_per_gpu, "
        "rents.rent_usd_per_gpu_hour, specs.tdp_w, rate.rate_pct_per_year "
        "from marts.residual_value as clocks "
        "join staging.accelerators as specs on clocks.accelerator = specs.accelerator "
        "join marts.gpu_rent as rents on clocks.accelerator = rents.accelerator "
        "and clocks.period_end_on = rents.period_end_on and rents.tier = 'neocloud' "
        "and rents.market = 'on_demand' and rents.basis = 'all_in' and rents.period = 'month' "
        "join marts.depreciation_rate as rate on rate.accelerator = clocks.accelerator "
        "and rate.period_end_on = clocks.period_end_on and rate.method = 'shrunk' "
        "where clocks.clock = 'income_market' and clocks.tier = 'neocloud' "
        "and clocks.publication_status = 'published' and clocks.age_years in (0, 2, 5) "
        "order by clocks.period_end_on desc limit 60"
    ).fetchall()
    assert len(cells) >= 20
    for chip, age, end, value, rent, watts, rate in cells:
        [(longest,)] = db.execute(
            "select max(datediff('day', available_on, period_end_on)) / 365.25 "
            "from marts.gpu_rent join staging.accelerators using (accelerator) "
            "where period = 'month' and basis = 'all_in' and publication_status = 'published' "
            "and period_end_on <= ?",
            [end],
        ).fetchall()
        fall = -log(1 + rate / 100)
        again = recomputed.worth(rent, watts, cost, fall, longest, age)
        assert value == pytest.approx(again, rel=1e-9, abs=1e-6), (chip, age, end)


def test_outcomes_of_the_back_test_are_medians_over_the_same_providers(db):
    prices = defaultdict(list)
    for chip, provider, end, price in db.execute(
        "select accelerator, provider, last_day(observed_on), price_usd_per_gpu_hour "
        "from marts.provider_price_daily where tier <> 'hyperscaler' and market = 'on_demand' "
        "and term_months = 0 and basis = 'all_in' and sighting_status = 'confirmed'"
    ).fetchall():
        prices[chip, provider, end].append(price)
    month = {key: median(each) for key, each in prices.items()}
    cells = db.execute(
        "select accelerator, period_end_on, target_on, actual_change_pct, provider_count "
        "from marts.residual_backtest where price_segment = 'neocloud_marketplace' "
        "and method = 'no_change'"
    ).fetchall()
    assert len(cells) >= 20
    for chip, origin, target, change, count in cells:
        both = [
            log(month[chip, provider, target] / price)
            for (name, provider, end), price in month.items()
            if name == chip and end == origin and (chip, provider, target) in month
        ]
        assert len(both) == count
        assert change == pytest.approx(100 * (exp(median(both)) - 1), abs=1e-9)


def test_a_row_says_it_was_known_only_if_a_reader_of_that_moment_saw_it(past):
    """No row's known_at is earlier than that of anything it rests on."""
    # Columns that count what has come since, on purpose.
    counts = {"vintage_count", "filings_behind_count", "is_frozen"}
    early = {}
    for each in model.models():
        if each.schema != "marts":
            continue
        columns = dict(
            past.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = ? "
                "and table_name = ? order by column_index",
                [each.schema, each.name],
            ).fetchall()
        )
        if each.is_kept or "known_at" not in columns:
            continue
        # Sums may be added in another order, which moves the last digit.
        cells = ", ".join(
            f"printf('%.6e', {name})" if kind == "DOUBLE" else name
            for name, kind in columns.items()
            if name not in counts
        )
        odd = past.execute(
            f"select count(*) from (select {cells} from {each.table} "
            f"where known_at <= getvariable('as_of') except select {cells} from past_{each.name})"
        ).fetchall()[0][0]
        if odd:
            early[each.table] = odd
    assert early == {}


# --- what the documents say -------------------------------------------------------------------


def test_the_numbers_of_the_documents_are_those_of_the_tables(db):
    texts = {}
    for name, sentence in printed.sentences(db):
        if name not in texts:
            text = (model.SQL.parent / name).read_text(encoding="utf-8")
            texts[name] = re.sub(r"\s+", " ", text)
        assert sentence in texts[name], name


# --- the cookbook -----------------------------------------------------------------------------


def test_every_recipe_of_the_cookbook_answers_and_its_wrong_version_answers_otherwise(db):
    made = cookbook.recipes()
    assert len(made) >= 20
    for recipe in made:
        right, wrong = cookbook.answers(db, recipe.right), cookbook.answers(db, recipe.wrong)
        # Without a network no source was asked: three questions have no row there.
        assert right.height or re.search(r"publication|stale|set aside", recipe.title), recipe.title
        assert right.rows() != wrong.rows(), recipe.title
        heads = cookbook.printed(right).splitlines()[2]
        assert heads in recipe.printed, f"{recipe.title}: run `make cookbook`"
        if recipe.is_filed:
            assert cookbook.printed(right) == recipe.printed, recipe.title


def test_a_hurried_sum_counts_the_debt_several_times(db):
    [recipe] = [each for each in cookbook.recipes() if "debt is filed" in each.title]
    total = cookbook.answers(db, recipe.right)["filed_billion"].sum()
    [(hurried,)] = cookbook.answers(db, recipe.wrong).rows()
    assert hurried > 3.5 * total  # four months


def test_the_report_of_the_committed_facts_has_every_figure(db):
    text = page(db)
    assert "cannot answer" not in text
    assert text.count("<svg") == 2 * sum(each.draw is not None for each in FIGURES)


# --- the thesis, on real figures -------------------------------------------------------------


def checked(db, *, as_of=None):
    """Verdict and readings by claim, as known then."""
    table = "marts.claim_check" if as_of is None else "vintage.claim_check"
    if as_of is not None:
        db.execute(f"set variable as_of = timestamptz '{as_of} 00:00:00+00'")
    try:
        rows = db.sql(f"from {table}").pl().to_dicts()
    finally:
        db.execute("reset variable as_of")
    return {row["claim_id"]: row for row in rows}


def test_every_part_of_the_article_has_a_claim_with_figures_or_the_reason(db):
    claims = checked(db)
    assert len(claims) >= 20
    assert {row["subject"] for row in claims.values()} >= {
        "nvidia", "amd", "asic", "tpu", "trainium", "coreweave", "gpu_debt", "private_credit",
        "circular_financing",
    }  # fmt: skip
    for row in claims.values():
        measured = row["measured_low_value"] is not None
        assert (row["verdict"] == "not measurable") == (row["gap_reason"] is not None)
        assert measured or row["gap_reason"]


def test_every_citation_of_a_claim_is_a_page_and_none_is_in_the_future(db):
    now = datetime.now(UTC)
    for claim_id, row in checked(db).items():
        assert row["claim_url"].startswith("https://"), claim_id
        assert row["known_at"] <= now, claim_id
        urls = (row["source_urls"] or "").split()
        assert urls or row["verdict"] == "not measurable", claim_id
        assert all(url.startswith("https://") for url in urls), claim_id
        assert row["measured_on"] is None or row["measured_on"] <= now.date(), claim_id


def test_more_than_12_billion_is_true_of_what_may_be_drawn_and_not_of_what_was(db):
    # 10-Q of June 2025, note on debt: principal 11,171,485,000.
    row = checked(db)["coreweave_over_12bn"]
    assert row["measured_value"] == pytest.approx(11_171_485_000, rel=1e-6)
    assert row["verdict"] == "partly"
    assert "committed" in row["measure"]
    assert "announced" in row["measure"]


def test_rates_of_about_10_percent_are_shown_by_facility_and_falling(db):
    row = checked(db)["neocloud_loan_rate_10_pct"]
    assert (row["measured_low_value"], row["measured_high_value"]) == (7.0, 15.0)
    assert "2024-12-31 weighted 12.4 %" in row["measure"]
    assert row["measured_value"] < 11


def test_nvidias_share_has_three_definitions(db):
    rows = db.execute(
        "select distinct share_definition from marts.vendor_revenue_share where vendor = 'NVIDIA'"
    ).fetchall()
    assert {name for (name,) in rows} == {"filed_lines", "chip_cost", "compute"}
    row = checked(db)["nvidia_85_pct_of_the_money"]
    assert 60 < row["measured_low_value"] < 80 < row["measured_high_value"] < 95


def test_throughput_gaps_are_those_of_the_published_rounds(db):
    # Per part and round: MI300X -2 % of H100 where both ran eight, MI355X -1 % of B200.
    rows = db.sql(
        "select challenger, reference, benchmark_version as round, throughput_gap_pct as gap"
        ", is_like_size from marts.benchmark_gap where benchmark_scenario = 'Offline' "
        "and benchmark_model = 'llama2-70b-99.9'"
    ).pl()
    gaps = {row[:3]: row[3] for row in rows.iter_rows() if row[4]}
    unlike = {row[:3]: row[3] for row in rows.iter_rows() if not row[4]}
    h100, b200 = "nvidia-h100-sxm-80gb", "nvidia-b200-sxm-180gb"
    assert gaps["amd-mi300x-192gb", h100, "v4.1"] == pytest.approx(-2, abs=2.5)
    assert gaps["amd-mi355x-288gb", b200, "v6.0"] == pytest.approx(-1, abs=0.5)
    # Eight MI355X beside a rack of 72 GB300: -17 %; 88 beside 72: -24 %.
    gb300 = "nvidia-gb300-nvl72"
    assert unlike["amd-mi355x-288gb", gb300, "v6.0"] == pytest.approx(-17.4, abs=0.1)
    assert gaps["amd-mi355x-288gb", gb300, "v6.0"] == pytest.approx(-24.3, abs=0.1)
    # Training of round v5.1 on eight of each: 14.6 (LoRA) and 18.2 % more time than B200.
    training = dict(
        db.execute(
            "select benchmark_model, throughput_gap_pct from marts.benchmark_gap "
            f"where challenger = 'amd-mi355x-288gb' and reference = '{b200}' "
            "and benchmark_suite = 'MLPerf Training' and benchmark_version = 'v5.1'"
        ).fetchall()
    )
    assert 100 / (1 + training["llama31_8b"] / 100) == pytest.approx(118.2, abs=0.1)
    assert 100 / (1 + training["llama2_70b_lora"] / 100) == pytest.approx(114.6, abs=0.1)


def test_the_rent_of_the_mi300x_did_not_fall_with_its_panel(db):
    rows = db.sql(
        "select rent_gap_pct as fixed, all_sellers_rent_gap_pct as seen "
        "from marts.substitution_gap where challenger = 'amd-mi300x-192gb' and is_primary_pair "
        "and tier = 'neocloud' and market = 'on_demand' and period_end_on >= '2026-01-01'"
    ).pl()
    assert rows["fixed"].is_between(-25, 5).all()
    assert rows["seen"].min() < -35


def test_a_memorandum_of_500_billion_is_in_no_binding_sum(db):
    sums = dict(
        db.execute(
            "select binding_scope, sum(amount_usd) from marts.backstop "
            "where guarantor = 'NVIDIA' and is_counted group by all"
        ).fetchall()
    )
    assert sums["intent"] >= 500e9
    assert 105e9 <= sums["binding"] < 250e9


def test_the_known_loop_through_nvidia_and_openai_is_found(db):
    loops = db.execute(
        "select binding_scope, loop_path from marts.vendor_financing_loops"
    ).fetchall()
    assert ("all", "NVIDIA > OpenAI > NVIDIA") in loops
    assert ("binding", "Amazon > Anthropic > Amazon") in loops


def test_the_verdicts_of_the_end_of_2025_are_those_of_what_was_known_then(db):
    then, now = checked(db, as_of="2026-01-01"), checked(db)
    assert then["nvidia_is_the_hidden_backstop"]["measured_value"] < 50e9
    assert now["nvidia_is_the_hidden_backstop"]["measured_value"] > 100e9
    assert all(row["known_at"] <= datetime(2026, 1, 1, tzinfo=UTC) for row in then.values())
    assert any(then[name]["verdict"] != now[name]["verdict"] for name in then)
    counts = Counter(row["verdict"] for row in then.values())
    names = ("supported", "partly", "contradicted", "not measurable")
    told = ", ".join(f"{counts[name]} {name}" for name in names)
    guide = (model.SQL.parent / "docs/GUIDE.md").read_text(encoding="utf-8")
    assert f"At the end of 2025: {told}." in guide
