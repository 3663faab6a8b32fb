"""H100, H200 and MI300X in the gpuhunt catalogue, every midnight of 2024-09-24 to 2025-04-16.

Apache-2.0, becloudready; only model, price and provider were kept, so the machine is inferred from
the ladder of prices. Used: Lambda and Nebius (the ladder fits one list), RunPod's H200 (multiples
of 3.99), the whole machines of Vultr and OCI, DataCrunch's H100 (the dearest is eight on demand).
AWS without a region, and everything without a count, is set aside. A catalogue can stay unchanged
when its build failed: equal prices on following days are weak, so the confidence is medium.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="gpuhunt_2024_2025",
    source_url="https://github.com/becloudready/gpu-price",
    licence="Apache-2.0, becloudready",
    confidence="medium",
    refresh_days=1,
    max_gap_days=5,
    priority=45,
)
USED = ["lambdalabs", "nebius", "vultr", "oci", "datacrunch", "runpod"]
FORMS = {
    ("nebius", "H100"): "H100 SXM",
    ("nebius", "H200"): "H200 SXM",
    ("vultr", "H100"): "H100 SXM",
    ("oci", "H100"): "H100 SXM",
    ("datacrunch", "H100"): "H100 SXM",
    ("datacrunch", "H200"): "H200 SXM",
    ("runpod", "H200"): "H200 SXM",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the inferred list prices, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per distinct price of a capture."""
    seller, name = pl.col("provider"), pl.col("accelerator_raw")
    form = pl.col("note").str.extract(r"ladder: (SXM|PCIe|40GB|80GB)$")
    memory = pl.when(form == "40GB").then(40.0).when(form == "80GB").then(80.0)
    return shaped(
        rows.with_columns(
            accelerator_raw=pl.when(form.is_in(["SXM", "PCIe"]))
            .then(name + " " + form)
            .otherwise(name),
            memory_gb=memory.cast(pl.Float64),
        ),
        (pl.col("count").is_null() | pl.col("market").is_null(), "unknown_count"),
        (~seller.is_in(USED), "region_unknown"),
        # 17.52 for eight, where the list asked 3.99 each six weeks later.
        ((seller == "vultr") & (name == "MI300X"), "contract_price"),
        forms=FORMS,
    )
