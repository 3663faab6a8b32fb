-- The days on which somebody looked at prices, and the moment the first look of each became public.
-- by day: observed_on
-- grain: observed_on
select
    (offers.observed_at at time zone 'UTC')::date as observed_on,
    min(offers.known_at) as known_at
from staging.gpu_offers as offers
group by all
