"""Columns of the quality-adjusted price: a change at constant quality and how well it is known."""

import polars as pl

from pipeline.columns.column import Column, choice, count, day, number

COLUMNS: dict[str, Column] = {
    "market_scope": choice(
        "One market, or all: both together, with an effect for spot.", "on_demand", "spot", "all"
    ),
    "compared_with_on": day(
        "End of the last published period inside the window, which the change is measured from; "
        "null where the chain starts."
    ),
    "price_relative": number(
        "ratio", "Price of constant quality over that of the month compared with: exp(d - v/2)."
    ),
    "interval_low_price_relative": number(
        "ratio", "Lower end of the 95 % interval of the price relative."
    ),
    "interval_high_price_relative": number(
        "ratio", "Upper end of the 95 % interval of the price relative."
    ),
    "log_change": number("ln", "d: change of the log price since `compared_with_on`."),
    "log_change_standard_error": number(
        "ln", "Standard error of the change, robust to any dependence within a provider."
    ),
    "r_squared": number("R2", "Share of the variance of log prices the regression explains."),
    "effective_providers": number(
        "providers",
        "How many equal providers would carry the change: (sum g)^2 / sum g^2 over each one's part "
        "g in its variance; less one, the degrees of freedom of the interval.",
    ),
    "window_month_count": count("Months with prices in the window of at most 12."),
    "window_provider_count": count("Providers in the regression."),
    "window_accelerator_count": count("Accelerators in the regression."),
    "window_price_count": count(
        "Prices in the regression: one per provider, accelerator, market and month."
    ),
    "left_out_count": count(
        "Prices of the window outside the regression: a characteristic is not known, or the price "
        "is the only one of its provider."
    ),
    "parameter_count": count("Parameters of the regression."),
    "design_rank": Column(
        pl.Int64(),
        "Parameters the prices can tell apart; under parameter_count some cannot.",
        "count",
    ),
    "bandwidth_elasticity": number(
        "ln/ln", "Rise of the log price with the log of memory bandwidth, all else equal."
    ),
    "bf16_elasticity": number(
        "ln/ln", "Rise of the log price with the log of dense BF16 throughput, all else equal."
    ),
    "memory_elasticity": number(
        "ln/ln", "Rise of the log price with the log of memory, all else equal."
    ),
    "spot_effect": number("ln", "Log price of spot less that of on-demand; null in one market."),
}
