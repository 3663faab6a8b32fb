"""Capture, parse, prepare, validate, land: what is good stays, what is bad says why."""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.capture.bodies import spooled
from pipeline.capture.http import Response, UpstreamError
from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.prices import runpod, skypilot_catalog, vast
from pipeline.sources.source import Part, Source, discover
from pipeline.warehouse import Warehouse
from tests.given.support import rows, typed

FIXTURES = Path(__file__).parent / "fixtures"
GPU_TYPES = (FIXTURES / "runpod" / "gpu_types.json").read_bytes()
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
H100 = {"id": "NVIDIA H100 80GB HBM3", "displayName": "H100 SXM", "memoryInGb": 80,
        "secureCloud": True, "communityCloud": True,
        "securePrice": 3.99, "communityPrice": 2.69}  # fmt: skip
MEMORY = {"H200": 141, "B200": 180, "L4": 24, "L40S": 48}
GOOD = [H100 | {"id": f"NVIDIA {name}", "memoryInGb": gb} for name, gb in MEMORY.items()]


def answers(source: Source, *bodies: bytes | UpstreamError, part: str = "all") -> Source:
    """The source, replaying bodies: one answer per capture."""
    queue = list(bodies)
    moment = iter(START + timedelta(hours=n) for n in range(1_000))

    def fetch(_) -> Iterator[Part]:
        body = queue.pop(0)
        if isinstance(body, UpstreamError):
            yield Part(part, body)
            return
        yield Part(part, Response("https://example.org/x", 200, {}, body, next(moment)))

    return replace(source, fetch=fetch)


@pytest.fixture(scope="session")
def reference_facts(tmp_path_factory):
    """A build database with the committed reference facts landed, but for price history."""
    store = Warehouse(tmp_path_factory.mktemp("reference"))
    with store.connect() as db:
        for source in ingest.in_landing_order(discover()):
            if source.file and source.domain == "reference":
                assert [each.outcome for each in ingest.land(source, store, db)] == ["landed"]
    return store.build


@pytest.fixture
def referenced(store, reference_facts):
    """A copy of it, open."""
    store.build.parent.mkdir(parents=True)
    shutil.copy(reference_facts, store.build)
    with store.connect() as opened:
        yield opened


def once(source, store, db):
    captured = ingest.capture(source, store)
    ingest.record(db, captured)
    return captured, ingest.land(source, store, db)


def types(*each: dict) -> bytes:
    return json.dumps({"data": {"gpuTypes": list(each)}}).encode()


def test_a_capture_lands_with_canonical_names_and_its_record(store, referenced):
    db = referenced
    _, [landed] = once(answers(runpod.SOURCE, GPU_TYPES), store, db)
    assert landed.outcome == "landed", landed.reason
    prices = rows(
        db,
        "select provider, accelerator, price_usd_per_gpu_hour from staging.gpu_offers "
        "where accelerator = 'nvidia-h100-sxm-80gb' order by provider",
    )
    assert [tuple(row.values()) for row in prices] == [
        ("runpod", "nvidia-h100-sxm-80gb", 3.99),
        ("runpod-community", "nvidia-h100-sxm-80gb", 2.69),
    ]
    [record] = rows(db, "from meta.attempts where source = 'runpod'")
    assert record["outcome"] == "landed"
    assert record["row_count"] == landed.rows > 0


def test_every_parsed_row_lands_or_is_set_aside(store, referenced):
    source = answers(runpod.SOURCE, GPU_TYPES)
    _, [landed] = once(source, store, referenced)
    [each] = store.raw.captures("runpod")
    assert landed.rows + landed.quarantined == runpod.parse(GPU_TYPES, each).height
    asideand = rows(
        referenced,
        "select source, reason, row_raw from staging.quarantine where source = 'runpod'",
    )
    assert len(asideand) == landed.quarantined
    assert all(row["reason"] and json.loads(row["row_raw"]) for row in asideand)


