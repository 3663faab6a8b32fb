-- What one item cost in a week (Monday to Sunday) or a month: the rows of the multilateral index. An item
-- is a provider's price of one accelerator, market, term and basis; at a hyperscaler also of one region and
-- machine type, because these differ there (up to eightfold); elsewhere one recorder prints a region and
-- another `global` for the same price, and both are one item. A bundle that was restated is a new item.
-- A sighting counts for each day it stands: until the next look of its source, or as long as the source's
-- rhythm says. Only sightings that were public before their own day ended enter (docs/decisions/0070), and
-- a period has a row from the moment the first look after its end became public (`known_at`): so whatever
-- becomes known later, the row stays what it was, and the clock on the wall decides nothing.
-- A step of more than 40 % (any at Azure) waits for its second sighting. Flagged prices,
-- administered spot among them, stay out.
-- by day: period_end_on, all days
-- grain: period, accelerator, tier, market, term_months, basis, provider, item, period_end_on
with neighbours as (
    select
        *,
        lag(price_usd_per_gpu_hour) over series as price_before,
        lag(observed_on) over series as seen_before_on,
        lead(observed_on) over series as next_seen_on
    from steps.item_sighting
    window series as (
        partition by
            source, provider, accelerator, tier, market, term_months, basis, region, instance_type
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
        region,
        instance_type,
        observed_on,
        ln(price_usd_per_gpu_hour) as log_price,
        host_count,
        least(
            (observed_on + (refresh_days - 1) * interval 1 day)::date,
            coalesce((next_seen_on - interval 1 day)::date, date '9999-12-31')
        ) as stands_until_on
    from neighbours
    where seen_before_on is null
    or seen_before_on < observed_on - interval 31 day
    or greatest(price_usd_per_gpu_hour, price_before)
        <= case when provider = 'azure' and market <> 'spot' then 1.001 else 1.4 end
        * least(price_usd_per_gpu_hour, price_before)
),

newest as (
    select max(observed_on) as newest_on from steps.item_sighting
),

periods as (
    select
        standing.*,
        'week' as period,
        unnest(
            generate_series(
                (date_trunc('week', observed_on) + interval 6 day)::date,
                (date_trunc('week', least(stands_until_on, newest.newest_on)) + interval 6 day)::date,
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
        provider,
        accelerator,
        market,
        term_months,
        basis,
        case when tier = 'hyperscaler' then region else 'any' end as region,
        restated_on
    from steps.restatement
    where is_prompt
),

stood as (
    select
        periods.period,
        periods.accelerator,
        periods.tier,
        periods.market,
        periods.term_months,
        periods.basis,
        periods.provider,
        periods.period_end_on,
        periods.region
        || case when periods.instance_type = 'any' then '' else ' ' || periods.instance_type end
            as item_root,
        periods.tier <> 'hyperscaler' or reference.region is null or periods.region = 'global'
        or periods.region = reference.region as is_reference,
        periods.source,
        periods.log_price,
        periods.host_count,
        periods.observed_on,
        ends.known_at,
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
    join steps.period_end as ends using (period, period_end_on)
    left join steps.reference_region as reference on periods.provider = reference.provider
    left join restatements
        on periods.provider = restatements.provider
        and periods.accelerator = restatements.accelerator
        and periods.market = restatements.market
        and periods.term_months = restatements.term_months
        and periods.basis = restatements.basis
        and periods.region = restatements.region
        and restatements.restated_on <= periods.observed_on
    group by all
),

-- Days weigh within a source; several sources of one item are averaged. Sums of decimals, so that a last
-- digit does not depend on the order of addition.
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
        is_reference,
        restated_count,
        period_end_on,
        known_at,
        source,
        sum(day_count * log_price::decimal(18, 12))::double / sum(day_count) as log_price,
        max(host_count) as host_count,
        max(observed_on) as last_observed_on
    from stood
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
    bool_or(is_reference) as is_reference,
    sum(log_price::decimal(18, 12))::double / count(*) as log_price,
    max(host_count) as host_count,
    max(last_observed_on) as last_observed_on,
    known_at
from by_source
group by all
order by
    period, accelerator, tier, market, term_months, basis, provider, item, period_end_on
