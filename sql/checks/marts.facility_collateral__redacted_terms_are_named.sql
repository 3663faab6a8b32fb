-- A lender stops trusting a figure that fills a redacted or unfiled term in silence: a lot that rests on one
-- names it in inputs_assumed.
select
    lot.facility_id,
    lot.lot_number,
    lot.inputs_assumed
from marts.facility_collateral as lot
join marts.facility as facility on lot.facility_id = facility.facility_id
where (facility.advance_rate_pct is null and lot.inputs_assumed not like '%advance_rate_pct %')
or (
    facility.depreciation_life_years is null
    and lot.inputs_assumed not like '%depreciation_life_years %'
)
or (lot.accelerator is not null and lot.inputs_assumed not like '%accelerator %')
