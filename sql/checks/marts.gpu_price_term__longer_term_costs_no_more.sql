-- A longer commitment should not cost more than a shorter one or none; listed so that a person looks.
-- severity: warn
with ordered as (
    select
        *,
        min(median_price_usd_per_gpu_hour) over (
            partition by accelerator, tier, basis, region_group, observed_on
            order by term_months
            rows between unbounded preceding and 1 preceding
        ) as shorter_term_price
    from marts.gpu_price_term
)

select * from ordered
where median_price_usd_per_gpu_hour > shorter_term_price
or matched_discount_fraction < 0
