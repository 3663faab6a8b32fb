"""Managers are told by the names of their funds, or not at all."""

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.credit._names import adviser
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON


def test_every_row_keeps_the_contract():
    body = (source.REFERENCE / "fund_advisers.csv").read_bytes()
    rows = named("fund_advisers").parse(body, Capture("x", "all", "x", NOON, ""))
    kept, rejected = split(named("fund_advisers").contract, rows.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    assert kept.height == rows.height


@pytest.mark.parametrize(
    ("fund", "manager"),
    [
        ("BLUE OWL CAPITAL CORP", "Blue Owl"),
        ("Owl Rock Core Income Corp.", "Blue Owl"),
        ("Ares Strategic Income Fund", "Ares"),
        ("ANTARES STRATEGIC CREDIT FUND", None),  # Ares is a word of its own, at the front
        ("MidCap Apollo Institutional Private Lending", None),
        ("Monroe Capital Income Plus Corporation", "Monroe"),
        ("Somebody's Lending Fund", None),
    ],
)
def test_a_fund_without_its_managers_name_has_no_adviser_here(fund, manager):
    found = pl.DataFrame({"name": [fund]}).select(adviser(pl.col("name"))).item()
    assert found == manager
