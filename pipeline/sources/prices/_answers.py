"""What sources of prices share: JSON answers read strictly, and columns that are alike everywhere.

A source imports these by name, so that its fingerprint covers them.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.sources.source import Capture, ParseError, Source

Entry = TypeVar("Entry")
Row = TypeVar("Row")
Fields = Mapping[str, type[pl.DataType]]


def objects(answer: Any, field: str, capture: Capture) -> list[dict[str, object]]:
    """The list of objects in a field of the answer; it may be empty.

    Something else among objects becomes an empty object, which `typed` calls malformed.

    Raises:
        ParseError: no such field, or no list of objects in it; the message shows what was answered.
    """
    found = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not mostly([isinstance(each, dict) for each in found]):
        raise ParseError(f"{capture.url}: no list of objects in `{field}`: {str(answer)[:200]}")
    return [each if isinstance(each, dict) else {} for each in found]


def mostly(held: Sequence[bool]) -> bool:
    """Whether what is expected of each entry holds for at least half of them.

    One odd entry is set aside; a structure that most entries do not have is another structure.
    """
    return 2 * sum(held) >= len(held)


def read_each(
    entries: Iterable[Entry], read: Callable[[Entry], Iterable[Row]], odd: Callable[[Entry], Row]
) -> list[Row]:
    """Rows of each entry; an entry of another structure becomes one odd row.

    Args:
        entries: Parts of the answer.
        read: Gives the rows of an entry, or raises ParseError.
        odd: The row that stands for an entry that cannot be read, so that it is counted.

    Raises:
        ParseError: most entries are of another structure; the first one's error.
    """
    rows: list[Row] = []
    refused: list[ParseError] = []
    held: list[bool] = []
    for entry in entries:
        try:
            rows += list(read(entry))
            held.append(True)
        except ParseError as error:
            rows.append(odd(entry))
            refused.append(error)
            held.append(False)
    if not mostly(held):
        raise refused[0]
    return rows


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

    Returns:
        The columns and `malformed`: null, or which fields of the entry are missing, null or of
        another type. Such a field is null; every source passes the column on as the reason.

    Raises:
        ParseError: a field that is so in most entries, by name: the structure is another one.
    """
    rows = [
        [each.get(name, ABSENT) if name not in may_lack else each.get(name) for name in fields]
        for each in entries
    ]
    needed = {name for name in fields if name not in may_lack and name not in may_be_null}
    return _frame(rows, fields, f"{capture.url}: field ", needed)


def typed_rows(rows: Sequence[Sequence[object]], fields: Fields, capture: Capture) -> pl.DataFrame:
    """Rows whose cells stand in the order of the fields; any cell may be null.

    Returns:
        As `typed`, with `malformed`.

    Raises:
        ParseError: a field of another type in most rows, by its name.
    """
    return _frame(rows, fields, f"{capture.url}: ", set())


ABSENT = object()
PYTHON_TYPES: dict[type[pl.DataType], tuple[type, ...]] = {
    pl.String: (str,),
    pl.Boolean: (bool,),
    pl.Int64: (int,),
    pl.Float64: (int, float),
}


def _frame(
    rows: Sequence[Sequence[object]], fields: Fields, where: str, needed: Container[str]
) -> pl.DataFrame:
    columns: list[pl.Series] = []
    odd: list[list[str]] = [[] for _ in rows]
    for position, (name, dtype) in enumerate(fields.items()):
        values = [row[position] for row in rows]
        wrong = [_wrong(value, dtype, name in needed) for value in values]
        if not mostly([each is None for each in wrong]):
            first = next(each for each in wrong if each)
            many = sum(each is not None for each in wrong)
            raise ParseError(f"{where}{name} {first} in {many} of {len(rows)}")
        fitting = [
            None if why or value is ABSENT else value
            for value, why in zip(values, wrong, strict=True)
        ]
        columns.append(pl.Series(name, fitting, dtype=dtype, strict=False))
        for names, why in zip(odd, wrong, strict=True):
            if why:
                names.append(name)
    said = [f"malformed: {', '.join(names)}" if names else None for names in odd]
    return pl.DataFrame([*columns, pl.Series("malformed", said, dtype=pl.String)])


def _wrong(value: object, dtype: type[pl.DataType], needed: bool) -> str | None:
    """What is wrong with a cell; a number that is out of range is of another type."""
    if value is ABSENT:
        return "missing"
    if value is None:
        return "is null" if needed else None
    if isinstance(value, bool) and dtype is not pl.Boolean:
        return "is true or false"
    fits = isinstance(value, PYTHON_TYPES[dtype])
    if fits and isinstance(value, int) and not isinstance(value, bool):
        fits = abs(value) < (2**63 if dtype is pl.Int64 else 2**1023)
    return None if fits else f"is {str(value)[:100]!r}"


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
