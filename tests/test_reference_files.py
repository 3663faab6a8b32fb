"""Every committed reference file, held to what a reader may expect of a cited row."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from urllib.parse import urlsplit

import polars as pl
import pytest

from pipeline.sources.source import REFERENCE, Capture, Source, discover

FILES = sorted((each for each in discover() if each.file), key=lambda each: each.name)
NAMES = [each.name for each in FILES]
CREDIT = ["commitments", "facility_aliases", "facility_balances", "facility_terms"]
# Files that cite the document a fact was read in, which may be younger than the fact's first
# publication: a data sheet of 2024 for a card announced in 2020.
READ_LATER = {"accelerator_aliases", "accelerator_successors", "accelerators", "providers"}
MACHINE = re.compile(r"(?:^|[\s\"'(]|file://)/(?:work|root|home|tmp)/|localhost|127\.0\.0\.1")
# Press and blogs: never the last word.
SECONDARY = (
    "axios.com",
    "benzinga.com",
    "bloomberg.com",
    "cnbc.com",
    "coindesk.com",
    "cryptonews.net",
    "medium.com",
    "nytimes.com",
    "reuters.com",
    "seekingalpha.com",
    "substack.com",
    "techcrunch.com",
    "theinformation.com",
    "wikipedia.org",
    "wsj.com",
)
# Filings, rating agencies, the parties' own pages and the wires that carry their releases.
PRIMARY = (
    "anthropic.com",
    "apollo.com",
    "businesswire.com",
    "cimgroup.com",
    "coreweave.com",
    "crusoe.ai",
    "edgecore.com",
    "globenewswire.com",
    "hut8.com",
    "lambda.ai",
    "markets.ft.com",
    "moodys.com",
    "nscale.com",
    "nvidia.com",
    "openai.com",
    "prnewswire.com",
    "sbenergy.com",
    "sec.gov",
    "spglobal.com",
    "terawulf.com",
)


@cache
def rows(name: str) -> pl.DataFrame:
    [source] = [each for each in FILES if each.name == name]
    return read(source)


def read(source: Source) -> pl.DataFrame:
    assert source.file is not None
    assert source.parse is not None
    here = Capture(source.name, "all", source.file, datetime(2026, 11, 23, tzinfo=UTC), "")
    return source.parse((REFERENCE / source.file).read_bytes(), here)


def hosted(url: str, hosts: tuple[str, ...]) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def cells(frame: pl.DataFrame) -> Iterator[str]:
    for column in frame.select(pl.col(pl.String)).iter_columns():
        yield from column.drop_nulls().unique()


# A form to fill in for `make fleet`: it states no fact, so it has nothing to cite.
TEMPLATES = {"fleet_example.csv"}


def test_every_file_belongs_to_a_source():
    kept = {each.name for each in REFERENCE.iterdir()}
    assert kept >= TEMPLATES
    assert kept - TEMPLATES == {each.file for each in FILES}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_cites_a_page(name):
    frame = rows(name)
    assert frame.height > 0
    assert frame.filter(~pl.col("source_url").fill_null("").str.starts_with("https://")).is_empty()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_known_or_read_in_the_future(name):
    frame = rows(name)
    if "known_at" in frame.columns:  # else the contract's `prepare` finds it
        assert frame.filter(pl.col("known_at") > pl.col("captured_at")).is_empty()
    assert frame["captured_at"].max() <= datetime.now(UTC)
    if "source_date" in frame.columns:
        assert frame.filter(pl.col("source_date") > pl.col("read_on")).is_empty()
        assert frame["read_on"].max() <= datetime.now(UTC).date()


@pytest.mark.parametrize("name", [each for each in NAMES if each not in READ_LATER])
def test_nothing_is_known_before_its_document(name):
    frame = rows(name)
    if "source_date" in frame.columns:
        early = pl.col("known_at").dt.date() < pl.col("source_date")
        assert frame.filter(early).is_empty()


@pytest.mark.parametrize("name", NAMES)
def test_press_is_never_sure(name):
    sure = rows(name).filter(pl.col("confidence") == "high")["source_url"].unique()
    assert [each for each in sure if hosted(each, SECONDARY)] == []


@pytest.mark.parametrize("name", CREDIT)
def test_only_a_primary_document_makes_a_credit_fact_sure(name):
    sure = rows(name).filter(pl.col("confidence") == "high")["source_url"].unique()
    assert [each for each in sure if not hosted(each, PRIMARY)] == []


@pytest.mark.parametrize("name", CREDIT)
def test_a_front_page_is_no_citation(name):
    # A document known by title and day alone points at its publisher, and says so by its grade.
    vague = rows(name).filter(pl.col("confidence") == "high")["source_url"].unique()
    assert [each for each in vague if urlsplit(each).path in ("", "/")] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_names_a_machine(name):
    assert [each for each in cells(rows(name)) if MACHINE.search(each)] == []


# --- facilities ------------------------------------------------------------------------------

TERMS = (
    "issuer",
    "cik",
    "closed_on",
    "commitment_usd",
    "benchmark",
    "spread_bps",
    "fixed_rate_pct",
    "undrawn_fee_bps",
    "redemption_price_pct",
    "maturity_on",
    "advance_rate_pct",
    "depreciation_life_years",
    "dscr_min_ratio",
    "contract_coverage_min_ratio",
)


def latest() -> pl.DataFrame:
    return rows("facility_terms").sort("known_at").unique("facility_id", keep="last")


def test_facility_ids_and_parents_exist():
    known = set(rows("facility_terms")["facility_id"])
    for name in ("facility_balances", "facility_aliases"):
        assert set(rows(name)["facility_id"].drop_nulls()) <= known
    parents = latest().filter(pl.col("parent_facility_id").is_not_null())
    assert set(parents["parent_facility_id"]) <= known - set(parents["facility_id"])


def test_issuers_are_those_of_the_issuer_list():
    listed = set(rows("issuers").select("issuer", "cik").iter_rows())
    named = rows("facility_terms").filter(pl.col("issuer").is_not_null())
    assert set(named.select("issuer", "cik").iter_rows()) <= listed


def test_a_version_never_forgets_a_term():
    frame = rows("facility_terms").sort("facility_id", "known_at", "source_url")
    for name in TERMS:
        held = pl.col(name).is_not_null()
        lost = frame.filter(held.shift().over("facility_id") & ~held)
        assert lost["facility_id"].to_list() == [], name


def test_versions_become_known_one_after_the_other():
    # Two documents of one moment would leave the newest row to chance.
    assert rows("facility_terms").select("facility_id", "known_at").is_duplicated().sum() == 0


def test_what_a_filing_redacts_stays_empty():
    redacted = rows("facility_terms").filter(pl.col("redacted_terms").is_not_null())
    assert redacted.height > 0
    for row in redacted.iter_rows(named=True):
        names = row["redacted_terms"].split("|")
        assert {name: row[name] for name in names} == dict.fromkeys(names)


def test_spreads_are_basis_points():
    # 5.75 or 57.5 would be percent or a slipped point; the dearest on record is 1300.
    spreads = rows("facility_terms")["spread_bps"].drop_nulls()
    assert spreads.is_between(50, 1500).all()
    coupons = rows("facility_terms")["fixed_rate_pct"].drop_nulls()
    assert coupons.is_between(0, 20).all()


def test_versions_of_one_size_are_of_one_magnitude():
    sizes = rows("facility_terms").drop_nulls("commitment_usd").group_by("facility_id")
    spans = sizes.agg(span=pl.col("commitment_usd").max() / pl.col("commitment_usd").min())
    assert spans.filter(pl.col("span") > 1.5).is_empty()


def test_balances_fit_their_commitments():
    most = rows("facility_terms").group_by("facility_id").agg(pl.col("commitment_usd").max())
    both = rows("facility_balances").join(most, on="facility_id").drop_nulls("commitment_usd")
    assert both.height > 30
    drawn = pl.col("principal_usd") / pl.col("commitment_usd")
    assert both.filter(drawn > 1.02).is_empty()
    assert both.filter((pl.col("principal_usd") > 0) & (drawn < 0.01)).is_empty()


def test_parts_do_not_outgrow_the_whole():
    whole = latest().select(parent_facility_id="facility_id", whole="commitment_usd")
    parts = latest().group_by("parent_facility_id").agg(parts=pl.col("commitment_usd").sum())
    both = parts.join(whole, on="parent_facility_id").drop_nulls("whole")
    assert both.height == 2
    assert both.filter(pl.col("parts") > 1.02 * pl.col("whole")).is_empty()


def test_dates_of_a_facility_are_in_order():
    frame = rows("facility_terms")
    assert frame.filter(pl.col("closed_on") >= pl.col("maturity_on")).is_empty()
    signed = pl.col("known_at").dt.date() < pl.col("closed_on")
    assert frame.filter(signed).is_empty()
    assert frame.filter(
        pl.col("maturity_on").is_null() != pl.col("maturity_grain").is_null()
    ).is_empty()
    assert frame["maturity_on"].drop_nulls().is_between(date(2025, 1, 1), date(2050, 1, 1)).all()
