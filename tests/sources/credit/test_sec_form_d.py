"""Form D: the universe's notices, without the people in them."""

import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.contracts import split
from pipeline.contracts.credit import PRIVATE_OFFERINGS
from pipeline.ingest import capture
from pipeline.sources.credit import sec_form_d
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import kept as on_disk
from tests.given.keyed import skipped

NOON = datetime(2022, 7, 20, 12, tzinfo=UTC)
AT = Capture("sec_form_d", "2022q2_d", sec_form_d.INDEX, NOON, "")
# Made up, in the shape of the tables.
ID = "0001924674-22-000001"
FILING = {"ACCESSIONNUMBER": ID, "FILE_NUM": "021-440000", "FILING_DATE": "29-MAR-2022",
          "SIC_CODE": "", "SCHEMAVERSION": "X0708", "SUBMISSIONTYPE": "D",
          "TESTORLIVE": "LIVE"}  # fmt: skip
ISSUER = {"ACCESSIONNUMBER": ID, "IS_PRIMARYISSUER_FLAG": "YES", "ISSUER_SEQ_KEY": "1",
          "CIK": "0001924674", "ENTITYNAME": "Crusoe Energy Systems Inc."}  # fmt: skip
OFFERING = {"ACCESSIONNUMBER": ID, "INDUSTRYGROUPTYPE": "Other Technology", "ISAMENDMENT": "false",
            "SALE_DATE": "2022-03-15", "ISEQUITYTYPE": "true", "ISDEBTTYPE": "true",
            "ISOPTIONTOACQUIRETYPE": "", "ISSECURITYTOBEACQUIREDTYPE": "",
            "ISPOOLEDINVESTMENTFUNDTYPE": "", "ISOTHERTYPE": "",
            "TOTALOFFERINGAMOUNT": "505000000", "TOTALAMOUNTSOLD": "350000000.5"}  # fmt: skip
PERSON = {"ACCESSIONNUMBER": ID, "FIRSTNAME": "Maxima", "LASTNAME": "Mustermann"}
SIGNER = {"ACCESSIONNUMBER": ID, "NAMEOFSIGNER": "Maxima Mustermann"}
SELLER = {"ACCESSIONNUMBER": ID, "RECIPIENTNAME": "Max Mustermann"}


def table(*rows: dict[str, Any]) -> str:
    lines = ["\t".join(rows[0])] + ["\t".join(map(str, row.values())) for row in rows]
    return "\n".join(lines) + "\n"


def packed(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def members(**changes: Any) -> dict[str, Any]:
    """The tables of one quarter; a keyword replaces the rows of a table, by its first word."""
    rows = {"FORMDSUBMISSION": [FILING], "ISSUERS": [ISSUER], "OFFERING": [OFFERING],
            "RELATEDPERSONS": [PERSON], "SIGNATURES": [SIGNER], "RECIPIENTS": [SELLER]}  # fmt: skip
    return {f"2022Q2_d/{name}.tsv": table(*each) for name, each in (rows | changes).items()}


def quarter(**changes: Any) -> bytes:
    return packed(members(**changes))


def parsed(**changes: Any) -> pl.DataFrame:
    return sec_form_d.parse(quarter(**changes), AT)


def landed(**changes: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    return split(PRIVATE_OFFERINGS, parsed(**changes).with_columns(source=pl.lit("sec_form_d")))


def test_a_notice_becomes_a_row():
    kept, rejected = landed()
    row = kept.to_dicts()[0]
    assert rejected.is_empty()
    assert (row["accession"], row["cik"], row["form"]) == (ID, "0001924674", "D")
    assert (row["filed_on"], row["first_sale_on"]) == (date(2022, 3, 29), date(2022, 3, 15))
    assert (row["offering_usd"], row["sold_usd"]) == (505e6, 350000000.5)
    assert row["security_kind"] == "equity|debt"
    assert row["source_url"].endswith(
        "/data/1924674/000192467422000001/0001924674-22-000001-index.htm"
    )


def test_a_notice_is_known_at_the_end_of_its_filing_day():
    assert parsed()["known_at"].item() == datetime(2022, 3, 30, tzinfo=UTC)


def test_an_indefinite_amount_is_unknown_and_not_zero():
    row = parsed(OFFERING=[OFFERING | {"TOTALOFFERINGAMOUNT": "Indefinite"}])
    assert row.select("offering_usd", "sold_usd").row(0) == (None, 350000000.5)
    yet = parsed(OFFERING=[OFFERING | {"SALE_DATE": ""}])
    assert yet["first_sale_on"].item() is None


@pytest.mark.parametrize("amount", ["$5M", "NaN", "1e400", "-5"])
def test_an_amount_that_is_no_amount_is_set_aside(amount: str):
    kept, rejected = landed(OFFERING=[OFFERING | {"TOTALAMOUNTSOLD": amount}])
    assert (kept.height, rejected.height) == (0, 1)
    assert "sold_usd" in rejected["reason"].item()


@pytest.mark.parametrize("day", ["29-MAR-22", "03/29/2022", "31-FEB-2022", ""])
def test_a_filing_day_that_is_none_is_set_aside(day: str):
    kept, rejected = landed(FORMDSUBMISSION=[FILING | {"FILING_DATE": day}])
    assert (kept.height, rejected.height) == (0, 1)


def test_an_amendment_is_told_by_either_mark():
    assert parsed(OFFERING=[OFFERING | {"ISAMENDMENT": "true"}])["is_amendment"].item()
    assert parsed(FORMDSUBMISSION=[FILING | {"SUBMISSIONTYPE": "D/A"}])["is_amendment"].item()
    assert not parsed()["is_amendment"].item()


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("X.AI Corp.", True),
        ("xAI Holdings Corp.", True),
        ("Firmus Metal International Pty Ltd", True),
        ("TOGETHER COMPUTER INC", True),
        ("Lambda, Inc.", True),
        ("CoreWeave SPV a Series of Funds LLC", True),
        ("Maxaim Partners", False),
        ("Lambda Chi House Corporation", False),
        ("Get Together Fund", False),
    ],
)
def test_the_universe_is_told_by_name_or_number(name: str, is_ours: bool):
    other = ID.replace("000001", "000002")
    stranger = [ISSUER | {"ACCESSIONNUMBER": other, "CIK": "0000000007", "ENTITYNAME": name}]
    rows = parsed(
        ISSUERS=[ISSUER, *stranger],
        FORMDSUBMISSION=[FILING, FILING | {"ACCESSIONNUMBER": other}],
        OFFERING=[OFFERING, OFFERING | {"ACCESSIONNUMBER": other}],
    )
    assert (name in rows["issuer_name_raw"].to_list()) == is_ours
    assert ID in rows["accession"].to_list()


