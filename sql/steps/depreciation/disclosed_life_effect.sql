-- What a company said its own change of life did to a fiscal year, to all machines or a part of them: booked if
-- that is known, else forecast; beside the same effect modelled on all of its capital expenditure (old life
-- until the year began, then the new one over what was left), of which machines are only a part.
-- grain: cik, accounting_basis, period_end_on
with disclosed as (
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
        ) as full_effect,
        max(vintages.known_at) as known_at
    from disclosed
    join steps.capex_vintage as vintages using (cik, accounting_basis, period_end_on)
    group by disclosed.cik, disclosed.accounting_basis, disclosed.period_end_on
)

select
    disclosed.cik,
    disclosed.accounting_basis,
    disclosed.period_end_on,
    disclosed.old_life_years,
    disclosed.new_life_years,
    disclosed.is_subset,
    disclosed.effect_usd as disclosed_effect_usd,
    disclosed.effect_kind,
    effects.full_effect as full_effect_usd,
    greatest(disclosed.known_at, coalesce(effects.known_at, disclosed.known_at)) as known_at
from disclosed
left join effects using (cik, accounting_basis, period_end_on)
order by disclosed.cik, disclosed.accounting_basis, disclosed.period_end_on
