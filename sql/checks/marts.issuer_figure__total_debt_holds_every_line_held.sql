-- A line of borrowings that the filing of a total has for the same day, larger than the total, or not among
-- what was added up: convertibles beside loans were once forgotten (1,000 for 2,485). Elements that are another
-- name of a line in the total, or a part of it, need a word in the issuer's recipe.
-- severity: warn
with lines as (
    select
        facts.cik,
        facts.accession,
        facts.accounting_basis,
        facts.period_end_on,
        facts.concept,
        facts.value
    from steps.issuer_fact as facts
    where facts.dimensions = ''
    and facts.unit = 'USD'
    and facts.period_start_on is null
    and facts.value > 0
    and facts.concept in (
        'LongTermDebtCurrent', 'LongTermDebtNoncurrent', 'DebtCurrent', 'ConvertibleDebtCurrent',
        'ConvertibleDebtNoncurrent', 'ConvertibleLongTermNotesPayable',
        'ConvertibleNotesPayableCurrent', 'LongTermNotesPayable', 'NotesPayableCurrent',
        'ShortTermBorrowings', 'CommercialPaper', 'LongTermLoansPayable', 'LoansPayableCurrent'
    )
)

select
    totals.issuer,
    totals.period_end_on,
    totals.value_usd,
    totals.concepts,
    lines.concept,
    lines.value
from marts.issuer_figure as totals
join lines
    on totals.cik = lines.cik
    and totals.accession = lines.accession
    and totals.accounting_basis = lines.accounting_basis
    and totals.period_end_on = lines.period_end_on
where totals.metric = 'total_debt'
and not list_contains(string_split(replace(totals.concepts, ' + ', ' '), ' '), lines.concept)
-- A line of the total by another name has its amount; a total of one element holds its lines.
and not exists (
    select 1
    from lines as named
    where named.cik = totals.cik
    and named.accession = totals.accession
    and named.period_end_on = totals.period_end_on
    and list_contains(string_split(replace(totals.concepts, ' + ', ' '), ' '), named.concept)
    and abs(named.value - lines.value) <= totals.rounding_usd
)
and (
    lines.value > totals.value_usd + totals.rounding_usd
    or totals.concepts not in ('LongTermDebt', 'DebtLongtermAndShorttermCombinedAmount')
)
