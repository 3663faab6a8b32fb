-- A multiple of earnings that are not there reads as little debt (METHODS 7).
select * from marts.neocloud_leverage
where debt_to_ebitda_ratio < 0
or net_debt_to_ebitda_ratio < 0
or adjusted_obligations_to_ebitda_ratio < 0
or debt_to_adjusted_ebitda_ratio < 0
or debt_to_ebitda_without_coins_ratio < 0
or ebitda_to_interest_ratio < 0
or ebitda_less_capex_to_interest_ratio < 0
or debt_to_ebitda_ratio_annualised < 0
or net_debt_to_ebitda_ratio_annualised < 0
or ebitda_to_interest_ratio_annualised < 0
or (ebitda_usd <= 0 and debt_to_ebitda_ratio is not null)
