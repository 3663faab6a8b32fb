from pipeline.build.model import models, rebuild
from tests.given.support import NOON, rows

[SUMMARY] = [each for each in models() if each.table == "meta.quarantine_summary"]


def test_counts_by_source_and_reason(db):
    for reason in ("fractional", "fractional", "not_offered"):
        db.execute(
            "insert into staging.quarantine values ('runpod', ?, 'staging.gpu_offers', ?, '{}', ?)",
            [NOON, reason, NOON],
        )
    rebuild(db, SUMMARY)
    counts = {row["reason"]: row["quarantined_count"] for row in rows(db, f"from {SUMMARY.table}")}
    assert counts == {"fractional": 2, "not_offered": 1}


def test_a_machine_type_that_nobody_has_counted_is_listed_first_with_its_newest_row(db):
    later = NOON.replace(hour=13)
    for source, reason, at, row in (
        ("aws", "not_offered", NOON, "{}"),
        ("vast", "unknown_accelerator", NOON, "{}"),
        ("skypilot", "unknown_provider", NOON, "{}"),
        ("azure", "unknown_count", later, '{"instance_type": "NC576"}'),
        ("azure", "unknown_count", NOON, '{"instance_type": "NC144"}'),
    ):
        db.execute(
            "insert into staging.quarantine values (?, ?, 'staging.gpu_offers', ?, ?, ?)",
            [source, at, reason, row, at],
        )
    rebuild(db, SUMMARY)
    listed = rows(db, f"from {SUMMARY.table}")
    assert [row["reason"] for row in listed] == [
        "unknown_count", "unknown_provider", "unknown_accelerator", "not_offered",
    ]  # fmt: skip
    assert listed[0]["row_raw"] == '{"instance_type": "NC576"}'
