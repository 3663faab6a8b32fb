-- The inputs of the income clock by case: `base` at their central values, `low` with dear facilities and
-- little realised rent, `high` the other way round. An input without a cited range is the same in all three.
-- grain: value_case
with ranged as (
    select
        'base' as value_case,
        inputs.input,
        inputs.base_value as as_cost,
        inputs.base_value as as_income
    from steps.cost_input as inputs
    union all
    select
        'low' as value_case,
        inputs.input,
        coalesce(inputs.high_value, inputs.base_value) as as_cost,
        coalesce(inputs.low_value, inputs.base_value) as as_income
    from steps.cost_input as inputs
    union all
    select
        'high' as value_case,
        inputs.input,
        coalesce(inputs.low_value, inputs.base_value) as as_cost,
        coalesce(inputs.high_value, inputs.base_value) as as_income
    from steps.cost_input as inputs
),

cases as (
    select unnest(['base', 'low', 'high']) as value_case
)

select
    cases.value_case,
    max(case when ranged.input = 'facility-cash-cost' then ranged.as_cost end)
        as cash_cost_usd_per_kw_hour,
    max(case when ranged.input = 'overhead-share' then ranged.as_cost end) / 100
        as overhead_fraction,
    max(case when ranged.input = 'realisation' then ranged.as_income end) / 100
        as realisation_fraction,
    max(case when ranged.input = 'utilisation' then ranged.as_income end) / 100
        as utilisation_fraction,
    max(case when ranged.input = 'incremental-borrowing-rate' then ranged.as_cost end) / 100
        as discount_fraction
from cases
left join ranged on cases.value_case = ranged.value_case
group by cases.value_case
order by cases.value_case
