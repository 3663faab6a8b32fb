import fcntl
import gzip
import hashlib
import json
import signal
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.capture import bodies, raw, sidecar, stored, writing
from pipeline.capture.http import Response
from pipeline.capture.raw import RawCorruptError, RawStore

NOON = datetime(2026, 11, 20, 12, 0, 0, 250, tzinfo=UTC)
STAMP = "20261120T120000000250Z"
SECRET = b"203.0.113.7"  # a host's address, from the range reserved for documentation
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    return RawStore(tmp_path / "raw")


def answer(body: bytes = b"{}", minutes: float = 0, status: int = 200, **headers: str) -> Response:
    moment = NOON + timedelta(minutes=minutes)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("https://prices.example/v1?key=REDACTED", status, named, body, moment)


def files(store: RawStore) -> list[str]:
    return sorted(p.relative_to(store.root).as_posix() for p in store.root.rglob("*.*"))


def said_of(store: RawStore, capture: raw.Capture) -> dict[str, object]:
    stamp = capture.captured_at.strftime(raw.STAMP)
    return json.loads((store.root / capture.source / capture.part / f"{stamp}.json").read_text())


def test_a_body_comes_back_as_it_came(store):
    body = bytes(range(256)) * 1000
    capture = store.keep("vast", "all", answer(body))
    assert store.body(capture) == body
    assert capture.captured_at == NOON
    assert files(store) == [f"vast/all/{STAMP}.gz", f"vast/all/{STAMP}.json"]
    assert RawStore(store.root).captures("vast") == [capture]


def test_the_sidecar_says_what_the_body_is(store):
    response = answer(b"{}", etag='"a"', content_type="application/json", x_amz_id_2="who-asked")
    said = said_of(store, store.keep("vast", "all", response))
    packed = (store.root / "vast" / "all" / f"{STAMP}.gz").read_bytes()
    assert said.pop("packed_sha256") == hashlib.sha256(packed).hexdigest()
    assert said == {
        "url": "https://prices.example/v1?key=REDACTED",
        "status": 200,
        "headers": {"etag": '"a"', "content-type": "application/json"},
        "captured_at": "2026-11-20T12:00:00.000250+00:00",
        # sha256sum of the two characters {}
        "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "bytes": 2,
        "redacted": False,
        "same_as": None,
    }


def test_equal_bodies_are_equal_files(store):
    store.keep("vast", "a", answer())
    store.keep("vast", "b", answer(minutes=1))
    first, second = store.root.rglob("*.gz")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == bytes(4)  # gzip's own time, RFC 1952


def test_an_equal_body_is_recorded_but_not_stored_again(store):
    first = store.keep("vast", "all", answer(b"[1]"))
    again = [store.keep("vast", "all", answer(b"[1]", minutes)) for minutes in (5, 10)]
    assert [said_of(store, each)["same_as"] for each in again] == [STAMP, STAMP]
    assert len(list(store.root.rglob("*.gz"))) == 1
    assert [store.body(each) for each in store.captures("vast")] == [b"[1]"] * 3
    assert store.captures("vast") == [first, *again]


def test_a_body_that_changed_and_came_back_is_stored_again(store):
    for minutes, body in enumerate([b"[1]", b"[2]", b"[1]"]):
        store.keep("vast", "all", answer(body, minutes))
    assert [store.body(each) for each in store.captures("vast")] == [b"[1]", b"[2]", b"[1]"]


def test_parts_do_not_share_bodies(store):
    store.keep("aws", "us-east-1", answer())
    store.keep("aws", "us-west-2", answer())
    assert len(list(store.root.rglob("*.gz"))) == 2