def test_landing_the_same_capture_twice_adds_nothing(store, referenced):
    source = answers(runpod.SOURCE, GPU_TYPES)
    once(source, store, referenced)
    assert ingest.land(source, store, referenced) == []


def test_new_rules_read_old_captures_again_without_doubling_a_row(store, referenced, monkeypatch):
    source = answers(runpod.SOURCE, GPU_TYPES)
    _, [first] = once(source, store, referenced)
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "changed")
    [again] = ingest.land(source, store, referenced)
    assert (again.rows, again.quarantined) == (first.rows, first.quarantined)
    [count] = rows(referenced, "select count(*) as n from staging.gpu_offers")
    assert count["n"] == first.rows


@pytest.fixture
def without_providers(referenced):
    """As when the hourly job is the first of all: no rule says who sells."""
    referenced.execute("delete from staging.providers")
    referenced.execute("delete from meta.attempts where source = 'providers'")
    return referenced


def of_name(name: str) -> Source:
    return next(each for each in discover() if each.name == name)


def nobody(db) -> int:
    """Rows set aside because no provider is known."""
    [found] = rows(
        db, "select count(*) as n from staging.quarantine where reason = 'unknown_provider'"
    )
    return found["n"]


def test_prices_that_came_before_their_rules_are_read_again_when_these_have_landed(
    store, without_providers
):
    db, source = without_providers, answers(runpod.SOURCE, GPU_TYPES)
    _, [first] = once(source, store, db)
    assert (first.rows, nobody(db) > 0) == (0, True)
    assert ingest.land(source, store, db) == []
    ingest.land(of_name("providers"), store, db)
    [again] = ingest.land(source, store, db)
    assert (again.rows > 0, nobody(db)) == (True, 0)
    assert ingest.land(source, store, db) == []


def test_a_build_catches_up_with_prices_whose_rules_it_lands(store, without_providers):
    db, source = without_providers, answers(runpod.SOURCE, GPU_TYPES)
    once(source, store, db)
    made = ingest.catch_up([source, of_name("providers")], store, db)
    assert [(each.source, each.rows > 0) for each in made] == [
        ("providers", True),
        ("runpod", True),
    ]
    assert ingest.catch_up([source, of_name("providers")], store, db) == []


def test_rules_that_were_edited_and_have_not_landed_are_not_taken_for_those_read_by(
    store, referenced, tmp_path, monkeypatch
):
    db, source = referenced, answers(runpod.SOURCE, GPU_TYPES)
    for each in ingest.REFERENCE.glob("*.csv"):
        (tmp_path / each.name).symlink_to(each)
    lines = (ingest.REFERENCE / "providers.csv").read_text().splitlines(keepends=True)
    (tmp_path / "providers.csv").unlink()
    (tmp_path / "providers.csv").write_text(
        "".join(line for line in lines if not line.startswith("runpod,"))
    )
    monkeypatch.setattr(ingest, "REFERENCE", tmp_path)
    _, [first] = once(source, store, db)  # the hour before the files land
    assert nobody(db) == 0
    ingest.land(of_name("providers"), store, db)
    [again] = ingest.land(source, store, db)
    assert (again.rows < first.rows, nobody(db) > 0) == (True, True)


def test_an_identical_answer_is_a_new_sighting_but_not_stored_twice(store, referenced):
    source = answers(runpod.SOURCE, GPU_TYPES, GPU_TYPES)
    once(source, store, referenced)
    _, [second] = once(source, store, referenced)
    assert second.outcome == "landed"
    assert len(list((store.root / "raw" / "runpod").rglob("*.gz"))) == 1
    [times] = rows(referenced, "select count(distinct observed_at) as n from staging.gpu_offers")
    assert times["n"] == 2


BAD = {
    "malformed JSON": b'{"data": {"gpuTypes": [',
    "an error page": b"<html>502 Bad Gateway</html>",
    "an error answer": b'{"errors": [{"message": "rate limited"}]}',
    "a missing field": types({k: v for k, v in H100.items() if k != "securePrice"}),
    "zero rows": types(),
    "not text": b"\xff\xfe\x00\x00",
    "a wrong type": types(H100 | {"securePrice": {"amount": 3.99}}),
}


