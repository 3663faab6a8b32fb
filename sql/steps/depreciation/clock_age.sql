-- What a published clock says between two whole years of age: each whole year beside the one after it, so
-- that a value at any age is read in one row, the one whose `age_years` is the whole years of the age and
-- whose `older_age_years` is not below it: (1 - part of the year) x the figure + part of the year x the `older_`
-- figure. Where the next year is not published the stretch ends at once: a machine that is older has no row.
-- grain: accelerator, clock, tier, period_end_on, age_years
with published as (
    select
        clocks.*,
        lead(clocks.age_years) over clock_ages = clocks.age_years + 1 as is_followed,
        lead(clocks.value_usd_per_gpu) over clock_ages as next_value,
        lead(clocks.low_value_usd_per_gpu) over clock_ages as next_low_value,
        lead(clocks.high_value_usd_per_gpu) over clock_ages as next_high_value,
        lead(clocks.earned_usd_per_gpu) over clock_ages as next_earned,
        lead(clocks.spent_usd_per_gpu) over clock_ages as next_spent,
        lead(clocks.breakeven_rent_usd_per_gpu_hour) over clock_ages as next_breakeven
    from marts.residual_value as clocks
    where clocks.publication_status = 'published'
    window clock_ages as (
        partition by clocks.accelerator, clocks.clock, clocks.tier, clocks.period_end_on
        order by clocks.age_years
    )
)

select
    published.accelerator,
    published.clock,
    published.tier,
    published.period_end_on,
    published.age_years,
    case when published.is_followed then published.age_years + 1 else published.age_years end
        as older_age_years,
    published.value_usd_per_gpu,
    published.low_value_usd_per_gpu,
    published.high_value_usd_per_gpu,
    published.earned_usd_per_gpu,
    published.spent_usd_per_gpu,
    published.breakeven_rent_usd_per_gpu_hour,
    case when published.is_followed then published.next_value else published.value_usd_per_gpu end
        as older_value_usd_per_gpu,
    case when published.is_followed then published.next_low_value
        else published.low_value_usd_per_gpu end as older_low_value_usd_per_gpu,
    case when published.is_followed then published.next_high_value
        else published.high_value_usd_per_gpu end as older_high_value_usd_per_gpu,
    case when published.is_followed then published.next_earned
        else published.earned_usd_per_gpu end as older_earned_usd_per_gpu,
    case when published.is_followed then published.next_spent
        else published.spent_usd_per_gpu end as older_spent_usd_per_gpu,
    case when published.is_followed then published.next_breakeven
        else published.breakeven_rent_usd_per_gpu_hour end
        as older_breakeven_rent_usd_per_gpu_hour,
    published.cost_usd_per_gpu,
    published.cost_basis,
    published.rent_usd_per_gpu_hour,
    published.rent_kept_usd_per_gpu_year,
    published.cash_cost_usd_per_gpu_year,
    published.sale_count,
    published.condition,
    published.lot,
    published.priced_on,
    published.inputs_assumed
from published
order by
    published.accelerator, published.clock, published.tier, published.period_end_on, published.age_years
