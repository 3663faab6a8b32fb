-- What a company's machines would have cost its profit on another life (METHODS 5): depreciation of
-- each year's capital expenditure on technology at the life in force against 3, 4 and 5 years, and against
-- a cost that falls as fast as rents have (rent_decline: the through-cycle rate, not the income clock, which
-- puts machines far lower), with operating income and net property restated. Buildings are left alone: only
-- the technology share of capex counts, the cited share of a data center or less where the filed depreciation
-- leaves no room for it, which is also what stands in for construction in progress.
-- Beside it the test of the model: the effect the company disclosed of its own change of life, the one
-- modelled (old life until the year began, then the new one over what was left), and the share of capex
-- that would reproduce the disclosed one.
-- grain: cik, accounting_basis, period_end_on, life_case
with decline as (
    select
        fiscal_years.cik,
        fiscal_years.accounting_basis,
        fiscal_years.period_end_on,
        rate.rate_pct_per_year
    from steps.issuer_fiscal_year as fiscal_years
    join marts.depreciation_rate as rate
        on rate.period_end_on <= fiscal_years.period_end_on
        and rate.method = 'pooled_through_cycle'
        and rate.publication_status = 'published'
    qualify row_number() over (
        partition by
            fiscal_years.cik, fiscal_years.accounting_basis, fiscal_years.period_end_on
        order by rate.period_end_on desc
    ) = 1
),

shares as (
    select
        sum(inputs.base_value) / 100 as cited_share
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
        cast(null as double) as yearly_rate
    from steps.life_in_force as in_force
    union all
    select
        in_force.cik,
        in_force.accounting_basis,
        in_force.period_end_on,
        cast(other.years as varchar) || '_years' as life_case,
        other.years::double as life_years,
        cast(null as double) as yearly_rate
    from steps.life_in_force as in_force
    cross join (select unnest(generate_series(3, 5, 1)) as years) as other
    union all
    select
        in_force.cik,
        in_force.accounting_basis,
        in_force.period_end_on,
        'rent_decline' as life_case,
        cast(null as double) as life_years,
        decline.rate_pct_per_year / 100 as yearly_rate
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
                else pow(1 + cases.yearly_rate, vintages.age_from_years)
                    - pow(1 + cases.yearly_rate, vintages.age_to_years)
            end
        ) as full_depreciation,
        sum(
            vintages.capex_usd
            * case
                when cases.life_years is not null
                    then 1 - least(vintages.age_to_years, cases.life_years) / cases.life_years
                else pow(1 + cases.yearly_rate, vintages.age_to_years)
            end
        ) as full_left,
        max(vintages.age_to_years) as oldest_age,
        count(*) as vintage_count
    from cases
    join steps.capex_vintage as vintages using (cik, accounting_basis, period_end_on)
    group by cases.cik, cases.accounting_basis, cases.period_end_on, cases.life_case
),

-- What the company said a change of that year did, to all machines or a part of them: booked if it is known,
-- else forecast.
disclosed as (
    select
        fiscal_years.cik,
        fiscal_years.accounting_basis,
        fiscal_years.period_end_on,
        lives.old_life_years,
        lives.new_life_years,
        lives.asset_class like 'subset%' as is_subset,
        coalesce(lives.depreciation_effect_usd, -lives.operating_income_effect_usd) as effect_usd,
        lives.effect_kind,
        lives.known_at
    from steps.issuer_fiscal_year as fiscal_years
    join staging.useful_lives as lives
        on fiscal_years.cik = lives.cik
        and lives.effect_to_on = fiscal_years.period_end_on
    where lives.life_change_kind <> 'early_retirement'
    and coalesce(lives.depreciation_effect_usd, lives.operating_income_effect_usd) is not null
    qualify row_number() over (
        partition by
            fiscal_years.cik, fiscal_years.accounting_basis, fiscal_years.period_end_on
        order by lives.effect_kind desc, lives.known_at desc, lives.effective_on desc
    ) = 1
),

effects as (
    select
        disclosed.cik,
        disclosed.accounting_basis,
        disclosed.period_end_on,
        sum(
            vintages.capex_usd
            * (
                case
                    when vintages.age_from_years = 0
                        then vintages.age_to_years / disclosed.new_life_years
                    when disclosed.new_life_years > vintages.age_from_years
                        then greatest(1 - vintages.age_from_years / disclosed.old_life_years, 0)
                            * least(1 / (disclosed.new_life_years - vintages.age_from_years), 1)
                    else greatest(1 - vintages.age_from_years / disclosed.old_life_years, 0)
                end
                - greatest(
                    least(vintages.age_to_years, disclosed.old_life_years) - vintages.age_from_years, 0
                ) / disclosed.old_life_years
            )
        ) as full_effect
    from disclosed
    join steps.capex_vintage as vintages using (cik, accounting_basis, period_end_on)
    group by disclosed.cik, disclosed.accounting_basis, disclosed.period_end_on
),

shared as (
    select
        modelled.*,
        shares.cited_share,
        least(
            shares.cited_share,
            max(
                case when modelled.life_case = 'filed'
                    then fiscal_years.depreciation_usd / nullif(modelled.full_depreciation, 0) end
            ) over year_of
        ) as technology_fraction,
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
        greatest(fiscal_years.known_at, in_force.known_at) as figures_known_at,
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
        disclosed.effect_usd as disclosed_effect_usd,
        disclosed.effect_kind,
        disclosed.is_subset,
        disclosed.old_life_years,
        shared.technology_fraction * effects.full_effect as modelled_effect_usd,
        disclosed.effect_usd / nullif(effects.full_effect, 0) as implied_technology_fraction,
        greatest(shared.figures_known_at, disclosed.known_at) as known_at,
        shared.technology_fraction * (shared.full_depreciation - shared.filed_full_depreciation)
            as extra_depreciation_usd,
        shared.technology_fraction * (shared.filed_full_left - shared.full_left) as lost_property
    from shared
    left join disclosed using (cik, accounting_basis, period_end_on)
    left join effects using (cik, accounting_basis, period_end_on)
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
    told.known_at
from told
order by told.issuer, told.accounting_basis, told.period_end_on, told.life_case
