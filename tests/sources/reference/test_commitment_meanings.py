"""What commitment tags hold, as the filings were read."""

from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.filings import COMMITMENT_MEANINGS
from pipeline.sources import source
from pipeline.sources.reference import filing_facts
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

commitment_meanings = named("commitment_meanings")

BODY = (source.REFERENCE / "commitment_meanings.csv").read_bytes()
HERE = Capture("commitment_meanings", "all", "commitment_meanings.csv", NOON, "")
UNCONDITIONAL = "UnrecordedUnconditionalPurchaseObligationBalanceSheetAmount"


@pytest.fixture(scope="module")
def meanings() -> pl.DataFrame:
    return commitment_meanings.parse(BODY, HERE)


def kinds(meanings: pl.DataFrame, cik: str, concept: str) -> list[str]:
    rows = meanings.filter(pl.col("cik") == cik, pl.col("concept") == concept)
    return rows.sort("dimensions")["obligation_kind"].to_list()


def test_every_row_keeps_the_contract(meanings):
    kept, rejected = split(COMMITMENT_MEANINGS, meanings.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    assert kept.height == meanings.height >= 35


@pytest.mark.parametrize(
    ("cik", "kind"),
    [
        ("0001839341", "receivable"),  # Core Scientific: rent to come in
        ("0001083301", "not_a_commitment"),  # TeraWulf: prepaid rent received
        ("0001101239", "leases_not_commenced"),  # Equinix
        ("0001730168", "supply"),  # Broadcom
        ("0001341439", "supply_and_capex"),  # Oracle
    ],
)
def test_trap_59_one_tag_holds_anything(meanings, cik, kind):
    assert kinds(meanings, cik, UNCONDITIONAL) == [kind]


def test_trap_57_amazons_tag_without_dimension_ends_where_it_froze(meanings):
    rows = meanings.filter(pl.col("cik") == "0001018724", pl.col("concept") == UNCONDITIONAL)
    frozen = rows.filter(pl.col("dimensions") == "")
    assert frozen["period_to_on"].to_list() == [date(2024, 6, 30)]
    assert kinds(meanings, "0001018724", UNCONDITIONAL) == [
        "content",
        "content",
        "leases_not_commenced",
    ]


def test_content_at_alphabet_is_not_supply(meanings):
    assert kinds(meanings, "0001652044", "PurchaseObligation") == ["content"]
    assert kinds(meanings, "0001652044", "LongTermPurchaseCommitmentAmount") == ["supply"]


def test_a_grand_total_with_debt_inside_is_no_commitment(meanings):
    # Amazon, 2024: 333,001M of contractual commitments, debt with interest and leases among them.
    assert kinds(meanings, "0001018724", "ContractualObligation") == ["not_a_commitment"]
    assert kinds(meanings, "0001326801", "ContractualObligation") == ["supply_and_capex"]


def test_every_meaning_but_one_has_its_figure(meanings):
    body = (source.REFERENCE / "filing_facts.csv").read_bytes()
    facts = filing_facts.parse(body, Capture("filing_facts", "all", "x", NOON, ""))
    bare = meanings.join(facts, on=["cik", "taxonomy", "concept", "dimensions"], how="anti")
    # Riot's royalty is of 2016, before the period that is kept.
    assert bare["cik"].to_list() == ["0001167419"]


def test_cited_and_known_after_the_document(meanings):
    assert meanings.filter(~pl.col("source_url").str.starts_with("https://www.sec.gov/")).is_empty()
    assert meanings.filter(pl.col("known_at").dt.date() <= pl.col("source_date")).is_empty()


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="obligation_kind"):
        commitment_meanings.parse(BODY.replace(b"obligation_kind", b"kind", 1), HERE)
