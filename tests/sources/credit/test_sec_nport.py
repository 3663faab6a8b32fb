"""SEC N-PORT: debt holdings of funds, from a quarter's archive and from a report as filed."""

import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture.http import Response, UpstreamError
from pipeline.contracts import split
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.identity.holdings import resolved
from pipeline.sources.credit import sec_nport
from pipeline.sources.source import Capture, ParseError
from tests.given.schedules import packed, table
from tests.identity.test_holdings import rules

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "sec" / "nport"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded answers here")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER = Capture("sec_nport", "2026q2", "https://www.sec.gov/files/2026q2_nport.zip", NOON, "")
REPORT = Capture(
    "sec_nport",
    "report",
    "https://www.sec.gov/Archives/edgar/data/311101/000114554923009999/primary_doc.xml",
    NOON,
    "",
)  # the accession is made up
ACCESSION = "0001145549-26-030001"
SUBMISSION = {
    "ACCESSION_NUMBER": ACCESSION,
    "FILING_DATE": "29-MAY-2026",
    "FILE_NUM": "811-05028",
    "SUB_TYPE": "NPORT-P",
    "REPORT_ENDING_PERIOD": "31-DEC-2026",
    "REPORT_DATE": "31-MAR-2026",
    "IS_LAST_FILING": "N",
}
REGISTRANT = {
    "ACCESSION_NUMBER": ACCESSION,
    "CIK": "0000810893",
    "REGISTRANT_NAME": "PIMCO Funds",
}
INFO = {"ACCESSION_NUMBER": ACCESSION, "SERIES_NAME": "PIMCO Income Fund", "NET_ASSETS": "1e9"}
HOLDING = {
    "ACCESSION_NUMBER": ACCESSION,
    "HOLDING_ID": "77",
    "ISSUER_NAME": "Beignet Investor LLC",
    "ISSUER_LEI": "N/A",
    "ISSUER_TITLE": "BEIGNET INVESTOR LLC 144A 6.581% 05/30/2049",
    "ISSUER_CUSIP": "076912AA2",
    "BALANCE": "100000000",
    "UNIT": "PA",
    "OTHER_UNIT_DESC": "",
    "CURRENCY_CODE": "USD",
    "CURRENCY_VALUE": "105000000",
    "EXCHANGE_RATE": "",
    "PERCENTAGE": "10.5",
    "PAYOFF_PROFILE": "Long",
    "ASSET_CAT": "DBT",
    "FAIR_VALUE_LEVEL": "2",
}
SECURITY = {
    "HOLDING_ID": "77",
    "MATURITY_DATE": "30-MAY-2049",
    "COUPON_TYPE": "Fixed",
    "ANNUALIZED_RATE": "6.581",
    "IS_DEFAULT": "N",
    "ARE_ANY_INTEREST_PAYMENT": "N",
    "IS_ANY_PORTION_INTEREST_PAID": "N",
}


def archive(*holdings: dict[str, Any], **parts: list[dict[str, Any]]) -> io.BytesIO:
    found = [HOLDING | each for each in holdings]
    tables = {
        "SUBMISSION": [SUBMISSION],
        "REGISTRANT": [REGISTRANT],
        "FUND_REPORTED_INFO": [INFO],
        "FUND_REPORTED_HOLDING": found,
        "DEBT_SECURITY": [SECURITY | {"HOLDING_ID": each["HOLDING_ID"]} for each in found],
    } | parts
    return packed({f"{name}.tsv": table(list(rows[0]), rows) for name, rows in tables.items()})


def quarter(*holdings: dict[str, Any], **parts: list[dict[str, Any]]) -> pl.DataFrame:
    return sec_nport.parse_stream(archive(*(holdings or ({},)), **parts), QUARTER)


