"""Columns of asset lives, hardware prices, costs and scenarios."""

import polars as pl

from pipeline.columns.column import Column, count, day, flag, number, text

COLUMNS: dict[str, Column] = {
    # Accounting lives.
    "asset_class": text("Assets the life applies to, as the document names them."),
    "old_life_years": number("years", "Life before the change; null where not stated."),
    "new_life_years": number("years", "Life from the effective day; the longest of a range."),
    "new_life_low_years": number("years", "Shortest life of a range; null where one life holds."),
    "effective_on": day("Day from which the life applies."),
    "life_change_kind": text("extend, shorten, early_retirement or policy (no change)."),
    "effect_kind": text("expected or realised: whether the effect was forecast or booked."),
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
    "price_kind": text(
        "executed_resale, asked_resale, executed_new, asked_new, or estimated: never mixed."
    ),
    "price_scope": text("card (the accelerator alone) or system (its share of a server)."),
    "condition": text("new, refurbished, used, mixed or not_stated."),
    "lot": text("single, bulk or not_stated: how many are sold at once."),
    "statistic": text("point, median, mean, low or high: what of the sales the price is."),
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
    "scenario_kind": text("measured (a path that happened), hypothetical or commodity."),
}
