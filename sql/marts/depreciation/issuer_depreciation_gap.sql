-- What a company's machines would have cost its profit on another life (METHODS 5): depreciation of
-- each year's capital expenditure on technology at the life in force against 3, 4 and 5 years, and against
-- a cost that falls as fast as rents have until the longest life companies file, when nothing is left
-- (rent_decline: the through-cycle rate, not the income clock, which puts machines far lower), with operating income and net property restated. Buildings are left alone: only
-- the technology share of capex counts, the cited share of a data center or less where the filed depreciation
-- leaves no room for it, which is also what stands in for construction in progress.
-- Beside it the test of the model: the effect the company disclosed of its own change of life, the one
-- modelled, and the share of capex that would reproduce the disclosed one. Over all companies the model makes
-- too much of a change: `calibrated_` figures take the share smaller by the median of implied over assumed
-- share. A row is known when the last of what it rests on is, costs and the calibration included.
-- grain: cik, accounting_basis, period_end_on, life_case
with decline as (
    select
        fiscal_years.cik,
        fiscal_years.accounting_basis,
        fiscal_years.period_end_on,
        rate.rate_pct_per_year,
        lives.longest_life_years,
        greatest(rate.known_at, lives.known_at) as known_at
    from steps.issuer_fiscal_year as fiscal_years
    join marts.depreciation_rate as rate
        on rate.period_end_on <= fiscal_years.period_end_on
        and rate.method = 'pooled_through_cycle'
        and rate.publication_status = 'published'
    join steps.decline as lives on rate.period_end_on = lives.period_end_on
    qualify row_number() over (
        partition by
            fiscal_years.cik, fiscal_years.accounting_basis, fiscal_years.period_end_on
        order by rate.period_end_on desc
    ) = 1
),

shares as (
    select
        sum(inputs.base_value) / 100 as cited_share,
        max(inputs.known_at) as known_at
    from steps.cost_input as inputs
    where inputs.input in ('capex-share-servers', 'capex-share-network')
    having count(*) = 2
),

cases as (
    select
        in_force.cik,
        in_force.accounting_basis,
        in_force.period_end_on,
        'filed' as life_case,
        in_force.life_years,
        cast(null as double) as yearly_rate,
        cast(null as double) as longest_life_years,
        cast(null as timestamptz) as rate_known_at
    from steps.life_in_force as in_force
    union all
    select
        in_force.cik,
        in_force.accounting_basis,
        in_force.period_end_on,
        cast(other.years as varchar) || '_years' as life_case,
        other.years::double as life_years,
        cast(null as double) as yearly_rate,
        cast(null as double) as longest_life_years,
        cast(null as timestamptz) as rate_known_at
    from steps.life_in_force as in_force
    cross join (select unnest(generate_series(3, 5, 1)) as years) as other
    union all
    select
        in_force.cik,
        in_force.accounting_basis,
        in_force.period_end_on,
        'rent_decline' as life_case,
        cast(null as double) as life_years,
        decline.rate_pct_per_year / 100 as yearly_rate,
        decline.longest_life_years,
        decline.known_at as rate_known_at
    from steps.life_in_force as in_force
    left join decline using (cik, accounting_basis, period_end_on)
),

-- Of all capex, as if the life had always been that one.
modelled as (
    select
        cases.cik,
        cases.accounting_basis,
        cases.period_end_on,
        cases.life_case,
        max(cases.life_years) as life_years,
        max(cases.yearly_rate) as yearly_rate,
        sum(
            vintages.capex_usd
            * case
                when cases.life_years is not null
                    then greatest(
                        least(vintages.age_to_years, cases.life_years) - vintages.age_from_years, 0
                    ) / cases.life_years
                when vintages.age_from_years >= cases.longest_life_years then 0
                else pow(1 + cases.yearly_rate, vintages.age_from_years)
                    - case when vintages.age_to_years >= cases.longest_life_years then 0
                        else pow(1 + cases.yearly_rate, vintages.age_to_years) end
            end
        ) as full_depreciation,
        sum(
            vintages.capex_usd
            * case
                when cases.life_years is not null
                    then 1 - least(vintages.age_to_years, cases.life_years) / cases.life_years
                when vintages.age_to_years >= cases.longest_life_years then 0
                else pow(1 + cases.yearly_rate, vintages.age_to_years)
            end
        ) as full_left,
        max(cases.rate_known_at) as rate_known_at,
        max(vintages.known_at) as vintages_known_at,
        max(vintages.age_to_years) as oldest_age,
        count(*) as vintage_count
    from cases
    join steps.capex_vintage as vintages using (cik, accounting_basis, period_end_on)
    group by cases.cik, cases.accounting_basis, cases.period_end_on, cases.life_case
),

