"""Figures that contradict the filing they stand in: a filer's slip, not a restatement.

Whoever takes the newest vintage takes the slip: Intel's 10-Q of August 2024 has the six months of
2023 under the dates of 2022, and 33,674 million of revenue became 24,664.
"""

import polars as pl

REASON = "contradicts_own_filing"
# One landing may read several captures, and each speaks for itself: `capture_number`.
FIGURE = ["capture_number", "cik", "taxonomy", "concept", "unit", "dimensions"]
PERIOD = ["period_start_on", "period_end_on"]
# A total and its two parts on one day. Elements that filers use for a part, such as Tesla's
# LongTermDebt, are not here: recipes know them.
PARTS = {
    "ContractWithCustomerLiability": (
        "ContractWithCustomerLiabilityCurrent",
        "ContractWithCustomerLiabilityNoncurrent",
    ),
    "DeferredRevenue": ("DeferredRevenueCurrent", "DeferredRevenueNoncurrent"),
    "FinanceLeaseLiability": ("FinanceLeaseLiabilityCurrent", "FinanceLeaseLiabilityNoncurrent"),
    "OperatingLeaseLiability": (
        "OperatingLeaseLiabilityCurrent",
        "OperatingLeaseLiabilityNoncurrent",
    ),
}
# Payments for property cannot be below zero; those net of something received can.
PAYMENTS = (
    "PaymentsToAcquirePropertyPlantAndEquipment",
    "PaymentsToAcquireProductiveAssets",
    "PaymentsToAcquireMachineryAndEquipment",
    "PurchaseOfPropertyPlantAndEquipmentClassifiedAsInvestingActivities",
)
# Digits two figures must share to be one figure twice: 1,000 and 1,000 may be chance.
DIGITS = 1_000
# What companyfacts does not say, the digits do: Marvell's 500,000 beside 568,000 is its rounding.
ROUND_TO = (1e6, 1e5, 1e4, 1e3, 1e2, 1e1)
MONEY = "^[A-Z]{3}$"
NEAR = 0.005
LEAST_APART = 0.01


def contradictions(facts: pl.DataFrame) -> pl.Series:
    """Whether each figure contradicts its own filing.

    - A total below its current and non-current part of the same filing and day. Where it is their
      sum on no day of that filing the element stands for a part there, and all of it is set aside.
    - A later figure that is, to the digit, what was filed before for another period of that length.
    - A later longer period that is not its quarter, as the same filing has it, and the rest in any
      version of it, while the earlier figure is. Amounts of money only: what is per share or a
      number of shares does not add up (Apple's earnings per share of 2020, split four for one).
    - A figure a thousand or a million times another filing's, the one that is out of line with the
      other periods of its element, or else the later.
    - A payment for property below zero.

    Args:
        facts: `accession`, `filed_on`, FIGURE, PERIOD, `value`, `decimals`.
    """
    if "capture_number" not in facts.columns:
        facts = facts.with_columns(capture_number=pl.lit(0, pl.Int64))
    rows = facts.with_row_index("row").with_columns(
        days=(pl.col("period_end_on") - pl.col("period_start_on")).dt.total_days() + 1,
        rounding=pl.coalesce(
            pl.lit(10.0).pow(-pl.col("decimals")),
            *(pl.when(pl.col("value") % unit == 0).then(unit) for unit in ROUND_TO),
            1.0,
        ),
    )
    pairs = _pairs(rows)
    found = [
        _below_parts(rows),
        _of_another_period(rows, pairs),
        _not_the_sum(rows, pairs),
        _scaled(rows, pairs),
        rows.filter(pl.col("concept").is_in(PAYMENTS) & (pl.col("value") < 0))["row"],
    ]
    return rows["row"].is_in(pl.concat(found).unique().implode()).rename(REASON)


def _pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """A figure (`row`) beside the first one filed of the same period, where they differ."""
    order = rows.sort("filed_on", "accession", "row")
    first = pl.col("row", "value", "accession").first().over([*FIGURE, *PERIOD])
    return order.with_columns(first.name.prefix("first_")).filter(
        pl.col("accession") != pl.col("first_accession"),
        (pl.col("value") - pl.col("first_value")).abs()
        > pl.max_horizontal(
            pl.col("rounding"), LEAST_APART * pl.col("first_value").abs(), pl.lit(1.0)
        ),
    )


