"""The committed price history: values looked up by hand, and promises every row keeps."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from distil import __main__ as command
from distil import discover, runs
from pipeline.sources.prices.gpu_price_history import COLUMNS, parse, read_days
from pipeline.sources.source import Capture
from tests.given.support import NOON

ROOT = Path(__file__).resolve().parents[2]
HERE = Capture("gpu_price_history", "all", "gpu_price_history.csv", NOON, "")
PRICES = ROOT.parent / "shared" / "data" / "prices"


@pytest.fixture(scope="module")
def history() -> pl.DataFrame:
    return pl.read_csv(command.TARGET, try_parse_dates=True, infer_schema_length=None)


def on(history: pl.DataFrame, day: date, market: str = "on_demand", **key: str) -> list[float]:
    """Prices of the runs that cover a day."""
    covers = pl.col("observed_on") <= day, pl.col("last_seen_on") >= day
    matches = (pl.col(name) == value for name, value in key.items())
    rows = history.filter(*covers, *matches, pl.col("market") == market)
    return rows["price_usd_per_gpu_hour"].to_list()


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(2023, 7, 26), 12.29),  # 98.32 / 8, the first day of p5
        (date(2024, 11, 3), 12.29),
        (date(2025, 6, 4), 12.29),
        (date(2025, 6, 5), 6.88),  # 55.04 / 8, the cut of 44 %
        (date(2026, 8, 22), 6.88),
    ],
)
def test_h100_at_aws_is_98_32_for_eight_until_2025_06_04(history, day, price) -> None:
    h100 = {"provider": "aws", "accelerator": "nvidia-h100-sxm-80gb", "region": "us-east-1"}
    assert on(history, day, **h100) == [price]


def test_what_nobody_saw_stays_absent(history) -> None:
    h100 = {"provider": "aws", "accelerator": "nvidia-h100-sxm-80gb", "region": "us-east-1"}
    assert on(history, date(2025, 1, 15), **h100) == []  # between 2024-11-03 and 2025-04-23
    assert on(history, date(2026, 8, 23), **h100) == []


@pytest.mark.parametrize(
    ("key", "day", "price"),
    [
        # p3.2xlarge 3.06; p4d.24xlarge 32.7726 / 8; g5.xlarge; trn1.32xlarge 21.50 / 16.
        ("aws nvidia-v100-sxm2-16gb us-east-1", date(2023, 6, 1), 3.06),
        ("aws nvidia-a100-sxm4-40gb us-east-1", date(2023, 6, 1), 4.096575),
        ("aws nvidia-a10g-24gb us-east-1", date(2023, 6, 1), 1.006),
        ("aws aws-trainium1 us-east-1", date(2024, 2, 1), 1.34375),
        # ND96isr_H100_v5 98.32 / 8, printed with a count of 12; NC24ads_A100_v4 3.673.
        ("azure nvidia-h100-sxm-80gb eastus", date(2024, 8, 21), 12.29),
        ("azure nvidia-a100-pcie-80gb eastus", date(2026, 5, 1), 3.673),
        # Slices by chips: tpu-v4-8 12.88 / 4, v5p-8 16.80 / 4, v5litepod-1 1.20, v2-8 4.50 / 4.
        ("gcp google-tpu-v4 us-central2", date(2024, 3, 1), 3.22),
        ("gcp google-tpu-v5p us-east1", date(2024, 9, 1), 4.20),
        ("gcp google-tpu-v5e us-central1", date(2024, 9, 1), 1.20),
        ("gcp google-tpu-v6e us-east1", date(2024, 11, 3), 2.70),
        ("gcp google-tpu-v2 us-central1", date(2024, 3, 1), 1.125),
        ("lambda nvidia-h100-sxm-80gb global", date(2024, 8, 7), 2.99),
    ],
)
def test_prices_looked_up_by_hand(history, key, day, price) -> None:
    provider, accelerator, region = key.split()
    found = on(
        history, day, provider=provider, accelerator=accelerator, region=region, basis="all_in"
    )
    assert found == [pytest.approx(price)]


def test_googles_a100_without_a_host_is_a_component(history) -> None:
    a100 = {"provider": "gcp", "accelerator": "nvidia-a100-sxm4-40gb", "region": "us-central1"}
    day = date(2024, 3, 1)
    assert on(history, day, basis="gpu_component", **a100) == [pytest.approx(2.933908)]
    (all_in,) = on(history, day, basis="all_in", **a100)
    assert all_in > 3.4


def test_the_misjoined_google_h100_is_nowhere(history) -> None:
    # 4.20 in us-central1 on 2026-04-02 against 11.03 in us-east5.
    h100 = history.filter(
        pl.col("provider") == "gcp",
        pl.col("accelerator") == "nvidia-h100-sxm-80gb",
        pl.col("market") == "on_demand",
    )
    assert h100["price_usd_per_gpu_hour"].min() > 9


def test_lambdas_a100_does_not_fall_back_for_a_day(history) -> None:
    # 1.99 from 2026-03-25; a catalog's first commit of 2026-04-02 still printed 1.48.
    a100 = {"provider": "lambda", "accelerator": "nvidia-a100-sxm4-40gb", "region": "global"}
    assert on(history, date(2026, 4, 1), **a100) == [1.99]
    assert 1.48 not in on(history, date(2026, 4, 2), **a100)
    assert on(history, date(2026, 4, 6), **a100) == [1.99]


def test_spot_at_the_list_price_is_flagged(history) -> None:
    azure = {"provider": "azure", "accelerator": "nvidia-h200-sxm-141gb", "region": "eastus2"}
    spot = history.filter(pl.col("market") == "spot", *(pl.col(k) == v for k, v in azure.items()))
    listed = spot.filter(pl.col("price_usd_per_gpu_hour") == 10.6)  # 84.80 / 8, as on demand
    assert set(listed["flag"]) == {"no_discount"}


def test_runs_of_a_key_do_not_overlap(history) -> None:
    ordered = history.sort(*runs.KEY, "observed_on")
    following = pl.col("observed_on").shift(-1).over(runs.KEY)
    assert ordered.filter(following <= pl.col("last_seen_on")).is_empty()
    assert history.filter(pl.col("last_seen_on") < pl.col("observed_on")).is_empty()


def test_every_row_is_priced_and_cited(history) -> None:
    assert tuple(history.columns) == COLUMNS
    price = history["price_usd_per_gpu_hour"]
    assert price.min() > 0.01
    assert price.max() < 200
    cited = ["source_url", "licence", "confidence", "read_on", "refresh_days"]
    assert history.select(pl.col(cited).null_count()).row(0) == (0,) * len(cited)
    assert history["observed_on"].min() >= date(2021, 1, 18)
    assert history["last_seen_on"].max() <= history["read_on"].min()


def test_kinds_go_with_their_markets(history) -> None:
    is_spot = pl.col("market") == "spot"
    is_reserved = pl.col("market") == "reserved"
    assert history.filter(is_spot != pl.col("spot_kind").is_not_null()).is_empty()
    assert history.filter(is_reserved != pl.col("term_months").is_not_null()).is_empty()
    administered = pl.col("spot_kind") == "administered"
    assert history.filter(administered, pl.col("flag").is_null()).is_empty()


def test_the_file_stays_small_enough_to_read() -> None:
    assert command.TARGET.stat().st_size < 3_000 * 1024


@pytest.fixture(scope="module")
def identified() -> pl.DataFrame:
    """Every look of every folder, as the file is made from."""
    if not PRICES.exists():
        pytest.skip("the recorded histories are not in this checkout")
    return command.identified(PRICES)


def test_distilling_again_gives_the_same_bytes(identified, tmp_path) -> None:
    runs.history(identified).write_csv(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == command.TARGET.read_bytes()


def test_a_sighting_exists_only_on_a_day_on_which_its_record_looked(identified) -> None:
    """Every folder, price by price: no day between two looks is filled."""
    looks = identified.filter(pl.col("reason").is_null()).select(
        *runs.KEY[:3],
        pl.col("term_months").fill_null(0).cast(pl.Int64),
        *runs.KEY[4:],
        "source_url",
        "seen_on",
    )
    said = parse(command.TARGET.read_bytes(), HERE).select(
        provider="provider_raw",
        accelerator="accelerator_raw",
        market="market",
        term_months=pl.col("term_months").fill_null(0),
        basis="basis",
        region="region",
        source_url="source_url",
        seen_on=pl.col("observed_at").dt.date(),
    )
    assert said.join(looks, on=said.columns, how="anti").is_empty()
    assert said["source_url"].n_unique() > len(discover()) / 2


def test_three_looks_of_one_feed_are_three_days(history) -> None:
    feed = history.filter(pl.col("source_url").str.contains("toolshedlabs-hash.*3c41e77"))
    days = {
        first + timedelta(days=after)
        for first, written in feed.select("observed_on", "seen_again").iter_rows()
        for after in read_days(written)
    }
    assert days == {date(2026, 9, 3), date(2026, 10, 1), date(2026, 10, 4)}


@pytest.mark.parametrize(
    ("provider", "accelerator", "price"),
    [
        ("oci", "nvidia-rtx-a5000-24gb", 0.41),  # not sold there
        ("oci", "nvidia-b200-sxm-180gb", 16.0),  # its GB200
        ("coreweave", "nvidia-b200-sxm-180gb", 10.5),  # its GB200
        ("digitalocean", "amd-mi325x-256gb", 1.69),  # contract only
        ("digitalocean", "amd-mi325x-256gb", 2.29),
        ("digitalocean", "nvidia-h100-sxm-80gb", 2.99),  # the 8x, beside a 1x at 3.39
        ("aws", "nvidia-t4-16gb", 2.18),  # a machine of 32 vCPU
        ("coreweave", "nvidia-h200-sxm-141gb", 6.30),  # 50.44 / 8, rounded
        ("coreweave", "nvidia-h200-sxm-141gb", 6.31),
        ("gcp", "nvidia-b200-sxm-180gb", 11.277),  # the calendar's, not on demand
        ("gcp", "nvidia-h100-sxm-80gb", 4.57009),
    ],
)
def test_a_price_that_was_another_things_is_gone(history, provider, accelerator, price) -> None:
    rows = history.filter(
        pl.col("provider") == provider,
        pl.col("accelerator") == accelerator,
        pl.col("market") == "on_demand",
    )
    assert price not in rows["price_usd_per_gpu_hour"].to_list()


def test_a_seller_with_one_list_has_one_region(history) -> None:
    providers = pl.read_csv(command.REFERENCE / "providers.csv")
    lists = providers.filter(pl.col("list_scope") == "one_list")["provider"]
    rows = history.filter(pl.col("provider").is_in(lists.implode()))
    assert {"digitalocean", "lambda", "oci"} <= set(rows["provider"])
    assert set(rows["region"]) == {"global"}


@pytest.mark.parametrize(
    ("provider", "term", "day", "price"),
    [
        ("crusoe", 12, date(2025, 9, 29), 2.93),
        ("verda", 24, date(2025, 2, 8), 1.6425),
        ("digitalocean", 12, date(2026, 3, 6), 2.5),
        ("paperspace", 36, date(2026, 9, 23), 2.24),
        ("neysa", 36, date(2026, 5, 21), 2.47),
        ("runpod", 6, date(2026, 6, 1), 2.86),
    ],
)
def test_h100_under_a_term_at_neoclouds(history, provider, term, day, price) -> None:
    rows = history.filter(pl.col("term_months") == term)
    h100 = {"provider": provider, "accelerator": "nvidia-h100-sxm-80gb"}
    assert on(rows, day, market="reserved", **h100) == [pytest.approx(price)]
