"""What an upstream sends is not trusted: JSON and zip archives are opened here, within limits.

Members of an archive are read through bounded streams, never written under a name of the archive's.
One that declares or delivers more than it may is refused (zip bomb), and so are names that lead out
of a folder.
"""

import json
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, NamedTuple, Protocol

from pipeline.sources.source import Capture, ParseError

__all__ = ["Limits", "Readable", "opened", "read_documents", "read_json", "read_member"]

# Deflate cannot exceed 1,032. The emptiest table seen, a schedule of 250 mostly empty columns,
# packs to about a fiftieth.
MAX_RATIO = 300
SMALL = 2**20
STEP = 16 * 2**20
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
END, END_BYTES, MAX_COMMENT_BYTES = b"PK\x05\x06", 22, 2**16
# A directory entry has 46 bytes, a name and extra fields; nobody's name is longer than this.
MAX_ENTRY_BYTES = 4_096


class Readable(Protocol):
    """What a body is read from: it is asked for the next bytes, and for nothing else."""

    def read(self, size: int = -1, /) -> bytes: ...


class Limits(NamedTuple):
    """What an upstream's archives stay below.

    Attributes:
        members: Number of members.
        packed_bytes: Size of the archive.
        unpacked_bytes: Size of all members.
    """

    members: int
    packed_bytes: int
    unpacked_bytes: int


def read_json(body: bytes, capture: Capture | None = None) -> Any:
    """The answer, whatever it is; errors name the address of the capture, where one is given.

    Raises:
        ParseError: not JSON, or nested without end; the message shows how the body begins.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _not_json(body, capture, error) from error


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
        raise _not_json(body, capture, error) from error


def _not_json(body: bytes, capture: Capture | None, error: Exception) -> ParseError:
    where = "" if capture is None else f"{capture.url}: "
    return ParseError(f"{where}not JSON ({str(error)[:100]}), begins {body[:100]!r}")


@contextmanager
def opened(body: bytes | Readable, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive in a body, or in a stream by way of a nameless temporary file.

    Raises:
        ParseError: not a zip archive, or one that is broken, too large, encrypted, or made to harm.
    """
    stream = BytesIO(body) if isinstance(body, bytes) else body
    with tempfile.SpooledTemporaryFile(max_size=STEP) as file:
        shutil.copyfileobj(_Limited(stream, limits.packed_bytes), file, STEP)
        _check_end(file, limits)
        try:
            with zipfile.ZipFile(file) as archive:
                _check_members(archive.infolist(), limits)
                yield archive
        except ParseError:
            raise
        except BROKEN as error:
            raise ParseError(f"zip archive: {type(error).__name__}: {str(error)[:200]}") from error


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A whole member, which may not be longer than it says.

    Raises:
        ParseError: it is.
    """
    said = archive.getinfo(name).file_size
    with archive.open(name) as file:
        content = file.read(said + 1)
    if len(content) > said:
        raise ParseError(f"zip archive: {name} is larger than it says")
    return content


class _Limited:
    """A stream that may not be longer than announced."""

    def __init__(self, stream: Readable, most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = -1, /) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise ParseError("zip archive: larger than any of this upstream")
        return piece


def _check_end(file: IO[bytes], limits: Limits) -> None:
    """Looks at the end record first: `zipfile` reads the whole directory it announces."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(40)
    file.seek(max(0, size - END_BYTES - MAX_COMMENT_BYTES))
    tail = file.read()
    at = tail.rfind(END)
    if head[:2] != b"PK" or at < 0 or len(tail) - at < END_BYTES:
        raise ParseError(f"not a whole zip archive, begins {head!r}")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > limits.members or directory > limits.members * MAX_ENTRY_BYTES:
        raise ParseError(f"zip archive: {count} members in a directory of {directory:,} bytes")
    file.seek(0)


def _check_members(members: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:  # the end record may have another count
        raise ParseError(f"zip archive: {len(members)} members")
    names = [each.filename.lower() for each in members]
    if len(set(names)) < len(names):
        raise ParseError("zip archive: two members of one name")
    if sum(each.file_size for each in members) > limits.unpacked_bytes:
        raise ParseError(f"zip archive: unpacks to more than {limits.unpacked_bytes:,} bytes")
    for each in members:
        if re.search(r"^/|^[a-z]:|\\|(^|/)\.\.(/|$)|\0", each.filename, re.IGNORECASE):
            raise ParseError(f"zip archive: a member is called {each.filename[:100]!r}")
        if each.flag_bits & 0x1:
            raise ParseError(f"zip archive: {each.filename} is encrypted")
        ratio = each.file_size / max(each.compress_size, 1)
        if each.file_size > SMALL and ratio > MAX_RATIO:
            raise ParseError(
                f"zip archive: {each.filename} unpacks to {each.file_size:,} bytes from "
                f"{each.compress_size:,}: a zip bomb"
            )
