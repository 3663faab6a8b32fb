-- What one item cost in a week (Monday to Sunday) or a month: the rows of the multilateral index. An item
-- is a provider's price of one accelerator, market, term and basis; at a hyperscaler also of one region and
-- machine type, because these differ there (up to eightfold); elsewhere one recorder prints a region and
-- another `global` for the same price, and both are one item. A bundle that was restated is a new item.
-- A sighting counts for each day it stands: until the next look of its source, or as long as the source's
-- rhythm says. Its period knows only what was public when it ended, so a later build gives the same row.
-- A step of more than 40 % (any at Azure, TRAPS 32) waits for its second sighting.
-- Flagged prices, administered spot among them, stay out. Periods that are not over have no row.
-- grain: period, accelerator, tier, market, term_months, basis, provider, item, period_end_on
with placed as (
    select
        hosts.source,
        hosts.provider,
        hosts.accelerator,
        providers.tier,
        hosts.market,
        hosts.term_months,
        hosts.basis,
        case when providers.tier = 'hyperscaler' then hosts.region else 'any' end as place,
        case
            when providers.tier = 'hyperscaler' then coalesce(hosts.instance_type, 'any')
            else 'any'
        end as machine,
        hosts.observed_on,
        hosts.price_usd_per_gpu_hour,
        hosts.host_id,
        hosts.host_count,
        hosts.refresh_days,
        hosts.known_at
    from marts.host_price_daily as hosts
    join staging.providers as providers on hosts.provider = providers.provider
    where hosts.flag is null
),

sighted as (
    select
        source,
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        place,
        machine,
        observed_on,
        median(price_usd_per_gpu_hour) as price,
        case when max(host_id) <> 'list' then count(*) else max(host_count) end as host_count,
        max(refresh_days) as refresh_days,
        max(known_at) as known_at
    from placed
    group by all
),

neighbours as (
    select
        *,
        lag(price) over series as price_before,
        lag(observed_on) over series as seen_before_on,
        lead(observed_on) over series as next_seen_on
    from sighted
    window series as (
        partition by
            source, provider, accelerator, tier, market, term_months, basis, place, machine
        order by observed_on
    )
),

-- Only what lies before decides: a first sighting of a step is left out, its second is none.
standing as (
    select
        source,
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        place,
        machine,
        observed_on,
        ln(price) as log_price,
        host_count,
        known_at,
        least(
            (observed_on + (refresh_days - 1) * interval 1 day)::date,
            coalesce((next_seen_on - interval 1 day)::date, date '9999-12-31')
        ) as stands_until_on
    from neighbours
    where seen_before_on is null
    or seen_before_on < observed_on - interval 31 day
    or greatest(price, price_before)
        <= case when provider = 'azure' and market <> 'spot' then 1.001 else 1.4 end
        * least(price, price_before)
),

newest as (
    select max(observed_on) as newest_on from marts.host_price_daily
),

periods as (
    select
        standing.*,
        'week' as period,
        unnest(
            generate_series(
                (date_trunc('week', observed_on) + interval 6 day)::date,
                least(
                    (date_trunc('week', stands_until_on) + interval 6 day)::date, newest.newest_on
                ),
                interval 7 day
            )
        )::date as period_end_on
    from standing
    cross join newest
    union all
    select
        standing.*,
        'month' as period,
        last_day(
            unnest(
                generate_series(
                    date_trunc('month', observed_on)::date,
                    least(stands_until_on, newest.newest_on),
                    interval 1 month
                )
            )::date
        ) as period_end_on
    from standing
    cross join newest
),

restatements as (
    select distinct
        offers.provider,
        offers.accelerator,
        offers.market,
        offers.term_months,
        offers.basis,
        case when providers.tier = 'hyperscaler' then offers.region else 'any' end as place,
        (offers.observed_at at time zone 'UTC')::date as restated_on
    from staging.gpu_offers as offers
    join staging.providers as providers on offers.provider = providers.provider
    where offers.flag = 'restatement'
),

known_then as (
    select
        periods.period,
        periods.accelerator,
        periods.tier,
        periods.market,
        periods.term_months,
        periods.basis,
        periods.provider,
        periods.period_end_on,
        periods.place || case when periods.machine = 'any' then '' else ' ' || periods.machine end
            as item_root,
        periods.source,
        periods.log_price,
        periods.host_count,
        periods.observed_on,
        datediff(
            'day',
            greatest(
                periods.observed_on,
                case
                    when periods.period = 'week'
                        then (periods.period_end_on - interval 6 day)::date
                    else date_trunc('month', periods.period_end_on)::date
                end
            ),
            least(periods.stands_until_on, periods.period_end_on)
        ) + 1 as day_count,
        count(restatements.restated_on) as restated_count
    from periods
    cross join newest
    left join restatements
        on periods.provider = restatements.provider
        and periods.accelerator = restatements.accelerator
        and periods.market = restatements.market
        and periods.term_months = restatements.term_months
        and periods.basis = restatements.basis
        and periods.place = restatements.place
        and restatements.restated_on <= periods.observed_on
    where periods.period_end_on <= newest.newest_on
    and periods.known_at
        <= (periods.period_end_on + interval 1 day)::date::timestamp at time zone 'UTC'
    group by all
),

-- Days weigh within a source; several sources of one item are averaged.
by_source as (
    select
        period,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        provider,
        item_root,
        restated_count,
        period_end_on,
        source,
        sum(day_count * log_price) / sum(day_count) as log_price,
        max(host_count) as host_count,
        max(observed_on) as last_observed_on
    from known_then
    group by all
)

select
    period,
    accelerator,
    tier,
    market,
    term_months,
    basis,
    provider,
    item_root || case when restated_count > 0 then ' restated ' || restated_count else '' end
        as item,
    period_end_on,
    item_root,
    avg(log_price) as log_price,
    max(host_count) as host_count,
    max(last_observed_on) as last_observed_on
from by_source
group by all
order by
    period, accelerator, tier, market, term_months, basis, provider, item, period_end_on
