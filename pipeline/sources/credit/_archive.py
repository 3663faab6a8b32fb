"""Tab-separated tables inside the SEC's zip archives, read piece by piece; nothing is unpacked.

The archive is the upstream's, so it is not trusted: members are read through bounded streams, never
written under a name of the archive's, and one that declares or delivers more than it may is refused
(zip bomb). Names that lead out of a folder are refused as well: the SEC makes none.

The tables have no quoting. A tab inside a value shifts what follows it, so a line with more fields
than the header is handed over apart: which cell is which, nobody knows. Columns are found by their
trimmed names regardless of case and commas, since extracts differ in spaces and order (TRAPS 65).
"""

import io
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import polars as pl

from pipeline.sources.source import ParseError

MAX_MEMBERS = 200
MAX_ARCHIVE_BYTES = 2 * 2**30
MAX_MEMBER_BYTES = 6 * 2**30
# Deflate cannot exceed 1,032. The emptiest table, a schedule of 250 mostly empty columns, packs to
# about a fiftieth.
MAX_RATIO = 300
SMALL = 2**20
STEP = 16 * 2**20
LONGEST_LINE = 8 * 2**20
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
# One file calls by the first name what another calls by the second.
SAME = {"segment": "segments"}


class Readable(Protocol):
    """What a body is read from: it is asked for the next bytes, and for nothing else."""

    def read(self, size: int = -1, /) -> bytes: ...


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


@contextmanager
def opened(stream: Readable) -> Iterator[zipfile.ZipFile]:
    """The archive in a stream, by way of a nameless temporary file.

    Raises:
        ParseError: not a zip archive, or one that is broken, too large, encrypted, or made to harm.
    """
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(_Limited(stream, MAX_ARCHIVE_BYTES), file, STEP)
        try:
            with zipfile.ZipFile(file) as archive:
                _check(archive.infolist())
                yield archive
        except BROKEN as error:
            raise ParseError(f"zip archive: {type(error).__name__}: {error}") from error


class _Limited:
    """A stream that may not be longer than announced."""

    def __init__(self, stream: Readable, most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = -1, /) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise ParseError("zip archive: larger than any the SEC publishes")
        return piece


def _check(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise ParseError(f"zip archive: {len(members)} members")
    names = [each.filename.lower() for each in members]
    if len(set(names)) < len(names):
        raise ParseError("zip archive: two members of one name")
    for each in members:
        if re.search(r"^/|^[a-z]:|\\|(^|/)\.\.(/|$)|\0", each.filename, re.IGNORECASE):
            raise ParseError(f"zip archive: a member is called {each.filename[:100]!r}")
        if each.flag_bits & 0x1:
            raise ParseError(f"zip archive: {each.filename} is encrypted")
        ratio = each.file_size / max(each.compress_size, 1)
        if each.file_size > MAX_MEMBER_BYTES or (each.file_size > SMALL and ratio > MAX_RATIO):
            raise ParseError(
                f"zip archive: {each.filename} unpacks to {each.file_size:,} bytes from "
                f"{each.compress_size:,}: a zip bomb"
            )


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
        archive: As `opened` gives it.
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
