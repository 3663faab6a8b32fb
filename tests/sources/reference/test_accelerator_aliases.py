import polars as pl

from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

accelerator_aliases = named("accelerator_aliases")
accelerators = named("accelerators")


def parsed(module, name):
    body = (source.REFERENCE / f"{name}.csv").read_bytes()
    return module.parse(body, Capture(name, "all", name, NOON, ""))


def test_every_rule_names_a_known_accelerator_or_a_reason():
    rules = parsed(accelerator_aliases, "accelerator_aliases")
    known = parsed(accelerators, "accelerators")["accelerator"]
    assert rules.filter(pl.col("accelerator").is_null() & pl.col("reason").is_null()).is_empty()
    assert set(rules["accelerator"].drop_nulls()) <= set(known)


def test_rules_have_an_order_and_evidence():
    rules = parsed(accelerator_aliases, "accelerator_aliases")
    assert rules["priority"].is_unique().all()
    assert rules["evidence"].str.len_chars().min() >= 2
    assert rules["source_url"].str.starts_with("https://").all()
