-- Cash that is there at the start of a quarter and comes in is paid, kept or distributed, but for running cost the
-- sponsor must meet; debt falls by what is repaid; a flow that is unknown says why.
with quarters as (
    select
        waterfall.*,
        lag(waterfall.kept_cash_usd) over lane as kept_before_usd
    from marts.facility_waterfall as waterfall
    window lane as (
        partition by
            waterfall.facility_id, waterfall.scenario, waterfall.realisation_pct, waterfall.revenue_basis
        order by waterfall.quarter_number
    )
)

select
    facility_id,
    scenario,
    realisation_pct,
    revenue_basis,
    quarter_number,
    opening_usd,
    principal_usd,
    unpaid_usd,
    cash_missing_reason
from quarters
where abs(opening_usd - principal_paid_usd - cure_paid_usd - principal_usd) > 1
or kept_before_usd + rent_received_usd - running_cost_usd
    > interest_paid_usd + principal_paid_usd + cure_paid_usd + kept_cash_usd + distributed_usd + 1
or kept_before_usd + rent_received_usd - running_cost_usd + unpaid_usd
    < interest_paid_usd + principal_paid_usd + cure_paid_usd + kept_cash_usd + distributed_usd - 1
or (quarter_number > 0 and opening_usd is null and cash_missing_reason is null)
or known_at is null
