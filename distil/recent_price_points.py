"""Single prices of 17 sellers on ten days between 2026-08-26 and 2026-11-09. No panel.

Each day has other sellers; a row is a look at that price on that day and says nothing of the next.
Rows without a size or form are not used where the seller has several. Akash prints "starting at"
floors. Qubrid's price is for a server of eight and a year. Google's rows are sums the recorder
made.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="recent_price_points",
    source_url="https://github.com/api-evangelist/nexgen-cloud",
    licence="facts only; licence mixed or not established",
    confidence="medium",
    refresh_days=1,
    max_gap_days=1,
    priority=32,
)
HOURS_OF_A_SERVER_YEAR = 8 * 8_760
CLOUDS = ["aws", "azure", "gcp"]
# Sellers of one form: a bare H100 or H200 is the SXM card.
ONE_FORM = ["coreweave", "nebius", "together"]
FORMS = {
    **{(seller, "H100"): "H100 SXM" for seller in ONE_FORM},
    **{(seller, "H200"): "H200 SXM" for seller in (*ONE_FORM, "hyperstack", "jarvislabs")},
    ("coreweave", "NVIDIA A100"): "A100 SXM 80GB",
    ("voltagepark", "H100"): "H100 SXM",
    ("hyperstack", "NVIDIA H100"): "H100 PCIe",
    ("hyperstack", "NVIDIA A100"): "A100 PCIe 80GB",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the points, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per point."""
    seller, name, note = pl.col("provider"), pl.col("accelerator_raw"), pl.col("note")
    yearly = pl.col("unit") == "per server-year"
    hourly = rows.with_columns(
        price=pl.when(yearly).then(pl.col("price") / HOURS_OF_A_SERVER_YEAR).otherwise("price")
    )
    return shaped(
        hourly,
        (seller == "akash", "cheapest_only"),
        ((seller == "gcp") & note.str.contains("(?i)adds up").fill_null(True), "component_missing"),
        ((seller == "hyperstack") & name.str.contains("NVLink"), "paired_cards"),
        region=pl.when(seller.is_in(CLOUDS)).then("provider_region"),
        instance_type=pl.when(seller.is_in(CLOUDS)).then("instance_type"),
        forms=FORMS,
    )
