-- How much each operator lives off NVIDIA, by quarter: NVIDIA's part of the accelerators and of the offers it was
-- seen to rent out. Sightings only: a quarter in which nobody looked has no row, nor one that is not over by the
-- newest sighting held, and an offer counts once however often it was seen. An operator's list says what it offers, not
-- what it owns.
-- grain: provider, period_end_on
with sighted as (
    select distinct
        offers.provider,
        offers.accelerator,
        offers.offer_id,
        offers.source,
        specs.vendor,
        last_day(cast(date_trunc('quarter', offers.observed_on) + interval 2 month as date)) as period_end_on
    from steps.offer_day as offers
    join staging.accelerators as specs on offers.accelerator = specs.accelerator
)

select
    sighted.provider,
    sighted.period_end_on,
    max(providers.tier) as tier,
    count(distinct sighted.accelerator) as accelerator_sku_count,
    100.0 * count(distinct case when sighted.vendor = 'NVIDIA' then sighted.accelerator end)
    / count(distinct sighted.accelerator) as nvidia_sku_pct,
    count(*) as offer_count,
    100.0 * count(case when sighted.vendor = 'NVIDIA' then 1 end) / count(*) as nvidia_offer_pct,
    count(distinct sighted.vendor) as vendor_count,
    string_agg(distinct sighted.vendor, ', ' order by sighted.vendor) as vendors,
    max(providers.source_url) as source_url
from sighted
left join staging.providers as providers on sighted.provider = providers.provider
where sighted.period_end_on <= (select max(observed_on) from steps.look_day)
group by sighted.provider, sighted.period_end_on
order by sighted.provider, sighted.period_end_on
