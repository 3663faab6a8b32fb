"""What an upstream sends is refused by name before it costs memory."""

import io
import struct
import zipfile

import pytest

from pipeline.sources.guards import Limits, opened, read_documents, read_json, read_member
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

LIMITS = Limits(members=3, packed_bytes=2**20, unpacked_bytes=2**22)
HERE = Capture("anybody", "all", "https://example.org/answer", NOON, "")


def packed(**members: str | bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return body.getvalue()


def names(body: bytes | io.BytesIO) -> list[str]:
    with opened(body, LIMITS) as archive:
        return archive.namelist()


def test_a_body_and_a_stream_open_alike():
    body = packed(a="1", b="2")
    assert names(body) == names(io.BytesIO(body)) == ["a", "b"]
    with opened(body, LIMITS) as archive:
        assert read_member(archive, "b") == b"2"


def test_a_comment_after_the_archive_is_no_damage():
    body = io.BytesIO(packed(a="1"))
    with zipfile.ZipFile(body, "a") as archive:
        archive.comment = b"made on a Friday"
    assert names(body.getvalue()) == ["a"]


def test_an_announced_directory_is_refused_before_it_is_read():
    body = bytearray(packed(a="1"))
    struct.pack_into("<HH", body, len(body) - 14, 60_000, 60_000)
    with pytest.raises(ParseError, match="60000 members"):
        names(bytes(body))


def test_sizes_are_added_up_before_anything_is_unpacked():
    half = bytes(range(256)) * 2**13
    with pytest.raises(ParseError, match="unpacks to more than 4,194,304 bytes"):
        names(packed(a=half, b=half, c=half))


def test_a_ratio_no_table_has_is_a_bomb():
    with pytest.raises(ParseError, match="a zip bomb"):
        names(packed(a=b"\0" * 2**21))


def test_a_stream_without_end_is_left():
    class Endless:
        def read(self, _: int = -1, /) -> bytes:
            return b"PK" * 2**10

    with pytest.raises(ParseError, match="larger than any"):
        names(Endless())


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"[" * 1_000_000, b"\xff\xfe\x00"])
def test_what_is_not_json_is_refused_with_how_it_begins(body):
    with pytest.raises(ParseError, match=r"answer: not JSON .*begins b"):
        read_json(body, HERE)
    with pytest.raises(ParseError, match=r"^not JSON"):
        read_json(body)
    with pytest.raises(ParseError, match=r"answer: not JSON"):
        list(read_documents(body, HERE))


def test_documents_that_follow_each_other_are_all_read():
    assert list(read_documents(b'{"a": 1}\n[2]\n', HERE)) == [{"a": 1}, [2]]
