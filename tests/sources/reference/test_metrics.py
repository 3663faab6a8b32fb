"""The committed metrics: what recipes add up, and what leverage is made of."""

import re

import polars as pl

from pipeline.build.model import SQL
from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

concept_recipes, metrics = named("concept_recipes"), named("metrics")

BODY = (source.REFERENCE / "metrics.csv").read_bytes()
HERE = Capture("metrics", "all", "metrics.csv", NOON, "")


def parsed():
    return metrics.parse(BODY, HERE)


def test_every_row_keeps_the_contract():
    frame = parsed().with_columns(source=pl.lit("x"))
    kept, rejected = split(metrics.contract, frame)
    assert rejected.is_empty()
    assert kept.height == frame.height


def test_the_metrics_are_those_that_recipes_add_up():
    body = (source.REFERENCE / "concept_recipes.csv").read_bytes()
    recipes = concept_recipes.parse(body, Capture("concept_recipes", "all", "x", NOON, ""))
    assert set(parsed()["metric"]) == set(recipes["metric"])


def test_a_balance_is_read_on_a_day_and_a_flow_over_a_period():
    told = dict(parsed().select("metric", "is_balance").rows())
    assert {told[name] for name in ("cash", "rpo", "debt_due_thereafter")} == {True}
    assert {told[name] for name in ("revenue", "capex", "debt_repayments")} == {False}


def test_what_is_marked_for_leverage_is_what_a_balance_day_sets_side_by_side():
    text = (SQL / "steps/leverage/issuer_balance_day.sql").read_text(encoding="utf-8")
    items = set(re.findall(r"item = '([a-z_0-9]+)'", text))
    shown = {each.removesuffix("_ltm").removesuffix("_quarter") for each in items}
    assert shown == set(parsed().filter(pl.col("is_leverage_input"))["metric"])
