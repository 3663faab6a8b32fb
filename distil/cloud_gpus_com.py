"""cloud-gpus.com, a comparison table edited through pull requests, often by the vendors.

A change log of list prices per GPU. The date is the date of an edit: a row is sighted on the day a
commit sets it and on no other, because nobody looked at the rows a commit leaves alone. Where one
day holds several commits the last one counts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="cloud_gpus_com",
    source_url="https://github.com/cloud-gpus/cloud-gpus.github.io/tree/b0b08c2",
    licence="facts only; upstream states none",
    confidence="low",
    refresh_days=30,
    max_gap_days=90,
    priority=62,
)
CHANGES = "cloud_gpu_price_changes_2021-05_2025-09.csv"
# Its columns are shifted against its headers: AWS "1080" 0.75, an unnamed column "2".
SHIFTED_PATH = "js/cloud_platforms.json"

# From this commit on the cells of AWS and Google hold spot prices (AWS V100 0.918, 3.06 before and
# after); the split of the A100 column brought AWS list prices back for it (p4d 4.096, p4de 5.12).
SPOT_FROM, SPOT_TO = date(2022, 2, 9), date(2023, 10, 4)
AWS = r"(?i)^amazon"
GOOGLE = r"(?i)^google"
AWS_LIST_KEYS = ["a100_40", "a100_80"]
MARKETPLACES = r"(?i)^(vast\.ai|salad|saladcloud)$"
# CoreWeave billed CPU and memory on top until 2025: the cells are its GPU prices.
COMPONENT_PROVIDER, COMPONENT_UNTIL = "CoreWeave", date(2025, 1, 1)

# On N1 hosts Google sells the card alone; the A100 spot cells are the card's discount too (0.88 of
# 2.93, where the machine costs 3.67).
GOOGLE_CARDS = ["k80", "p4", "p100", "t4", "v100"]
# Euro figures became dollars overnight (1.168 on 2023-05-24 and 05-27).
EURO_PROVIDER = "Exoscale"
# RunPod's rows show the cheaper of its two clouds: since 2025-05 the community price (RTX 4090
# 0.34, secure 0.69), but for chips of which the tier cannot be told; earlier rows mix both.
RUNPOD, RUNPOD_COMMUNITY_FROM = "RunPod", date(2025, 5, 29)
RUNPOD_TIER_UNKNOWN = ["b200", "h200", "mi300x", "rtxpro6000"]

TEASERS = [  # provider, key, price as printed, first day, evidence
    # Corrected within a week by the next editor to 5.95, 3.18: prices under commitment.
    ("Paperspace", "h100", "$2.24", date(2025, 5, 29)),
    ("Paperspace", "a100_80", "$1.15", date(2025, 5, 29)),
    # Half of the on-demand 1.10 of six months before, and the 0.69 to 0.79 it sold as spot.
    ("Jarvis Labs", "a100_40", "$0.79", date(2023, 2, 9)),
    # Lambda had no H200 on demand; 1.49 was its GH200 (prime_intellect, 2025-10).
    ("Lambda Cloud", "h200", "$1.49", date(2025, 5, 29)),
    # Contract only; on demand it was 3.80 when DigitalOcean's API first listed it (2026-08).
    ("DigitalOcean", "mi325x", "$1.69", date(2025, 7, 20)),
]
# "Code ..." in the name is a voucher of the vendor's.
VOUCHER = r"(?i)\bcode\b"

# The table names a chip, not its form. Only where another folder prints the form beside the same
# price, or the seller has a single form, the cell gets it; elsewhere the name stays as it is.
FORMS = {
    ("Lambda Cloud", "h100"): "H100 PCIe 80GB",  # 2.40, 1.99, 2.49: folder notes, full_stack
    ("Lambda Cloud", "a100"): "A100 SXM4 40GB",  # 1.10: full_stack prints 40 GB
    ("Lambda Cloud", "a100_40"): "A100 SXM4 40GB",
    ("Lambda Cloud", "a100_80"): "A100 SXM4 80GB",  # krisjiang: sold as 8x SXM only
    ("CoreWeave", "a100"): "A100 SXM4 40GB",  # 2.06 is the 40 GB price; 80 GB was 2.21
    ("CoreWeave", "a100_40"): "A100 SXM4 40GB",
    ("CoreWeave", "a100_80"): "A100 SXM4 80GB",
    ("DataCrunch.io", "a100"): "A100 SXM4 80GB",  # 2.20, 1.85: full_stack prints 80 GB
    ("DataCrunch.io", "a100_40"): "A100 SXM4 40GB",  # toolshedlabs: SXM only
    ("DataCrunch.io", "a100_80"): "A100 SXM4 80GB",
    ("DataCrunch.io", "h100"): "H100 SXM5 80GB",
    ("DataCrunch.io", "hb200"): "B200",
    ("Hyperstack", "a100_80"): "A100 PCIe 80GB",  # cherielilili: PCIe 1.35, SXM 1.60
    ("Hyperstack", "h100"): "H100 PCIe 80GB",  # cherielilili: PCIe 1.90, SXM 2.40
    ("Crusoe Cloud", "a100_40"): "A100 PCIe 40GB",  # cherielilili: 1.45
    ("Crusoe Cloud", "a100_80"): "A100 PCIe 80GB",  # cherielilili: 1.65, SXM 1.95
    ("Crusoe Cloud", "h100"): "H100 SXM5 80GB",  # cherielilili: 3.90
    ("Nebius", "h100"): "H100 SXM5 80GB",  # cherielilili: 2.95
    ("DigitalOcean", "h100"): "H100 SXM5 80GB",  # toolshedlabs: SXM only
    ("RunPod", "h100"): "H100 PCIe 80GB",  # 1.99: community price of the PCIe card
    ("RunPod", "a100_80"): "A100 PCIe 80GB",  # 1.19: community price of the PCIe card
    ("Jarvis Labs", "a100"): "A100 40GB",  # 1.10: full_stack prints 40 GB
    ("Paperspace", "a100"): "A100 40GB",  # 3.09: full_stack prints 40 GB
    ("Oracle Cloud", "a100_40"): "A100 SXM4 40GB",  # full_stack: BM.GPU.A4.8
    ("Oracle Cloud", "a100_80"): "A100 SXM4 80GB",  # full_stack: BM.GPU.A100-v2.8
    ("Oracle Cloud", "h100"): "H100 SXM5 80GB",  # full_stack: BM.GPU.H100.8
    ("Latitude.sh", "h100"): "H100 PCIe 80GB",  # full_stack: g3 machines of one and four cards
    ("Latitude.sh", "a100_80"): "A100 PCIe 80GB",  # prime_intellect: PCIe
    ("Microsoft Azure", "a100_80"): "A100 PCIe 80GB",  # 3.67 is NC24ads A100 v4
    ("Microsoft Azure", "a100_40"): "A100 SXM4 40GB",  # 3.40 is an eighth of ND96asr v4
    ("Amazon Web Services (AWS)", "a100"): "A100 SXM4 40GB",  # 1.24: p4d spot, full_stack 9.83/8
    ("Amazon Web Services (AWS)", "a100_40"): "A100 SXM4 40GB",
    ("Amazon Web Services (AWS)", "a100_80"): "A100 SXM4 80GB",
    ("Amazon AWS", "a100_40"): "A100 SXM4 40GB",
    ("Amazon AWS", "a100_80"): "A100 SXM4 80GB",
    ("Google Cloud Platform (GCP)", "a100"): "A100 SXM4 40GB",
    ("Google Cloud Platform (GCP)", "a100_40"): "A100 SXM4 40GB",
    ("Google Cloud Platform (GCP)", "a100_80"): "A100 SXM4 80GB",
    ("Google Cloud", "a100_40"): "A100 SXM4 40GB",
    ("Google Cloud", "a100_80"): "A100 SXM4 80GB",
}
# Sellers whose form differs by price.
PRICED_FORMS = {
    ("CoreWeave", "h100", "$4.25"): "H100 PCIe 80GB",  # the HGX card was 4.76 on the same list
    ("CoreWeave", "h100", "$6.16"): "H100 SXM5 80GB",  # cherielilili: 49.24 for HGX 8x
    ("Oblivus Cloud", "h100", "$1.98"): "H100 PCIe 80GB",  # cherielilili
    ("Oblivus Cloud", "a100_80", "$1.47"): "A100 PCIe 80GB",  # cherielilili, prime_intellect
}
NAMES = {  # what the column headings of the table mean
    "a100_40": "A100 40GB",
    "a100_80": "A100 80GB",
    "a100": "A100",
    "h100": "H100",
    "h100nvl": "H100 NVL",
    "h200": "H200",
    "b200": "B200",
    "mi300x": "MI300X",
    "mi325x": "MI325X",
    "mi250x": "MI250X",
    "v100": "V100",
    "t4": "T4",
    "p100": "P100",
    "p4": "P4",
    "k80": "K80",
    "m60": "M60",
    "l4": "L4",
    "l40": "L40",
    "l40s": "L40S",
    "a10": "A10",
    "a30": "A30",
    "a40": "A40",
    "a5000": "RTX A5000",
    "a6000": "RTX A6000",
    "rtxa4000": "RTX A4000",
    "rtxa5000": "RTX A5000",
    "rtx6000ada": "RTX 6000 Ada",
    "rtxpro6000": "RTX PRO 6000",
    "3080": "RTX 3080",
    "3090": "RTX 3090",
    "4090": "RTX 4090",
    "5090": "RTX 5090",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of list prices, USD per GPU-hour, on the days a commit set them."""
    return distil(pl.read_csv(folder / CHANGES, infer_schema_length=0))


