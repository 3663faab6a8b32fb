-- A metric for one period as one filing gives it, by each alternative of the issuer's rule whose parts are all
-- there; alternatives are never added up. Which one and which filing stand is issuer_figure's to weigh.
-- grain: cik, accounting_basis, metric, rank, accession, period_start_on, period_end_on
with parts as (
    select
        facts.*,
        rules.metric,
        rules.is_balance,
        rules.rank,
        rules.weight,
        rules.is_required,
        rules.is_fallback
    from steps.issuer_fact as facts
    join steps.issuer_rule as rules
        on facts.cik = rules.cik
        and facts.taxonomy = rules.taxonomy
        and facts.concept = rules.concept
        and facts.dimensions = rules.dimensions
        and facts.period_end_on >= coalesce(rules.period_from_on, facts.period_end_on)
        and facts.period_end_on <= coalesce(rules.period_to_on, facts.period_end_on)
    where facts.unit = 'USD'
),

-- A filing rounds its parts alike, so where no rounding is filed the sum tells it, better than a part that
-- happens to be round.
sums as (
    select
        cik,
        issuer,
        layer,
        perimeter,
        accounting_basis,
        is_preferred_basis,
        metric,
        is_balance,
        rank,
        is_fallback,
        accession,
        period_start_on,
        period_end_on,
        max(form) as form,
        max(filed_on) as filed_on,
        max(known_at) as known_at,
        bool_or(document_kind = 'recast') as is_recast,
        sum(weight * value) as value_usd,
        coalesce(
            max(pow(10.0, -decimals)),
            case
                when sum(weight * value) % 1000000 = 0 then 1000000.0
                when sum(weight * value) % 1000 = 0 then 1000.0
                when sum(weight * value) % 1 = 0 then 1.0
                else 0.01
            end
        ) as rounding_usd,
        count(*) as part_count,
        sum(case when is_required then 1 else 0 end) as found_count,
        string_agg(distinct taxonomy, ' ' order by taxonomy) as taxonomy,
        substr(
            string_agg(
                case when weight < 0 then '- ' else '+ ' end
                || concept
                || case when dimensions = '' then '' else ' [' || dimensions || ']' end,
                ' '
                order by weight desc, concept, dimensions
            ),
            3
        ) as concepts,
        min(source_url) as source_url,
        case
            when bool_or(confidence = 'low') then 'low'
            when bool_or(confidence = 'medium') then 'medium'
            else 'high'
        end as confidence
    from parts
    group by all
),

needs as (
    select
        asked.cik,
        asked.metric,
        asked.rank,
        asked.period_end_on,
        sum(case when rules.is_required then 1 else 0 end) as required_count
    from (select distinct cik, metric, rank, period_end_on from sums) as asked
    join steps.issuer_rule as rules
        on asked.cik = rules.cik
        and asked.metric = rules.metric
        and asked.rank = rules.rank
        and asked.period_end_on >= coalesce(rules.period_from_on, asked.period_end_on)
        and asked.period_end_on <= coalesce(rules.period_to_on, asked.period_end_on)
    group by all
)

select sums.* exclude (found_count)
from sums
join needs using (cik, metric, rank, period_end_on)
where sums.found_count = needs.required_count
