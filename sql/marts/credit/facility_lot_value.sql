-- What each lot of a facility's collateral is worth on each day its debt was filed: on the contract's clock
-- (straight line over the agreed life) and on the market's (income clock at the month's neocloud rent,
-- executed resale where three sales back it), METHODS 8. The part of the cost that is not accelerators
-- follows the contract's clock. Between whole years of age values are interpolated. Where no rent is
-- published within three months, the lot is older than the clock goes, or nobody names a price of a new one
-- to count machines by, the market side is null and says so. Costs are as last known, whatever the day, so
-- a row with a market side is known no earlier than they are.
-- grain: facility_id, lot_number, balance_on
with shares as (
    select
        max(case when inputs.input = 'gpu-share' then inputs.base_value end) / 100 as gpu_share,
        max(inputs.known_at) as known_at
    from steps.cost_input as inputs
    where inputs.input in (
        'gpu-share', 'facility-cash-cost', 'overhead-share', 'realisation',
        'incremental-borrowing-rate'
    )
),

lots as (
    select
        lot.facility_id,
        lot.lot_number,
        days.balance_on,
        lot.accelerator,
        lot.funded_on,
        lot.lot_cost_usd,
        lot.depreciation_life_years,
        datediff('day', lot.funded_on, days.balance_on) / 365.25 as age_years,
        datediff('day', lot.funded_on, days.balance_on) / 365.25
        - floor(datediff('day', lot.funded_on, days.balance_on) / 365.25) as part_of_year,
        greatest(lot.known_at, days.known_at) as known_at
    from marts.facility_collateral as lot
    join steps.facility_balance as days
        on lot.facility_id = days.facility_id
        and lot.funded_to_on <= days.balance_on
        and days.principal_usd is not null
),

-- The newest month, up to the day's own, in which the clock is published.
months as (
    select
        lots.facility_id,
        lots.lot_number,
        lots.balance_on,
        clocks.clock,
        max(clocks.period_end_on) as valued_on
    from lots
    join marts.residual_value as clocks
        on lots.accelerator = clocks.accelerator
        and clocks.period_end_on <= last_day(lots.balance_on)
        and clocks.period_end_on > lots.balance_on - interval 92 day
    where clocks.publication_status = 'published'
    and clocks.age_years = 0
    and (
        (clocks.clock = 'income_market' and clocks.tier = 'neocloud')
        or clocks.clock = 'resale'
    )
    group by all
),

-- Each lot between the two whole years around its age; one that has outlived the clock has no row.
interpolated as (
    select
        lots.facility_id,
        lots.lot_number,
        lots.balance_on,
        months.clock,
        months.valued_on,
        (1 - lots.part_of_year) * clocks.value_usd_per_gpu
        + lots.part_of_year * clocks.older_value_usd_per_gpu as value,
        (1 - lots.part_of_year) * clocks.low_value_usd_per_gpu
        + lots.part_of_year * clocks.older_low_value_usd_per_gpu as low_value,
        (1 - lots.part_of_year) * clocks.high_value_usd_per_gpu
        + lots.part_of_year * clocks.older_high_value_usd_per_gpu as high_value,
        (1 - lots.part_of_year) * clocks.earned_usd_per_gpu
        + lots.part_of_year * clocks.older_earned_usd_per_gpu as earned,
        (1 - lots.part_of_year) * clocks.spent_usd_per_gpu
        + lots.part_of_year * clocks.older_spent_usd_per_gpu as spent,
        clocks.rent_kept_usd_per_gpu_year as rent_kept,
        clocks.cash_cost_usd_per_gpu_year as cash_cost,
        clocks.rent_usd_per_gpu_hour as rent,
        clocks.cost_usd_per_gpu as cost
    from lots
    join months
        on lots.facility_id = months.facility_id
        and lots.lot_number = months.lot_number
        and lots.balance_on = months.balance_on
    join steps.clock_age as clocks
        on lots.accelerator = clocks.accelerator
        and months.clock = clocks.clock
        and months.valued_on = clocks.period_end_on
        and clocks.tier in ('neocloud', 'any')
        and floor(lots.age_years) = clocks.age_years
        and lots.age_years <= clocks.older_age_years
),

-- Whether there is a rent at all, at whatever age.
rented as (
    select
        months.facility_id,
        months.lot_number,
        months.balance_on
    from months
    where months.clock = 'income_market'
),

valued as (
    select
        lots.*,
        shares.gpu_share,
        lots.lot_cost_usd * greatest(1 - lots.age_years / lots.depreciation_life_years, 0)
            as depreciated_cost_usd,
        income.valued_on,
        income.rent,
        lots.lot_cost_usd * shares.gpu_share / income.cost as gpu_count,
        income.value / income.cost as income_part,
        income.low_value / income.cost as low_part,
        income.high_value / income.cost as high_part,
        income.earned,
        income.spent,
        income.rent_kept,
        income.cash_cost,
        resale.value / resale.cost as resale_part,
        case
            when lots.accelerator is null then 'no accelerator known for the collateral'
            when shares.gpu_share is null then 'no share of accelerators in the cost'
            when rented.facility_id is null
                then 'no published neocloud rent of ' || lots.accelerator || ' within three months'
            when income.facility_id is null then 'older than the income clock goes'
            when income.cost is null then 'no price of a new ' || lots.accelerator
        end as market_missing_reason,
        shares.known_at as inputs_known_at
    from lots
    cross join shares
    left join rented
        on lots.facility_id = rented.facility_id
        and lots.lot_number = rented.lot_number
        and lots.balance_on = rented.balance_on
    left join interpolated as income
        on lots.facility_id = income.facility_id
        and lots.lot_number = income.lot_number
        and lots.balance_on = income.balance_on
        and income.clock = 'income_market'
    left join interpolated as resale
        on lots.facility_id = resale.facility_id
        and lots.lot_number = resale.lot_number
        and lots.balance_on = resale.balance_on
        and resale.clock = 'resale'
)

select
    valued.facility_id,
    valued.lot_number,
    valued.balance_on,
    valued.accelerator,
    valued.funded_on,
    valued.age_years,
    valued.lot_cost_usd,
    valued.depreciation_life_years,
    valued.depreciated_cost_usd,
    valued.gpu_share as gpu_fraction,
    valued.gpu_count as gpu_estimate,
    (1 - valued.gpu_share) * valued.depreciated_cost_usd as other_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.income_part
    + (1 - valued.gpu_share) * valued.depreciated_cost_usd as market_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.low_part
    + (1 - valued.gpu_share) * valued.depreciated_cost_usd as low_market_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.high_part
    + (1 - valued.gpu_share) * valued.depreciated_cost_usd as high_market_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.resale_part
    + (1 - valued.gpu_share) * valued.depreciated_cost_usd as resale_value_usd,
    valued.gpu_count * valued.earned as earned_usd,
    valued.gpu_count * valued.spent as spent_usd,
    valued.gpu_count * valued.rent_kept as annual_rent_kept_usd,
    valued.gpu_count * valued.cash_cost as annual_cash_cost_usd,
    valued.rent as rent_usd_per_gpu_hour,
    valued.valued_on,
    valued.market_missing_reason,
    case when valued.market_missing_reason is null
        then greatest(
            valued.known_at,
            valued.inputs_known_at,
            cast((valued.valued_on + interval 1 day)::date::timestamp at time zone 'UTC' as timestamptz)
        )
        else valued.known_at
    end as known_at
from valued
order by valued.facility_id, valued.lot_number, valued.balance_on
