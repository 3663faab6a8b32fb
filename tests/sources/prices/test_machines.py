"""Counts of machine types: one cited file, used by every source that needs one."""

import ast
import inspect
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.identity import resolve_accelerator
from pipeline.sources.prices import _machines
from pipeline.sources.prices._machines import gpu_counts, listed, machine_types
from pipeline.sources.source import REFERENCE, Capture, discover

AT = Capture("machine_types", "all", "x", datetime(2026, 11, 27, tzinfo=UTC), "")
PROVIDERS = ("aws", "azure", "gcp", "oci", "vultr")
READERS = [
    each
    for each in discover()
    if each.contract is GPU_OFFERS and "prices._machines" in inspect.getsource(each.module)
]


def table(name: str) -> pl.DataFrame:
    [source] = [each for each in discover() if each.name == name]
    return source.parse((REFERENCE / source.file).read_bytes(), AT)


def test_every_machine_type_is_a_whole_number_of_accelerators_or_says_why_not():
    rows = table("machine_types")
    assert rows.filter(pl.col("gpu_count").is_null() == pl.col("reason").is_null()).is_empty()
    assert set(rows["provider"]) == set(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_counted_machine_type_comes_to_an_accelerator(provider: str):
    rows = machine_types(provider).with_columns(memory_gib=pl.lit(None, pl.Float64))
    named = resolve_accelerator(rows, table("accelerator_aliases"))
    lost = named.filter(pl.col("accelerator").is_null(), pl.col("gpu_count").is_not_null())
    # Vultr's A100 plans name no form, which the alias table refuses.
    lost = lost.filter(~pl.col("accelerator_raw").str.starts_with("A100") | (provider != "vultr"))
    assert lost["instance_type"].to_list() == []
    shares = named.filter(reason="fractional")
    assert shares.filter(pl.col("accelerator").is_not_null())["instance_type"].to_list() in (
        [],
        ["g4-standard-6", "g4-standard-12", "g4-standard-24"],
    )


@pytest.mark.parametrize(
    ("provider", "kind", "count"),
    [
        ("aws", "g7.2xlarge", 1),
        ("aws", "g7.8xlarge", 1),
        ("aws", "g7.12xlarge", 2),
        ("aws", "g7.24xlarge", 4),
        ("aws", "g7.48xlarge", 8),
        ("azure", "Standard_NC144ds_xl_RTXPRO6000BSE_v6", 1),
        ("azure", "NC288lds_xl_RTXPRO6000BSE_v6", 2),
        ("azure", "standard_nd96ams_a100_v4", 8),
        ("azure", "Standard_ND96is_noIB_H100_v5", 8),
        ("azure", "Standard_NC24_Promo", 4),
        ("azure", "Standard_NC36lds_xl_RTXPRO6000BSE_v6", None),
        ("azure", "Standard_NC576ds_xl_RTXPRO6000BSE_v6", None),
        ("gcp", "g2-standard-24", 2),
        ("gcp", "g2-standard-32", 1),
        ("oci", "BM.GPU.GB200.4", 4),
        ("vultr", "vbm-256c-2048gb-8-mi300x-gpu", 8),
    ],
)
def test_a_machine_type_is_counted_as_its_cloud_counts_it(provider, kind, count):
    frame = pl.DataFrame({"kind": [kind]})
    assert frame.select(listed(provider, pl.col("kind"), "gpu_count")).item() == count


def test_counts_of_one_cloud_are_not_those_of_another():
    frame = pl.DataFrame({"kind": ["p5.48xlarge"]})
    assert frame.select(listed("gcp", pl.col("kind"), "gpu_count")).item() is None


def test_gpu_counts_leaves_shares_out():
    assert "g6f.large" not in gpu_counts("aws")
    assert gpu_counts("aws")["p6-b300.48xlarge"] == 8


@pytest.mark.parametrize("source", READERS, ids=lambda each: each.name)
def test_a_changed_count_reads_the_captures_of_its_users_again(source):
    assert source.rules == _machines.RULES


def test_five_sources_and_more_share_the_file_and_hold_no_counts_of_their_own():
    assert len(READERS) >= 6
    for source in READERS:
        tree = ast.parse(Path(inspect.getfile(source.module)).read_text(encoding="utf-8"))
        names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        assert not names & {"COUNTS", "SHARES", "AZURE_COUNTS", "LAYOUTS", "G2_VCPUS_TO_L4"}
