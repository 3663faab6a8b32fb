-- What an accelerator loses per year, by method, with a 90 % band and what it rests on (METHODS 5). Rents
-- are on-demand, all-in, without a term; a provider has one price per accelerator and month. Methods are
-- never blended: each row says which of six it is, and a method that has too little is withheld. Nothing
-- forces a decline: the H100 fell into 2025 and rose in 2026.
-- Estimated when the month ends with what was known then, and never restated (docs/decisions/0010), so
-- that residual_backtest can score it.
-- method: pipeline.methods.depreciation.rates
-- grain: accelerator, method, period_end_on
with ends as (
    select distinct known_at from steps.month_rent
)

select
    'rent' as kind,
    provider,
    accelerator,
    period_end_on,
    price_usd_per_gpu_hour as price,
    cast(1 as bigint) as observation_count,
    available_on,
    is_training_part,
    known_at
from steps.month_rent
where market = 'on_demand'
union all
select
    'resale' as kind,
    cast(null as varchar) as provider,
    sales.accelerator,
    sales.priced_on as period_end_on,
    sales.price_usd_per_gpu as price,
    sales.sale_count as observation_count,
    cast(null as date) as available_on,
    false as is_training_part,
    ends.known_at
from staging.hardware_prices as sales
inner join ends on sales.known_at <= ends.known_at
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
    false as is_training_part,
    ends.known_at
from staging.useful_lives as lives
inner join ends on lives.known_at <= ends.known_at
where lives.new_life_years is not null
-- A life of part of the machines does not replace that of all.
and lives.asset_class not like 'subset%'
order by known_at, kind, period_end_on, accelerator, provider
