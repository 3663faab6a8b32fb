"""Instances of filings: the recorded documents give the figures the SEC's API gives, and more."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.contracts.filings import FILINGS
from pipeline.sources.filings import sec_instances
from pipeline.sources.filings._edgar import Issuer
from pipeline.sources.filings._xbrl import read
from pipeline.sources.source import Capture, ParseError, Part
from pipeline.warehouse import append
from tests.given.documents import context, extracted, figure, inline, unit
from tests.given.keyed import skipped
from tests.given.support import rows, typed

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "sec"
recorded = pytest.mark.skipif(not SHARED.exists(), reason="needs the shared recordings")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PART = "0000000042-25-000001_2025-02-26"
AT = Capture("sec_instances", PART, "https://www.sec.gov/x_htm.xml", NOON, "")
BY_ITEM = "us-gaap:UnrecordedUnconditionalPurchaseObligationByCategoryOfItemPurchasedAxis"
BY_TYPE = "us-gaap:PropertyPlantAndEquipmentByTypeAxis"
UNRECORDED = "UnrecordedUnconditionalPurchaseObligationBalanceSheetAmount"
MILLION = 1_000_000


def parse(body: bytes) -> pl.DataFrame:
    return sec_instances.parse(body, AT)


def document(name: str) -> pl.DataFrame:
    return parse(gzip.decompress((SHARED / "ixbrl" / f"{name}.gz").read_bytes()))


def value(frame: pl.DataFrame, concept: str, on: str, dimensions: str = "") -> float:
    """One figure of an instant."""
    wanted = {"concept": concept, "period_end_on": date.fromisoformat(on), "dimensions": dimensions}
    return float(frame.filter(pl.col("period_start_on").is_null(), **wanted)["value"].item())


def answered(accession: str) -> dict[tuple[str, str, str, str | None, str], float]:
    """What companyfacts has of one filing of NVIDIA."""
    path = SHARED / "companyfacts" / "CIK0001045810_2026-07-09.json.gz"
    return {
        (taxonomy, concept, unit, each.get("start"), each["end"]): each["val"]
        for taxonomy, concepts in json.loads(gzip.decompress(path.read_bytes()))["facts"].items()
        for concept, about in concepts.items()
        for unit, facts in about["units"].items()
        for each in facts
        if each["accn"] == accession
    }


@recorded
@pytest.mark.parametrize(
    ("name", "accession", "count", "form"),
    [
        ("nvda-10-k-2025-02-26.htm", "0001045810-25-000023", 580, "10-K"),
        ("nvda-10-q-2025-08-27.htm", "0001045810-25-000209", 401, "10-Q"),
    ],
)
def test_every_figure_of_companyfacts_is_equal_here(
    name: str, accession: str, count: int, form: str
):
    theirs = answered(accession)
    assert len(theirs) == count
    frame = document(name)
    # The API has neither dimensions nor the filer's own concepts nor lengths of time.
    whole = frame.filter(pl.col("taxonomy") != "nvda", pl.col("unit") != "years", dimensions="")
    ours = {
        (taxonomy, concept, unit, start and str(start), str(end)): value
        for taxonomy, concept, unit, start, end, value in whole.select(
            "taxonomy", "concept", "unit", "period_start_on", "period_end_on", "value"
        ).iter_rows()
    }
    assert ours == theirs
    assert set(frame["form"]) == {form}
    assert set(frame["cik"]) == {"0001045810"}
    assert frame["reason"].null_count() == frame.height


@recorded
def test_trap_56_dimensions_and_extensions_are_read_beside_them():
    # As counted for the trap: 1,229 numbers, 733 of the whole company, 65 of these its own.
    path = SHARED / "ixbrl" / "nvda-10-k-2025-02-26.htm.gz"
    numbers = [each for each in read(gzip.decompress(path.read_bytes()), "x").facts if each.unit]
    whole = [each for each in numbers if not each.dimensions]
    own = [each for each in whole if each.taxonomy == "nvda"]
    assert (len(numbers), len(whole), len(own)) == (1_229, 733, 65)
    frame = document("nvda-10-k-2025-02-26.htm")
    assert set(frame["taxonomy"]) == {"us-gaap", "srt", "dei", "ecd", "nvda"}


@recorded
def test_trap_57_leases_not_commenced_are_on_an_axis():
    frame = document("amzn-10-k-2025-02-07.htm")
    member = f"{BY_ITEM}=amzn:OperatingAndFinanceLeasesLeaseNotYetCommencedMember"
    assert value(frame, UNRECORDED, "2024-12-31", member) == 61_627 * MILLION
    # The years of the same table add up to it.
    parts = frame.filter(pl.col("concept").str.starts_with("UnrecordedUnc"), dimensions=member)
    assert parts["value"].sum() == 2 * 61_627 * MILLION


@recorded
def test_trap_57_nvidia_moved_its_leases_to_an_axis_between_two_reports():
    before, after = document("nvda-10-k-2025-02-26.htm"), document("nvda-10-q-2025-08-27.htm")
    member = f"{BY_ITEM}=us-gaap:OperatingLeaseLeaseNotYetCommencedMember"
    assert value(before, UNRECORDED, "2025-01-26") == 7_600 * MILLION
    assert value(after, UNRECORDED, "2025-07-27", member) == 7_100 * MILLION
    assert after.filter(concept=UNRECORDED, dimensions="").is_empty()
    assert value(after, "PurchaseObligation", "2025-07-27") == 45_774 * MILLION


@recorded
@pytest.mark.parametrize(
    ("name", "on", "millions"),
    [
        (
            "nvda-10-k-2025-02-26.htm",
            "2025-01-26",
            {
                "us-gaap:LandMember": 511,
                "nvda:BuildingsLeaseholdImprovementsAndFurnitureMember": 2_076,
                "nvda:EquipmentComputeHardwareAndSoftwareMember": 7_568,
                "us-gaap:ConstructionInProgressMember": 529,
            },
        ),
        (
            "tsla-10-k-2025-01-30.htm",
            "2024-12-31",
            {
                "tsla:MachineryEquipmentVehiclesAndOfficeFurnitureMember": 18_339,
                "us-gaap:LandAndBuildingMember": 10_677,
                "us-gaap:TechnologyEquipmentMember": 5_152,
                "us-gaap:ToolsDiesAndMoldsMember": 3_883,
                "us-gaap:LeaseholdImprovementsMember": 3_688,
                "us-gaap:ComputerEquipmentMember": 2_902,
                "us-gaap:ConstructionInProgressMember": 6_783,
            },
        ),
    ],
)
def test_plant_by_type_adds_up_to_the_balance_sheet(name: str, on: str, millions: dict[str, int]):
    frame = document(name)
    for member, each in millions.items():
        found = value(frame, "PropertyPlantAndEquipmentGross", on, f"{BY_TYPE}={member}")
        assert found == each * MILLION
    whole = value(frame, "PropertyPlantAndEquipmentGross", on)
    assert whole == sum(millions.values()) * MILLION


@recorded
def test_trap_64_useful_lives_are_years():
    frame = document("amzn-10-k-2025-02-07.htm").filter(
        concept="PropertyPlantAndEquipmentUsefulLife", unit="years"
    )
    lives = dict(frame.select("dimensions", "value").iter_rows())
    assert lives[f"{BY_TYPE}=us-gaap:BuildingMember"] == 40
    servers = frame.filter(dimensions=f"{BY_TYPE}=us-gaap:TechnologyEquipmentMember")
    assert servers.sort("period_end_on").select("period_end_on", "value").rows() == [
        (date(2023, 12, 31), 5.0),
        (date(2024, 12, 31), 6.0),
    ]


@recorded
def test_an_extracted_instance_has_its_lives_too():
    frame = document("amzn-20221231_htm.xml").filter(
        concept="DebtInstrumentWeightedAverageRemainingLivesTerm"
    )
    whole = frame.filter(dimensions="us-gaap:LongtermDebtTypeAxis=us-gaap:SeniorNotesMember")
    assert whole.select("unit", "value").row(0) == ("years", 13.1)
    assert value(document("amzn-20221231_htm.xml"), UNRECORDED, "2022-12-31") == 34_776 * MILLION


@recorded
@pytest.mark.parametrize("name", ["amzn-20221231_htm.xml", "tsla-20240630_htm.xml"])
def test_an_extracted_instance_is_read_whole(name: str):
    """Every tagged number is there once, counted by another parser."""
    body = gzip.decompress((SHARED / "ixbrl" / f"{name}.gz").read_bytes())
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    tagged = {
        (each.tag.rpartition("}")[2], each.get("contextRef"), each.get("unitRef"))
        for each in ElementTree.fromstring(body)
        if each.get("unitRef") and each.get(nil) != "true"
    }
    assert len(tagged) > 900
    found = parse(body).filter(~pl.col("unit").is_in(["years", "days"]))
    assert found.height == len(tagged)
    assert Counter(found["concept"]) == Counter(concept for concept, _, _ in tagged)


@recorded
def test_trap_64_a_word_in_a_tag_in_a_tag():
    frame = document("oracle-10-q.htm")
    assert value(frame, "NotesPayableCurrent", "2024-08-31") == 9_201 * MILLION
    assert value(frame, "NotesPayableCurrent", "2024-05-31") == 10_605 * MILLION
    # "no shares" inside two tags, in millions; and a dash.
    for on in ("2024-08-31", "2024-05-31"):
        assert value(frame, "PreferredStockSharesOutstanding", on) == 0
        assert value(frame, "PreferredStockValue", on) == 0


@recorded
def test_trap_64_an_exponent_of_twelve_and_a_minus():
    nvidia = document("nvda-10-k-2025-02-26.htm")
    assert value(nvidia, "CommonStockSharesAuthorized", "2025-01-26") == 80_000 * MILLION
    lost = document("amzn-10-k-2025-02-07.htm").filter(
        concept="NetIncomeLoss", dimensions="", period_end_on=date(2022, 12, 31)
    )
    assert lost["value"].item() == -2_722 * MILLION


@recorded
def test_trap_63_members_drift_and_stay_as_filed():
    year, quarter = document("nvda-10-k-2025-02-26.htm"), document("nvda-10-q-2025-08-27.htm")

    def customers(frame: pl.DataFrame) -> set[str]:
        sales = frame.filter(
            pl.col("dimensions").str.contains("=us-gaap:SalesRevenueNetMember"),
            concept="ConcentrationRiskPercentage1",
        )
        named = sales["dimensions"].str.extract(r"=nvda:Customer(\w+)Member").drop_nulls()
        return set(named)

    assert customers(year) == {"A", "B", "C"}
    spelled = {"One", "Two", "Three", "Four", "Five", "Six", "Seven"}
    assert customers(quarter) == {"A", "B"} | spelled


@recorded
def test_trap_63_receivables_at_a_day_are_tagged_with_a_duration_and_stay_so():
    frame = document("nvda-10-q-2025-08-27.htm").filter(
        pl.col("dimensions").str.contains("=us-gaap:AccountsReceivableMember")
        & pl.col("dimensions").str.contains("=nvda:CustomerOneMember")
    )
    assert frame.sort("period_end_on").select(
        "period_start_on", "period_end_on", "value"
    ).rows() == [
        (date(2024, 1, 29), date(2025, 1, 26), 0.17),
        (date(2025, 1, 27), date(2025, 7, 27), 0.23),
    ]


@recorded
@pytest.mark.parametrize("path", sorted((SHARED / "ixbrl").glob("*.gz")), ids=lambda p: p.name[:20])
def test_every_recorded_document_lands_whole(path: Path, store, db):
    body = gzip.decompress(path.read_bytes())
    [landed] = ingest.land(_captured(store, body), store, db)
    # Tesla's 10-K for 2024 has a part of its deferred revenue under the element of the whole.
    slips = 3 if path.name.startswith("tsla-10-k-2025") else 0
    assert (landed.outcome, landed.quarantined) == ("landed", slips), landed.reason
    assert landed.rows == parse(body).height - slips > 400


def _captured(store, *bodies: bytes, part: str = PART):
    """The source after one capture of each body."""
    moments = iter(NOON + timedelta(hours=n) for n in range(len(bodies)))

    def fetch(_: object) -> Iterator[Part]:
        for body in bodies:
            yield Part(part, http.Response("https://www.sec.gov/x", 200, {}, body, next(moments)))

    source = replace(sec_instances.SOURCE, fetch=fetch)
    assert {each.outcome for each in ingest.capture(source, store, {"SEC_CONTACT": "a@b.c"})} == {
        "captured"
    }
    return source


def one(body: bytes) -> dict[str, Any]:
    return parse(body).row(0, named=True)


def test_the_filing_and_its_day_are_the_parts_name():
    row = one(inline(figure("5", scale="9")))
    assert (row["accession"], row["filed_on"]) == ("0000000042-25-000001", date(2025, 2, 26))
    assert (row["value"], row["decimals"], row["cik"]) == (5e9, -6, "0000000042")
    for part in ("all", "0000000042-25-000001", f"{PART}x"):
        with pytest.raises(ParseError, match="names no filing and day"):
            sec_instances.parse(inline(figure("5")), replace(AT, part=part))


def test_figures_are_known_when_the_filing_was_accepted(store, db):
    source = _captured(store, inline(figure("5")))
    ingest.land(source, store, db)
    known = "select known_at, filed_on from staging.filing_facts"
    [row] = rows(db, known)
    assert row["known_at"] == datetime(2025, 2, 27, tzinfo=UTC)  # the day's end, until listed
    accepted = datetime(2025, 2, 26, 21, 48, 33, tzinfo=UTC)
    filing = {"accession": "0000000042-25-000001", "accepted_at": accepted, "known_at": accepted}
    append(db, FILINGS, typed(FILINGS, [filing]))
    db.execute("delete from staging.filing_facts; delete from meta.attempts")
    db.execute("delete from meta.captures")
    ingest.land(source, store, db)
    [row] = rows(db, known)
    assert row["known_at"] == accepted


def test_an_equal_answer_is_not_read_again(store, db, monkeypatch):
    body = inline(figure("5"))
    source = _captured(store, body, body)
    reads = []
    counted = replace(source, parse=lambda *of: reads.append(1) or sec_instances.parse(*of))
    monkeypatch.setattr(ingest, "code_fingerprint", lambda _: "x")
    assert [each.rows for each in ingest.land(counted, store, db)] == [1, 0]
    assert ingest.land(counted, store, db) == []
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("decimals", "kept"),
    [("INF", None), ("-6", -6), ("2", 2), ("", None)],
)
def test_decimals_are_as_filed(decimals: str, kept: int | None):
    assert one(inline(figure("5", decimals=decimals)))["decimals"] == kept


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (("5.1", "-8"), ("5.131", "-6"), 5.131e9),
        (("5.131", "-6"), ("5.1", "-8"), 5.131e9),
        (("5.1309", "INF"), ("5.131", "3"), 5.1309e9),
        (("5.1", ""), ("5", "-9"), 5e9),
        (("5.1", "-8"), ("5.1", "-8"), 5.1e9),
    ],
)
def test_of_duplicates_the_most_exact_counts(
    first: tuple[str, str], second: tuple[str, str], value: float
):
    tagged = [figure(text, scale="9", decimals=exact) for text, exact in (first, second)]
    frame = parse(inline("".join(tagged)))
    assert frame.select("value", "reason").rows() == [(value, None)]


def test_equally_exact_duplicates_that_differ_are_both_set_aside(store, db):
    tagged = figure("5") + figure("6") + figure("6") + figure("7", name="us-gaap:Other")
    frame = parse(inline(tagged))
    assert frame.select("concept", "value", "reason").sort("value").rows() == [
        ("Debt", 5.0, "conflicting_duplicates"),
        ("Debt", 6.0, "conflicting_duplicates"),
        ("Other", 7.0, None),
    ]
    [landed] = ingest.land(_captured(store, inline(tagged)), store, db)
    assert (landed.rows, landed.quarantined) == (1, 2)


def test_one_figure_that_cannot_be_read_does_not_cost_the_others(store, db):
    bad = "".join(
        figure(text, name=f"us-gaap:Bad{n}")
        for n, text in enumerate(["n/a", "1e400", "NaN", "2e18", "\u2014"])
    )
    life = (
        '<ix:nonNumeric contextRef="c" name="us-gaap:Life" format="ixt-sec:durwordsen">ages'
        "</ix:nonNumeric>"
    )
    ever = figure("5", at="f")
    contexts = context("c") + context("f", "<forever/>")
    odd = figure("5", name="us-gaap:Odd", decimals="some")
    body = inline(bad + life + ever + odd + figure("7"), contexts=contexts)
    assert Counter(parse(body)["reason"]) == {
        "not_a_number": 3,
        "not_a_duration": 1,
        "out_of_range": 1,
        "no_period": 1,
        "unknown_decimals": 1,
        None: 2,  # 7, and 2e18 that the contract refuses
    }
    [landed] = ingest.land(_captured(store, body), store, db)
    assert landed.outcome == "landed", landed.reason
    assert rows(db, "select concept, value from staging.filing_facts") == [
        {"concept": "Debt", "value": 7.0}
    ]
    assert landed.quarantined == 8


def test_a_period_that_ends_before_it_starts_is_set_aside(store, db):
    backwards = context("b", "<startDate>2025-01-01</startDate><endDate>2024-12-31</endDate>")
    body = inline(figure("5", at="b") + figure("7"), contexts=context("c") + backwards)
    [landed] = ingest.land(_captured(store, body), store, db)
    assert (landed.rows, landed.quarantined) == (1, 1)


def test_a_page_in_place_of_a_filing_leaves_earlier_figures(store, db):
    page = b"<!DOCTYPE html><html>Undeclared Automated Tool</html>"
    source = _captured(store, inline(figure("5")), page)
    outcomes = [each.outcome for each in ingest.land(source, store, db)]
    assert sorted(outcomes) == ["failed", "landed"]
    assert len(rows(db, "from staging.filing_facts")) == 1


def test_minus_zero_is_zero():
    shares = unit("u", "<measure>shares</measure>")
    row = one(extracted('<us-gaap:Debt contextRef="c" unitRef="u">-0</us-gaap:Debt>', units=shares))
    assert str(row["value"]) == "0.0"


class Sec:
    """The SEC's hosts, replayed; `asked` are the addresses in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ciks: str) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, bytes | http.UpstreamError] = {}
        monkeypatch.setattr(
            sec_instances, "universe", lambda _: [Issuer(cik, cik, "chips") for cik in ciks]
        )
        monkeypatch.setattr(sec_instances, "get", self.get)

    def get(self, url: str, **_: object) -> http.Response:
        self.asked.append(url)
        answer = self.answers.get(url, http.UpstreamError("HTTP 404", url=url, status=404))
        if isinstance(answer, http.UpstreamError):
            raise answer
        return http.Response(url, 200, {}, answer, NOON)

    def lists(self, cik: str, *filings: tuple[str, str, str], files: tuple[Any, ...] = ()) -> None:
        """A company's list: accession, day filed and form."""
        listed = {"filings": {"recent": arrays(*filings), "files": list(files)}}
        self.answers[f"https://data.sec.gov/submissions/CIK{cik}.json"] = json.dumps(
            listed
        ).encode()

    def holds(self, cik: str, accession: str, *names: str) -> None:
        """A filing's folder, and its files."""
        folder = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/"
        items = {"directory": {"item": [{"name": name} for name in names]}}
        self.answers[f"{folder}index.json"] = json.dumps(items).encode()
        for name in names:
            self.answers[f"{folder}{name}"] = name.encode()

    def parts(self, held: tuple[str, ...] = ()) -> dict[str, bytes | http.UpstreamError]:
        found = sec_instances.fetch(lambda part: {"sha256": "x"} if part in held else {})
        return {
            part.name: part.response
            if isinstance(part.response, http.UpstreamError)
            else part.response.body
            for part in found
        }


