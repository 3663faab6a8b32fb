-- How often an interval between two ranks of so many votes holds the median they were drawn from, exactly: the
-- sum of binomial chances that as many votes lie under it. Of three votes the lowest and the highest hold it in 75 of 100.
-- Source: David & Nagaraja (2003), Order Statistics, 7.1.
-- grain: vote_total_count
with ranked as (
    select
        ranks.vote_total_count,
        ranks.known_at,
        unnest(generate_series(ranks.rank_low, ranks.rank_high - 1)) as votes_under
    from staging.interval_ranks as ranks
),

largest as (
    select max(ranks.vote_total_count) as vote_total_count from staging.interval_ranks as ranks
),

numbers as (
    select unnest(generate_series(0, largest.vote_total_count)) as number from largest
),

factorials as (
    select
        numbers.number,
        sum(ln(greatest(numbers.number, 1))) over (order by numbers.number) as log_factorial
    from numbers
)

select
    ranked.vote_total_count,
    100 * sum(
        exp(
            counted.log_factorial - under.log_factorial - over_it.log_factorial
            - ranked.vote_total_count * ln(2)
        )
    ) as interval_coverage_pct
from ranked
join factorials as counted on ranked.vote_total_count = counted.number
join factorials as under on ranked.votes_under = under.number
join factorials as over_it on ranked.vote_total_count - ranked.votes_under = over_it.number
group by ranked.vote_total_count
order by ranked.vote_total_count
