"""A packed body on disk: read, held against its hash, set aside, put back."""

import gzip
import hashlib
import io
import os
import zlib
from pathlib import Path
from typing import Any

from pipeline.capture.sidecar import RawCorruptError, Sidecar, named
from pipeline.capture.sidecar import read as read_sidecar
from pipeline.capture.writing import sync

STEP = 2**20
DAMAGED = ".gz.damaged"


class Verified(io.RawIOBase):
    """A gzip file unzipped as it is read; at its end the hash must be the one kept."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._path, self._expected, self._hash = path, sha256, hashlib.sha256()
        try:
            self._file = gzip.open(path, "rb")  # noqa: SIM115, closed with this
        except OSError as error:
            raise _unreadable(path, error) from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        try:
            size = self._file.readinto(view)
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(self._path, error) from error
        self._hash.update(view[:size])
        if not size and (found := self._hash.hexdigest()) != self._expected:
            raise _other(self._path, found, self._expected)
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def unpacked(path: Path, sha256: str) -> bytes:
    try:
        body = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    if (found := hashlib.sha256(body).hexdigest()) != sha256:
        raise _other(path, found, sha256)
    return body


def _unreadable(path: Path, error: Exception) -> RawCorruptError:
    why = getattr(error, "strerror", None) or error
    return RawCorruptError(f"{named(path)} cannot be read: {why}")


def _other(path: Path, found: str, expected: str) -> RawCorruptError:
    return RawCorruptError(f"{named(path)} has sha256 {found}, its sidecar {expected}")


def is_whole(path: Path, sidecar: Sidecar) -> bool:
    """Whether a file holds the body of a sidecar."""
    try:
        if sidecar.packed_sha256 is not None:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == sidecar.packed_sha256:
                    return True
        with io.BufferedReader(Verified(path, sidecar.sha256), STEP) as stream:
            while stream.read(STEP):
                pass
    except (OSError, RawCorruptError):
        return False
    return True


def set_aside(path: Path, sidecar: Sidecar) -> None:
    """Move a damaged body out of the way, or note that it is missing; `keep` then looks for it.

    Args:
        path: Where the body lies.
        sidecar: Of a capture that points to it. The one beside the body has the last word.
    """
    try:
        sidecar = read_sidecar(path.with_suffix(".json"))
    except RawCorruptError:
        pass
    else:
        if is_whole(path, sidecar):
            return
    aside = path.with_name(path.stem + DAMAGED)
    number = 1
    while aside.exists() and path.exists():
        number += 1
        aside = path.with_name(f"{path.stem}{DAMAGED}-{number}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        aside.touch()
    else:
        if is_whole(aside, sidecar):  # somebody mended it between the look and the move
            aside.rename(path)
    sync(path.parent)


def lost(folder: Path) -> dict[str, str]:
    """Stamps of captures whose body was set aside and is not back, with the hash it had."""
    found: dict[str, str] = {}
    for name in os.listdir(folder):  # noqa: PTH208, 100,000 names
        if not name.endswith(DAMAGED):
            continue
        stamp = name.removesuffix(DAMAGED)
        if not (folder / f"{stamp}.gz").exists():
            try:
                found[stamp] = read_sidecar(folder / f"{stamp}.json").sha256
            except RawCorruptError:
                continue
    return found


def link(whole: Path, missing: Path) -> None:
    """The same body under another name; a body that is never changed can have two."""
    try:
        missing.hardlink_to(whole)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        draft = missing.with_name(missing.name + ".tmp")
        draft.write_bytes(whole.read_bytes())
        draft.rename(missing)
