"""AWS price list: streamed, one price per machine type and term, history dated by itself."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.capture.bodies import spooled
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region
from pipeline.sources.prices import aws_price_list
from pipeline.sources.prices.aws_price_list import OFFER, SOURCE
from pipeline.sources.source import Capture, ParseError, discover

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "aws_price_list"
REFERENCE = Path(__file__).resolve().parents[3] / "warehouse" / "reference"
NOW = (FIXTURES / "us-east-1.csv").read_bytes()
OLD = (FIXTURES / "us-east-1.20170302183221.csv").read_bytes()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = b"".join(NOW.splitlines(keepends=True)[:6])
COLUMNS = next(csv.reader([HEAD.splitlines()[5].decode()]))
MACHINE = next(csv.DictReader(io.StringIO(NOW.split(b"\n", 5)[5].decode())))


def at(part: str = "us-east-1") -> Capture:
    return Capture("aws_price_list", part, f"{OFFER}/current/us-east-1/index.csv", NOON, "")


def read(body: bytes, part: str = "us-east-1") -> pl.DataFrame:
    return aws_price_list.parse_stream(io.BytesIO(body), at(part))


def lines(*changes: dict[str, str]) -> bytes:
    """The p5 line, changed."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(MACHINE | each for each in changes)
    return HEAD + written.getvalue().encode()


def reserved(**changes: str) -> dict[str, str]:
    each = {"TermType": "Reserved", "OfferTermCode": "4NA7Y494T4", "LeaseContractLength": "1yr",
            "PurchaseOption": "No Upfront", "OfferingClass": "standard"}  # fmt: skip
    return each | {name.replace("_", " "): value for name, value in changes.items()}


def the(frame: pl.DataFrame, **values: object) -> dict[str, object]:
    [row] = frame.filter(**values).to_dicts()
    return row


def test_p5_costs_6_88_a_gpu_hour_in_us_east_1():
    row = the(read(NOW).filter(pl.col("reason").is_null()), instance_type="p5.48xlarge")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(55.04 / 8) == pytest.approx(6.88)
    assert (row["market"], row["gpu_count"], row["basis"]) == ("on_demand", 8, "all_in")
    assert row["offer_id"] == "us-east-1/p5.48xlarge/3D4V8UAYEMB38GU2.JRTCKXETXF"
    assert row["observed_at"] == row["known_at"] == NOON


def test_trap_13_price_is_per_accelerator_counted_by_aws_or_by_the_table():
    frame = read(NOW)
    trn1 = the(frame, instance_type="trn1.32xlarge")
    assert trn1["price_in_currency_per_gpu_hour"] == pytest.approx(21.5 / 16)
    inf2 = the(frame, instance_type="inf2.48xlarge")
    assert (inf2["gpu_count"], inf2["reason"]) == (12, None)
    assert inf2["price_in_currency_per_gpu_hour"] == pytest.approx(12.98127 / 12)


def test_trap_10_a_count_nobody_declares_is_not_guessed():
    row = the(read(lines({"Instance Type": "p9.96xlarge", "GPU": ""})))
    assert (row["reason"], row["gpu_count"]) == ("unknown_count", 1)


def test_trap_6_a_share_of_a_gpu_is_fractional():
    row = the(read(lines({"Instance Type": "g6f.large", "GPU": "0.125"})))
    assert row["reason"] == "fractional"


def test_a_capacity_block_is_no_price_of_an_hour():
    block = the(read(NOW).filter(pl.col("reason").is_not_null()))
    assert (block["reason"], block["instance_type"]) == ("capacity_block", "p5.48xlarge")


def test_other_systems_tenancies_capacities_and_places_are_no_offers():
    kinds = read(NOW)["instance_type"].to_list()
    assert sorted(kinds) == [
        "g4dn.xlarge",
        "inf2.48xlarge",
        "p4d.24xlarge",
        "p5.48xlarge",
        "p5.48xlarge",
        "trn1.32xlarge",
    ]
    others = [
        {"Operating System": "Windows"},
        {"Operating System": "RHEL"},
        {"Pre Installed S/W": "SQL Web"},
        {"Tenancy": "Host"},
        {"CapacityStatus": "AllocatedCapacityReservation"},
        {"Instance Type": "p5"},
        {"Instance Type": "vt1.24xlarge"},
        {"TermType": "Reserved", "OfferingClass": "convertible"},
    ]
    assert read(lines({}, *others)).height == 1


