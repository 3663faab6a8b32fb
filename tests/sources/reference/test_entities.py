"""The committed entities: who commitments and backstops name."""

from tests.given.committed_files import rows

FRAME = rows("entities")


def test_every_name_in_commitments_and_backstops_is_here():
    commitments, backstops = rows("commitments"), rows("backstops")
    named = [commitments["from_entity"], commitments["to_entity"]]
    named += [backstops["guarantor"], backstops["guaranteed"]]
    assert {name for each in named for name in each} <= set(FRAME["entity"])


def test_a_canonical_name_is_its_own():
    canonical = dict(FRAME.select("entity", "canonical_entity").iter_rows())
    assert {canonical[name] for name in canonical.values()} == set(canonical.values())


def test_a_guaranteed_lease_is_its_landlords():
    canonical = dict(FRAME.select("entity", "canonical_entity").iter_rows())
    assert canonical["TeraWulf (lease of Fluidstack)"] == "TeraWulf"