shared as (
    select
        modelled.*,
        shares.cited_share,
        -- `least` passes over nulls: without a cited share there is none, whatever was filed.
        case when shares.cited_share is not null
            then least(
                shares.cited_share,
                max(
                    case when modelled.life_case = 'filed'
                        then fiscal_years.depreciation_usd / nullif(modelled.full_depreciation, 0) end
                ) over year_of
            )
        end as technology_fraction,
        max(case when modelled.life_case = 'filed' then modelled.full_depreciation end)
            over year_of as filed_full_depreciation,
        max(case when modelled.life_case = 'filed' then modelled.full_left end)
            over year_of as filed_full_left,
        max(case when modelled.life_case = 'filed' then modelled.life_years end)
            over year_of as filed_life_years,
        fiscal_years.issuer,
        fiscal_years.capex_usd,
        fiscal_years.depreciation_usd,
        fiscal_years.operating_income_usd,
        greatest(
            fiscal_years.known_at,
            in_force.known_at,
            modelled.vintages_known_at,
            coalesce(modelled.rate_known_at, in_force.known_at),
            coalesce(shares.known_at, in_force.known_at)
        ) as figures_known_at,
        fiscal_years.ppe_net_usd
    from modelled
    join steps.issuer_fiscal_year as fiscal_years using (cik, accounting_basis, period_end_on)
    join steps.life_in_force as in_force using (cik, accounting_basis, period_end_on)
    left join shares on true
    window year_of as (
        partition by modelled.cik, modelled.accounting_basis, modelled.period_end_on
    )
),

told as (
    select
        shared.*,
        disclosed.disclosed_effect_usd,
        disclosed.effect_kind,
        disclosed.is_subset,
        disclosed.old_life_years,
        shared.technology_fraction * disclosed.full_effect_usd as modelled_effect_usd,
        disclosed.disclosed_effect_usd / nullif(disclosed.full_effect_usd, 0)
            as implied_technology_fraction,
        greatest(
            shared.figures_known_at, coalesce(disclosed.known_at, shared.figures_known_at)
        ) as known_at,
        shared.technology_fraction * (shared.full_depreciation - shared.filed_full_depreciation)
            as extra_depreciation_usd,
        shared.technology_fraction * (shared.filed_full_left - shared.full_left) as lost_property
    from shared
    left join steps.disclosed_life_effect as disclosed using (cik, accounting_basis, period_end_on)
),

-- One ratio per company and year that disclosed what all its machines were written off over.
calibrated as (
    select
        median(told.implied_technology_fraction / told.technology_fraction) as factor,
        count(*) as disclosure_count,
        max(told.known_at) as known_at
    from told
    where told.life_case = 'filed'
    and not told.is_subset
    and told.technology_fraction > 0
    and told.implied_technology_fraction > 0
)

select
    told.cik,
    told.issuer,
    told.accounting_basis,
    told.period_end_on,
    told.life_case,
    told.life_years,
    100 * told.yearly_rate as rate_pct_per_year,
    told.capex_usd,
    told.depreciation_usd,
    told.technology_fraction,
    told.technology_fraction * told.full_depreciation as technology_depreciation_usd,
    told.extra_depreciation_usd,
    told.operating_income_usd,
    told.operating_income_usd - told.extra_depreciation_usd as restated_operating_income_usd,
    told.ppe_net_usd,
    told.ppe_net_usd - told.lost_property as restated_ppe_net_usd,
    told.vintage_count as capex_year_count,
    told.oldest_age >= told.filed_life_years as is_capex_complete,
    told.disclosed_effect_usd,
    told.effect_kind,
    told.modelled_effect_usd,
    told.modelled_effect_usd - told.disclosed_effect_usd as difference_usd,
    told.implied_technology_fraction,
    told.technology_fraction * calibrated.factor as calibrated_technology_fraction,
    told.extra_depreciation_usd * calibrated.factor as calibrated_extra_depreciation_usd,
    told.modelled_effect_usd * calibrated.factor as calibrated_effect_usd,
    calibrated.disclosure_count,
    case
        when told.disclosed_effect_usd is null then null
        when abs(told.modelled_effect_usd - told.disclosed_effect_usd) <= 5e7
            then 'within the rounding of what was disclosed'
        when told.is_subset
            then 'the change is about a part of the machines that is not disclosed; modelled for all'
        when told.oldest_age < told.old_life_years
            then 'capex of older years is not held'
        else 'share and time in service of machines assumed; mid-year or several changes not split'
    end as difference_reason,
    nullif(
        concat_ws(
            '; ',
            case when told.depreciation_usd is null then 'depreciation' end,
            case when told.operating_income_usd is null then 'operating income' end,
            case when told.ppe_net_usd is null then 'net property' end,
            case when told.cited_share is null then 'technology share' end,
            case when told.filed_life_years is null then 'life in force' end,
            case when told.life_case = 'rent_decline' and told.yearly_rate is null
                then 'rate of decline' end
        ),
        ''
    ) as missing_inputs,
    'technology share of capex; capex in service in mid-year; nothing left at the end of a life'
        as inputs_assumed,
    greatest(told.known_at, coalesce(calibrated.known_at, told.known_at)) as known_at
from told
cross join calibrated
order by told.issuer, told.accounting_basis, told.period_end_on, told.life_case
