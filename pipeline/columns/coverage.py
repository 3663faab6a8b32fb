"""Columns of collateral, coverage and stress of a facility."""

import polars as pl

from pipeline.columns.column import Column, choice, count, day, flag, number, text

MONEY = "USD"

COLUMNS: dict[str, Column] = {
    # Collateral.
    "lot_number": Column(pl.Int64(), "Number of the lot, in the order of its draws."),
    "funded_on": day("Day the lot counts as drawn: the middle of the days it can be of."),
    "funded_from_on": day("Earliest day of the draw: the balance before, or the closing."),
    "funded_to_on": day("Latest day of the draw: the balance that shows it or the end of draws."),
    "funded_usd": number(MONEY, "Debt drawn for the lot."),
    "lot_cost_usd": number(MONEY, "Cost of what the lot paid for: the draw over the advance rate."),
    "cost_bound": choice(
        "What the cost of the row is: the least there can be (lower) or an estimate.",
        "lower",
        "estimate",
    ),
    "depreciated_cost_usd": number(MONEY, "That cost, written down over the agreed life."),
    "low_depreciated_cost_usd": number(MONEY, "The same if drawn on the earliest day it can be."),
    "high_depreciated_cost_usd": number(MONEY, "The same if drawn on the latest day it can be."),
    "gpu_fraction": number("fraction", "Part of the cost that is accelerators and their servers."),
    "gpu_estimate": number("GPUs", "Accelerators the cost would buy at today's price of new ones."),
    "other_value_usd": number(MONEY, "Value of the part that is not accelerators."),
    "market_value_usd": number(
        MONEY, "Value of the collateral, accelerators on the income clock at the market rent."
    ),
    "market_value_pct_of_cost": number("%", "That value over what the collateral cost."),
    "low_market_value_usd": number(MONEY, "The value at the bad end of the inputs' ranges."),
    "high_market_value_usd": number(MONEY, "The value at the good end of the inputs' ranges."),
    "resale_value_usd": number(MONEY, "Value with accelerators at executed resale prices."),
    "earned_usd": number(MONEY, "Rent kept over the machines' remaining use, discounted."),
    "spent_usd": number(MONEY, "Cash cost over the machines' remaining use, discounted."),
    "annual_rent_kept_usd": number(MONEY, "Rent kept in a year at the market rent."),
    "annual_cash_cost_usd": number(MONEY, "Cash cost of running the machines for a year."),
    "valued_on": day("Month end of the rent or resale price used."),
    # Coverage.
    "lot_count": count("Lots behind the collateral."),
    "collateral_cost_usd": number(MONEY, "Cost of all lots."),
    "collateral_age_years": number("years", "Age of the collateral, weighted by cost."),
    "borrowing_base_usd": number(MONEY, "Most debt the agreement allows on the day."),
    "base_headroom_usd": number(MONEY, "Borrowing base less debt; null where it cannot be told."),
    "headroom_missing_reason": text("Why there is no headroom; null where there is."),
    "ltv_contract_pct": number("%", "Debt over cost written down over the agreed life."),
    "ltv_contract_bound": choice(
        "What the contract LTV is: the most there can be, since cost is the least (upper), or an "
        "estimate, since a rate or balance is assumed.",
        "upper",
        "estimate",
    ),
    "low_ltv_contract_pct": number("%", "The same if all was drawn as late as it can have been."),
    "high_ltv_contract_pct": number("%", "The same if all was drawn as early as it can have been."),
    "ltv_market_pct": number("%", "Debt over market value."),
    "low_ltv_market_pct": number("%", "Debt over the good end of market value."),
    "high_ltv_market_pct": number("%", "Debt over the bad end of market value."),
    "ltv_resale_pct": number("%", "Debt over value at executed resale prices."),
    "blind_gap_pct": number(
        "%", "Market LTV less contract LTV, in points: what the contract does not see."
    ),
    "sofr_pct": number("%", "SOFR of the day, or of the last business day within a week."),
    "fixed_fraction": number(
        "fraction", "Part of the debt that bears a fixed rate; null where no rate is filed."
    ),
    "annual_interest_usd": number(MONEY, "Interest of the next twelve months."),
    "quarter_interest_usd": number(MONEY, "Interest of the quarter."),
    "annual_principal_due_usd": number(MONEY, "Principal due in the next twelve months."),
    "quarter_principal_due_usd": number(MONEY, "Principal due in the quarter."),
    "annual_debt_service_usd": number(MONEY, "Interest and principal of the next twelve months."),
    "annual_market_income_usd": number(
        MONEY, "Rent kept less cash cost of a year at the market rent."
    ),
    "quarter_market_income_usd": number(
        MONEY, "Rent kept less cash cost of the quarter at the scenario's rent."
    ),
    "dscr_market_ratio": number("ratio", "Income at the market over debt service."),
    "contract_missing_reason": text("Why there is no contract LTV; null where there is."),
    "market_missing_reason": text("Why there is no market LTV; null where there is."),
    "dscr_missing_reason": text("Why there is no coverage ratio; null where there is."),
    "price_vintage_on": day("Month end of the rents behind the row."),
    # What is owed, and how it is repaid.
    "balance_basis": choice(
        "What the balance rests on: filed (a document states it for the day), between_filed (moved "
        "evenly from one filed balance to the next), not_filed (none known up to the day).",
        "filed",
        "between_filed",
        "not_filed",
    ),
    "balance_from_on": day("Filed balance on or before the day."),
    "balance_to_on": day("Next filed balance, where the day lies between two."),
    "schedule_basis": choice(
        "How principal is taken to be repaid: bullet, level (evenly to maturity), as_balances_fell "
        "(at the pace of the filed balances); null where no maturity is filed.",
        "bullet",
        "level",
        "as_balances_fell",
    ),
    "fell_from_on": day("Balance from which debt has only fallen, within a year."),
    "quarter_fall_usd": number(MONEY, "What it fell by in a quarter of a year since."),
    # Repayment as modelled and as it happened.
    "next_balance_on": day("A later filed balance of the facility, up to a year on."),
    "next_principal_usd": number(MONEY, "Principal filed for that day."),
    "modelled_principal_usd": number(
        MONEY, "Principal of that day by the schedule of the earlier one."
    ),
    "repaid_usd": number(MONEY, "What the filed principal fell by; negative where more was drawn."),
    "modelled_repaid_usd": number(MONEY, "What it would have fallen by on the schedule."),
    "repayment_error_usd": number(
        MONEY, "Modelled less filed principal; null where more was drawn."
    ),
    "repayment_error_pct": number("%", "That error over the principal the schedule starts from."),
    "repayment_missing_reason": text("Why there is no error; null where there is."),
    # Steps to them.
    "in_force_from_on": day("First UTC day on which the version is the one to go by."),
    "in_force_to_on": day("Last UTC day of it; null for the version in force today."),
    "benchmark_rate_pct": number(
        "%", "SOFR of the day, or the agreement's floor where it lies above."
    ),
    "interest_rate_pct": number("%", "Interest a year on the whole debt at the day's SOFR."),
    "unhedged_fraction": number(
        "fraction",
        "Part of the debt that floats and need not be hedged: a move of SOFR reaches it.",
    ),
    "rate_missing_reason": text("Why there is no interest rate; null where there is."),
    "principal_left_usd": number(
        MONEY, "Principal still owed at the quarter's end if nothing more is drawn."
    ),
    "is_dscr_tested": flag("True where the coverage covenant is tested by the day."),
    "contract_ends_on": day("Last day of the customer contract; null where not known."),
    "has_offtaker_defaulted": flag("True once the customer has stopped paying; null past a gap."),
    # Stress.
    "dscr_ratio": number(
        "ratio", "Coverage the covenant would see; null while an unfiled contract pays."
    ),
    "is_at_market": flag("True where the customer has defaulted or the contract has ended."),
    "is_base_broken": flag("True where debt is above what the agreement allows."),
    "is_under_water": flag("True where debt is above market value."),
    "is_under_water_at_40_pct": flag("The same where operators realise 40 % of posted rent."),
    "is_under_water_at_80_pct": flag("The same where operators realise 80 % of posted rent."),
    "is_dscr_broken": flag("True where coverage is below its covenant; null while not tested."),
    "stress_missing_reason": text("Why figures of the row are null; null where none is missing."),
    "threshold": choice(
        "What rents must move to meet.",
        "market_ltv_100",
        "market_ltv_at_contract_limit",
        "dscr_covenant",
        "cash_cost",
    ),
    "rent_change_pct": number(
        "%", "Change of rent at which the threshold is met; above zero it is met already."
    ),
    "rent_may_fall_pct": number("%", "Fall of rents that meets the threshold; null where met."),
    "rent_must_rise_pct": number("%", "Rise of rents that leaves it; null where not met yet."),
    "threshold_rent_usd_per_gpu_hour": number("USD/GPU-hour", "Rent at which it is met."),
    "is_already_met": flag("True where rents are below it today."),
    "trips_on": day("First quarter end on which the contract's own clock breaks on the base path."),
    "trips_missing_reason": text("Why there is no such day; null where there is."),
    "last_quarter": Column(pl.Int64(), "Last quarter the scenario states.", "quarters"),
    "realisation_pct": number("%", "Share of posted rent that operators are taken to realise."),
    "threshold_realisation_pct": number("%", "Share at which the threshold is met."),
    "realisation_missing_reason": text("Why there is no such share; null where there is."),
    # Cash through the agreement.
    "revenue_basis": choice(
        "Where cash comes from: market (rent on the scenario's path) or contract_floor (the least "
        "the coverage covenant lets the contract bring in, while the customer pays).",
        "market",
        "contract_floor",
    ),
    "scheduled_principal_usd": number(MONEY, "Principal left if the schedule is kept."),
    "market_revenue_usd": number(MONEY, "Rent kept in the quarter at the market."),
    "contract_ratio": number("ratio", "Coverage the contract must bring in by its covenant."),
    "is_offtaker_paying": flag("True while the customer pays under its contract."),
    "is_base_tested": flag("True where the borrowing base is tested by the day."),
    "opening_usd": number(MONEY, "Principal owed at the start of the quarter."),
    "rent_received_usd": number(MONEY, "Rent kept in the quarter, or what the contract brings in."),
    "running_cost_usd": number(MONEY, "Cash cost of running the machines in the quarter."),
    "interest_due_usd": number(MONEY, "Interest of the quarter and what was left unpaid before."),
    "interest_paid_usd": number(MONEY, "Interest paid in the quarter."),
    "balloon_usd": number(MONEY, "Of it, what falls due because the loan matures."),
    "principal_paid_usd": number(MONEY, "Principal paid of what was due."),
    "cure_due_usd": number(MONEY, "Principal to repay so that the borrowing base holds."),
    "cure_paid_usd": number(MONEY, "What of it was repaid."),
    "unpaid_usd": number(MONEY, "Interest, principal and running cost that cash did not reach."),
    "kept_cash_usd": number(MONEY, "Cash in the accounts of the agreement at the quarter's end."),
    "distributed_usd": number(MONEY, "Cash that went to the sponsor."),
    "breach": choice(
        "The promise that breaks, of several the worst: payment (interest, principal or cost "
        "unpaid), balloon, borrowing_base (not cured), coverage, liquidity; null where none does.",
        "payment",
        "balloon",
        "borrowing_base",
        "coverage",
        "liquidity",
    ),
    "is_first_breach": flag("True where it is the first of its path."),
    "cash_missing_reason": text("Why cash is unknown; null where it is known."),
    "first_breach_on": day("Quarter end on which the first promise of a path breaks."),
    "base_broken_on": day("First quarter end on which the base is broken and not cured."),
    "lowest_dscr_ratio": number("ratio", "Lowest coverage on the way."),
    "highest_ltv_market_pct": number("%", "Highest market LTV on the way."),
    "highest_kept_cash_usd": number(MONEY, "Most cash kept on the way."),
    "highest_unpaid_usd": number(MONEY, "Most that was unpaid in a quarter."),
    # Simulated rents.
    "move_weeks": number("weeks", "Weeks over which the move was measured."),
    "drift_basis": choice(
        "What rents drift by: measured (the mean of the recorded moves) or through_cycle (the "
        "decline the value rests on).",
        "measured",
        "through_cycle",
    ),
    "path_count": count("Simulated paths."),
    "history_weeks_count": count("Weeks of moves they are drawn from."),
    "low_rent_multiplier": number("factor", "Lower end of the band of simulated rents."),
    "median_rent_multiplier": number("factor", "Median of simulated rents over that of the start."),
    "high_rent_multiplier": number("factor", "Upper end of the band of simulated rents."),
    "actual_rent_multiplier": number("factor", "What the rent came to."),
    "horizon_weeks": Column(pl.Int64(), "Weeks from the origin to what happened.", "weeks"),
    "is_inside": flag("True where what happened lies in the band."),
    "under_water_probability_pct": number("%", "Share of paths with debt above market value."),
    "low_under_water_probability_pct": number("%", "Its 5th percentile over histories."),
    "high_under_water_probability_pct": number("%", "Its 95th percentile over histories."),
    "dscr_below_probability_pct": number("%", "Share with market coverage below the covenant."),
    "low_dscr_below_probability_pct": number("%", "Its 5th percentile over histories."),
    "high_dscr_below_probability_pct": number("%", "Its 95th percentile over histories."),
    "loss_at_default_pct": number("%", "Mean loss on the debt, were it to default in the quarter."),
    "low_loss_at_default_pct": number("%", "Its 5th percentile over histories."),
    "high_loss_at_default_pct": number("%", "Its 95th percentile over histories."),
    "loss_missing_reason": text("Why nothing is simulated; null where it is."),
    "recovery_missing_reason": text("Why there is no loss at default; null where there is."),
}