def test_304_is_another_sighting_and_keeps_the_validators(store):
    store.keep("ecb", "all", answer(b"<x/>", etag='"a"', last_modified="Fri", date="one"))
    seen = store.keep("ecb", "all", answer(b"", minutes=60, status=304, date="two"))
    assert store.body(seen) == b"<x/>"
    assert seen.captured_at == NOON + timedelta(minutes=60)
    assert said_of(store, seen)["headers"] == {
        "etag": '"a"',
        "last-modified": "Fri",
        "date": "two",
    }
    assert said_of(store, seen)["status"] == 304
    validators = store.validators("ecb", "all")
    assert validators == {"etag": '"a"', "last-modified": "Fri", "sha256": seen.sha256}


def test_304_without_an_earlier_capture_is_an_error(store):
    with pytest.raises(ValueError, match="ecb/all: 304"):
        store.keep("ecb", "all", answer(b"", status=304))
    assert store.captures("ecb") == []


def test_validators_are_those_of_the_last_capture_of_the_part(store):
    assert store.validators("ecb", "all") == {}
    store.keep("ecb", "all", answer(b"1", etag='"a"'))
    second = store.keep("ecb", "all", answer(b"2", minutes=1, etag='"b"'))
    other = store.keep("ecb", "other", answer(b"3", minutes=2))
    assert store.validators("ecb", "all") == {"etag": '"b"', "sha256": second.sha256}
    assert store.validators("ecb", "other") == {"sha256": other.sha256}


def test_captures_are_in_the_order_they_came(store):
    for minutes, part in [(3, "a"), (1, "b"), (2, "a")]:
        store.keep("vast", part, answer(str(minutes).encode(), minutes))
    assert [(c.part, store.body(c)) for c in store.captures("vast")] == [
        ("b", b"1"),
        ("a", b"2"),
        ("a", b"3"),
    ]
    assert store.body(store.last("vast", "a")) == b"3"
    assert store.last("vast", "c") is None
    assert store.captures("runpod") == []


def test_two_captures_in_one_microsecond_are_both_kept(store):
    first = store.keep("vast", "all", answer(b"1"))
    before = {path: path.read_bytes() for path in store.root.rglob("*.*")}
    second = store.keep("vast", "all", answer(b"2"))
    assert second.captured_at - first.captured_at == timedelta(microseconds=1)
    assert [store.body(each) for each in store.captures("vast")] == [b"1", b"2"]
    assert {path: path.read_bytes() for path in before} == before


def test_many_threads_lose_and_overwrite_nothing(store):
    bodies = [str(n).encode() for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda body: store.keep("vast", "all", answer(body)), bodies))
    assert len({each.captured_at for each in kept}) == 40
    assert [store.body(each) for each in kept] == bodies
    assert sorted(store.captures("vast"), key=kept.index) == kept


def test_a_moment_in_another_zone_is_stamped_in_utc(store):
    zoned = NOON.astimezone(timezone(timedelta(hours=-5)))
    capture = store.keep("vast", "all", Response("https://x", 200, {}, b"{}", zoned))
    assert f"vast/all/{STAMP}.gz" in files(store)
    assert store.body(capture) == b"{}"
    with pytest.raises(ValueError, match="time zone"):
        store.keep("vast", "all", Response("https://x", 200, {}, b"{}", NOON.replace(tzinfo=None)))


# --- what must not reach the disk ------------------------------------------------------------


def test_what_is_redacted_never_reaches_the_disk(store, monkeypatch):
    written: list[bytes] = []
    write = writing.write

    def seen(file, content):
        written.append(content)
        return write(file, content)

    monkeypatch.setattr(raw, "write", seen)
    body = b'{"public_ipaddr": "%s", "dph_total": 1.47}' % SECRET
    capture = store.keep("vast", "all", answer(body), redact=lambda b: b.replace(SECRET, b""))
    assert store.body(capture) == b'{"public_ipaddr": "", "dph_total": 1.47}'
    assert said_of(store, capture)["redacted"] is True
    on_disk = [path.read_bytes() for path in store.root.rglob("*.*")]
    for content in written + on_disk:
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        assert SECRET not in plain


