-- The life a company wrote its machines off over in one fiscal year: that of the last change begun by the
-- year's end; before the first change known, the life it replaced. Lives of a part of the machines, or of
-- machines retired early, are not the company's.
-- grain: cik, accounting_basis, period_end_on
select
    years.cik,
    years.accounting_basis,
    years.period_end_on,
    case
        when lives.effective_on <= years.period_end_on then lives.new_life_years
        else lives.old_life_years
    end as life_years,
    lives.known_at
from steps.issuer_fiscal_year as years
join staging.useful_lives as lives
    on years.cik = lives.cik
    and lives.asset_class not like 'subset%'
    and lives.life_change_kind <> 'early_retirement'
qualify row_number() over (
    partition by years.cik, years.accounting_basis, years.period_end_on
    order by
        lives.effective_on <= years.period_end_on desc,
        case
            when lives.effective_on <= years.period_end_on
                then datediff('day', lives.effective_on, years.period_end_on)
            else datediff('day', years.period_end_on, lives.effective_on)
        end,
        lives.effect_kind desc,
        lives.known_at desc
) = 1
