-- How many providers of a cell are remembered on each day its panel has: a provider is, from the day after a
-- price of its own until its next one, for at most 366 days. The bridged index counts those as unchanged that
-- are remembered and away.
-- by day: observed_on, all days
-- grain: accelerator, tier, market, term_months, basis, observed_on
with provider_days as (
    select distinct
        accelerator,
        tier,
        market,
        term_months,
        basis,
        provider,
        observed_on
    from steps.panel_item
),

memories as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        observed_on,
        least(
            coalesce(
                lead(observed_on) over (
                    partition by accelerator, tier, market, term_months, basis, provider
                    order by observed_on
                ),
                (observed_on + interval 366 day)::date
            ),
            (observed_on + interval 366 day)::date
        ) as remembered_until_on
    from provider_days
),

-- One more from the day after a price, one fewer from the day after it is forgotten or seen again.
moves as (
    select accelerator, tier, market, term_months, basis,
        (observed_on + interval 1 day)::date as on_day, 1 as move
    from memories
    union all
    select accelerator, tier, market, term_months, basis,
        (remembered_until_on + interval 1 day)::date as on_day, -1 as move
    from memories
    union all
    select accelerator, tier, market, term_months, basis, observed_on as on_day, 0 as move
    from provider_days
),

days as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        on_day,
        sum(move) as move
    from moves
    group by accelerator, tier, market, term_months, basis, on_day
),

counted as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        on_day as observed_on,
        (sum(move) over (
            partition by accelerator, tier, market, term_months, basis
            order by on_day
            rows between unbounded preceding and current row
        ))::bigint as remembered_provider_count
    from days
)

select counted.*
from counted
semi join provider_days using (accelerator, tier, market, term_months, basis, observed_on)
order by
    counted.accelerator,
    counted.tier,
    counted.market,
    counted.term_months,
    counted.basis,
    counted.observed_on