def usable(frame: pl.DataFrame) -> pl.DataFrame:
    frame = resolved(frame.with_columns(source=pl.lit("sec_nport")), rules())
    kept, rejected = split(FUND_HOLDINGS, frame.filter(pl.col("reason").is_null()))
    assert rejected.is_empty()
    return kept


def test_a_bond_of_a_fund_in_dollars_and_percent():
    row = quarter().to_dicts()[0]
    assert row["reason"] is None
    assert (row["par_usd"], row["fair_value_usd"]) == (100_000_000, 105_000_000)
    assert (row["net_assets_pct"], row["fund_net_assets_usd"]) == (10.5, 1e9)
    assert (row["rate_kind"], row["all_in_rate_pct"]) == ("fixed", 6.581)
    assert (row["maturity_on"], row["fair_value_level"]) == (date(2049, 5, 30), 2)
    assert (row["fund"], row["fund_cik"]) == ("PIMCO Income Fund", "0000810893")
    assert (row["issuer_name_raw"], row["form"]) == ("Beignet Investor LLC", "NPORT-P")
    assert row["source_url"] == (
        "https://www.sec.gov/Archives/edgar/data/810893/000114554926030001/primary_doc.xml"
    )


def test_the_day_of_the_report_is_not_the_end_of_the_funds_year():
    assert quarter()["period_end_on"].item() == date(2026, 3, 31)


def test_known_at_the_end_of_the_filing_day():
    assert quarter()["known_at"].item() == datetime(2026, 5, 30, tzinfo=UTC)


def test_what_lands_keeps_the_contract_and_stays_visible_unmatched():
    kept = usable(quarter())
    assert kept["match_reason"].to_list() == ["unmatched: no rule for this name"]
    assert kept["par_basis"].to_list() == ["not_stated"]


def test_the_columns_are_the_contracts():
    filled = {"source", "borrower", "facility_id", "match_score", "match_reason"}
    assert set(quarter().columns) == {*FUND_HOLDINGS.columns, "reason"} - filled


def test_trap_78_an_spv_is_kept_by_its_own_name_and_other_names_are_not():
    others = [
        {"HOLDING_ID": "78", "ISSUER_NAME": "Coherent Corp", "ISSUER_TITLE": "COHR 5 2029"},
        {"HOLDING_ID": "79", "ISSUER_NAME": "N/A", "ISSUER_TITLE": "X.AI LLC TL 1L BANKDEBT"},
    ]
    frame = quarter({}, *others)
    assert frame["issuer_name_raw"].to_list() == [
        "Beignet Investor LLC",
        "X.AI LLC TL 1L BANKDEBT",
    ]


@pytest.mark.parametrize(
    ("category", "is_kept"),
    [("DBT", True), ("LON", True), ("ABS-O", True), ("SN", True), ("EC", False), ("EP", False)],
)
def test_debt_only(category: str, is_kept: bool):
    frame = quarter({}, {"HOLDING_ID": "78", "ASSET_CAT": category})
    assert (frame.height == 2) == is_kept


def test_trap_77_an_amendment_says_so_and_keeps_its_own_accession():
    later = "0001145549-26-040002"
    frame = quarter(
        {},
        {"ACCESSION_NUMBER": later, "HOLDING_ID": "178"},
        SUBMISSION=[
            SUBMISSION,
            SUBMISSION
            | {"ACCESSION_NUMBER": later, "SUB_TYPE": "NPORT-P/A", "FILING_DATE": "15-JUN-2026"},
        ],
        REGISTRANT=[REGISTRANT, REGISTRANT | {"ACCESSION_NUMBER": later}],
        FUND_REPORTED_INFO=[INFO, INFO | {"ACCESSION_NUMBER": later}],
    )
    assert frame.select("form", "accession").rows() == [
        ("NPORT-P", ACCESSION),
        ("NPORT-P/A", later),
    ]
    assert frame["known_at"].to_list() == [
        datetime(2026, 5, 30, tzinfo=UTC),
        datetime(2026, 6, 16, tzinfo=UTC),
    ]


