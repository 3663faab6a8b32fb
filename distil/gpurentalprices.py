"""gpurentalprices.com: 33 sellers' pages and APIs on 39 days, 2026-07-05 to 08-21.

GPU rental price data by gpurentalprices.com, CC BY 4.0. Google's rows are the GPU without its host.
Serverless is another product. On 2026-07-05 the form was guessed from the name (a 40 GB card as
80 GB, RTX PRO 6000 slices under the full name). DigitalOcean's MI325X at 2.29 and its B300 and
MI350X below the list are contract prices. Vultr's "spot" is a prepaid class. Prime Intellect and
Spheron resell other sellers' GPUs of any form: their cheapest offer is no price of a machine.
Voltage Park's 1.99 comes from a support article. Latitude's figures for whole servers of RTX PRO
6000 and B300 are divided by another count each.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="gpurentalprices",
    source_url="https://github.com/adriannutiu/gpu-rental-prices/tree/ae6435a/data/snapshots",
    licence="CC BY 4.0, gpurentalprices.com",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=41,
)
GUESSED_ON = date(2026, 7, 5)
# Vultr's prepaid prices, labelled on demand on one day and "spot" from 2026-07-19.
PREPAID_ON, PREPAID = date(2026, 7, 7), ["b200", "h100-sxm"]
RESELLERS = ["primeintellect", "spheron"]
FORMS = {
    ("coreweave", "h100"): "H100 SXM",
    ("coreweave", "h200"): "H200 SXM",
    ("coreweave", "a100"): "A100 SXM 80GB",
    ("crusoe", "h100"): "H100 SXM",
    ("crusoe", "h200"): "H200 SXM",
    ("nebius", "h100"): "H100 SXM",
    ("nebius", "h200"): "H200 SXM",
    # To 2026-07-25 the page's "NVLink" was read as NVL; the figures are those of the SXM cards.
    ("nebius", "h100-nvl"): "H100 SXM",
    ("nebius", "h200-nvl"): "H200 SXM",
    ("digitalocean", "h100"): "H100 SXM",
    ("digitalocean", "h200"): "H200 SXM",
    ("voltagepark", "h100"): "H100 SXM",
    ("together", "h100"): "H100 SXM",
    ("together", "h200"): "H200 SXM",
    ("gmicloud", "h100"): "H100 SXM",
    ("gmicloud", "h200"): "H200 SXM",
    ("hyperstack", "h100"): "H100 PCIe",
    ("hyperstack", "h200"): "H200 SXM",
    ("hyperstack", "a100"): "A100 PCIe 80GB",
    ("scaleway", "h100"): "H100 PCIe",
    ("massedcompute", "h100"): "H100 PCIe",
    ("massedcompute", "a100"): "A100 PCIe 80GB",
    ("ovh", "h100"): "H100 PCIe",
    ("ovh", "a100"): "A100 PCIe 80GB",
    ("datacrunch", "h200"): "H200 SXM",
    ("runpod", "h200"): "H200 SXM",
    ("jarvislabs", "h200"): "H200 SXM",
    ("thundercompute", "a100"): "A100 SXM 80GB",
    ("vultr", "a100"): "A100 PCIe 80GB",
    ("gcp", "h100"): "H100 SXM",
    ("gcp", "h200"): "H200 SXM",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the daily ledger, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row."""
    seller, name, price = pl.col("provider"), pl.col("accelerator_raw"), pl.col("price")
    google = rows.with_columns(
        # The form guessed brought its memory along.
        memory_gb=pl.when(~((seller == "nebius") & name.str.ends_with("-nvl"))).then("memory_gb"),
        accelerator_raw=name.str.replace("^quadro-rtx-", "Quadro RTX "),
        unit=pl.when(seller == "gcp").then(pl.lit("per GPU-hour, GPU only")).otherwise("unit"),
    )
    ocean = seller == "digitalocean"
    contract = ocean & (
        ((name == "mi325x") & (price < 3.8))
        | ((name == "mi350x") & (price < 6.16))
        | ((name == "b300") & (price < 11.19))
    )
    return shaped(
        google,
        (pl.col("seen_on") == GUESSED_ON, "variant_unclear"),
        ((seller == "hyperstack") & (name == "h100-nvl"), "paired_cards"),
        ((seller == "vultr") & (pl.col("seen_on") == PREPAID_ON) & name.is_in(PREPAID), "prepaid"),
        (contract, "contract_price"),
        ((seller == "vultr") & (pl.col("market") == "spot"), "prepaid"),
        (seller.is_in(RESELLERS), "reseller"),
        ((seller == "latitude") & name.is_in(["b300", "rtx-pro-6000"]), "unit_uncertain"),
        (name == "rtx-pro-6000-wk", "variant_unclear"),
        flag=pl.when(seller == "voltagepark").then(pl.lit("curated")),
        forms=FORMS,
    )
