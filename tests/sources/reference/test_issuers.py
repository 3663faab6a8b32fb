"""Companies, their perimeters and bases: what keeps a predecessor's figures out."""

import gzip
import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

issuers = named("issuers")

BODY = (source.REFERENCE / "issuers.csv").read_bytes()
TICKERS = (
    Path(__file__).resolve().parents[4]
    / "shared/data/sec/company_tickers/company_tickers_2026-04.json.gz"
)
LAYERS = {
    "chips": "NVDA AMD AVGO MRVL INTC MU",
    "servers": "SMCI DELL",
    "neocloud": "CRWV NBIS APLD IREN CIFR WULF CORZ GLXY DOCN HUT RIOT WYFI",
    "hyperscaler": "MSFT META GOOGL AMZN ORCL",
    "application": "TSLA",
    "landlord": "EQIX DLR",
}


def rows(issuer: str = ""):
    frame = issuers.parse(BODY, Capture("issuers", "all", "issuers.csv", NOON, ""))
    return [each for each in frame.to_dicts() if issuer in ("", each["issuer"])]


def test_every_row_keeps_the_contract():
    frame = issuers.parse(BODY, Capture("issuers", "all", "issuers.csv", NOON, ""))
    kept, rejected = split(issuers.contract, frame.with_columns(source=pl.lit("x")))
    assert (kept.height, rejected.height) == (frame.height, 0)


def test_the_universe_by_layer():
    for layer, tickers in LAYERS.items():
        assert {row["ticker"] for row in rows() if row["layer"] == layer} == set(tickers.split())


@pytest.mark.skipif(not TICKERS.exists(), reason="needs the shared recordings")
def test_ciks_are_those_of_the_secs_ticker_file():
    listed = json.loads(gzip.decompress(TICKERS.read_bytes())).values()
    of = {each["ticker"]: f"{each['cik_str']:010d}" for each in listed}
    assert {(row["ticker"], row["cik"]) for row in rows()} == {
        (row["ticker"], of[row["ticker"]]) for row in rows()
    }


def test_stretches_of_one_company_do_not_overlap():
    for cik in {row["cik"] for row in rows()}:
        mine = sorted((r for r in rows() if r["cik"] == cik), key=lambda r: r["period_from_on"])
        for before, after in pairwise(mine):
            assert before["period_to_on"] is not None
            assert before["period_to_on"] < after["period_from_on"]
        assert mine[-1]["period_to_on"] is None


def test_trap_51_iren_changed_its_basis_inside_one_cik():
    ifrs, us_gaap = rows("IREN")
    assert (ifrs["accounting_basis"], ifrs["period_to_on"]) == ("ifrs", date(2024, 6, 30))
    assert (us_gaap["accounting_basis"], us_gaap["period_from_on"]) == (
        "us_gaap",
        date(2024, 7, 1),
    )


@pytest.mark.parametrize(
    ("issuer", "filed_from_on"),
    [
        ("TeraWulf", date(2021, 12, 13)),  # IKONICS before
        ("Riot", date(2017, 10, 19)),  # Bioptix before
        ("Hut 8", date(2023, 11, 30)),  # a new company
        ("Nebius", date(2024, 7, 15)),  # Yandex before
    ],
)
def test_trap_52_a_predecessors_figures_stay_out(issuer: str, filed_from_on: date):
    assert {row["filed_from_on"] for row in rows(issuer)} == {filed_from_on}


def test_trap_52_core_scientific_changes_perimeter_on_the_day_it_left_chapter_11():
    before, after = rows("Core Scientific")
    assert before["period_to_on"] == date(2024, 1, 22)
    assert after["period_from_on"] == date(2024, 1, 23)


@pytest.mark.parametrize(
    ("issuer", "ends"),
    [("NVIDIA", "01-31"), ("Oracle", "05-31"), ("IREN", "06-30"), ("Micron", "08-31")],
)
def test_trap_49_fiscal_years_end_in_different_months(issuer: str, ends: str):
    assert {row["fiscal_year_end"] for row in rows(issuer)} == {ends}


def test_no_row_is_known_before_its_document_or_after_it_was_read():
    for row in rows():
        assert row["source_date"] <= row["known_at"].date() <= row["read_on"]
