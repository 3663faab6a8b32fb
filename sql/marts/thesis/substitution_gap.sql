-- Is NVIDIA's premium shrinking, like for like? Each challenger beside the NVIDIA part of its generation:
-- specifications, measured throughput and, month by month, rent in the same tier, market, term and basis.
-- Rents are those of `gpu_rent`, fixed panels moved by a matched index: sellers who come and go move nothing.
-- What the medians of whoever was there would have said stands beside it (`all_sellers_rent_gap_pct`): for the
-- MI300X it fell with the panel, not with the price. Gaps are the challenger's over the reference's; rent per
-- PFLOP, TB/s and kW divides by vendors' dense peaks. Whether each measure lies within 20 % is a flag of its own.
-- A part that nobody rents out, or that shares no market with its pair, keeps one row with the reason.
-- grain: challenger, reference, tier, market, term_months, basis, period_end_on
with pairs as (
    select
        pair.challenger,
        pair.reference,
        pair.is_primary_pair,
        pair.rental_market,
        mine.vendor,
        100 * (mine.bf16_dense_tflops / theirs.bf16_dense_tflops - 1) as bf16_gap_pct,
        100 * (mine.fp8_dense_tflops / theirs.fp8_dense_tflops - 1) as fp8_gap_pct,
        100 * (mine.memory_gib / theirs.memory_gib - 1) as memory_gap_pct,
        100 * (mine.memory_bandwidth_tb_per_s / theirs.memory_bandwidth_tb_per_s - 1)
            as memory_bandwidth_gap_pct,
        100 * (mine.tdp_w / theirs.tdp_w - 1) as power_gap_pct,
        greatest(pair.known_at, mine.known_at, theirs.known_at) as known_at,
        pair.source_url || ' ' || mine.source_url || ' ' || theirs.source_url as source_urls
    from staging.peer_pairs as pair
    join staging.accelerators as mine on pair.challenger = mine.accelerator
    join staging.accelerators as theirs on pair.reference = theirs.accelerator
),

-- Throughput of the newest round of each suite in which the pair meets.
rounds as (
    select * from marts.benchmark_gap
    where is_like_size
    qualify dense_rank() over (
        partition by challenger, reference, benchmark_suite
        order by known_at desc, benchmark_version desc
    ) = 1
),

throughput as (
    select
        challenger,
        reference,
        min(throughput_gap_pct) as low_gap_pct,
        median(throughput_gap_pct) as median_gap_pct,
        max(throughput_gap_pct) as high_gap_pct,
        count(*) as task_count,
        string_agg(
            distinct benchmark_suite || ' ' || benchmark_version, ', '
            order by benchmark_suite || ' ' || benchmark_version
        ) as rounds,
        max(known_at) as known_at
    from rounds
    group by challenger, reference
),

rents as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        period_end_on,
        rent_usd_per_gpu_hour,
        provider_count,
        known_at
    from marts.gpu_rent
    where period = 'month' and publication_status = 'published'
),

everyone as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        period_end_on,
        median(price_usd_per_gpu_hour) as median_usd,
        count(*) as seller_count
    from marts.provider_price_monthly
    group by accelerator, tier, market, term_months, basis, period_end_on
),

rented as (
    select
        pairs.challenger,
        pairs.reference,
        mine.tier,
        mine.market,
        mine.term_months,
        mine.basis,
        mine.period_end_on,
        mine.rent_usd_per_gpu_hour as challenger_rent,
        theirs.rent_usd_per_gpu_hour as reference_rent,
        mine.provider_count as challenger_providers,
        theirs.provider_count as reference_providers,
        all_mine.seller_count as challenger_sellers,
        100 * (all_mine.median_usd / all_theirs.median_usd - 1) as all_sellers_gap_pct,
        greatest(mine.known_at, theirs.known_at) as known_at
    from pairs
    join rents as mine on pairs.challenger = mine.accelerator
    join rents as theirs
        on pairs.reference = theirs.accelerator
        and mine.tier = theirs.tier
        and mine.market = theirs.market
        and mine.term_months = theirs.term_months
        and mine.basis = theirs.basis
        and mine.period_end_on = theirs.period_end_on
    left join everyone as all_mine
        on mine.accelerator = all_mine.accelerator
        and mine.tier = all_mine.tier
        and mine.market = all_mine.market
        and mine.term_months = all_mine.term_months
        and mine.basis = all_mine.basis
        and mine.period_end_on = all_mine.period_end_on
    left join everyone as all_theirs
        on theirs.accelerator = all_theirs.accelerator
        and theirs.tier = all_theirs.tier
        and theirs.market = all_theirs.market
        and theirs.term_months = all_theirs.term_months
        and theirs.basis = all_theirs.basis
        and theirs.period_end_on = all_theirs.period_end_on
),

