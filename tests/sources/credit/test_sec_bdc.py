"""SEC BDC data sets: which lines of the schedule are a loan, in which unit, on which day."""

import gzip
import io
import json
import struct
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.capture.http import Response, UpstreamError
from pipeline.contracts import split
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.identity.holdings import resolved
from pipeline.sources.credit import _archive, sec_bdc
from pipeline.sources.credit._archive import column_name
from pipeline.sources.guards import opened
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError, Part
from pipeline.warehouse import DuckDB, Warehouse
from tests.given.schedules import (
    FILING,
    HEADER,
    SUB,
    TOTALS,
    archive,
    figure,
    line,
    nscale,
    other,
    packed,
    table,
)
from tests.given.support import rows
from tests.identity.test_holdings import rules

facility_aliases = named("facility_aliases")

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "sec" / "bdc_2025_11"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded answers here")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Capture("sec_bdc", "2025q4", "https://www.sec.gov/files/2025q4_bdc.zip", NOON, "")


def parsed(*rows, **parts) -> pl.DataFrame:
    return sec_bdc.parse_stream(archive(*rows, **parts), HERE)


def only(*rows, **parts) -> dict:
    """The one row about Nscale, among other loans that make up the fund's total."""
    [row] = parsed(*rows, other(), **parts).to_dicts()
    return row


def usable(frame: pl.DataFrame) -> pl.DataFrame:
    """What lands of it."""
    frame = resolved(frame.with_columns(source=pl.lit("sec_bdc")), rules())
    kept, rejected = split(FUND_HOLDINGS, frame.filter(pl.col("reason").is_null()))
    assert rejected.is_empty()
    return kept


def test_a_line_of_a_schedule_in_dollars_percent_and_basis_points():
    # The figures of OBDC's 10-Q for 2026-03-31: 63.8 % of par, at cost.
    row = only(nscale())
    assert row["reason"] is None
    assert row["fair_value_usd"] / row["par_usd"] == pytest.approx(0.638, abs=0.0005)
    assert row["fair_value_usd"] == row["cost_usd"] == 1_056_000
    assert (row["all_in_rate_pct"], row["spread_bps"]) == (pytest.approx(8.68), 500.0)
    assert (row["rate_kind"], row["unfunded_usd"]) == ("floating", 38_344_000)
    assert (row["maturity_on"], row["period_end_on"]) == (date(2031, 2, 28), date(2025, 9, 30))
    assert (row["fund"], row["fund_cik"]) == ("BLUE OWL CAPITAL CORP", "0001655888")
    assert (row["adviser"], row["vehicle"], row["form"]) == ("Blue Owl", "bdc", "10-Q")
    assert row["issuer_name_raw"] == "NSCALE SERVICES UK LTD"
    assert row["source_url"] == (
        "https://www.sec.gov/Archives/edgar/data/1655888/000165588825000032/obdc-20250930.htm"
    )


def test_what_lands_keeps_the_contract_and_says_what_its_par_stands_for():
    kept = usable(parsed(nscale(), other()))
    assert kept["par_basis"].to_list() == ["mostly_unfunded"]


def test_the_columns_are_the_contracts():
    filled = {"source", "borrower", "facility_id", "match_score", "match_reason"}
    assert set(parsed(nscale(), other()).columns) == {*FUND_HOLDINGS.columns, "reason"} - filled


def test_known_when_accepted_in_new_york():
    assert only(nscale())["known_at"] == datetime(2025, 11, 5, 21, 30, tzinfo=UTC)
    summer = table(SUB, [FILING | {"accepted": "2025-08-06 16:30:00.0"}])
    assert only(nscale(), sub=summer)["known_at"] == datetime(2025, 8, 6, 20, 30, tzinfo=UTC)
    # Without the filing's own line, the end of its day.
    nobody = table(SUB, [FILING | {"adsh": "0000000000-25-000001"}])
    assert only(nscale(), sub=nobody)["known_at"] == datetime(2025, 11, 6, tzinfo=UTC)


