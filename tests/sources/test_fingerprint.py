"""Which code a source's rows depend on: changed rules read raw again, other changes do not."""

from dataclasses import replace

import pytest

from pipeline.contracts import contract
from pipeline.contracts.rules import Check
from pipeline.sources import fingerprint
from pipeline.sources.fingerprint import code_fingerprint, deciding_modules
from pipeline.sources.source import discover

SOURCES = {each.name: each for each in discover()}


@pytest.fixture
def touched(monkeypatch):
    """Which sources read raw again after a line was added to a module."""
    before = {name: code_fingerprint(each) for name, each in SOURCES.items()}
    text = fingerprint._text

    def read_again(module: str, line: str = "TOUCHED = True") -> set[str]:
        changed = lambda name: text(name) + (f"\n{line}\n" if name == module else "")  # noqa: E731
        monkeypatch.setattr(fingerprint, "_text", changed)
        fingerprint._code.cache_clear()
        return {name for name, each in SOURCES.items() if code_fingerprint(each) != before[name]}

    yield read_again
    fingerprint._code.cache_clear()


def of(*domains: str) -> set[str]:
    return {name for name, each in SOURCES.items() if each.domain in domains}


@pytest.mark.parametrize("rule", ["identity", "offers"])
def test_a_rule_of_who_sells_what_reads_every_price_again_and_no_filing(touched, rule):
    assert touched(f"pipeline.identity.{rule}") == of("prices")


def test_a_rule_of_filed_figures_reads_every_source_of_them_and_no_price(touched):
    figures = {name for name, each in SOURCES.items() if each.contract.name == "filing_facts"}
    assert touched("pipeline.identity.facts") == figures
    assert {"sec_companyfacts", "sec_instances", "filing_facts"} == figures


def test_a_rule_of_holdings_reads_holdings_again(touched):
    holdings = {name for name, each in SOURCES.items() if each.contract.name == "fund_holdings"}
    assert touched("pipeline.identity.holdings") == holdings


@pytest.mark.parametrize(
    ("helper", "user"),
    [
        ("prices._answers", "vast"),
        ("prices._skypilot_history", "skypilot_catalog"),  # imported as a module, not by names
        ("credit._soi", "sec_bdc"),
        ("credit._names", "sec_bdc"),  # by way of _soi too
        ("filings._edgar", "sec_form_d"),  # another domain's
        ("guards", "ecb_rates"),
        ("reference.by_contract", "regions"),
    ],
)
def test_a_helper_counts_for_whoever_imports_it(touched, helper, user):
    again = touched(f"pipeline.sources.{helper}")
    assert user in again
    assert "treasury_curve" not in again


@pytest.mark.parametrize("module", ["capture.http", "capture.raw", "sources.source", "columns"])
def test_how_bytes_are_fetched_and_kept_reads_nothing_again(touched, module):
    assert touched(f"pipeline.{module}") == set()


def test_saying_it_better_reads_nothing_again(touched):
    assert touched("pipeline.identity.offers", "# a comment") == set()
    assert touched("pipeline.identity.offers", "") == set()
    documented = code_fingerprint(SOURCES["vast"])
    fingerprint._code.cache_clear()
    assert code_fingerprint(SOURCES["vast"]) == documented


def test_a_docstring_decides_nothing(monkeypatch):
    says = {"pipeline.a": '"""One."""\n\n\ndef f():\n    """Two."""\n    return 1\n'}
    monkeypatch.setattr(fingerprint, "_text", says.__getitem__)
    first = fingerprint._code.__wrapped__("pipeline.a")
    says["pipeline.a"] = "def f():\n    return 1\n"
    assert fingerprint._code.__wrapped__("pipeline.a") == first
    says["pipeline.a"] = "def f():\n    return 2\n"
    assert fingerprint._code.__wrapped__("pipeline.a") != first


def test_other_bounds_of_a_contract_read_again():
    def promising(*checks: Check):
        terms = contract("x", "One row.", key=["currency"], currency=list(checks))
        return code_fingerprint(replace(SOURCES["ecb_rates"], contract=terms))

    assert promising(Check.isin({"USD", "EUR"})) == promising(Check.isin({"EUR", "USD"}))
    assert promising(Check.isin({"USD"})) != promising(Check.isin({"EUR"}))
    assert promising() != promising(Check.str_matches("^[A-Z]{3}$"))


def test_every_source_depends_on_its_own_module_and_on_nothing_outside_the_rooms():
    for each in SOURCES.values():
        found = deciding_modules(each)
        assert each.module.__name__ in found
        assert all(name.startswith(fingerprint.ROOMS) for name in found)
