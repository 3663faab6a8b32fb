"""The committed figures: values to be looked up in the filing, and promises every row keeps."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.filings import FILING_FACTS, FILINGS
from pipeline.identity.facts import dated
from pipeline.identity.slips import REASON
from pipeline.sources import source
from pipeline.sources.reference import filing_facts
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON, typed

BODY = (source.REFERENCE / "filing_facts.csv").read_bytes()
HERE = Capture("filing_facts", "all", "filing_facts.csv", NOON, "")
CRWV, NVDA, IREN, NBIS, AMZN = "0001769628", "0001045810", "0001878848", "0001513845", "0001018724"
AXIS = "us-gaap:UnrecordedUnconditionalPurchaseObligationByCategoryOfItemPurchasedAxis"
UNCONDITIONAL = "UnrecordedUnconditionalPurchaseObligationBalanceSheetAmount"


@pytest.fixture(scope="module")
def facts() -> pl.DataFrame:
    return filing_facts.parse(BODY, HERE)


def millions(
    facts: pl.DataFrame,
    cik: str,
    concept: str,
    end: date,
    start: date | None = None,
    dimensions: str = "",
    taxonomy: str = "us-gaap",
) -> list[float]:
    """Values in filing order."""
    rows = facts.filter(
        pl.col("cik") == cik,
        pl.col("taxonomy") == taxonomy,
        pl.col("concept") == concept,
        pl.col("period_end_on") == end,
        pl.col("period_start_on").eq_missing(start),
        pl.col("dimensions") == dimensions,
    )
    return [value / 1e6 for value in rows.sort("filed_on", "accession")["value"]]


def test_every_row_keeps_the_contract(facts):
    prepared = dated(facts, {"filings": typed(FILINGS, [])})
    # What two filers said of a period in one filing and did not mean: Intel's 10-Q of
    # August 2024, Tesla's 10-K for 2024.
    slips = prepared.drop_nulls("reason").select("accession", "reason", "value").sort("value")
    assert slips.rows() == [
        ("0001628280-25-003063", REASON, 2_913e6),
        ("0001628280-25-003063", REASON, 3_536e6),
        ("0001628280-25-003063", REASON, 3_599e6),
        ("0000050863-24-000124", REASON, 24_664e6),
    ]
    sound = prepared.filter(pl.col("reason").is_null())
    kept, rejected = split(FILING_FACTS, sound.with_columns(source=pl.lit("filing_facts")))
    assert rejected.is_empty()
    assert kept.height > 6_000
    # Without the filings table a figure is known from the end of its filing day.
    proxy = kept.filter(pl.col("form") == "DEF 14A", pl.col("cik") == CRWV)
    assert proxy["known_at"].to_list() == [datetime(2026, 4, 23, tzinfo=UTC)]


def test_no_figure_of_a_filing_twice(facts):
    assert not facts.select(FILING_FACTS.key).is_duplicated().any()


def test_no_future_dates(facts):
    assert facts.filter(pl.col("filed_on") > date(2026, 11, 23)).is_empty()
    assert facts.filter(pl.col("period_end_on") > pl.col("filed_on")).is_empty()
    assert facts.filter(pl.col("captured_at") > datetime(2026, 11, 23, tzinfo=UTC)).is_empty()
    assert facts["period_end_on"].min() >= date(2018, 12, 1)


def test_figures_are_in_units_not_thousands(facts):
    # The smallest revenue of the universe since 2019 is IREN's of a quarter of 2022, 13.8M; no
    # company of it has reached 1,000bn in a year or, commitments apart, on a balance sheet.
    revenue = facts.filter(
        pl.col("concept").is_in(["Revenues", "Revenue"])
        | pl.col("concept").str.starts_with("RevenueFromContract")
    ).filter(pl.col("period_start_on").is_not_null())
    assert revenue["value"].min() >= 2e6
    assert facts.filter(pl.col("unit") == "USD")["value"].abs().max() < 1e12


def test_addresses_are_filing_indexes_of_edgar_where_nothing_else_is_known(facts):
    elsewhere = facts.filter(~pl.col("source_url").str.starts_with("https://www.sec.gov/"))
    # Two quarters of the year before, read in copies of CoreWeave's releases.
    assert elsewhere.select("cik", "concept", "confidence").unique().rows() == [
        (CRWV, "AdjustedEbitda", "medium")
    ]
    row = facts.filter(pl.col("cik") == NVDA).row(0, named=True)
    bare = row["accession"].replace("-", "")
    assert row["source_url"].endswith(f"/data/1045810/{bare}/{row['accession']}-index.htm")


def test_coreweave_revenue_of_2025_in_millions_after_nine_months_in_thousands(facts):
    concept = "RevenueFromContractWithCustomerExcludingAssessedTax"
    start = date(2025, 1, 1)
    assert millions(facts, CRWV, concept, date(2025, 12, 31), start) == [5131]
    assert millions(facts, CRWV, concept, date(2025, 9, 30), start) == [3559.096]


def test_trap_50_debt_proceeds_restated_keep_both_vintages(facts):
    first, latest = millions(
        facts, CRWV, "ProceedsFromIssuanceOfLongTermDebt", date(2025, 6, 30), date(2025, 1, 1)
    )
    assert (first, latest) == (4432.723, 4396)


def test_trap_55_the_proxy_statement_is_there_with_its_form(facts):
    rows = facts.filter(
        pl.col("cik") == CRWV,
        pl.col("concept") == "NetIncomeLoss",
        pl.col("period_start_on") == date(2025, 1, 1),
        pl.col("period_end_on") == date(2025, 12, 31),
    )
    shown = set(rows.select("form", "value").iter_rows())
    assert shown == {("10-K", -1167e6), ("DEF 14A", -1168e6)}


def test_trap_56_debt_after_the_split_by_recourse(facts):
    june = date(2026, 6, 30)
    assert millions(facts, CRWV, "RecourseDebtCurrent", june, taxonomy="crwv") == [6235]
    assert millions(facts, CRWV, "NonRecourseDebtCurrent", june, taxonomy="crwv") == [1278]
    recourse = millions(facts, CRWV, "RecourseDebt", june, taxonomy="untagged")
    without = millions(facts, CRWV, "NonRecourseDebt", june, taxonomy="untagged")
    assert recourse[0] + without[0] == 35_068
    assert millions(facts, CRWV, "DebtInstrumentCarryingAmount", june) == [35_551]
    assert millions(facts, CRWV, "LongTermDebt", june) == []


@pytest.mark.parametrize(("end", "principal"), [("2025-06-30", 11_171.485), ("2026-06-30", 35_551)])
def test_coreweave_maturities_add_up_to_principal(facts, end, principal):
    due = facts.filter(
        pl.col("cik") == CRWV,
        pl.col("concept").str.starts_with("LongTermDebtMaturities"),
        pl.col("period_end_on") == date.fromisoformat(end),
    )
    assert due.height == 6
    assert due["value"].sum() == principal * 1e6


def test_trap_43_nvidia_capex_of_fy26_is_year_to_date(facts):
    start = date(2025, 1, 27)
    ends = [date(2025, 4, 27), date(2025, 7, 27), date(2025, 10, 26), date(2026, 1, 25)]
    filed = [millions(facts, NVDA, "PaymentsToAcquireProductiveAssets", end, start) for end in ends]
    assert filed == [[1227], [3122], [4758], [6042]]


def test_trap_51_iren_october_to_december_2024_on_two_bases(facts):
    quarter = date(2024, 12, 31), date(2024, 10, 1)
    assert millions(facts, IREN, "ProfitLoss", *quarter, taxonomy="ifrs-full") == [18.878]
    assert millions(facts, IREN, "NetIncomeLoss", *quarter) == [-21.888]
    year = date(2024, 6, 30), date(2023, 7, 1)
    flows = "CashFlowsFromUsedInOperatingActivities"
    assert millions(facts, IREN, flows, *year, taxonomy="ifrs-full") == [52.716, -130.87]
    assert millions(facts, IREN, "NetCashProvidedByUsedInOperatingActivities", *year) == [52.219]


def test_trap_53_a_payment_without_a_start_keeps_its_event_date(facts):
    concept = "PaymentsToAcquirePropertyPlantAndEquipment"
    assert millions(facts, IREN, concept, date(2025, 1, 2)) == [411.35]


def test_trap_52_nebius_before_and_after_the_sale_of_yandex(facts):
    sold = millions(facts, NBIS, "Revenues", date(2022, 12, 31), date(2022, 1, 1))
    assert sold == [7417.1, 13.5]


def test_trap_55_nebius_quarters_come_from_releases_and_do_not_add_up(facts):
    quarters = [(1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31)]
    told = [
        millions(
            facts,
            NBIS,
            "Revenues",
            date(2025, last, day),
            date(2025, first, 1),
            taxonomy="untagged",
        )[0]
        for first, last, day in quarters
    ]
    assert sum(told) == pytest.approx(534.2)
    assert millions(facts, NBIS, "Revenues", date(2025, 12, 31), date(2025, 1, 1)) == [529.8]
    june = date(2026, 6, 30)
    assert millions(facts, NBIS, "DebtCurrent", june, taxonomy="untagged") == [46.7]
    assert millions(facts, NBIS, "LongTermDebtNoncurrent", june, taxonomy="untagged") == [8499]


def test_a_line_a_release_does_not_have_is_not_a_zero(facts):
    rows = facts.filter(pl.col("cik") == NBIS, pl.col("concept") == "LongTermDebtNoncurrent")
    assert rows["period_end_on"].min() == date(2025, 6, 30)


def test_trap_57_amazon_leases_not_begun_stand_on_an_axis(facts):
    member = f"{AXIS}=amzn:OperatingAndFinanceLeasesLeaseNotYetCommencedMember"
    begun = [date(2024, 12, 31), date(2026, 6, 30)]
    leases = [millions(facts, AMZN, UNCONDITIONAL, day, dimensions=member) for day in begun]
    assert leases == [[61_627], [137_214]]
    assert millions(facts, AMZN, UNCONDITIONAL, date(2024, 6, 30)) == [32_410]


def test_trap_46_amazon_wide_and_narrow_depreciation(facts):
    year = date(2024, 12, 31), date(2024, 1, 1)
    assert millions(facts, AMZN, "DepreciationDepletionAndAmortization", *year) == [52_795]
    assert millions(facts, AMZN, "Depreciation", *year) == [32_067]
    # The annual table copied by hand agrees with the filing.
    assert millions(facts, AMZN, "Depreciation", *year, taxonomy="untagged") == [32_067]


def test_balances_of_another_date_do_not_enter(facts):
    # A curated file lists IREN's balances of June 2025 under its quarter of September 2024.
    rows = facts.filter(pl.col("cik") == IREN, pl.col("period_end_on") == date(2024, 9, 30))
    assert rows.filter(pl.col("period_start_on").is_null()).is_empty()


def test_a_repeat_of_a_later_filing_is_left_out(facts):
    # CoreWeave's cash of 2024-12-31 stands in four filings with two values.
    cash = millions(facts, CRWV, "CashAndCashEquivalentsAtCarryingValue", date(2024, 12, 31))
    assert cash == [1361.083, 1361]


def test_figures_read_by_one_person_only_say_so(facts):
    low = facts.filter(pl.col("confidence") == "low")
    assert set(low.select("cik", "concept").iter_rows()) == {
        ("0001819989", "OtherCommitment"),
        # Q1 2025 without Toloka, as the 6-K of May 2026 recasts it.
        (NBIS, "Revenues"),
    }


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="accession"):
        filing_facts.parse(BODY.replace(b"accession", b"filing", 1), HERE)


def test_a_word_where_a_number_belongs_is_an_error():
    before, _, rest = BODY.partition(b",137000000,")
    with pytest.raises(
        ParseError, match=f"^line {before.count(bytes([10])) + 1}: value: 'many' is not of"
    ):
        filing_facts.parse(before + b",many," + rest.replace(b",137000000,", b",more,"), HERE)
