-- Facilities that stand at a month's end, counted by another path: their own days and maturities. More in the
-- total than in the table of facilities means one was counted twice.
select
    whole.period_end_on,
    whole.facility_count,
    count(facility.facility_id) as counted
from marts.gpu_debt_market_total as whole
left join marts.facility as facility
    on facility.is_counted and facility.counted_from_on <= whole.period_end_on
group by whole.period_end_on, whole.facility_count
having whole.facility_count > count(facility.facility_id)
