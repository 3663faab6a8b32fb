"""Claims against rules made for the purpose, so that each verdict is seen once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline import warehouse as wh
from pipeline.build import model, parts
from pipeline.contracts.thesis import CLAIMS
from tests.given.cited import cited
from tests.given.support import rows, typed

KNOWN = datetime(2025, 12, 1, tzinfo=UTC)
NOTHING = "cast(null as double)"


def claim(claim_id, low=None, high=None, **cells):
    row = cited(KNOWN) | {
        "claim_id": claim_id,
        "subject": "nvidia",
        "claim": "made up",
        "claimed_low_value": low,
        "claimed_high_value": high,
        "unit": "USD",
        "evidence_kind": "data",
    }
    return row | cells


def rule(value, low="", high="", rest=""):
    return (
        f"select {value} as measured_value, {low or value} as measured_low_value, "
        f"{high or value} as measured_high_value, date '2025-06-30' as measured_on, "
        "'a sum' as measure, cast(null as varchar) as gap_reason, "
        "timestamptz '2025-08-01 00:00:00+00' as known_at, 'https://a.example' as source_urls "
        + rest
    )


@pytest.fixture
def check(db, tmp_path, monkeypatch):
    """Lands claims, and builds the mart on rules by name of the claim."""
    [made] = [each for each in model.models() if each.table == "marts.claim_check"]
    monkeypatch.setattr(parts, "PARTS", tmp_path)
    (tmp_path / "claims").mkdir()
    text = (model.SQL / "marts/thesis/claim_check.sql").read_text()

    def built(claims, rules):
        wh.create(db, CLAIMS.table, CLAIMS.doc, CLAIMS.columns)
        wh.append(db, CLAIMS, typed(CLAIMS, claims))
        for name, query in rules.items():
            (tmp_path / "claims" / f"{name}.sql").write_text(query)
        parts.parts_named.cache_clear()
        mine = replace(made, query=parts.composed(text), parts=parts.parts_named(text))
        model.rebuild(db, mine, audits=())
        return {each["claim_id"]: each for each in rows(db, "from marts.claim_check")}

    yield built
    parts.parts_named.cache_clear()


@pytest.mark.parametrize(
    ("low", "high", "reading", "verdict"),
    [
        (12.0, None, ("13.0",), "supported"),
        (12.0, None, ("11.0",), "contradicted"),
        (12.0, None, ("11.0", "11.0", "14.0"), "partly"),
        (9.0, 11.0, ("9.0", "7.0", "15.0"), "partly"),
        (None, 0.0, ("2.0", "1.0", "3.0"), "contradicted"),
        (None, 0.0, ("-2.0", "-3.0", "0.0"), "supported"),
        (12.0, None, (NOTHING,), "not measurable"),
        (None, None, ("13.0",), "not measurable"),
    ],
)
def test_a_verdict_compares_the_claimed_range_with_the_readings(check, low, high, reading, verdict):
    found = check([claim("a_claim", low, high)], {"a_claim": rule(*reading)})
    assert found["a_claim"]["verdict"] == verdict
    assert (found["a_claim"]["gap_reason"] is not None) == (verdict == "not measurable")


def test_a_claim_about_which_nothing_was_known_is_not_measurable(check):
    [row] = check([claim("a_claim", 1.0)], {"a_claim": rule("1.0", rest="where false")}).values()
    assert row["verdict"] == "not measurable"
    assert row["gap_reason"] == "nothing of it was known by this day"


def test_the_rule_is_printed_and_runs_as_it_stands(check, db):
    query = "-- It's 12.\n" + rule("12.5")
    [row] = check([claim("a_claim", 12.0)], {"a_claim": query}).values()
    assert row["rule"] == query.strip()
    assert db.sql(row["rule"]).fetchall()[0][0] == row["measured_value"]


def test_a_rule_that_answers_twice_is_an_error_with_its_file(check):
    twice = rule("1.0", rest="from range(2)")
    with pytest.raises(model.ModelError, match=r"claims/a_claim\.sql:1: .* more than one row"):
        check([claim("a_claim", 1.0)], {"a_claim": twice})


def test_a_rule_that_is_no_select_is_an_error_with_its_file(check):
    with pytest.raises(model.ModelError, match=r"sql/rules/claims/a_claim\.sql"):
        check([claim("a_claim", 1.0)], {"a_claim": "drop table x"})


def test_a_folder_without_parts_is_an_error():
    with pytest.raises(model.ModelError, match="sql/rules/nothing"):
        parts.composed("from rules_of.nothing")
