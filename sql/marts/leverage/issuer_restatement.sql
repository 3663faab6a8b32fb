-- Every figure a later filing gives otherwise than the filing before it: what was said, what is said now,
-- and whether that is a coarser rounding, a share split or a restatement. Fact by fact, before
-- any rule reads the figures, over periodic reports and the 8-Ks that recast them.
-- grain: cik, taxonomy, concept, unit, period_start_on, period_end_on, dimensions, accession
with vintages as (
    select
        facts.*,
        case
            when facts.decimals is not null then pow(10.0, -facts.decimals)
            when facts.unit like '%/%' and (facts.value * 100) % 1 = 0 then 0.01
            when facts.value % 1000000 = 0 then 1000000.0
            when facts.value % 1000 = 0 then 1000.0
            when facts.value % 1 = 0 then 1.0
            else 0.001
        end as rounding
    from steps.issuer_fact as facts
    where facts.document_kind in ('report', 'recast')
),

beside as (
    select
        *,
        lag(value) over figure as previous_value,
        lag(rounding) over figure as previous_rounding,
        lag(accession) over figure as previous_accession
    from vintages
    window figure as (
        partition by cik, taxonomy, concept, unit, period_start_on, period_end_on, dimensions
        order by known_at, accession
    )
),

changed as (
    select * from beside
    where value <> previous_value
),

-- A split moves figures per share, and counts of shares, by a whole factor; both sides are rounded. Where
-- rounding alone could make a fifth of the figure, no factor can be told.
split as (
    select distinct
        changed.cik,
        changed.taxonomy,
        changed.concept,
        changed.unit,
        changed.period_start_on,
        changed.period_end_on,
        changed.dimensions,
        changed.accession
    from changed
    cross join (
        select unnest([2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]) as factor
    ) as factors
    where changed.unit like '%shares%'
    and (
        (
            abs(changed.previous_value - factors.factor * changed.value)
                <= (factors.factor * changed.rounding + changed.previous_rounding) / 2
            and factors.factor * changed.rounding + changed.previous_rounding
                <= 0.2 * abs(changed.previous_value)
        )
        or (
            abs(changed.value - factors.factor * changed.previous_value)
                <= (factors.factor * changed.previous_rounding + changed.rounding) / 2
            and factors.factor * changed.previous_rounding + changed.rounding
                <= 0.2 * abs(changed.value)
        )
    )
)

select
    changed.cik,
    changed.issuer,
    changed.taxonomy,
    changed.concept,
    changed.unit,
    changed.period_start_on,
    changed.period_end_on,
    changed.dimensions,
    changed.accession,
    changed.form,
    changed.filed_on,
    changed.value,
    changed.previous_value,
    changed.value - changed.previous_value as change,
    case
        when abs(changed.value - changed.previous_value)
            <= greatest(changed.rounding, changed.previous_rounding) then 'rounding'
        when split.cik is not null then 'split'
        else 'restated'
    end as change_kind,
    changed.previous_accession,
    changed.known_at,
    changed.source_url,
    changed.confidence
from changed
left join split
    on changed.cik = split.cik
    and changed.taxonomy = split.taxonomy
    and changed.concept = split.concept
    and changed.unit = split.unit
    and changed.period_start_on is not distinct from split.period_start_on
    and changed.period_end_on = split.period_end_on
    and changed.dimensions = split.dimensions
    and changed.accession = split.accession
order by
    changed.issuer,
    changed.known_at desc,
    changed.concept,
    changed.period_end_on desc
