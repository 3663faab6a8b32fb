"""Figures of Hut 8 and TeraWulf read one by one, in the columns of `_filing_read`.

Hut 8's stand in a public copy of the SEC's companyfacts, whose page shows depreciation and
amortization without the name of its element. TeraWulf's are the balance sheet of its report for
June 2026, which tags debt with a dimension.
"""

from __future__ import annotations

from datetime import date

FILINGS = {
    "0001558370-24-008203": ("10-Q", date(2024, 5, 15)),
    "0001558370-24-011968": ("10-Q", date(2024, 8, 13)),
    "0001558370-24-015423": ("10-Q", date(2024, 11, 13)),
    "0001558370-25-001996": ("10-K", date(2025, 3, 3)),
    "0001558370-25-006845": ("10-Q", date(2025, 5, 8)),
    "0001558370-25-010631": ("10-Q", date(2025, 8, 7)),
    "0001104659-25-105874": ("10-Q", date(2025, 11, 4)),
    "0001104659-26-019392": ("10-K", date(2026, 2, 25)),
    "0001104659-26-055891": ("10-Q", date(2026, 5, 6)),
    "0001104659-26-090025": ("10-Q", date(2026, 8, 4)),
}
TABLE = """
HUT 0001558370-24-008203 us-gaap OperatingIncomeLoss USD 2024-01-01 2024-03-31 - 266_887_000 -3 medium
HUT 0001558370-24-011968 us-gaap OperatingIncomeLoss USD 2024-01-01 2024-06-30 - 180_194_000 -3 medium
HUT 0001558370-24-011968 us-gaap OperatingIncomeLoss USD 2024-04-01 2024-06-30 - -86_693_000 -3 medium
HUT 0001558370-24-015423 us-gaap OperatingIncomeLoss USD 2024-01-01 2024-09-30 - 178_625_000 -3 medium
HUT 0001558370-24-015423 us-gaap OperatingIncomeLoss USD 2024-07-01 2024-09-30 - -1_569_000 -3 medium
HUT 0001558370-25-001996 us-gaap OperatingIncomeLoss USD 2024-01-01 2024-12-31 - 460_539_000 -3 medium
HUT 0001558370-25-006845 us-gaap OperatingIncomeLoss USD 2025-01-01 2025-03-31 - -147_650_000 -3 medium
HUT 0001558370-25-010631 us-gaap OperatingIncomeLoss USD 2025-01-01 2025-06-30 - 40_209_000 -3 medium
HUT 0001558370-25-010631 us-gaap OperatingIncomeLoss USD 2025-04-01 2025-06-30 - 187_859_000 -3 medium
HUT 0001104659-25-105874 us-gaap OperatingIncomeLoss USD 2025-01-01 2025-09-30 - 112_864_000 -3 medium
HUT 0001104659-25-105874 us-gaap OperatingIncomeLoss USD 2025-07-01 2025-09-30 - 72_655_000 -3 medium
HUT 0001104659-26-019392 us-gaap OperatingIncomeLoss USD 2025-01-01 2025-12-31 - -321_994_000 -3 medium
HUT 0001104659-26-055891 us-gaap OperatingIncomeLoss USD 2026-01-01 2026-03-31 - -370_370_000 -3 medium
HUT 0001104659-26-090025 us-gaap OperatingIncomeLoss USD 2026-01-01 2026-06-30 - -576_700_000 -3 medium
HUT 0001104659-26-090025 us-gaap OperatingIncomeLoss USD 2026-04-01 2026-06-30 - -206_330_000 -3 medium
HUT 0001558370-24-008203 untagged DepreciationDepletionAndAmortization USD 2024-01-01 2024-03-31 - 11_472_000 -3 medium
HUT 0001558370-24-011968 untagged DepreciationDepletionAndAmortization USD 2024-01-01 2024-06-30 - 23_003_000 -3 medium
HUT 0001558370-24-011968 untagged DepreciationDepletionAndAmortization USD 2024-04-01 2024-06-30 - 11_531_000 -3 medium
HUT 0001558370-24-015423 untagged DepreciationDepletionAndAmortization USD 2024-01-01 2024-09-30 - 33_465_000 -3 medium
HUT 0001558370-24-015423 untagged DepreciationDepletionAndAmortization USD 2024-07-01 2024-09-30 - 10_462_000 -3 medium
HUT 0001558370-25-001996 untagged DepreciationDepletionAndAmortization USD 2024-01-01 2024-12-31 - 47_773_000 -3 medium
HUT 0001558370-25-006845 untagged DepreciationDepletionAndAmortization USD 2025-01-01 2025-03-31 - 14_899_000 -3 medium
HUT 0001558370-25-010631 untagged DepreciationDepletionAndAmortization USD 2025-01-01 2025-06-30 - 34_357_000 -3 medium
HUT 0001558370-25-010631 untagged DepreciationDepletionAndAmortization USD 2025-04-01 2025-06-30 - 19_458_000 -3 medium
HUT 0001104659-25-105874 untagged DepreciationDepletionAndAmortization USD 2025-01-01 2025-09-30 - 62_152_000 -3 medium
HUT 0001104659-25-105874 untagged DepreciationDepletionAndAmortization USD 2025-07-01 2025-09-30 - 27_795_000 -3 medium
HUT 0001104659-26-019392 untagged DepreciationDepletionAndAmortization USD 2025-01-01 2025-12-31 - 101_901_000 -3 medium
HUT 0001104659-26-055891 untagged DepreciationDepletionAndAmortization USD 2026-01-01 2026-03-31 - 38_442_000 -3 medium
HUT 0001104659-26-090025 untagged DepreciationDepletionAndAmortization USD 2026-01-01 2026-06-30 - 78_169_000 -3 medium
HUT 0001104659-26-090025 untagged DepreciationDepletionAndAmortization USD 2026-04-01 2026-06-30 - 39_727_000 -3 medium
HUT 0001558370-24-008203 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2024-01-01 2024-03-31 - 13_470_000 -3 medium
HUT 0001558370-24-011968 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2024-01-01 2024-06-30 - 17_029_000 -3 medium
HUT 0001558370-25-001996 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2024-01-01 2024-12-31 - 123_991_000 -3 medium
HUT 0001558370-25-006845 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2025-01-01 2025-03-31 - 63_336_000 -3 medium
HUT 0001558370-25-010631 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2025-01-01 2025-06-30 - 108_699_000 -3 medium
HUT 0001104659-25-105874 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2025-01-01 2025-09-30 - 147_898_000 -3 medium
HUT 0001104659-26-019392 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2025-01-01 2025-12-31 - 202_928_000 -3 medium
HUT 0001104659-26-055891 us-gaap PaymentsToAcquireMachineryAndEquipment USD 2026-01-01 2026-03-31 - 36_617_000 -3 medium
HUT 0001558370-24-008203 us-gaap OperatingLeaseLiability USD - 2024-03-31 - 14_404_000 -3 medium
HUT 0001558370-24-011968 us-gaap OperatingLeaseLiability USD - 2024-06-30 - 13_805_000 -3 medium
HUT 0001558370-24-015423 us-gaap OperatingLeaseLiability USD - 2024-09-30 - 21_435_000 -3 medium
HUT 0001558370-25-001996 us-gaap OperatingLeaseLiability USD - 2024-12-31 - 21_364_000 -3 medium
HUT 0001558370-25-006845 us-gaap OperatingLeaseLiability USD - 2025-03-31 - 20_945_000 -3 medium
HUT 0001558370-25-010631 us-gaap OperatingLeaseLiability USD - 2025-06-30 - 20_816_000 -3 medium
HUT 0001104659-25-105874 us-gaap OperatingLeaseLiability USD - 2025-09-30 - 19_743_000 -3 medium
HUT 0001104659-26-019392 us-gaap OperatingLeaseLiability USD - 2025-12-31 - 19_170_000 -3 medium
HUT 0001104659-26-055891 us-gaap OperatingLeaseLiability USD - 2026-03-31 - 18_161_000 -3 medium
HUT 0001104659-26-090025 us-gaap OperatingLeaseLiability USD - 2026-06-30 - 30_402_000 -3 medium
WULF 0001083301-26-000166 untagged LongTermDebtCurrent USD - 2025-12-31 - 46_316_000 -3 medium
WULF 0001083301-26-000166 untagged LongTermDebtCurrent USD - 2026-06-30 - 90_718_000 -3 medium
WULF 0001083301-26-000166 untagged ConvertibleNotesPayableCurrent USD - 2025-12-31 - 489_767_000 -3 medium
WULF 0001083301-26-000166 untagged ConvertibleNotesPayableCurrent USD - 2026-06-30 - 1_101_976_000 -3 medium
WULF 0001083301-26-000166 untagged LongTermDebtNoncurrent USD - 2025-12-31 - 3_052_240_000 -3 medium
WULF 0001083301-26-000166 untagged LongTermDebtNoncurrent USD - 2026-06-30 - 3_019_335_000 -3 medium
WULF 0001083301-26-000166 untagged ConvertibleLongTermNotesPayable USD - 2025-12-31 - 1_582_788_000 -3 medium
WULF 0001083301-26-000166 untagged ConvertibleLongTermNotesPayable USD - 2026-06-30 - 1_001_083_000 -3 medium
WULF 0001083301-26-000166 us-gaap Assets USD - 2025-12-31 - 6_558_182_000 -3 medium
WULF 0001083301-26-000166 us-gaap Assets USD - 2026-06-30 - 8_048_395_000 -3 medium
WULF 0001083301-26-000166 us-gaap Liabilities USD - 2025-12-31 - 6_417_737_000 -3 medium
WULF 0001083301-26-000166 us-gaap Liabilities USD - 2026-06-30 - 7_900_867_000 -3 medium
WULF 0001083301-26-000166 us-gaap FinanceLeaseLiabilityCurrent USD - 2025-12-31 - 2_000 -3 medium
WULF 0001083301-26-000166 us-gaap FinanceLeaseLiabilityCurrent USD - 2026-06-30 - 2_000 -3 medium
WULF 0001083301-26-000166 us-gaap FinanceLeaseLiabilityNoncurrent USD - 2025-12-31 - 289_000 -3 medium
WULF 0001083301-26-000166 us-gaap FinanceLeaseLiabilityNoncurrent USD - 2026-06-30 - 288_000 -3 medium
"""  # noqa: E501 - a table reads by line
