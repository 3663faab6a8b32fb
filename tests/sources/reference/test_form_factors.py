"""The committed form factors: which parts are sockets of a training machine."""

import polars as pl

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

form_factors, accelerators = named("form_factors"), named("accelerators")


def parsed(one):
    body = (source.REFERENCE / f"{one.name}.csv").read_bytes()
    return one.parse(body, Capture(one.name, "all", f"{one.name}.csv", NOON, ""))


def test_every_row_keeps_the_contract():
    frame = parsed(form_factors).with_columns(source=pl.lit("x"))
    kept, rejected = split(form_factors.contract, frame)
    assert rejected.is_empty()
    assert kept.height == frame.height


def test_a_pair_of_inference_cards_is_no_training_part_and_a_socket_is():
    told = dict(parsed(form_factors).select("form_factor", "is_training_part").rows())
    assert told["NVL"] is False
    assert {told[name] for name in told if name.startswith("SXM")} == {True}


def test_every_form_of_an_accelerator_is_described():
    forms = set(parsed(accelerators)["form_factor"].drop_nulls())
    assert forms - set(parsed(form_factors)["form_factor"]) == set()
