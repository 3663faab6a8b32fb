"""Vast.ai: whole offers to accelerators, machines to hosts, and no address on disk."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider
from pipeline.sources.prices import vast
from pipeline.sources.source import Capture, ParseError, discover

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "vast" / "offers.json"
REPOSITORY = Path(__file__).resolve().parents[3]
ARCHIVE = REPOSITORY.parent / "shared/data/prices/ccir_vast/vast_offers_flat.csv.zst"
ALIASES = REPOSITORY / "warehouse" / "reference" / "accelerator_aliases.csv"
AT = Capture("vast", "hopper", vast.URL, datetime(2026, 2, 27, 15, 22, 46, tzinfo=UTC), "")
OFFER = {
    "ask_contract_id": 1,
    "machine_id": 2,
    "host_id": 3,
    "gpu_name": "H100 SXM",
    "num_gpus": 8,
    "gpu_ram": 81559,
    "dph_total": 16.0,
    "min_bid": 8.0,
    "geolocation": "France, FR",
    "rentable": True,
    "verification": "verified",
}


def answer(*offers: dict[str, object]) -> bytes:
    return json.dumps({"offers": list(offers)}).encode()


def one(**changes: object) -> pl.DataFrame:
    return vast.parse(answer(OFFER | changes), AT).sort("market")


def test_price_is_per_gpu_not_per_offer_and_one_machine_is_one_host():
    machine = vast.parse(FIXTURE.read_bytes(), AT).filter(host_id="55059", market="on_demand")
    assert machine.sort("gpu_count")["gpu_count"].to_list() == [1, 2, 4, 8]
    # CCIR's archive of 2026-02-27: dph_total 10.668148 for all eight.
    eight = machine.row(by_predicate=pl.col("gpu_count") == 8, named=True)
    assert eight["price_in_currency_per_gpu_hour"] == pytest.approx(10.668148148 / 8)
    assert machine["price_in_currency_per_gpu_hour"].max() < 1.335
    assert (eight["country"], eight["operator_id"]) == ("TH", "402705")
    assert eight["memory_gib"] == pytest.approx(79.65, abs=0.01)


def test_gpu_frac_is_a_share_of_the_machine_not_of_a_gpu():
    eighth = vast.parse(FIXTURE.read_bytes(), AT).filter(offer_id="31103527")
    assert eighth["gpu_count"].to_list() == [1]
    assert eighth["price_in_currency_per_gpu_hour"].to_list() == [pytest.approx(1.334815)]


def test_a_bid_floor_is_flagged_and_never_called_a_price_on_demand():
    on_demand, spot = one().to_dicts()
    assert (on_demand["flag"], on_demand["spot_kind"]) == (None, None)
    assert (spot["flag"], spot["spot_kind"]) == ("bid_floor", "bid_floor")
    assert spot["price_in_currency_per_gpu_hour"] == 1.0
    assert one(min_bid=20.0)["flag"].to_list() == [None, "bid_floor_above_on_demand"]
    assert one(min_bid=0.0)["market"].to_list() == ["on_demand"]
    assert one(min_bid=None)["market"].to_list() == ["on_demand"]


def test_unverified_hosts_stay_out_of_indices():
    assert one(verification="deverified")["flag"].to_list() == ["unverified", "bid_floor"]


@pytest.mark.parametrize(
    ("place", "region", "country"),
    [
        ("France, FR", "France, FR", "FR"),
        (", US", ", US", "US"),
        ("US", "US", "US"),
        ("", "global", None),
        (None, "global", None),
    ],
)
def test_country_is_the_end_of_the_place(place: str | None, region: str, country: str | None):
    row = one(geolocation=place).row(0, named=True)
    assert (row["region"], row["country"]) == (region, country)


def test_available_is_what_can_be_rented():
    assert one(rentable=True)["available_count"].to_list() == [8, 8]
    assert one(rentable=False)["available_count"].to_list() == [0, 0]


@pytest.mark.parametrize("count", [0, -1])
def test_an_offer_without_gpus_has_a_reason(count: int):
    row = one(num_gpus=count).row(0, named=True)
    assert (row["reason"], row["price_in_currency_per_gpu_hour"]) == ("no_accelerators", None)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0, 0.0, 1e308, None])
def test_numbers_that_are_no_prices_reach_the_judge(price: float | None):
    assert one(dph_total=price).height == 2


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_survives_as_text(name: str):
    assert one(gpu_name=name)["accelerator_raw"][0] == name


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>rate limited</body></html>", "not JSON"),
        (b'{"offers": [', "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'{"error": "rate limited"}', "offers"),
        (b"[]", "offers"),
        (b'{"offers": null}', "offers"),
        (b'{"offers": [1]}', "offers"),
        (b'{"offers": []}', "no offers for hopper"),
        (answer({k: v for k, v in OFFER.items() if k != "dph_total"}), "dph_total missing"),
        (answer(OFFER | {"dph_total": "1.5"}), "field dph_total"),
        (answer(OFFER | {"dph_total": True}), "field dph_total"),
        (answer(OFFER | {"num_gpus": 1.5}), "field num_gpus"),
        (answer(OFFER | {"num_gpus": 10**30}), "field num_gpus"),
        (answer(OFFER | {"gpu_name": None}), "gpu_name is null"),
        (answer(OFFER | {"gpu_name": ["H100"]}), "field gpu_name"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        vast.parse(body, AT)


@pytest.mark.parametrize("size", [vast.DEFAULT_PAGE, vast.LIMIT, vast.LIMIT + 1])
def test_a_full_page_is_a_cut_off_page(size: int):
    with pytest.raises(ParseError, match="truncated"):
        vast.parse(answer(*({**OFFER, "ask_contract_id": i} for i in range(size))), AT)


def test_no_address_is_kept_at_any_depth():
    body = answer(OFFER | {"public_ipaddr": "203.0.113.7", "more": [{"IPAddr_local": "10.0.0.1"}]})
    kept = vast.redact(body)
    assert b"203.0.113.7" not in kept
    assert b"10.0.0.1" not in kept
    assert json.loads(kept)["offers"][0]["more"] == [{}]
    assert vast.parse(kept, AT).equals(vast.parse(answer(OFFER), AT))


@pytest.mark.parametrize(
    "broken",
    [
        b'{"offers": [{"id": 1, "public_ipaddr": "203.0.113.7", "x": 1},',
        b'{"offers": [{"public_ipaddr": "203.0.113.7',
        b'{"offers": [{"public_ipaddr" : ["203.0.113.7"], "x": 1',
    ],
)
def test_no_address_is_kept_of_an_answer_that_breaks_off(broken: bytes):
    assert b"203.0.113.7" not in vast.redact(broken)


def test_each_group_is_asked_for_with_a_limit(monkeypatch):
    asked: list[dict[str, object]] = []

    def post(url: str, *, json: dict[str, object], **_: object) -> http.Response:
        asked.append(json)
        return http.Response(url, 200, {}, b"{}", AT.captured_at)

    monkeypatch.setattr(http, "post", post)
    parts = list(vast.fetch(lambda _: {}))
    assert [part.name for part in parts] == list(vast.GROUPS)
    assert {query["limit"] for query in asked} == {3000}
    names = [name for query in asked for name in query["gpu_name"]["in"]]
    assert len(names) == len(set(names))


def archive_by_day() -> dict[str, bytes]:
    """CCIR's flat rows, put back into one answer a day."""
    types = dict.fromkeys(("ask_contract_id", "machine_id", "host_id", "num_gpus"), int)
    types |= dict.fromkeys(("gpu_ram", "dph_total", "min_bid"), float)
    days: dict[str, list[dict[str, object]]] = {}
    body = pa.input_stream(str(ARCHIVE), compression="zstd").read()
    for row in pl.read_csv(body, infer_schema=False).iter_rows(named=True):
        offer = {name: types[name](row[name]) if name in types else row[name] for name in OFFER}
        days.setdefault(row["collected_utc"], []).append(
            offer | {"rentable": row["rentable"] == "True"}
        )
    return {day: answer(*offers) for day, offers in days.items()}


