import polars as pl
import pytest

from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

accelerators = named("accelerators")

BODY = (source.REFERENCE / "accelerators.csv").read_bytes()
HERE = Capture("accelerators", "all", "accelerators.csv", NOON, "")


def test_specifications_are_those_of_the_data_sheets():
    frame = accelerators.parse(BODY, HERE)
    shown = frame.select(
        "accelerator", "memory_gib", "memory_bandwidth_tb_per_s", "bf16_dense_tflops", "tdp_w"
    )
    rows = {row[0]: row[1:] for row in shown.iter_rows()}
    # NVIDIA H100 Tensor Core GPU data sheet: 80 GB, 3.35 TB/s, 1,979 sparse = 989 dense, 700 W.
    memory, bandwidth, dense, watts = rows["nvidia-h100-sxm-80gb"]
    assert (memory, watts) == (80, 700)
    assert bandwidth == pytest.approx(3.35)
    assert dense == pytest.approx(989.5, abs=1)
    # Google Cloud, TPU v5e: 16 GB, 197 TFLOPS bf16 per chip.
    assert rows["google-tpu-v5e"][0] == 16
    assert rows["google-tpu-v5e"][2] == 197


def test_at_least_55_accelerators_each_cited():
    frame = accelerators.parse(BODY, HERE)
    assert frame.height >= 55
    assert frame.filter(~pl.col("source_url").str.starts_with("https://")).is_empty()


def test_dense_never_exceeds_what_sparsity_would_claim():
    # A sparse figure entered by mistake shows as BF16 above FP8.
    frame = accelerators.parse(BODY, HERE)
    assert frame.filter(pl.col("bf16_dense_tflops") > pl.col("fp8_dense_tflops")).is_empty()


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="vendor"):
        accelerators.parse(BODY.replace(b"vendor", b"maker", 1), HERE)


def test_a_word_where_a_number_belongs_is_an_error():
    with pytest.raises(ParseError):
        accelerators.parse(BODY.replace(b",80,", b",eighty,", 1), HERE)
