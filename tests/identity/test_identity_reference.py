"""The reference tables keep their promises, and cover every name the recorded payloads hold."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts import validate
from pipeline.contracts.reference import ACCELERATOR_ALIASES, ACCELERATORS, PROVIDERS, REGIONS
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region
from pipeline.sources.committed import read_reference

ROOT = Path(__file__).resolve().parents[2]
PRICES = ROOT.parent / "shared" / "data" / "prices"
RECORDED = pytest.mark.skipif(not PRICES.exists(), reason="recorded upstream data is not here")
TABLES = (ACCELERATORS, ACCELERATOR_ALIASES, PROVIDERS, REGIONS)
REFERENCE = {
    terms.name: read_reference(
        (ROOT / "warehouse" / "reference" / f"{terms.name}.csv").read_bytes(), terms
    )
    for terms in TABLES
}
ALIASES = REFERENCE["accelerator_aliases"]


@pytest.mark.parametrize("terms", TABLES, ids=lambda terms: terms.name)
def test_reference_rows_keep_their_contract_and_cite(terms):
    frame = REFERENCE[terms.name].with_columns(source=pl.lit(terms.name)).select(terms.columns)
    assert validate(terms, frame).height > 0
    assert frame["source_url"].str.contains(r"^https://[^/\s]+").all()
    assert (frame["source_date"] <= frame["read_on"]).all()


def test_accelerators_are_enough_and_plain():
    accelerators = REFERENCE["accelerators"]
    assert accelerators.height >= 58
    assert accelerators["accelerator"].is_sorted()
    priced = accelerators.filter(pl.col("launch_price_usd").is_not_null())
    assert priced["launch_price_source_url"].null_count() == 0
    no_bf16 = accelerators.filter(pl.col("architecture").is_in(["Volta", "Turing", "Pascal"]))
    assert no_bf16["bf16_dense_tflops"].null_count() == no_bf16.height, "they have no BF16 units"


@pytest.mark.parametrize(
    ("sku", "column", "value"),
    [
        # Dense figures; the vendor's table prints twice as much, with sparsity.
        ("nvidia-h100-sxm-80gb", "bf16_dense_tflops", 989.0),
        ("nvidia-h100-pcie-80gb", "bf16_dense_tflops", 756.0),
        ("nvidia-h100-nvl-94gb", "memory_gib", 94.0),
        ("nvidia-a100-sxm4-80gb", "bf16_dense_tflops", 312.0),
        ("nvidia-v100-sxm2-16gb", "fp16_dense_tflops", 125.0),
        ("nvidia-h200-sxm-141gb", "memory_bandwidth_tb_per_s", 4.8),
        ("google-tpu-v5p", "bf16_dense_tflops", 459.0),
    ],
)
def test_specifications_checked_by_hand(sku: str, column: str, value: float):
    row = REFERENCE["accelerators"].row(by_predicate=pl.col("accelerator") == sku, named=True)
    assert row[column] == value


def test_alias_rules_are_ordered_and_lead_somewhere():
    assert ALIASES["priority"].is_unique().all()
    assert ALIASES["priority"].is_sorted()
    assert ALIASES.filter(pl.col("accelerator").is_null() & pl.col("reason").is_null()).is_empty()
    known = REFERENCE["accelerators"]["accelerator"].to_list()
    assert set(ALIASES["accelerator"].drop_nulls()) <= set(known)
    providers = REFERENCE["providers"]["provider"].to_list()
    assert set(ALIASES["provider"].drop_nulls()) <= set(providers)
    assert set(REFERENCE["regions"]["provider"].drop_nulls()) <= set(providers)
    for pattern in ALIASES["pattern"]:
        re.compile(pattern)


def scan(path: str, **names: pl.Expr) -> Callable[[], pl.DataFrame]:
    columns = {"memory_gib": pl.lit(None, pl.Float64), "instance_type": pl.lit(None, pl.String)}

    def read() -> pl.DataFrame:
        frame = pl.read_csv(PRICES / path, infer_schema=False, truncate_ragged_lines=True)
        return frame.select(**(columns | names)).unique()

    return read


CLOUD = r"^(?:catalogs/)?(?:v\d+/)?([a-z]+)"
SKYPILOT = {
    "provider_raw": pl.col("path").str.extract(CLOUD),
    "accelerator_raw": pl.col("accelerator_name"),
    "instance_type": pl.col("instance_type"),
    "region": pl.col("region"),
}
NO_REGION = pl.lit("global")
RECORDINGS = {
    "ccir_vast": scan(
        "ccir_vast/vast_offers_flat.csv.zst",
        provider_raw=pl.lit("vast"),
        accelerator_raw=pl.col("gpu_name"),
        memory_gib=pl.col("gpu_ram").cast(pl.Float64) / 1024,
        region=pl.col("geolocation"),
    ),
    "skypilot_2022_2024": scan(
        "skypilot_2022_2024/accelerator_price_changes_2022-07_2024-04.csv.zst", **SKYPILOT
    ),
    "skypilot_2024": scan(
        "skypilot_2024/accelerator_price_changes_2024-07_2024-11.csv.zst", **SKYPILOT
    ),
    "anycloud": scan("anycloud/gcp_lambda_vast_price_changes_2026-04_2026-05.csv.zst", **SKYPILOT),
    "anycloud_azure": scan(
        "anycloud/azure_gpu_price_changes_2026-04_2026-05.csv.zst",
        **SKYPILOT | {"provider_raw": pl.lit("azure")},
    ),
    "cyclenerd_gcp": scan(
        "cyclenerd_gcp/gcp_accelerator_vm_price_changes_2022-02_2026-07.csv.zst",
        provider_raw=pl.lit("gcp"),
        accelerator_raw=pl.lit(None, pl.String),
        instance_type=pl.col("instance_type"),
        region=pl.col("region"),
    ),
    "hemgo_dashboard": scan(
        "hemgo_dashboard/offers_2026-08-20_22.csv.zst",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("gpu_label"),
        memory_gib=pl.col("vram_gb").cast(pl.Float64),
        region=pl.col("region"),
    ),
    "krisjiang": scan(
        "krisjiang_lambda_runpod/gpu_prices.csv",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("raw_label"),
        region=NO_REGION,
    ),
    "cherielilili": scan(
        "cherielilili/observations_2026-02-11_2026-07-20.csv.zst",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("gpu_model"),
        region=pl.col("region"),
    ),
    "toolshedlabs": scan(
        "toolshedlabs/cheapest_on_demand_datacenter_gpus.csv",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("gpu_key"),
        region=NO_REGION,
    ),
    "cloud_gpus_com": scan(
        "cloud_gpus_com/cloud_gpu_price_changes_2021-05_2025-09.csv",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("gpu_key"),
        region=pl.col("region"),
    ),
    "full_stack": scan(
        "full_stack_cloud_gpus/cloud_gpus_price_changes_2022-08_2025-03.csv",
        provider_raw=pl.col("cloud"),
        accelerator_raw=pl.col("gpu_type"),
        instance_type=pl.col("name"),
        region=NO_REGION,
    ),
    "zeno": scan(
        "zeno_vast_runpod/gpu_prices.csv",
        provider_raw=pl.col("provider"),
        accelerator_raw=pl.col("gpu_model"),
        region=NO_REGION,
    ),
}
# Not names of one part: a column of a TITAN or a typing error, kept in quarantine.
UNKNOWN = {("cloud_gpus_com", "2"), ("cloud_gpus_com", "hb200"), ("cloud_gpus_com", "ml100")}


@RECORDED
@pytest.mark.parametrize("source", RECORDINGS)
def test_every_recorded_name_is_resolved_or_rejected_with_a_reason(source: str):
    seen = RECORDINGS[source]().with_columns(country=pl.lit(None, pl.String))
    out = resolve_provider(seen, REFERENCE["providers"])
    assert set(out.filter(pl.col("provider").is_null())["provider_raw"]) <= {"Cloud"}
    out = resolve_region(resolve_accelerator(out, ALIASES), REFERENCE["regions"])
    assert out.height == seen.height
    assert (out["accelerator"].is_null() != out["accelerator_reason"].is_null()).all()
    unknown = out.filter(pl.col("accelerator_reason") == "unknown_accelerator")
    assert {(source, name) for name in unknown["accelerator_raw"]} <= UNKNOWN
    assert out.filter(pl.col("region_group") == "unmapped").is_empty()
