-- What a company has earned per accelerator-hour by its own filings: revenue of the quarter over the hours of the
-- accelerators in use. A look at realised rent that rests on no posted price. How many accelerators a megawatt
-- feeds (`gpu_per_mw`, of a fleet of all ages) is taken to hold where somebody stated both for one day; else there is
-- a range only. The range is that of a machine of
-- H100s (many) and of one of GB200s (few), by rated power times the cited factor of the whole machine. Power is
-- the mean of the quarter's two ends, in the range the higher and the lower of them. Revenue of software and
-- storage is in it, so it is, if anything, too high. Where an end of the quarter is not stated there is no row.
-- grain: cik, period_end_on
with ends as (
    select
        capacity.issuer,
        capacity.cik,
        capacity.measured_on,
        capacity.active_power_mw,
        capacity.known_at
    from staging.issuer_capacity as capacity
    where capacity.active_power_mw is not null
    qualify row_number() over (
        partition by capacity.cik, capacity.measured_on
        order by capacity.known_at desc, capacity.source_url
    ) = 1
),

filed as (
    select
        capacity.cik,
        max_by(capacity.installed_gpu_count / capacity.active_power_mw, capacity.measured_on)
            as gpu_per_mw,
        max(capacity.known_at) as known_at
    from staging.issuer_capacity as capacity
    where capacity.installed_gpu_count is not null
    and capacity.active_power_mw is not null
    group by all
),

-- Accelerators that a megawatt feeds, by what a whole machine draws for one.
fed as (
    select
        min(1e6 / (specs.tdp_w * inputs.base_value)) as low_gpu_per_mw,
        max(1e6 / (specs.tdp_w * inputs.base_value)) as high_gpu_per_mw,
        greatest(max(specs.known_at), max(inputs.known_at)) as known_at
    from staging.accelerators as specs
    cross join steps.cost_input as inputs
    where specs.accelerator in ('nvidia-h100-sxm-80gb', 'nvidia-gb200-nvl72')
    and inputs.input = 'system-power-factor'
    having count(*) = 2
),

posted as (
    select
        rents.period_end_on,
        rents.rent_usd_per_gpu_hour,
        rents.last_observed_on,
        rents.known_at
    from marts.gpu_rent as rents
    where rents.accelerator = 'nvidia-h100-sxm-80gb'
    and rents.tier = 'neocloud'
    and rents.market = 'on_demand'
    and rents.term_months = 0
    and rents.basis = 'all_in'
    and rents.period = 'month'
    and rents.publication_status = 'published'
),

quarters as (
    select
        revenue.issuer,
        revenue.cik,
        revenue.period_end_on,
        revenue.value_usd as revenue_usd,
        24.0 * revenue.period_days as hours,
        before.active_power_mw as before_mw,
        after.active_power_mw as after_mw,
        filed.gpu_per_mw,
        least(fed.low_gpu_per_mw, coalesce(filed.gpu_per_mw, fed.low_gpu_per_mw)) as low_gpu_per_mw,
        greatest(fed.high_gpu_per_mw, coalesce(filed.gpu_per_mw, fed.high_gpu_per_mw)) as high_gpu_per_mw,
        posted.rent_usd_per_gpu_hour as posted_rent,
        posted.last_observed_on,
        greatest(
            revenue.known_at,
            before.known_at,
            after.known_at,
            coalesce(filed.known_at, fed.known_at),
            fed.known_at,
            coalesce(posted.known_at, revenue.known_at)
        ) as known_at
    from marts.issuer_quarter as revenue
    join ends as after
        on revenue.cik = after.cik
        and revenue.period_end_on = after.measured_on
    join ends as before
        on revenue.cik = before.cik
        and revenue.period_start_on = before.measured_on + 1
    left join filed on revenue.cik = filed.cik
    cross join fed
    left join posted on revenue.period_end_on = posted.period_end_on
    where revenue.metric = 'revenue'
    and revenue.is_preferred_basis
)

select
    quarters.issuer,
    quarters.cik,
    quarters.period_end_on,
    quarters.revenue_usd,
    quarters.before_mw as active_power_before_mw,
    quarters.after_mw as active_power_mw,
    quarters.gpu_per_mw,
    quarters.low_gpu_per_mw,
    quarters.high_gpu_per_mw,
    quarters.revenue_usd
    / ((quarters.before_mw + quarters.after_mw) / 2 * quarters.gpu_per_mw * quarters.hours)
        as realised_rent_usd_per_gpu_hour,
    quarters.revenue_usd
    / (greatest(quarters.before_mw, quarters.after_mw) * quarters.high_gpu_per_mw * quarters.hours)
        as low_realised_rent_usd_per_gpu_hour,
    quarters.revenue_usd
    / (least(quarters.before_mw, quarters.after_mw) * quarters.low_gpu_per_mw * quarters.hours)
        as high_realised_rent_usd_per_gpu_hour,
    quarters.posted_rent as posted_rent_usd_per_gpu_hour,
    100 * quarters.revenue_usd
    / ((quarters.before_mw + quarters.after_mw) / 2 * quarters.gpu_per_mw * quarters.hours)
    / quarters.posted_rent as realised_to_posted_pct,
    quarters.last_observed_on,
    case
        when quarters.gpu_per_mw is null
            then 'no day on which accelerators and megawatts in use are both on record'
    end as realised_missing_reason,
    'accelerators per megawatt hold; all power feeds rented accelerators' as inputs_assumed,
    quarters.known_at
from quarters
order by quarters.issuer, quarters.period_end_on
