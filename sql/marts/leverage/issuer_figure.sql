-- One figure of an issuer for one period of any length, read by the rules of concept_recipes: as last
-- known beside as first reported. Within a filing the first alternative that holds wins, and alternates
-- are never added up. Across filings every vintage counts; one restates if it differs from the one before
-- by more than a unit of the coarser rounding, so that a 10-K in millions restates no 10-Q in thousands.
-- Left out: proxies and fee tables; 8-K facts that recast nothing filed before; what a predecessor filed;
-- a filing that holds only a weaker alternative, or fewer parts of the sum, than an earlier one did.
-- grain: cik, accounting_basis, metric, period_start_on, period_end_on
with issuers as (
    select distinct cik from steps.issuer_perimeter
),

own_rules as (
    select recipes.*
    from staging.concept_recipes as recipes
    semi join issuers on recipes.cik = issuers.cik
),

common_rules as (
    select
        issuers.cik,
        recipes.metric,
        recipes.rank,
        recipes.taxonomy,
        recipes.concept,
        recipes.dimensions,
        recipes.weight,
        recipes.is_required,
        recipes.period_from_on,
        recipes.period_to_on
    from staging.concept_recipes as recipes
    cross join issuers
    anti join own_rules on issuers.cik = own_rules.cik and recipes.metric = own_rules.metric
    where recipes.cik = '*'
),

rules as (
    select
        cik,
        metric,
        rank,
        taxonomy,
        concept,
        coalesce(dimensions, '') as dimensions,
        weight,
        is_required,
        coalesce(period_from_on, date '0001-01-01') as rule_from_on,
        coalesce(period_to_on, date '9999-12-31') as rule_to_on
    from (
        select
            cik,
            metric,
            rank,
            taxonomy,
            concept,
            dimensions,
            weight,
            is_required,
            period_from_on,
            period_to_on
        from own_rules
        union all
        select * from common_rules
    ) as both_rules
),

admitted as (
    select
        facts.cik,
        facts.issuer,
        facts.layer,
        facts.perimeter,
        facts.is_preferred_basis,
        facts.accounting_basis,
        facts.accession,
        facts.form,
        facts.filed_on,
        facts.taxonomy,
        facts.concept,
        facts.dimensions,
        facts.period_start_on,
        facts.period_end_on,
        facts.value,
        facts.decimals,
        facts.known_at,
        facts.source_url,
        facts.confidence,
        facts.document_kind = 'recast' as is_recast
    from steps.issuer_fact as facts
    where facts.unit = 'USD'
),

-- The metrics that are balances on a day; every other one flows through a period.
parts as (
    select
        admitted.*,
        rules.metric,
        rules.rank,
        rules.weight,
        rules.is_required,
        rules.metric in (
            'cash',
            'restricted_cash',
            'total_debt',
            'current_debt',
            'debt_principal',
            'recourse_debt',
            'non_recourse_debt',
            'convertible_debt',
            'finance_lease_liability',
            'operating_lease_liability',
            'ppe_net',
            'ppe_gross',
            'total_assets',
            'total_liabilities',
            'equity',
            'deferred_revenue',
            'rpo',
            'receivables'
        )
        or starts_with(rules.metric, 'debt_due_') as is_balance
    from admitted
    join rules
        on admitted.cik = rules.cik
        and admitted.taxonomy = rules.taxonomy
        and admitted.concept = rules.concept
        and admitted.dimensions = rules.dimensions
        and admitted.period_end_on between rules.rule_from_on and rules.rule_to_on
),

-- A filing rounds its parts alike, so where no rounding is filed the sum tells it, better than a part that
-- happens to be round.
sums as (
    select
        cik,
        issuer,
        layer,
        perimeter,
        is_preferred_basis,
        accounting_basis,
        metric,
        is_balance,
        rank,
        accession,
        period_start_on,
        period_end_on,
        max(form) as form,
        max(filed_on) as filed_on,
        max(known_at) as known_at,
        bool_or(is_recast) as is_recast,
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
    join rules
        on asked.cik = rules.cik
        and asked.metric = rules.metric
        and asked.rank = rules.rank
        and asked.period_end_on between rules.rule_from_on and rules.rule_to_on
    group by all
),

filed as (
    select sums.*
    from sums
    join needs using (cik, metric, rank, period_end_on)
    where sums.found_count = needs.required_count
    qualify row_number() over (
        partition by
            sums.cik,
            sums.accounting_basis,
            sums.metric,
            sums.accession,
            sums.period_start_on,
            sums.period_end_on
        order by sums.rank
    ) = 1
),

recasts as (
    select
        *,
        min(case when not is_recast then known_at end) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on
        ) as first_filed_at
    from filed
),

weighed as (
    select
        *,
        min(rank) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on
            order by known_at, accession
        ) as best_rank,
        max(part_count) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on, rank
            order by known_at, accession
        ) as most_parts
    from recasts
    where not is_recast
    or known_at > first_filed_at
),

compared as (
    select
        *,
        coalesce(
            abs(value_usd - lag(value_usd) over figure)
            > greatest(rounding_usd, lag(rounding_usd) over figure),
            false
        ) as restates
    from weighed
    where rank = best_rank
    and part_count = most_parts
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by known_at, accession
    )
),

versions as (
    select
        *,
        sum(case when restates then 1 else 0 end) over figure as version,
        first_value(value_usd) over figure as first_reported_usd,
        first_value(accession) over figure as first_accession,
        first_value(known_at) over figure as first_known_at
    from compared
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by known_at, accession
    )
),

counted as (
    select
        *,
        count(*) over figure as vintage_count,
        max(version) over figure as restatement_count
    from versions
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
    )
),

latest as (
    select * from counted
    qualify row_number() over (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by version desc, rounding_usd, known_at, accession
    ) = 1
),

-- A balance on a day on which no period of the issuer ends belongs to an event (TRAPS 53). A period ends
-- where a flow of it does, on the day a report says it is for, and on the day of a balance sheet.
period_ends as (
    select cik, period_end_on
    from latest
    where not is_balance
    and datediff('day', period_start_on, period_end_on) >= 79
    union
    select cik, period_end_on
    from staging.filings
    where replace(form, '/A', '') in ('10-K', '10-KT', '10-Q', '10-QT', '20-F', '40-F')
    and period_end_on is not null
    union
    select cik, period_end_on
    from latest
    where metric in ('total_assets', 'equity')
    and period_start_on is null
    group by cik, period_end_on
    having count(distinct metric) = 2
)

select
    latest.cik,
    latest.issuer,
    latest.layer,
    latest.perimeter,
    latest.accounting_basis,
    latest.is_preferred_basis,
    latest.metric,
    latest.is_balance,
    latest.period_start_on,
    latest.period_end_on,
    latest.period_start_on is null
    and (not latest.is_balance or period_ends.cik is null) as is_event_dated,
    latest.value_usd,
    latest.first_reported_usd,
    latest.rounding_usd,
    latest.vintage_count,
    latest.restatement_count::bigint as restatement_count,
    latest.rank,
    latest.taxonomy,
    latest.concepts,
    latest.form,
    latest.filed_on,
    latest.accession,
    latest.first_accession,
    latest.known_at,
    latest.first_known_at,
    latest.source_url,
    latest.confidence
from latest
left join period_ends using (cik, period_end_on)
order by
    latest.issuer,
    latest.accounting_basis,
    latest.metric,
    latest.period_end_on desc,
    latest.period_start_on
