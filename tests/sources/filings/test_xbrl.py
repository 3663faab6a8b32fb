"""Tagged figures: contexts, units, number text, and documents that are not what they should be."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.filings import _xbrl
from pipeline.sources.filings._figures import Unreadable, duration, number
from pipeline.sources.source import ParseError
from tests.given.documents import SPACES, context, extracted, figure, inline, unit


def only(body: bytes) -> _xbrl.Fact:
    [fact] = _xbrl.read(body, "x.htm").facts
    return fact


def numbers(body: bytes) -> list[Decimal]:
    facts = _xbrl.read(body, "x.htm").facts
    return [number(each.text, each.form, each.scale, each.sign) for each in facts]


@pytest.mark.parametrize(
    ("text", "form", "scale", "sign", "value"),
    [
        ("34.12", "ixt:num-dot-decimal", "9", "", "34120000000"),
        ("61,627", "ixt:num-dot-decimal", "6", "", "61627000000"),
        ("53", "", "-2", "", "0.53"),
        ("53.1", "ixt:num-dot-decimal", "-2", "", "0.531"),
        ("0.08", "", "12", "", "80000000000"),
        ("25", "", "0", "", "25"),
        ("2,722", "ixt:num-dot-decimal", "6", "-", "-2722000000"),
        ("0", "", "6", "-", "0"),
        ("1.234,56", "ixt:num-comma-decimal", "", "", "1234.56"),
        ("1 234,56", "ixt:numspacecomma", "", "", "1234.56"),
        ("1 234.56", "ixt:numspacedot", "", "", "1234.56"),
        ("1,234.56", "ixt:numdotdecimal", "", "", "1234.56"),
        (".5", "ixt:num-dot-decimal", "6", "", "500000"),
        ("\u2014", "ixt:fixed-zero", "6", "", "0"),
        ("none", "ixt:fixed-zero", "6", "", "0"),
        ("-", "ixt:zerodash", "6", "", "0"),
        ("no", "ixt-sec:numwordsen", "0", "", "0"),
        ("None", "ixt-sec:numwordsen", "6", "", "0"),
        ("two", "ixt-sec:numwordsen", "0", "", "2"),
        ("Twenty-five", "ixt-sec:numwordsen", "0", "", "25"),
        ("one hundred and five", "ixt-sec:numwordsen", "", "", "105"),
        ("two million three hundred thousand", "ixt-sec:numwordsen", "", "", "2300000"),
        ("-9201000000", "", "", "", "-9201000000"),
        ("1.5e3", "", "", "", "1500"),
    ],
)
def test_trap_64_number_text(text: str, form: str, scale: str, sign: str, value: str):
    assert number(text, form, scale, sign) == Decimal(value)


def test_trap_64_floats_would_lose_a_cent_of_34_12_billion():
    assert 34.12 * 10**9 != 34_120_000_000
    assert float(number("34.12", "ixt:num-dot-decimal", "9")) == 34_120_000_000


@given(st.integers(0, 10**15), st.integers(0, 6), st.integers(-2, 3))
def test_a_number_with_thousands_commas_is_read_exactly(whole: int, places: int, scale: int):
    value = Decimal(whole).scaleb(-places)
    assert number(f"{value:,f}", "ixt:num-dot-decimal", str(scale)) == value.scaleb(scale)


@pytest.mark.parametrize(
    ("text", "form", "reason"),
    [
        ("n/a", "", "not_a_number"),
        ("", "", "not_a_number"),
        ("1,234", "", "not_a_number"),
        ("\u0663", "ixt:num-dot-decimal", "not_a_number"),
        ("(5)", "ixt:num-dot-decimal", "not_a_number"),
        ("two, three", "ixt-sec:numwordsen", "not_a_number"),
        ("and", "ixt-sec:numwordsen", "not_a_number"),
        ("a couple", "ixt-sec:numwordsen", "not_a_number"),
        ("9" * 100_000, "", "not_a_number"),
        ("1e400", "", "out_of_range"),
        ("1e999999999", "", "out_of_range"),
        ("NaN", "", "not_a_number"),
        ("INF", "", "not_a_number"),
        ("5", "ixt:num-unit-decimal", "unknown_format"),
    ],
)
def test_text_that_is_no_number_says_why(text: str, form: str, reason: str):
    with pytest.raises(Unreadable, match=reason):
        number(text, form)


@pytest.mark.parametrize(("scale", "sign"), [("9e9", ""), ("100", ""), ("", "+"), ("x", "-")])
def test_a_scale_or_sign_nobody_knows_is_no_number(scale: str, sign: str):
    with pytest.raises(Unreadable, match="unknown_scale_or_sign"):
        number("5", "", scale, sign)


@pytest.mark.parametrize(
    ("text", "form", "length"),
    [
        ("P6Y", "", (6, "years")),
        ("P01Y", "", (1, "years")),
        ("P12M", "", (1, "years")),
        ("P364D", "", (364, "days")),
        # As in Amazon's 10-K for 2022; the report itself says 13.3, 8.1 and 5.9 years.
        ("P13Y3M18D", "", (Fraction("13.3"), "years")),
        ("P8Y1M6D", "", (Fraction("8.1"), "years")),
        ("P5Y10M24D", "", (Fraction("5.9"), "years")),
        ("six years", "ixt-sec:durwordsen", (6, "years")),
        ("twenty-five years", "ixt-sec:durwordsen", (25, "years")),
        ("eighteen months", "ixt-sec:durwordsen", (Fraction("1.5"), "years")),
        ("two years and six months", "ixt-sec:durwordsen", (Fraction("2.5"), "years")),
        ("364-day", "ixt-sec:durwordsen", (364, "days")),
        ("5-year", "ixt-sec:durwordsen", (5, "years")),
        ("a year", "ixt-sec:durwordsen", (1, "years")),
        ("two weeks", "ixt-sec:durwordsen", (14, "days")),
        ("13.3", "ixt-sec:duryear", (Fraction("13.3"), "years")),
        ("18", "ixt-sec:durmonth", (Fraction("1.5"), "years")),
        ("1,491", "ixt-sec:durday", (1491, "days")),
        ("3", "ixt-sec:durweek", (21, "days")),
    ],
)
def test_trap_64_durations_as_words(text: str, form: str, length: tuple[Fraction, str]):
    assert duration(text, form) == length


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("P", ""),
        ("P5", ""),
        ("PT4H", ""),
        ("about six years", "ixt-sec:durwordsen"),
        ("six", "ixt-sec:durwordsen"),
        ("years", "ixt-sec:durwordsen"),
        ("six years five", "ixt-sec:durwordsen"),
        ("one year two years", "ixt-sec:durwordsen"),
        ("five to six", "ixt-sec:duryear"),
        ("4", "ixt-sec:durhour"),
    ],
)
def test_text_that_is_no_duration_says_so(text: str, form: str):
    with pytest.raises(Unreadable, match=r"not_a_duration|not_a_number"):
        duration(text, form)


def test_a_figure_has_period_unit_and_dimensions():
    members = (
        '<xbrldi:explicitMember dimension="us-gaap:B">acme:TwoMember</xbrldi:explicitMember>'
        '<xbrldi:explicitMember dimension="srt:A">us-gaap:OneMember</xbrldi:explicitMember>'
        '<xbrldi:typedMember dimension="us-gaap:C"><us-gaap:C.domain>2025-01-27</us-gaap:C.domain>'
        "</xbrldi:typedMember>"
    )
    period = "<startDate>2024-01-29</startDate><endDate>2025-01-26</endDate>"
    fact = only(inline(figure("5"), contexts=context("c", period, members)))
    assert fact[:7] == (
        "0000000042",
        "us-gaap",
        "Debt",
        "USD",
        date(2024, 1, 29),
        date(2025, 1, 26),
        "srt:A=us-gaap:OneMember;us-gaap:B=acme:TwoMember;us-gaap:C=2025-01-27",
    )


def test_what_joins_dimensions_cannot_come_from_a_typed_member():
    member = (
        '<xbrldi:typedMember dimension="us-gaap:C"><us-gaap:d>a=b;us-gaap:D=100%</us-gaap:d>'
        "</xbrldi:typedMember>"
    )
    fact = only(inline(figure("5"), contexts=context("c", members=member)))
    assert fact.dimensions == "us-gaap:C=a%3Db%3Bus-gaap:D%3D100%25"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-01-26", date(2025, 1, 26)),
        (" 2025-01-26Z\n", date(2025, 1, 26)),
        # A period that ends at midnight ends with the day before (XBRL 2.1, 4.7.2).
        ("2025-01-27T00:00:00", date(2025, 1, 26)),
        ("2025-01-26T12:00:00", date(2025, 1, 26)),
    ],
)
def test_an_instant_is_the_day_at_whose_end_it_is(written: str, day: date):
    period = f"<instant>{written}</instant>"
    fact = only(inline(figure("5"), contexts=context("c", period)))
    assert (fact.start, fact.end) == (None, day)


def test_units_are_named_as_in_companyfacts():
    divided = (
        "<divide><unitNumerator><measure>iso4217:USD</measure></unitNumerator>"
        "<unitDenominator><measure>shares</measure></unitDenominator></divide>"
    )
    units = {
        "USD": unit("u", "<measure>iso4217:USD</measure>"),
        "shares": unit("u", "<measure> shares </measure>"),
        "pure": unit("u", "<measure>pure</measure>"),
        "segment": unit("u", "<measure>acme:segment</measure>"),
        "USD/shares": unit("u", divided),
        "USD*sqft": unit("u", "<measure>utr:sqft</measure><measure>iso4217:USD</measure>"),
    }
    assert {name: only(inline(figure("5"), units=each)).unit for name, each in units.items()} == {
        name: name for name in units
    }


def test_trap_64_a_tag_around_a_tag_shows_one_number():
    within = figure("1,000", at="d", form="ixt:num-dot-decimal")
    body = inline(
        figure(f"<span>{within}</span>", form="ixt:num-dot-decimal"),
        contexts=context("c", "<instant>2025-12-31</instant>")
        + context("d", "<instant>2024-12-31</instant>"),
    )
    facts = _xbrl.read(body, "x").facts
    assert [(each.end.year, each.text) for each in facts if each.end] == [
        (2025, "1,000"),
        (2024, "1,000"),
    ]
    assert numbers(body) == [Decimal(1000), Decimal(1000)]


def test_text_taken_out_is_no_part_of_the_figure():
    assert numbers(inline(figure("5<ix:exclude>page 9</ix:exclude>0"))) == [Decimal(50)]


def test_a_duration_that_continues_elsewhere_is_whole():
    life = (
        '<ix:nonNumeric contextRef="c" name="us-gaap:Life" format="ixt-sec:durwordsen" '
        'continuedAt="k">thirty</ix:nonNumeric> ... '
        '<ix:continuation id="k"> five years</ix:continuation>'
    )
    fact = only(inline(life))
    assert (fact.unit, duration(fact.text, fact.form)) == ("", (35, "years"))
    circle = life.replace('<ix:continuation id="k">', '<ix:continuation id="k" continuedAt="k">')
    with pytest.raises(ParseError, match="continues itself"):
        _xbrl.read(inline(circle), "x")


def test_hidden_figures_count_and_nil_ones_do_not():
    hidden = f"<ix:header><ix:hidden>{figure('7')}</ix:hidden></ix:header>"
    nil = figure("", extra=' xsi:nil="true"')
    assert numbers(inline(hidden + nil)) == [Decimal(7)]
    gone = '<us-gaap:Debt contextRef="c" unitRef="u" xsi:nil="true"/>'
    there = '<us-gaap:Debt contextRef="c" unitRef="u" decimals="-6">7000000</us-gaap:Debt>'
    assert numbers(extracted(gone + there)) == [Decimal(7_000_000)]


def test_a_hidden_duration_needs_no_format():
    life = '<ix:nonNumeric contextRef="c" name="us-gaap:Life">P3Y</ix:nonNumeric>'
    assert only(inline(life)).text == "P3Y"
    text = '<ix:nonNumeric contextRef="c" name="us-gaap:Policy">P is for plant</ix:nonNumeric>'
    assert _xbrl.read(inline(text + life), "x").facts == [only(inline(life))]


def test_both_forms_of_a_document_give_the_same_facts():
    one = _xbrl.read(inline(figure("9,201", form="ixt:num-dot-decimal", scale="6")), "x")
    two = _xbrl.read(
        extracted(
            '<us-gaap:Debt contextRef="c" unitRef="u" decimals="-6">9201000000</us-gaap:Debt>'
        ),
        "x",
    )
    assert [each[:7] for each in one.facts] == [each[:7] for each in two.facts]


@pytest.mark.parametrize(
    ("kind", "amended", "form"),
    [("10-K", "false", "10-K"), ("10-K", "true", "10-K/A"), ("10-K/A", "true", "10-K/A")],
)
def test_the_form_is_what_the_document_says_it_is(kind: str, amended: str, form: str):
    said = (
        f'<dei:DocumentType contextRef="c">{kind}</dei:DocumentType>'
        f'<dei:AmendmentFlag contextRef="c">{amended}</dei:AmendmentFlag>'
    )
    there = '<us-gaap:Debt contextRef="c" unitRef="u">7</us-gaap:Debt>'
    assert _xbrl.read(extracted(said + there), "x").form == form
    shown = {"true": "ixt:fixed-true", "false": "ixt:fixed-false"}[amended]
    tagged = (
        f'<ix:nonNumeric contextRef="c" name="dei:DocumentType"><b>{kind}</b></ix:nonNumeric>'
        f'<ix:nonNumeric contextRef="c" name="dei:AmendmentFlag" format="{shown}">&#9746;'
        "</ix:nonNumeric>"
    )
    assert _xbrl.read(inline(tagged + figure("5")), "x").form == form


def test_the_taxonomy_is_known_by_its_namespace_and_not_by_its_prefix():
    taxonomies = {
        "gaap": ("http://fasb.org/us-gaap/2024", "us-gaap"),
        "old": ("http://fasb.org/us-gaap/2021-01-31", "us-gaap"),
        "full": ("https://xbrl.ifrs.org/taxonomy/2024-03-27/ifrs-full", "ifrs-full"),
        "fees": ("http://xbrl.sec.gov/ffd/2025", "ffd"),
        "own": ("http://www.acme.com/20241231", "own"),
    }
    for prefix, (uri, taxonomy) in taxonomies.items():
        fact = only(inline(figure("5", name=f"{prefix}:X"), spaces=f' xmlns:{prefix}="{uri}"'))
        assert (fact.taxonomy, fact.concept) == (taxonomy, "X")
    false = SPACES.replace("http://fasb.org/us-gaap/2024", "http://www.acme.com/20241231")
    with pytest.raises(ParseError, match=r"prefix us-gaap stands for http://www\.acme\.com"):
        _xbrl.read(inline(figure("5")).replace(SPACES.encode(), false.encode()), "x")


def test_a_prefix_means_what_it_is_declared_as_where_it_is_used():
    inner = f'<div xmlns:acme="http://fasb.org/us-gaap/2024">{figure("5", name="acme:Debt")}</div>'
    facts = _xbrl.read(inline(inner + figure("5", name="acme:Debt")), "x").facts
    assert [each.taxonomy for each in facts] == ["us-gaap", "acme"]


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 112))
    + b"]><xbrl>&o;</xbrl>"
)
SECRET = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xbrl>&a;</xbrl>'
BLOCKED = b"<!DOCTYPE html><html><title>Your Request Originates from an Undeclared Automated Tool"
GOOD = inline(figure("5"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not XML"),
        (LAUGHS, "has a DTD"),
        (SECRET, "has a DTD"),
        (b" " * 100_000 + SECRET, "not XML|has a DTD"),
        (b"<?xml version='1.0'?>" + b" " * 100_000 + SECRET, "has a DTD"),
        (SECRET.decode().encode("utf-16"), "not XML"),
        (BLOCKED, "clients that name no contact"),
        (b"<!doctype html><html><body>Not found</body></html>", "has a DTD"),
        (b"<html><body>Not found</body></html>", "neither an instance nor"),
        (b"<Error><Code>NoSuchKey</Code></Error>", "neither an instance nor"),
        (GOOD[: len(GOOD) // 2], "not whole XML"),
        (GOOD[:-3], "not whole XML"),
        (b"PK\x03\x04" + GOOD, "a zip file"),
        (b"\x1f\x8b\x08" + GOOD, "a gzip file"),
        (GOOD.replace(b"USD", b"\xff\xfe"), "not whole XML"),
        (GOOD.replace(b"<p>", b"<p>" * 300).replace(b"</p>", b"</p>" * 300), "not whole XML"),
        (GOOD.replace(b"<p>", b"<p>" + b"x" * 10_000_001), "not whole XML"),
        (GOOD.replace(b">5<", b">&undeclared;<"), "not whole XML"),
        (inline("nothing tagged"), "no figure is tagged"),
        (inline(figure("5", at="z")), "us-gaap:Debt has contextRef 'z'"),
        (inline(figure("5", of="z")), "us-gaap:Debt has unitRef 'z'"),
        (inline(figure("5", name="zzz:Debt")), "prefix of 'zzz:Debt' is not declared"),
        (inline(figure("5"), units=unit("u", "")), "a unit without a measure"),
        (inline(figure("5"), units=unit("u", "<divide/>")), "divides nothing"),
        (inline(figure("5"), contexts=context("c", "<instant>soon</instant>")), "is no date"),
        (inline(figure("5"), contexts=context("c", "<instant>2025-02-30</instant>")), "no date"),
        (GOOD.replace(b">42<", b">acme<"), "is of no CIK"),
        (
            inline(figure("5"), contexts=context("c") + context("c", "<forever/>")),
            "two contexts 'c'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damage_and_attacks_are_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        _xbrl.read(body, "x.htm")


def test_a_document_has_a_largest_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_xbrl, "MAX_BYTES", len(GOOD) - 1)
    with pytest.raises(ParseError, match="bytes, more than"):
        _xbrl.read(GOOD, "x.htm")


def test_nothing_outside_the_document_is_read(tmp_path):
    # By XInclude or a schema's address a document asks for others; neither is followed.
    other = tmp_path / "other.xml"
    other.write_text("<secret/>")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{other.as_uri()}"/>'
    assert "secret" not in only(inline(include + figure("5"))).text
    assert only(inline(figure(include + "5"))).text == "5"
