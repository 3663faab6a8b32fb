"""Machine types: the committed file keeps its contract. What it is used for: test_machines.py."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.contracts import validate
from pipeline.contracts.reference import MACHINE_TYPES
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import REFERENCE, Capture, ParseError

AT = Capture("machine_types", "all", "x", datetime(2026, 11, 27, tzinfo=UTC), "")
machine_types = named("machine_types")
BODY = (REFERENCE / "machine_types.csv").read_bytes()


def test_every_line_keeps_the_contract():
    frame = machine_types.parse(BODY, AT).with_columns(source=pl.lit("machine_types"))
    assert validate(MACHINE_TYPES, frame.select(MACHINE_TYPES.columns)).height > 250


def test_a_type_is_listed_once_however_it_is_spelt():
    frame = machine_types.parse(BODY, AT)
    names = frame["provider"] + "/" + frame["instance_type"].str.to_lowercase()
    assert names.is_unique().all()


def test_a_file_without_a_column_is_refused():
    with pytest.raises(ParseError, match="columns missing"):
        machine_types.parse(BODY.replace(b"gpu_count", b"gpus", 1), AT)
