-- What a matched index compares: the confirmed price of one provider in one region beside its own last price
-- before, and whether the bundle changed in between (an offer flagged `restatement`). Logarithms are rounded
-- to 12 digits, so that sums of them as decimals do not depend on the order of addition.
-- by day: observed_on, all days
-- grain: provider, accelerator, tier, market, term_months, basis, region, observed_on
with items as (
    select
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region,
        observed_on,
        last_seen_on,
        ln(price_usd_per_gpu_hour)::decimal(18, 12)::double as log_price,
        lag(observed_on) over item as item_before_on,
        lag(last_seen_on) over item as last_seen_before_on,
        lag(ln(price_usd_per_gpu_hour)::decimal(18, 12)::double) over item as log_price_before
    from marts.provider_price_daily
    where sighting_status = 'confirmed'
    window item as (
        partition by provider, accelerator, tier, market, term_months, basis, region
        order by observed_on
    )
),

restated as (
    select distinct
        items.provider,
        items.accelerator,
        items.market,
        items.term_months,
        items.basis,
        items.region,
        items.observed_on
    from items
    join steps.restatement as restatements
        on items.provider = restatements.provider
        and items.accelerator = restatements.accelerator
        and items.market = restatements.market
        and items.term_months = restatements.term_months
        and items.basis = restatements.basis
        and items.region = restatements.region
        and restatements.restated_on > items.last_seen_before_on
        and restatements.restated_on <= items.last_seen_on
)

select
    items.provider,
    items.accelerator,
    items.tier,
    items.market,
    items.term_months,
    items.basis,
    items.region,
    items.observed_on,
    items.log_price,
    items.item_before_on,
    items.log_price_before,
    restated.provider is not null as is_item_restated
from items
left join restated using (provider, accelerator, market, term_months, basis, region, observed_on)
order by
    items.accelerator,
    items.tier,
    items.market,
    items.term_months,
    items.basis,
    items.provider,
    items.region,
    items.observed_on
