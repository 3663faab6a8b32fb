"""A committed figure that a filing read live contradicts."""

import pytest

from pipeline import warehouse as wh
from pipeline.aside import set_differing_aside
from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.source import Source, discover
from tests.given.filings import filing, flow
from tests.given.support import typed

YEAR = ("2025-01-01", "2025-12-31")


def source(name: str) -> Source:
    [found] = [each for each in discover() if each.name == name]
    return found


def arrive(db, name: str, value: float, concept: str = "Revenues") -> None:
    """One figure through the part of landing that settles who is right."""
    facts = [
        row | {"source": name} for row in filing("10-K", "2026-03-02", flow(concept, *YEAR, value))
    ]
    frame = typed(FILING_FACTS, facts)
    origin = source(name)
    set_differing_aside(db, origin, frame)
    wh.append(db, FILING_FACTS, frame)


def held(db) -> list[tuple]:
    return db.execute("select source, value from staging.filing_facts").fetchall()


def listed(db) -> list[tuple]:
    return db.execute("select source, reason from staging.quarantine").fetchall()


@pytest.mark.parametrize("live", ["sec_companyfacts", "sec_instances"])
@pytest.mark.parametrize("committed_first", [True, False])
def test_the_filing_read_live_wins_and_the_committed_row_is_listed(db, live, committed_first):
    wh.create(db, FILING_FACTS.table, FILING_FACTS.doc, FILING_FACTS.columns)
    both = [("filing_facts", 5_131e6), (live, 5_130e6)]
    for name, value in both if committed_first else reversed(both):
        arrive(db, name, value)
    assert held(db) == [(live, 5_130e6)]
    [(name, reason)] = listed(db)
    assert name == "filing_facts"
    assert reason == f"differs_from_live: 5130000000.0 by {live}"


def test_figures_that_agree_are_no_difference(db):
    wh.create(db, FILING_FACTS.table, FILING_FACTS.doc, FILING_FACTS.columns)
    arrive(db, "filing_facts", 26_044e6, concept="Assets")
    arrive(db, "sec_companyfacts", 26_044e6, concept="Assets")
    assert held(db) == [("filing_facts", 26_044e6)]
    assert listed(db) == []
