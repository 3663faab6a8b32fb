-- Half of a cell's operators gone from one day to the next is a source that fell silent, not a market.
-- severity: warn
with days as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        provider_count,
        lag(provider_count) over cell as provider_before_count,
        lag(observed_on) over cell as before_on
    from marts.gpu_price_daily
    window cell as (
        partition by accelerator, tier, market, term_months, basis, region_group
        order by observed_on
    )
)

select * from days
where provider_before_count >= 4
and provider_count * 2 <= provider_before_count
and before_on = observed_on - interval 1 day
