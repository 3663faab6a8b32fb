"""Figures read one by one from documents that no recorded file holds in full.

TABLE is kept by hand: figures our own notes on sources cite, and disclosed operating figures. A
figure known only to some digits says so in `decimals` (-7: to ten millions). `untagged` marks a
figure read from a document's text, named after the us-gaap element where one exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from distil import _filing_copies as copies
from distil._filing_recorded import CIKS, Filings

CIKS_READ = CIKS | {
    "CORZ": "0001839341",
    "EQIX": "0001101239",
    "HUT": "0001964789",
    "WULF": "0001083301",
    "WYFI": "0002042022",
}
# accession: form, filing day. Where a recorded file names the filing, these agree with it.
FILINGS: Filings = copies.FILINGS | {
    "0000002488-26-000123": ("10-Q", date(2026, 8, 5)),
    "0000723125-23-000054": ("10-K", date(2023, 10, 6)),
    "0000723125-24-000027": ("10-K", date(2024, 10, 4)),
    "0000723125-25-000028": ("10-K", date(2025, 10, 3)),
    "0001018724-24-000130": ("10-Q", date(2024, 8, 2)),
    "0001018724-26-000026": ("10-Q", date(2026, 7, 31)),
    "0001045810-26-000021": ("10-K", date(2026, 2, 25)),
    "0001083301-26-000166": ("10-Q", date(2026, 8, 5)),
    "0001101239-26-000147": ("10-Q", date(2026, 7, 29)),
    "0001104659-26-059872": ("6-K", date(2026, 5, 13)),
    "0001144879-25-000069": ("10-Q", date(2025, 10, 9)),
    "0001144879-26-000006": ("10-Q", date(2026, 1, 8)),
    "0001193125-26-323660": ("10-K", date(2026, 7, 29)),
    "0001193125-26-389274": ("10-Q", date(2026, 9, 11)),
    "0001213900-26-088026": ("10-Q", date(2026, 8, 12)),
    "0001326801-25-000017": ("10-K", date(2025, 1, 30)),
    "0001375365-26-000022": ("10-K", date(2026, 8, 31)),
    "0001628280-25-017684": ("10-Q", date(2025, 4, 14)),
    "0001628280-26-050705": ("10-Q", date(2026, 7, 30)),
    "0001652044-25-000014": ("10-K", date(2025, 2, 5)),
    "0001652044-26-000018": ("10-K", date(2026, 2, 5)),
    "0001652044-26-000048": ("10-Q", date(2026, 4, 30)),
    "0001652044-26-000071": ("10-Q", date(2026, 7, 23)),
    "0001730168-26-000080": ("10-Q", date(2026, 9, 10)),
    "0001769628-25-000039": ("8-K", date(2025, 8, 12)),
    "0001769628-25-000041": ("10-Q", date(2025, 8, 13)),
    "0001769628-25-000059": ("8-K", date(2025, 11, 10)),
    "0001769628-26-000104": ("10-K", date(2026, 3, 2)),
    "0001769628-26-000222": ("10-Q", date(2026, 5, 8)),
    "0001769628-26-000366": ("10-Q", date(2026, 8, 12)),
    "0001819989-25-000037": ("10-Q", date(2025, 5, 6)),
    "0001819989-25-000081": ("10-Q", date(2025, 8, 7)),
    "0001819989-25-000112": ("10-Q", date(2025, 11, 3)),
    "0001819989-26-000009": ("10-K", date(2026, 2, 24)),
    "0001839341-26-000014": ("10-Q", date(2026, 7, 28)),
    "0001878848-25-000081": ("10-Q", date(2025, 11, 6)),
    "0001878848-26-000015": ("10-Q", date(2026, 2, 5)),
    "0001878848-26-000026": ("10-Q", date(2026, 5, 8)),
    # The annual report; -000051 of the same day is the 8-K with its press release.
    "0001878848-26-000052": ("10-K", date(2026, 8, 27)),
}
COLUMNS = "ticker accession taxonomy concept unit start end dimensions value decimals confidence"
UNCONDITIONAL = "UnrecordedUnconditionalPurchaseObligationBalanceSheetAmount"
CATEGORY = "us-gaap:UnrecordedUnconditionalPurchaseObligationByCategoryOfItemPurchasedAxis"
MATURES = "LongTermDebtMaturitiesRepaymentsOfPrincipal"
NET_INTEREST = "InterestIncomeExpenseNonoperatingNet"
GROUP = "PropertyPlantAndEquipmentAndFinanceLeaseRightOfUseAsset"
# One figure a line, cells separated by blanks in the order of COLUMNS; - is empty, names in braces
# are the constants above, _ in a number separates digits.
TABLE = """
CRWV 0001769628-25-000041 us-gaap LongTermDebtCurrent USD - 2024-12-31 - 2_468_425_000 -3 high
CRWV 0001769628-25-000041 us-gaap LongTermDebtNoncurrent USD - 2024-12-31 - 5_457_915_000 -3 high
CRWV 0001769628-25-000041 untagged InterestCostsCapitalized USD 2024-04-01 2024-06-30 - 40_687_000 -3 high
CRWV 0001769628-25-000041 untagged InterestCostsCapitalized USD 2024-01-01 2024-06-30 - 72_864_000 -3 high
CRWV 0001769628-25-000041 untagged InterestCostsCapitalized USD 2025-04-01 2025-06-30 - 23_186_000 -3 high
CRWV 0001769628-25-000041 untagged InterestCostsCapitalized USD 2025-01-01 2025-06-30 - 36_278_000 -3 high
CRWV 0001769628-26-000104 untagged ConcentrationRiskPercentage1 pure 2025-01-01 2025-12-31 srt:MajorCustomersAxis=Microsoft;us-gaap:ConcentrationRiskByBenchmarkAxis=us-gaap:SalesRevenueNetMember 0.67 2 medium
CRWV 0001769628-26-000104 us-gaap InterestCostsCapitalized USD 2024-01-01 2024-12-31 - 159_000_000 -6 medium
CRWV 0001769628-26-000104 us-gaap InterestCostsCapitalized USD 2025-01-01 2025-12-31 - 182_000_000 -6 medium
CRWV 0001769628-25-000039 untagged {NET_INTEREST} USD 2024-04-01 2024-06-30 - -66_766_000 -3 medium
CRWV 0001769628-25-000039 untagged {NET_INTEREST} USD 2025-04-01 2025-06-30 - -266_966_000 -3 medium
CRWV 0001769628-25-000059 untagged {NET_INTEREST} USD 2024-07-01 2024-09-30 - -104_375_000 -3 medium
CRWV 0001769628-25-000059 untagged {NET_INTEREST} USD 2025-07-01 2025-09-30 - -310_555_000 -3 medium
CRWV 0001769628-26-000222 us-gaap {NET_INTEREST} USD 2025-01-01 2025-03-31 - -264_000_000 -6 medium
CRWV 0001769628-26-000222 us-gaap {NET_INTEREST} USD 2026-01-01 2026-03-31 - -536_000_000 -6 medium
CRWV 0001769628-26-000366 untagged {NET_INTEREST} USD 2025-01-01 2025-06-30 - -531_000_000 -6 medium
CRWV 0001769628-26-000366 untagged {NET_INTEREST} USD 2025-04-01 2025-06-30 - -267_000_000 -6 medium
CRWV 0001769628-26-000366 untagged {NET_INTEREST} USD 2026-01-01 2026-06-30 - -1_176_000_000 -6 medium
CRWV 0001769628-26-000366 untagged {NET_INTEREST} USD 2026-04-01 2026-06-30 - -640_000_000 -6 medium
CRWV 0001769628-25-000041 untagged {MATURES}RemainderOfFiscalYear USD - 2025-06-30 - 986_052_000 -3 high
CRWV 0001769628-25-000041 untagged {MATURES}InNextTwelveMonths USD - 2025-06-30 - 4_218_457_000 -3 high
CRWV 0001769628-25-000041 untagged {MATURES}InYearTwo USD - 2025-06-30 - 2_833_142_000 -3 high
CRWV 0001769628-25-000041 untagged {MATURES}InYearThree USD - 2025-06-30 - 1_010_054_000 -3 high
CRWV 0001769628-25-000041 untagged {MATURES}InYearFour USD - 2025-06-30 - 123_780_000 -3 high
CRWV 0001769628-25-000041 untagged {MATURES}AfterYearFive USD - 2025-06-30 - 2_000_000_000 -3 high
CRWV 0001769628-26-000222 untagged LeasesNotYetCommenced USD - 2026-03-31 - 40_700_000_000 -8 medium
CRWV 0001769628-26-000366 untagged LeasesNotYetCommenced USD - 2026-06-30 - 35_500_000_000 -8 medium
CRWV 0001769628-26-000366 crwv RecourseDebtCurrent USD - 2026-06-30 - 6_235_000_000 -6 high
CRWV 0001769628-26-000366 crwv NonRecourseDebtCurrent USD - 2026-06-30 - 1_278_000_000 -6 high
CRWV 0001769628-26-000366 untagged RecourseDebt USD - 2026-06-30 - 31_405_000_000 -6 medium
CRWV 0001769628-26-000366 untagged NonRecourseDebt USD - 2026-06-30 - 3_663_000_000 -6 medium
CRWV 0001769628-26-000366 us-gaap RevenueRemainingPerformanceObligation USD - 2026-06-30 - 103_700_000_000 -8 high
NBIS 0001104659-26-059872 untagged Revenues USD 2025-01-01 2025-03-31 - 50_900_000 -5 low
CIFR 0001819989-25-000112 us-gaap OtherCommitment USD - 2025-09-30 - 326_400_000 -5 medium
CIFR 0001819989-26-000009 us-gaap OtherCommitment USD - 2025-12-31 - 713_500_000 -5 low
IREN 0001878848-25-000081 us-gaap OtherCommitmentDueInNextTwelveMonths USD - 2025-09-30 - 1_083_800_000 -5 medium
IREN 0001878848-25-000081 us-gaap {UNCONDITIONAL} USD - 2025-09-30 - 198_000_000 -6 medium
IREN 0001878848-26-000015 us-gaap OtherCommitmentDueInNextTwelveMonths USD - 2025-12-31 - 8_748_100_000 -5 medium
IREN 0001878848-26-000015 us-gaap RevenueRemainingPerformanceObligation USD - 2025-12-31 - 289_411_000 -3 medium
IREN 0001878848-26-000026 us-gaap OtherCommitmentDueInNextTwelveMonths USD - 2026-03-31 - 11_899_100_000 -5 medium
IREN 0001878848-26-000052 us-gaap OtherCommitmentDueInNextTwelveMonths USD - 2026-06-30 - 13_611_000_000 -5 medium
IREN 0001878848-26-000052 iren OtherCommitmentToBePaidAfterTwelveMonths USD - 2026-06-30 - 199_000_000 -5 medium
APLD 0001144879-25-000069 us-gaap {UNCONDITIONAL} USD - 2025-08-31 - 16_600_000 -5 medium
WULF 0001083301-26-000166 us-gaap {UNCONDITIONAL} USD - 2026-06-30 - 90_000_000 -6 medium
WULF 0001083301-26-000166 untagged PaymentsToAcquirePropertyPlantAndEquipment USD 2026-01-01 2026-06-30 - 1_378_514_000 -3 medium
CORZ 0001839341-26-000014 us-gaap {UNCONDITIONAL} USD - 2026-06-30 - 3_100_000_000 -8 medium
HUT 0001104659-26-090025 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2026-01-01 2026-06-30 - 616_182_000 -3 medium
HUT 0001558370-24-011968 us-gaap PurchaseObligation USD - 2023-10-31 - 40_000_000 -6 medium
WYFI 0001213900-26-088026 us-gaap ContractualObligation USD - 2024-06-30 - 2_000_000 -6 medium
NVDA 0001045810-26-000021 untagged SupplyCommitments USD - 2026-01-25 - 95_200_000_000 -8 medium
NVDA 0001045810-26-000021 untagged CloudServiceCommitments USD - 2026-01-25 - 27_000_000_000 -9 medium
AVGO 0001730168-26-000080 us-gaap {UNCONDITIONAL} USD - 2026-08-02 - 126_820_000_000 -7 medium
AMD 0000002488-26-000123 us-gaap {UNCONDITIONAL} USD - 2026-06-27 - 30_280_000_000 -7 medium
MU 0000723125-23-000054 us-gaap {UNCONDITIONAL} USD - 2023-08-31 - 6_700_000_000 -8 medium
MU 0000723125-24-000027 us-gaap {UNCONDITIONAL} USD - 2024-08-29 {CATEGORY}=mu:GoodsServicesAndCapitalAdditionsMember 6_700_000_000 -8 medium
MU 0000723125-25-000028 us-gaap {UNCONDITIONAL} USD - 2025-08-28 {CATEGORY}=mu:GoodsServicesAndCapitalAdditionsMember 5_500_000_000 -8 medium
SMCI 0001375365-26-000022 us-gaap PurchaseObligation USD - 2026-06-30 - 34_200_000_000 -7 medium
ORCL 0001193125-26-389274 us-gaap {UNCONDITIONAL} USD - 2026-08-31 - 34_150_000_000 -7 medium
ORCL 0001193125-26-389274 untagged NotesPayableAndOtherBorrowingsCurrent USD - 2026-08-31 - 7_625_000_000 -6 medium
ORCL 0001193125-26-389274 untagged NotesPayableAndOtherBorrowingsNoncurrent USD - 2026-08-31 - 117_712_000_000 -6 medium
AMZN 0001018724-24-000130 us-gaap {UNCONDITIONAL} USD - 2024-06-30 - 32_410_000_000 -7 medium
AMZN 0001018724-26-000026 us-gaap {UNCONDITIONAL} USD - 2026-06-30 {CATEGORY}=amzn:LongTermAgreementsToAcquireAndLicenseDigitalMediaContentProcureEnergyAndLicenseSoftwareMember 130_065_000_000 -6 medium
AMZN 0001018724-26-000026 us-gaap {UNCONDITIONAL} USD - 2026-06-30 {CATEGORY}=amzn:OperatingAndFinanceLeasesLeaseNotYetCommencedMember 137_214_000_000 -6 medium
META 0001326801-25-000017 us-gaap LongTermDebt USD - 2024-12-31 - 28_826_000_000 -6 high
META 0001326801-25-000017 us-gaap DebtInstrumentCarryingAmount USD - 2024-12-31 - 29_000_000_000 -6 high
META 0001326801-25-000017 us-gaap {UNCONDITIONAL} USD - 2024-12-31 - 34_120_000_000 -7 high
META 0001326801-25-000017 us-gaap Depreciation USD 2024-01-01 2024-12-31 - 15_290_000_000 -6 high
META 0001326801-25-000017 us-gaap DepreciationDepletionAndAmortization USD 2024-01-01 2024-12-31 - 15_498_000_000 -6 high
META 0001326801-25-000017 us-gaap InterestExpenseNonoperating USD 2024-01-01 2024-12-31 - 715_000_000 -6 high
META 0001326801-25-000017 us-gaap InterestExpenseDebt USD 2024-01-01 2024-12-31 - 683_000_000 -6 high
META 0001326801-25-000017 us-gaap {GROUP}AfterAccumulatedDepreciationAndAmortization USD - 2024-12-31 - 121_346_000_000 -6 high
META 0001326801-25-000017 us-gaap {GROUP}BeforeAccumulatedDepreciationAndAmortization USD - 2024-12-31 - 164_663_000_000 -6 high
META 0001628280-26-050705 us-gaap ContractualObligation USD - 2026-06-30 - 349_310_000_000 -7 medium
GOOGL 0001652044-25-000014 us-gaap LongTermDebt USD - 2024-12-31 - 12_000_000_000 -6 high
GOOGL 0001652044-25-000014 us-gaap LongTermDebtAndCapitalLeaseObligations USD - 2024-12-31 - 10_883_000_000 -6 high
GOOGL 0001652044-25-000014 us-gaap CommercialPaper USD - 2024-12-31 - 2_300_000_000 -8 high
GOOGL 0001652044-25-000014 goog LesseeLeaseNotYetCommencedCurrentAmount USD - 2024-12-31 - 773_000_000 -6 medium
GOOGL 0001652044-25-000014 goog LesseeLeaseNotYetCommencedNoncurrentAmount USD - 2024-12-31 - 6_500_000_000 -8 medium
GOOGL 0001652044-26-000018 us-gaap PurchaseObligation USD - 2025-12-31 - 7_700_000_000 -8 medium
GOOGL 0001652044-26-000048 us-gaap LongTermPurchaseCommitmentAmount USD - 2026-03-31 - 232_700_000_000 -8 high
GOOGL 0001652044-26-000048 us-gaap {UNCONDITIONAL} USD - 2026-03-31 - 75_600_000_000 -8 high
GOOGL 0001652044-26-000048 us-gaap RevenueRemainingPerformanceObligation USD - 2026-03-31 - 467_600_000_000 -8 high
GOOGL 0001652044-26-000048 us-gaap {GROUP}AfterAccumulatedDepreciationAndAmortization USD - 2026-03-31 - 281_020_000_000 -6 high
GOOGL 0001652044-26-000048 us-gaap CapitalExpendituresIncurredButNotYetPaid USD 2026-01-01 2026-03-31 - 24_131_000_000 -6 high
GOOGL 0001652044-26-000048 us-gaap InterestCostsCapitalized USD 2026-01-01 2026-03-31 - 265_000_000 -6 high
GOOGL 0001652044-26-000071 us-gaap LongTermPurchaseCommitmentAmount USD - 2026-06-30 - 707_000_000_000 -8 medium
GOOGL 0001652044-26-000071 us-gaap RevenueRemainingPerformanceObligation USD - 2026-06-30 - 519_500_000_000 -8 high
MSFT 0001193125-26-323660 us-gaap RevenueRemainingPerformanceObligation USD - 2026-06-30 - 684_000_000_000 -9 high
MSFT 0001193125-26-323660 untagged LeasesNotYetCommenced USD - 2026-06-30 - 329_100_000_000 -8 medium
MSFT 0001193125-26-323660 untagged PurchaseCommitments USD - 2026-06-30 - 194_060_000_000 -7 medium
EQIX 0001101239-26-000147 us-gaap {UNCONDITIONAL} USD - 2026-06-30 - 708_000_000 -6 medium
"""  # noqa: E501 - a table reads by line
# Disclosed operating figures: concept, unit, factor, whether a quarter's flow. Guidance and targets
# are left out: they are no figures of a period.
DISCLOSED = {
    "active_power_mw": ("ActivePower", "MW", 1, False),
    "adjusted_ebitda_usd_m": ("AdjustedEbitda", "USD", 1_000_000, True),
    "ai_cloud_revenue_usd_m": ("AiCloudRevenue", "USD", 1_000_000, True),
    "arr_usd_m": ("AnnualRunRateRevenue", "USD", 1_000_000, False),
    "capex_usd_m": ("PaymentsToAcquirePropertyPlantAndEquipment", "USD", 1_000_000, True),
    "cash_usd_m": ("CashAndCashEquivalentsAtCarryingValue", "USD", 1_000_000, False),
    "contracted_power_gw": ("ContractedPower", "GW", 1, False),
    "data_centers": ("DataCenters", "count", 1, False),
    "debt_current_usd_m": ("DebtCurrent", "USD", 1_000_000, False),
    "debt_non_current_usd_m": ("LongTermDebtNoncurrent", "USD", 1_000_000, False),
    "deferred_revenue_current_usd_m": (
        "ContractWithCustomerLiabilityCurrent",
        "USD",
        1_000_000,
        False,
    ),
    "deferred_revenue_non_current_usd_m": (
        "ContractWithCustomerLiabilityNoncurrent",
        "USD",
        1_000_000,
        False,
    ),
    "gpus_installed": ("GpusInstalled", "count", 1, False),
    "operating_cash_flow_usd_m": (
        "NetCashProvidedByUsedInOperatingActivities",
        "USD",
        1_000_000,
        True,
    ),
    "revenue_backlog_usd_bn": ("RevenueBacklog", "USD", 1_000_000_000, False),
    "revenue_usd_m": ("Revenues", "USD", 1_000_000, True),
    "rpo_usd_bn": ("RevenueRemainingPerformanceObligation", "USD", 1_000_000_000, False),
}
# A record that dates a figure wrongly: accession, kpi and period as recorded, and the right one.
# The release of May 2025 prints the year-ago quarter beside the new one: 11.4 million is the first
# quarter of 2024. The fourth was 37.9 (release of 2025-02-20, whose accession is not held).
REDATED = {("0001104659-25-050975", "revenue_usd_m", "2024Q4"): "2024Q1"}
# Years of a maturity table in the 10-Q for 2026-06-30: the rest of 2026, 2027 .. 2030, later.
DUE = {
    "2026": "RemainderOfFiscalYear",
    "2027": "InNextTwelveMonths",
    "2028": "InYearTwo",
    "2029": "InYearThree",
    "2030": "InYearFour",
    "2031": "AfterYearFive",
}


def read() -> Iterator[dict[str, Any]]:
    """The rows of both tables."""
    constants = {
        "UNCONDITIONAL": UNCONDITIONAL,
        "CATEGORY": CATEGORY,
        "MATURES": MATURES,
        "GROUP": GROUP,
        "NET_INTEREST": NET_INTEREST,
    }
    for line in (TABLE.strip() + copies.TABLE).strip().splitlines():
        cells = line.format_map(constants).split(" ")
        row = {k: None if v == "-" else v for k, v in zip(COLUMNS.split(), cells, strict=True)}
        form, filed_on = FILINGS[str(row["accession"])]
        yield {
            "cik": CIKS_READ[str(row["ticker"])],
            "accession": row["accession"],
            "form": form,
            "filed_on": filed_on,
            "taxonomy": row["taxonomy"],
            "concept": row["concept"],
            "unit": row["unit"],
            "period_start_on": date.fromisoformat(row["start"]) if row["start"] else None,
            "period_end_on": date.fromisoformat(str(row["end"])),
            "dimensions": row["dimensions"] or "",
            "value": float(str(row["value"])),
            "decimals": int(str(row["decimals"])),
            "confidence": row["confidence"],
        }


def disclosed(path: Path, ticker: str) -> Iterator[dict[str, Any]]:
    """Disclosed figures with accession and address; decimals are the digits printed.

    Left out: guidance and targets, and a zero that stands for a line the document does not have.
    """
    for row in pl.read_csv(path, infer_schema=False).to_dicts():
        kpi, period = row["kpi"], row["period"]
        period = REDATED.get((row["accession"], kpi, period), period)
        if row["qualifier"] == "not reported":
            continue
        if kpi == "debt_principal_due_usd_m":
            concept, unit, factor, flow = MATURES + DUE[period], "USD", 1_000_000, False
            end = date(2026, 6, 30)
        elif kpi == "debt_principal_usd_m":
            continue  # tagged, and recorded exactly
        elif kpi in DISCLOSED:
            concept, unit, factor, flow = DISCLOSED[kpi]
            end = _quarter_end(period)
        else:
            continue
        zeros = len(str(factor)) - 1 if unit == "USD" else 0
        shown = len(row["value"].partition(".")[2])
        yield {
            "cik": CIKS_READ[ticker],
            "accession": row["accession"],
            "form": row["form"].partition(" ")[0],
            "filed_on": date.fromisoformat(row["filed"]),
            "taxonomy": "untagged",
            "concept": concept,
            "unit": unit,
            "period_start_on": end.replace(month=end.month - 2, day=1) if flow else None,
            "period_end_on": end,
            "value": round(float(row["value"]) * factor, 3),
            "decimals": shown - zeros,
            "source_url": row["url"],
            "confidence": "medium",
        }


def _quarter_end(period: str) -> date:
    year, quarter = int(period[:4]), int(period[5])
    return date(year, 3 * quarter, {1: 31, 2: 30, 3: 30, 4: 31}[quarter])
