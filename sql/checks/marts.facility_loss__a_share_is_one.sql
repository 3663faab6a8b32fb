-- A share of paths lies between none and all, and a band over histories has a lower and an upper end (the share of
-- a rare event can lie above both); what is not told says why.
select
    facility_id,
    drift_basis,
    quarter_number,
    under_water_probability_pct,
    dscr_below_probability_pct,
    loss_at_default_pct
from marts.facility_loss
where under_water_probability_pct not between 0 and 100
or loss_at_default_pct not between 0 and 100
or low_under_water_probability_pct > high_under_water_probability_pct
or (under_water_probability_pct is null) <> (loss_missing_reason is not null)
or (loss_missing_reason is null and (loss_at_default_pct is null) <> (recovery_missing_reason is not null))
or (loss_missing_reason is null and (dscr_below_probability_pct is null) <> (dscr_missing_reason is not null))
or known_at is null
