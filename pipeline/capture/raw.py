"""The bytes of every capture, as received, in a folder that is only ever added to.

    <root>/<source>/<part>/<stamp>.gz      the body, gzip
    <root>/<source>/<part>/<stamp>.json    the sidecar: what the body is, and when it came

The sidecar is written last and is the capture: a body without one is the trace of a crash. A body
equal to the one before is not stored twice; its sidecar names the capture that holds it.
"""

import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.capture.http import Response

STAMP = "%Y%m%dT%H%M%S%fZ"
NAME = re.compile(r"(?!\.)[a-z0-9._-]+")
VALIDATORS = ("etag", "last-modified")
STEP = 2**20
KEPT_HEADERS = (*VALIDATORS, "content-type", "date", "content-length", "content-encoding")


class RawCorruptError(ValueError):
    """A file of the raw store is damaged or missing; the message names it."""


@dataclass(frozen=True)
class Capture:
    """One answer of an upstream; `sha256` is of the body as kept, after redaction."""

    source: str
    part: str
    url: str
    captured_at: datetime
    sha256: str


@dataclass(frozen=True)
class _Sidecar:
    """What the file says. `same_as` is the stamp of the capture that holds the body, if another."""

    url: str
    status: int
    headers: dict[str, str]
    captured_at: str
    sha256: str
    bytes: int
    redacted: bool
    same_as: str | None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.captured_at)

    @property
    def stamp(self) -> str:
        return self.moment.strftime(STAMP)

    @property
    def holder(self) -> str:
        return self.same_as or self.stamp


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
        last = _last_whole(folder)
        headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
        if response.status == 304:
            if last is None:
                raise ValueError(f"{source}/{part}: 304, but no earlier capture it could mean")
            body, sha256, size, is_redacted = None, last.sha256, last.bytes, last.redacted
            # A 304 may leave the validators out, and the next question needs them.
            headers = {k: v for k, v in last.headers.items() if k in VALIDATORS} | headers
        elif response.file is not None:
            body, is_redacted = b"", False
            sha256, size = _measured(response.file)
        else:
            body = response.body if redact is None else redact(response.body)
            sha256, size = hashlib.sha256(body).hexdigest(), len(body)
            is_redacted = redact is not None
        same_as = last.holder if last is not None and last.sha256 == sha256 else None
        _make_folder(folder)
        with _claimed(folder, response.fetched_at.astimezone(UTC)) as (moment, claim):
            stamp = moment.strftime(STAMP)
            if body is not None and same_as is None:
                draft = folder / f"{stamp}.gz.tmp"
                with draft.open("xb") as file:
                    if response.file is not None:
                        _write_gzip(file, _pieces(response.file))
                    else:
                        _write(file, gzip.compress(body, compresslevel=6, mtime=0))
                draft.rename(folder / f"{stamp}.gz")
                _sync(folder)  # the body must outlive a crash that the sidecar outlives
            sidecar = _Sidecar(
                url=response.url,
                status=response.status,
                headers=headers,
                captured_at=moment.isoformat(timespec="microseconds"),
                sha256=sha256,
                bytes=size,
                redacted=is_redacted,
                same_as=same_as,
            )
            _write(claim, (json.dumps(vars(sidecar), indent=1) + "\n").encode())
            Path(claim.name).rename(folder / f"{stamp}.json")
            _sync(folder)
        return Capture(source, part, response.url, moment, sha256)

    def captures(self, source: str) -> list[Capture]:
        """Every capture of every part, oldest first. Reads sidecars only."""
        folder = self.root / _checked(source)
        found = [_capture(path) for path in folder.glob("*/*.json")]
        return sorted(found, key=lambda each: (each.captured_at, each.part))

    def last(self, source: str, part: str) -> Capture | None:
        path = _last(self._folder(source, part))
        return None if path is None else _capture(path)

    def validators(self, source: str, part: str) -> dict[str, str]:
        """`etag` and `last-modified` of the last capture, as far as it has them; `sha256` always.

        Empty where nothing is held, so a fetch can leave out what never changes.
        """
        last = _last_whole(self._folder(source, part))
        if last is None:
            return {}
        held = {name: last.headers[name] for name in VALIDATORS if name in last.headers}
        return held | {"sha256": last.sha256}

    def body(self, capture: Capture) -> bytes:
        """The bytes as kept.

        Raises:
            RawCorruptError: they are missing, or not what was written.
        """
        path = self._body_path(capture)
        try:
            body = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise RawCorruptError(f"{path} cannot be read: {error}") from error
        if (found := hashlib.sha256(body).hexdigest()) != capture.sha256:
            raise RawCorruptError(f"{path} has sha256 {found}, its sidecar {capture.sha256}")
        return body

    def open(self, capture: Capture) -> BinaryIO:
        """The bytes as kept, as a stream. They are vouched for by its end: read it out.

        Raises:
            RawCorruptError: here or while reading, they are missing, or not what was written.
        """
        return io.BufferedReader(_Verified(self._body_path(capture), capture.sha256), STEP)

    def _body_path(self, capture: Capture) -> Path:
        folder = self._folder(capture.source, capture.part)
        stamp = capture.captured_at.astimezone(UTC).strftime(STAMP)
        return folder / f"{_read(folder / f'{stamp}.json').holder}.gz"

    def _folder(self, source: str, part: str) -> Path:
        return self.root / _checked(source) / _checked(part)


