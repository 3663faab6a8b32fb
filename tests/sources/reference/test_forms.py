"""The committed forms: every list of forms in the code is this one."""

import polars as pl

from distil import _filing_facts
from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.filings import _edgar
from pipeline.sources.reference import filing_facts
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

forms = named("forms")

BODY = (source.REFERENCE / "forms.csv").read_bytes()
HERE = Capture("forms", "all", "forms.csv", NOON, "")


def of_kind(*kinds):
    return set(forms.parse(BODY, HERE).filter(pl.col("report_kind").is_in(kinds))["form"])


def test_every_row_keeps_the_contract():
    frame = forms.parse(BODY, HERE).with_columns(source=pl.lit("x"))
    kept, rejected = split(forms.contract, frame)
    assert rejected.is_empty()
    assert kept.height == frame.height


def test_the_forms_the_sec_is_asked_for_are_the_periodic_ones():
    periodic = of_kind("annual", "quarterly", "furnished")
    assert set(_edgar.PERIODIC) == periodic
    assert set(_filing_facts.PERIODIC) == periodic


def test_every_form_of_a_committed_figure_is_known():
    body = (source.REFERENCE / "filing_facts.csv").read_bytes()
    filed = filing_facts.parse(body, Capture("filing_facts", "all", "x", NOON, ""))["form"]
    assert set(filed.drop_nulls().str.replace("/A", "", literal=True)) <= set(
        forms.parse(BODY, HERE)["form"]
    )


def test_everything_that_begins_like_a_proxy_is_one():
    named = set(forms.parse(BODY, HERE)["form"])
    assert {each for each in named if each.startswith(("DEF", "PRE"))} == of_kind("proxy")
