-- How far the schedule of each filed balance missed the balances filed after it: principal as modelled from the
-- terms and balances of the earlier day, beside what the filing of the later day says, up to a year on. Where
-- more was drawn in between the two say nothing about repayment: then there is no error, and the reason. The
-- schedule is the one that debt service, stress and waterfall rest on (steps.facility_schedule).
-- grain: facility_id, balance_on, next_balance_on
with filed as (
    select
        days.facility_id,
        days.balance_on,
        days.principal_usd,
        days.confidence,
        days.known_at
    from steps.facility_day as days
    where days.balance_basis = 'filed'
),

-- A rise between any two balances of the stretch is a draw.
moved as (
    select
        filed.facility_id,
        filed.balance_on,
        filed.principal_usd > lag(filed.principal_usd) over (
            partition by filed.facility_id order by filed.balance_on
        ) as is_draw
    from filed
),

pairs as (
    select
        filed.facility_id,
        filed.balance_on,
        filed.principal_usd,
        later.balance_on as next_balance_on,
        later.principal_usd as next_principal_usd,
        case when 'low' in (filed.confidence, later.confidence) then 'low'
            when 'medium' in (filed.confidence, later.confidence) then 'medium'
            else 'high' end as confidence,
        greatest(filed.known_at, later.known_at) as known_at
    from filed
    join filed as later
        on filed.facility_id = later.facility_id
        and later.balance_on > filed.balance_on
        and later.balance_on <= filed.balance_on + interval 12 month
    where filed.principal_usd > 0
),

drawn as (
    select
        pairs.facility_id,
        pairs.balance_on,
        pairs.next_balance_on,
        bool_or(coalesce(moved.is_draw, false)) as is_drawn
    from pairs
    join moved
        on pairs.facility_id = moved.facility_id
        and moved.balance_on > pairs.balance_on
        and moved.balance_on <= pairs.next_balance_on
    group by pairs.facility_id, pairs.balance_on, pairs.next_balance_on
),

judged as (
    select
        pairs.*,
        schedule.schedule_basis,
        schedule.principal_left_usd as modelled_principal_usd,
        case
            when terms.facility_kind = 'revolver' then 'a revolver is drawn and repaid at will'
            when drawn.is_drawn then 'more was drawn in between'
            when schedule.facility_id is null then 'the balances are not whole quarters apart'
            when schedule.principal_left_usd is null then 'no maturity filed'
        end as repayment_missing_reason,
        greatest(pairs.known_at, schedule.known_at) as pair_known_at
    from pairs
    join drawn
        on pairs.facility_id = drawn.facility_id
        and pairs.balance_on = drawn.balance_on
        and pairs.next_balance_on = drawn.next_balance_on
    join steps.facility_terms as terms
        on pairs.facility_id = terms.facility_id and terms.in_force_to_on is null
    left join steps.facility_schedule as schedule
        on pairs.facility_id = schedule.facility_id
        and pairs.balance_on = schedule.balance_on
        and pairs.next_balance_on = schedule.period_end_on
)

select
    judged.facility_id,
    judged.balance_on,
    judged.next_balance_on,
    judged.principal_usd,
    judged.schedule_basis,
    judged.modelled_principal_usd,
    judged.next_principal_usd,
    judged.principal_usd - judged.modelled_principal_usd as modelled_repaid_usd,
    judged.principal_usd - judged.next_principal_usd as repaid_usd,
    case when judged.repayment_missing_reason is null
        then judged.modelled_principal_usd - judged.next_principal_usd end as repayment_error_usd,
    case when judged.repayment_missing_reason is null
        then 100 * (judged.modelled_principal_usd - judged.next_principal_usd) / judged.principal_usd
    end as repayment_error_pct,
    judged.repayment_missing_reason,
    judged.confidence,
    coalesce(judged.pair_known_at, judged.known_at) as known_at
from judged
order by judged.facility_id, judged.balance_on, judged.next_balance_on
