"""What stands in for terms no filing states."""

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.credit import ASSUMED_TERMS, FACILITY_TERMS
from pipeline.sources.committed import read_reference
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import REFERENCE, ParseError

assumed_terms = named("assumed_terms")


@pytest.fixture
def terms():
    body = (REFERENCE / "assumed_terms.csv").read_bytes()
    frame = assumed_terms.parse(body, None).with_columns(source=pl.lit("assumed_terms"))
    kept, rejected = split(ASSUMED_TERMS, frame)
    assert rejected.is_empty()
    return kept


def test_the_redacted_advance_rate_is_named_as_low_confidence(terms):
    [row] = terms.filter(term="advance_rate_pct").to_dicts()
    assert (row["facility_id"], row["base_value"], row["confidence"]) == (
        "crwv-ddtl-1-0", 65.0, "low",
    )  # fmt: skip


def test_a_chip_no_filing_names_is_never_stated_with_confidence(terms):
    chips = terms.filter(term="accelerator")
    assert chips["confidence"].unique().to_list() == ["low"]
    assert chips["accelerator"].is_not_null().all()
    specified = pl.read_csv(REFERENCE / "accelerators.csv")["accelerator"]
    assert set(chips["accelerator"]) <= set(specified)


def test_nothing_assumed_overrides_what_a_filing_states(terms):
    stated = read_reference((REFERENCE / "facility_terms.csv").read_bytes(), FACILITY_TERMS)
    for term in ("advance_rate_pct", "depreciation_life_years"):
        filled = stated.drop_nulls(term)["facility_id"]
        assumed = terms.filter(term=term)["facility_id"]
        assert not assumed.is_empty()
        assert not set(filled) & set(assumed)
    assert set(terms["facility_id"]) <= set(stated["facility_id"])


def test_a_column_missing_is_a_named_error():
    with pytest.raises(ParseError, match="columns missing"):
        assumed_terms.parse(b"facility_id,term\ncrwv-ddtl-1-0,accelerator\n", None)
