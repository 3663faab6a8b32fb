-- What an accelerator loses per year, by method, with a 90 % band and what it rests on (METHODS 5). Rents
-- are on-demand, all-in, without a term; a provider has one price per accelerator and month. Methods are
-- never blended: each row says which of six it is, and a method that has too little is withheld. Nothing
-- forces a decline: the H100 fell into 2025 and rose in 2026.
-- Estimated when the month ends with what was known then, and never restated (docs/decisions/0010), so
-- that residual_backtest can score it.
-- method: pipeline.methods.depreciation.rates
-- lookback_days: 100
-- grain: accelerator, method, period_end_on
select
    'rent' as kind,
    prices.provider,
    prices.accelerator,
    last_day(prices.observed_on) as period_end_on,
    median(prices.price_usd_per_gpu_hour) as price,
    cast(1 as bigint) as observation_count,
    parts.available_on,
    -- Parts that are sold as sockets of a training machine: one quality class through the generations.
    parts.is_training_part
from marts.provider_price_daily as prices
left join steps.part as parts on prices.accelerator = parts.accelerator
where prices.sighting_status = 'confirmed'
and prices.basis = 'all_in'
and prices.market = 'on_demand'
and prices.term_months = 0
group by all
union all
select
    'resale' as kind,
    cast(null as varchar) as provider,
    sales.accelerator,
    sales.priced_on as period_end_on,
    sales.price_usd_per_gpu as price,
    sales.sale_count as observation_count,
    cast(null as date) as available_on,
    false as is_training_part
from staging.hardware_prices as sales
where sales.price_kind = 'executed_resale'
and sales.statistic = 'median'
union all
select distinct
    'life' as kind,
    lives.issuer as provider,
    'all' as accelerator,
    lives.effective_on as period_end_on,
    lives.new_life_years as price,
    cast(1 as bigint) as observation_count,
    cast(null as date) as available_on,
    false as is_training_part
from staging.useful_lives as lives
where lives.new_life_years is not null
-- A life of part of the machines does not replace that of all.
and lives.asset_class not like 'subset%'
order by kind, period_end_on, accelerator, provider
