"""Who is an AI borrower stands in one file: rules, universe and sources agree with it."""

import re

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.credit import _names
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, discover
from tests.given.support import NOON

BORROWERS, ALIASES, ISSUERS = (
    named(each).parse(
        (source.REFERENCE / f"{each}.csv").read_bytes(), Capture(each, "all", each, NOON, "")
    )
    for each in ("ai_borrowers", "facility_aliases", "issuers")
)


def found(name: str, sought_in: str) -> bool:
    return re.search(_names.any_name(sought_in), name) is not None


def test_every_row_keeps_the_contract():
    kept, rejected = split(
        named("ai_borrowers").contract, BORROWERS.with_columns(source=pl.lit("x"))
    )
    assert rejected.is_empty()
    assert kept.height == BORROWERS.height


def test_a_name_is_sought_somewhere():
    assert BORROWERS.filter(
        ~pl.col("is_sought_in_holdings") & ~pl.col("is_sought_in_offerings")
    ).is_empty()


def test_every_borrower_of_a_facility_rule_is_sought_in_holdings():
    sought = set(BORROWERS.filter("is_sought_in_holdings")["borrower"])
    assert set(ALIASES["borrower"]) <= sought


def test_every_neocloud_whose_filings_are_read_is_a_borrower_with_its_number():
    neoclouds = ISSUERS.filter(
        (pl.col("layer") == "neocloud") & (pl.col("issuer") != "DigitalOcean")
    ).select("issuer", "cik")
    numbered = BORROWERS.drop_nulls("cik").select("borrower", "cik")
    assert set(neoclouds.unique().rows()) <= set(numbered.rows())


def test_a_number_is_one_borrowers_and_the_universes():
    numbers = BORROWERS.drop_nulls("cik")
    assert numbers["cik"].is_unique().all()
    both = numbers.join(ISSUERS.select("cik", "issuer").unique(), on="cik")
    assert both.filter(pl.col("borrower") != pl.col("issuer")).is_empty()


@pytest.mark.parametrize(
    ("name", "in_holdings", "in_offerings"),
    [
        ("CoreWeave Compute Acquistion Co. IV, LLC", True, True),
        ("WULF Compute LLC", True, False),
        ("X.AI LLC", True, True),
        ("Lambda, Inc.", True, True),
        ("Lambda Labs", True, True),
        ("Lambda School", False, False),
        ("Vast Data, Inc.", False, True),
        ("OpenAI Startup Fund", False, True),
        ("Crucible Compute", True, True),
        ("Flash Compute LLC", True, False),
        ("Some Data Center Holdings", True, False),
        ("Maxai Foods", False, False),
        ("Acme Bakery", False, False),
    ],
)
def test_names_are_found_where_they_are_sought(name, in_holdings, in_offerings):
    assert (found(name, "holdings"), found(name, "offerings")) == (in_holdings, in_offerings)


def test_polars_and_python_find_the_same():
    names = pl.Series(["WULF Compute LLC", "Acme Bakery", "Aligned Energy", None])
    said = names.to_frame("name").select(_names.names_borrower(pl.col("name")))["name"]
    assert said.to_list() == [True, False, True, False]
    assert [_names.is_borrower(each) for each in names.drop_nulls()] == [True, False, True]


def test_a_new_name_reads_raw_again(monkeypatch, tmp_path):
    from pipeline import ingest

    [bdc] = [each for each in discover() if each.name == "sec_bdc"]
    before = ingest._parser(bdc)
    for each in source.REFERENCE.glob("*.csv"):
        (tmp_path / each.name).symlink_to(each)
    changed = tmp_path / "ai_borrowers.csv"
    body = changed.read_bytes()
    changed.unlink()
    changed.write_bytes(body + body.splitlines(keepends=True)[1])
    monkeypatch.setattr(ingest, "REFERENCE", tmp_path)
    assert ingest._parser(bdc) != before
