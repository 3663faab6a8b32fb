import polars as pl
import pytest

from pipeline.identity.identity import resolve_region
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

regions = named("regions")

RULES = regions.parse(
    (source.REFERENCE / "regions.csv").read_bytes(),
    Capture("regions", "all", "regions.csv", NOON, ""),
)


@pytest.mark.parametrize(
    ("provider", "region", "group", "country"),
    [
        ("aws", "us-east-1", "north_america", "US"),
        ("aws", "eu-west-2", "europe", "GB"),
        ("gcp", "europe-west4", "europe", "NL"),
        ("azure", "japaneast", "asia_pacific", "JP"),
        ("vast", "France, FR", "europe", "FR"),
        ("lambda", "global", "global", None),
    ],
)
def test_a_region_lies_where_its_provider_says(provider, region, group, country):
    row = pl.DataFrame(
        {"provider": [provider], "region": [region], "country": [None]},
        schema_overrides={"country": pl.String},
    )
    resolved = resolve_region(row, RULES).row(0, named=True)
    assert (resolved["region_group"], resolved["country"]) == (group, country)


def test_a_region_nobody_mapped_says_so():
    row = pl.DataFrame(
        {"provider": ["aws"], "region": ["mars-north-1"], "country": [None]},
        schema_overrides={"country": pl.String},
    )
    assert resolve_region(row, RULES)["region_group"].item() == "unmapped"
