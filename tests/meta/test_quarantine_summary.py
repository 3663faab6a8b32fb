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
