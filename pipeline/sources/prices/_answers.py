"""What sources of prices share: JSON answers read strictly, and columns that are alike everywhere.

A source imports these by name, so that its fingerprint covers them.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.sources.source import Capture, ParseError, Source

Fields = Mapping[str, type[pl.DataType]]


def read_json(body: bytes, capture: Capture) -> Any:
    """The answer, whatever it is.

    Raises:
        ParseError: not JSON, or nested without end.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {error}") from error


def read_documents(body: bytes, capture: Capture) -> Iterator[Any]:
    """The JSON documents of pages that stand one after the other.

    Raises:
        ParseError: not JSON, nested without end, or nothing at all.
    """
    try:
        text = body.decode("utf-8").strip()
        while True:
            document, end = json.JSONDecoder().raw_decode(text)
            yield document
            text = text[end:].lstrip()
            if not text:
                return
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {str(error)[:200]}") from error


def objects(answer: Any, field: str, capture: Capture) -> list[dict[str, object]]:
    """The list of objects in a field of the answer; it may be empty.

    Raises:
        ParseError: no such field, or something else in it; the message shows what was answered.
    """
    found = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ParseError(f"{capture.url}: no list of objects in `{field}`: {str(answer)[:200]}")
    return found


def typed(
    entries: Sequence[Mapping[str, object]],
    fields: Fields,
    capture: Capture,
    *,
    may_lack: Container[str] = (),
    may_be_null: Container[str] = (),
) -> pl.DataFrame:
    """These fields of each entry, one column each, nothing converted but integers to floats.

    Args:
        entries: Objects of the answer.
        fields: Names and types; a number is never taken from true or false.
        capture: Names the upstream in errors.
        may_lack: Fields that may be absent or null.
        may_be_null: Fields that are always there and may be null.

    Raises:
        ParseError: a field missing, null or of another type, by name.
    """
    columns = []
    for name, dtype in fields.items():
        where = f"{capture.url}: field {name}"
        absent = sum(name not in each for each in entries)
        if absent and name not in may_lack:
            raise ParseError(f"{where} missing in {absent} of {len(entries)}")
        values = [each.get(name) for each in entries]
        if None in values and name not in may_lack and name not in may_be_null:
            raise ParseError(f"{where} is null")
        if dtype is not pl.Boolean and any(isinstance(each, bool) for each in values):
            raise ParseError(f"{where} is true or false")
        columns.append(_column(name, values, dtype, where))
    return pl.DataFrame(columns)


def typed_rows(rows: Sequence[Sequence[object]], fields: Fields, capture: Capture) -> pl.DataFrame:
    """Rows whose cells stand in the order of the fields; any cell may be null.

    Raises:
        ParseError: a cell of another type, by the name of its field.
    """
    columns = zip(fields.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame(
        [
            _column(name, values, dtype, f"{capture.url}: {name}")
            for (name, dtype), values in columns
        ]
    )


def _column(name: str, values: Sequence[object], dtype: type[pl.DataType], where: str) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise ParseError(f"{where}: {str(error)[:200]}") from error


def untold(*names: str) -> dict[str, pl.Expr]:
    """Columns without a value: these, and the counts that only summaries of offers have."""
    return {
        name: pl.lit(None, COLUMNS[name].dtype) for name in (*names, "host_count", "offer_count")
    }


def provenance(
    source: Source, capture: Capture, confidence: str, *, at: pl.Expr | None = None
) -> dict[str, pl.Expr]:
    """When prices were true and known, and where they are from.

    Args:
        source: Gives licence and refresh.
        capture: Gives the moment and the address.
        confidence: How far the upstream is trusted.
        at: The moment the prices were public, when that is not the capture's.
    """
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    at = now if at is None else at
    return {
        "observed_at": at,
        "refresh_days": pl.lit(source.refresh_days, pl.Int64),
        "known_at": at,
        "captured_at": now,
        "source_url": pl.lit(capture.url),
        "licence": pl.lit(source.licence),
        "confidence": pl.lit(confidence),
    }


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Offers of one name told apart: from the second on, by price, they end in `#2`, `#3` ..."""
    rows = rows.sort("offer_id", "price_in_currency_per_gpu_hour")
    repeat = pl.int_range(pl.len()).over("offer_id") + 1
    suffix = pl.when(repeat > 1).then(pl.format("#{}", repeat)).otherwise(pl.lit(""))
    return rows.with_columns(offer_id=pl.concat_str("offer_id", suffix))
