import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.reference import PUBLISHED_INDICES
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

published_indices = named("published_indices")

BODY = (source.REFERENCE / "published_indices.csv").read_bytes()
HERE = Capture("published_indices", "all", "published_indices.csv", NOON, "")


def kept(body):
    frame = published_indices.parse(body, HERE).with_columns(source=pl.lit("published_indices"))
    return split(PUBLISHED_INDICES, frame)


def test_levels_are_those_that_were_published():
    rows, refused = kept(BODY)
    assert refused.is_empty()
    shown = {
        (row["publisher"], row["tier"], str(row["level_on"])): row["level_usd_per_gpu_hour"]
        for row in rows.iter_rows(named=True)
    }
    # SemiAnalysis, 2 April 2026: one-year H100 contracts from USD 1.70 (October) to 2.35 (March).
    assert shown["SemiAnalysis", "neocloud", "2025-10-31"] == 1.70
    assert shown["SemiAnalysis", "neocloud", "2026-03-31"] == 2.35


def test_single_levels_are_quoted_and_no_series():
    rows, _ = kept(BODY)
    per_index = rows.group_by("publisher", "index_name", "tier").len()
    assert per_index["len"].max() <= 3
    assert rows["source_url"].str.starts_with("https://").all()


def test_no_level_whose_accelerator_had_to_be_inferred():
    rows, _ = kept(BODY)
    assert not rows["evidence"].str.contains("inferred").any()


def test_a_level_known_before_its_day_is_refused():
    rows, refused = kept(BODY.replace(b"2026-04-02T00:00:00Z", b"2025-10-01T00:00:00Z"))
    assert refused.height == 2
    assert refused["reason"].str.contains("known").all()
    assert rows.is_empty()


def test_a_word_where_a_level_belongs_is_an_error():
    with pytest.raises(ParseError):
        published_indices.parse(BODY.replace(b",2.35,", b",about 2,", 1), HERE)