def test_several_issuers_of_one_notice_are_one_row():
    second = ISSUER | {"IS_PRIMARYISSUER_FLAG": "", "CIK": "0000000007", "ENTITYNAME": "Crusoe II"}
    assert parsed(ISSUERS=[second, ISSUER])["cik"].to_list() == ["0001924674"]


def test_a_quote_is_a_letter_and_a_test_filing_is_none():
    quoted = ISSUER | {"ENTITYNAME": 'Crusoe "Digital Flare'}
    assert parsed(ISSUERS=[quoted])["issuer_name_raw"].item() == 'Crusoe "Digital Flare'
    assert parsed(FORMDSUBMISSION=[FILING | {"TESTORLIVE": "TEST"}]).is_empty()


def test_a_number_without_zeros_is_the_same_company():
    unnamed = ISSUER | {"CIK": "1924674", "ENTITYNAME": "Renamed Inc"}
    assert parsed(ISSUERS=[unnamed])["cik"].item() == "0001924674"


def test_people_never_reach_the_disk(store, monkeypatch):
    answers = {sec_form_d.INDEX: b'<a href="/files/x/2022q2_d.zip">', "zip": quarter()}

    def get(url: str, **_: object) -> http.Response:
        return http.Response(url, 200, {}, answers.get(url, answers["zip"]), NOON)

    monkeypatch.setattr(http, "get", get)
    [attempt] = capture(sec_form_d.SOURCE, store, env={"SEC_CONTACT": "a@example.org"})
    assert attempt.outcome == "captured"
    held = on_disk(store.raw.root)
    assert b"SIGNATURES" not in held
    with zipfile.ZipFile(io.BytesIO(store.raw.body(store.raw.last("sec_form_d", "2022q2_d")))) as z:
        assert sorted(z.namelist()) == sorted(sec_form_d.TABLES)
        assert not any(b"Mustermann" in z.read(each) for each in z.namelist())


def test_the_zip_without_people_reads_like_the_zip():
    body = sec_form_d.without_people(quarter())
    assert sec_form_d.parse(body, AT).equals(parsed())
    assert sec_form_d.without_people(quarter()) == body
    assert sec_form_d.without_people(body) == body


