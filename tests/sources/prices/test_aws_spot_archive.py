"""AWS spot archive: change events to a price a day, zones to regions, machines to accelerators."""

import gzip
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region
from pipeline.sources.prices import aws_spot_archive
from pipeline.sources.prices._machines import gpu_counts
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError

accelerator_aliases = named("accelerator_aliases")
providers = named("providers")
regions = named("regions")

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURE = REPOSITORY / "tests" / "fixtures" / "aws_spot_archive" / "2022.tsv"
REFERENCE = REPOSITORY / "warehouse" / "reference"
RECORDED = REPOSITORY.parent / "shared/data/prices/ericpauley_aws_spot/aws_spot_gpu_2022-05-31.tsv"
READ_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORD = f"{aws_spot_archive.ZENODO}/records/23082767/files"


def of(period: str = "2022") -> Capture:
    return Capture("aws_spot_archive", period, f"{RECORD}/{period}.tsv.zst", READ_AT, "")


def packed(text: str | bytes) -> bytes:
    body = text.encode() if isinstance(text, str) else text
    return pa.compress(body, codec="zstd", asbytes=True)


def read(body: bytes, period: str = "2022") -> pl.DataFrame:
    return aws_spot_archive.parse_stream(BytesIO(body), of(period))


def recorded() -> pl.DataFrame:
    return read(packed(FIXTURE.read_bytes()))


def line(**cells: str) -> str:
    fields = {
        "zone": "use1-az1",
        "kind": "p4d.24xlarge",
        "product": "Linux/UNIX",
        "price": "8.0",
        "at": "2022-06-01T00:00:00+00:00",
    }
    return "\t".join((fields | cells).values()) + "\n"


def pool(frame: pl.DataFrame, zone: str, kind: str) -> pl.DataFrame:
    return frame.filter(offer_id=f"{zone}/{kind}").sort("observed_at")


def test_a_price_of_eight_gpus_is_divided_by_eight():
    row = pool(recorded(), "use1-az1", "p4d.24xlarge").row(0, named=True)
    # The archive's last Linux price of p4d.24xlarge in use1-az1 on 2022-05-31 is 9.8318.
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(9.8318 / 8)
    assert (row["market"], row["spot_kind"], row["gpu_count"]) == ("spot", "market", 8)
    assert (row["region"], row["instance_type"]) == ("us-east-1", "p4d.24xlarge")


def test_the_price_of_a_day_is_the_one_in_force_when_it_ends_and_known_then():
    row = pool(recorded(), "use1-az1", "p4d.24xlarge").row(0, named=True)
    assert row["observed_at"] == row["known_at"] == datetime(2022, 5, 31, 23, 59, 59, tzinfo=UTC)
    assert row["captured_at"] == READ_AT
    june = pool(recorded(), "use1-az1", "p4d.24xlarge").filter(pl.col("observed_at").dt.day() == 3)
    assert june["price_in_currency_per_gpu_hour"].to_list() == [1.4]


def test_a_price_holds_until_the_next_change_and_no_further_than_its_month():
    frame = pool(recorded(), "use1-az1", "p4d.24xlarge")
    prices = dict(
        frame.select(pl.col("observed_at").dt.date(), "price_in_currency_per_gpu_hour").rows()
    )
    assert len(prices) == 31
    assert prices[date(2022, 6, 2)] == pytest.approx(9.8318 / 8)
    assert prices[date(2022, 6, 3)] == prices[date(2022, 6, 30)] == 1.4
    gone = pool(recorded(), "use2-az2", "p4d.24xlarge")
    assert gone["observed_at"].dt.date().to_list() == [date(2022, 5, 31)]


def test_one_row_per_machine_type_zone_and_day():
    frame = recorded()
    assert not frame.select("offer_id", "observed_at").is_duplicated().any()
    assert set(frame["refresh_days"]) == {1}


def test_trap_13_the_whole_machine_is_priced():
    # On 2022-05-31 the pool stood at the on-demand price of p3.2xlarge, one V100.
    assert pool(recorded(), "use1-az1", "p3.2xlarge")["price_in_currency_per_gpu_hour"].item() == (
        3.06
    )


def test_trap_21_aws_spot_is_a_market():
    assert set(recorded()["spot_kind"]) == {"market"}


