"""SkyPilot catalog: machines to accelerators, hosts to machine types, and what is no price."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider
from pipeline.sources.prices import _skypilot_history, skypilot_catalog
from pipeline.sources.source import Capture, ParseError, discover

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "skypilot_catalog"
REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = REPOSITORY.parent / "shared" / "data" / "prices"
SNAPSHOTS = sorted(SHARED.glob("skypilot_202*/snapshot_*/*.vms.csv.zst"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER = "InstanceType,AcceleratorName,AcceleratorCount,GpuInfo,Price,SpotPrice,Region\n"


def of(cloud: str) -> Capture:
    url = f"{skypilot_catalog.CATALOG}/{cloud}/vms.csv"
    return Capture("skypilot_catalog", cloud, url, NOON, "")


def recorded(cloud: str) -> pl.DataFrame:
    return skypilot_catalog.parse((FIXTURES / f"{cloud}.csv").read_bytes(), of(cloud))


def typed(lines: str, cloud: str = "aws") -> pl.DataFrame:
    return skypilot_catalog.parse((HEADER + lines).encode(), of(cloud))


def the(frame: pl.DataFrame, **values: object) -> dict[str, object]:
    [row] = frame.filter(**values).to_dicts()
    return row


def test_price_is_per_gpu_not_per_machine():
    row = the(recorded("aws"), instance_type="p5.48xlarge")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(98.32 / 8) == pytest.approx(12.29)
    assert (row["gpu_count"], row["memory_gib"], row["basis"]) == (8, 80.0, "all_in")
    assert (row["provider_raw"], row["accelerator_raw"], row["region"]) == (
        "aws",
        "H100",
        "us-east-1",
    )


def test_zones_of_one_price_are_one_row():
    assert recorded("aws").filter(instance_type="p5.48xlarge").height == 1


def test_one_line_gives_on_demand_and_spot():
    p4d = recorded("aws").filter(instance_type="p4d.24xlarge").sort("market")
    assert p4d["market"].to_list() == ["on_demand", "spot"]
    assert p4d["price_in_currency_per_gpu_hour"].to_list() == pytest.approx(
        [32.7726 / 8, 13.9429 / 8]
    )
    assert p4d["spot_kind"].to_list() == [None, "market"]
    assert p4d["flag"].to_list() == [None, None]


def test_spot_at_the_list_price_is_flagged():
    row = the(recorded("aws"), instance_type="inf1.6xlarge", market="spot")
    assert row["flag"] == "no_discount"


def test_listed_before_priced_has_a_reason_and_no_price():
    row = the(recorded("aws"), instance_type="p5e.48xlarge")
    assert (row["market"], row["reason"]) == ("on_demand", "not_priced_yet")
    assert row["price_in_currency_per_gpu_hour"] is None


def test_memory_is_per_accelerator_where_aws_prints_the_total():
    g6e = recorded("aws").filter(accelerator_raw="L40S")
    assert g6e["memory_gib"].unique().to_list() == [pytest.approx(45776 / 1024)]


def test_machines_without_accelerators_are_no_offers():
    kinds = pl.concat([recorded(c) for c in ("aws", "azure", "gcp")])["instance_type"]
    assert not set(kinds) & {"a1.2xlarge", "Basic_A0", "n1-highmem-8"}


def test_azure_h100_counts_eight_where_the_catalog_says_twelve():
    row = the(recorded("azure"), instance_type="Standard_ND96isr_H100_v5", market="on_demand")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(12.29)
    assert row["flag"] == "stale"


def test_azure_type_without_a_name_is_kept_for_the_alias_table():
    row = the(recorded("azure"), instance_type="Standard_NCC40ads_H100_v5", market="on_demand")
    assert (row["accelerator_raw"], row["gpu_count"], row["reason"]) == ("", 1, None)


@pytest.mark.parametrize(
    ("kind", "count"),
    [("Standard_ND96is_MI300X_v5", 8), ("Standard_ND128isr_NDR_GB200_v6", 4)],
)
def test_azure_types_without_a_name_are_counted(kind: str, count: int):
    row = the(typed(f"{kind},,,,80.0,,eastus\n", "azure"))
    assert (row["gpu_count"], row["reason"]) == (count, None)


def test_a_share_of_a_gpu_is_fractional_and_an_unknown_count_is_not_guessed():
    azure = recorded("azure")
    share = azure.filter(instance_type="Standard_NV18ads_A10_v5")
    assert set(share["reason"]) == {"fractional"}
    half = azure.filter(instance_type="Standard_NC8ads_A10_v4")
    assert set(half["reason"]) == {"fractional"}
    assert set(typed("g6f.large,L4,0.125,,0.2,,us-east-1\n")["reason"]) == {"fractional"}
    assert set(typed("p9.large,B300,,,9.0,,us-east-1\n")["reason"]) == {"unknown_count"}


def test_a_hosts_price_and_its_gpus_add_up_to_googles_machine_type():
    row = the(recorded("gcp"), instance_type="a2-highgpu-1g", market="on_demand")
    # Cyclenerd's Billing Catalog history has 3.673385 for a2-highgpu-1g in us-central1.
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(3.673385, rel=1e-5)
    assert (row["accelerator_raw"], row["basis"], row["memory_gib"]) == ("A100", "all_in", 40.0)
    two = the(recorded("gcp"), instance_type="g2-standard-24", market="on_demand")
    assert two["price_in_currency_per_gpu_hour"] == pytest.approx((0.88075 + 1.12008) / 2)


def test_a_gpu_without_its_host_is_a_component():
    row = the(recorded("gcp"), accelerator_raw="A100", basis="gpu_component", market="on_demand")
    assert (row["instance_type"], row["price_in_currency_per_gpu_hour"]) == (None, 2.93391)


@pytest.mark.parametrize(
    ("name", "chips", "price"),
    [("tpu-v4-8", 4, 3.22), ("tpu-v5p-8", 4, 4.20), ("tpu-v5litepod-8", 8, 1.20)],
)
def test_a_tpu_slice_is_priced_per_chip(name: str, chips: int, price: float):
    row = the(recorded("gcp"), accelerator_raw=name, market="on_demand")
    assert row["gpu_count"] == chips
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(price)
    assert row["basis"] == "all_in"


def test_zero_is_not_a_price_and_700_is_a_placeholder():
    gcp = recorded("gcp")
    assert the(gcp, accelerator_raw="tpu-v6e-8")["reason"] == "not_priced_yet"
    spot = gcp.filter(accelerator_raw="tpu-v6e-128", market="spot").sort("region")
    assert spot["reason"].to_list() == ["placeholder", None]


def test_published_discounts_and_constants_stay_out_of_indices():
    gcp = recorded("gcp")
    assert the(gcp, accelerator_raw="tpu-v4-8", market="spot")["flag"] == "administered"
    assert the(gcp, accelerator_raw="tpu-v3-32", market="on_demand")["flag"] == "curated"


def test_vast_is_pooled_and_mithril_shows_a_bid_floor():
    vast = typed("1x-H100,H100,1,,1.87,0.00,\n", "vast").sort("market")
    assert vast["flag"].to_list() == ["pooled", "pooled"]
    assert vast["reason"].to_list() == [None, "not_priced_yet"]
    mithril = typed("h100-80gb.sxm.8x,H100,8,,8.0,8.0,us-central2-a\n", "mithril").sort("market")
    assert mithril["reason"].to_list() == ["bid_floor", None]
    assert mithril["spot_kind"].to_list() == [None, "bid_floor"]


def test_aggregators_name_the_seller_and_seeweb_quotes_euro():
    gib = "\"{'Gpus': [{'MemoryInfo': {'SizeInMiB': 80}}]}\""
    row = the(typed(f"crusoe_A100-80Gx8,A100-80GB,8.0,{gib},18.4,,culpeper\n", "shadeform"))
    assert (row["operator_id"], row["memory_gib"]) == ("crusoe", 80.0)
    assert the(typed("ECS1GPU8,H100,1,,1.89,,\n", "seeweb"))["currency"] == "EUR"
    assert the(typed("ECS1GPU8,H100,1,,1.89,,\n", "seeweb"))["region"] == "global"
    box = "\"{'Gpus': [{'MemoryInfo': {'SizeInMiB': 655360}}]}\""
    row = the(typed(f"dc_roan__8xH100,H100,8.0,{box},15.92,,US\n", "primeintellect"))
    assert (row["operator_id"], row["memory_gib"], row["country"]) == ("dc_roan", 80.0, "US")


def test_offers_of_one_name_at_two_prices_keep_their_own_id():
    frame = typed("RTX4090_1x,RTX4090,1,,0.35,,RO\nRTX4090_1x,RTX4090,1,,0.28,,RO\n", "lium")
    assert frame["offer_id"].to_list() == [
        "lium/RTX4090_1x x1/RO/-/on_demand",
        "lium/RTX4090_1x x1/RO/-/on_demand#2",
    ]
    assert frame["price_in_currency_per_gpu_hour"].to_list() == [0.28, 0.35]


@pytest.mark.parametrize("price", ["nan", "inf", "-1", "1e308"])
def test_numbers_that_are_no_prices_reach_the_judge(price: str):
    assert typed(f"p5.48xlarge,H100,8,,{price},,us-east-1\n").height == 1


def test_an_unreadable_price_is_set_aside():
    assert the(typed("p5.48xlarge,H100,8,,$2.2.44,,us-east-1\n"))["reason"] == "unparseable_price"


@pytest.mark.parametrize("cell", ["\x00", "=cmd|' /C calc'!A0", "x" * 10_000_000])
def test_hostile_text_survives_as_text(cell: str):
    assert the(typed(f'p5.48xlarge,"{cell}",8,,98.32,,us-east-1\n'))["accelerator_raw"] == cell


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "columns missing"),
        (b"404: Not Found", "columns missing"),
        (b"=cmd|' /C calc'!A0\n1\n", "columns missing: InstanceType"),
        (HEADER.replace("SpotPrice,", "").encode() + b"a,b,1,,1,us\n", "missing: SpotPrice"),
        (HEADER.encode(), "no accelerator lines"),
        (HEADER.encode() + b"a1.large,,,,0.1,,us-east-1\n", "no accelerator lines"),
        (HEADER.encode() + b"p5.48xlarge,H100,8,,98.32", "last line has 5 of 7 fields"),
        (HEADER.encode() + b"p5.48xlarge,H100,8,,98.32,,us,extra\n", "vms.csv"),
        (HEADER.encode() + b"p5.48xlarge,H\xff00,8,,98.32,,us\n", "utf-8"),
        (HEADER.encode() + b',tpu-v4-99999999999999999999,1,,1.0,,"us\n', "vms.csv"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        skypilot_catalog.parse(body, of("aws"))


def test_each_cloud_is_one_part_and_a_failure_does_not_cost_the_others(monkeypatch):
    def get(url: str, **_: object) -> http.Response:
        if "/gcp/" in url:
            raise http.UpstreamError("404", url=url, status=404)
        return http.Response(url, 200, {}, b"", NOON)

    monkeypatch.setattr(http, "get", get)
    parts = list(skypilot_catalog.fetch(lambda _: {}))
    assert {"aws", "azure", "gcp", "lambda", "verda"} < {part.name for part in parts}
    failed = [part.name for part in parts if isinstance(part.response, http.UpstreamError)]
    assert failed == ["gcp"]


def past(cloud: str, sha: str = "a" * 40) -> Capture:
    url = f"{_skypilot_history.RAW}/{sha}/catalogs/v5/{cloud}/vms.csv"
    return Capture("skypilot_catalog", f"{cloud}-20240423t141221z", url, NOON, "")


def test_a_version_of_the_past_was_seen_and_known_when_it_was_committed():
    body = (FIXTURES / "aws.csv").read_bytes()
    frame = skypilot_catalog.parse(body, past("aws"))
    committed_at = datetime(2024, 4, 23, 14, 12, 21, tzinfo=UTC)
    assert set(frame["observed_at"]) == set(frame["known_at"]) == {committed_at}
    assert set(frame["captured_at"]) == {NOON}
    assert set(frame["provider_raw"]) == {"aws"}
    assert f"/{'a' * 40}/" in frame["source_url"][0]
    assert set(recorded("aws")["known_at"]) == {NOON}


def test_trap_28_today_by_hand_is_stale_and_a_workflows_past_is_not():
    line = f"{HEADER}H100_80GB::8,H100,8,,19.92,,norway\n".encode()
    assert set(skypilot_catalog.parse(line, of("fluidstack"))["flag"]) == {"stale"}
    assert set(skypilot_catalog.parse(line, past("fluidstack"))["flag"]) == {None}


def commit(moment: str, sha: str) -> dict[str, object]:
    return {"sha": sha * 40, "commit": {"committer": {"date": moment, "name": "bot"}}}


def github(monkeypatch, commits: dict[str, list[object]], refuse_after: int = 1_000) -> list[str]:
    """Answers of the commits API by path; the last requests are refused for want of quota."""
    asked: list[str] = []

    def get(url: str, *, params=None, headers=None, **_: object) -> http.Response:
        asked.append(params["path"] if params else url)
        if len(asked) > refuse_after:
            raise http.UpstreamError("HTTP 403", url=url, status=403)
        if params is None:
            return http.Response(url, 200, {}, b"a,b\n", NOON)
        assert (headers or {}).get("authorization") in (None, "Bearer secret")
        every = commits.get(params["path"], [])
        start = (int(params["page"]) - 1) * 100
        body = json.dumps(every[start : start + 100]).encode()
        return http.Response(f"{url}?{params['path']}", 200, {}, body, NOON)

    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setattr(http, "get", get)
    return asked


AWS_V5 = "catalogs/v5/aws/vms.csv"


def test_a_month_is_the_last_version_of_each_day(monkeypatch):
    versions = [
        commit("2024-05-01T00:00:00Z", "f"),
        commit("2024-04-03T23:30:00Z", "c"),
        commit("2024-04-02T16:00:00Z", "b"),
        commit("2024-04-02T09:00:00+02:00", "a"),
        commit("2024-03-31T23:59:59Z", "e"),
    ]
    asked = github(monkeypatch, {"catalogs/v5": versions, AWS_V5: versions})
    parts = list(_skypilot_history.fetch_month(date(2024, 4, 1), lambda _: {}))
    assert [part.name for part in parts] == ["aws-20240402t160000z", "aws-20240403t233000z"]
    files = [each for each in asked if each.startswith("https")]
    assert files == [f"{_skypilot_history.RAW}/{sha * 40}/{AWS_V5}" for sha in "bc"]
    assert len(asked) - len(files) == 7, "a catalog nobody moved costs one request"


def test_the_newest_catalog_that_moved_is_read_and_each_cloud_once(monkeypatch):
    moved = [commit("2025-01-02T08:00:00Z", "a")]
    asked = github(
        monkeypatch,
        {
            "catalogs/v6": moved,
            "catalogs/v6/aws/vms.csv": moved,
            "catalogs/v5": moved,
            AWS_V5: moved,
            "catalogs/v5/gcp/vms.csv": moved,
        },
    )
    parts = list(_skypilot_history.fetch_month(date(2025, 1, 1), lambda _: {}))
    assert [part.name[:3] for part in parts] == ["aws", "gcp"]
    assert AWS_V5 not in asked


def test_the_month_a_catalog_version_began_is_filled_up_from_the_one_before(monkeypatch):
    new = [commit("2025-01-20T08:00:00Z", "b")]
    old = [*new, commit("2025-01-19T08:00:00Z", "a")]
    github(
        monkeypatch,
        {
            "catalogs/v6": new,
            "catalogs/v6/aws/vms.csv": new,
            "catalogs/v5": old,
            AWS_V5: old,
        },
    )
    parts = list(_skypilot_history.fetch_month(date(2025, 1, 1), lambda _: {}))
    assert [part.name for part in parts] == ["aws-20250120t080000z", "aws-20250119t080000z"]
    assert "/v6/" in parts[0].response.url
    assert "/v5/" in parts[1].response.url


def test_versions_that_are_held_are_not_fetched_again(monkeypatch):
    versions = [commit("2024-04-02T16:00:00Z", "b")]
    github(monkeypatch, {"catalogs/v5": versions, AWS_V5: versions})
    held = {"aws-20240402t160000z": {"etag": '"1"'}}
    assert list(_skypilot_history.fetch_month(date(2024, 4, 1), lambda p: held.get(p, {}))) == []


def test_a_month_of_more_than_a_page_is_read_to_its_end(monkeypatch):
    versions = [commit(f"2024-04-{30 - n // 10:02}T{n % 10:02}:00:00Z", "a") for n in range(250)]
    github(monkeypatch, {"catalogs/v5": versions, AWS_V5: versions})
    parts = list(_skypilot_history.fetch_month(date(2024, 4, 1), lambda _: {}))
    assert len(parts) == 25


def test_a_refusal_for_want_of_quota_ends_the_run(monkeypatch):
    versions = [commit("2024-04-02T16:00:00Z", "b")]
    asked = github(monkeypatch, {"catalogs/v5": versions, AWS_V5: versions}, refuse_after=7)
    parts = _skypilot_history.fetch_month(date(2024, 4, 1), lambda _: {})
    assert next(parts).name == "aws-20240402t160000z"
    with pytest.raises(http.UpstreamError, match="403"):
        next(parts)
    assert len(asked) == 8, "nothing is asked after a refusal"


def test_a_token_goes_to_github_only(monkeypatch):
    versions = [commit("2024-04-02T16:00:00Z", "b")]
    github(monkeypatch, {"catalogs/v5": versions, AWS_V5: versions})
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    inner, seen = http.get, []

    def get(url: str, **options: object) -> http.Response:
        seen.append((url.split("/")[2], "authorization" in (options.get("headers") or {})))
        return inner(url, **options)

    monkeypatch.setattr(http, "get", get)
    list(_skypilot_history.fetch_month(date(2024, 4, 1), lambda _: {}))
    assert set(seen) == {("api.github.com", True), ("raw.githubusercontent.com", False)}


def test_a_month_in_which_nothing_moved_is_an_error(monkeypatch):
    github(monkeypatch, {})
    with pytest.raises(http.UpstreamError, match="no commit of prices in 2022-09"):
        list(_skypilot_history.fetch_month(date(2022, 9, 1), lambda _: {}))


@pytest.mark.parametrize(
    "commits",
    [
        [{"sha": "a" * 40}],
        [commit("2024-04-02T16:00:00", "b")],
        [commit("yesterday", "b")],
        [{**commit("2024-04-02T16:00:00Z", "b"), "sha": "../../master"}],
        ["message", "API rate limit exceeded"],
        [None],
    ],
)
def test_an_answer_that_is_no_list_of_commits_is_refused(monkeypatch, commits: list[object]):
    github(monkeypatch, {"catalogs/v8": commits})
    with pytest.raises(http.UpstreamError, match="no list of commits"):
        list(_skypilot_history.fetch_month(date(2024, 4, 1), lambda _: {}))


def test_a_helper_module_is_no_source():
    assert all(not source.name.startswith("_") for source in discover())


@pytest.mark.skipif(not SNAPSHOTS, reason="needs the shared recordings")
@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_recorded_snapshots_parse_whole(path: Path):
    cloud = path.name.partition(".")[0]
    body = pa.input_stream(str(path), compression="zstd").read()
    frame = skypilot_catalog.parse(body, of(cloud))
    assert frame["offer_id"].is_unique().all()
    assert frame.filter(pl.col("reason").is_null())["price_in_currency_per_gpu_hour"].min() > 0.01
    named = pl.read_csv(body, infer_schema=False).filter(pl.col("AcceleratorName") != "")
    # A name may have the card's form behind it, where the machine type says it.
    names = frame["accelerator_raw"].str.replace(r" (SXM|PCIe|NVL)$", "")
    assert set(names) - {""} == set(named["AcceleratorName"])


ALIASES = REPOSITORY / "warehouse" / "reference" / "accelerator_aliases.csv"


@pytest.mark.skipif(not (SNAPSHOTS and ALIASES.exists()), reason="needs recordings and aliases")
def test_every_data_centre_accelerator_of_the_snapshots_is_identified():
    tables = {
        source.name: source.parse((ALIASES.parent / source.file).read_bytes(), of("aws"))
        for source in discover()
        if source.name in ("accelerator_aliases", "providers")
    }
    frames = [
        skypilot_catalog.parse(
            pa.input_stream(str(path), compression="zstd").read(), of(path.name.partition(".")[0])
        )
        for path in SNAPSHOTS
    ]
    offers = pl.concat(frames).filter(pl.col("reason").is_null())
    offers = resolve_provider(offers, tables["providers"])
    offers = resolve_accelerator(offers, tables["accelerator_aliases"])
    lost = offers.filter(pl.col("accelerator").is_null())
    assert lost["accelerator_reason"].null_count() == 0
    centre = r"A100|H100|H200|B200|V100|MI300|L40S|^L4$|^T4$|tpu|Trainium|Inferentia|Gaudi"
    unknown = lost.filter(pl.col("accelerator_reason") == "unknown_accelerator")
    assert unknown.filter(pl.col("accelerator_raw").str.contains(centre)).is_empty()
