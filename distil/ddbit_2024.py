"""Seven neoclouds' pages read by a language model, eight days of 2024-05-26 to 07-10.

Apache-2.0, ddbit. No row states its market, some are spot, some whole machines, names lose the form
factor: nothing here is an on-demand price of a known item without another witness. A row is used
where its name holds the form and a page of the same seller asked the same in those weeks (Lambda,
CoreWeave's component); the rest is set aside as "market_unstated".
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="ddbit_2024",
    source_url="https://github.com/ddbit/llamaboxweb/tree/d004088/gpuprices",
    licence="Apache-2.0, ddbit",
    confidence="low",
    refresh_days=1,
    max_gap_days=5,
    priority=70,
)
# What the sellers' own pages asked between 2024-05 and 2024-07, USD per GPU-hour (webarchive
# captures of Lambda, CoreWeave's page of 2024-07-18).
WITNESSED = {
    ("lambda labs", "NVIDIA A100 PCIe"): 1.29,
    ("lambda labs", "NVIDIA A100 SXM"): 1.29,
    ("lambda labs", "NVIDIA H100 PCIe"): 2.49,
    ("coreweave", "NVIDIA H100 PCIe"): 4.25,
    ("coreweave", "NVIDIA HGX H100"): 4.76,
    ("coreweave", "A100 80GB PCIe"): 2.21,
    ("coreweave", "A100 80GB NVLINK"): 2.21,
    ("coreweave", "A100 40GB PCIe"): 2.06,
    ("coreweave", "A100 40GB NVLINK"): 2.06,
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the eight days, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row."""
    witnessed = pl.DataFrame(
        [(*key, price) for key, price in WITNESSED.items()],
        schema={"provider": pl.String, "plain": pl.String, "asked": pl.Float64},
        orient="row",
    )
    whole = pl.col("accelerator_raw").str.contains(r"^\dx ")
    plain = rows.with_columns(
        plain=pl.col("accelerator_raw").str.replace(r"^\dx ", ""),
        price=pl.col("price") / pl.when(whole).then("count").otherwise(pl.lit(1)),
    ).join(witnessed, on=["provider", "plain"], how="left", maintain_order="left")
    agrees = ((pl.col("price") - pl.col("asked")).abs() < 1e-9).fill_null(False)
    return shaped(
        plain.with_columns(
            market=pl.lit("on_demand"),
            accelerator_raw=pl.col("plain").str.replace(" NVLINK", " SXM"),
            unit=pl.when(pl.col("provider") == "coreweave")
            .then(pl.lit("per GPU-hour, GPU only"))
            .otherwise("unit"),
        ),
        (~agrees, "market_unstated"),
    )
