"""From the bytes on the wire to one whole body of the kind that was asked for.

A body too large for memory goes to a temporary file that has no name: whatever ends the program
ends the file.
"""

import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal

Expects = Literal["json", "csv", "xml", "any"]

STEP = 64 * 2**10
EDGE = 1024
HTML = re.compile(rb"<(!doctype\s+)?html", re.IGNORECASE)
STARTS: dict[str, tuple[bytes, ...]] = {"json": (b"{", b"["), "xml": (b"<",)}
ENDS: dict[str, tuple[bytes, ...]] = {"json": (b"}", b"]"), "xml": (b">",)}


class Unusable(Exception):
    """Why one exchange failed, in words that hold no address and so no secret."""

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = False,
        head: bytes = b"",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.retryable, self.head = retryable, head
        self.retry_after_seconds = retry_after_seconds


def decoded(wire: Iterator[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """The body in pieces, both caps applied: on the wire, and unzipped against gzip bombs.

    Raises:
        Unusable: larger than `max_bytes`, not whole, or in an encoding that was not asked for.
    """
    if encoding in ("", "identity"):
        return _capped(wire, max_bytes)
    if encoding in ("gzip", "x-gzip"):
        return _capped(_unzipped(_capped(wire, max_bytes)), max_bytes)
    raise Unusable(f"{encoding} encoding, which was not asked for,")


def _capped(pieces: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise Unusable(f"more than {max_bytes} bytes")
        yield piece


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip in bounded steps. urllib3's decoder passes a stream that ends early as complete."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if unzip.eof:  # gzip files may be several members in a row
                    unzip = zlib.decompressobj(wbits=31)
                yield unzip.decompress(rest, STEP)
                rest = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error:
        raise Unusable("damaged gzip", retryable=True) from None
    if not unzip.eof:
        raise Unusable("an answer that breaks off", retryable=True)


def spooled(pieces: Iterable[bytes], expects: Expects) -> BinaryIO:
    """The body in a nameless temporary file, read from its start; its kind is checked.

    Raises:
        Unusable: as `check_kind`, and as the pieces do.
    """
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115, the caller closes it
    try:
        for piece in pieces:
            file.write(piece)
        size = file.tell()
        file.seek(0)
        start = file.read(EDGE)
        file.seek(max(0, size - EDGE))
        _check_edges(start, file.read(EDGE), expects)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def check_kind(body: bytes, expects: Expects) -> None:
    """Raise Unusable for an empty body, another kind of body, or one whose end is missing."""
    _check_edges(body[:EDGE], body[-EDGE:], expects)


def _check_edges(first: bytes, last: bytes, expects: Expects) -> None:
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Unusable("an empty body", retryable=True)
    if expects == "any":
        return
    is_html = HTML.search(start) is not None
    if expects == "csv":
        right = not is_html and not start.startswith((b"<", b"{", b"["))
    else:
        right = start.startswith(STARTS[expects]) and not (is_html and expects == "xml")
    if not right:
        got = "HTML" if is_html else "something"
        raise Unusable(f"{got} instead of {expects.upper()}", head=first)
    if expects != "csv" and not last.rstrip().endswith(ENDS[expects]):
        raise Unusable("an answer that breaks off", retryable=True)
