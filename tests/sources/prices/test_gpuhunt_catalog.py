"""gpuhunt: a zip nobody vouches for, and a catalog of other people's prices."""

import struct
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.sources.prices import gpuhunt_catalog
from pipeline.sources.source import Capture, ParseError
from tests.given.reference_tables import prepared

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "gpuhunt_catalog"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER = (
    "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,"
    "gpu_vendor,flags,cpu_arch,provider_data\n"
)
T4 = "g4dn.xlarge,us-east-1,0.526,4,16.0,1,T4,16.0,False,,nvidia,,x86,{}\n"


def capture(part: str, version: str = "20261120-777", at: datetime = NOON) -> Capture:
    url = f"{gpuhunt_catalog.BUCKET}/{part}/{version}/catalog.zip"
    return Capture("gpuhunt_catalog", part, url, at, "")


def zipped(*members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return body.getvalue()


def parsed(part: str, text: str | None = None, **of: object) -> pl.DataFrame:
    text = (FIXTURES / f"{part}.csv").read_text() if text is None else text
    return gpuhunt_catalog.parse(zipped((f"{part}.csv", text)), capture(part, **of))


def test_a_list_price_anybody_can_look_up():
    # aws.amazon.com/ec2/pricing, p5.48xlarge in N. Virginia since 2025-06: 55.04 = 8 x 6.88.
    row = parsed("aws").row(by_predicate=pl.col("instance_type") == "p5.48xlarge", named=True)
    assert row["price_in_currency_per_gpu_hour"] == 6.88
    assert (row["gpu_count"], row["market"], row["basis"]) == (8, "on_demand", "all_in")
    assert row["source_url"].endswith("/v3/aws/20261120-777/catalog.zip")


def test_trap_13_prices_are_of_the_whole_machine():
    frame = parsed("azure").filter(instance_type="Standard_ND96isr_H100_v5")
    assert frame["price_in_currency_per_gpu_hour"].item() == 98.32 / 8


def test_traps_1_2_and_4_the_machine_type_tells_the_card():
    rows = pl.concat([parsed("aws"), parsed("azure"), parsed("gcp")])
    frame = prepared(rows).filter(pl.col("reason").is_null(), market="on_demand")
    assert dict(frame.select("instance_type", "accelerator").iter_rows()) == {
        "p5.48xlarge": "nvidia-h100-sxm-80gb",
        "p4d.24xlarge": "nvidia-a100-sxm4-40gb",
        "p4de.24xlarge": "nvidia-a100-sxm4-80gb",
        "g4dn.xlarge": "nvidia-t4-16gb",
        "Standard_NC40ads_H100_v5": "nvidia-h100-nvl-94gb",
        "Standard_ND96isr_H100_v5": "nvidia-h100-sxm-80gb",
        "Standard_NC24ads_A100_v4": "nvidia-a100-pcie-80gb",
        "a2-highgpu-1g": "nvidia-a100-sxm4-40gb",
        "a3-highgpu-8g": "nvidia-h100-sxm-80gb",
        "v5litepod-8": "google-tpu-v5e",
        "v2-8": "google-tpu-v2",
    }


def test_trap_8_a_machine_without_a_name_of_its_card_is_resolved_by_type():
    line = "p5en.48xlarge,us-east-2,63.296,192,2048,8,,,False,,nvidia,,x86,{}\n"
    assert prepared(parsed("aws", HEADER + line))["accelerator"].item() == "nvidia-h200-sxm-141gb"


def test_trap_9_a_slice_is_priced_per_chip():
    frame = parsed("gcp").filter(pl.col("accelerator_raw").is_in(["v5litepod-8", "v2-8"]))
    prices = dict(frame.select("accelerator_raw", "price_in_currency_per_gpu_hour").iter_rows())
    assert prices == {"v5litepod-8": pytest.approx(1.2), "v2-8": pytest.approx(1.125)}
    assert frame["memory_gib"].to_list() == [None, None]


def test_trap_11_old_names_of_operators_are_resolved():
    line = "gpu_8x_h100_sxm5,us-east-1,31.92,208,1800,8,H100,80,False,,nvidia,,x86,{}\n"
    row = prepared(parsed("lambdalabs", HEADER + line)).row(0, named=True)
    assert (row["provider"], row["accelerator"]) == ("lambda", "nvidia-h100-sxm-80gb")
    assert tuple(sorted(gpuhunt_catalog.PROVIDERS)) == gpuhunt_catalog.PROVIDERS
    known = prepared(pl.concat([parsed(each, HEADER + T4) for each in gpuhunt_catalog.PROVIDERS]))
    assert known["provider"].null_count() == 0


def test_trap_18_a_price_with_a_typing_error_is_set_aside():
    line = T4.replace("0.526", "2.2.44")
    assert parsed("aws", HEADER + line)["reason"].item() == "unparseable_price"


def test_trap_19_zero_and_nothing_are_no_prices():
    zero, empty = T4.replace("0.526", "0.0"), T4.replace("0.526", "").replace("us-", "eu-")
    assert set(parsed("aws", HEADER + zero + empty)["reason"]) == {"not_priced_yet"}
    negative = parsed("aws", HEADER + T4.replace("0.526", "-1"))
    assert prepared(negative)["reason"].item() == "price_not_positive"


def test_trap_21_only_aws_spot_is_a_market():
    spot = parsed("aws").filter(market="spot", instance_type="p4d.24xlarge")
    assert spot.select("spot_kind", "flag").row(0) == ("market", None)
    line = "VM.GPU3.1,us-ashburn-1,1.475,12,90,1,V100,16,True,,nvidia,oci-spot,x86,{}\n"
    oci = parsed("oci", HEADER + line)
    assert oci.select("spot_kind", "flag").row(0) == ("administered", "administered")


def test_trap_22_spot_at_the_list_price_is_no_discount():
    spot = parsed("aws").filter(market="spot", instance_type="g4dn.xlarge")
    assert spot["flag"].item() == "no_discount"


RUNPOD = "NVIDIA H100 80GB HBM3,{},{},16,125,1,H100,80,False,,nvidia,,x86,{{}}\n"


def test_trap_25_two_prices_of_one_machine_are_of_two_clouds_and_pooled():
    text = HEADER + "".join(RUNPOD.format("US-KS-2", price) for price in (2.69, 3.99))
    frame = prepared(parsed("runpod", text))
    assert set(frame["flag"]) == {"pooled"}
    assert frame["offer_id"].is_unique().all()


def test_runpods_community_cloud_is_told_by_its_locations():
    text = HEADER + RUNPOD.format("US-KS-2", 3.99) + RUNPOD.format("NL", 2.69)
    frame = prepared(parsed("runpod", text)).sort("price_usd_per_gpu_hour")
    assert frame.select("provider", "country", "accelerator", "flag").rows() == [
        ("runpod-community", "NL", "nvidia-h100-sxm-80gb", None),
        ("runpod", None, "nvidia-h100-sxm-80gb", None),  # one list: no region is part of it
    ]


def test_trap_26_a_community_price_nobody_set_is_a_placeholder():
    text = HEADER + RUNPOD.format("US-KS-2", 2.39) + RUNPOD.format("NL", 0.5)
    frame = parsed("runpod", text + RUNPOD.format("DE", 0.6))
    reasons = dict(frame.select("region", "reason").iter_rows())
    assert reasons == {"US-KS-2": None, "NL": "placeholder", "DE": None}


def test_trap_28_a_catalog_of_last_week_is_no_observation_of_today():
    old = parsed("aws", version="20261112-5")
    assert set(old["observed_at"].dt.date().dt.to_string()) == {"2026-11-12"}
    assert set(old["known_at"]) == set(old["observed_at"])
    assert set(old["flag"]) == {"stale"}
    again = parsed("aws", version="20261112-5", at=NOON.replace(day=21))
    assert set(again["observed_at"]) == set(old["observed_at"])


def test_a_catalog_is_not_known_before_it_is_captured():
    today = parsed("aws")
    assert set(today["known_at"]) == {NOON}
    with pytest.raises(ParseError, match="of the future"):
        parsed("aws", version="20261121-1")


def test_trap_31_google_a3_prices_that_do_not_add_up_stay_out():
    frame = parsed("gcp").filter(pl.col("reason").is_null(), instance_type="a3-highgpu-8g")
    assert frame["flag"].to_list() == ["unreconciled"]


def test_what_is_not_rented_on_demand_is_set_aside():
    frame = parsed("gcp").drop_nulls("reason")
    assert set(frame.select("instance_type", "reason").iter_rows()) == {
        ("a3-highgpu-8g", "calendar_reservation"),
        ("a3-edgegpu-8g", "not_public_cloud"),
    }


def test_trap_33_prices_typed_by_hand_are_flagged_as_fallback():
    line = "h100-80gb-sxm-ib.8x,us-east1-a,31.2,176,960,8,H100,80,False,,nvidia,,x86,{}\n"
    assert parsed("crusoe", HEADER + line)["flag"].to_list() == ["fallback"]
    slices = parsed("gcp").filter(pl.col("accelerator_raw").str.starts_with("v"))
    assert set(slices["flag"]) == {"fallback"}


def test_trap_34_lines_that_differ_in_their_zone_are_one_row():
    frame = parsed("gcp").filter(instance_type="a2-highgpu-1g")
    assert frame["region"].to_list() == ["us-central1"]


def test_trap_38_a_share_of_a_card_is_fractional():
    line = T4.replace(",1,T4", ",0.5,T4")
    assert parsed("cloudrift", HEADER + line)["reason"].item() == "fractional"


def test_a_flag_nobody_described_sets_the_row_aside():
    line = T4.replace("nvidia,,", "nvidia,aws-new-thing,")
    assert parsed("aws", HEADER + line)["reason"].item() == "unknown_flag"
    two = T4.replace("nvidia,,", "nvidia,lambda-arm aws-new-thing,")
    assert parsed("aws", HEADER + two)["reason"].item() == "unknown_flag"
    harmless = parsed("aws", HEADER + T4.replace("nvidia,,", "nvidia,lambda-arm,"))
    assert harmless.select("flag", "reason").row(0) == (None, None)


def test_machines_without_accelerators_are_no_offers():
    assert "a1.2xlarge" not in parsed("aws")["instance_type"].to_list()


def test_lines_end_as_python_writes_them():
    text = (FIXTURES / "aws.csv").read_text().replace("\n", "\r\n")
    assert parsed("aws", text).equals(parsed("aws"))


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@SUM(1)"])
def test_hostile_text_goes_to_quarantine(name: str):
    frame = prepared(parsed("aws", HEADER + T4.replace("g4dn.xlarge", f'"{name}"')))
    assert frame["reason"].item() == "instance_type: formula_text"


def test_a_path_in_the_archive_is_refused():
    for name in ("../aws.csv", "/etc/aws.csv", "x/aws.csv", "AWS.csv"):
        with pytest.raises(ParseError, match=r"expected aws|is called '(\.\.|/etc)/aws"):
            gpuhunt_catalog.parse(zipped((name, HEADER + T4)), capture("aws"))


def test_a_second_member_is_refused():
    body = zipped(("aws.csv", HEADER + T4), ("evil.sh", "rm"))
    with pytest.raises(ParseError, match="2 members"):
        gpuhunt_catalog.parse(body, capture("aws"))


def test_a_bomb_is_not_unpacked(monkeypatch):
    small = gpuhunt_catalog.LIMITS._replace(unpacked_bytes=1_000_000)
    monkeypatch.setattr(gpuhunt_catalog, "LIMITS", small)
    body = zipped(("aws.csv", b"0" * 50_000_000))
    assert len(body) < 100_000
    with pytest.raises(ParseError, match="more than 1,000,000 bytes"):
        gpuhunt_catalog.parse(body, capture("aws"))


def test_a_member_that_lies_about_its_size_is_refused():
    body = bytearray(zipped(("aws.csv", HEADER + T4)))
    at = body.rindex(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    struct.pack_into("<I", body, at, 10)
    with pytest.raises(ParseError):
        gpuhunt_catalog.parse(bytes(body), capture("aws"))


def test_a_directory_larger_than_one_entry_is_refused():
    body = bytearray(zipped(("aws.csv", HEADER + T4)))
    struct.pack_into("<I", body, len(body) - 10, 10_000_000)
    with pytest.raises(ParseError, match="members"):
        gpuhunt_catalog.parse(bytes(body), capture("aws"))


def flipped(body: bytes) -> bytes:
    broken = bytearray(body)
    broken[60] ^= 0xFF
    return bytes(broken)


def encrypted(body: bytes) -> bytes:
    marked = bytearray(body)
    for at in (6, marked.rindex(b"PK\x01\x02") + 8):
        marked[at] |= 1
    return bytes(marked)


WHOLE = zipped(("aws.csv", HEADER + T4))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a whole zip"),
        (b"<html>Just a moment</html>", "not a whole zip"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "not a whole zip"),
        (WHOLE[:-5], "not a whole zip"),
        (WHOLE[len(WHOLE) // 2 :], "not a whole zip"),
        (flipped(WHOLE), "(BadZipFile|error)"),
        (encrypted(WHOLE), "is encrypted"),
        (zipped(("aws.csv", "")), "catalog.zip"),
        (zipped(("aws.csv", HEADER)), "no accelerator lines"),
        (
            zipped(("aws.csv", HEADER.replace("gpu_name,", "gpu,") + T4)),
            "columns missing: gpu_name",
        ),
        (zipped(("aws.csv", HEADER + T4.replace("False", "maybe"))), "column spot holds 'maybe'"),
        (zipped(("aws.csv", HEADER + T4.replace("g4dn.xlarge", ""))), "without instance_name"),
        (zipped(("aws.csv", HEADER + T4 + "g5.xlarge,us-ea")), "last line has 2 of 14 fields"),
        (zipped(("aws.csv", (HEADER + T4).encode() + b"\xff\xfe,")), "catalog.zip"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        gpuhunt_catalog.parse(body, capture("aws"))


def test_an_address_without_a_version_is_refused():
    at = Capture(
        "gpuhunt_catalog", "aws", f"{gpuhunt_catalog.BUCKET}/aws/latest/catalog.zip", NOON, ""
    )
    with pytest.raises(ParseError, match="no version"):
        gpuhunt_catalog.parse(WHOLE, at)


def served(
    version: bytes, monkeypatch
) -> tuple[list[str], list[http.Response | http.UpstreamError]]:
    asked: list[str] = []

    def get(url: str, *, validators=None, **_: object) -> http.Response:
        asked.append(url)
        if url.endswith("/version"):
            return http.Response(url, 200, {}, version, NOON)
        assert validators == {"etag": '"x"'}
        return http.Response(url, 200, {}, WHOLE, NOON)

    monkeypatch.setattr(http, "get", get)
    parts = list(gpuhunt_catalog.fetch(lambda _: {"etag": '"x"'}))
    assert [part.name for part in parts] == list(gpuhunt_catalog.PROVIDERS)
    return asked, [part.response for part in parts]


def test_the_version_is_read_and_its_zip_is_asked_for_conditionally(monkeypatch):
    asked, _ = served(b"20261120-777\n", monkeypatch)
    assert asked[:2] == [
        f"{gpuhunt_catalog.BUCKET}/aws/version",
        f"{gpuhunt_catalog.BUCKET}/aws/20261120-777/catalog.zip",
    ]


@pytest.mark.parametrize("version", [b"", b"../../secret", b"latest", b"<html>", b"20261120-1/x"])
def test_a_version_that_is_none_is_never_asked_for(version: bytes, monkeypatch):
    asked, answers = served(version, monkeypatch)
    assert all(url.endswith("/version") for url in asked)
    assert all(isinstance(each, http.UpstreamError) for each in answers)
