-- How much of its first rent an accelerator still earns, month by month: the panel-adjusted rent of gpu_rent
-- over the mean of its first three months. A fixed panel moved by the index, so a provider who comes or goes
-- moves nothing; where the index had to start anew another panel stands, and `matched_retention_pct`, which
-- follows the index alone, ends. A path, not a law: it falls and rises. A rent whose last look is more than
-- 31 days old has no row (`last_observed_on`).
-- grain: accelerator, tier, market, term_months, period_end_on
with numbered as (
    select
        rents.*,
        parts.available_on,
        parts.is_training_part,
        row_number() over series as month_number,
        min(rents.period_end_on) over series as first_on,
        min(rents.chain_started_on) over series as first_chain_on
    from marts.gpu_rent as rents
    left join steps.part as parts on rents.accelerator = parts.accelerator
    where rents.period = 'month'
    and rents.basis = 'all_in'
    and rents.publication_status = 'published'
    window series as (
        partition by rents.accelerator, rents.tier, rents.market, rents.term_months
        order by rents.period_end_on
    )
),

based as (
    select
        *,
        avg(case when month_number <= 3 then rent_usd_per_gpu_hour end) over whole as first_rent,
        max(case when month_number <= 3 then known_at end) over whole as first_known_at,
        avg(
            case when month_number <= 3 and chain_started_on = first_chain_on
                then multilateral_price_index end
        ) over whole as first_index
    from numbered
    window whole as (partition by accelerator, tier, market, term_months)
)

select
    based.accelerator,
    based.tier,
    based.market,
    based.term_months,
    based.period_end_on,
    based.is_training_part,
    based.available_on,
    datediff('day', based.available_on, based.period_end_on) / 365.25 as age_years,
    datediff('month', based.available_on, based.period_end_on) as months_since_launch,
    datediff('month', based.first_on, based.period_end_on) as months_since_first,
    based.rent_usd_per_gpu_hour,
    based.first_rent as first_rent_usd_per_gpu_hour,
    100 * based.rent_usd_per_gpu_hour / based.first_rent as retention_pct,
    case when based.chain_started_on = based.first_chain_on
        then 100 * based.multilateral_price_index / based.first_index end as matched_retention_pct,
    based.chain_started_on,
    based.provider_count,
    based.single_provider,
    based.last_observed_on,
    based.unobserved_days,
    greatest(based.known_at, based.first_known_at) as known_at
from based
order by
    based.accelerator, based.tier, based.market, based.term_months, based.period_end_on