def test_an_identical_answer_is_not_read_again_where_seeing_again_is_no_news(store, referenced):
    read = []

    def parse(body, capture):
        read.append(capture.captured_at)
        return runpod.parse(body, capture)

    filing = replace(answers(runpod.SOURCE, GPU_TYPES, GPU_TYPES), parse=parse, sightings=False)
    for _ in range(2):
        ingest.capture(filing, store)
        [attempt] = ingest.land(filing, store, referenced)
        assert attempt.outcome == "landed"
    assert len(read) == 1
    assert attempt.rows == 0
    assert attempt.held > 0


def test_a_key_that_is_null_is_the_same_as_another_null(db):
    instant = {
        "source": "a", "cik": "0001045810", "accession": "0001045810-26-000021", "form": "10-K",
        "filed_on": date(2026, 2, 25), "taxonomy": "us-gaap", "concept": "Assets", "unit": "USD",
        "period_end_on": date(2026, 1, 25), "dimensions": "", "value": 1.0, "licence": "test",
        "confidence": "high", "known_at": START, "captured_at": START, "source_url": "https://x",
    }  # fmt: skip
    frame = typed(FILING_FACTS, [instant])
    assert [wh.append(db, FILING_FACTS, frame) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("name", BAD)
def test_broken_structure_fails_the_capture_and_leaves_earlier_data(name, store, referenced):
    source = answers(runpod.SOURCE, GPU_TYPES, BAD[name])
    _, [good] = once(source, store, referenced)
    _, [bad] = once(source, store, referenced)
    assert bad.outcome == "failed"
    assert bad.reason
    [count] = rows(referenced, "select count(*) as n from staging.gpu_offers")
    assert count["n"] == good.rows
    assert len(store.raw.captures("runpod")) == 2, "bytes are kept before anyone looks inside"


ODD = {
    "negative": ({"securePrice": -3.99}, "price_not_positive"),
    "unknown card": ({"id": "ACME X1"}, "unknown_accelerator"),
    "MIG slice": ({"id": "NVIDIA B300 SXM6 AC MIG 1g.34gb"}, "fractional"),
    "10 MB name": ({"id": "x" * 10_000_000}, "offer_id: oversized_text"),
    "NUL byte": ({"id": "NVIDIA\x00H100"}, "offer_id: nul_byte"),
    "formula": ({"id": "=cmd|'/C calc'!A0"}, "offer_id: formula_text"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_row_is_set_aside_with_its_reason_and_the_others_land(name, store, referenced):
    cells, reason = ODD[name]
    body = types(*GOOD, H100 | {"id": "NVIDIA A100 80GB PCIe"} | cells)
    _, [landed] = once(answers(runpod.SOURCE, body), store, referenced)
    assert landed.outcome == "landed", landed.reason
    reasons = {row["reason"] for row in rows(referenced, "from staging.quarantine")}
    assert reason in reasons
    assert landed.rows >= 2 * len(GOOD)
    [size] = rows(referenced, "select max(length(row_raw)) as n from staging.quarantine")
    assert size["n"] < 10_000


def offers_of(prices: list[float]) -> bytes:
    payload = json.loads((FIXTURES / "vast" / "offers.json").read_bytes())
    sample = next(o for o in payload["offers"] if o["gpu_name"] == "H100 SXM")
    payload["offers"] = [
        sample | {"ask_contract_id": n, "machine_id": n, "num_gpus": 1, "dph_total": price,
                  "min_bid": 0}
        for n, price in enumerate(prices)
    ]  # fmt: skip
    return json.dumps(payload).encode()


def test_one_implausible_price_in_a_hundred_is_set_aside(store, referenced):
    source = answers(vast.SOURCE, offers_of([2.0] * 120 + [900.0]), part="h100")
    _, [landed] = once(source, store, referenced)
    assert (landed.outcome, landed.rows) == ("landed", 120)
    assert rows(referenced, "select reason, count(*) as n from staging.quarantine "
                "where reason = 'implausible_price' group by all") == [
        {"reason": "implausible_price", "n": 1}
    ]  # fmt: skip


def test_prices_in_cents_are_a_change_of_unit_and_fail_the_capture(store, referenced):
    source = answers(vast.SOURCE, offers_of([2.0] * 50), offers_of([200.0] * 50), part="h100")
    once(source, store, referenced)
    _, [cents] = once(source, store, referenced)
    assert cents.outcome == "failed"
    assert "change of unit" in cents.reason
    [count] = rows(referenced, "select count(*) as n from staging.gpu_offers")
    assert count["n"] == 50


def test_a_future_date_and_an_unknown_currency_are_set_aside(store, referenced):
    def parse(body, capture):
        frame = runpod.parse(body, capture)
        late = frame["observed_at"].to_list()
        late[0] += timedelta(days=2)
        money = frame["currency"].to_list()
        money[1], money[2] = "doubloons", "XAU"
        return frame.with_columns(
            observed_at=type(frame["observed_at"])(late).dt.cast_time_unit("us"),
            currency=type(frame["currency"])(money),
        )

    parse.__module__ = runpod.__name__
    body = types(*GOOD)
    source = replace(answers(runpod.SOURCE, body), parse=parse)
    _, [landed] = once(source, store, referenced)
    reasons = [row["reason"] for row in rows(referenced, "from staging.quarantine")]
    assert landed.outcome == "landed", landed.reason
    assert {"observed_in_the_future", "unknown_currency", "no_exchange_rate"} <= set(reasons)


def test_a_csv_that_starts_with_a_formula_is_refused(store, referenced):
    body = b"=cmd|' /C calc'!A0,AcceleratorName\n1,2\n"
    _, [bad] = once(answers(skypilot_catalog.SOURCE, body, part="aws"), store, referenced)
    assert bad.outcome == "failed"


def test_one_part_that_fails_does_not_cost_the_others(store, referenced):
    aws = (FIXTURES / "skypilot_catalog" / "aws.csv").read_bytes()

    def fetch(_):
        yield Part("gcp", UpstreamError("refused", url="https://example.org/gcp", status=404))
        yield Part("aws", Response("https://example.org/aws", 200, {}, aws, START))

    source = replace(skypilot_catalog.SOURCE, fetch=fetch)
    captured, [landed] = once(source, store, referenced)
    assert [each.outcome for each in captured] == ["refused", "captured"]
    assert landed.outcome == "landed", landed.reason
    [p5] = rows(
        referenced,
        "select price_usd_per_gpu_hour as p from staging.gpu_offers where region = 'us-east-1' "
        "and instance_type = 'p5.48xlarge' and market = 'on_demand'",
    )
    assert p5["p"] == pytest.approx(98.32 / 8)


def test_an_upstream_out_of_reach_is_recorded_by_name_and_reason(store, referenced):
    error = UpstreamError("cannot be reached", url="https://example.org/x")
    [attempt], landed = once(answers(runpod.SOURCE, error), store, referenced)
    assert (attempt.outcome, landed) == ("unreachable", [])
    [record] = rows(referenced, "from meta.attempts where source = 'runpod'")
    assert "cannot be reached" in record["outcome_reason"]


def test_a_committed_file_was_captured_when_its_newest_document_was_read(store):
    with store.connect() as db:
        [source] = [each for each in discover() if each.name == "regions"]
        ingest.register(db, source)
        [attempt] = ingest.land(source, store, db)
        [(newest,)] = db.execute("select max(captured_at) from staging.regions").fetchall()
        assert attempt.captured_at == newest == ingest.read_at(db, source)
    assert newest.hour == newest.minute == 0


def test_a_source_without_its_key_is_skipped_with_one_clear_line(store):
    source = replace(answers(runpod.SOURCE, GPU_TYPES), secrets=("RUNPOD_API_KEY",))
    [attempt] = ingest.capture(source, store, env={})
    assert (attempt.outcome, attempt.reason) == ("skipped", "set RUNPOD_API_KEY")


def test_hosts_addresses_never_reach_the_disk(store, referenced):
    payload = json.loads(offers_of([2.0] * 6))
    for each in payload["offers"]:
        each["public_ipaddr"] = "203.0.113.77"
    source = answers(vast.SOURCE, json.dumps(payload).encode(), part="h100")
    once(source, store, referenced)
    [kept] = store.raw.captures("vast")
    assert b"203.0.113.77" not in store.raw.body(kept)
    everywhere = [p for p in store.root.rglob("*") if p.is_file()]
    assert everywhere
    assert not [p for p in everywhere if b"203.0.113.77" in p.read_bytes()]


def test_a_committed_file_is_replaced_whole_when_it_changes(store, db, tmp_path, monkeypatch):
    [providers] = [each for each in discover() if each.name == "providers"]
    lines = (ingest.REFERENCE / "providers.csv").read_text().splitlines(keepends=True)
    monkeypatch.setattr(ingest, "REFERENCE", tmp_path)
    (tmp_path / "providers.csv").write_text("".join(lines))
    ingest.land(providers, store, db)
    (tmp_path / "providers.csv").write_text("".join(lines[:-1]))
    ingest.land(providers, store, db)
    [count] = rows(db, "select count(*) as n from staging.providers")
    assert count["n"] == len(lines) - 2
    assert ingest.land(providers, store, db) == []


# --- bodies too large for memory -------------------------------------------------------------


def streamed(read_to_end: bool, body: bytes) -> Source:
    def fetch(_):
        file = spooled([body], "any")
        yield Part("all", Response("https://example.org/x", 200, {}, b"", START, file))

    def parse_stream(stream, capture) -> pl.DataFrame:
        body = stream.read(len(GPU_TYPES))
        if read_to_end:
            stream.read()
        return runpod.parse(body, capture)

    parse_stream.__module__ = runpod.__name__
    return replace(runpod.SOURCE, parse=None, parse_stream=parse_stream, fetch=fetch)


@pytest.mark.parametrize("read_to_end", [True, False])
def test_a_source_may_read_a_stream(store, referenced, read_to_end):
    source = streamed(read_to_end, GPU_TYPES)
    ingest.capture(source, store)
    [landed] = ingest.land(source, store, referenced)
    assert (landed.outcome, landed.rows > 0) == ("landed", True)
    assert source.domain == "prices"


def test_rows_of_a_damaged_stream_do_not_land_even_if_the_parser_stops_early(
    store, referenced
):  # fmt: skip
    source = streamed(False, GPU_TYPES)
    ingest.capture(source, store)
    [path] = (store.root / "raw").rglob("*.gz")
    path.write_bytes(gzip.compress(GPU_TYPES + b" "))
    [failed] = ingest.land(source, store, referenced)
    assert failed.outcome == "failed"
    assert "RawCorruptError" in failed.reason
    assert rows(referenced, "from staging.gpu_offers where source = 'runpod'") == []


def test_a_source_has_one_parser():
    with pytest.raises(ValueError, match="either parse or parse_stream"):
        replace(runpod.SOURCE, parse=None)
    with pytest.raises(ValueError, match="either parse or parse_stream"):
        replace(runpod.SOURCE, parse_stream=lambda *_: pl.DataFrame())
    for other in ({"redact": lambda body: body}, {"file": "prices.csv"}):
        with pytest.raises(ValueError, match="cannot be redacted, nor be a committed file"):
            replace(streamed(True, b""), **other)


def test_a_build_database_laid_out_by_other_code_is_read_again(store):
    [providers] = [each for each in discover() if each.name == "providers"]
    with store.connect() as db:
        ingest.land(providers, store, db)
        db.execute("alter table meta.attempts drop column held_count")
    with store.connect() as db:
        assert rows(db, "from meta.attempts") == []
        [landed] = ingest.land(providers, store, db)
        assert landed.held == landed.rows > 50
