-- Which elements an issuer's metric adds up: its own recipe, else the common one; never a mixture of both. A
-- fallback (a note's sum, one line of two) comes after all that is none, and an own recipe made of fallbacks
-- alone shuts out no common line of a statement: its ranks begin at 101. A recipe may hold for a stretch of
-- period ends only.
-- grain: cik, metric, rank, taxonomy, concept, dimensions
with issuers as (
    select distinct cik from steps.issuer_perimeter
),

own as (
    select recipes.*
    from staging.concept_recipes as recipes
    semi join issuers on recipes.cik = issuers.cik
),

common as (
    select recipes.* replace (issuers.cik as cik)
    from staging.concept_recipes as recipes
    cross join issuers
    where recipes.cik = '*'
),

-- What an issuer has of its own, by metric: full alternatives, fallbacks, or both.
has_own as (
    select
        cik,
        metric,
        bool_or(not is_fallback) as has_full,
        bool_or(is_fallback) as has_fallback
    from own
    group by cik, metric
),

common_left as (
    select common.*
    from common
    left join has_own using (cik, metric)
    where not coalesce(has_own.has_full, false)
    and not (common.is_fallback and coalesce(has_own.has_fallback, false))
)

select
    rules.cik,
    rules.metric,
    metrics.is_balance,
    rules.rank + case when rules.is_fallback then 100 else 0 end as rank,
    rules.taxonomy,
    rules.concept,
    coalesce(rules.dimensions, '') as dimensions,
    rules.weight,
    rules.is_required,
    rules.is_fallback,
    rules.period_from_on,
    rules.period_to_on,
    greatest(rules.known_at, metrics.known_at) as known_at
from (
    select * from own
    union all
    select * from common_left
) as rules
left join staging.metrics as metrics on rules.metric = metrics.metric
