-- A null without a reason is taken for zero, or for an oversight.
select * from marts.neocloud_leverage
where ratio_missing_reason is null
and (
    debt_to_ebitda_ratio is null
    or net_debt_to_ebitda_ratio is null
    or adjusted_obligations_to_ebitda_ratio is null
    or debt_to_adjusted_ebitda_ratio is null
    or debt_to_ebitda_without_coins_ratio is null
    or ebitda_to_interest_ratio is null
    or ebitda_less_capex_to_interest_ratio is null
    or debt_to_ppe_ratio is null
    or debt_to_assets_ratio is null
    or secured_fraction is null
    or implied_cost_of_debt_pct is null
    or rpo_to_debt_ratio is null
    or due_to_cash_ratio is null
    or due_to_liquidity_ratio is null
    or top_customer_pct is null
    or debt_to_ebitda_ratio_annualised is null
    or net_debt_to_ebitda_ratio_annualised is null
    or ebitda_to_interest_ratio_annualised is null
)
