"""Hubbard's snapshots: a line per zone and market to one row per region, and what spot means."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region
from pipeline.sources.prices import hubbard_history
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError

accelerator_aliases = named("accelerator_aliases")
providers = named("providers")
regions = named("regions")

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "hubbard_history" / "snapshot.csv"
REFERENCE = Path(__file__).resolve().parents[3] / "warehouse" / "reference"
TAKEN_AT = datetime(2026, 6, 15, 9, 17, tzinfo=UTC)
READ_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PART = "20260615t091700z"
SNAPSHOT = "prices/dt=2026-06-15/snapshot_20260615T091700Z.parquet"
LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{}</ListBucketResult>"""


def of(part: str = PART) -> Capture:
    url = f"{hubbard_history.BUCKET}/{SNAPSHOT}"
    return Capture("hubbard_history", part, url, READ_AT, "")


def typed() -> pl.DataFrame:
    """The lines of the fixture with the types and the precision of the published files."""
    lines = pl.read_csv(FIXTURE)
    return lines.with_columns(
        timestamp=pl.lit(TAKEN_AT + timedelta(microseconds=412_000), pl.Datetime("us", "UTC")),
        gpu_count=pl.col("gpu_count").cast(pl.Int32),
        gpu_memory_gb=pl.col("gpu_memory_gb").cast(pl.Int32),
        price_per_hour=pl.col("price_per_hour").cast(pl.Float32),
    )