gaps as (
    select
        pairs.*,
        rented.tier,
        rented.market,
        rented.term_months,
        rented.basis,
        rented.period_end_on,
        rented.challenger_rent,
        rented.reference_rent,
        100 * (rented.challenger_rent / rented.reference_rent - 1) as rent_gap_pct,
        rented.challenger_rent / rented.reference_rent as rent_ratio,
        rented.all_sellers_gap_pct,
        rented.challenger_providers,
        rented.reference_providers,
        rented.challenger_sellers,
        throughput.low_gap_pct,
        throughput.median_gap_pct,
        throughput.high_gap_pct,
        throughput.task_count,
        throughput.rounds,
        greatest(
            pairs.known_at,
            coalesce(rented.known_at, pairs.known_at),
            coalesce(throughput.known_at, pairs.known_at)
        ) as row_known_at
    from pairs
    left join rented
        on pairs.challenger = rented.challenger and pairs.reference = rented.reference
    left join throughput
        on pairs.challenger = throughput.challenger and pairs.reference = throughput.reference
)

select
    challenger,
    reference,
    vendor,
    is_primary_pair,
    tier,
    market,
    term_months,
    basis,
    period_end_on,
    challenger_rent as challenger_price_usd_per_gpu_hour,
    reference_rent as reference_price_usd_per_gpu_hour,
    rent_gap_pct,
    all_sellers_gap_pct as all_sellers_rent_gap_pct,
    100 * (rent_ratio / (1 + bf16_gap_pct / 100) - 1) as rent_gap_per_bf16_pct,
    100 * (rent_ratio / (1 + fp8_gap_pct / 100) - 1) as rent_gap_per_fp8_pct,
    100 * (rent_ratio / (1 + memory_bandwidth_gap_pct / 100) - 1) as rent_gap_per_memory_bandwidth_pct,
    100 * (rent_ratio / (1 + power_gap_pct / 100) - 1) as rent_gap_per_kw_pct,
    bf16_gap_pct,
    fp8_gap_pct,
    memory_gap_pct,
    memory_bandwidth_gap_pct,
    power_gap_pct,
    low_gap_pct as low_throughput_gap_pct,
    median_gap_pct as median_throughput_gap_pct,
    high_gap_pct as high_throughput_gap_pct,
    task_count as throughput_task_count,
    rounds as throughput_rounds,
    rent_gap_pct >= -20 as is_rent_within_a_fifth,
    bf16_gap_pct >= -20 as is_bf16_within_a_fifth,
    fp8_gap_pct >= -20 as is_fp8_within_a_fifth,
    memory_gap_pct >= -20 as is_memory_within_a_fifth,
    memory_bandwidth_gap_pct >= -20 as is_memory_bandwidth_within_a_fifth,
    low_gap_pct >= -20 as is_throughput_within_a_fifth,
    challenger_providers as challenger_provider_count,
    reference_providers as reference_panel_provider_count,
    challenger_sellers as challenger_seller_count,
    coalesce(challenger_providers = 1, rental_market = 'single_provider') as single_provider,
    case
        when challenger_rent is not null then null
        when rental_market = 'none' then 'nobody rents it out: for its maker alone, or sold as tokens'
        else 'no month in which both are rented in one tier, market, term and basis by enough sellers'
    end as no_rental_market_reason,
    row_known_at as known_at,
    source_urls
from gaps
order by challenger, reference, tier, market, term_months, basis, period_end_on