def distil(changes: pl.DataFrame) -> pl.DataFrame:
    """The sightings of a change log."""
    when = pl.col("snapshot_ts").str.to_datetime(time_zone="UTC")
    rows = (
        changes.with_columns(set_at=when, seen_on=when.dt.date())
        .sort("set_at", maintain_order=True)
        .unique(["provider", "gpu_key", "seen_on"], keep="last", maintain_order=True)
    )
    provider, key, raw = pl.col("provider"), pl.col("gpu_key"), pl.col("price_raw")
    is_aws, is_google = provider.str.contains(AWS), provider.str.contains(GOOGLE)
    is_spot = pl.col("seen_on").is_between(SPOT_FROM, SPOT_TO) & (
        is_google | (is_aws & ~key.is_in(AWS_LIST_KEYS))
    )
    is_community = (provider == RUNPOD) & (pl.col("seen_on") >= RUNPOD_COMMUNITY_FROM)
    is_component = ((provider == COMPONENT_PROVIDER) & (pl.col("seen_on") < COMPONENT_UNTIL)) | (
        is_google & (key.is_in(GOOGLE_CARDS) | is_spot)
    )
    is_teaser = pl.any_horizontal(
        (provider == who) & (key == what) & (raw == price) & (pl.col("seen_on") == day)
        for who, what, price, day in TEASERS
    )
    # A bare "$" or "-" is a cell left open; anything else must be dollars to the end.
    price = raw.str.extract(r"^\$?(\d+(?:\.\d+)?|\.\d+)$", 1).cast(pl.Float64)
    reason = (
        pl.when(pl.col("event") == "removed")
        .then(pl.lit("removed"))
        .when(pl.col("path") == SHIFTED_PATH)
        .then(pl.lit("wrong_column"))
        .when(raw.is_in(["-", "$-", "$", "?", "N/A", ""]))
        .then(pl.lit("not_offered"))
        .when(raw.str.starts_with("€") | (provider == EURO_PROVIDER))
        .then(pl.lit("foreign_currency"))
        .when(price.is_null())
        .then(pl.lit("unparseable_price"))
        .when(provider.str.contains(MARKETPLACES))
        .then(pl.lit("cheapest_only"))
        .when((provider == RUNPOD) & (~is_community | key.is_in(RUNPOD_TIER_UNKNOWN)))
        .then(pl.lit("pooled"))
        .when(is_teaser | provider.str.contains(VOUCHER))
        .then(pl.lit("teaser"))
    )
    forms = pl.DataFrame(
        [(*cell, form) for cell, form in FORMS.items()],
        schema=["provider", "gpu_key", "form"],
        orient="row",
    )
    priced_forms = pl.DataFrame(
        [(*cell, form) for cell, form in PRICED_FORMS.items()],
        schema=["provider", "gpu_key", "price_raw", "priced_form"],
        orient="row",
    )
    rows = rows.join(forms, on=["provider", "gpu_key"], how="left", maintain_order="left").join(
        priced_forms, on=["provider", "gpu_key", "price_raw"], how="left", maintain_order="left"
    )
    return sightings(
        rows.select(
            provider_raw=pl.when(is_community).then(pl.lit("runpod-community")).otherwise(provider),
            accelerator_raw=pl.coalesce("priced_form", "form", key.replace(NAMES)),
            market=pl.when(is_spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
            spot_kind=pl.when(is_spot & is_google)
            .then(pl.lit("administered"))
            .when(is_spot)
            .then(pl.lit("market")),
            basis=pl.when(is_component).then(pl.lit("gpu_component")).otherwise(pl.lit("all_in")),
            # The region column says where a vendor has machines; the price is one for all.
            region=pl.lit("global"),
            seen_on="seen_on",
            price_usd_per_gpu_hour=price,
            flag=pl.when(is_spot & is_google).then(pl.lit("administered")),
            reason=reason,
        )
    )
