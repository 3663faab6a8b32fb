-- What the income and book clocks take from the rates of a month: the through-cycle change of rents per year
-- with its band, and the median, shortest and longest life companies file.
-- grain: period_end_on
select
    rate.period_end_on,
    max(case when rate.method = 'pooled_through_cycle' then rate.rate_pct_per_year end)
        as rate_pct_per_year,
    max(
        case when rate.method = 'pooled_through_cycle' then rate.interval_low_rate_pct_per_year end
    ) as interval_low_rate_pct_per_year,
    max(
        case when rate.method = 'pooled_through_cycle' then rate.interval_high_rate_pct_per_year end
    ) as interval_high_rate_pct_per_year,
    max(case when rate.method = 'book' then -100 / rate.rate_pct_per_year end) as median_life_years,
    max(case when rate.method = 'book' then -100 / rate.interval_low_rate_pct_per_year end)
        as shortest_life_years,
    max(case when rate.method = 'book' then -100 / rate.interval_high_rate_pct_per_year end)
        as longest_life_years
from marts.depreciation_rate as rate
where rate.accelerator = 'all'
and rate.publication_status = 'published'
group by rate.period_end_on
order by rate.period_end_on
