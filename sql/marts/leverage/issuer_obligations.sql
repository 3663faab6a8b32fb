-- One commitment figure of an issuer off its balance sheet, with what that element was found to hold. A
-- commitment tag holds anything - supply, power, films, leases not commenced, even money to come in - so a
-- cell nobody has read is `meaning_unknown` and enters no total. A figure that stopped while the
-- issuer went on filing is frozen: it has moved to a dimension or to another element.
-- grain: issuer, period_end_on, taxonomy, concept, dimensions
with meanings as (
    select
        cik,
        taxonomy,
        concept,
        coalesce(dimensions, '') as dimensions,
        obligation_kind,
        evidence,
        period_from_on as meaning_from_on,
        coalesce(period_to_on, date '9999-12-31') as meaning_to_on,
        known_at
    from staging.commitment_meanings
),

read_concepts as (
    select distinct cik, taxonomy, concept from meanings
),

admitted as (
    select facts.*
    from steps.issuer_fact as facts
    left join read_concepts
        on facts.cik = read_concepts.cik
        and facts.taxonomy = read_concepts.taxonomy
        and facts.concept = read_concepts.concept
    where facts.unit = 'USD'
    and facts.document_kind in ('report', 'text')
    and (
        facts.concept like 'UnrecordedUnconditionalPurchaseObligation%'
        or facts.concept like 'PurchaseObligation%'
        or facts.concept like 'ContractualObligation%'
        or facts.concept like 'OtherCommitment%'
        or facts.concept like '%PurchaseCommitment%Amount'
        or facts.concept like '%NotYetCommenced%'
        or read_concepts.cik is not null
    )
),

-- A balance before a flow that ends on the same day; the newest filing of either.
latest as (
    select * from admitted
    qualify row_number() over (
        partition by issuer, period_end_on, taxonomy, concept, dimensions
        order by
            case when period_start_on is null then 0 else 1 end,
            known_at desc,
            accession desc,
            period_start_on desc
    ) = 1
),

-- Filings as the facts know them: one per day a period of the issuer ends.
period_ends as (
    select distinct issuer, period_end_on
    from marts.issuer_figure
    where not is_event_dated
),

newest as (
    select
        latest.issuer,
        latest.taxonomy,
        latest.concept,
        latest.dimensions,
        max(latest.period_end_on) as newest_on
    from latest
    group by all
),

behind as (
    select
        newest.issuer,
        newest.taxonomy,
        newest.concept,
        newest.dimensions,
        count(period_ends.period_end_on) as filings_behind_count
    from newest
    left join period_ends
        on newest.issuer = period_ends.issuer
        and newest.newest_on < period_ends.period_end_on
    group by all
),

meant as (
    select
        latest.*,
        coalesce(meanings.obligation_kind, 'meaning_unknown') as obligation_kind,
        meanings.evidence,
        greatest(latest.known_at, meanings.known_at) as meant_known_at,
        behind.filings_behind_count
    from latest
    join behind using (issuer, taxonomy, concept, dimensions)
    left join meanings
        on latest.cik = meanings.cik
        and latest.taxonomy = meanings.taxonomy
        and latest.concept = meanings.concept
        and latest.dimensions = meanings.dimensions
        and latest.period_end_on between meanings.meaning_from_on and meanings.meaning_to_on
    qualify row_number() over (
        partition by
            latest.issuer,
            latest.period_end_on,
            latest.taxonomy,
            latest.concept,
            latest.dimensions
        order by meanings.meaning_from_on desc
    ) = 1
),

-- A dimensioned figure is a part of the whole where the whole of its kind is filed beside it.
wholes as (
    select distinct issuer, period_end_on, taxonomy, concept, obligation_kind
    from meant
    where dimensions = ''
)

select
    meant.issuer,
    meant.cik,
    meant.layer,
    meant.period_end_on,
    meant.taxonomy,
    meant.concept,
    meant.dimensions,
    meant.obligation_kind,
    meant.value as amount_usd,
    meant.obligation_kind not in ('meaning_unknown', 'receivable', 'not_a_commitment')
    and (meant.dimensions = '' or wholes.issuer is null) as is_counted,
    meant.filings_behind_count,
    meant.filings_behind_count > 1 as is_frozen,
    meant.form,
    meant.filed_on,
    meant.accession,
    meant.evidence,
    meant.meant_known_at as known_at,
    meant.source_url,
    meant.confidence
from meant
left join wholes using (issuer, period_end_on, taxonomy, concept, obligation_kind)
order by
    meant.issuer,
    meant.period_end_on desc,
    meant.concept,
    meant.dimensions