@recorded
def test_recorded_filings_were_accepted_on_their_day_in_new_york():
    sub = gzip.decompress((RECORDED / "sub.tsv.gz").read_bytes())
    with opened(packed({"datasets/sub.tsv": sub}), _archive.LIMITS) as found:
        rows = [each.rows for each in _archive.pieces(found, "sub.tsv", sec_bdc.SUB)]
    filings = sec_bdc._filings(rows)
    assert filings.height == 160
    # OBDC's 10-Q for September 2025, as in the archive.
    lines = [each.split("\t") for each in sub.decode().splitlines()]
    ours = dict(zip(lines[0], next(x for x in lines if x[1] == "1655888"), strict=True))
    at = datetime.fromisoformat(ours["accepted"].replace(".0", "-05:00")).astimezone(UTC)
    assert filings.filter(adsh=ours["adsh"])["accepted_at"].item() == at


@recorded
def test_trap_65_names_end_in_spaces_and_segment_is_called_segments():
    described = json.loads((RECORDED / "bdc_metadata.json").read_bytes())
    names = {
        each["url"]: [column["name"] for column in each["tableSchema"]["columns"]]
        for each in described["tables"]
    }
    assert "pversion " in names["cal.tsv"]
    assert "segment" in names["non.tsv"]
    for member, undocumented in (("sub", {"filenumber"}), ("non", set()), ("cal", set())):
        body = gzip.decompress((RECORDED / f"{member}.tsv.gz").read_bytes())
        header = body.split(b"\n", 1)[0].decode().split("\t")
        said = {column_name(each) for each in names[f"{member}.tsv"]}
        assert {column_name(each) for each in header} == said | undocumented
    # The columns we read are the documented ones, and the schedule of our tests has all of them.
    assert {column_name(each) for each in names["soi.tsv"]} <= {column_name(x) for x in HEADER}


def test_trap_65_columns_moved_renamed_in_case_or_padded_are_found():
    header = [f" {each.upper()} " for each in reversed(HEADER)]
    rows = [{f" {k.upper()} ": v for k, v in each.items()} for each in (nscale(), other())]
    [row] = parsed(soi=table(header, rows)).to_dicts()
    assert row["fair_value_usd"] == 1_056_000
    assert row["spread_bps"] == 500.0


@pytest.mark.parametrize("name", ["Adjusted cost basis", "adsh", "Investment, Identifier Axis"])
def test_trap_65_an_expected_column_that_is_all_null_is_an_error(name: str):
    emptied = [{**each, name: None} for each in (nscale(), other())]
    with pytest.raises(ParseError, match="missing or all null"):
        parsed(*emptied)
    with pytest.raises(ParseError, match="missing or all null"):
        parsed(soi=table([x for x in HEADER if x != name], [nscale(), other()]))


def test_trap_65_a_header_that_moved_against_its_cells_is_an_error():
    shifted = [HEADER[-1], *HEADER[:-1]]
    body = table(HEADER, [nscale(), *[other() for _ in range(9)]]).split("\n", 1)[1]
    with pytest.raises(ParseError, match=r"not of their column|all null"):
        parsed(soi="\t".join(shifted) + "\n" + body)


def test_a_tab_inside_a_value_sets_the_line_aside_and_no_other():
    torn = nscale(issuer="NSCALE SERVICES\tUK LTD", identifier="NSCALE add-on")
    frame = parsed(torn, nscale(), other())
    reasons = frame.select("issuer_name_raw", "reason", "par_usd").rows()
    assert ("NSCALE SERVICES UK LTD", None, 1_656_000.0) in reasons
    [moved] = [each for each in reasons if each[1] is not None]
    assert "tab inside a value" in moved[1]
    assert moved[2] is None
    assert frame["known_at"].null_count() == 0