def test_trap_27_terms_and_ways_of_paying_are_never_pooled():
    upfront = {"OfferTermCode": "HU7G6KETJZ", "PurchaseOption": "Partial Upfront"}
    frame = read(lines(
        {},
        reserved(PricePerUnit="40.0"),
        reserved(PricePerUnit="30.0", LeaseContractLength="3yr", OfferTermCode="BPH4J8HBKS"),
        reserved(PricePerUnit="18.0") | upfront,
        reserved(PricePerUnit="175200", Unit="Quantity") | upfront,
    )).sort("offer_id")  # fmt: skip
    cells = frame.select("market", "term_months", "flag", "reason").rows()
    assert cells == [
        ("reserved", 12, None, None),
        ("reserved", 36, None, None),
        ("reserved", 12, "upfront", None),
        ("on_demand", None, None, None),
    ]
    # 18.0 an hour and 175,200 over 8,760 hours: 38.0 for eight.
    assert frame["price_in_currency_per_gpu_hour"].to_list() == [5.0, 3.75, 4.75, 6.88]


@pytest.mark.parametrize("unit", ["Hrs", "Quantity"])
def test_an_upfront_reservation_needs_both_its_lines(unit):
    row = the(read(lines(reserved(Unit=unit, PurchaseOption="All Upfront"))))
    assert row["reason"] == "upfront_not_stated"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PricePerUnit": "0.0000000000"}, "not_priced_yet"),
        ({"PricePerUnit": ""}, "not_priced_yet"),
        ({"PricePerUnit": "55,04"}, "unparseable_price"),
        ({"Unit": "GB-Mo"}, "unknown_unit"),
        ({"MarketOption": "Something"}, "unknown_market_option"),
        (reserved(LeaseContractLength="5yr"), "unknown_term"),
    ],
)
def test_trap_18_19_what_is_no_price_keeps_its_reason(changes, reason):
    assert the(read(lines(changes)))["reason"] == reason


def test_two_skus_at_one_price_are_one_offer_and_at_two_prices_are_none():
    assert read(lines({}, {"SKU": "B"}))["reason"].to_list() == [None]
    frame = read(lines({}, {"SKU": "B", "PricePerUnit": "60.0"}))
    assert frame["reason"].to_list() == ["several_prices"] * 2


def test_a_file_of_2017_is_read_and_dated_by_its_publication():
    frame = read(OLD, "us-east-1.20170302183221")
    row = the(frame, instance_type="p2.16xlarge")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(14.40 / 16)
    assert row["region"] == "us-east-1"
    published = datetime(2017, 3, 2, 18, 32, 21, tzinfo=UTC)
    assert row["observed_at"] == row["known_at"] == published
    assert row["captured_at"] == NOON
    assert row["refresh_days"] == 31


def test_a_version_is_not_known_on_the_first_of_the_month_it_is_filed_under():
    # Version 20250912225308 "begins" on 2025-09-01 in the index.
    body = NOW.replace(b"2026-09-12T22:53:08Z", b"2025-09-12T22:53:08Z")
    known = read(body, "us-east-1.20250912225308")["known_at"].unique().to_list()
    assert known == [datetime(2025, 9, 12, 22, 53, 8, tzinfo=UTC)]


