-- One debt instrument of an issuer on one balance day, beside the debt its balance sheet shows that day.
-- Principal is held against principal, or carrying value against carrying value, never one against the
-- other; a tranche whose parent stands beside it is shown and not counted again, and leases
-- are shown and not counted, since the totals leave them out.
-- grain: issuer, balance_on, facility_id
with placed as (
    select
        terms.issuer,
        terms.cik,
        balances.balance_on,
        balances.facility_id,
        terms.facility_name,
        terms.facility_kind,
        terms.collateral_class,
        terms.recourse,
        terms.maturity_on,
        terms.parent_facility_id,
        balances.principal_usd,
        balances.carrying_usd,
        balances.undrawn_usd,
        balances.effective_rate_pct,
        balances.accession,
        greatest(balances.known_at, terms.known_at) as known_at,
        balances.source_url,
        balances.confidence
    from steps.facility_balance as balances
    join steps.facility_terms as terms
        on balances.facility_id = terms.facility_id and terms.in_force_to_on is null
    where terms.issuer is not null
),

counted as (
    select
        placed.*,
        parents.facility_id is null and placed.facility_kind <> 'lease' as is_counted
    from placed
    left join placed as parents
        on placed.issuer = parents.issuer
        and placed.balance_on = parents.balance_on
        and placed.parent_facility_id = parents.facility_id
        and (parents.principal_usd is not null or parents.carrying_usd is not null)
),

stacks as (
    select
        issuer,
        balance_on,
        max(known_at) as known_at,
        count(*) as instrument_count,
        sum(principal_usd) as principal_stack_usd,
        sum(carrying_usd) as carrying_stack_usd
    from counted
    where is_counted
    group by all
),

totals as (
    select
        issuer,
        metric,
        period_end_on as balance_on,
        value_usd,
        accession,
        known_at
    from marts.issuer_figure
    where metric in ('debt_principal', 'total_debt')
    and period_start_on is null
    qualify row_number() over (
        partition by issuer, metric, period_end_on
        order by is_preferred_basis desc, accounting_basis
    ) = 1
),

summed as (
    select
        stacks.issuer,
        stacks.balance_on,
        stacks.instrument_count,
        principal.value_usd as debt_principal_usd,
        carrying.value_usd as total_debt_usd,
        case
            when principal.value_usd is not null and stacks.principal_stack_usd is not null
                then 'principal'
            when carrying.value_usd is not null and stacks.carrying_stack_usd is not null
                then 'carrying'
        end as stack_basis,
        stacks.principal_stack_usd,
        stacks.carrying_stack_usd,
        case
            when principal.value_usd is not null and stacks.principal_stack_usd is not null
                then principal.accession
            when stacks.carrying_stack_usd is not null then carrying.accession
        end as total_accession,
        greatest(stacks.known_at, principal.known_at, carrying.known_at) as stack_known_at
    from stacks
    left join totals as principal
        on stacks.issuer = principal.issuer
        and stacks.balance_on = principal.balance_on
        and principal.metric = 'debt_principal'
    left join totals as carrying
        on stacks.issuer = carrying.issuer
        and stacks.balance_on = carrying.balance_on
        and carrying.metric = 'total_debt'
),

judged as (
    select
        *,
        case
            when stack_basis = 'carrying' then carrying_stack_usd
            else coalesce(principal_stack_usd, carrying_stack_usd)
        end as stack_usd,
        case
            when stack_basis = 'principal' then debt_principal_usd
            when stack_basis = 'carrying' then total_debt_usd
        end as stack_total_usd
    from summed
)

select
    counted.issuer,
    counted.cik,
    counted.balance_on,
    counted.facility_id,
    counted.facility_name,
    counted.facility_kind,
    counted.collateral_class,
    counted.recourse,
    counted.maturity_on,
    counted.principal_usd,
    counted.carrying_usd,
    counted.undrawn_usd,
    counted.effective_rate_pct,
    counted.is_counted,
    case
        when not counted.is_counted then null
        when judged.stack_basis = 'carrying' then counted.carrying_usd / judged.stack_usd
        else coalesce(counted.principal_usd, counted.carrying_usd) / nullif(judged.stack_usd, 0)
    end as stack_fraction,
    coalesce(judged.instrument_count, 0) as instrument_count,
    judged.debt_principal_usd,
    judged.total_debt_usd,
    judged.stack_basis,
    judged.stack_usd,
    judged.stack_total_usd - judged.stack_usd as unexplained_usd,
    100 * (judged.stack_total_usd - judged.stack_usd) / nullif(judged.stack_total_usd, 0)
        as unexplained_pct,
    case
        when judged.stack_total_usd is null then 'no_total'
        when abs(judged.stack_total_usd - judged.stack_usd) <= 0.01 * judged.stack_total_usd
            then 'reconciled'
        when judged.stack_usd > judged.stack_total_usd then 'over'
        else 'incomplete'
    end as stack_status,
    counted.accession,
    judged.total_accession,
    greatest(counted.known_at, judged.stack_known_at) as known_at,
    counted.source_url,
    counted.confidence
from counted
left join judged using (issuer, balance_on)
order by counted.issuer, counted.balance_on desc, counted.principal_usd desc, counted.facility_id
