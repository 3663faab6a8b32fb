"""The bytes of every capture, as received, in a folder that is only ever added to.

    <root>/<source>/<part>/<stamp>.gz          the body, gzip
    <root>/<source>/<part>/<stamp>.json        the sidecar: what the body is, and when it came
    <root>/<source>/<part>/<stamp>.gz.damaged  a body that was found damaged, set aside

The sidecar is written last and is the capture: a body without one is the trace of a crash. A body
equal to the one before is not stored twice; its sidecar names the capture that holds it.

Nothing is built on a body that was not held against its hash. A damaged one is set aside and asked
for again as if it had never been there; the next equal body takes its place, and with it every
capture that points to it can be read again.
"""

import gzip
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.capture.http import Response
from pipeline.capture.sidecar import STAMP, STAMPED, RawCorruptError, Sidecar, named, written
from pipeline.capture.sidecar import read as read_sidecar
from pipeline.capture.stored import STEP, Verified, is_whole, link, lost, set_aside, unpacked
from pipeline.capture.writing import claimed, make_folder, sweep, sync, write, write_gzip

__all__ = ["STAMP", "STEP", "Capture", "Listing", "RawCorruptError", "RawStore"]

NAME = re.compile(r"(?!\.)[a-z0-9._-]+")
VALIDATORS = ("etag", "last-modified")
KEPT_HEADERS = (*VALIDATORS, "content-type", "date", "content-length", "content-encoding")


@dataclass(frozen=True)
class Capture:
    """One answer of an upstream; `sha256` is of the body as kept, after redaction."""

    source: str
    part: str
    url: str
    captured_at: datetime
    sha256: str


class Listing(NamedTuple):
    """The names in a source's folder, unread.

    Attributes:
        sidecars: Part, stem, bytes and time of change (nanoseconds) of each file `*.json`.
        bodies: Part and stamp of each body that is there.
    """

    sidecars: list[tuple[str, str, int, int]]
    bodies: set[tuple[str, str]]


class RawStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(
        self,
        source: str,
        part: str,
        response: Response,
        *,
        redact: Callable[[bytes], bytes] | None = None,
    ) -> Capture:
        """Write one answer to disk and have it survive a power cut from then on.

        Two answers in the same microsecond get stamps one microsecond apart.

        Args:
            source: Name of the source; as `part`, of lower-case letters, digits, `.`, `_` and `-`.
            part: Which of the source's addresses answered.
            response: With status 304, the capture is another sighting of the last body. A body in
                a temporary file is read piece by piece, and the file closed.
            redact: Applied before anything is written; what it drops never reaches the disk.

        Raises:
            ValueError: a name of other characters, status 304 with nothing to refer to, or a body
                in a file that is to be redacted: it lies on disk already.
        """
        with response.file or nullcontext():
            return self._keep(source, part, response, redact)

    def _keep(
        self,
        source: str,
        part: str,
        response: Response,
        redact: Callable[[bytes], bytes] | None,
    ) -> Capture:
        if redact is not None and response.file is not None:
            raise ValueError(f"{source}/{part}: a body in a file cannot be redacted")
        if response.fetched_at.tzinfo is None:
            raise ValueError(f"{source}/{part}: fetched_at has no time zone")
        folder = self._folder(source, part)
        last = _base(folder)
        headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
        if response.status == 304:
            if last is None:
                raise ValueError(f"{source}/{part}: 304, but no earlier capture it could mean")
            body, sha256, size, is_redacted = None, last.sha256, last.bytes, last.redacted
            # A 304 may leave the validators out, and the next question needs them.
            headers = {k: v for k, v in last.headers.items() if k in VALIDATORS} | headers
        elif response.file is not None:
            body, is_redacted = b"", response.redacted
            sha256, size = _measured(response.file)
        else:
            body = response.body if redact is None else redact(response.body)
            sha256, size = hashlib.sha256(body).hexdigest(), len(body)
            is_redacted = redact is not None or response.redacted
        same_as, packed = None, None
        if last is not None and last.sha256 == sha256:
            same_as, packed = last.holder, last.packed_sha256
        make_folder(folder)
        sweep(folder)
        with claimed(folder, response.fetched_at.astimezone(UTC)) as (moment, claim):
            stamp = moment.strftime(STAMP)
            if body is not None and same_as is None:
                same = [each for each, expected in lost(folder).items() if expected == sha256]
                holder, *others = same or [stamp]
                draft = folder / f"{stamp}.gz.tmp"
                with draft.open("xb") as file:
                    if response.file is not None:
                        packed = write_gzip(file, _pieces(response.file))
                    else:
                        packed = write(file, gzip.compress(body, compresslevel=6, mtime=0))
                draft.rename(folder / f"{holder}.gz")
                for other in others:
                    link(folder / f"{holder}.gz", folder / f"{other}.gz")
                sync(folder)  # the body must outlive a crash that the sidecar outlives
                same_as = None if holder == stamp else holder
            sidecar = Sidecar(
                url=response.url,
                status=response.status,
                headers=headers,
                captured_at=moment.isoformat(timespec="microseconds"),
                sha256=sha256,
                bytes=size,
                redacted=is_redacted,
                same_as=same_as,
                packed_sha256=packed,
            )
            write(claim, written(sidecar))
            Path(claim.name).rename(folder / f"{stamp}.json")
            sync(folder)
        return Capture(source, part, response.url, moment, sha256)

    def captures(self, source: str) -> list[Capture]:
        """Every capture of every part whose sidecar can be read, oldest first.

        Reads every sidecar and no body: `pipeline.captures` keeps an index of them.
        """
        found: list[Capture] = []
        for part, stem, *_ in self.listing(source).sidecars:
            try:
                found.append(self.capture(source, part, stem))
            except RawCorruptError:  # counted and named by the index
                continue
        return sorted(found, key=lambda each: (each.captured_at, each.part))

    def capture(self, source: str, part: str, stem: str) -> Capture:
        """The capture of one sidecar.

        Raises:
            RawCorruptError: it cannot be read, or is not what its name says.
        """
        sidecar = self.sidecar(source, part, stem)
        return Capture(source, part, sidecar.url, sidecar.moment, sidecar.sha256)

    def sidecar(self, source: str, part: str, stem: str) -> Sidecar:
        """What the sidecar of that name says; RawCorruptError as `capture`."""
        return read_sidecar(self._folder(source, part) / f"{stem}.json")

    def listing(self, source: str) -> Listing:
        """The names in a source's folder. Reads no file, so it stays quick over many captures."""
        made = Listing([], set())
        folder = self.root / _checked(source)
        parts = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
        for part in parts:
            if not NAME.fullmatch(part):
                continue
            with os.scandir(folder / part) as entries:
                for each in entries:
                    stem, _, kind = each.name.partition(".")
                    if kind == "gz":
                        made.bodies.add((part, stem))
                    elif each.name.endswith(".json"):
                        about = each.stat(follow_symlinks=False)
                        stem = each.name.removesuffix(".json")
                        made.sidecars.append((part, stem, about.st_size, about.st_ctime_ns))
        return made

    def last(self, source: str, part: str) -> Capture | None:
        """The newest capture of a part whose sidecar can be read."""
        newest = _newest(self._folder(source, part))
        if newest is None:
            return None
        return Capture(source, part, newest.url, newest.moment, newest.sha256)

    def validators(self, source: str, part: str) -> dict[str, str]:
        """`etag` and `last-modified` of the last capture, as far as it has them; `sha256` always.

        Empty where nothing is held, so a fetch can leave out what never changes; and where the last
        body is damaged, so that it is asked for again.
        """
        last = _base(self._folder(source, part))
        if last is None:
            return {}
        held = {name: last.headers[name] for name in VALIDATORS if name in last.headers}
        return held | {"sha256": last.sha256}

    def body(self, capture: Capture) -> bytes:
        """The bytes as kept.

        Raises:
            RawCorruptError: they are missing, or not what was written.
        """
        return unpacked(self._body_path(capture), capture.sha256)

    def open(self, capture: Capture) -> BinaryIO:
        """The bytes as kept, as a stream. They are vouched for by its end: read it out.

        Raises:
            RawCorruptError: here or while reading, they are missing, or not what was written.
        """
        return io.BufferedReader(Verified(self._body_path(capture), capture.sha256), STEP)

    def mend(self, capture: Capture) -> bool:
        """Whether a capture that could not be read can be read now.

        A body that is not what its sidecar says is set aside. Its place is taken by an equal one of
        any capture of the source, if there is one, now or when it arrives (`keep`).
        """
        folder = self._folder(capture.source, capture.part)
        try:
            sidecar = read_sidecar(folder / f"{capture.captured_at.strftime(STAMP)}.json")
        except RawCorruptError:
            return False
        if sidecar.sha256 != capture.sha256:
            return False
        holder = folder / f"{sidecar.holder}.gz"
        if is_whole(holder, sidecar):
            return True
        set_aside(holder, sidecar)
        for part, stem in sorted(self.listing(capture.source).bodies):
            other = self.root / capture.source / part / f"{stem}.gz"
            try:
                about = read_sidecar(other.with_suffix(".json"))
            except RawCorruptError:
                continue
            if about.sha256 == sidecar.sha256 and is_whole(other, about):
                link(other, holder)
                sync(folder)
                return True
        return False

    def _body_path(self, capture: Capture) -> Path:
        folder = self._folder(capture.source, capture.part)
        stamp = capture.captured_at.astimezone(UTC).strftime(STAMP)
        sidecar = read_sidecar(folder / f"{stamp}.json")
        if sidecar.sha256 != capture.sha256:
            raise RawCorruptError(
                f"{named(folder / stamp)}.json says sha256 {sidecar.sha256}, not {capture.sha256}"
            )
        return folder / f"{sidecar.holder}.gz"

    def _folder(self, source: str, part: str) -> Path:
        return self.root / _checked(source) / _checked(part)


def _checked(name: str) -> str:
    """Names become folders: nothing may lead out of the store or hide in it."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not of lower-case letters, digits, '.', '_' and '-'")
    return name


def _newest(folder: Path) -> Sidecar | None:
    """The newest sidecar that can be read; one that cannot must not cost the price of today."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208, 100,000 names
    stems = [name[:-5] for name in names if name.endswith(".json")]
    for stem in sorted((each for each in stems if STAMPED.fullmatch(each)), reverse=True):
        try:
            return read_sidecar(folder / f"{stem}.json")
        except RawCorruptError:
            continue
    return None


def _base(folder: Path) -> Sidecar | None:
    """The last capture, if an answer may be built on it: its body was held against its hash.

    A damaged one is set aside. The upstream is then asked without validators, so that it sends the
    body whole, and an equal answer is stored instead of being called the same as the damaged one.
    """
    last = _newest(folder)
    if last is None:
        return None
    holder = folder / f"{last.holder}.gz"
    if is_whole(holder, last):
        return last
    set_aside(holder, last)
    return None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(STEP):
        yield piece


def _measured(file: BinaryIO) -> tuple[str, int]:
    """Hash and size of a body in a file."""
    found, size = hashlib.sha256(), 0
    for piece in _pieces(file):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size