def _below_parts(rows: pl.DataFrame) -> pl.Series:
    day = ["capture_number", "cik", "accession", "taxonomy", "unit", "dimensions", "period_end_on"]
    instants = rows.filter(pl.col("period_start_on").is_null())
    bad = []
    whole = []
    for total, parts in PARTS.items():
        sums = (
            instants.filter(pl.col("concept").is_in(parts))
            .group_by(day)
            .agg(parts=pl.col("value").sum(), coarse=pl.col("rounding").max())
        )
        held = (
            instants.filter(pl.col("concept") == total)
            .join(sums, on=day)
            .with_columns(
                short=pl.col("parts") - pl.col("value"),
                near=2 * pl.max_horizontal("coarse", "rounding"),
            )
        )
        bad.append(held.filter(pl.col("short") > pl.col("near")))
        whole.append(held.filter(pl.col("short").abs() <= pl.col("near")))
    below, sound = pl.concat(bad), pl.concat(whole)
    where = ["capture_number", "accession", "dimensions", "concept"]
    part = below.join(sound, on=where, how="anti").select(where).unique()
    others = instants.join(part, on=where, how="semi")["row"]
    return pl.concat([below["row"], others]).unique()


def _of_another_period(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    told = rows.select(
        *FIGURE,
        "value",
        other_days="days",
        other_end_on="period_end_on",
        other_filed_on="filed_on",
        other_accession="accession",
    )
    digits = pl.col("value").abs() >= DIGITS * pl.col("rounding")
    return (
        pairs.filter(digits, pl.col("days").is_not_null())
        .join(told, on=[*FIGURE, "value"])
        .filter(
            (pl.col("days") - pl.col("other_days")).abs() <= 10,
            (pl.col("period_end_on") - pl.col("other_end_on")).dt.total_days().abs() >= 80,
            pl.col("other_filed_on") < pl.col("filed_on"),
        )["row"]
        .unique()
    )


def _not_the_sum(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    flows = rows.drop_nulls("period_start_on")
    quarters = flows.filter(pl.col("days").is_between(80, 100)).select(
        *FIGURE,
        "accession",
        "period_end_on",
        quarter="value",
        rest_end_on=pl.col("period_start_on") - pl.duration(days=1),
    )
    rest = flows.select(
        *FIGURE,
        "period_start_on",
        rest="value",
        rest_end_on="period_end_on",
        rest_rounding="rounding",
    )
    near = 2 * pl.max_horizontal("rounding", "rest_rounding")
    whole = pl.col("quarter") + pl.col("rest")
    return (
        pairs.filter(pl.col("days") > 100, pl.col("unit").str.contains(MONEY))
        .join(quarters, on=[*FIGURE, "accession", "period_end_on"])
        .join(rest, on=[*FIGURE, "period_start_on", "rest_end_on"])
        .group_by("row")
        .agg(
            first=((whole - pl.col("first_value")).abs() <= near).any(),
            later=((whole - pl.col("value")).abs() <= near).any(),
        )
        .filter(pl.col("first") & ~pl.col("later"))["row"]
    )


def _scaled(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    size = (pl.col("value") / pl.col("first_value")).abs().log10()
    off = pl.any_horizontal((size.abs() - power).abs() < NEAR for power in (3, 6))
    usual = (
        rows.filter(pl.col("value") != 0)
        .group_by(FIGURE)
        .agg(usual=pl.col("value").abs().log10().median(), told=pl.struct(PERIOD).n_unique())
    )
    wrong = (
        pairs.filter((pl.col("value") != 0) & (pl.col("first_value") != 0))
        .filter(off)
        .join(usual, on=FIGURE)
        .with_columns(
            first_is_off=(pl.col("told") > 2)
            & (
                (pl.col("first_value").abs().log10() - pl.col("usual")).abs()
                > (pl.col("value").abs().log10() - pl.col("usual")).abs() + 1
            )
        )
    )
    return wrong.select(
        row=pl.when("first_is_off").then(pl.col("first_row")).otherwise(pl.col("row"))
    )["row"].unique()
