-- What a commitment saves: the on-demand level (term 0) and each reserved term of one cell on one day,
-- as rows, with the discount to on-demand. Terms nobody quotes have no row.
-- The implied discount compares two panels; the matched one compares each operator with itself, in the
-- same region, and takes the median over operators. List discounts say nothing about future prices, so
-- no forward rate is derived from them (METHODS 4).
-- by day: observed_on
-- grain: accelerator, tier, basis, region_group, term_months, observed_on
with levels as (
    select
        accelerator,
        tier,
        basis,
        region_group,
        term_months,
        observed_on,
        publication_status,
        withheld_reason,
        median_price_usd_per_gpu_hour,
        provider_count
    from marts.gpu_price_daily
    where market in ('on_demand', 'reserved')
    and term_months in (0, 1, 3, 6, 12, 24, 36, 60)
),

termed as (
    select distinct accelerator, tier, basis, region_group, observed_on
    from levels
    where term_months > 0
),

quotes as (
    select
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region,
        region_group,
        observed_on,
        price_usd_per_gpu_hour
    from marts.provider_price_daily
    where sighting_status = 'confirmed'
    and market in ('on_demand', 'reserved')
),

discounts as (
    select
        reserved.accelerator,
        reserved.tier,
        reserved.basis,
        reserved.region_group,
        reserved.term_months,
        reserved.observed_on,
        reserved.provider,
        1 - reserved.price_usd_per_gpu_hour / on_demand.price_usd_per_gpu_hour as discount
    from quotes as reserved
    join quotes as on_demand
        on reserved.provider = on_demand.provider
        and reserved.accelerator = on_demand.accelerator
        and reserved.basis = on_demand.basis
        and reserved.region = on_demand.region
        and reserved.observed_on = on_demand.observed_on
    where reserved.market = 'reserved'
    and on_demand.market = 'on_demand'
),

placed as (
    select * from discounts
    union all
    select
        accelerator,
        tier,
        basis,
        'all' as region_group,
        term_months,
        observed_on,
        provider,
        discount
    from discounts
),

provider_discounts as (
    select
        accelerator,
        tier,
        basis,
        region_group,
        term_months,
        observed_on,
        provider,
        median(discount) as discount
    from placed
    group by all
),

matched as (
    select
        accelerator,
        tier,
        basis,
        region_group,
        term_months,
        observed_on,
        median(discount) as discount,
        count(*) as provider_count
    from provider_discounts
    group by all
),

beside as (
    select
        levels.*,
        max(case when levels.term_months = 0 then levels.median_price_usd_per_gpu_hour end) over (
            partition by
                levels.accelerator,
                levels.tier,
                levels.basis,
                levels.region_group,
                levels.observed_on
        ) as on_demand_price
    from levels
    semi join termed using (accelerator, tier, basis, region_group, observed_on)
)

select
    beside.accelerator,
    beside.tier,
    beside.basis,
    beside.region_group,
    beside.term_months,
    beside.observed_on,
    beside.publication_status,
    beside.withheld_reason,
    beside.median_price_usd_per_gpu_hour,
    beside.provider_count,
    beside.on_demand_price as on_demand_price_usd_per_gpu_hour,
    1 - beside.median_price_usd_per_gpu_hour / beside.on_demand_price as implied_discount_fraction,
    case when beside.tier = 'hyperscaler' or matched.provider_count >= 3 then matched.discount end
        as matched_discount_fraction,
    coalesce(matched.provider_count, 0) as matched_provider_count
from beside
left join matched using (accelerator, tier, basis, region_group, term_months, observed_on)
order by
    beside.accelerator,
    beside.tier,
    beside.basis,
    beside.region_group,
    beside.term_months,
    beside.observed_on
