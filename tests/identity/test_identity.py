"""Identity traps: each test is named after the mistake it would catch."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts.reference import ACCELERATOR_ALIASES, ACCELERATORS, PROVIDERS, REGIONS
from pipeline.identity.identity import (
    resolve_accelerator,
    resolve_provider,
    resolve_region,
    tpu_chips,
)
from pipeline.sources.committed import read_reference

ROOT = Path(__file__).resolve().parents[2]
TABLES = (ACCELERATORS, ACCELERATOR_ALIASES, PROVIDERS, REGIONS)
REFERENCE = {
    terms.name: read_reference(
        (ROOT / "warehouse" / "reference" / f"{terms.name}.csv").read_bytes(), terms
    )
    for terms in TABLES
}
ALIASES = REFERENCE["accelerator_aliases"]
KEY = {
    "provider": pl.String(),
    "accelerator_raw": pl.String(),
    "instance_type": pl.String(),
    "memory_gib": pl.Float64(),
}


def resolved(
    name: str | None,
    *,
    provider: str | None = "anyone",
    instance: str | None = None,
    memory: float | None = None,
) -> str | None:
    """The sku of one name, or "!" and the reason why it has none."""
    frame = pl.DataFrame([(provider, name, instance, memory)], schema=KEY, orient="row")
    [row] = resolve_accelerator(frame, ALIASES).to_dicts()
    assert (row["accelerator"] is None) != (row["accelerator_reason"] is None)
    return row["accelerator"] or "!" + row["accelerator_reason"]


@pytest.mark.parametrize(
    ("name", "sku"),
    [
        ("GB200", "nvidia-gb200-nvl72"),
        ("GB200 NVL72", "nvidia-gb200-nvl72"),
        ("B200", "nvidia-b200-sxm-180gb"),
        ("NVIDIA B200", "nvidia-b200-sxm-180gb"),
        ("GB300 288GB SXM", "nvidia-gb300-nvl72"),
        ("B300 288GB SXM", "nvidia-b300-sxm-288gb"),
        ("L40S", "nvidia-l40s-48gb"),
        ("L40", "nvidia-l40-48gb"),
        ("L4", "nvidia-l4-24gb"),
        ("A10G", "nvidia-a10g-24gb"),
        ("A10", "nvidia-a10-24gb"),
        ("T4G", "nvidia-t4g-16gb"),
        ("T4", "nvidia-t4-16gb"),
        ("RTX 3080 Ti", "nvidia-rtx-3080-ti-12gb"),
        ("RTX 3080", "nvidia-rtx-3080-10gb"),
        ("MI250X", "amd-mi250x-128gb"),
        ("MI250", "amd-mi250-128gb"),
    ],
)
def test_gb200_is_not_b200_nor_any_name_the_shorter_one_inside_it(name: str, sku: str):
    assert resolved(name) == sku


@pytest.mark.parametrize(
    ("name", "memory", "sku"),
    [
        ("H100 NVL", None, "nvidia-h100-nvl-94gb"),
        ("H100 94GB NVL", None, "nvidia-h100-nvl-94gb"),
        ("NVIDIA H100 NVL", 94.0, "nvidia-h100-nvl-94gb"),
        ("H200 NVL", None, "nvidia-h200-nvl-141gb"),
        ("H200 141GB SXM", None, "nvidia-h200-sxm-141gb"),
        ("H100 SXM5 80GB", None, "nvidia-h100-sxm-80gb"),
        ("NVIDIA H100 80GB HBM3", None, "nvidia-h100-sxm-80gb"),
        ("hgx-h100", None, "nvidia-h100-sxm-80gb"),
        ("gpu-h100-sxm", None, "nvidia-h100-sxm-80gb"),
        ("H100-MEGA", None, "nvidia-h100-sxm-80gb"),
        ("H100_PCIE", None, "nvidia-h100-pcie-80gb"),
        ("H100 NVL", 80.0, "!memory_out_of_range"),
        ("H100 NVLink", None, "!ambiguous_form_factor"),
    ],
)
def test_h100_nvl_is_not_sxm_nor_h200(name: str, memory: float | None, sku: str):
    assert resolved(name, memory=memory) == sku


@pytest.mark.parametrize(
    ("memory", "sku"),
    [
        (81_920 / 1024, "nvidia-a100-sxm4-80gb"),
        (40_960 / 1024, "nvidia-a100-sxm4-40gb"),
        (60.0, "!memory_out_of_range"),
        (None, "!ambiguous_memory"),
    ],
)
def test_a100_splits_by_memory(memory: float | None, sku: str):
    assert resolved("A100 SXM4", provider="vast", memory=memory) == sku


@pytest.mark.parametrize(
    ("provider", "name", "instance", "sku"),
    [
        ("aws", "A100", "p4d.24xlarge", "nvidia-a100-sxm4-40gb"),
        ("aws", "A100-80GB", "p4de.24xlarge", "nvidia-a100-sxm4-80gb"),
        ("gcp", "A100", None, "nvidia-a100-sxm4-40gb"),
        ("gcp", "A100-80GB", None, "nvidia-a100-sxm4-80gb"),
        ("gcp", None, "a2-megagpu-16g", "nvidia-a100-sxm4-40gb"),
        ("lambda", "A100", "gpu_1x_a100", "nvidia-a100-pcie-40gb"),
        ("lambda", "A100", "gpu_8x_a100", "nvidia-a100-sxm4-40gb"),
        ("lambda", "NVIDIA A100 SXM 40 GB 124 1800 GiB", None, "nvidia-a100-sxm4-40gb"),
        ("azure", "A100", "Standard_ND96asr_v4", "nvidia-a100-sxm4-40gb"),
        ("azure", "A100-80GB", "Standard_ND96amsr_A100_v4", "nvidia-a100-sxm4-80gb"),
        ("vast", "A100", None, "!ambiguous_memory"),
        ("replicate", "A100 (80GB)", None, "!ambiguous_form_factor"),
    ],
)
def test_a100_without_a_size_means_what_the_provider_sells(
    provider: str, name: str | None, instance: str | None, sku: str
):
    assert resolved(name, provider=provider, instance=instance) == sku


@pytest.mark.parametrize(
    ("instance", "sku"),
    [
        ("gpu_1x_h100_pcie", "nvidia-h100-pcie-80gb"),
        ("gpu_8x_h100_sxm5", "nvidia-h100-sxm-80gb"),
    ],
)
def test_lambda_h100_follows_the_instance_type(instance: str, sku: str):
    assert resolved("H100", provider="lambda", instance=instance) == sku
    assert resolved("H100", provider="aws", instance="p5.48xlarge") == "nvidia-h100-sxm-80gb"


def test_aws_h100_on_p5e_is_an_h200():
    assert resolved("H100", provider="aws", instance="p5e.48xlarge") == "nvidia-h200-sxm-141gb"


@pytest.mark.parametrize(
    ("instance", "sku"),
    [
        ("Standard_NC40ads_H100_v5", "nvidia-h100-nvl-94gb"),
        ("Standard_NC80adis_H100_v5", "nvidia-h100-nvl-94gb"),
        ("Standard_NCC40ads_H100_v5", "nvidia-h100-nvl-94gb"),
        ("Standard_ND96isr_H100_v5", "nvidia-h100-sxm-80gb"),
    ],
)
def test_azure_nc_h100_is_nvl(instance: str, sku: str):
    assert resolved("H100", provider="azure", instance=instance) == sku


def test_azure_nc_a100_is_pcie():
    for instance in ("Standard_NC24ads_A100_v4", "NC24ads A100 v4"):
        assert resolved("A100-80GB", provider="azure", instance=instance) == "nvidia-a100-pcie-80gb"


@pytest.mark.parametrize("name", [None, "", "  "])
@pytest.mark.parametrize(
    ("instance", "sku"),
    [
        ("Standard_ND96is_MI300X_v5", "amd-mi300x-192gb"),
        ("Standard_ND128isr_NDR_GB200_v6", "nvidia-gb200-nvl72"),
        ("Standard_NP10s", "!not_an_accelerator"),
        ("Standard_D4s_v5", "!unknown_accelerator"),
    ],
)
def test_empty_name_resolves_by_instance_type(name: str | None, instance: str, sku: str):
    assert resolved(name, provider="azure", instance=instance) == sku


def test_modified_rtx_4090_is_rejected():
    assert resolved("RTX 4090", memory=24_564 / 1024) == "nvidia-rtx-4090-24gb"
    assert resolved("RTX 4090", memory=23_028 / 1024) == "nvidia-rtx-4090-24gb", "ECC takes 1/16"
    assert resolved("RTX 4090", memory=49_140 / 1024) == "!memory_out_of_range"
    assert resolved("RTX 4090") == "nvidia-rtx-4090-24gb"


@pytest.mark.parametrize(
    ("name", "provider", "instance", "memory"),
    [
        ("NVIDIA B300 SXM6 AC MIG 1g.34gb", "runpod", None, 34.0),
        ("NVIDIA B300 SXM6 AC MIG 1g.34gb", "runpod", None, None),
        ("A100 (20 GB)", "modal", None, None),
        ("RTX 6000 Pro", "runpod", None, 24.0),
        ("A10", "azure", "Standard_NV6ads_A10_v5", None),
        (None, "gcp", "g4-standard-24", None),
    ],
)
def test_mig_slice_is_rejected_as_fractional(
    name: str | None, provider: str, instance: str | None, memory: float | None
):
    found = resolved(name, provider=provider, instance=instance, memory=memory)
    assert found == "!fractional"


def test_whole_cards_beside_slices_are_kept():
    assert resolved("NVIDIA B300 SXM6 AC", memory=288.0) == "nvidia-b300-sxm-288gb"
    assert resolved(None, provider="gcp", instance="g4-standard-48") == "nvidia-rtx-pro-6000-96gb"
    whole = resolved("A10", provider="azure", instance="Standard_NV36ads_A10_v5")
    assert whole == "nvidia-a10-24gb"


@pytest.mark.parametrize(
    "name", ["A100-80GB", "A100-80GB-160GB", "A100-80GB-320GB", "A100-80GB-640GB"]
)
def test_count_inside_verda_name_is_not_memory(name: str):
    assert resolved(name, provider="verda") == "nvidia-a100-sxm4-80gb"


def test_verda_40_gb_box_of_320_gb_is_not_80_gb():
    assert resolved("A100-40GB-320GB", provider="verda") == "nvidia-a100-sxm4-40gb"


@pytest.mark.parametrize(
    ("provider", "instance", "memory", "sku"),
    [
        ("aws", "p3.2xlarge", None, "nvidia-v100-sxm2-16gb"),
        ("aws", "p3dn.24xlarge", None, "nvidia-v100-sxm2-32gb"),
        ("azure", "Standard_NC6s_v3", None, "nvidia-v100-pcie-16gb"),
        ("vast", None, 16.0, "nvidia-v100-16gb"),
        ("vast", None, 32.0, "nvidia-v100-32gb"),
        ("vast", None, None, "!ambiguous_memory"),
    ],
)
def test_v100_splits_by_memory_or_instance(
    provider: str, instance: str | None, memory: float | None, sku: str
):
    assert resolved("V100", provider=provider, instance=instance, memory=memory) == sku


def test_inferentia_generation_follows_the_instance_type():
    assert resolved("Inferentia", provider="aws", instance="inf1.xlarge") == "aws-inferentia1"
    assert resolved("Inferentia", provider="aws", instance="inf2.xlarge") == "aws-inferentia2"
    assert resolved("Inferentia", provider="aws") == "!ambiguous_model"


def test_no_rule_is_never_a_guess():
    for name in ("hb200", "A100Z", "H1000", "Tesla", "XB200"):
        assert resolved(name) == "!unknown_accelerator"
    assert resolved("H100") == "!ambiguous_form_factor"
    assert resolved("Virtex UltraScale (VU9P)", provider="aws") == "!not_an_accelerator"


def test_runpod_names_the_card_not_the_console_label():
    assert resolved("H100-SXM", provider="runpod", instance="1x_H100-SXM_SECURE") == (
        "nvidia-h100-sxm-80gb"
    )
    assert resolved("H100", provider="runpod", instance="1x_H100_SECURE") == "nvidia-h100-pcie-80gb"
    assert resolved("A100 SXM", provider="runpod") == "nvidia-a100-sxm4-80gb"


def test_tpu_slice_counts_chips_not_cores():
    # 12.88 / 4 = 3.22, 16.80 / 4 = 4.20, 9.60 / 8 = 1.20: Google's list prices per chip-hour.
    chips = {
        "tpu-v2-8": 4,
        "tpu-v3-32": 16,
        "tpu-v4-8": 4,
        "tpu-v5p-8": 4,
        "tpu-v5litepod-8": 8,
        "v5litepod-1": 1,
        "tpu-v5e-8": 8,
        "TPU-v6e-8": 8,
        "H100": None,
        "tpu-v4": None,
        "gpu-v4-8x": None,
    }
    frame = pl.DataFrame({"name": list(chips)}).select(found=tpu_chips(pl.col("name")))
    assert frame["found"].to_list() == list(chips.values())
    assert frame.schema["found"] == pl.Int64


def test_tpu_generations_are_apart():
    assert resolved("tpu-v5litepod-8", provider="gcp") == "google-tpu-v5e"
    assert resolved("tpu-v5p-8", provider="gcp") == "google-tpu-v5p"
    assert resolved("tpu-v2-8", provider="gcp") == "google-tpu-v2"
    assert resolved("tpu-v6e-8", provider="gcp") == "google-tpu-v6e"


def test_rows_keep_their_order_and_number():
    frame = pl.DataFrame(
        [("vast", "H100 SXM", None, None), (None, None, None, None)] * 3, schema=KEY, orient="row"
    ).with_row_index("at")
    out = resolve_accelerator(frame, ALIASES)
    assert out["at"].to_list() == list(range(6))
    assert out["accelerator"].to_list() == ["nvidia-h100-sxm-80gb", None] * 3
    assert resolve_accelerator(out, ALIASES).equals(out), "resolving twice changes nothing"
    assert resolve_accelerator(frame.clear(), ALIASES).columns == out.columns


@pytest.mark.parametrize(
    ("spelling", "provider"),
    [
        ("DataCrunch", "verda"),
        ("Verda (DataCrunch)", "verda"),
        ("Lambda Labs", "lambda"),
        ("lambdalabs", "lambda"),
        ("RunPod.io", "runpod"),
        ("RunPod community", "runpod-community"),
        (" vast.ai ", "vast"),
        ("Cirrascale", "cirrascale"),
        ("Cirrascale Cloud Services", "cirrascale"),
        ("Paperspace", "paperspace"),
        ("do", "digitalocean"),
        ("Yotta Labs", "yotta-labs"),
        ("Yotta Shakti Cloud", "yotta"),
        ("nobody", None),
        (None, None),
    ],
)
def test_one_operator_has_one_vote(spelling: str | None, provider: str | None):
    frame = pl.DataFrame({"provider_raw": [spelling]}, schema={"provider_raw": pl.String})
    assert resolve_provider(frame, REFERENCE["providers"])["provider"].to_list() == [provider]


def test_a_spelling_claimed_twice_is_refused():
    twice = pl.DataFrame(
        {"provider": ["a", "b"], "name": ["A", "B"], "aliases": [None, "x|A"]},
        schema_overrides={"aliases": pl.String},
    )
    with pytest.raises(ValueError, match="one spelling"):
        resolve_provider(pl.DataFrame({"provider_raw": ["a"]}), twice)


@pytest.mark.parametrize(
    ("provider", "region", "group", "country"),
    [
        ("aws", "us-east-1", "north_america", "US"),
        ("aws", "eu-west-2", "europe", "GB"),
        ("gcp", "us-central1", "north_america", "US"),
        ("gcp", "europe-west12", "europe", "IT"),
        ("gcp", "europe-west1", "europe", "BE"),
        ("gcp", "me-west1", "middle_east_africa", "IL"),
        ("azure", "eastus", "north_america", "US"),
        ("azure", "eastasia", "asia_pacific", "HK"),
        ("azure", "southindia", "asia_pacific", "IN"),
        ("oci", "sa-saopaulo-1", "south_america", "BR"),
        ("vast", "France, FR", "europe", "FR"),
        ("vast", "Georgia, US, NA", "north_america", "US"),
        ("vast", ", CA", "north_america", "CA"),
        ("vast", "Argentina, AR, SA", "south_america", "AR"),
        ("runpod", "CA", "north_america", "CA"),
        ("anyone", "Worldwide", "global", None),
        ("anyone", "global", "global", None),
        ("anyone", "Atlantis", "unmapped", None),
    ],
)
def test_regions_map_to_a_part_of_the_world(
    provider: str, region: str, group: str, country: str | None
):
    frame = pl.DataFrame(
        {"provider": [provider], "region": [region], "country": [None]},
        schema_overrides={"country": pl.String},
    )
    [row] = resolve_region(frame, REFERENCE["regions"]).to_dicts()
    assert (row["region_group"], row["country"]) == (group, country)


def test_a_stated_country_is_never_replaced():
    frame = pl.DataFrame({"provider": ["aws"], "region": ["us-east-1"], "country": ["MX"]})
    assert resolve_region(frame, REFERENCE["regions"])["country"].to_list() == ["MX"]
