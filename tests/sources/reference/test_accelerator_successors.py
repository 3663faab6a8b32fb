import polars as pl
import pytest

from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

accelerator_successors = named("accelerator_successors")
accelerators = named("accelerators")

HERE = Capture("accelerator_successors", "all", "accelerator_successors.csv", NOON, "")


def read(module):
    return module.parse((source.REFERENCE / module.file).read_bytes(), HERE)


def test_hopper_follows_ampere_and_blackwell_follows_hopper():
    pairs = set(read(accelerator_successors).select("predecessor", "successor").rows())
    # NVIDIA, 22 March 2022 and 18 March 2024.
    assert ("nvidia-a100-sxm4-80gb", "nvidia-h100-sxm-80gb") in pairs
    assert ("nvidia-h100-sxm-80gb", "nvidia-b200-sxm-180gb") in pairs


def test_both_parts_are_known_and_the_successor_is_the_later():
    parts = read(accelerators).select("accelerator", "announced_on", "vendor", "known_at")
    pairs = (
        read(accelerator_successors)
        .join(parts, left_on="predecessor", right_on="accelerator", suffix="_old")
        .join(parts, left_on="successor", right_on="accelerator", suffix="_new")
    )
    assert pairs.height == read(accelerator_successors).height
    later = pairs.drop_nulls(["announced_on", "announced_on_new"])
    assert later.filter(pl.col("announced_on") >= pl.col("announced_on_new")).is_empty()
    assert pairs.filter(pl.col("vendor") != pl.col("vendor_new")).is_empty()
    assert pairs.filter(pl.col("known_at") < pl.col("known_at_new")).is_empty()


def test_nothing_follows_in_a_circle():
    pairs = read(accelerator_successors).select("predecessor", "successor").rows()
    known = {name: {new for old, new in pairs if old == name} for name, _ in pairs}
    for start in known:
        reached, todo = set(), set(known[start])
        while todo:
            reached |= todo
            todo = set().union(*(known.get(name, set()) for name in todo)) - reached
        assert start not in reached


def test_a_missing_column_is_an_error():
    body = (source.REFERENCE / "accelerator_successors.csv").read_bytes()
    with pytest.raises(ParseError, match="successor"):
        accelerator_successors.parse(body.replace(b"successor", b"next", 1), HERE)