def test_a_tab_too_many_at_the_end_cannot_be_told_from_one_inside():
    body = table(HEADER, [nscale(), other()]).replace("\n", "\t\n", 2).replace("\t\n", "\n", 1)
    [row] = parsed(soi=body).to_dicts()
    assert "tab inside a value" in row["reason"]
    # A header that has it, too, names one column with nothing.
    assert parsed(soi=table([*HEADER, ""], [nscale(), other()]))["reason"].to_list() == [None]


def test_a_line_may_end_early():
    body = "\n".join(each.rstrip("\t") for each in table(HEADER, [nscale(), other()]).split("\n"))
    assert parsed(soi=body)["reason"].to_list() == [None]


def test_quotes_are_text():
    row = only(nscale(issuer='NSCALE "SERVICES'))
    assert row["issuer_name_raw"] == 'NSCALE "SERVICES'


def test_trap_77_lines_of_an_earlier_balance_sheet_are_not_read():
    before = nscale(ddate="2024-12-31", par=900_000, fair=890_000, cost=890_000)
    assert only(nscale(), before)["par_usd"] == 1_656_000


def test_trap_77_figures_of_a_span_of_time_are_not_read():
    assert only(nscale(), nscale(qtrs=3, fair=1, cost=1))["fair_value_usd"] == 1_056_000


def test_trap_77_subtotals_are_not_read():
    totals = [
        nscale(identifier=None),
        nscale(identifier="Total NSCALE SERVICES UK LTD"),
        nscale(identifier="NSCALE SERVICES UK LTD Subtotal"),
    ]
    kept = parsed(nscale(), *totals, other()).filter(pl.col("reason").is_null())
    assert kept["fair_value_usd"].to_list() == [1_056_000]


def test_trap_77_a_breakdown_of_a_line_is_not_a_second_line():
    part = nscale(approach="Discounted cash flow [Member]", fair=1_000_000, rate=None, spread=None)
    leveled = nscale(level="Fair Value, Inputs, Level 3 [Member]", par=None, cost=None)
    row = only(nscale(), part, leveled)
    assert row["fair_value_usd"] == 1_056_000
    assert row["fair_value_level"] == 3


def test_parts_of_one_investment_make_one_row():
    terms = nscale(par=None, cost=None, fair=None, unfunded=None)
    amounts = nscale(rate=None, spread=None, maturity=None, type="First lien [Member]")
    row = only(terms, amounts)
    assert (row["spread_bps"], row["par_usd"]) == (500.0, 1_656_000)


def test_lots_under_different_types_are_rows_and_contradictions_are_set_aside():
    lots = [nscale(type="Term loan"), nscale(type="Delayed draw", par=5_000_000)]
    frame = parsed(*lots, other())
    assert sorted(frame["par_usd"]) == [1_656_000, 5_000_000]
    assert frame["holding_id"].n_unique() == 2
    assert frame["reason"].null_count() == 2
    torn = only(nscale(), nscale(par=5_000_000))
    assert torn["reason"].startswith("repeated")


def test_trap_77_thousands_for_dollars_set_the_whole_fund_aside():
    small = {"par": 1_656, "cost": 1_056, "fair": 1_056, "unfunded": 38_344}
    rest = other(par=9_000, cost=8_944, fair=8_944)
    [row] = parsed(nscale(**small), rest).to_dicts()
    assert row["reason"] == (
        "unit: the schedule adds up to 10000.0, the balance sheet to 10000000.0"
    )


def test_the_schedules_gap_to_the_balance_sheet_is_shown():
    assert only(nscale())["schedule_gap_pct"] == pytest.approx(0.0)
    more = [figure("InvestmentOwnedAtFairValue", 12_500_000)]
    assert only(nscale(), num=more)["schedule_gap_pct"] == pytest.approx(-20.0)


