-- Put back into the lots, the multiplier makes market LTV what it was solved for.
select
    reverse.facility_id,
    reverse.threshold,
    reverse.rent_multiplier,
    sum(
        lot.other_value_usd
        + greatest(lot.earned_usd * reverse.rent_multiplier - lot.spent_usd, 0)
    ) as market_value_usd,
    max(coverage.principal_usd) as principal_usd
from marts.facility_reverse_stress as reverse
join marts.facility_coverage as coverage
    on reverse.facility_id = coverage.facility_id
    and reverse.balance_on = coverage.balance_on
join marts.facility_lot_value as lot
    on reverse.facility_id = lot.facility_id and reverse.balance_on = lot.balance_on
where reverse.threshold in ('market_ltv_100', 'market_ltv_at_contract_limit')
and reverse.rent_multiplier > 0
group by reverse.facility_id, reverse.threshold, reverse.rent_multiplier
having abs(
    100 * max(coverage.principal_usd)
    / sum(
        lot.other_value_usd
        + greatest(lot.earned_usd * reverse.rent_multiplier - lot.spent_usd, 0)
    )
    - case when reverse.threshold = 'market_ltv_100' then 100 else max(coverage.ltv_max_pct) end
) > 1e-6
