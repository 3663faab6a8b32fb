-- Who moved first? Each adviser's value of a facility quarter by quarter: the change since its report before, and
-- whether others had moved that way earlier. An adviser's value is that of its positions, weighted by par, as far
-- as each was held at both reports: the same fund, borrower, facility and tranche, so that a new position is no
-- move. A move is half a point of par or more. Moves one way in quarters in a row are a run; its first mover is the
-- adviser whose move was public first, and after_first_mover_days is how much later the others'. Clock: what a
-- fund filed, not when it made up its mind.
-- grain: facility_id, adviser, period_end_on
with held as (
    select
        marks.facility_id,
        coalesce(marks.adviser, marks.fund) as adviser,
        marks.borrower,
        marks.period_end_on,
        marks.previous_period_end_on,
        marks.fv_to_par_pct,
        marks.fv_to_par_change_pct,
        marks.par_usd,
        marks.known_at
    from marts.lender_mark as marks
    where marks.facility_id is not null
    and marks.par_basis in ('funded', 'not_stated')
    and marks.fv_to_par_pct is not null
    and marks.par_usd > 0
),

opinions as (
    select
        held.facility_id,
        held.adviser,
        held.period_end_on,
        max(held.borrower) as borrower,
        count(*) as holding_count,
        sum(held.fv_to_par_pct * held.par_usd) / sum(held.par_usd) as fv_to_par_pct,
        max(held.previous_period_end_on) as previous_period_end_on,
        sum(held.fv_to_par_change_pct * held.par_usd)
        / sum(case when held.fv_to_par_change_pct is not null then held.par_usd end) as fv_to_par_change_pct,
        max(held.known_at) as known_at
    from held
    group by all
),

moved as (
    select
        opinions.*,
        coalesce(abs(opinions.fv_to_par_change_pct) >= 0.5, false) as is_move,
        case
            when opinions.fv_to_par_change_pct <= -0.5 then 'down'
            when opinions.fv_to_par_change_pct >= 0.5 then 'up'
        end as move_direction
    from opinions
),

-- A quarter without a move that way, in the facility's own reports, ends the run.
quarters as (
    select
        moved.facility_id,
        moved.move_direction,
        moved.period_end_on,
        case when moved.period_end_on <= lag(moved.period_end_on) over facility_moves + interval 100 day
            then 0 else 1 end as begins_run
    from moved
    where moved.is_move
    group by moved.facility_id, moved.move_direction, moved.period_end_on
    window facility_moves as (
        partition by moved.facility_id, moved.move_direction order by moved.period_end_on
    )
),

runs as (
    select
        quarters.*,
        sum(quarters.begins_run) over (
            partition by quarters.facility_id, quarters.move_direction order by quarters.period_end_on
        ) as run_number
    from quarters
),

ranked as (
    select
        moved.facility_id,
        moved.adviser,
        moved.period_end_on,
        min(moved.period_end_on) over facility_run as run_started_on,
        first_value(moved.adviser) over by_publication as first_mover,
        first_value(moved.known_at) over by_publication as first_known_at
    from moved
    join runs
        on moved.facility_id = runs.facility_id
        and moved.move_direction = runs.move_direction
        and moved.period_end_on = runs.period_end_on
    window
        facility_run as (
            partition by runs.facility_id, runs.move_direction, runs.run_number
        ),
        by_publication as (
            partition by runs.facility_id, runs.move_direction, runs.run_number
            order by moved.known_at, moved.period_end_on, moved.adviser
        )
)

select
    moved.facility_id,
    moved.adviser,
    moved.period_end_on,
    moved.borrower,
    moved.holding_count,
    moved.fv_to_par_pct,
    moved.previous_period_end_on,
    datediff('day', moved.previous_period_end_on, moved.period_end_on) as between_reports_days,
    moved.fv_to_par_change_pct,
    moved.is_move,
    moved.move_direction,
    ranked.run_started_on,
    ranked.first_mover,
    case when moved.is_move then ranked.first_mover = moved.adviser end as is_first_mover,
    datediff('day', cast(ranked.first_known_at as date), cast(moved.known_at as date)) as after_first_mover_days,
    moved.known_at
from moved
left join ranked
    on moved.facility_id = ranked.facility_id
    and moved.adviser = ranked.adviser
    and moved.period_end_on = ranked.period_end_on
order by moved.facility_id, moved.period_end_on, moved.adviser
