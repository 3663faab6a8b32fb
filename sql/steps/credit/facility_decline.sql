-- How fast the base path lets rents of a facility's machines fall: the decline their value rests on
-- (each accelerator's own drawn towards all, of the month the rent was read), so that a stress begins where the
-- value ends. The band is that of the estimate: what rents do around it is simulated. Where machines of several
-- kinds back a loan their declines are weighted by cost; one without a decline leaves none.
-- grain: facility_id
select
    starts.facility_id,
    starts.balance_on,
    100 * case when count(chips.rate_pct_per_year) = count(*)
        then exp(sum(lot.lot_cost_usd * ln(1 + chips.rate_pct_per_year / 100)) / sum(lot.lot_cost_usd)) - 1
    end as rate_pct_per_year,
    100 * case when count(chips.interval_low_rate_pct_per_year) = count(*)
        then exp(
            sum(lot.lot_cost_usd * ln(1 + chips.interval_low_rate_pct_per_year / 100))
            / sum(lot.lot_cost_usd)
        ) - 1
    end as interval_low_rate_pct_per_year,
    100 * case when count(chips.interval_high_rate_pct_per_year) = count(*)
        then exp(
            sum(lot.lot_cost_usd * ln(1 + chips.interval_high_rate_pct_per_year / 100))
            / sum(lot.lot_cost_usd)
        ) - 1
    end as interval_high_rate_pct_per_year,
    greatest(max(lot.known_at), max(chips.known_at)) as known_at
from steps.facility_start as starts
join marts.facility_lot_value as lot
    on starts.facility_id = lot.facility_id and starts.balance_on = lot.balance_on
left join marts.depreciation_rate as chips
    on lot.accelerator = chips.accelerator
    and starts.price_vintage_on = chips.period_end_on
    and chips.method = 'shrunk'
    and chips.publication_status = 'published'
group by starts.facility_id, starts.balance_on
order by starts.facility_id
