import csv
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

facility_aliases = named("facility_aliases")
facility_terms = named("facility_terms")

BODY = (source.REFERENCE / "facility_aliases.csv").read_bytes()
HERE = Capture("facility_aliases", "all", "facility_aliases.csv", NOON, "")
FRAME = facility_aliases.parse(BODY, HERE)
MARKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "facts" / "bdc_marks.csv"


def match(name, kind=None, spread=None, maturity=None):
    """Borrower and facility by the first rule that holds, read with Python's own engine."""
    for rule in FRAME.sort("priority").iter_rows(named=True):
        if not re.search(rule["pattern"], name, re.IGNORECASE):
            continue
        if rule["rate_kind"] and rule["rate_kind"] != kind:
            continue
        if rule["spread_bps"] and (spread is None or abs(spread - rule["spread_bps"]) > 1):
            continue
        first, last = rule["maturity_from_on"], rule["maturity_to_on"]
        if first and (maturity is None or not first <= maturity <= last):
            continue
        return rule["borrower"], rule["facility_id"]
    return None, None


def test_every_row_keeps_the_contract():
    terms = facility_aliases.contract
    kept, rejected = split(terms, FRAME.with_columns(source=pl.lit("facility_aliases")))
    assert (kept.height, rejected.height) == (FRAME.height, 0)


@pytest.mark.parametrize(
    ("name", "facility"),
    [
        ("CoreWeave Compute Acquisition Co. II, LLC", "crwv-ddtl-1-0"),
        ("Coreweave Compute Acquisition Co. II, LLC", "crwv-ddtl-1-0"),
        ("CoreWeave Compute Acquistion Co. II, LLC", "crwv-ddtl-1-0"),
        ("CoreWeave Compute Acquisition Co. VII, LLC", "crwv-ddtl-3-0"),
        ("CoreWeave Compute Acquisition Co. VIII, LLC", "crwv-ddtl-4-0"),
        ("CoreWeave Financing DDTL V, LLC", "crwv-ddtl-5-0"),
        ("CoreWeave Financing DDTL V-V, LLC", "crwv-ddtl-5-5"),
        ("Beignet Investor LLC", "meta-hyperion-notes-2049"),
        ("WULF Compute LLC", "wulf-compute-notes-2030"),
        ("APLD ComputeCo LLC", "apld-senior-secured-notes-2030"),
        ("APLD ComputeCo 2 LLC", "apld-senior-secured-notes-2031-6-750"),
        ("Fermi Turbine Warehouse II LLC", "frmi-turbine-warehouse-2"),
        ("NSCALE SERVICES UK LTD", "nscale-ddtl-2026"),
    ],
)
def test_trap_78_spvs_come_to_their_facility(name, facility):
    assert match(name)[1] == facility


@pytest.mark.parametrize(
    "name", ["Coherent Corp.", "Weaver Compute LLC", "Hutchinson DC", "Crusader Energy", "Irenic"]
)
def test_other_companies_match_nothing(name):
    assert match(name) == (None, None)


def test_one_borrower_with_two_facilities_needs_its_terms():
    name = "CoreWeave Compute Acquisition Co., IV, LLC"
    assert match(name) == ("CoreWeave", None)
    assert match(name, "floating", 600, date(2029, 5, 22)) == ("CoreWeave", "crwv-ddtl-2-0")
    assert match(name, "floating", 425, date(2030, 9, 29)) == ("CoreWeave", "crwv-ddtl-2-1")


def test_trap_69_the_draws_of_one_facility_mature_apart():
    name = "CoreWeave Compute Acquisition Co. IV, LLC"
    for day in (date(2029, 5, 16), date(2030, 5, 16), date(2030, 8, 26)):
        assert match(name, "floating", 600, day)[1] == "crwv-ddtl-2-0"


def test_every_recorded_mark_comes_to_what_its_filing_supports():
    if not MARKS.exists():
        pytest.skip("the recorded marks are not on this machine")
    found: dict[tuple[str | None, str | None], int] = {}
    for row in csv.DictReader(MARKS.read_text(encoding="utf-8").splitlines()):
        kind = {"float": "floating", "fixed": "fixed"}.get(row["tranche_rate_kind"])
        spread = row["tranche_spread_pct"]
        day = row["tranche_maturity_as_filed"]
        day = day + "-28" if len(day) == 7 else day
        came = match(
            row["borrower_entity"],
            kind,
            round(float(spread) * 100, 2) if spread else None,
            date.fromisoformat(day) if day else None,
        )
        found[came] = found.get(came, 0) + 1
    assert found == {
        ("CoreWeave", "crwv-ddtl-1-0"): 3,
        ("CoreWeave", "crwv-ddtl-2-0"): 5,
        ("CoreWeave", "crwv-ddtl-2-1"): 1,
        ("Crusoe", None): 4,
        ("Applied Digital", None): 5,
        ("Firmus", None): 1,
        ("Nscale", "nscale-ddtl-2026"): 3,
    }


def test_what_stays_unmatched_says_why():
    unmatched = FRAME.filter(pl.col("facility_id").is_null())
    assert unmatched.height > 5
    assert unmatched["match_reason"].str.starts_with("unmatched: ").all()
    assert (unmatched["match_score"] <= 0.5).all()
    assert (FRAME.filter(pl.col("facility_id").is_not_null())["match_score"] >= 0.4).all()


def test_rules_that_state_terms_state_those_of_the_facility():
    terms = facility_terms.parse((source.REFERENCE / "facility_terms.csv").read_bytes(), HERE)
    grid = (
        terms.drop_nulls("spread_bps")
        .group_by("facility_id")
        .agg(
            low=pl.col("spread_bps").min(),
            high=pl.max_horizontal("spread_bps", "spread_high_bps").max(),
        )
    )
    stated = FRAME.drop_nulls(["spread_bps", "facility_id"]).join(grid, on="facility_id")
    assert stated.height == FRAME.drop_nulls(["spread_bps", "facility_id"]).height
    near = pl.col("spread_bps").is_between(pl.col("low") - 1, pl.col("high") + 1)
    assert stated.filter(~near).is_empty()


def test_patterns_work_in_polars_too():
    names = pl.Series(["CoreWeave Compute Acquisition Co. IV, LLC"])
    for pattern in FRAME["pattern"]:
        here = names.str.contains(f"(?i){pattern}").item()
        assert here == bool(re.search(pattern, names.item(), re.IGNORECASE))


def test_a_word_where_a_number_belongs_is_an_error():
    with pytest.raises(ParseError):
        facility_aliases.parse(BODY.replace(b",962,", b",about 962,", 1), HERE)
