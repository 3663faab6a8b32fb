-- What changes in the published price levels with this release, and why: each cell whose publication_status or
-- price differs from the release before. Empty for the first release.
-- `new observation`: a day the cell had not reached. `rule change`: the SQL behind the levels is not
-- what it was. `restated history`: the same rules say otherwise about a day already released, since
-- facts about it arrived late or were corrected.
-- grain: accelerator, tier, market, term_months, basis, region_group, observed_on
with rules as (
    select string_agg(code_version, ' ' order by table_name) as code_version
    from meta.versions
    where table_name in (
        'marts.gpu_price_daily', 'marts.host_price_daily', 'marts.provider_price_daily',
        'steps.price_sighting', 'steps.price_vote'
    )
),

last_release as (
    select
        max(released_at) as released_at,
        max(code_version) as code_version
    from meta.released_levels
),

frontier as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        max(observed_on) as released_until_on
    from meta.released_levels
    group by all
),

compared as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        released.publication_status as released_publication_status,
        levels.publication_status,
        released.median_price_usd_per_gpu_hour as released_median_price_usd_per_gpu_hour,
        levels.median_price_usd_per_gpu_hour
    from marts.gpu_price_daily as levels
    full join meta.released_levels as released
        using (accelerator, tier, market, term_months, basis, region_group, observed_on)
    where released.publication_status is distinct from levels.publication_status
    or released.median_price_usd_per_gpu_hour is distinct from levels.median_price_usd_per_gpu_hour
)

select
    compared.*,
    case
        when compared.released_publication_status is null
            and compared.observed_on > coalesce(frontier.released_until_on, date '0001-01-01')
            then 'new observation'
        when (last_release.code_version is distinct from rules.code_version) then 'rule change'
        else 'restated history'
    end as change_reason,
    last_release.released_at
from compared
cross join last_release
cross join rules
left join frontier using (accelerator, tier, market, term_months, basis, region_group)
where last_release.released_at is not null
order by accelerator, tier, market, term_months, basis, region_group, observed_on
