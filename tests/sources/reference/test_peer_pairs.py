"""The committed pairs: which NVIDIA part each challenger is held against."""

import polars as pl

from tests.given.committed_files import rows

FRAME = rows("peer_pairs")


def test_both_parts_of_a_pair_have_specifications_and_the_reference_is_nvidias():
    vendors = dict(rows("accelerators").select("accelerator", "vendor").iter_rows())
    assert set(FRAME["challenger"]) <= set(vendors)
    assert {vendors[each] for each in FRAME["reference"]} == {"NVIDIA"}
    assert "NVIDIA" not in {vendors[each] for each in FRAME["challenger"]}


def test_mi300x_is_held_against_h100_first():
    mine = FRAME.filter(challenger="amd-mi300x-192gb", is_primary_pair=True)
    assert mine["reference"].to_list() == ["nvidia-h100-sxm-80gb"]


def test_a_challenger_has_one_primary_pair_at_most():
    assert FRAME.filter("is_primary_pair")["challenger"].is_duplicated().sum() == 0


def test_a_part_that_nobody_rents_out_has_its_row():
    alone = FRAME.filter(rental_market="none")["challenger"]
    assert {"microsoft-maia-200", "meta-mtia-300"} <= set(alone)
    assert FRAME.filter(pl.col("evidence").str.len_chars() < 20).is_empty()
