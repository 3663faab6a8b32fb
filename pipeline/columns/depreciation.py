"""Columns of asset lives, hardware prices, costs and scenarios."""

import polars as pl

from pipeline.columns.column import Column, choice, count, day, flag, number, text

COLUMNS: dict[str, Column] = {
    # Accounting lives.
    "asset_class": text("Assets the life applies to, as the document names them."),
    "old_life_years": number("years", "Life before the change; null where not stated."),
    "new_life_years": number("years", "Life from the effective day; the longest of a range."),
    "new_life_low_years": number("years", "Shortest life of a range; null where one life holds."),
    "effective_on": day("Day from which the life applies."),
    "life_change_kind": choice(
        "What the change is; policy is none.", "extend", "shorten", "early_retirement", "policy"
    ),
    "effect_kind": choice("Whether the effect was forecast or booked.", "expected", "realised"),
    "depreciation_effect_usd": number(
        "USD", "Change of depreciation from the change of life; negative lowers the expense."
    ),
    "operating_income_effect_usd": number("USD", "Change of operating income, as disclosed."),
    "net_income_effect_usd": number("USD", "Change of net income, as disclosed."),
    "effect_from_on": day("First day of the period the disclosed effect is about."),
    "effect_to_on": day("Last day of the period the disclosed effect is about."),
    # Hardware prices.
    "priced_on": day("Day of the price; the last of the month where only that is known."),
    "price_usd_per_gpu": number("USD/GPU", "Price of one accelerator, as `price_scope` says."),
    "price_kind": choice(
        "Whether somebody paid, asked or estimated it, new or used: never mixed.",
        "executed_resale",
        "asked_resale",
        "executed_new",
        "asked_new",
        "estimated",
    ),
    "price_scope": choice(
        "What one price is of: the accelerator alone, or its share of a server.", "card", "system"
    ),
    "condition": choice(
        "Condition of what is sold.", "new", "refurbished", "used", "mixed", "not_stated"
    ),
    "lot": choice("How many are sold at once.", "single", "bulk", "not_stated"),
    "statistic": choice(
        "What of the sales the price is.", "point", "median", "mean", "low", "high"
    ),
    "sale_count": count("Sales or listings behind the price."),
    "unit_count": count("Accelerators behind the price."),
    # Costs.
    "input": text("Name of a cost or technical input."),
    "scope": text("What the input holds for: region, design, year."),
    "base_value": number("as unit", "Central value of the input."),
    "low_value": number("as unit", "Low end of the cited range; null where none is cited."),
    "high_value": number("as unit", "High end of the cited range; null where none is cited."),
    # Scenarios.
    "scenario": text("Name of a scenario."),
    "quarter_number": Column(pl.Int64(), "Quarters after the start; 0 is the start."),
    "rent_multiplier": number("factor", "Rent in that quarter over rent at the start."),
    "utilisation_multiplier": number("factor", "Utilisation in that quarter over the start's."),
    "sofr_shift_bps": number("bps", "Shift of SOFR in that quarter."),
    "is_offtaker_default": flag("True from the quarter in which the customer stops paying."),
    "scenario_kind": choice(
        "Whether the path happened (measured), is supposed, or holds rent at cash cost "
        "(commodity).",
        "measured",
        "hypothetical",
        "commodity",
    ),
    # Rates.
    "method": choice(
        "How the figure is worked out; in the back-test also the baselines.",
        "cohort",
        "cohort_piecewise",
        "cross_section",
        "pooled_through_cycle",
        "shrunk",
        "resale",
        "book",
        "no_change",
        "straight_line_6_years",
        "fall_26_pct_per_year",
    ),
    "rate_pct_per_year": number(
        "%/year", "Change per year, negative for a loss; of cost for book, else of what is left."
    ),
    "interval_low_rate_pct_per_year": number("%/year", "Lower end of the rate's 90 % band."),
    "interval_high_rate_pct_per_year": number("%/year", "Upper end of the rate's 90 % band."),
    "own_rate_pct_per_year": number(
        "%/year", "The accelerator's own rate before it is drawn towards that of all; null without."
    ),
    "own_weight_fraction": number(
        "fraction", "Weight of the own rate; the rest is that of all generations."
    ),
    "band_basis": text(
        "What the rate's band is: what past forecasts missed by, or the estimate's."
    ),
    "use_ends_by": text(
        "What ends the years left: rent meets cash cost, or the longest use so far."
    ),
    "earlier_rate_pct_per_year": number("%/year", "Rate of the segment before `break_on`."),
    "break_on": day("Month end at which the two segments meet."),
    "residual_error": number("log", "Root mean square of what the fit leaves over."),
    "observation_count": count("Prices, sales or lives behind the row."),
    "accelerator_count": count("Accelerators behind the row."),
    "month_count": count("Months with a price behind the row."),
    "first_on": day("Month end of the first price behind the row."),
    # Retention by time and age.
    "is_training_part": flag("True for parts sold as sockets of a training machine (SXM, OAM)."),
    "months_since_launch": count("Months since `available_on`."),
    "months_since_first": count("Months since the first month with a published level."),
    "rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "Rent of the period: a fixed panel moved by the index (gpu_rent)."
    ),
    "first_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "Mean of the first three months with a published rent."
    ),
    "retention_pct": number("%", "The month's rent over the first rent."),
    "matched_retention_pct": number(
        "%", "The same of the index alone; null where it had to start anew since."
    ),
    "day_count": count("Days of the month with a published level."),
    "age_years": number("years", "Years since the accelerator, or the machine, was new."),
    "newest_accelerator": text("Youngest training part of the same tier rented on the date."),
    "rent_to_newest_pct": number("%", "Rent over that of the youngest training part."),
    # Residual values.
    "clock": choice("How a value is told.", "book", "income_market", "income_contract", "resale"),
    "value_usd_per_gpu": number("USD/GPU", "Value of one accelerator of that age by that clock."),
    "low_value_usd_per_gpu": number("USD/GPU", "The value at the bad end of the inputs' ranges."),
    "high_value_usd_per_gpu": number("USD/GPU", "The value at the good end of the inputs' ranges."),
    "value_pct_of_cost": number("%", "The value over `cost_usd_per_gpu`; null without a cost."),
    "low_value_pct_of_cost": number("%", "Its low end over the cost."),
    "high_value_pct_of_cost": number("%", "Its high end over the cost."),
    "cost_usd_per_gpu": number("USD/GPU", "Newest price of a new one, as `cost_basis` says."),
    "cost_basis": text("Kind and scope of the price new: a card, or its share of a system."),
    "economic_years_left": number(
        "years", "Until rent meets cash cost or the longest use so far; of book, until nothing."
    ),
    "breakeven_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "Rent at which the income left equals the executed price, all else held."
    ),
    "earned_usd_per_gpu": number("USD/GPU", "Rent kept over the years left, discounted."),
    "spent_usd_per_gpu": number("USD/GPU", "Cash cost over the years left, discounted."),
    "rent_kept_usd_per_gpu_year": number(
        "USD/GPU-year", "Rent kept in a year at the month's rent, after overhead."
    ),
    "cash_cost_usd_per_gpu_year": number("USD/GPU-year", "Power and facility in a year."),
    "inputs_assumed": text("What the figure rests on that is not measured."),
    # Steps to them.
    "value_case": choice(
        "Which end of their ranges the inputs stand at: low is the bad one, high the good one.",
        "base",
        "low",
        "high",
    ),
    "cash_cost_usd_per_kw_hour": number("USD/kW-hour", "Power and facility for a kilowatt-hour."),
    "overhead_fraction": number("fraction", "Part of the rent kept that overhead takes."),
    "realisation_fraction": number("fraction", "Part of the posted rent that operators realise."),
    "utilisation_fraction": number(
        "fraction", "Part of the hours that are rented under a contract."
    ),
    "discount_fraction": number("fraction", "Discount a year, as a part of the value."),
    "on_demand_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "On-demand rent of the same accelerator, tier and month."
    ),
    "median_life_years": number("years", "Median of the lives companies file."),
    "shortest_life_years": number("years", "Shortest of the lives companies file."),
    "longest_life_years": number("years", "Longest of the lives companies file."),
    "older_age_years": number("years", "Age up to which the row is read."),
    "older_value_usd_per_gpu": number("USD/GPU", "The value at `older_age_years`."),
    "older_low_value_usd_per_gpu": number("USD/GPU", "The low value at `older_age_years`."),
    "older_high_value_usd_per_gpu": number("USD/GPU", "The high value at `older_age_years`."),
    "older_earned_usd_per_gpu": number("USD/GPU", "What is earned from `older_age_years` on."),
    "older_spent_usd_per_gpu": number("USD/GPU", "What is spent from `older_age_years` on."),
    "older_breakeven_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "The break-even rent at `older_age_years`."
    ),
    "breakeven_realisation_pct": number(
        "%", "Part of the posted rent at which the collateral is worth the debt, use held."
    ),
    "realisation_verdict": text(
        "Whether the collateral covers the debt at every part realised from 40 to 80 %, at "
        "none, or whether that one input decides."
    ),
    # Rent from filings.
    "installed_gpu_count": count("Accelerators in service, of all kinds and ages."),
    "active_power_mw": number("MW", "Power in use at the end of the quarter, as the company says."),
    "active_power_before_mw": number("MW", "The same a quarter before."),
    "gpu_per_mw": number("GPU/MW", "Accelerators per megawatt in use."),
    "low_gpu_per_mw": number("GPU/MW", "Fewest accelerators per megawatt the sources allow."),
    "high_gpu_per_mw": number("GPU/MW", "Most accelerators per megawatt the sources allow."),
    "realised_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "Revenue over the hours of the accelerators in use."
    ),
    "realised_missing_reason": text("Why there is a range and no value; null where there is one."),
    "low_realised_rent_usd_per_gpu_hour": number("USD/GPU-hour", "Low end of the rent realised."),
    "high_realised_rent_usd_per_gpu_hour": number("USD/GPU-hour", "High end of the rent realised."),
    "posted_rent_usd_per_gpu_hour": number(
        "USD/GPU-hour", "Neocloud on-demand rent of the H100 in the quarter's last month."
    ),
    "realised_to_posted_pct": number("%", "The realised over the posted rent."),
    # Forecasts scored.
    "price_segment": choice("Whose price it is.", "neocloud_marketplace", "hyperscaler", "resale"),
    "generation": text("Architecture of the accelerators; all where they are taken together."),
    "repriced_provider_count": count(
        "Providers behind the outcome that changed some on-demand price of their own in between."
    ),
    "is_scored": flag("True where somebody could have changed the price."),
    "diebold_mariano_statistic": number(
        "t", "Mean difference of absolute errors to no change over its standard error."
    ),
    "independent_count": count("Forecasts without a common month that the origins hold."),
    "verdict_of_test": text("Whether the method is told apart from no change at 95 %."),
    "horizon_months": Column(pl.Int64(), "Months from the forecast to its outcome.", "months"),
    "target_on": day("Month end of the outcome."),
    "forecast_change_pct": number("%", "Change of the rent that was forecast."),
    "low_forecast_change_pct": number("%", "Lower end of the forecast's 90 % band."),
    "high_forecast_change_pct": number("%", "Upper end of the forecast's 90 % band."),
    "actual_change_pct": number("%", "Change of the rent that came."),
    "error_pct": number("%", "Forecast less outcome, of the rent at the origin."),
    "is_within_band": flag("True where the outcome lay in the band; null without a band."),
    "forecast_count": count("Forecasts scored; neighbouring ones overlap."),
    "last_on": day("Month end of the last forecast scored."),
    "bias_pct": number("%", "Mean error, of the rent; above zero where the forecast was too high."),
    "mean_absolute_error_pct": number("%", "Mean absolute error, of the rent."),
    "within_band_pct": number("%", "Forecasts whose outcome lay in the 90 % band."),
    "no_change_absolute_error_pct": number(
        "%", "Mean absolute error of no change, same forecasts."
    ),
    "straight_line_absolute_error_pct": number(
        "%", "That of a straight line over six years, where the part was younger."
    ),
    "fall_26_absolute_error_pct": number("%", "That of a fall of 26 % a year."),
    "is_better_than_no_change": flag("True where the mean absolute error is under no change's."),
    # A company's profit on another life.
    "life_case": choice(
        "Life the case reckons with: as filed, of so many years, or a cost that falls as fast "
        "as rents have.",
        "filed",
        "3_years",
        "4_years",
        "5_years",
        "rent_decline",
    ),
    "life_years": number("years", "Life of the case; null where a yearly rate stands instead."),
    "capex_usd": number("USD", "Capital expenditure of the fiscal year."),
    "depreciation_usd": number(
        "USD", "Depreciation of the fiscal year as filed; the wider tag where no narrow one is."
    ),
    "bought_on": day("Last day of the fiscal year in which the money was spent."),
    "age_from_years": number("years", "Time in service when the fiscal year began."),
    "age_to_years": number("years", "Time in service when the fiscal year ended."),
    "technology_fraction": number(
        "fraction", "Part of capex taken to be machines rather than buildings."
    ),
    "technology_depreciation_usd": number("USD", "Depreciation of machines on the case's life."),
    "extra_depreciation_usd": number("USD", "That less the same on the life in force."),
    "operating_income_usd": number("USD", "Operating income of the fiscal year as filed."),
    "restated_operating_income_usd": number("USD", "Operating income less the extra."),
    "restated_ppe_net_usd": number("USD", "Net property on the case's life."),
    "capex_year_count": count("Fiscal years of capex behind the row."),
    "is_capex_complete": flag("True where capex is held back to the life in force."),
    "disclosed_effect_usd": number(
        "USD", "Effect on depreciation the company disclosed of its own change in the year."
    ),
    "modelled_effect_usd": number("USD", "The same effect by the model."),
    "implied_technology_fraction": number(
        "fraction", "Part of capex at which the model gives the disclosed effect."
    ),
    "full_effect_usd": number("USD", "The modelled effect if all capex were machines."),
    "is_subset": flag("True where the change is about a part of the machines."),
    "calibrated_technology_fraction": number(
        "fraction", "technology_fraction times the median of implied over assumed fraction."
    ),
    "calibrated_extra_depreciation_usd": number("USD", "The extra at the calibrated fraction."),
    "calibrated_effect_usd": number("USD", "The modelled effect at the calibrated fraction."),
    "disclosure_count": count("Disclosed effects behind the calibration."),
    "difference_usd": number("USD", "Modelled less disclosed effect."),
    "difference_reason": text("Why the two differ, as far as the table can tell."),
    "missing_inputs": text("Figures the row lacks; null where it has all."),
}