def test_without_a_total_the_unit_is_unknown():
    equity = [figure("StockholdersEquity", 8_000_000)]
    assert only(nscale(), num=equity)["reason"].startswith("unit: the filing states no total")
    with pytest.raises(ParseError, match=r"num\.tsv: none of the totals"):
        only(nscale(), num=[figure("Assets", 9)])
    euros = [figure("InvestmentOwnedAtFairValue", 10_000_000, uom="EUR")]
    assert only(nscale(), num=euros)["reason"].startswith("unit: the filing states no total")
    before = [figure("InvestmentOwnedAtFairValue", 10_000_000, ddate="20241231")]
    assert only(nscale(), num=before)["reason"].startswith("unit: the filing states no total")


def test_another_currency_is_never_read_as_dollars():
    named = f"InvestmentIdentifierAxis(us-gaap/2025)={nscale()['Investment, Identifier Axis']};"
    par, fair = sec_bdc.UNITS_OF
    euros = [*TOTALS, figure(par, 1_656_000, segments=named, uom="EUR")]
    row = only(nscale(), num=euros)
    assert (row["currency"], row["par_usd"], row["fair_value_usd"]) == ("EUR", None, 1_056_000)
    valued = only(nscale(), num=[*euros, figure(fair, 1_056_000, segments=named, uom="EUR")])
    assert valued["reason"] == "unit: fair value is in EUR"
    dollars = [figure(each, 1, segments=named) for each in (par, fair)]
    assert only(nscale(), num=[*TOTALS, *dollars])["confidence"] == "high"
    assert only(nscale())["confidence"] == "medium"


def test_trap_77_shares_in_a_dollar_column_are_set_aside():
    counted = nscale(par=500_000, shares=500_000)
    assert only(counted)["reason"] == "unit: a count of shares in a column of dollars"
    stock = line(identifier="CoreWeave, Inc. Common Stock", par=12_000, fair=1_056_000, cost=9_000)
    assert parsed(stock, other())["reason"].to_list() == [
        "unit: a count of shares in a column of dollars"
    ]


def test_shares_and_warrants_are_no_loans():
    stock = line(identifier="CoreWeave, Inc. Common Stock", shares=12_000, fair=100, cost=90)
    warrant = line(identifier="Lambda, Inc. Warrant", fair=100, cost=90)
    assert parsed(nscale(), stock, warrant, other()).height == 1