def arrays(*filings: tuple[str, str, str]) -> dict[str, list[Any]]:
    return {
        "accessionNumber": [accession for accession, _, _ in filings],
        "filingDate": [day for _, day, _ in filings],
        "form": [form for _, _, form in filings],
        "reportDate": ["" for _ in filings],
        "acceptanceDateTime": [f"{day}T20:00:00.000Z" for _, day, _ in filings],
        "items": ["" for _ in filings],
        "isXBRL": [1 for _ in filings],
        "isInlineXBRL": [1 for _ in filings],
        "primaryDocument": ["main.htm" for _ in filings],
    }


ONE, TWO, OLD = ("0000000042-25-00000" + n for n in "123")


def test_the_instance_of_each_report_is_asked_for_newest_first(monkeypatch):
    sec = Sec(monkeypatch, "0000000042")
    sec.lists(
        "0000000042",
        (TWO, "2025-08-27", "10-Q"),
        (ONE, "2025-02-26", "10-K/A"),
        (OLD, "2021-02-26", "10-K"),
        ("0000000042-25-000009", "2025-08-28", "4"),
    )
    sec.holds("0000000042", ONE, "acme_htm.xml", "main.htm", "R2.htm")
    sec.holds("0000000042", TWO, "main.htm", "acme.xsd")
    found = sec.parts()
    assert list(found.items()) == [
        (f"{TWO}_2025-08-27", b"main.htm"),
        (f"{ONE}_2025-02-26", b"acme_htm.xml"),
    ]