def test_trap_22_spot_at_the_cap_is_kept_for_the_mart_to_judge():
    row = pool(recorded(), "use2-az2", "p4d.24xlarge").row(0, named=True)
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(32.7726 / 8)
    assert (row["flag"], row["reason"]) == (None, None)


def test_trap_42_a_file_without_a_header_loses_no_line():
    frame = read(packed(line()))
    assert frame.height == 30


def test_licences_of_other_systems_are_no_prices_of_accelerators():
    g4dn = pool(recorded(), "euw3-az2", "g4dn.4xlarge")
    assert g4dn["price_in_currency_per_gpu_hour"].to_list() == [0.4664]


def test_machines_without_accelerators_are_no_offers():
    assert not set(recorded()["instance_type"]) & {"f1.2xlarge", "m5n.4xlarge"}


def test_a_zone_is_a_region_and_a_local_zone_its_parents():
    assert set(pool(recorded(), "use1-bos1-az1", "g4dn.2xlarge")["region"]) == {"us-east-1"}
    wavelength = read(packed(line(zone="use1-wl1-bos-wlz1")))
    assert set(wavelength["region"]) == {"us-east-1"}
    assert set(read(packed(line(zone="xyz9-az1")))["reason"]) == {"unknown_zone"}


@pytest.mark.parametrize(
    ("zone", "kind", "reason"),
    [
        ("use1-az1", "g6f.large", "fractional"),
        ("use1-az1", "g9.xlarge", "unknown_count"),
        ("", "p3.2xlarge", "unknown_zone"),
        ("use1-az2", "p3.2xlarge", "unparseable_price"),
    ],
)
def test_what_cannot_be_used_is_set_aside_with_a_reason(zone: str, kind: str, reason: str):
    frame = pool(recorded(), zone, kind)
    assert frame.height == 3
    assert set(frame["reason"]) == {reason}


def test_the_stream_stays_open_for_its_owner():
    for body in (packed(line()), packed(line())[:-8]):
        stream = BytesIO(body)
        with suppress(ParseError):
            aws_spot_archive.parse_stream(stream, of())
        assert not stream.closed


def test_a_year_of_months_in_a_row_is_one_file():
    two = packed(line()) + packed(line(at="2022-07-30T10:00:00+00:00", price="16.0"))
    frame = read(two)
    assert frame.height == 32
    assert frame.filter(pl.col("observed_at").dt.month() == 7).height == 2


