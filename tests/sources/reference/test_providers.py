from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

providers = named("providers")

BODY = (source.REFERENCE / "providers.csv").read_bytes()


def by_name():
    frame = providers.parse(BODY, Capture("providers", "all", "providers.csv", NOON, ""))
    return {row["provider"]: row for row in frame.iter_rows(named=True)}


def test_a_renamed_operator_is_one_operator():
    # DataCrunch has traded as Verda since 2025.
    assert "DataCrunch" in by_name()["verda"]["aliases"].split("|")


def test_runpods_two_clouds_sit_in_two_tiers_of_one_owner():
    rows = by_name()
    assert rows["runpod"]["tier"] == "neocloud"
    assert rows["runpod-community"]["tier"] == "marketplace"
    assert rows["runpod-community"]["parent_issuer"] == "runpod"


def test_no_spelling_belongs_to_two_operators():
    spellings = [
        each
        for row in by_name().values()
        for each in {
            name.strip().lower() for name in (row["provider"], *(row["aliases"] or "").split("|"))
        }
        if each
    ]
    assert len(spellings) == len(set(spellings))
