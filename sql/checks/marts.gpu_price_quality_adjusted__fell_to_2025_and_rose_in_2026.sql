-- A sign lost between the regression and the chain would turn the market round and break nothing else.
-- Anchors: on-demand rents fell from the end of 2023 to mid-2025 (AWS alone cut P5 by 44 % in June 2025)
-- and rose in 2026.
-- severity: warn
with months as (
    select
        max(case when period_end_on = date '2023-12-31' then price_index end) as index_2023,
        max(case when period_end_on = date '2025-06-30' then price_index end) as index_2025,
        max(case when period_end_on = date '2026-10-31' then price_index end) as index_2026
    from marts.gpu_price_quality_adjusted
    where market_scope = 'on_demand'
)

select
    index_2023,
    index_2025,
    index_2026
from months
where index_2025 not between 0.5 * index_2023 and 0.95 * index_2023
or index_2026 not between 1.05 * index_2025 and 2 * index_2025