def test_a_filing_held_is_never_asked_for_again(monkeypatch):
    sec = Sec(monkeypatch, "0000000042")
    sec.lists("0000000042", (ONE, "2025-02-26", "10-K"))
    assert sec.parts(held=(f"{ONE}_2025-02-26",)) == {}
    assert sec.asked == ["https://data.sec.gov/submissions/CIK0000000042.json"]


def test_a_run_reads_so_many_filings_and_the_next_goes_on(monkeypatch):
    sec = Sec(monkeypatch, "0000000042")
    filings = [
        (f"0000000042-25-{n:06d}", f"2025-{n // 28 + 1:02d}-{n % 28 + 1:02d}", "10-Q")
        for n in range(90)
    ]
    sec.lists("0000000042", *filings)
    for accession, _, _ in filings:
        sec.holds("0000000042", accession, "acme_htm.xml")
    first = sec.parts()
    assert len(first) == sec_instances.FILINGS_PER_RUN == 40
    assert min(first) > max(set(second := sec.parts(held=tuple(first))) - set(first))
    assert len(second) == 40
    assert len(sec.parts(held=(*first, *second))) == 10


def test_an_older_page_is_asked_for_where_it_reaches_into_2022(monkeypatch):
    sec = Sec(monkeypatch, "0000000042")
    late = {"name": "CIK0000000042-submissions-001.json", "filingTo": "2024-01-01"}
    early = {"name": "CIK0000000042-submissions-002.json", "filingTo": "2021-12-31"}
    elsewhere = {"name": "../../elsewhere", "filingTo": "2024-01-01"}
    sec.lists("0000000042", (TWO, "2025-08-27", "10-Q"), files=(late, early, elsewhere))
    older = json.dumps(arrays((ONE, "2023-02-26", "10-K"))).encode()
    sec.answers[f"https://data.sec.gov/submissions/{late['name']}"] = older
    for accession in (ONE, TWO):
        sec.holds("0000000042", accession, "acme_htm.xml")
    assert list(sec.parts()) == [f"{TWO}_2025-08-27", f"{ONE}_2023-02-26"]
    assert not [url for url in sec.asked if "submissions-002" in url or "elsewhere" in url]


