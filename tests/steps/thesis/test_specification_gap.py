"""Gaps of all four measures by kind of challenger, of primary pairs alone."""

from datetime import UTC, datetime

from tests.given.support import build_alone, rows
from tests.given.thesis import stand_in

PAIR = (
    "challenger vendor is_primary_pair bf16_gap_pct fp8_gap_pct memory_gap_pct "
    "memory_bandwidth_gap_pct known_at source_urls"
)


def gap(challenger, vendor, bf16, memory, **cells):
    row = {"challenger": challenger, "vendor": vendor, "is_primary_pair": True}
    row |= {"bf16_gap_pct": bf16, "memory_gap_pct": memory, "source_urls": "https://a.example"}
    return row | {"known_at": datetime(2025, 1, 1, tzinfo=UTC)} | cells


def test_each_kind_has_the_median_and_the_ends_of_its_primary_pairs(db):
    stand_in(db, "marts.substitution_gap", PAIR, [
        gap("amd-a", "AMD", -10.0, 50.0),
        gap("amd-b", "AMD", 30.0, None),
        gap("amd-b", "AMD", -99.0, None, is_primary_pair=False),
        gap("intel-gaudi3", "Intel", -5.0, None),
        gap("somebody-else", "Huawei", -50.0, None),
    ])  # fmt: skip
    build_alone(db, "steps.specification_gap")
    made = {each["challenger_kind"]: each for each in rows(db, "from steps.specification_gap")}
    assert made.keys() == {"AMD", "built to order"}
    amd = made["AMD"]
    assert (amd["low_spec_gap_pct"], amd["median_spec_gap_pct"]) == (-10.0, 30.0)
    assert amd["high_spec_gap_pct"] == 50.0
    assert amd["measure"] == "amd-a: BF16 -10 %, memory 50 %; amd-b: BF16 30 %"
