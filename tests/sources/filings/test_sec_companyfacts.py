"""Every tagged figure of a company, in each filing that has it."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.contracts.filings import FILINGS
from pipeline.identity.facts import dated
from pipeline.identity.slips import REASON
from pipeline.sources.filings import _edgar, sec_companyfacts
from pipeline.sources.filings._edgar import Issuer
from pipeline.sources.source import Capture, ParseError
from pipeline.warehouse import append
from tests.given.support import rows, typed
from tests.sources.filings.test_edgar import ARRAYS

RECORDED = Path(__file__).resolve().parents[4] / "shared/data/sec/companyfacts"
needs_recordings = pytest.mark.skipif(not RECORDED.exists(), reason="needs the shared recordings")
READ = datetime(2026, 11, 20, 12, tzinfo=UTC)
CAPTURE = Capture(
    "sec_companyfacts", "cik", "https://data.sec.gov/api/xbrl/companyfacts/x", READ, ""
)
NVIDIA = "0001045810"
MARVELL = "CIK0001835632_2026-06-08.json"
APRIL, JULY = "CIK0001045810_2026-04.json", "CIK0001045810_2026-07-09.json"
KEY = ["accession", "taxonomy", "concept", "unit", "period_start_on", "period_end_on"]
APPLE = "CIK0000320193_2026-03-25.json"
NO_FILINGS = {"filings": typed(FILINGS, [])}
FACT: dict[str, Any] = {
    "start": "2025-01-27",
    "end": "2025-07-27",
    "val": 3_122_000_000,
    "accn": "0001045810-25-000209",
    "fy": 2026,
    "fp": "Q2",
    "form": "10-Q",
    "filed": "2025-08-27",
}


def recorded(name: str) -> bytes:
    return gzip.decompress((RECORDED / f"{name}.gz").read_bytes())


def parsed(name: str) -> pl.DataFrame:
    return sec_companyfacts.parse(recorded(name), CAPTURE)


def body(*facts: Any, cik: object = 1045810, unit: str = "USD", concept: str = "Revenues") -> bytes:
    units = {concept: {"label": None, "units": {unit: list(facts)}}}
    return json.dumps({"cik": cik, "entityName": "x", "facts": {"us-gaap": units}}).encode()


def one(**cells: Any) -> dict[str, Any]:
    frame = dated(sec_companyfacts.parse(body(FACT | cells), CAPTURE), NO_FILINGS)
    [row] = frame.to_dicts()
    return row


@needs_recordings
@pytest.mark.parametrize(
    ("name", "cik", "figures", "slips", "taxonomies"),
    [
        (APRIL, NVIDIA, 26_571, 36, {"dei", "invest", "srt", "us-gaap"}),
        (JULY, NVIDIA, 26_903, 36, {"dei", "ecd", "ffd", "invest", "srt", "us-gaap"}),
        (MARVELL, "0001835632", 8_053, 0, {"dei", "ecd", "ffd", "srt", "us-gaap"}),
        (APPLE, "0000320193", 24_579, 3, {"dei", "us-gaap"}),
        ("CIK0001640147_2025-05.json", "0001640147", 8_163, 0, {"dei", "srt", "us-gaap"}),
        ("CIK0001997711_ifrs.json", "0001997711", 768, 0, {"dei", "ifrs-full"}),
    ],
)  # fmt: skip
def test_every_figure_of_a_recorded_answer_is_a_row(name, cik, figures, slips, taxonomies):
    frame = dated(parsed(name), NO_FILINGS)
    assert frame.height == figures
    assert frame["reason"].drop_nulls().to_list() == [REASON] * slips
    assert set(frame["cik"]) == {cik}
    assert set(frame["taxonomy"]) == taxonomies
    assert not frame.select(KEY).is_duplicated().any()


@needs_recordings
def test_apples_share_counts_of_its_10_q_of_april_2014_lack_three_digits():
    # Its balance sheet of 2013-09-28 is in thousands of shares: 899,213 for 899,213,000.
    frame = dated(parsed(APPLE), NO_FILINGS).drop_nulls("reason")
    assert frame.select("accession", "concept", "value").sort("concept").rows() == [
        ("0001193125-14-157311", "CommonStockSharesAuthorized", 1_800_000),
        ("0001193125-14-157311", "CommonStockSharesIssued", 899_213),
        ("0001193125-14-157311", "CommonStockSharesOutstanding", 899_213),
    ]


@needs_recordings
def test_nvidias_slips_are_thousands_that_lack_three_digits_but_one():
    # Shares of 2009 to 2011 in thousands, and a price per share of 19,120,000. The one: its 10-K
    # for fiscal 2019 has 63 million of deferred revenue on the day of 53 and 15.
    frame = dated(parsed(JULY), NO_FILINGS).drop_nulls("reason")
    small = frame.filter(pl.col("value") < 1e6)
    assert set(small["filed_on"].dt.year()) == {2010, 2011, 2012}
    large = frame.filter(pl.col("value") >= 1e6)
    assert large.select("filed_on", "value").sort("filed_on", "value").rows() == [
        (date(2016, 5, 25), 14_490_000),
        (date(2016, 5, 25), 19_120_000),
        (date(2019, 2, 21), 63e6),
    ]


@needs_recordings
@pytest.mark.parametrize("name", [JULY, "CIK0001997711_ifrs.json", "CIK0001640147_2025-05.json"])
def test_no_figure_changes_on_the_way(name: str):
    expected = {
        (fact["accn"], taxonomy, concept, unit, fact.get("start"), fact["end"]): float(fact["val"])
        for taxonomy, tags in json.loads(recorded(name))["facts"].items()
        for concept, told in tags.items()
        for unit, facts in told["units"].items()
        for fact in facts
    }
    dates = pl.col("period_start_on", "period_end_on").cast(pl.String)
    read = parsed(name).with_columns(dates).select(*KEY, "value").rows()
    assert {row[:-1]: row[-1] for row in read} == expected


@needs_recordings
@pytest.mark.parametrize("name", [APRIL, "CIK0001997711_ifrs.json"])
def test_the_tolerant_reader_reads_the_same(name: str):
    fast, slow = sec_companyfacts._typed(recorded(name)), sec_companyfacts._tolerant(recorded(name))
    assert fast is not None
    assert set(slow.columns.pop("reason")) == {None}
    assert fast == slow


@needs_recordings
def test_trap_47_july_adds_332_figures_and_changes_and_removes_none():
    april, july = parsed(APRIL), parsed(JULY)
    joined = april.join(july, on=KEY, how="full", nulls_equal=True, suffix="_july", coalesce=True)
    assert joined["value"].null_count() == 332
    assert joined["value_july"].null_count() == 0
    assert joined.filter(pl.col("value") != pl.col("value_july")).height == 0


@needs_recordings
def test_trap_47_frames_that_moved_have_no_effect():
    def frames(name: str) -> dict[tuple[object, ...], str | None]:
        return {
            (f["accn"], taxonomy, concept, unit, f.get("start"), f["end"]): f.get("frame")
            for taxonomy, tags in json.loads(recorded(name))["facts"].items()
            for concept, told in tags.items()
            for unit, facts in told["units"].items()
            for f in facts
        }

    april, july = frames(APRIL), frames(JULY)
    assert sum(april[key] != july[key] for key in april) == 133
    answer = json.loads(recorded(JULY))
    for tags in answer["facts"].values():
        for told in tags.values():
            for facts in told["units"].values():
                for fact in facts:
                    fact["frame"] = "CY1999"
    moved = sec_companyfacts.parse(json.dumps(answer).encode(), CAPTURE)
    assert moved.equals(parsed(JULY))


@needs_recordings
def test_trap_50_earnings_per_share_before_and_after_the_split_are_both_kept():
    year = parsed(JULY).filter(
        concept="EarningsPerShareDiluted",
        period_start_on=date(2022, 1, 31),
        period_end_on=date(2023, 1, 29),
    )
    by_filing = year.sort("filed_on").select("value", "form").rows()
    assert by_filing[0] == (1.74, "10-K")
    assert by_filing[-1] == (0.17, "10-K")
    assert {value for value, _ in by_filing} == {1.74, 0.17}


@needs_recordings
def test_trap_43_cash_flow_figures_are_kept_as_filed_year_to_date():
    capex = parsed(APRIL).filter(
        concept="PaymentsToAcquireProductiveAssets", period_start_on=date(2025, 1, 27)
    )
    ends = dict(capex.sort("filed_on").select("period_end_on", "value").rows())
    assert [ends[day] / 1e6 for day in sorted(ends)] == [1_227, 3_122, 4_758, 6_042]


@needs_recordings
def test_trap_45_the_period_comes_from_start_and_end_whatever_fy_says():
    # Both of NVIDIA's years, ended 2010-01-31 and 2011-01-30, say 2010.
    listed = json.loads(recorded(JULY))["facts"]["us-gaap"]["NetIncomeLoss"]["units"]["USD"]
    years = [
        fact["fy"]
        for fact in listed
        if (fact.get("start"), fact["end"])
        in [("2009-01-26", "2010-01-31"), ("2010-02-01", "2011-01-30")]
    ]
    assert years.count(2010) >= 2
    frame = parsed(JULY).filter(concept="NetIncomeLoss", form="10-K")
    ends = frame.filter(
        pl.col("period_end_on").is_between(date(2010, 1, 31), date(2011, 1, 30)),
        pl.col("period_end_on") - pl.col("period_start_on") > pl.duration(days=350),
    )
    assert set(ends["period_end_on"]) == {date(2010, 1, 31), date(2011, 1, 30)}
    assert "fy" not in frame.columns


def test_trap_45_lies_about_the_period_change_nothing():
    assert one(fy=1999, fp="FY") == one()


@needs_recordings
def test_trap_55_proxy_and_fee_figures_are_kept_under_their_forms():
    frame = parsed(JULY)
    forms = dict(frame.group_by("form").len().rows())
    assert forms == {"10-Q": 17_202, "10-K": 9_655, "DEF 14A": 40, "424B5": 6}
    assert set(frame.filter(taxonomy="ffd")["form"]) == {"424B5"}


def test_trap_55_null_fy_fp_and_form_are_read():
    row = one(fy=None, fp=None, form=None)
    assert (row["form"], row["reason"]) == (None, None)


@needs_recordings
def test_trap_64_a_cik_as_text_is_ten_digits_as_well():
    assert json.loads(recorded("CIK0001997711_ifrs.json"))["cik"] == "0001997711"
    assert json.loads(recorded(JULY))["cik"] == 1045810
    assert sec_companyfacts.parse(body(FACT, cik="1045810"), CAPTURE)["cik"].item() == NVIDIA


def test_a_row_says_which_filing_and_where_it_lies():
    row = one()
    assert row["source_url"] == (
        "https://www.sec.gov/Archives/edgar/data/1045810/000104581025000209/"
        "0001045810-25-000209-index.htm"
    )
    assert (row["value"], row["unit"], row["dimensions"], row["decimals"]) == (
        3_122_000_000.0,
        "USD",
        "",
        None,
    )
    assert row["known_at"] == datetime(2025, 8, 28, tzinfo=UTC)


def test_an_instant_has_no_start():
    fact = {name: cell for name, cell in FACT.items() if name != "start"}
    assert sec_companyfacts.parse(body(fact), CAPTURE)["period_start_on"].item() is None


@pytest.mark.parametrize("value", [0, -5, 1.74, 34_119_999_999.5, 9_007_199_254_740_992, 10**18])
def test_numbers_arrive_as_filed(value: float):
    row = one(val=value)
    assert (row["value"], row["reason"]) == (value, None)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"val": "1227"}, "value_not_a_number"),
        ({"val": None}, "value_not_a_number"),
        ({"val": True}, "value_not_a_number"),
        ({"val": float("nan")}, "value_not_finite"),
        ({"val": float("-inf")}, "value_not_finite"),
        ({"val": 10**400}, "value_not_finite"),
        ({"val": 2**53 + 1}, "value_inexact"),
        ({"end": "soon"}, "end_not_a_date"),
        ({"start": "2025-02-30"}, "start_not_a_date"),
        ({"filed": ""}, "filed_not_a_date"),
        ({"accn": 5}, "accn_not_text"),
        ({"form": ["10-Q"]}, "form_not_text"),
    ],
)
def test_an_odd_figure_is_set_aside_by_name_and_the_next_one_stays(cells, reason: str):
    frame = sec_companyfacts.parse(body(FACT | cells, FACT | {"end": "2025-10-26"}), CAPTURE)
    assert dated(frame, NO_FILINGS)["reason"].to_list() == [reason, None]


def test_a_number_beyond_any_double_is_set_aside():
    text = body(FACT, FACT | {"end": "2025-10-26"}).replace(b"3122000000", b"1e400", 1)
    frame = dated(sec_companyfacts.parse(text, CAPTURE), NO_FILINGS)
    assert frame["reason"].to_list() == ["value_not_finite", None]


def test_a_negative_number_of_shares_is_set_aside():
    outstanding = {name: cell for name, cell in FACT.items() if name != "start"} | {"val": -1}
    text = body(outstanding, unit="shares", concept="EntityCommonStockSharesOutstanding")
    frame = dated(sec_companyfacts.parse(text, CAPTURE), NO_FILINGS)
    assert frame["reason"].item() == "negative_share_count"


def test_equal_repeats_are_one_figure_and_unequal_ones_none():
    other = FACT | {"end": "2025-10-26"}
    frame = sec_companyfacts.parse(body(FACT, FACT, other), CAPTURE)
    assert frame["reason"].to_list() == [None, None]
    frame = sec_companyfacts.parse(body(FACT, FACT | {"val": 1}, other), CAPTURE)
    assert frame["reason"].to_list() == ["repeated_with_another_value"] * 2 + [None]


def deep(levels: int) -> bytes:
    return b'{"cik": 1, "facts": ' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not JSON"),
        (body(FACT)[:-30], "not JSON"),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "not JSON .* begins .*xml"),
        (b"<!DOCTYPE html><title>Undeclared Automated Tool</title>", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "no object with cik and facts"),
        (b'{"cik": 1045810, "entityName": "x"}', "no object with cik and facts"),
        (b'{"cik": 1045810, "facts": {}}', "without figures"),
        (b'{"cik": 1045810, "facts": []}', "facts is no object"),
        (b'{"cik": 1, "facts": {"us-gaap": {"Assets": {"label": "x"}}}}', "Assets is no object"),
        (b'{"cik": 1, "facts": {"us-gaap": {"Assets": {"units": {"USD": {}}}}}}', "is no list"),
        (body("x"), "Revenues in USD holds"),
        (body(FACT, cik=None), "cik is"),
        (body(FACT, cik=-1), "cik is"),
        (body(FACT | {"form": "\ud800"}), "surrogates"),
        (deep(300), "a is no object"),
        (deep(200_000), "not JSON"),
    ],
)
def test_broken_structure_is_refused_by_name(text: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        sec_companyfacts.parse(text, CAPTURE)


@needs_recordings
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
def test_an_answer_that_breaks_off_is_refused_wherever_it_does(cut: float):
    text = recorded("CIK0001997711_ifrs.json")
    with pytest.raises(ParseError, match="not JSON"):
        sec_companyfacts.parse(text[: int(len(text) * cut)], CAPTURE)


class Upstream:
    """Lists of filings and figures by CIK; counts what is asked."""

    def __init__(self, monkeypatch, *ciks: str) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.lists: dict[str, object] = {}
        self.figures: dict[str, object] = {}
        self.etag = ""
        monkeypatch.setattr(http, "get", self.get)
        companies = [Issuer(cik, "x", "chips") for cik in ciks]
        for module in (_edgar, sec_companyfacts):
            monkeypatch.setattr(module, "universe", lambda: companies)

    def get(self, url: str, *, validators=None, **_: object) -> http.Response:
        kind = "figures" if "companyfacts" in url else "list"
        self.asked.append((kind, dict(validators or {})))
        answers = self.figures if kind == "figures" else self.lists
        text = answers.get(url[-15:-5], 404)
        now = datetime.now(UTC)
        headers = {"etag": self.etag} if kind == "figures" and self.etag else {}
        if headers and (validators or {}).get("etag") == self.etag:
            return http.Response(url, 304, headers, b"", now)
        if isinstance(text, bytes):
            return http.Response(url, 200, headers, text, now)
        raise http.UpstreamError(f"HTTP {text}", url=url, status=int(str(text)))


def filed(*reports: str, cik: str = NVIDIA) -> bytes:
    """A list of quarterly reports, newest first."""
    arrays: dict[str, list[Any]] = {name: cells * len(reports) for name, cells in ARRAYS.items()}
    days = range(28, 28 - len(reports), -1)
    arrays["acceptanceDateTime"] = [f"2026-05-{day}T20:09:32.000Z" for day in days]
    arrays["accessionNumber"] = list(reports)
    return json.dumps({"cik": cik, "filings": {"recent": arrays, "files": []}}).encode()


OLD, NEW = "0001045810-26-000021", "0001045810-26-000052"
HELD = body(FACT | {"accn": OLD})
BOTH = body(FACT | {"accn": OLD}, FACT | {"accn": NEW})


def test_a_run_with_nothing_new_asks_for_no_figures_and_parses_nothing(monkeypatch, store, db):
    read: list[str] = []

    def counting(text: bytes, capture: Capture) -> pl.DataFrame:
        read.append(capture.part)
        return sec_companyfacts.parse(text, capture)

    upstream = Upstream(monkeypatch, NVIDIA)
    upstream.lists[NVIDIA], upstream.figures[NVIDIA] = filed(OLD), HELD
    source = replace(sec_companyfacts.SOURCE, parse=counting)
    # The runner finds a source's code by its parse; the counting one stands here.
    monkeypatch.setattr("pipeline.ingest.code_fingerprint", lambda _: "same")
    env = {"SEC_CONTACT": "jo@example.org"}
    ingest.capture(source, store, env=env)
    [landed] = ingest.land(source, store, db)
    assert (landed.outcome, landed.rows) == ("landed", 1)
    ingest.capture(source, store, env=env)
    assert ingest.land(source, store, db) == []
    assert read == [f"cik{NVIDIA}_{OLD}"]
    assert [kind for kind, _ in upstream.asked] == ["list", "figures", "list"]


def test_trap_54_a_report_on_the_list_is_not_held_before_its_figures_came(monkeypatch, store, db):
    upstream = Upstream(monkeypatch, NVIDIA)
    upstream.lists[NVIDIA], upstream.figures[NVIDIA] = filed(NEW, OLD), HELD
    source, env = sec_companyfacts.SOURCE, {"SEC_CONTACT": "jo@example.org"}
    ingest.capture(source, store, env=env)
    ingest.land(source, store, db)
    ingest.capture(source, store, env=env)  # listed, but the figures are the old ones
    [same] = ingest.land(source, store, db)
    assert (same.part, same.rows, same.held) == (f"cik{NVIDIA}_{OLD}", 0, 1)
    upstream.figures[NVIDIA] = BOTH
    ingest.capture(source, store, env=env)
    [landed] = ingest.land(source, store, db)
    assert (landed.part, landed.rows, landed.held) == (f"cik{NVIDIA}_{NEW}", 1, 2)
    upstream.asked.clear()
    ingest.capture(source, store, env=env)
    assert [kind for kind, _ in upstream.asked] == ["list"]


def test_where_figures_are_late_only_what_changed_is_sent(monkeypatch, store):
    upstream = Upstream(monkeypatch, NVIDIA)
    upstream.etag = '"one"'
    upstream.lists[NVIDIA], upstream.figures[NVIDIA] = filed(NEW, OLD), HELD
    source, env = sec_companyfacts.SOURCE, {"SEC_CONTACT": "jo@example.org"}
    ingest.capture(source, store, env=env)
    [again] = ingest.capture(source, store, env=env)
    assert (again.part, again.outcome) == (f"cik{NVIDIA}_{OLD}", "captured")
    assert upstream.asked[-1][1]["etag"] == '"one"'


def test_a_company_without_figures_costs_only_itself_and_a_refusal_the_rest(monkeypatch):
    upstream = Upstream(monkeypatch, "0000000001", NVIDIA)
    upstream.lists = {"0000000001": filed(OLD, cik="0000000001"), NVIDIA: filed(OLD)}
    upstream.figures[NVIDIA] = HELD
    missing, found = sec_companyfacts.fetch(lambda _: {})
    assert isinstance(missing.response, http.UpstreamError)
    assert (found.name, missing.name) == (f"cik{NVIDIA}_{OLD}", "cik0000000001")
    upstream.asked.clear()
    upstream.figures["0000000001"] = 403
    with pytest.raises(http.UpstreamError, match="HTTP 403"):
        list(sec_companyfacts.fetch(lambda _: {}))
    assert [kind for kind, _ in upstream.asked] == ["list", "figures"]


def test_a_company_without_periodic_reports_is_asked_each_time(monkeypatch):
    upstream = Upstream(monkeypatch, NVIDIA)
    upstream.lists[NVIDIA], upstream.figures[NVIDIA] = filed(), HELD
    [part] = sec_companyfacts.fetch(lambda _: {"sha256": "x"})
    assert part.name == f"cik{NVIDIA}"


def test_without_a_contact_the_source_is_skipped_by_name(store):
    [attempt] = ingest.capture(sec_companyfacts.SOURCE, store, env={})
    assert (attempt.outcome, attempt.reason) == ("skipped", "set SEC_CONTACT")


@needs_recordings
def test_both_answers_of_nvidia_land_the_second_with_what_it_adds(monkeypatch, store, db):
    accepted = datetime(2025, 8, 27, 20, 52, 7, tzinfo=UTC)
    filing = {
        "cik": NVIDIA, "accession": "0001045810-25-000209", "form": "10-Q", "source": "test",
        "filed_on": date(2025, 8, 27), "accepted_at": accepted, "licence": "x",
        "confidence": "high", "known_at": accepted, "captured_at": READ, "source_url": "https://www.sec.gov",
    }  # fmt: skip
    append(db, FILINGS, typed(FILINGS, [filing]))
    upstream = Upstream(monkeypatch, NVIDIA)
    source, env = sec_companyfacts.SOURCE, {"SEC_CONTACT": "jo@example.org"}
    first, second = "0001045810-26-000021", "0001045810-26-000052"
    slips = 36
    for reports, name, added in (((first,), APRIL, 26_571 - slips), ((second, first), JULY, 332)):
        upstream.lists[NVIDIA], upstream.figures[NVIDIA] = filed(*reports), recorded(name)
        ingest.capture(source, store, env=env)
        [landed] = ingest.land(source, store, db)
        assert (landed.outcome, landed.rows, landed.quarantined) == ("landed", added, slips)
    [known] = rows(
        db,
        "select distinct known_at from staging.filing_facts "
        "where accession = '0001045810-25-000209'",
    )
    assert known["known_at"].astimezone(UTC) == accepted
