-- The one region a hyperscaler's price of the world is read in: its list differs up to eightfold between regions,
-- and a median over them moves with the regions a recorder happened to print. A convention, not a fact: the
-- region of each list in which most accelerators have a price in our record (docs/decisions/0071). Where a
-- recorder prints `global` for one price, that price stands in for the region's own.
-- grain: provider
select
    regions.provider,
    regions.region
from (
    values
        ('aws', 'us-east-1'),
        ('azure', 'eastus'),
        ('gcp', 'us-central1'),
        ('ibm', 'us-east'),
        ('oci', 'us-ashburn-1')
) as regions (provider, region)
order by regions.provider
