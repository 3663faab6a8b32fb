"""Tab-separated tables inside the SEC's zip archives, read piece by piece; nothing is unpacked.

The tables have no quoting. A tab inside a value shifts what follows it, so a line with more fields
than the header is handed over apart: which cell is which, nobody knows. Columns are found by their
trimmed names regardless of case and commas, since extracts differ in spaces and order.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from pipeline.sources.guards import Limits
from pipeline.sources.source import ParseError

# A year of notes of all funds unpacks to a few gibibytes.
LIMITS = Limits(members=200, packed_bytes=2 * 2**30, unpacked_bytes=12 * 2**30)
STEP = 16 * 2**20
LONGEST_LINE = 8 * 2**20
# One file calls by the first name what another calls by the second.
SAME = {"segment": "segments"}


class Piece(NamedTuple):
    """Some lines of a table.

    Attributes:
        rows: Lines with at most as many fields as the header; all text, empty is null.
        shifted: Lines with more, as they are.
    """

    rows: pl.DataFrame
    shifted: list[str]


def column_name(header: str) -> str:
    """A column's name as it is looked for: trimmed, in lower case, without commas, one spelling."""
    name = " ".join(header.replace(",", " ").split()).lower()
    return SAME.get(name, name)


def pieces(
    archive: zipfile.ZipFile,
    name: str,
    wanted: Sequence[str],
    *,
    also: str | None = None,
    containing: str | None = None,
) -> Iterator[Piece]:
    """A table of the archive, some megabytes at a time.

    Args:
        archive: As `guards.opened` gives it.
        name: The member's last name; its folder may move.
        wanted: Columns by the name `column_name` gives them; one the table lacks is all null.
        also: Further columns whose name this regular expression is found in.
        containing: Only lines in which this regular expression is found, whatever its case.

    Raises:
        ParseError: no such member, an empty one, a column named twice, or a line without end.
    """
    found = [each for each in archive.infolist() if _last_name(each) == name]
    if len(found) != 1:
        raise ParseError(f"zip archive: {len(found)} members called {name}")
    with archive.open(found[0]) as file:
        header = file.readline(LONGEST_LINE).decode("utf-8-sig", "replace").rstrip("\r\n")
        if not header.strip():
            raise ParseError(f"{name} is empty: the period has no such filings")
        columns = [column_name(each) for each in header.split("\t")]
        if twice := {each for each in columns if each and columns.count(each) > 1}:
            raise ParseError(f"{name}: columns named twice: {sorted(twice)}")
        if also is not None:
            more = [each for each in columns if re.search(also, each) and each not in wanted]
            wanted = [*wanted, *more]
        rest = b""
        while piece := file.read(STEP):
            piece = rest + piece
            whole, end, rest = piece.rpartition(b"\n")
            if not end and len(rest) > LONGEST_LINE:
                raise ParseError(f"{name}: a line of more than {LONGEST_LINE:,} bytes")
            if whole:
                yield _read(whole, columns, wanted, containing)
        if rest.strip():
            yield _read(rest, columns, wanted, containing)


def apart(rows: pl.DataFrame) -> pl.DataFrame:
    """A copy of few rows: texts of a filtered frame point into its piece, which would stay."""
    return pl.DataFrame(rows.to_dict(as_series=False), schema=rows.schema)


def _last_name(member: zipfile.ZipInfo) -> str:
    return member.filename.rpartition("/")[2].lower()


def _read(
    text: bytes, columns: Sequence[str], wanted: Sequence[str], containing: str | None
) -> Piece:
    lines = text.split(b"\n")
    if containing is not None:
        said = pl.Series(lines, dtype=pl.Binary).cast(pl.String, strict=False)
        hits = said.str.contains(f"(?i){containing}").fill_null(value=False)
        lines = [line for line, hit in zip(lines, hits, strict=True) if hit]
    straight, shifted = [], []
    tabs = len(columns) - 1
    for line in lines:
        if (short := tabs - line.count(b"\t")) >= 0:
            straight.append(line.rstrip(b"\r") + b"\t" * short if line.strip() else b"")
        else:
            shifted.append(line.decode("utf-8", "replace"))
    return Piece(_frame(straight, columns, wanted), shifted)


def _frame(lines: list[bytes], columns: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
    at = [(n, name) for n, name in enumerate(columns) if name in wanted]
    body = b"\n".join(line for line in lines if line)
    if not body or not at:
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    names = [str(n) for n in range(len(columns))]  # of the table's own, some may be empty
    frame = pl.read_csv(
        io.BytesIO(body),
        separator="\t",
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        columns=[n for n, _ in at],
        quote_char=None,
        encoding="utf8-lossy",
    )
    found = {name: pl.col(str(n)).str.strip_chars().replace("", None) for n, name in at}
    return frame.select(found.get(name, pl.lit(None, pl.String)).alias(name) for name in wanted)