class _Verified(io.RawIOBase):
    """A gzip file unzipped as it is read; at its end the hash must be the one kept."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._path, self._expected, self._hash = path, sha256, hashlib.sha256()
        try:
            self._file = gzip.open(path, "rb")  # noqa: SIM115, closed with this
        except OSError as error:
            raise RawCorruptError(f"{path} cannot be read: {error}") from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        try:
            size = self._file.readinto(view)
        except (OSError, EOFError, zlib.error) as error:
            raise RawCorruptError(f"{self._path} cannot be read: {error}") from error
        self._hash.update(view[:size])
        if not size and (found := self._hash.hexdigest()) != self._expected:
            raise RawCorruptError(f"{self._path} has sha256 {found}, its sidecar {self._expected}")
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _checked(name: str) -> str:
    """Names become folders: nothing may lead out of the store or hide in it."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not of lower-case letters, digits, '.', '_' and '-'")
    return name


def _last(folder: Path) -> Path | None:
    return max(folder.glob("*.json"), default=None)


def _last_whole(folder: Path) -> _Sidecar | None:
    """The last capture, for asking and keeping; None when damaged.

    Damage in the past, which `captures` reports, must not cost the price of today: without a last
    capture the upstream is asked for a whole body, and the whole body is stored.
    """
    try:
        path = _last(folder)
        last = None if path is None else _read(path)
    except RawCorruptError:
        return None
    return last if last is not None and (folder / f"{last.holder}.gz").exists() else None


def _read(path: Path) -> _Sidecar:
    try:
        sidecar = _Sidecar(**json.loads(path.read_bytes()))
        stamp = sidecar.stamp
    except (OSError, ValueError, TypeError) as error:
        raise RawCorruptError(f"{path} is not a sidecar: {error}") from error
    if stamp != path.stem:
        raise RawCorruptError(f"{path} says it was captured at {sidecar.captured_at}")
    return sidecar


def _capture(path: Path) -> Capture:
    sidecar = _read(path)
    source, part = path.parts[-3:-1]
    return Capture(source, part, sidecar.url, sidecar.moment, sidecar.sha256)


@contextmanager
def _claimed(folder: Path, moment: datetime) -> Iterator[tuple[datetime, BinaryIO]]:
    """A stamp nobody else has, and the temporary file that claims it: the sidecar to be."""
    while True:
        stamp = moment.strftime(STAMP)
        claim, draft = folder / f"{stamp}.json.tmp", folder / f"{stamp}.gz.tmp"
        taken = [folder / f"{stamp}.json", folder / f"{stamp}.gz", draft]
        try:
            file = claim.open("xb")
        except FileExistsError:  # another process has the stamp, or had it when it died
            moment += timedelta(microseconds=1)
            continue
        try:
            with file:
                if not any(each.exists() for each in taken):
                    try:
                        yield moment, file
                        return
                    finally:
                        draft.unlink(missing_ok=True)
        finally:  # both are renamed by now, unless writing failed
            claim.unlink(missing_ok=True)
        moment += timedelta(microseconds=1)


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _write_gzip(file: BinaryIO, pieces: Iterator[bytes]) -> None:
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
        for piece in pieces:
            packed.write(piece)
    file.flush()
    os.fsync(file.fileno())


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


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder.parent, folder.parent.parent):
            _sync(parent)


def _sync(folder: Path) -> None:
    """Makes the names in a folder survive a power cut, as `fsync` of a file does its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
