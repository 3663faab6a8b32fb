-- By hand: 4,953.967 million owed on 30 June 2025 under terms that end in May 2029, 47 months on, so twelve of
-- them are 1,264.8 million. The maturity of August 2030 came with the amendment of September 2025 and must not
-- reach back.
select
    facility_id,
    balance_on,
    principal_usd,
    maturity_on,
    annual_principal_due_usd
from marts.facility_coverage
where facility_id = 'crwv-ddtl-2-0'
and balance_on = '2025-06-30'
and principal_usd = 4953967000
and (
    maturity_on > '2029-05-31'
    or abs(annual_principal_due_usd - 1264.84e6) > 0.01e6
)
