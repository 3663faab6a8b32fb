"""Periods of which a figure was set aside as contradicting its own filing."""

import json

from pipeline import warehouse as wh
from tests.given.filings import CIK, build, filing, instant, land, recipe
from tests.given.support import NOON, rows


def test_the_figure_that_stands_is_flagged(db):
    set_aside = {
        "cik": CIK,
        "taxonomy": "us-gaap",
        "concept": "Liability",
        "period_end_on": "2024-12-31",
        "value": 3_536.0,
    }
    rules = [*recipe("deferred_revenue", "Liability")]
    rules += recipe("deferred_revenue", "Current", "Later", rank=2)
    parts = [
        instant(name, day, 10)
        for name in ("Current", "Later")
        for day in ("2024-12-31", "2025-12-31")
    ]
    land(db, filing("10-K", "2026-03-02", *parts), recipes=rules)
    db.execute(
        "insert into staging.quarantine values ('filing_facts', ?, 'staging.filing_facts', "
        "'contradicts_own_filing', ?, ?)",
        [NOON, json.dumps(set_aside), NOON],
    )
    wh.bump(db, "staging.quarantine")
    build(db, "issuer_figure")
    [slip] = rows(db, "from steps.contradicted_figure")
    assert (slip["concept"], slip["period_start_on"], slip["dimensions"]) == ("Liability", None, "")
    flagged = rows(
        db, "select value_usd, is_contradicted from marts.issuer_figure order by period_end_on"
    )
    assert [(each["value_usd"], each["is_contradicted"]) for each in flagged] == [
        (20, True),
        (20, False),
    ]