def test_bodies_that_differ_in_what_is_redacted_are_equal(store):
    for minutes, host in enumerate([SECRET, b"203.0.113.8"]):
        store.keep("vast", "all", answer(host + b"!", minutes), redact=lambda body: body[-1:])
    assert len(list(store.root.rglob("*.gz"))) == 1


def test_a_body_that_cannot_be_redacted_is_not_kept(store):
    with pytest.raises(json.JSONDecodeError):
        store.keep(
            "vast", "all", answer(SECRET), redact=lambda b: json.dumps(json.loads(b)).encode()
        )
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../x", "A", "a b", "a\n", "é"])
def test_no_name_leads_out_of_the_store(store, name):
    for source, part in [(name, "all"), ("vast", name)]:
        with pytest.raises(ValueError, match="lower-case"):
            store.keep(source, part, answer())
    assert not store.root.exists()


# --- damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(gzip.compress(b"[]", mtime=0)), id="other-body"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-3]), id="cut-short"),
        pytest.param(lambda path: path.write_bytes(b""), id="emptied"),
        pytest.param(lambda path: path.write_bytes(b"not gzip at all"), id="not-gzip"),
        pytest.param(Path.unlink, id="gone"),
    ],
)
def test_a_damaged_body_is_named(store, damage):
    capture = store.keep("vast", "all", answer(b"[1, 2, 3]"))
    damage(store.root / "vast" / "all" / f"{STAMP}.gz")
    with pytest.raises(RawCorruptError, match=f"{STAMP}.gz"):
        store.body(capture)


NOT_SIDECARS = ["", '{"url"', "[]", '{"url": "x"}', "null", "\x00" * 300, "[" * 100_000]


@pytest.mark.parametrize("content", NOT_SIDECARS)
def test_a_damaged_sidecar_costs_itself_and_is_named(store, content):
    first = store.keep("vast", "all", answer(b"[0]", etag='"a"'))
    store.keep("vast", "all", answer(b"[1]", minutes=1, etag='"b"'))
    path = store.root / "vast" / "all" / "20261120T120100000250Z.json"
    path.write_text(content)
    with pytest.raises(RawCorruptError, match="vast/all/20261120T120100000250Z"):
        store.capture("vast", "all", path.stem)
    assert store.captures("vast") == [first]
    assert store.last("vast", "all") == first
    again = store.keep("vast", "all", answer(b"[1]", minutes=2))
    assert store.captures("vast") == [first, again]
    assert store.body(again) == b"[1]"


def altered(**cells):
    def alter(path):
        path.write_text(json.dumps(json.loads(path.read_text()) | cells))

    return alter


@pytest.mark.parametrize(
    "damage",
    [
        altered(captured_at="2026-11-20T12:00:00.000250"),
        altered(captured_at="0025-11-20T12:00:00.000250+00:00"),
        altered(captured_at="yesterday"),
        altered(captured_at=5),
        altered(sha256="none"),
        altered(sha256=None),
        altered(same_as="../../../etc/passwd"),
        altered(headers=[]),
        altered(bytes=-1),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: path.rename(path.with_name("20270101T000000000000Z.json")),
        lambda path: path.write_bytes(b"\xe9" * 40),
    ],
)  # fmt: skip
def test_a_sidecar_that_cannot_be_true_is_not_believed(store, damage):
    store.keep("vast", "all", answer())
    [path] = store.root.rglob("*.json")
    damage(path)
    [stray] = store.root.rglob("*.json")
    with pytest.raises(RawCorruptError, match=f"vast/all/{stray.name}"):
        store.capture("vast", "all", stray.stem)
    assert store.captures("vast") == []
    assert store.validators("vast", "all") == {}


def test_a_stray_json_is_no_capture_and_hides_none(store):
    kept = store.keep("vast", "all", answer(b"[1]", etag='"a"'))
    (store.root / "vast" / "all" / "zzz-notes.json").write_text('{"todo": "buy milk"}')
    (store.root / "vast" / "package.json").write_text("{}")
    assert store.captures("vast") == [kept]
    assert store.validators("vast", "all")["etag"] == '"a"'


