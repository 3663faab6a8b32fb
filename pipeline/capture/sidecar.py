"""The small file beside each body that is the capture: what it says, and whether it can be so.

Whatever lies in the store under the name of a sidecar is read here: emptied by a power cut, half
written, put there by somebody else. What is wrong with one is said of that one only.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

STAMP = "%Y%m%dT%H%M%S%fZ"
STAMPED = re.compile(r"\d{8}T\d{12}Z")

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(ge=0)]
Stamp = Annotated[str, msgspec.Meta(pattern=f"^{STAMPED.pattern}$")]


class RawCorruptError(ValueError):
    """A file of the raw store is damaged or missing; the message names it."""


class Sidecar(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says.

    Attributes:
        url: The address asked, without secrets.
        status: HTTP status of the answer; 304 is another sighting of the body before.
        headers: Those the next question needs, and a few that say what the body is.
        captured_at: ISO 8601 in UTC, to the microsecond; the file's name is the same moment.
        sha256: Of the body as kept, after redaction.
        bytes: Its size, unpacked.
        redacted: Whether something was taken out before it was kept.
        same_as: Stamp of the capture that holds the body, if another.
        packed_sha256: Of the file that holds the body, packed: comparing it takes no unpacking.
            Captures of earlier releases lack it.
    """

    url: str
    status: int
    headers: dict[str, str]
    captured_at: str
    sha256: Hash
    bytes: Size
    redacted: bool
    same_as: Stamp | None
    packed_sha256: Hash | None = None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.captured_at)

    @property
    def stamp(self) -> str:
        return self.moment.astimezone(UTC).strftime(STAMP)

    @property
    def holder(self) -> str:
        return self.same_as or self.stamp


def written(sidecar: Sidecar) -> bytes:
    """The content of the file."""
    return msgspec.json.format(msgspec.json.encode(sidecar), indent=1) + b"\n"


def named(path: Path) -> str:
    """A file by its place in the store: what is said of it must not hold the machine's paths."""
    return "/".join(path.parts[-3:])


def read(path: Path) -> Sidecar:
    """The sidecar in a file.

    Raises:
        RawCorruptError: the file cannot be read, is not a sidecar, or is one of another moment.
    """
    try:
        sidecar = msgspec.json.decode(path.read_bytes(), type=Sidecar)
        stamp = sidecar.stamp if sidecar.moment.tzinfo else "a moment without time zone"
    except OSError as error:
        raise RawCorruptError(f"{named(path)} cannot be read: {error.strerror}") from error
    except (ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise RawCorruptError(f"{named(path)} is not a sidecar: {error}") from error
    if stamp != path.stem:
        raise RawCorruptError(f"{named(path)} says it was captured at {sidecar.captured_at}")
    return sidecar
