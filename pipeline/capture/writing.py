"""Files that are whole or absent after a power cut, and names that two writers never share."""

import fcntl
import gzip
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, BinaryIO

from pipeline.capture.sidecar import STAMP

CLAIM = ".json.tmp"
DRAFT = ".gz.tmp"


@contextmanager
def claimed(folder: Path, moment: datetime) -> Iterator[tuple[datetime, BinaryIO]]:
    """A stamp nobody else has, and the temporary file that claims it: the sidecar to be.

    The file is locked while its writer lives, which is how `sweep` tells what a dead one left.
    """
    while True:
        stamp = moment.strftime(STAMP)
        claim, draft = folder / f"{stamp}{CLAIM}", folder / f"{stamp}{DRAFT}"
        taken = [folder / f"{stamp}.json", folder / f"{stamp}.gz", draft]
        taken.append(folder / f"{stamp}.gz.damaged")
        try:
            file = claim.open("xb")
        except FileExistsError:  # another process has the stamp, or had it when it died
            moment += timedelta(microseconds=1)
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is(claim, file):  # else somebody took it for what a dead writer left
                try:
                    if not any(each.exists() for each in taken):
                        try:
                            yield moment, file
                            return
                        finally:
                            draft.unlink(missing_ok=True)
                finally:  # both are renamed by now, unless writing failed
                    if _is(claim, file):
                        claim.unlink()
        moment += timedelta(microseconds=1)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left behind; a live one holds the lock of its claim."""
    names = os.listdir(folder)  # noqa: PTH208, 100,000 names
    for name in names:
        if not name.endswith((CLAIM, DRAFT)):
            continue
        stamp = name.removesuffix(CLAIM).removesuffix(DRAFT)
        claim = folder / f"{stamp}{CLAIM}"
        try:
            with claim.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(claim, file):
                    (folder / f"{stamp}{DRAFT}").unlink(missing_ok=True)
                    claim.unlink()
        except OSError:  # locked by a live writer, or gone by now, or not ours to remove
            continue


def _is(path: Path, file: IO[bytes]) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def write(file: BinaryIO, content: bytes) -> str:
    """Write and have it on disk; the hash of what was written."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def write_gzip(file: BinaryIO, pieces: Iterator[bytes]) -> str:
    """Pack pieces into a file and have it on disk; the hash of the packed bytes."""
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
        for piece in pieces:
            packed.write(piece)
    file.flush()
    os.fsync(file.fileno())
    with Path(file.name).open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder of the store, and have its name survive a power cut."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder.parent, folder.parent.parent):
            sync(parent)


def sync(folder: Path) -> None:
    """Makes the names in a folder survive a power cut, as `fsync` of a file does its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
