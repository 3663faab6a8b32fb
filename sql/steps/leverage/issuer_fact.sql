-- A filed figure that may be read as an issuer's own: of the universe, of its perimeter, from a document that
-- speaks for the period. Periodic reports do; an 8-K may recast one; a figure read out of a text has no other
-- home than that text. Proxies, fee tables and registration statements describe other documents.
-- Flows of filings that leave out a part of the business (recasts) are of a perimeter of their own.
-- Where several sources read the same filing, the row that states its rounding stands.
-- grain: accession, taxonomy, concept, unit, period_start_on, period_end_on, dimensions
with formed as (
    select
        facts.cik,
        facts.accession,
        facts.filed_on,
        facts.taxonomy,
        facts.concept,
        facts.unit,
        facts.period_start_on,
        facts.period_end_on,
        facts.dimensions,
        facts.value,
        facts.decimals,
        facts.source,
        facts.known_at,
        facts.source_url,
        facts.confidence,
        coalesce(facts.form, filings.form, '') as form
    from staging.filing_facts as facts
    left join staging.filings as filings on facts.accession = filings.accession
    where facts.taxonomy not in ('ecd', 'ffd')
),

-- An amendment is of the kind of what it amends.
placed as (
    select
        formed.*,
        case
            when forms.report_kind in ('annual', 'quarterly', 'furnished') then 'report'
            when forms.report_kind = 'proxy' then null
            when formed.taxonomy = 'untagged' then 'text'
            when forms.report_kind = 'current' then 'recast'
        end as document_kind
    from formed
    left join staging.forms as forms on replace(formed.form, '/A', '') = forms.form
)

select
    placed.cik,
    perimeter.issuer,
    perimeter.layer,
    coalesce(recasts.perimeter, perimeter.perimeter) as perimeter,
    case
        when placed.taxonomy = 'ifrs-full' then 'ifrs'
        when placed.taxonomy = 'untagged' then perimeter.accounting_basis
        else 'us_gaap'
    end as accounting_basis,
    placed.taxonomy = 'untagged'
    or (placed.taxonomy = 'ifrs-full') = (perimeter.accounting_basis = 'ifrs') as is_preferred_basis,
    placed.taxonomy,
    placed.concept,
    placed.unit,
    placed.period_start_on,
    placed.period_end_on,
    placed.dimensions,
    placed.value,
    placed.decimals,
    placed.document_kind,
    placed.form,
    placed.filed_on,
    placed.accession,
    placed.known_at,
    placed.source_url,
    placed.confidence
from placed
join steps.issuer_perimeter as perimeter
    on placed.cik = perimeter.cik
    and placed.period_end_on >= perimeter.period_from_on
    and placed.period_end_on <= coalesce(perimeter.period_to_on, placed.period_end_on)
    and placed.filed_on >= perimeter.filed_from_on
left join staging.recasts as recasts
    on placed.cik = recasts.cik
    and placed.period_start_on is not null
    and placed.filed_on between recasts.recast_from_on and recasts.recast_to_on
where placed.document_kind is not null
qualify row_number() over (
    partition by
        placed.accession,
        placed.taxonomy,
        placed.concept,
        placed.unit,
        placed.period_start_on,
        placed.period_end_on,
        placed.dimensions
    order by placed.decimals is null, placed.known_at, placed.source
) = 1
