-- Stretches that overlap, or end before they start, would count a payment twice or on no day.
with stretches as (
    select
        *,
        lag(due_to_on) over (partition by issuer, balance_on order by due_from_on) as before_to_on
    from marts.maturity_ladder
)

select *
from stretches
where due_to_on < due_from_on
or before_to_on >= due_from_on
or due_from_on <= balance_on
