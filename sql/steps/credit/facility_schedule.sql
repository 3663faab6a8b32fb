-- What is left of each balance, quarter by quarter, if nothing more is drawn, by the terms in force on its
-- day. All of it at maturity for a bullet and a revolver. Where balances up to the day, over at most a year, have done
-- nothing but fall, they say how the loan is repaid, and it goes on at that pace (`as_balances_fell`), with
-- what is then left falling due at maturity. Otherwise it is repaid evenly from the later of the balance day
-- and the first repayment to maturity (`level`): schedules that are not public count as level. Quarters end
-- with months where the balance day does. Past its maturity a facility still owes what was filed, and nothing
-- a quarter later. What falls due within a stretch is the difference of two rows; without a maturity it is
-- unknown.
-- grain: facility_id, balance_on, quarter_number
with quarters as (
    select cast(unnest(generate_series(0, 41, 1)) as bigint) as quarter_number
),

steps_down as (
    select
        days.facility_id,
        days.balance_on,
        days.principal_usd,
        days.known_at,
        case when days.principal_usd < lag(days.principal_usd) over facility_days then 0 else 1 end
            as begins_run
    from steps.facility_day as days
    where days.principal_usd is not null
    window facility_days as (partition by days.facility_id order by days.balance_on)
),

runs as (
    select
        steps_down.*,
        sum(steps_down.begins_run) over (
            partition by steps_down.facility_id order by steps_down.balance_on
        ) as run_number
    from steps_down
),

-- The fall up to each day: from the first balance of its run that is no more than a year older.
falls as (
    select
        runs.facility_id,
        runs.balance_on,
        earlier.balance_on as fell_from_on,
        (earlier.principal_usd - runs.principal_usd)
        / (datediff('day', earlier.balance_on, runs.balance_on) / 91.3125) as quarter_fall_usd
    from runs
    join runs as earlier
        on runs.facility_id = earlier.facility_id
        and runs.run_number = earlier.run_number
        and earlier.balance_on < runs.balance_on
        and earlier.balance_on >= runs.balance_on - interval 12 month
    qualify row_number() over (
        partition by runs.facility_id, runs.balance_on order by earlier.balance_on
    ) = 1
),

dated as (
    select
        days.facility_id,
        days.balance_on,
        days.principal_usd,
        quarters.quarter_number,
        case
            when days.balance_on = last_day(days.balance_on)
                then last_day(cast(days.balance_on + interval 3 month * quarters.quarter_number as date))
            else cast(days.balance_on + interval 3 month * quarters.quarter_number as date)
        end as period_end_on,
        terms.maturity_on,
        case
            when terms.maturity_on is null then null
            when terms.amortisation = 'bullet' or terms.facility_kind = 'revolver' then 'bullet'
            when falls.quarter_fall_usd is not null then 'as_balances_fell'
            else 'level'
        end as schedule_basis,
        falls.fell_from_on,
        falls.quarter_fall_usd,
        datediff('month', days.balance_on, terms.maturity_on) as months_to_maturity,
        greatest(
            coalesce(datediff('month', days.balance_on, terms.amortisation_from_on), 0), 0
        ) as months_of_grace,
        greatest(days.known_at, terms.known_at) as known_at
    from steps.facility_day as days
    join steps.facility_terms as terms
        on days.facility_id = terms.facility_id and days.in_force_from_on = terms.in_force_from_on
    left join falls on days.facility_id = falls.facility_id and days.balance_on = falls.balance_on
    cross join quarters
    where days.principal_usd is not null
)

select
    dated.facility_id,
    dated.balance_on,
    dated.quarter_number,
    dated.period_end_on,
    dated.schedule_basis,
    dated.fell_from_on,
    dated.quarter_fall_usd,
    case
        when dated.maturity_on is null then null
        when dated.quarter_number = 0 then dated.principal_usd
        when dated.maturity_on <= dated.period_end_on then 0
        when dated.schedule_basis = 'bullet' then dated.principal_usd
        when dated.schedule_basis = 'as_balances_fell'
            then greatest(dated.principal_usd - dated.quarter_number * dated.quarter_fall_usd, 0)
        else dated.principal_usd * least(
            (dated.months_to_maturity - 3 * dated.quarter_number)
            / greatest(dated.months_to_maturity - dated.months_of_grace, 1),
            1
        )
    end as principal_left_usd,
    dated.known_at
from dated
order by dated.facility_id, dated.balance_on, dated.quarter_number
