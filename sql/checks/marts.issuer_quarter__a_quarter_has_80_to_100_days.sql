-- A year to date or a year taken for a quarter is wrong by a factor of two to four and breaks nothing else.
select * from marts.issuer_quarter
where not is_balance
and (
    period_days not between 80 and 100
    or period_days <> datediff('day', period_start_on, period_end_on) + 1
)
