"""A figure that lands before the list with its filing is dated by it when the list lands."""

import json
from datetime import UTC, datetime

import polars as pl

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.aside import WHY, set_aside
from pipeline.capture.http import Response
from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.filings.sec_submissions import SOURCE
from pipeline.sources.source import Capture, discover
from tests.given.support import rows, typed
from tests.given.upstreams import listed

FILES = next(each for each in discover() if each.name == "filing_facts")
CIK = "0001045810"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY_END = datetime(2026, 11, 3, tzinfo=UTC)
FACT = {"cik": CIK, "concept": "Assets", "filed_on": DAY_END.date(), "value": 1.0,
        "known_at": DAY_END, "captured_at": NOON, "source": "filing_facts"}  # fmt: skip


def test_figures_that_came_first_are_known_when_their_filing_was_accepted(store):
    ours, unlisted = f"{CIK}-26-000001", f"{CIK}-26-000099"
    list_of = {"cik": CIK, "filings": {"recent": listed(CIK, 5), "files": []}}
    body = json.dumps(list_of).encode()
    store.raw.keep(SOURCE.name, f"cik{CIK}", Response("https://e.org", 200, {}, body, NOON))
    with store.connect() as db:
        ingest.register(db, SOURCE)
        facts = [FACT | {"accession": ours}, FACT | {"accession": unlisted}]
        wh.create(db, FILING_FACTS.table, FILING_FACTS.doc, FILING_FACTS.columns)
        wh.append(db, FILING_FACTS, typed(FILING_FACTS, facts))
        version = "from meta.versions where table_name = 'staging.filing_facts'"
        bad = typed(FILING_FACTS, facts).with_columns(pl.lit("contradicts_own_filing").alias(WHY))
        set_aside(db, FILES, Capture("filing_facts", "all", "file", NOON, "0" * 64), bad)
        [before] = rows(db, f"select version {version}") or [{"version": 0}]
        [attempt] = ingest.land(SOURCE, store, db)
        assert attempt.rows == 5
        known = dict(db.execute("select accession, known_at from staging.filing_facts").fetchall())
        [(accepted,)] = db.execute(
            "select accepted_at from staging.filings where accession = ?", [ours]
        ).fetchall()
        assert known == {ours: accepted, unlisted: DAY_END}
        assert accepted < DAY_END
        dated = "select row_raw ->> 'accession', known_at from staging.quarantine"
        assert dict(db.execute(dated).fetchall()) == known
        assert rows(db, f"select version {version}")[0]["version"] == before["version"] + 1