def test_a_later_release_may_add_to_a_sidecar(store):
    kept = store.keep("vast", "all", answer())
    [path] = store.root.rglob("*.json")
    altered(asked_with="HTTP/3")(path)
    assert store.captures("vast") == [kept]


# --- a damaged body and what was built on it -------------------------------------------------

DAMAGES = {
    "other body": lambda path: path.write_bytes(gzip.compress(b"[]", mtime=0)),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "one byte": lambda path: path.write_bytes(path.read_bytes().replace(b"\x00", b"\x07", 1)),
    "its checksum": lambda path: path.write_bytes(path.read_bytes()[:-8] + bytes(8)),
    "emptied": lambda path: path.write_bytes(b""),
    "not gzip": lambda path: path.write_bytes(b"not gzip at all"),
    "gone": Path.unlink,
}  # fmt: skip


@pytest.mark.parametrize("kept_by", ["this release", "an earlier one"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_body_is_asked_for_again_and_heals_what_points_to_it(store, damage, kept_by):
    captures = [store.keep("vast", "all", answer(b"[1, 2, 3]", n, etag='"a"')) for n in range(3)]
    if kept_by == "an earlier one":
        for path in store.root.rglob("*.json"):
            altered(packed_sha256=None)(path)
    path = store.root / "vast" / "all" / f"{STAMP}.gz"
    DAMAGES[damage](path)
    before = path.read_bytes() if path.exists() else b""
    assert store.validators("vast", "all") == {}, "else a 304 vouches for what is damaged"
    assert path.with_name(f"{STAMP}.gz.damaged").read_bytes() == before, (
        "set aside, not thrown away"
    )
    store.keep("vast", "all", answer(b"[4]", 4))
    for capture in captures:
        with pytest.raises(RawCorruptError):
            store.body(capture)
    again = store.keep("vast", "all", answer(b"[1, 2, 3]", 5, etag='"a"'))
    for capture in [*captures, again]:
        assert store.body(capture) == b"[1, 2, 3]"
    assert store.validators("vast", "all")["etag"] == '"a"'


def test_a_304_is_no_sighting_of_a_damaged_body(store):
    store.keep("vast", "all", answer(b"[1]", etag='"a"'))
    DAMAGES["cut short"](store.root / "vast" / "all" / f"{STAMP}.gz")
    with pytest.raises(ValueError, match="304, but no earlier capture"):
        store.keep("vast", "all", answer(b"", 1, status=304))


def test_a_body_in_a_file_heals_too(store):
    capture = store.keep("aws", "all", downloaded(TABLE))
    DAMAGES["cut short"](store.root / "aws" / "all" / f"{STAMP}.gz")
    assert store.validators("aws", "all") == {}
    store.keep("aws", "all", downloaded(TABLE, NOON.replace(hour=13)))
    assert read_out(store, capture) == TABLE
    assert len(list(store.root.rglob("*.gz"))) == 1


def test_an_equal_body_of_another_part_or_day_heals_at_once(store):
    for minutes, body in enumerate([b"[1]", b"[2]", b"[1]"]):
        store.keep("vast", "all", answer(body, minutes))
    other = store.keep("vast", "other", answer(b"[2]"))
    for path in (store.root / "vast" / "all").glob("*.gz"):
        if "T1202" not in path.name:
            DAMAGES["cut short"](path)
    captures = store.captures("vast")
    assert [store.mend(each) for each in captures] == [True] * 4
    assert [store.body(each) for each in captures] == [b"[1]", b"[2]", b"[2]", b"[1]"]
    assert other in captures


def test_nothing_is_set_aside_on_the_word_of_another_captures_sidecar(store):
    whole = store.keep("vast", "all", answer(b"[1]"))
    store.keep("vast", "all", answer(b"[1]", minutes=1))
    altered(sha256="0" * 64, packed_sha256=None)(
        store.root / "vast" / "all" / "20261120T120100000250Z.json"
    )
    assert store.validators("vast", "all") == {}
    assert store.body(whole) == b"[1]"


def test_a_body_that_was_mended_meanwhile_is_not_set_aside(store):
    store.keep("vast", "all", answer(b"[1]"))
    path = store.root / "vast" / "all" / f"{STAMP}.gz"
    stored.set_aside(path, sidecar.read(path.with_suffix(".json")))
    assert files(store) == [f"vast/all/{STAMP}.gz", f"vast/all/{STAMP}.json"]


def test_damage_after_damage_is_all_kept(store):
    capture = store.keep("vast", "all", answer(b"[1]"))
    path = store.root / "vast" / "all" / f"{STAMP}.gz"
    for n in range(3):
        path.write_bytes(b"%d" % n)
        assert not store.mend(capture)
    assert sorted(each.read_bytes() for each in path.parent.glob("*.damaged*")) == [
        b"0",
        b"1",
        b"2",
    ]


# --- crashes ---------------------------------------------------------------------------------


class PowerCut(BaseException):
    pass


@pytest.mark.parametrize("writes", [1, 2])
def test_a_crash_before_the_sidecar_leaves_no_capture(store, monkeypatch, writes):
    store.keep("vast", "all", answer(b"[1]", etag='"a"'))
    left, write = [writes], writing.write

    def cut(file, content):
        left[0] -= 1
        if not left[0]:
            file.write(content[:10])
            raise PowerCut
        return write(file, content)

    monkeypatch.setattr(raw, "write", cut)
    with pytest.raises(PowerCut):
        store.keep("vast", "all", answer(b"[2]", minutes=1))
    monkeypatch.setattr(raw, "write", write)
    assert [store.body(each) for each in store.captures("vast")] == [b"[1]"]
    assert store.validators("vast", "all")["etag"] == '"a"'
    again = store.keep("vast", "all", answer(b"[2]", minutes=1))
    assert store.body(again) == b"[2]"


def test_what_a_crash_leaves_behind_is_not_read_and_is_cleaned_up(store):
    folder = store.root / "vast" / "all"
    folder.mkdir(parents=True)
    (folder / f"{STAMP}.gz").write_bytes(b"body")
    for name in (f"{STAMP}.json.tmp", f"{STAMP}.gz.tmp", "20261120T110000000000Z.gz.tmp"):
        (folder / name).write_bytes(b"half")
    assert store.captures("vast") == []
    assert store.last("vast", "all") is None
    capture = store.keep("vast", "all", answer(b"[1]"))
    assert store.body(capture) == b"[1]"
    assert (folder / f"{STAMP}.gz").read_bytes() == b"body", "nothing is written over"
    assert not list(folder.glob("*.tmp"))


def test_the_files_of_a_live_writer_are_left_alone(store):
    folder = store.root / "vast" / "all"
    folder.mkdir(parents=True)
    claim, draft = folder / f"{STAMP}.json.tmp", folder / f"{STAMP}.gz.tmp"
    draft.write_bytes(b"half")
    with claim.open("wb") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        kept = store.keep("vast", "all", answer(b"[1]"))
        assert kept.captured_at == NOON + timedelta(microseconds=1)
        assert {each.name for each in folder.glob("*.tmp")} == {claim.name, draft.name}
    store.keep("vast", "all", answer(b"[2]", minutes=1))
    assert not list(folder.glob("*.tmp"))


KEEP_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.capture.http import Response
from pipeline.capture.raw import RawStore
store = RawStore(Path(sys.argv[1]))
for n in range(1_000_000):
    body = str(n).encode() * 5_000
    kept = store.keep("vast", "all", Response("https://x", 200, {}, body, datetime.now(UTC)))
    print(n, kept.captured_at.isoformat(), flush=True)
"""


@pytest.mark.parametrize("milliseconds", [1, 13, 29])
def test_kill_9_loses_nothing_that_was_kept(tmp_path, milliseconds):
    asked = [sys.executable, "-c", KEEP_FOR_EVER, str(tmp_path)]
    with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline()]
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    promised = [line.split() for line in said if line.endswith("\n")]
    store = RawStore(tmp_path)
    kept = store.captures("vast")
    assert len(kept) - len(promised) in (0, 1)
    for n, capture in enumerate(kept):
        assert store.body(capture) == str(n).encode() * 5_000
    assert [c.captured_at.isoformat() for c in kept][: len(promised)] == [at for _, at in promised]
    assert store.body(store.keep("vast", "all", answer(b"after"))) == b"after"
    assert not list(tmp_path.rglob("*.tmp"))


def test_listing_thousands_of_captures_reads_no_body(store):
    folder = store.root / "vast" / "all"
    store.keep("vast", "all", answer())
    said = json.loads((folder / f"{STAMP}.json").read_text())
    (folder / f"{STAMP}.gz").unlink()
    for n in range(1, 3_000):
        moment = NOON + timedelta(seconds=n)
        said["captured_at"] = moment.isoformat(timespec="microseconds")
        (folder / f"{moment.strftime(raw.STAMP)}.json").write_text(json.dumps(said))
    started = time.perf_counter()
    assert len(store.captures("vast")) == 3_000
    assert time.perf_counter() - started < 2


# --- bodies too large for memory -------------------------------------------------------------

TABLE = b"gpu,price\n" + b"H100,2.49\n" * 200_000


def downloaded(body: bytes, fetched_at: datetime = NOON, **headers: str) -> Response:
    file = bodies.spooled([body], "any")
    return Response("https://example.org/x", 200, headers, b"", fetched_at, file)


def test_a_body_in_a_file_is_kept_as_one_in_memory_is(store):
    answer = downloaded(TABLE, etag='"a"')
    capture = store.keep("aws", "us-east-1", answer)
    assert answer.file.closed
    assert store.body(capture) == TABLE
    plain = Response("https://example.org/x", 200, {}, TABLE, NOON)
    assert store.keep("aws", "other", plain).sha256 == capture.sha256
    assert read_out(store, capture) == TABLE
    assert store.validators("aws", "us-east-1")["etag"] == '"a"'


def test_keeping_and_reading_take_less_memory_than_the_body(store):
    file = bodies.spooled((bytes(2**20) for _ in range(64)), "any")
    tracemalloc.start()
    capture = store.keep("aws", "all", Response("https://example.org/x", 200, {}, b"", NOON, file))
    with store.open(capture) as stream:
        assert sum(len(piece) for piece in iter(lambda: stream.read(2**20), b"")) == 64 * 2**20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_an_equal_body_in_a_file_is_not_stored_again(store):
    store.keep("aws", "us-east-1", downloaded(TABLE))
    again = store.keep("aws", "us-east-1", downloaded(TABLE, NOON.replace(hour=13)))
    assert len(list(store.root.rglob("*.gz"))) == 1
    assert read_out(store, again) == TABLE


def test_a_body_in_a_file_cannot_be_redacted(store):
    with pytest.raises(ValueError, match="cannot be redacted"):
        store.keep("aws", "all", downloaded(TABLE), redact=lambda body: body)
    assert list(store.root.rglob("*.*")) == []


def read_out(store: RawStore, capture: raw.Capture) -> bytes:
    with store.open(capture) as stream:
        return b"".join(iter(lambda: stream.read(10_007), b""))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(gzip.compress(TABLE + b"H100,0.01\n")),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(b"not gzip"),
        lambda path: path.unlink(),
    ],
    ids=["other bytes", "cut off", "not gzip", "gone"],
)
def test_damage_shows_by_the_end_of_the_stream(store, damage):
    capture = store.keep("aws", "all", downloaded(TABLE))
    [path] = store.root.rglob("*.gz")
    damage(path)
    with pytest.raises(RawCorruptError, match=r"\.gz"):
        read_out(store, capture)
