-- Which offers a seller had on one UTC day, by source: what counts offers, and not their prices, reads this and not
-- every sighting of an hour. Of resellers none: what they list is somebody else's.
-- by day: observed_on
-- grain: source, provider, accelerator, offer_id, observed_on
select
    offers.source,
    offers.provider,
    offers.accelerator,
    offers.offer_id,
    (offers.observed_at at time zone 'UTC')::date as observed_on
from staging.gpu_offers as offers
where offers.flag is null
or offers.flag <> 'reseller'
group by all