def test_without_a_contact_nobody_is_asked(store):
    assert "SEC_CONTACT" in str(skipped(sec_form_d.SOURCE, store).reason)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a whole zip"),
        (b"<html>Request Rate Threshold Exceeded</html>", "not a whole zip"),
        (quarter()[:200], "not a whole zip"),
        (packed({}), "lacks"),
        (packed({"FORMDSUBMISSION.tsv": "ACCESSIONNUMBER\n"}), "lacks"),
        (packed({f"{n}.tsv": "" for n in range(30)}), "30 members"),
        (packed({"../OFFERING.tsv": table(OFFERING)}), "a member is called"),
        (packed({"/etc/OFFERING.tsv": table(OFFERING)}), "a member is called"),
        (packed({"C:/OFFERING.tsv": table(OFFERING)}), "a member is called"),
        (packed(members() | {"again/OFFERING.tsv": table(OFFERING)}), "there twice"),
        (quarter(ISSUERS=[{"ACCESSIONNUMBER": ID, "CIK": "1"}]), "ISSUERS.tsv lacks"),
        (quarter(ISSUERS=[ISSUER | {"CIK": "7", "ENTITYNAME": "Bakery"}]), "no issuer of the"),
        (quarter(OFFERING=[OFFERING | {"ACCESSIONNUMBER": "x"}]), "not once in each"),
        (quarter(OFFERING=[OFFERING, OFFERING]), "not once in each"),
        (packed(members() | {"2022Q2_d/OFFERING.tsv": b""}), "OFFERING.tsv: "),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        sec_form_d.parse(body, AT)


def test_a_damaged_member_is_refused():
    body = bytearray(quarter())
    at = body.index(b"OFFERING.tsv") + 30
    body[at : at + 20] = b"\x00" * 20
    with pytest.raises(ParseError, match="zip archive: "):
        sec_form_d.parse(bytes(body), AT)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    small = sec_form_d.LIMITS._replace(unpacked_bytes=10_000)
    monkeypatch.setattr(sec_form_d, "LIMITS", small)
    bomb = packed(members() | {"2022Q2_d/OFFERING.tsv": "x" * 100_000})
    with pytest.raises(ParseError, match="unpacks to more than 10,000 bytes"):
        sec_form_d.without_people(bomb)


PAGE = b"""
<a href="/files/datastandardsinnovation/data/form-d-data-sets/2026q2_d.zip">2026 Q2</a>
<a class="x" href='/files/structureddata/data/form-d-data-sets/2026q1_d.zip'>2026 Q1</a>
<a href="https://www.sec.gov/files/structureddata/data/form-d-data-sets/2026q1_d_0.zip">again</a>
<a href="https://example.org/files/2026q3_d.zip">elsewhere</a>
<a href="/files/structureddata/data/form-d-data-sets/2019q2_d_0.zip">2019 Q2</a>
<a href="/files/form_d_readme.pdf">readme</a>
"""


@pytest.fixture
def urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def get(url: str, **_: object) -> http.Response:
        seen.append(url)
        return http.Response(url, 200, {}, PAGE if url == sec_form_d.INDEX else b"", NOON)

    monkeypatch.setattr(http, "get", get)
    return seen


def test_addresses_are_read_off_the_page(urls):
    parts = [part.name for part in sec_form_d.fetch(lambda _: {})]
    assert parts == ["2026q1_d", "2026q1_d_0", "2026q2_d"]
    assert urls[-1] == (
        "https://www.sec.gov/files/datastandardsinnovation/data/form-d-data-sets/2026q2_d.zip"
    )
    assert not any("example.org" in each for each in urls)


def test_a_quarter_that_is_held_is_not_asked_again(urls):
    held = {"2026q1_d": {"sha256": "x"}, "2026q1_d_0": {"sha256": "y"}}
    assert [p.name for p in sec_form_d.fetch(lambda name: held.get(name, {}))] == ["2026q2_d"]
    assert len(urls) == 2


def test_a_month_brings_its_quarter(urls):
    assert [p.name for p in sec_form_d.fetch_month(date(2019, 5, 1), lambda _: {})] == [
        "2019q2_d_0"
    ]
    assert "2019q2_d_0" in urls[-1]


def test_a_page_without_data_sets_is_an_error(monkeypatch):
    page = http.Response(sec_form_d.INDEX, 200, {}, b"<html>Moved</html>", NOON)
    monkeypatch.setattr(http, "get", lambda *_, **__: page)
    with pytest.raises(http.UpstreamError, match="no page that links data sets"):
        list(sec_form_d.fetch(lambda _: {}))


@pytest.mark.parametrize("name", [b"Caf\xe9 du Monde SA", b"M\xfcller Robotik GmbH"])
def test_a_name_in_another_encoding_costs_no_quarter(name: bytes):
    other = ISSUER | {"ACCESSIONNUMBER": "x", "ENTITYNAME": "ODD", "CIK": "0000000009"}
    tables = members(ISSUERS=[ISSUER, other])
    text = tables["2022Q2_d/ISSUERS.tsv"].encode().replace(b"ODD", name)
    frame = sec_form_d.parse(packed(tables | {"2022Q2_d/ISSUERS.tsv": text}), AT)
    assert frame["accession"].to_list() == [ID]
