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
)

select
    ranked.vote_total_count,
    100 * sum(
        exp(
            lgamma(ranked.vote_total_count + 1) - lgamma(ranked.votes_under + 1)
            - lgamma(ranked.vote_total_count - ranked.votes_under + 1)
            - ranked.vote_total_count * ln(2)
        )
    ) as interval_coverage_pct
from ranked
group by ranked.vote_total_count
order by ranked.vote_total_count
