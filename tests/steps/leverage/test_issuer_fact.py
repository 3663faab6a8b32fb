"""Which filed figures may be read as an issuer's own."""

from datetime import date

import pytest

from pipeline.build.model import checks
from tests.given.filings import accession, build, filing, instant, issuer, land
from tests.given.support import rows

END = "2024-12-31"


def facts(db, *filings, **given):
    land(db, *filings, **given)
    build(db, "issuer_fact")
    return rows(db, "from steps.issuer_fact order by accession, concept")


@pytest.mark.parametrize(
    ("form", "taxonomy", "kind"),
    [
        ("10-K", "us-gaap", "report"),
        ("10-K/A", "us-gaap", "report"),
        ("6-K", "ifrs-full", "report"),
        ("20-F", "untagged", "report"),
        ("8-K", "us-gaap", "recast"),
        ("8-K", "untagged", "text"),
        ("S-1", "untagged", "text"),
    ],
)
def test_a_document_speaks_for_the_period_as_a_report_a_recast_or_a_text(db, form, taxonomy, kind):
    [row] = facts(db, filing(form, "2025-02-20", instant("Cash", END, 5, taxonomy=taxonomy)))
    assert row["document_kind"] == kind


@pytest.mark.parametrize(
    ("form", "taxonomy"),
    [
        ("DEF 14A", "ecd"),
        ("DEF 14A", "us-gaap"),
        ("PRE 14A", "untagged"),
        ("S-1", "us-gaap"),
        ("10-K", "ffd"),
        ("424B4", "us-gaap"),
    ],
)
def test_trap_55_proxies_fee_tables_and_registrations_describe_other_documents(db, form, taxonomy):
    assert facts(db, filing(form, "2025-02-20", instant("Cash", END, 5, taxonomy=taxonomy))) == []


def test_a_figure_out_of_a_form_nobody_has_listed_is_a_texts_and_shown(db):
    [row] = facts(db, filing("424B4", "2025-02-20", instant("Cash", END, 5, taxonomy="untagged")))
    assert row["document_kind"] == "text"
    [check] = [each for each in checks() if each.promise == "forms_are_known"]
    assert rows(db, check.query) == [{"form": "424B4", "fact_count": 1}]


def test_the_form_of_a_fact_that_states_none_is_its_filings(db):
    fact = instant("Cash", END, 5, form=None)
    accepted = filing("10-K", "2025-02-20", {})
    [row] = facts(db, filing("10-K", "2025-02-20", fact), accepted=accepted)
    assert (row["form"], row["document_kind"]) == ("10-K", "report")
    assert row["accession"] == accession("2025-02-20")


def test_trap_51_what_a_predecessor_filed_is_not_the_issuers(db):
    early = filing("10-K", "2024-02-20", instant("Cash", "2023-12-31", 5))
    late = filing("10-K", "2025-02-20", instant("Cash", END, 6))
    assert [
        each["value"]
        for each in facts(db, early, late, issuers=[issuer(filed_from_on=date(2024, 6, 1))])
    ] == [6]


def test_a_figure_outside_the_perimeter_of_its_day_is_left_out(db):
    stretch = issuer(period_from_on=date(2024, 1, 1))
    late = filing("10-K", "2025-02-20", instant("Cash", "2023-12-31", 5), instant("Cash", END, 6))
    assert [each["value"] for each in facts(db, late, issuers=[stretch])] == [6]


@pytest.mark.parametrize(
    ("taxonomy", "own", "basis", "preferred"),
    [
        ("us-gaap", "us_gaap", "us_gaap", True),
        ("acme", "us_gaap", "us_gaap", True),
        ("ifrs-full", "us_gaap", "ifrs", False),
        ("ifrs-full", "ifrs", "ifrs", True),
        ("us-gaap", "ifrs", "us_gaap", False),
        ("untagged", "ifrs", "ifrs", True),
    ],
)
def test_a_figure_read_out_of_a_text_is_on_the_issuers_own_basis(
    db, taxonomy, own, basis, preferred
):
    fact = instant("Cash", END, 5, taxonomy=taxonomy)
    [row] = facts(db, filing("6-K", "2025-02-20", fact), issuers=[issuer(accounting_basis=own)])
    assert (row["accounting_basis"], row["is_preferred_basis"]) == (basis, preferred)


def test_of_two_readers_of_one_filing_the_row_that_states_its_rounding_stands(db):
    bare = filing("10-K", "2025-02-20", instant("Cash", END, 5e6, source="a"))
    exact = filing("10-K", "2025-02-20", instant("Cash", END, 5e6, source="b", decimals=-6))
    [row] = facts(db, bare, exact)
    assert row["decimals"] == -6


def test_figures_of_companies_outside_the_universe_are_left_out(db):
    assert facts(db, filing("10-K", "2025-02-20", instant("Cash", END, 5), cik="0000000009")) == []