def test_every_machine_and_zone_is_known_to_the_reference_tables():
    kinds = list(gpu_counts("aws"))
    zones = [f"{prefix}-az1" for prefix in aws_spot_archive.REGIONS]
    text = "".join(line(kind=kind) for kind in kinds) + "".join(line(zone=zone) for zone in zones)
    tables = {
        each.name: each.parse((REFERENCE / each.file).read_bytes(), of())
        for each in (accelerator_aliases, providers, regions)
    }
    frame = resolve_provider(read(packed(text)), tables["providers"])
    frame = resolve_accelerator(frame, tables["accelerator_aliases"])
    assert set(frame["provider"]) == {"aws"}
    assert frame.filter(pl.col("accelerator").is_null())["instance_type"].to_list() == []
    placed = resolve_region(frame, tables["regions"])
    assert placed.filter(region_group="unmapped").is_empty()
    assert set(frame["instance_type"]) == set(kinds)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no Linux/UNIX price|Empty CSV"),
        (b"<!DOCTYPE html><html>504 Gateway Time-out</html>", "ZSTD"),
        (gzip.compress(line().encode(), mtime=0), "ZSTD"),
        (packed(line() * 1000)[:-8], "Truncated|ZSTD"),
        (packed("<html>\n</html>\n"), "column"),
        (packed(line() + "use1-az1\tp4d.24xlarge\n"), "column"),
        (packed(line(at="2023-06-01T00:00:00+00:00")), "lines of '2023-06"),
        (packed(line(at="2022-06-01 noon")), "no Linux/UNIX price"),
        (packed(line(product="Windows")), "no Linux/UNIX price"),
        (packed(line(kind="m5.large")), "no Linux/UNIX price"),
        (packed(line().encode() + b"use1-az1\t\xff\xfe\tLinux/UNIX\t1\t2022"), "UTF"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        read(body)


def test_a_part_that_is_no_period_is_refused():
    with pytest.raises(ParseError, match="part all"):
        read(packed(line()), "all")


@pytest.mark.parametrize("price", ["-1", "1e308", "0.000000"])
def test_numbers_that_are_no_prices_reach_the_judge(price: str):
    assert read(packed(line(price=price)))["reason"].null_count() == 30


def page(*periods: str, record: str = "23082767") -> bytes:
    links = "".join(
        f'<a href="/records/{record}/files/{each}.tsv.zst?download=1">{each}</a>'
        for each in periods
    )
    return f"<!DOCTYPE html><html>{links}</html>".encode()


@pytest.fixture
def zenodo(monkeypatch):
    """What is asked; the page links a year, two months and the month that ended last."""
    asked: list[str] = []
    last_month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    body = page("2023", "2024-01", f"{last_month:%Y-%m}")

    def answer(url: str, **_: object) -> http.Response:
        asked.append(url)
        return http.Response(url, 200, {}, body, READ_AT)

    monkeypatch.setattr(http, "get", answer)
    monkeypatch.setattr(http, "download", answer)
    return asked


def test_a_month_is_its_own_file_or_lies_in_a_year(zenodo):
    [month] = aws_spot_archive.fetch_month(date(2024, 1, 1), lambda _: {})
    assert (month.name, zenodo[-1]) == ("2024-01", f"{RECORD}/2024-01.tsv.zst")
    [year] = aws_spot_archive.fetch_month(date(2023, 7, 1), lambda _: {})
    assert (year.name, zenodo[-1]) == ("2023", f"{RECORD}/2023.tsv.zst")
    assert zenodo[0] == "https://doi.org/10.5281/zenodo.14198917"


def test_a_year_that_is_held_is_not_asked_for_eleven_times_more(zenodo):
    held = {"2023": {"etag": '"1"'}}
    assert list(aws_spot_archive.fetch_month(date(2023, 8, 1), lambda p: held.get(p, {}))) == []
    assert zenodo == []


@pytest.mark.usefixtures("zenodo")
def test_a_month_the_archive_lacks_is_an_error():
    with pytest.raises(http.UpstreamError, match="no file of 2026-03"):
        list(aws_spot_archive.fetch_month(date(2026, 3, 1), lambda _: {}))


def test_live_is_the_newest_file_and_nothing_once_it_is_held(zenodo):
    last_month = f"{datetime.now(UTC).date().replace(day=1) - timedelta(days=1):%Y-%m}"
    [part] = aws_spot_archive.fetch(lambda _: {})
    assert part.name == last_month
    zenodo.clear()
    held = {last_month: {"etag": '"1"'}}
    assert list(aws_spot_archive.fetch(lambda p: held.get(p, {}))) == []
    assert zenodo == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>Zenodo is down</html>", page("2023") + page("2024-01", record="1")]
)
def test_a_page_without_the_links_of_one_version_is_refused(monkeypatch, body: bytes):
    monkeypatch.setattr(http, "get", lambda url, **_: http.Response(url, 200, {}, body, READ_AT))
    with pytest.raises(http.UpstreamError, match="no page that links"):
        list(aws_spot_archive.fetch_month(date(2023, 1, 1), lambda _: {}))


@pytest.mark.skipif(not RECORDED.exists(), reason="needs the shared recordings")
def test_the_recorded_afternoon_parses_whole():
    frame = read(packed(RECORDED.read_bytes()), "2022-05")
    lines = pl.read_csv(
        RECORDED, separator="\t", has_header=False, new_columns=aws_spot_archive.FIELDS
    ).filter(product="Linux/UNIX")
    pools = lines.sort("changed_at").unique(["zone_id", "instance_type"], keep="last")
    assert frame.height == pools.height
    assert frame["reason"].null_count() == frame.height
    assert frame["price_in_currency_per_gpu_hour"].min() > 0.01
    whole = (frame["price_in_currency_per_gpu_hour"] * frame["gpu_count"]).sum()
    assert whole == pytest.approx(pools["price"].sum())
    p3 = frame.filter(instance_type="p3.2xlarge", offer_id="use1-az6/p3.2xlarge")
    assert p3["price_in_currency_per_gpu_hour"].to_list() == [0.918]