def test_pieces_cut_anywhere_give_the_same_rows(monkeypatch):
    whole = read(NOW)
    for step in (1, 100, 997, 5_000):
        monkeypatch.setattr(aws_price_list, "STEP", step)
        assert read(NOW).equals(whole)
    assert read(NOW.rstrip(b"\n")).equals(whole)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a price list"),
        (b"<html>Access Denied</html>", "not a price list"),
        (b'{"formatVersion": "v1.0"}', "not a price list"),
        (NOW.replace(b"AmazonEC2", b"AmazonRDS", 1), "AmazonRDS"),
        (NOW.replace(b"v1.0", b"v2.0", 1), "v2.0"),
        (NOW.replace(b"2026-09-12T22:53:08Z", b"yesterday", 1), "Publication Date"),
        (NOW.replace(b'"PricePerUnit"', b'"Price"', 1), "columns missing: PricePerUnit"),
        (HEAD, "no accelerators"),
        (lines({"Instance Type": "m5.xlarge"}), "no accelerators"),
        (lines({"Region Code": "eu-west-1"}), "has eu-west-1, not us-east-1"),
        (NOW[:-100], "last line has"),
        (NOW + b'"a","b"\n' + b'"x",' * 200 + b"\n", "index.csv"),
        (lines({"SKU": ""}), "without SKU"),
        (NOW.replace(b"g4dn.xlarge", b"g4dn.\xff\xfe", 1), "index.csv"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        read(body)


def test_a_line_without_an_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(aws_price_list, "STEP", 2**16)
    with pytest.raises(ParseError, match="a line of over"):
        read(NOW + b"x" * 2**22)


# --- what is asked ---------------------------------------------------------------------------


def versions(*each: tuple[str, str, str]) -> dict[str, object]:
    names = ("versionEffectiveBeginDate", "versionEffectiveEndDate", "offerVersionUrl")
    return {"versions": {name: dict(zip(names, (b, e, ""), strict=True)) for name, b, e in each}}


# Entries of the real index, as quoted in public code and documents.
INDEX = versions(
    ("20161213014831", "2016-12-01T00:00:00Z", "2017-01-31T23:59:59Z"),
    ("20170210223144", "2017-01-31T23:59:59Z", "2017-02-01T00:00:00Z"),
    ("20210616194700", "2021-06-01T00:00:01Z", "2021-06-01T00:00:00Z"),
    ("20250828212014", "2025-08-01T00:00:00Z", "2025-09-01T00:00:00Z"),
    ("20250912225308", "2025-09-01T00:00:00Z", ""),
)


@pytest.mark.parametrize(
    ("month", "found"),
    [
        (date(2017, 1, 1), ["20161213014831"]),
        (date(2025, 8, 1), ["20250828212014"]),
        (date(2025, 9, 1), ["20250912225308"]),
        (date(2026, 1, 1), ["20250912225308"]),
    ],
)
def test_a_month_has_the_versions_in_force_in_it(month, found):
    assert aws_price_list._in_force(INDEX, month) == found


@pytest.mark.parametrize(
    "index", [None, [], {}, {"versions": {}}, {"versions": {"1": {}}}, {"versions": {"1": None}},
              versions(("../x", "2017-01-01T00:00:00Z", "")), versions(("1", "soon", ""))],
)  # fmt: skip
def test_an_index_of_another_shape_is_refused(index):
    with pytest.raises(ParseError, match=r"index\.json"):
        aws_price_list._in_force(index, date(2017, 1, 1))


class Upstream:
    """Answers each address with a body, 304 or an error, and notes what was asked."""

    def __init__(self, answers: dict[str, bytes | int]) -> None:
        self.answers, self.asked = answers, []

    def download(self, url: str, *, validators: object, expects: str) -> http.Response:
        self.asked.append((url.removeprefix(OFFER), validators, expects))
        answer = self.answers.get(url.removeprefix(OFFER), 404)
        if answer == 304:
            return http.Response(url, 304, {}, b"", NOON)
        if isinstance(answer, int):
            raise http.UpstreamError("HTTP 404", url=url, status=answer)
        return http.Response(url, 200, {}, b"", NOON, spooled([answer], "csv"))

    def get(self, url: str, *, expects: str) -> http.Response:
        assert (url, expects) == (f"{OFFER}/index.json", "json")
        return http.Response(url, 200, {}, json.dumps(INDEX).encode(), NOON)


def behind(monkeypatch: pytest.MonkeyPatch, answers: dict[str, bytes | int]) -> Upstream:
    upstream = Upstream(answers)
    monkeypatch.setattr(http, "download", upstream.download)
    monkeypatch.setattr(http, "get", upstream.get)
    return upstream


def closed(parts: Iterable) -> list[tuple[str, int | None]]:
    found = []
    for part in parts:
        if isinstance(part.response, http.Response):
            part.response.file.close()
        found.append((part.name, part.response.status))
    return found


def test_each_region_is_one_part_and_an_unchanged_file_is_none(monkeypatch):
    answers = {"/current/us-east-1/index.csv": NOW, "/current/us-west-2/index.csv": 304}
    upstream = behind(monkeypatch, answers)
    parts = dict(closed(SOURCE.fetch(lambda part: {"etag": part})))
    assert parts["us-east-1"] == 200
    assert parts["eu-central-1"] == 404
    assert "us-west-2" not in parts
    assert ("/current/us-west-2/index.csv", {"etag": "us-west-2"}, "csv") in upstream.asked


def test_a_month_of_history_asks_the_regions_that_sold_accelerators_by_then(monkeypatch):
    upstream = behind(monkeypatch, {"/20161213014831/us-east-1/index.csv": OLD})
    parts = dict(closed(SOURCE.backfill.fetch(date(2017, 1, 1), lambda _: {})))
    assert parts["us-east-1.20161213014831"] == 200
    regions = {url.split("/")[2] for url, _, _ in upstream.asked}
    assert "us-west-2" in regions
    assert not regions & {"me-central-1", "us-east-2"}


def test_every_region_and_machine_is_known_to_the_reference_tables():
    tables = {
        source.name: source.parse((REFERENCE / source.file).read_bytes(), at())
        for source in discover()
        if source.name in ("accelerator_aliases", "providers", "regions")
    }
    frame = pl.concat([read(NOW), read(OLD, "us-east-1.20170302183221")])
    frame = resolve_provider(frame, tables["providers"])
    named = resolve_accelerator(frame, tables["accelerator_aliases"])
    assert named["accelerator"].null_count() == 0
    assert the(named, instance_type="p2.16xlarge")["accelerator"] == "nvidia-k80-12gb"
    regions = pl.DataFrame({"region": list(aws_price_list.REGIONS)}).with_columns(
        provider=pl.lit("aws"), country=pl.lit(None, pl.String)
    )
    assert "unmapped" not in resolve_region(regions, tables["regions"])["region_group"]
