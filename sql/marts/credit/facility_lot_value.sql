-- What each lot of a facility's collateral is worth on each day its debt is known: on the contract's clock
-- (straight line over the agreed life) and on the market's (income clock at the month's neocloud rent,
-- executed resale where three sales back it). The part of the cost that is not accelerators
-- follows the contract's clock. Between two balances a lot is drawn evenly over the days on which it can have
-- been; low values take it to be drawn on the first of them, high values on the last. Between whole years of age values are interpolated. Where no rent is
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
        lot.depreciation_life_years,
        case
            when days.balance_on >= lot.funded_to_on then lot.lot_cost_usd
            else lot.lot_cost_usd * datediff('day', lot.funded_from_on, days.balance_on)
                / datediff('day', lot.funded_from_on, lot.funded_to_on)
        end as lot_cost_usd,
        case
            when days.balance_on >= lot.funded_to_on then datediff('day', lot.funded_on, days.balance_on)
            else datediff('day', lot.funded_from_on, days.balance_on) / 2
        end / 365.25 as age_years,
        datediff('day', lot.funded_from_on, days.balance_on) / 365.25 as oldest_age_years,
        greatest(datediff('day', lot.funded_to_on, days.balance_on), 0) / 365.25 as youngest_age_years,
        greatest(lot.known_at, days.known_at) as known_at
    from marts.facility_collateral as lot
    join steps.facility_day as days
        on lot.facility_id = days.facility_id
        and days.principal_usd is not null
        and (
            lot.funded_to_on <= days.balance_on
            or (days.balance_basis = 'between_filed' and lot.funded_from_on < days.balance_on)
        )
),

-- Each lot at the age that counts, and at the ages its uncertain day allows.
aged as (
    select lots.*, 'base' as value_case, lots.age_years as case_age_years from lots
    union all
    select lots.*, 'low' as value_case, lots.oldest_age_years as case_age_years from lots
    union all
    select lots.*, 'high' as value_case, lots.youngest_age_years as case_age_years from lots
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

-- Each age between the two whole years around it; a lot that has outlived the clock has no row.
read as (
    select
        aged.facility_id,
        aged.lot_number,
        aged.balance_on,
        aged.value_case,
        aged.case_age_years - floor(aged.case_age_years) as part,
        months.valued_on,
        clocks.*
    from aged
    join months
        on aged.facility_id = months.facility_id
        and aged.lot_number = months.lot_number
        and aged.balance_on = months.balance_on
    join steps.clock_age as clocks
        on aged.accelerator = clocks.accelerator
        and months.clock = clocks.clock
        and months.valued_on = clocks.period_end_on
        and clocks.tier in ('neocloud', 'any')
        and floor(aged.case_age_years) = clocks.age_years
        and aged.case_age_years <= clocks.older_age_years
),

interpolated as (
    select
        read.facility_id,
        read.lot_number,
        read.balance_on,
        read.clock,
        read.value_case,
        read.valued_on,
        (1 - read.part) * read.value_usd_per_gpu + read.part * read.older_value_usd_per_gpu as value,
        case read.value_case
            when 'low' then (1 - read.part) * read.low_value_usd_per_gpu
                + read.part * read.older_low_value_usd_per_gpu
            when 'high' then (1 - read.part) * read.high_value_usd_per_gpu
                + read.part * read.older_high_value_usd_per_gpu
        end as case_value,
        (1 - read.part) * read.earned_usd_per_gpu + read.part * read.older_earned_usd_per_gpu as earned,
        (1 - read.part) * read.spent_usd_per_gpu + read.part * read.older_spent_usd_per_gpu as spent,
        read.rent_kept_usd_per_gpu_year as rent_kept,
        read.cash_cost_usd_per_gpu_year as cash_cost,
        read.rent_usd_per_gpu_hour as rent,
        read.cost_usd_per_gpu as cost
    from read
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
        lots.lot_cost_usd * greatest(1 - lots.oldest_age_years / lots.depreciation_life_years, 0)
            as low_depreciated_cost_usd,
        lots.lot_cost_usd * greatest(1 - lots.youngest_age_years / lots.depreciation_life_years, 0)
            as high_depreciated_cost_usd,
        income.valued_on,
        income.rent,
        lots.lot_cost_usd * shares.gpu_share / income.cost as gpu_count,
        income.value / income.cost as income_part,
        low.case_value / low.cost as low_part,
        high.case_value / high.cost as high_part,
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
        and income.value_case = 'base'
    left join interpolated as low
        on lots.facility_id = low.facility_id
        and lots.lot_number = low.lot_number
        and lots.balance_on = low.balance_on
        and low.clock = 'income_market'
        and low.value_case = 'low'
    left join interpolated as high
        on lots.facility_id = high.facility_id
        and lots.lot_number = high.lot_number
        and lots.balance_on = high.balance_on
        and high.clock = 'income_market'
        and high.value_case = 'high'
    left join interpolated as resale
        on lots.facility_id = resale.facility_id
        and lots.lot_number = resale.lot_number
        and lots.balance_on = resale.balance_on
        and resale.clock = 'resale'
        and resale.value_case = 'base'
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
    valued.low_depreciated_cost_usd,
    valued.high_depreciated_cost_usd,
    valued.gpu_share as gpu_fraction,
    valued.gpu_count as gpu_estimate,
    (1 - valued.gpu_share) * valued.depreciated_cost_usd as other_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.income_part
    + (1 - valued.gpu_share) * valued.depreciated_cost_usd as market_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.low_part
    + (1 - valued.gpu_share) * valued.low_depreciated_cost_usd as low_market_value_usd,
    valued.lot_cost_usd * valued.gpu_share * valued.high_part
    + (1 - valued.gpu_share) * valued.high_depreciated_cost_usd as high_market_value_usd,
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
