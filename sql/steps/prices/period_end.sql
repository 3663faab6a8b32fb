-- The weeks (Monday to Sunday) and months that are over, as the record itself tells: somebody looked after
-- the last day. `known_at` is the moment the first such look became public, which is when the period's
-- rows can be made; no clock on the wall takes part, so a build at any past moment had the same ones.
-- by day: period_end_on, all days
-- grain: period, period_end_on
with candidates as (
    select distinct
        'week' as period,
        (date_trunc('week', observed_on) + interval 6 day)::date as period_end_on
    from steps.look_day
    union
    select distinct
        'month' as period,
        last_day(observed_on) as period_end_on
    from steps.look_day
)

select
    candidates.period,
    candidates.period_end_on,
    min(days.known_at) as known_at
from candidates
join steps.look_day as days on candidates.period_end_on < days.observed_on
group by candidates.period, candidates.period_end_on
order by candidates.period, candidates.period_end_on
