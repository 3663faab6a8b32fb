"""A collection of 2026-03-21 to 03-23: Azure's price API, a SkyPilot catalog, own scrapers, pages.

Azure's reservations are totals for the term (12, 36 or 60 months, in the order of the totals) over
8,760 hours a year. The SkyPilot rows of Lambda, Nebius, OCI, Hyperstack, Paperspace, RunPod and
others are weeks to months old (Lambda 2.99 when its page said 3.44), Azure's divide by 12: only
those of AWS and Google count. getdeploying.com states no licence: its prices are facts of the named
seller, used where the row has a term (Cirrascale, DigitalOcean, Vultr) or a machine of stated size;
sponsored and floor rows are not. Denvr's A100 at 0.58 is half a GPU, Crusoe's PCIe A100 at 1.45 the
40 GB card; Oracle's software and second parts of a name are not the machine.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="opencomputeprices",
    source_url="https://github.com/thatkavish/OpenComputePrices/tree/26428de",
    licence="facts only; MIT for the repository",
    confidence="medium",
    refresh_days=1,
    max_gap_days=3,
    priority=48,
)
HOURS_A_MONTH = 8_760 / 12
COMPONENT = "per instance-hour, GPU only"
CLOUDS = ["aws", "azure", "gcp"]
CATALOG = r"(?i)github\.com"
PAGES = "getdeploying"
FLOORS = ["akash", "vastai", "salad", "aethir", "tensordock"]
FORMS = {
    ("crusoe", "H100 SXM5"): "H100 SXM",
    ("digitalocean", "H100"): "H100 SXM",
    ("digitalocean", "H200"): "H200 SXM",
    ("gmicloud", "H100"): "H100 SXM",
    ("gmicloud", "H200"): "H200 SXM",
    ("voltagepark", "H100"): "H100 SXM",
    ("coreweave", "A100"): "A100 SXM 80GB",
    ("coreweave", "H100"): "H100 SXM",
    ("coreweave", "H200"): "H200 SXM",
    ("nebius", "H100"): "H100 SXM",
    ("nebius", "H200"): "H200 SXM",
    ("together", "H100"): "H100 SXM",
    ("together", "H200"): "H200 SXM",
    ("oracle", "H100"): "H100 SXM",
    ("oracle", "H200"): "H200 SXM",
    ("e2e", "H200"): "H200 SXM",
    ("verda", "H200"): "H200 SXM",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the three days, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row; a total becomes a price per hour."""
    seller, address, machine = (pl.col(c) for c in ("provider", "source_url", "instance_type"))
    total = pl.col("unit").str.contains("whole term")
    is_cloud = seller.is_in(CLOUDS)
    oracle = seller == "oracle"
    is_page = address.str.contains(PAGES)
    named = rows.with_columns(
        price=pl.when(total)
        .then(pl.col("price") / (pl.col("term_months") * HOURS_A_MONTH))
        .otherwise("price"),
        memory_gb=pl.when(pl.col("count") == 1).then("memory_gb"),
        unit=pl.when(seller == "cudo")
        .then(pl.lit("per instance-hour, GPU only"))
        .otherwise("unit"),
    )
    return shaped(
        named,
        (address.str.contains(CATALOG) & ~seller.is_in(["aws", "gcp"]), "stale"),
        (seller.str.contains("_sponsored$"), "teaser"),
        (seller.is_in(FLOORS), "cheapest_only"),
        (is_page & is_cloud, "region_unknown"),
        # One day of the lists' own discounts, out of the indices, would be an eighth of the file.
        (seller.is_in(["azure", "gcp"]) & (pl.col("market") == "spot"), "one_day_discount"),
        # Slices of hundreds of chips under a count of one.
        (pl.col("accelerator_raw").str.contains("(?i)tpu"), "unit_uncertain"),
        (is_page & seller.is_in(["google_cloud"]), "region_unknown"),
        (is_page & machine.is_null(), "variant_unclear"),
        ((seller == "denvr") & (pl.col("price") < 1), "fractional"),
        (oracle & machine.str.contains("AI Enterprise"), "other_product"),
        (oracle, "variant_unclear"),
        ((seller == "crusoe") & (pl.col("price") == 1.45), "variant_unclear"),
        (seller == "e2e", "foreign_currency"),
        (seller.is_in(["thundercompute", "thunder_compute"]), "variant_unclear"),
        (seller == "latitude", "variant_unclear"),
        region=pl.when(is_cloud).then("provider_region"),
        instance_type=pl.when(is_cloud).then(machine),
        spot_kind=pl.when(seller == "aws").then(pl.lit("market")).otherwise(pl.lit("administered")),
        forms=FORMS,
    )
