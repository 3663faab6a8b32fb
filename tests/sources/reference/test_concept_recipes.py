"""The committed rules: each names tags that filings show, or says that none does."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.filings import CONCEPT_RECIPES
from pipeline.sources import source
from pipeline.sources.reference import filing_facts
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

concept_recipes = named("concept_recipes")

BODY = (source.REFERENCE / "concept_recipes.csv").read_bytes()
HERE = Capture("concept_recipes", "all", "concept_recipes.csv", NOON, "")
METRICS = {
    "revenue",
    "cost_of_revenue",
    "operating_income",
    "depreciation_and_amortization",
    "depreciation",
    "stock_compensation",
    "interest_expense",
    "interest_capitalized",
    "coin_gain",
    "impairment",
    "net_income",
    "operating_cash_flow",
    "capex",
    "capex_unpaid",
    "capex_deposits",
    "debt_proceeds",
    "debt_repayments",
    "adjusted_ebitda_disclosed",
    "cash",
    "restricted_cash",
    "total_debt",
    "current_debt",
    "debt_principal",
    "recourse_debt",
    "non_recourse_debt",
    "convertible_debt",
    "finance_lease_liability",
    "operating_lease_liability",
    "ppe_net",
    "ppe_gross",
    "total_assets",
    "total_liabilities",
    "equity",
    "deferred_revenue",
    "rpo",
    "receivables",
    "debt_due_remainder",
    "debt_due_year_1",
    "debt_due_year_2",
    "debt_due_year_3",
    "debt_due_year_4",
    "debt_due_year_5",
    "debt_due_thereafter",
}
CRWV, TSLA, NVDA, AMZN, RIOT = "0001769628", "0001318605", "0001045810", "0001018724", "0001167419"


@pytest.fixture(scope="module")
def recipes() -> pl.DataFrame:
    return concept_recipes.parse(BODY, HERE)


def alternative(recipes: pl.DataFrame, cik: str, metric: str, rank: int) -> set[tuple[str, bool]]:
    rows = recipes.filter(pl.col("cik") == cik, pl.col("metric") == metric, pl.col("rank") == rank)
    return set(rows.select("concept", "is_required").iter_rows())


def test_every_row_keeps_the_contract(recipes):
    kept, rejected = split(CONCEPT_RECIPES, recipes.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    assert kept.height == recipes.height > 200


def test_every_metric_has_a_rule_and_no_other_name_occurs(recipes):
    assert set(recipes["metric"]) == METRICS


def test_every_alternative_needs_something(recipes):
    # One of optional parts alone would hold for every filing and give nothing.
    needed = recipes.group_by("cik", "metric", "rank").agg(pl.col("is_required").any())
    assert needed["is_required"].all()


def test_every_tag_of_an_issuer_is_in_its_filings_or_said_to_be_unverified(recipes):
    body = (source.REFERENCE / "filing_facts.csv").read_bytes()
    facts = filing_facts.parse(body, Capture("filing_facts", "all", "x", NOON, ""))
    # Non-current parts of CoreWeave's debt: documented, and cited to the 10-Q that brought them.
    documented = {"RecourseDebtNonCurrent", "NonRecourseDebtNonCurrent"}
    unseen = (
        recipes.filter(pl.col("cik") != "*")
        .join(facts, on=["cik", "taxonomy", "concept", "dimensions"], how="anti")
        .filter(~pl.col("concept").is_in(documented))
    )
    assert unseen.height > 0
    assert unseen.filter(pl.col("confidence") != "low").is_empty()
    assert unseen.filter(~pl.col("evidence").str.contains("unverified")).is_empty()


def test_a_rule_is_known_from_the_document_it_rests_on(recipes):
    late = recipes.filter(pl.col("known_at").dt.date() <= pl.col("source_date"))
    assert late.is_empty()
    assert recipes["known_at"].max() < datetime(2026, 11, 23, tzinfo=UTC)
    assert recipes.filter(~pl.col("source_url").str.starts_with("https://")).is_empty()


def test_trap_48_coreweave_debt_moves_to_its_own_tags_in_june_2026(recipes):
    four = {
        (f"{prefix}RecourseDebt{part}Current", True)
        for prefix in ("", "Non")
        for part in ("", "Non")
    }
    assert alternative(recipes, CRWV, "total_debt", 1) == {("LongTermDebt", True)}
    assert alternative(recipes, CRWV, "total_debt", 3) == four
    ends = recipes.filter(pl.col("cik") == CRWV, pl.col("metric") == "total_debt")
    before, after = ends.filter(pl.col("rank") <= 2), ends.filter(pl.col("rank") >= 3)
    assert set(before["period_to_on"]) == {date(2026, 3, 31)}
    assert set(after["period_from_on"]) == {date(2026, 6, 30)}


def test_trap_58_teslas_long_term_debt_is_the_non_current_part(recipes):
    assert alternative(recipes, TSLA, "total_debt", 1) == {
        ("DebtCurrent", True),
        ("LongTermDebt", True),
    }


def test_trap_60_one_line_tagged_twice_is_never_added(recipes):
    pairs = recipes.group_by("cik", "metric", "rank").agg("concept")["concept"].to_list()
    twice = ({"LongTermDebtCurrent", "DebtCurrent"}, {"InterestExpenseDebt", "InterestExpense"})
    assert not [pair for pair in pairs for same in twice if same <= set(pair)]
    assert ("LongTermDebtCurrent", True) not in alternative(recipes, NVDA, "total_debt", 1)


def test_trap_62_deposits_at_riot_are_not_its_capex(recipes):
    assert alternative(recipes, RIOT, "capex_deposits", 1) == {
        ("PaymentsToAcquireMachineryAndEquipment", True)
    }
    assert alternative(recipes, RIOT, "capex", 1) == {
        ("PaymentsToAcquirePropertyPlantAndEquipment", True)
    }


def test_trap_61_terawulf_adds_disjoint_proceeds(recipes):
    assert alternative(recipes, "0001083301", "debt_proceeds", 1) == {
        ("ProceedsFromIssuanceOfSecuredDebt", True),
        ("ProceedsFromConvertibleDebt", False),
    }


def test_trap_46_wide_and_narrow_depreciation_are_two_metrics(recipes):
    wide = recipes.filter(pl.col("metric") == "depreciation_and_amortization")
    narrow = wide.filter(pl.col("concept") == "Depreciation")
    # TeraWulf tags its whole line so, and has no other element.
    assert narrow["cik"].to_list() == ["0001083301"]


def test_amazon_capex_ignores_the_tag_it_left(recipes):
    rows = recipes.filter(pl.col("cik") == AMZN, pl.col("metric") == "capex")
    assert rows["concept"].to_list() == ["PaymentsToAcquireProductiveAssets"]


def test_a_flag_that_is_neither_true_nor_false_is_an_error():
    with pytest.raises(ParseError):
        concept_recipes.parse(BODY.replace(b",true,", b",yes,", 1), HERE)


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="weight"):
        concept_recipes.parse(BODY.replace(b"weight", b"factor", 1), HERE)