def parquet(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def parsed(frame: pl.DataFrame | None = None) -> pl.DataFrame:
    return hubbard_history.parse(parquet(typed() if frame is None else frame), of())


def the(frame: pl.DataFrame, **values: object) -> dict[str, object]:
    [row] = frame.filter(**values).to_dicts()
    return row


def listing(*keys: str) -> bytes:
    contents = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
    return LISTING.format(contents).encode()


def test_a_price_of_two_gpus_is_halved():
    row = the(parsed(), instance_type="2H100.80S.80V")
    # The tracker's own report of 2026-01-18 prints 1.603 and 0.801.
    assert row["price_in_currency_per_gpu_hour"] == 1.603 / 2 == pytest.approx(0.801, abs=1e-3)
    assert (row["gpu_count"], row["memory_gib"], row["market"]) == (2, 80.0, "spot")


def test_a_row_is_known_when_the_snapshot_was_taken_and_says_so():
    frame = parsed()
    assert set(frame["known_at"]) == set(frame["observed_at"]) == {TAKEN_AT}
    assert set(frame["captured_at"]) == {READ_AT}
    assert "CC BY 4.0" in frame["licence"][0]
    assert "Hubbard" in frame["licence"][0]
    assert frame["source_url"][0].endswith(SNAPSHOT)


def test_trap_9_a_tpu_slice_is_priced_per_chip_and_its_memory_is_the_slices():
    five, two = the(parsed(), instance_type="v5litepod-8"), the(parsed(), instance_type="v2-8")
    assert (five["gpu_count"], five["price_in_currency_per_gpu_hour"]) == (8, pytest.approx(1.20))
    assert (two["gpu_count"], two["price_in_currency_per_gpu_hour"]) == (4, pytest.approx(1.125))
    assert (two["accelerator_raw"], two["memory_gib"], two["flag"]) == ("tpu-v2-8", None, "curated")


def test_trap_11_datacrunch_is_verda_and_its_old_list_is_stale():
    assert the(parsed(), provider_raw="datacrunch")["flag"] == "stale"
    alone = parsed(typed().filter(pl.col("provider") != "verda"))
    assert the(alone, provider_raw="datacrunch")["flag"] is None


def test_trap_13_a_price_is_of_the_whole_machine_and_exact():
    row = the(parsed(), instance_type="p5.48xlarge", market="on_demand")
    assert row["price_in_currency_per_gpu_hour"] == 55.04 / 8


def test_trap_19_zero_is_not_offered():
    assert the(parsed(), provider_raw="cudo")["reason"] == "not_offered"


def test_trap_21_spot_is_a_market_at_aws_a_floor_at_vast_and_a_list_elsewhere():
    spot = parsed().filter(market="spot")
    kinds = dict(spot.select("provider_raw", "spot_kind").rows())
    assert kinds == {
        "aws": "market",
        "azure": "administered",
        "vastai": "bid_floor",
        "verda": "administered",
    }
    assert the(spot, instance_type="p4d.24xlarge")["flag"] is None
    assert the(spot, instance_type="1H100.80S.30V")["flag"] == "administered"


def test_trap_22_spot_at_the_list_price_is_no_discount():
    for machine in ("Standard_ND96isr_H200_v5", "p5.48xlarge"):
        assert the(parsed(), instance_type=machine, market="spot")["flag"] == "no_discount"


def test_trap_23_a_bid_floor_is_flagged():
    assert the(parsed(), provider_raw="vastai", market="spot")["flag"] == "bid_floor"


def test_trap_25_google_has_one_row_per_region_and_no_median_is_read():
    google = parsed().filter(instance_type="a3-highgpu-8g")
    assert google["region"].to_list() == ["us-central1"]
    assert google["price_in_currency_per_gpu_hour"].to_list() == [pytest.approx(11.06125)]
    dearer = typed().with_columns(
        price_per_hour=pl.when(region="us-central1-b").then(99.0).otherwise("price_per_hour")
    )
    google = parsed(dearer).filter(instance_type="a3-highgpu-8g")
    assert google["offer_id"].str.ends_with("#2").to_list() == [False, True]


def test_trap_26_a_community_price_under_a_quarter_is_a_placeholder():
    frame = parsed().filter(instance_type="AMD Instinct MI300X OAM").sort("provider_raw")
    assert frame["provider_raw"].to_list() == ["runpod", "runpod-community"]
    assert frame["reason"].to_list() == [None, "placeholder"]
    community = the(
        parsed(), provider_raw="runpod-community", instance_type="NVIDIA H100 80GB HBM3"
    )
    assert (community["price_in_currency_per_gpu_hour"], community["country"]) == (2.69, "US")


def test_trap_33_tables_typed_into_gpuhunt_are_curated():
    crusoe = typed().with_columns(provider=pl.col("provider").replace("oci", "crusoe"))
    assert the(parsed(crusoe), provider_raw="crusoe")["flag"] == "curated"


def test_trap_34_offers_without_their_machine_stay_out_of_levels():
    assert the(parsed(), provider_raw="vastai", market="on_demand")["flag"] == "unknown_host"
    assert the(parsed(), provider_raw="tensordock")["host_id"] == "0b5cf7f1-host"


def test_trap_37_a_full_page_of_vast_is_truncated():
    vast = typed().filter(provider="vastai", is_spot=False)
    many = [vast.with_columns(instance_type=pl.lit(str(number))) for number in range(64)]
    assert set(parsed(pl.concat(many))["flag"]) == {"truncated"}


def test_machines_without_accelerators_are_no_offers_and_counts_are_not_guessed():
    frame = parsed()
    assert "e2-standard-2" not in frame["instance_type"]
    assert the(frame, provider_raw="vultr")["reason"] == "unknown_count"
    assert frame["offer_id"].is_unique().all()


def test_every_name_is_known_to_the_reference_tables():
    tables = {
        each.name: each.parse((REFERENCE / each.file).read_bytes(), of())
        for each in (accelerator_aliases, providers, regions)
    }
    frame = resolve_provider(parsed().filter(pl.col("reason").is_null()), tables["providers"])
    assert frame["provider"].null_count() == 0
    assert set(frame.filter(pl.col("provider_raw") == "datacrunch")["provider"]) == {"verda"}
    frame = resolve_accelerator(frame, tables["accelerator_aliases"])
    found = dict(frame.select("instance_type", "accelerator").rows())
    assert found["gpu_1x_h100_pcie"] == "nvidia-h100-pcie-80gb"
    assert found["p4d.24xlarge"] == "nvidia-a100-sxm4-40gb"
    assert found["v5litepod-8"] == "google-tpu-v5e"
    assert found["NVIDIA H100 80GB HBM3"] == "nvidia-h100-sxm-80gb"
    placed = resolve_region(frame, tables["regions"]).filter(provider="gcp")
    assert set(placed["region_group"]) == {"north_america"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "snapshot_"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "PAR1"),
        (parquet(typed())[:-200], "snapshot_"),
        (parquet(typed().drop("is_spot")), "columns missing: is_spot"),
        (parquet(typed().head(0)), "no accelerator lines"),
        (parquet(typed().filter(quality="cpu_only")), "no accelerator lines"),
        (parquet(typed().with_columns(provider=pl.lit(None, pl.String))), "null in provider"),
        (parquet(typed().with_columns(is_spot=pl.lit("no"))), "is_spot is of type String"),
        (parquet(typed().with_columns(price_per_hour=pl.lit("$2.2.44"))), "conversion"),
        (
            parquet(typed().with_columns(pl.col("timestamp") + pl.duration(hours=12))),
            "lines of 2026-06-15 21:17:00",
        ),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        hubbard_history.parse(body, of())


def test_a_part_that_is_no_moment_is_refused():
    with pytest.raises(ParseError, match="part all"):
        hubbard_history.parse(parquet(typed()), of("all"))


def test_a_file_that_claims_any_number_of_lines_is_refused(monkeypatch):
    monkeypatch.setattr(hubbard_history, "MAX_LINES", 10)
    with pytest.raises(ParseError, match="more than 10 lines"):
        parsed()


def answering(monkeypatch, listed: bytes) -> list[str]:
    asked: list[str] = []

    def get(url: str, *, params=None, **_: object) -> http.Response:
        asked.append(params["prefix"] if params else url)
        return http.Response(url, 200, {}, listed if params else b"PAR1", READ_AT)

    monkeypatch.setattr(http, "get", get)
    return asked


def test_a_day_asks_for_the_snapshots_that_are_not_held(monkeypatch):
    evening = SNAPSHOT.replace("T0917", "T2130")
    asked = answering(monkeypatch, listing(evening, SNAPSHOT, "prices/dt=2026-06-15/_SUCCESS"))
    held = {PART: {"etag": '"1"'}}
    parts = list(hubbard_history.fetch_day(date(2026, 6, 15), lambda part: held.get(part, {})))
    assert [part.name for part in parts] == ["20260615t213000z"]
    assert asked[0] == "prices/dt=2026-06-15/"
    assert asked[1:] == [f"{hubbard_history.BUCKET}/{evening}"]
    assert [part.name for part in hubbard_history.fetch_day(date(2026, 6, 15), lambda _: {})] == [
        PART,
        "20260615t213000z",
    ]


def test_a_day_without_snapshots_is_an_error_and_not_no_supply(monkeypatch):
    answering(monkeypatch, listing())
    with pytest.raises(http.UpstreamError, match="no snapshot of 2026-03-01"):
        list(hubbard_history.fetch_day(date(2026, 3, 1), lambda _: {}))


def test_today_and_yesterday_are_read_live_and_may_have_nothing_yet(monkeypatch):
    asked = answering(monkeypatch, listing())
    assert list(hubbard_history.fetch(lambda _: {})) == []
    assert len(asked) == 2


def test_a_bucket_that_refuses_is_one_error(monkeypatch):
    def get(url: str, **_: object) -> http.Response:
        raise http.UpstreamError("HTTP 403", url=url, status=403)

    monkeypatch.setattr(http, "get", get)
    [part] = hubbard_history.fetch(lambda _: {})
    assert isinstance(part.response, http.UpstreamError)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Service Unavailable</body></html>",
        b"<Error><Code>AccessDenied</Code></Error>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult>&a;</ListBucketResult>',
        "<!DOCTYPE x [<!ENTITY a 'b'>]><ListBucketResult/>".encode("utf-16"),
        listing(SNAPSHOT)[:-30],
        listing(SNAPSHOT).replace(b"false", b"true"),
        b"",
    ],
)
def test_a_listing_that_is_none_is_refused(monkeypatch, body: bytes):
    answering(monkeypatch, body)
    with pytest.raises(http.UpstreamError, match="no S3 listing"):
        list(hubbard_history.fetch_day(date(2026, 6, 15), lambda _: {}))


def test_keys_that_lead_elsewhere_are_not_asked(monkeypatch):
    odd = ("prices/dt=2026-06-15/../../x.parquet", "gpu_prices.db", SNAPSHOT + "?a=b")
    asked = answering(monkeypatch, listing(*odd, SNAPSHOT))
    list(hubbard_history.fetch_day(date(2026, 6, 15), lambda _: {}))
    assert len(asked) == 2
