-- Is the sentence true? Each claim of the founding article beside what the tables measure, and a verdict.
-- A claim is true in a range of values; its rule gives the readings its words allow (drawn, committed,
-- announced; three definitions of a share) as a range too. All readings inside: supported. None: contradicted.
-- Some: partly. No reading: not measurable, with the reason. The rules are `sql/rules/claims/`, one SELECT
-- over marts each, printed in `rule`. Worked out at every build: a verdict can change. What it was on another
-- day says `vintage.claim_check`.
-- `evidence_kind` tells figures from estimates and from quotes: a quote supports that it was said.
-- grain: claim_id
with measured as (
    select
        part_name,
        rule,
        cast(measured_value as double) as measured_value,
        cast(coalesce(measured_low_value, measured_value) as double) as low_value,
        cast(coalesce(measured_high_value, measured_value) as double) as high_value,
        measured_on,
        measure,
        gap_reason,
        known_at,
        source_urls
    from rules_of.claims
),

-- The newest version of a claim; a claim without a rule is not measurable, and says so.
stated as (
    select
        claims.claim_id,
        claims.subject,
        claims.claim,
        claims.claimed_value,
        claims.claimed_low_value,
        claims.claimed_high_value,
        claims.unit,
        claims.evidence_kind,
        claims.source_url as claim_url,
        claims.known_at as claim_known_at,
        measured.rule,
        measured.measured_value,
        measured.low_value,
        measured.high_value,
        measured.measured_on,
        measured.measure,
        measured.gap_reason,
        measured.known_at as measured_known_at,
        measured.source_urls,
        coalesce(claims.claimed_low_value <= measured.low_value, true)
        and coalesce(measured.high_value <= claims.claimed_high_value, true) as is_inside,
        coalesce(measured.high_value < claims.claimed_low_value, false)
        or coalesce(claims.claimed_high_value < measured.low_value, false) as is_outside,
        measured.low_value is not null
        and (claims.claimed_low_value is not null or claims.claimed_high_value is not null)
            as is_measured
    from staging.claims as claims
    left join measured on claims.claim_id = measured.part_name
)

select
    claim_id,
    subject,
    claim,
    claimed_value,
    claimed_low_value,
    claimed_high_value,
    unit,
    measured_value,
    low_value as measured_low_value,
    high_value as measured_high_value,
    case
        when not is_measured then 'not measurable'
        when is_inside then 'supported'
        when is_outside then 'contradicted'
        else 'partly'
    end as verdict,
    measure,
    case
        when not is_measured then coalesce(gap_reason, 'nothing of it was known by this day')
    end as gap_reason,
    evidence_kind,
    measured_on,
    greatest(claim_known_at, measured_known_at) as known_at,
    claim_url,
    source_urls,
    rule
from stated
order by subject, claim_id