@pytest.mark.skipif(not ARCHIVE.exists(), reason="needs the shared recordings")
def test_eight_recorded_days_parse_whole():
    frames = [vast.parse(body, AT) for body in archive_by_day().values()]
    on_demand = pl.concat(frames).filter(market="on_demand")
    assert (len(frames), on_demand.height, on_demand["host_id"].n_unique()) == (8, 1936, 490)
    assert on_demand["reason"].null_count() == 1936
    assert on_demand.filter(region="global").height == on_demand["country"].null_count() == 10
    floors = pl.concat(frames).filter(flag="bid_floor_above_on_demand")
    assert floors.height == 98


@pytest.mark.skipif(not (ARCHIVE.exists() and ALIASES.exists()), reason="needs recordings, aliases")
def test_every_recorded_accelerator_is_identified():
    tables = {
        source.name: source.parse((ALIASES.parent / source.file).read_bytes(), AT)
        for source in discover()
        if source.name in ("accelerator_aliases", "providers")
    }
    offers = pl.concat([vast.parse(body, AT) for body in archive_by_day().values()])
    offers = resolve_provider(offers, tables["providers"])
    offers = resolve_accelerator(offers, tables["accelerator_aliases"])
    assert set(offers["provider"]) == {"vast"}
    lost = offers.filter(pl.col("accelerator").is_null())
    assert "unknown_accelerator" not in set(lost["accelerator_reason"])
    # Modified cards of 48 GB and cut ones of 22.5 are not an RTX 4090.
    assert set(lost["accelerator_raw"]) <= {"RTX 4090"}


