-- What the income clock says of an accelerator where operators realise 40, 50, 60, 70 or 80 % of the posted rent,
-- which rests on one quotation (cost_inputs, realisation). What is earned moves in proportion, what is spent does
-- not, the length of use is held, and no value is below nothing. Withheld like residual_value: above the newest
-- price of a new one, outside neoclouds, or without an input.
-- grain: accelerator, tier, age_years, period_end_on, realisation_pct
with parts_realised as (
    select unnest([40.0, 50.0, 60.0, 70.0, 80.0])::double as realisation_pct
),

valued as (
    select
        clocks.accelerator,
        clocks.tier,
        clocks.age_years,
        clocks.period_end_on,
        parts_realised.realisation_pct,
        greatest(
            clocks.earned_usd_per_gpu * parts_realised.realisation_pct
            / (100 * cases.realisation_fraction) - clocks.spent_usd_per_gpu,
            0
        ) as value,
        specs.cost_usd_per_gpu as cost,
        clocks.rent_usd_per_gpu_hour,
        clocks.last_observed_on,
        clocks.missing_inputs,
        greatest(clocks.known_at, specs.known_at) as known_at
    from steps.income_clock as clocks
    cross join parts_realised
    join steps.income_case as cases on clocks.value_case = cases.value_case
    join steps.part as specs on clocks.accelerator = specs.accelerator
    where clocks.clock = 'income_market'
    and clocks.tier = 'neocloud'
    and clocks.value_case = 'base'
),

decided as (
    select
        valued.*,
        case
            when valued.missing_inputs is not null then 'missing: ' || valued.missing_inputs
            when valued.value > valued.cost then 'value above the newest price of a new one'
        end as withheld_reason
    from valued
)

select
    decided.accelerator,
    decided.tier,
    decided.age_years,
    decided.period_end_on,
    decided.realisation_pct,
    case when decided.withheld_reason is null then 'published' else 'withheld' end
        as publication_status,
    decided.withheld_reason,
    case when decided.withheld_reason is null then decided.value end as value_usd_per_gpu,
    case when decided.withheld_reason is null then 100 * decided.value / decided.cost end
        as value_pct_of_cost,
    decided.rent_usd_per_gpu_hour,
    decided.last_observed_on,
    decided.known_at
from decided
order by
    decided.accelerator,
    decided.tier,
    decided.period_end_on,
    decided.age_years,
    decided.realisation_pct