def test_a_negative_value_is_kept_where_the_loan_is_undrawn():
    fees = nscale(par=0, fair=-150_000, cost=-150_000)
    assert only(fees)["reason"] is None
    drawn = nscale(unfunded=None, fair=-1, identifier="NSCALE SERVICES UK LTD, term loan")
    assert only(drawn)["reason"] == "negative fair value of a drawn loan"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"par": "12,5"}, "not a number: par"),
        ({"fair": "1e400"}, "not a number: fair"),
        ({"par": 1_056}, "unit: value is more than five times principal"),
        (
            {"fair": 1_056, "cost": 1_056, "unfunded": None, "identifier": "NSCALE term loan"},
            "unit: value is less than a two-hundredth of principal",
        ),
        ({"par": None, "fair": None, "unfunded": None, "cost": 5}, "no amount"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(cells: dict, reason: str):
    assert only(nscale(**cells))["reason"] == reason


def test_rates_may_be_fractions_or_percentages():
    row = only(nscale(rate=8.68, spread=5))
    assert (row["all_in_rate_pct"], row["spread_bps"]) == (8.68, 500.0)


@pytest.mark.parametrize("filed", [0.132, 13.2])
def test_the_share_of_net_assets_is_what_the_funds_net_assets_bear_out(filed: float):
    row = only(nscale(share=filed))
    assert row["net_assets_pct"] == pytest.approx(13.2)  # 1.056 of 8 million
    assert row["fund_net_assets_usd"] == 8_000_000


def test_rate_kind_is_said_not_guessed():
    fixed = nscale(spread=None, rate=0.15, identifier="Crusoe, Fixed 15 %", issuer=None)
    assert only(fixed, other())["rate_kind"] == "fixed"
    assert only(nscale(spread=None))["rate_kind"] is None
    named = "http://fasb.org/us-gaap/2025#SecuredOvernightFinancingRateSofrMember"
    typed = line(**{"Investment, Variable Interest Rate, Type [Extensible Enumeration]": named})
    row = only(nscale(spread=None) | {k: v for k, v in typed.items() if v == named})
    assert (row["rate_kind"], row["benchmark"]) == ("floating", "SOFR")


def test_a_joint_ventures_loan_is_its_own_row():
    shared = nscale(venture="Credit SLF LLC [Member]", par=700_000, cost=690_000, fair=690_000)
    frame = parsed(nscale(), shared, other()).sort("par_usd")
    assert frame["vehicle"].to_list() == ["joint_venture", "bdc"]
    assert frame["holding_id"][0].endswith("| joint venture Credit SLF LLC")


def test_a_misspelt_spv_is_kept_and_others_are_not():
    typo = nscale(issuer="Compute Acquistion Co. IV", identifier="Compute Acquistion Co. IV")
    assert only(typo)["issuer_name_raw"] == "Compute Acquistion Co. IV"
    assert parsed(nscale(), other(identifier="Coherent Corp, Term Loan")).height == 1


def test_a_month_without_filings_is_refused_by_name():
    # 2026_06: a schedule of zero bytes.
    with pytest.raises(ParseError, match=r"soi\.tsv is empty"):
        parsed(soi="")
    with pytest.raises(ParseError, match="has no lines"):
        parsed(soi=table(HEADER, []))


# Archives that were not made by the SEC.


def test_a_page_instead_of_an_archive():
    with pytest.raises(ParseError, match="not a whole zip archive"):
        sec_bdc.parse_stream(io.BytesIO(b"<!doctype html><title>Request Rate</title>"), HERE)


def test_an_archive_that_breaks_off():
    body = archive(nscale(), other()).getvalue()
    with pytest.raises(ParseError, match="zip archive"):
        sec_bdc.parse_stream(io.BytesIO(body[: len(body) // 2]), HERE)


def test_a_zip_bomb_is_not_unpacked():
    bomb = archive(soi=b"\t" * 2**24)
    with pytest.raises(ParseError, match="a zip bomb"):
        sec_bdc.parse_stream(bomb, HERE)


def test_a_zip_bomb_that_lies_about_its_size():
    body = archive(soi=b"\t" * 2**24).getvalue()
    lie = body.replace(struct.pack("<I", 2**24), struct.pack("<I", 2**10))
    assert lie != body
    with pytest.raises(ParseError):
        sec_bdc.parse_stream(io.BytesIO(lie), HERE)


@pytest.mark.parametrize("name", ["../soi.tsv", "/etc/soi.tsv", "a/../../soi.tsv", "c:soi.tsv"])
def test_a_member_that_leads_out_of_the_archive(name: str):
    with pytest.raises(ParseError, match="a member is called"):
        sec_bdc.parse_stream(packed({name: "adsh\n"}), HERE)


def test_two_members_of_one_name():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("soi.tsv", "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("soi.tsv", "b")
    file.seek(0)
    with pytest.raises(ParseError, match="two members of one name"):
        sec_bdc.parse_stream(file, HERE)


def test_too_many_members():
    many = {f"{n}.tsv": "" for n in range(_archive.LIMITS.members + 1)}
    with pytest.raises(ParseError, match="201 members"):
        sec_bdc.parse_stream(packed(many), HERE)


def test_an_archive_larger_than_any(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sec_bdc, "LIMITS", _archive.LIMITS._replace(packed_bytes=100))
    with pytest.raises(ParseError, match="larger than any"):
        parsed(nscale(), other())


def test_a_missing_table_and_a_column_named_twice():
    with pytest.raises(ParseError, match=r"0 members called soi\.tsv"):
        sec_bdc.parse_stream(packed({"datasets/sub.tsv": "adsh\n"}), HERE)
    with pytest.raises(ParseError, match="named twice"):
        parsed(soi="adsh\tadsh \n1\t2\n")
    with pytest.raises(ParseError, match=r"sub\.tsv"):
        parsed(nscale(), other(), sub="accession\n1\n")


def test_lines_are_read_across_pieces(monkeypatch: pytest.MonkeyPatch):
    whole = parsed(nscale(), *[other(identifier=f"Loan {n}") for n in range(50)])
    monkeypatch.setattr(_archive, "STEP", 500)
    torn = parsed(nscale(), *[other(identifier=f"Loan {n}") for n in range(50)])
    assert torn.equals(whole)


def test_what_is_set_aside_is_counted_and_an_equal_archive_is_not_read_again(
    store: Warehouse, db: DuckDB
):
    torn = nscale(identifier="NSCALE, term loan", fair=-1, unfunded=None)
    body = archive(nscale(), torn, other()).getvalue()

    def fetch(last):
        del last
        file = io.BytesIO(body)
        yield Part("2025q4", Response(HERE.url, 200, {}, b"", datetime.now(UTC), file))

    source = replace(sec_bdc.SOURCE, fetch=fetch, secrets=())
    ingest.register(db, facility_aliases)
    ingest.land(facility_aliases, store, db)
    ingest.register(db, source)
    for expected in ((1, 1), (0, 0)):
        assert all(each.ok for each in ingest.capture(source, store))
        [made] = ingest.land(source, store, db)
        assert (made.outcome, made.rows, made.quarantined) == ("landed", *expected)
    [row] = rows(db, "select borrower, facility_id, par_basis from staging.fund_holdings")
    assert row["borrower"] == "Nscale"
    assert row["par_basis"] == "mostly_unfunded"
    [reason] = rows(db, "select reason from staging.quarantine")
    assert reason["reason"] == "negative fair value of a drawn loan"


# The page.

LINKS = b"""<a href="/files/structureddata/data/bdc/2025q4_bdc.zip">2025 Q4</a>
<a href="/files/datastandardsinnovation/data/bdc/2026_01_bdc.zip">January 2026</a>
<a href="https://www.sec.gov/files/datastandardsinnovation/data/bdc/2026_02_bdc_0.zip">Feb</a>
<a href="/files/readme.pdf">readme</a>"""


def test_addresses_come_from_the_page_newest_first():
    assert sec_bdc.links(LINKS) == {
        "2026_02": "https://www.sec.gov/files/datastandardsinnovation/data/bdc/2026_02_bdc_0.zip",
        "2026_01": "https://www.sec.gov/files/datastandardsinnovation/data/bdc/2026_01_bdc.zip",
        "2025q4": "https://www.sec.gov/files/structureddata/data/bdc/2025q4_bdc.zip",
    }
    with pytest.raises(ParseError, match="no link"):
        sec_bdc.links(b"<html></html>")


def test_the_newest_are_asked_for_and_a_month_of_history_is_its_own(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[tuple[str, object]] = []

    def answer(url: str, *, validators=None, **_: object) -> Response:
        asked.append((url, validators))
        body = LINKS if url == sec_bdc.PAGE else b"PK"
        return Response(url, 200, {}, body, NOON)

    monkeypatch.setattr(sec_bdc, "get", answer)
    monkeypatch.setattr(sec_bdc, "download", answer)
    held = {"2026_02": {"etag": "a", "sha256": "b"}}
    parts = list(sec_bdc.fetch(lambda part: held.get(part, {})))
    assert [each.name for each in parts] == ["2026_02", "2026_01", "2025q4"]
    assert asked[1][1] == {"etag": "a", "sha256": "b"}
    history = list(sec_bdc.fetch_month(date(2025, 12, 1), lambda _: {}))
    assert [each.name for each in history] == ["2025q4"]
    assert list(sec_bdc.fetch_month(date(2025, 11, 1), lambda _: {})) == []


def test_a_page_without_links_is_no_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sec_bdc, "get", lambda url: Response(url, 200, {}, b"<html>", NOON))
    with pytest.raises(UpstreamError, match="no link"):
        list(sec_bdc.fetch(lambda _: {}))


def test_a_refusal_ends_the_fetch(monkeypatch: pytest.MonkeyPatch):
    def answer(url: str, **_: object) -> Response:
        if url == sec_bdc.PAGE:
            return Response(url, 200, {}, LINKS, NOON)
        raise http.UpstreamError("HTTP 403", url=url, status=403)

    monkeypatch.setattr(sec_bdc, "get", answer)
    monkeypatch.setattr(sec_bdc, "download", answer)
    with pytest.raises(UpstreamError, match="403"):
        list(sec_bdc.fetch(lambda _: {}))


FSDS = RECORDED.parent / "fsds_2010q2" / "2010q2_num_head2000.tsv.gz"


@pytest.mark.skipif(not FSDS.is_file(), reason="no recorded answers here")
def test_recorded_figures_are_read_by_name():
    # The financial statement data sets have the figures' layout of the BDC ones, and two more.
    body = gzip.decompress(FSDS.read_bytes())
    with opened(packed({"num.tsv": body}), _archive.LIMITS) as found:
        [piece] = _archive.pieces(found, "num.tsv", sec_bdc.NUM)
    assert piece.shifted == []
    assert piece.rows.height == body.count(b"\n") - 1
    first = dict(zip(*(each.split("\t") for each in body.decode().splitlines()[:2]), strict=True))
    assert piece.rows.row(0, named=True) == {n: first[n] or None for n in sec_bdc.NUM}
    assert piece.rows["value"].cast(pl.Float64, strict=True).len() == piece.rows.height


@pytest.mark.parametrize("unit", ["EUR", "GBP"])
def test_trap_97_a_typed_member_is_printed_as_a_call(unit: str):
    # Nscale's loan of 1,656,000 euros landed as dollars.
    named = f"InvestmentIdentifierAxis(us-gaap/2025)={nscale()['Investment, Identifier Axis']}();"
    par, fair = sec_bdc.UNITS_OF
    foreign = [figure(par, 1_656_000, segments=named, uom=unit)]
    row = only(nscale(), num=[*TOTALS, *foreign, figure(fair, 1_056_000, segments=named)])
    assert (row["currency"], row["par_usd"], row["confidence"]) == (unit, None, "high")


@pytest.mark.parametrize("fund", ["BLUE OWL CAPITAL CORP", "SOME OTHER LENDING FUND"])
def test_a_line_without_an_identifier_is_set_aside_and_not_gone(fund: str):
    bare = nscale() | {"Investment, Identifier Axis": "", "name": fund}
    bare |= {"Investment, Issuer Name Axis": "Nscale Services UK Ltd [Member]"}
    rows = parsed(bare, nscale(), other()).to_dicts()
    [row] = [each for each in rows if (each["reason"] or "").startswith("no identifier")]
    assert row["issuer_name_raw"] == "Nscale Services UK Ltd"
    assert (row["fund"], row["fair_value_usd"]) == (fund, 1_056_000)
    assert [each["reason"] for each in rows if each is not row] == [None]


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        (["2026_10", "2026_09", "2026_08", "2026_07"], ["2026_10", "2026_09", "2026_08"]),
        (["2026_07", "2026_06", "2026_05", "2026_04"], ["2026_07", "2026_06", "2026_05"]),
        (["2026_08", "2026_07", "2026_06"], ["2026_08", "2026_07"]),
        (["2026_02", "2026_01", "2025q4", "2025q3"], ["2026_02", "2026_01", "2025q4"]),
    ],
)
def test_trap_98_a_run_asks_back_to_the_last_deadline_of_quarterly_reports(held, asked):
    assert sec_bdc.to_ask(held) == asked
