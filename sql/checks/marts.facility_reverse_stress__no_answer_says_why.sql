-- Four thresholds a facility, each with a multiplier or the reason why there is none.
select
    facility_id,
    threshold,
    rent_multiplier,
    stress_missing_reason,
    count(*) over (partition by facility_id) as threshold_count
from marts.facility_reverse_stress
qualify (rent_multiplier is null) <> (stress_missing_reason is not null)
or rent_multiplier < 0
or known_at is null
or count(*) over (partition by facility_id) <> 4