def test_another_currency_leaves_principal_empty_and_keeps_the_value_in_dollars():
    row = quarter({"CURRENCY_CODE": "EUR"}).to_dicts()[0]
    assert (row["currency"], row["par_usd"]) == ("EUR", None)
    assert (row["fair_value_usd"], row["reason"]) == (105_000_000, None)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"CURRENCY_VALUE": "105000"}, "unit: value and percentage of net assets disagree"),
        ({"BALANCE": "100000"}, "unit: value is more than five times principal"),
        ({"UNIT": "NS"}, "unit: a count of shares where principal belongs"),
        ({"PAYOFF_PROFILE": "Short"}, "short position"),
        ({"CURRENCY_VALUE": "-1"}, "negative fair value"),
        ({"CURRENCY_VALUE": "1e400"}, "not a number: currency_value"),
        ({"BALANCE": "lots"}, "not a number: balance"),
        ({"CURRENCY_VALUE": ""}, "no amount"),
    ],
)
def test_a_holding_that_cannot_be_used_says_why(cells: dict[str, str], reason: str):
    whole = {"HOLDING_ID": "1"}
    found = quarter(whole, {"HOLDING_ID": "2"} | cells).filter(holding_id="2")["reason"].item()
    assert found.startswith(reason)


def test_a_fund_that_calls_itself_an_etf_is_one_and_no_other_kind_is_guessed():
    assert quarter()["vehicle"].item() == "not_stated"
    named = [INFO | {"SERIES_NAME": "iShares Convertible Bond ETF"}]
    assert quarter(FUND_REPORTED_INFO=named)["vehicle"].item() == "etf"


@pytest.mark.parametrize(
    ("member", "column"),
    [("FUND_REPORTED_HOLDING", "CURRENCY_VALUE"), ("SUBMISSION", "FILING_DATE")],
)
def test_trap_65_an_expected_column_that_is_all_null_is_an_error(member: str, column: str):
    rows = {"FUND_REPORTED_HOLDING": HOLDING, "SUBMISSION": SUBMISSION}[member]
    with pytest.raises(ParseError, match=column.lower()):
        quarter(**{member: [rows | {column: ""}]})
    with pytest.raises(ParseError, match=column.lower()):
        quarter(**{member: [{k: v for k, v in rows.items() if k != column}]})


# Reports as filed.


def report(name: str) -> bytes:
    return gzip.decompress((RECORDED / name).read_bytes())


def read(body: bytes, at: Capture = REPORT) -> pl.DataFrame:
    return sec_nport.parse_stream(io.BytesIO(body), at)


@recorded
def test_a_recorded_report_that_begins_with_an_empty_line():
    # Dupree, Kentucky Tax-Free Short-to-Medium, 2022-12-31.
    body = report("NPORT.Dupree.xml.gz")
    assert body.startswith(b"\n")
    frame = read(body)
    assert frame.height == body.count(b"<assetCat>DBT<")
    first = frame.row(0, named=True)
    assert first["issuer_name_raw"] == "KENTUCKY ST PPTY & BLDGS COMMN"
    assert (first["par_usd"], first["fair_value_usd"]) == (755_000.0, 794_207.15)
    assert first["net_assets_pct"] == pytest.approx(1.9206978745)
    assert first["fair_value_usd"] / first["fund_net_assets_usd"] * 100 == pytest.approx(
        first["net_assets_pct"]
    )  # percent, not a fraction
    assert (first["maturity_on"], first["all_in_rate_pct"]) == (date(2028, 8, 1), 5.0)
    assert first["period_end_on"] == date(2022, 12, 31)
    assert first["fund"] == "Kentucky Tax-Free Short-to-Medium Series"
    assert (first["accession"], first["fund_cik"]) == ("0001145549-23-009999", "0000311101")
    assert first["known_at"] == NOON  # the document does not say when it was filed
    assert frame["reason"].null_count() == frame.height
    assert usable(frame).height == frame.height


