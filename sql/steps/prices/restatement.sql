-- The days on which what a price buys was restated (offers flagged `restatement`): from then on it is another
-- item. `is_prompt`: that was public before the day ended.
-- by day: restated_on
-- grain: provider, accelerator, market, term_months, basis, region, restated_on
select
    offers.provider,
    offers.accelerator,
    providers.tier,
    offers.market,
    offers.term_months,
    offers.basis,
    offers.region,
    (offers.observed_at at time zone 'UTC')::date as restated_on,
    bool_or(
        greatest(offers.known_at, providers.known_at)
        <= ((offers.observed_at at time zone 'UTC')::date + interval 1 day)::timestamp
        at time zone 'UTC'
    ) as is_prompt
from staging.gpu_offers as offers
join staging.providers as providers on offers.provider = providers.provider
where offers.flag = 'restatement'
group by all
