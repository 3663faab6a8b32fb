"""Filings whose flows leave out a part of the business."""

from datetime import UTC, date, datetime

import pytest

from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError

recasts = named("recasts")

BODY = (source.REFERENCE / "recasts.csv").read_bytes()
HERE = Capture("recasts", "all", "recasts.csv", datetime(2026, 11, 27, 12, tzinfo=UTC), "")


def test_applied_digitals_reports_from_july_2025_to_april_2026_leave_out_its_cloud():
    [row] = recasts.parse(BODY, HERE).to_dicts()
    assert (row["cik"], row["perimeter"]) == ("0001144879", "without cloud services")
    # The report of 2026-04-08 has it back.
    assert (row["recast_from_on"], row["recast_to_on"]) == (date(2025, 7, 30), date(2026, 4, 7))


def test_a_word_where_a_day_belongs_is_an_error():
    with pytest.raises(ParseError):
        recasts.parse(BODY.replace(b"2025-07-30", b"last July", 1), HERE)