@recorded
@pytest.mark.parametrize("name", ["NPORT.AdvancedSeries.xml.gz", "NPORT_Sample_1.xml.gz"])
def test_a_recorded_report_without_debt_has_no_rows(name: str):
    assert read(report(name)).is_empty()


def holding_xml(extra: str = "") -> bytes:
    return f"""
<?xml version="1.0"?><edgarSubmission xmlns="http://www.sec.gov/edgar/nport">
<headerData><submissionType>NPORT-P/A</submissionType></headerData><formData><genInfo>
<regName>A Trust</regName><regCik>0000000001</regCik><seriesName>N/A</seriesName>
<repPdEnd>2026-12-31</repPdEnd><repPdDate>2026-03-31</repPdDate></genInfo>
<fundInfo><netAssets>1000</netAssets></fundInfo><invstOrSecs><invstOrSec>
<name>CoreWeave Inc</name><title>TL</title><balance>100</balance><units>PA</units>{extra}
<valUSD>99</valUSD><pctVal>9.9</pctVal><payoffProfile>Long</payoffProfile>
<assetCat>LON</assetCat><fairValLevel>3</fairValLevel></invstOrSec></invstOrSecs>
</formData></edgarSubmission>""".encode()


def test_another_currency_stands_in_an_attribute():
    body = holding_xml('<currencyConditional curCd="EUR" exchangeRt="0.9"/>')
    row = read(body).to_dicts()[0]
    assert (row["currency"], row["par_usd"], row["fair_value_usd"]) == ("EUR", None, 99)
    assert (row["fund"], row["form"]) == ("A Trust", "NPORT-P/A")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><body>Not found</body></html>", "elements missing"),
        (b"", "not XML"),
        (holding_xml()[:-30], "not XML"),
        (holding_xml().replace(b"<netAssets>1000</netAssets>", b""), "net_assets"),
        (b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', "document type"),
    ],
)
def test_what_is_no_report_is_an_error(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        read(body)


def test_a_report_without_an_accession_in_its_address_is_an_error():
    with pytest.raises(ParseError, match="names no accession"):
        read(holding_xml(), Capture("sec_nport", "a", "https://www.sec.gov/a.xml", NOON, ""))


def test_a_report_larger_than_any_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sec_nport, "MOST_XML_BYTES", 100)
    with pytest.raises(ParseError, match="more than 100 bytes"):
        read(holding_xml())


# The page.

LINKS = b"""<a href="/files/dera/data/form-n-port-data-sets/2025q4_nport.zip">2025 Q4</a>
<a href="/files/dera/data/form-n-port-data-sets/2026q2_nport.zip">2026 Q2</a>"""


def test_the_newest_quarter_is_asked_for_at_the_address_on_the_page(
    monkeypatch: pytest.MonkeyPatch,
):
    asked = []

    def answer(url: str, *, validators=None, **_: object) -> Response:
        asked.append((url, validators))
        return Response(url, 200, {}, LINKS if url == sec_nport.PAGE else b"PK", NOON)

    monkeypatch.setattr(sec_nport, "get", answer)
    monkeypatch.setattr(sec_nport, "download", answer)
    [part] = sec_nport.fetch(lambda part: {"etag": part})
    assert part.name == "2026q2"
    newest = "https://www.sec.gov/files/dera/data/form-n-port-data-sets/2026q2_nport.zip"
    assert asked[1] == (newest, {"etag": "2026q2"})


def test_a_page_without_links_is_no_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sec_nport, "get", lambda url: Response(url, 200, {}, b"<html>", NOON))
    with pytest.raises(UpstreamError, match="no link"):
        list(sec_nport.fetch(lambda _: {}))


def test_the_page_is_where_the_sec_keeps_its_data_sets_now():
    assert sec_nport.PAGE.startswith("https://www.sec.gov/data-research/sec-markets-data/")