# --- what is asked ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> dict[str, pl.DataFrame]:
    return {
        each.name: each.parse((ALIASES.parent / each.file).read_bytes(), AT)
        for each in discover()
        if each.name in ("accelerators", "accelerator_aliases")
    }


def test_every_current_datacenter_and_workstation_chip_is_asked_for(reference):
    """B300, GH200, L4 and the RTX PRO cards were in no query for months, and nobody saw."""
    names = [name for group in vast.GROUPS.values() for name in group]
    assert len(names) == len(set(names))
    chips, aliases = reference["accelerators"], reference["accelerator_aliases"]
    assert vast.unasked(chips, aliases) == []
    assert set(vast.NOT_THERE) <= set(chips["accelerator"])


def test_a_chip_described_this_morning_that_no_query_asks_for_is_named_in_a_warning(
    reference, monkeypatch, caplog
):
    chips, aliases = reference["accelerators"], reference["accelerator_aliases"]
    rubin = chips.filter(accelerator="nvidia-b300-sxm-288gb").with_columns(
        accelerator=pl.lit("nvidia-r300-sxm-576gb"), architecture=pl.lit("Rubin")
    )
    tables = {"accelerators": pl.concat([chips, rubin]), "accelerator_aliases": aliases}
    monkeypatch.setattr(vast, "_committed", lambda terms: tables[terms.name])
    monkeypatch.setattr(http, "post", lambda *_, **__: None)
    assert len(list(vast.fetch(lambda _: None))) == len(vast.GROUPS)
    assert caplog.messages == ["vast: no query asks for nvidia-r300-sxm-576gb"]
    # A GeForce card is nobody's omission.
    card = rubin.with_columns(accelerator=pl.lit("nvidia-rtx-6090"), family=pl.lit("RTX 6090"))
    assert vast.unasked(pl.concat([chips, card]), aliases) == []