def test_one_company_or_filing_that_fails_does_not_cost_the_others(monkeypatch):
    sec = Sec(monkeypatch, "0000000041", "0000000042", "0000000043")
    sec.lists("0000000042", (TWO, "2025-08-27", "10-Q"), (ONE, "2025-02-26", "10-K"))
    sec.answers["https://data.sec.gov/submissions/CIK0000000043.json"] = b"<html>"
    sec.holds("0000000042", ONE, "acme_htm.xml")
    found = sec.parts()
    failed = {name for name, answer in found.items() if isinstance(answer, http.UpstreamError)}
    assert failed == {"filings-0000000041", "filings-0000000043", f"{TWO}_2025-08-27"}
    assert found[f"{ONE}_2025-02-26"] == b"acme_htm.xml"


def test_a_refusal_ends_the_run(monkeypatch):
    sec = Sec(monkeypatch, "0000000041", "0000000042")
    address = "https://data.sec.gov/submissions/CIK0000000041.json"
    sec.answers[address] = http.UpstreamError("HTTP 403", url=address, status=403)
    with pytest.raises(http.UpstreamError, match="403"):
        sec.parts()
    assert sec.asked == [address]


def test_without_a_contact_the_source_is_skipped(store):
    assert skipped(sec_instances.SOURCE, store).reason == "set SEC_CONTACT"
