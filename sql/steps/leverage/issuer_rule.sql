-- Which elements an issuer's metric adds up: its own recipe, else the common one; never a mixture of both. A
-- recipe may hold for a stretch of period ends only.
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
    anti join own on issuers.cik = own.cik and recipes.metric = own.metric
    where recipes.cik = '*'
)

select
    rules.cik,
    rules.metric,
    metrics.is_balance,
    rules.rank,
    rules.taxonomy,
    rules.concept,
    coalesce(rules.dimensions, '') as dimensions,
    rules.weight,
    rules.is_required,
    rules.period_from_on,
    rules.period_to_on,
    greatest(rules.known_at, metrics.known_at) as known_at
from (
    select * from own
    union all
    select * from common
) as rules
left join staging.metrics as metrics on rules.metric = metrics.metric
