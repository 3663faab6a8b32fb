-- What generations of different age rent for on one date: each accelerator's on-demand rent of the last month
-- of a quarter (gpu_rent, with the day of the last look behind it) beside its age, and against the youngest part of the same tier that is rented then. A
-- cross-section says what progress took from the older part; it does not follow any one machine.
-- grain: period_end_on, tier, accelerator
with quarters as (
    select
        cohort.period_end_on,
        cohort.tier,
        cohort.accelerator,
        cohort.is_training_part,
        cohort.available_on,
        cohort.age_years,
        cohort.rent_usd_per_gpu_hour,
        cohort.provider_count,
        cohort.last_observed_on
    from marts.rent_cohort as cohort
    where cohort.market = 'on_demand'
    and cohort.term_months = 0
    and cohort.available_on is not null
    and month(cohort.period_end_on) in (3, 6, 9, 12)
),

youngest as (
    select
        quarters.period_end_on,
        quarters.tier,
        quarters.accelerator as newest_accelerator,
        quarters.rent_usd_per_gpu_hour as newest_rent
    from quarters
    where quarters.is_training_part
    qualify row_number() over (
        partition by quarters.period_end_on, quarters.tier
        order by quarters.available_on desc, quarters.accelerator
    ) = 1
)

select
    quarters.period_end_on,
    quarters.tier,
    quarters.accelerator,
    quarters.is_training_part,
    quarters.age_years,
    quarters.rent_usd_per_gpu_hour,
    youngest.newest_accelerator,
    100 * quarters.rent_usd_per_gpu_hour / youngest.newest_rent as rent_to_newest_pct,
    quarters.provider_count,
    quarters.last_observed_on
from quarters
left join youngest using (period_end_on, tier)
order by quarters.period_end_on, quarters.tier, quarters.accelerator
