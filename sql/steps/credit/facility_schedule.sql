-- What is left of each filed balance, quarter by quarter, if nothing more is drawn: level repayment from the
-- later of the balance day and the first repayment to maturity, all of it at maturity for a bullet. Schedules
-- that are not public count as level. Quarters end with months where the balance day does. Past its maturity
-- a facility still owes what was filed, and nothing a quarter later. What falls due within a stretch is the
-- difference of two rows; without a maturity it is unknown.
-- grain: facility_id, balance_on, quarter_number
with quarters as (
    select cast(unnest(generate_series(0, 41, 1)) as bigint) as quarter_number
),

dated as (
    select
        balances.facility_id,
        balances.balance_on,
        balances.principal_usd,
        quarters.quarter_number,
        case
            when balances.balance_on = last_day(balances.balance_on)
                then last_day(
                    cast(balances.balance_on + interval 3 month * quarters.quarter_number as date)
                )
            else cast(balances.balance_on + interval 3 month * quarters.quarter_number as date)
        end as period_end_on,
        terms.maturity_on,
        terms.amortisation,
        datediff('month', balances.balance_on, terms.maturity_on) as months_to_maturity,
        greatest(
            coalesce(datediff('month', balances.balance_on, terms.amortisation_from_on), 0), 0
        ) as months_of_grace,
        greatest(balances.known_at, terms.known_at) as known_at
    from steps.facility_balance as balances
    join steps.facility_terms as terms
        on balances.facility_id = terms.facility_id and terms.in_force_to_on is null
    cross join quarters
    where balances.principal_usd is not null
)

select
    dated.facility_id,
    dated.balance_on,
    dated.quarter_number,
    dated.period_end_on,
    case
        when dated.maturity_on is null then null
        when dated.quarter_number = 0 then dated.principal_usd
        when dated.maturity_on <= dated.period_end_on then 0
        when dated.amortisation = 'bullet' then dated.principal_usd
        else dated.principal_usd * least(
            (dated.months_to_maturity - 3 * dated.quarter_number)
            / greatest(dated.months_to_maturity - dated.months_of_grace, 1),
            1
        )
    end as principal_left_usd,
    dated.known_at
from dated
order by dated.facility_id, dated.balance_on, dated.quarter_number
