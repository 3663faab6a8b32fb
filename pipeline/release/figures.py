"""The figures of the report: a question, a query on the published file, and a drawing."""

from pipeline.release.drawings import Figure, bars, by_number, columns, over_time

__all__ = ["FIGURES"]

CHIPS = """('nvidia-h100-sxm-80gb', 'nvidia-h200-sxm-141gb', 'nvidia-a100-sxm4-80gb',
        'nvidia-b200-sxm-180gb', 'amd-mi300x-192gb')"""

FIGURES: tuple[Figure, ...] = (
    Figure(
        "rents",
        "What an accelerator-hour rents for, by month, at neoclouds on demand",
        "Rent of a fixed panel of sellers moved by the index of unchanged offers; bars are the "
        "95 % interval of the move. Months without enough sellers have no point.",
        f"""
        select accelerator as series, period_end_on as "on", rent_usd_per_gpu_hour as value,
            interval_low_rent_usd_per_gpu_hour as low, interval_high_rent_usd_per_gpu_hour as high,
            provider_count as providers, strftime(reference_on, '%Y-%m') as stretch
        from marts.gpu_rent
        where period = 'month' and tier = 'neocloud' and market = 'on_demand' and term_months = 0
        and basis = 'all_in' and publication_status = 'published' and accelerator in {CHIPS}
        order by series, "on"
        """,
        over_time("USD per GPU-hour"),
    ),
    Figure(
        "index-and-level",
        "H100 at neoclouds: the index of unchanged offers beside the median of whoever was seen",
        "The median moves when cheap sellers come and go; the index compares each seller with "
        "itself. Both are 100 in their first common month of the newest chain.",
        """
        with moved as (
            select period_end_on, multilateral_price_index as value, chain_started_on
            from marts.gpu_price_movement
            where period = 'month' and accelerator = 'nvidia-h100-sxm-80gb' and tier = 'neocloud'
            and market = 'on_demand' and term_months = 0 and basis = 'all_in'
            and publication_status = 'published'
        ),
        levels as (
            select last_day(observed_on) as period_end_on,
                median(median_price_usd_per_gpu_hour) as value
            from marts.gpu_price_daily
            where accelerator = 'nvidia-h100-sxm-80gb' and tier = 'neocloud' and basis = 'all_in'
            and market = 'on_demand' and term_months = 0 and region_group = 'all'
            and publication_status = 'published'
            group by all
        ),
        paired as (
            select moved.period_end_on, moved.value as moved, levels.value as level
            from moved inner join levels using (period_end_on)
            where moved.chain_started_on = (select max(chain_started_on) from moved)
        )
        select 'index of unchanged offers' as series, period_end_on as "on",
            100 * moved / first(moved) over (order by period_end_on) as value, 'a' as stretch
        from paired
        union all
        select 'median level', period_end_on,
            100 * level / first(level) over (order by period_end_on), 'a'
        from paired order by series, "on"
        """,
        over_time("first common month = 100", zero=False),
    ),
    Figure(
        "terms",
        "What a commitment saves, by months of commitment, newest published day of each",
        "Levels of all sellers seen on that day; who quotes a long term need not quote a short "
        "one. Days differ: see the table.",
        f"""
        select accelerator || ', ' || tier as series, term_months as across,
            arg_max(median_price_usd_per_gpu_hour, observed_on) as value,
            arg_max(provider_count, observed_on) as providers, max(observed_on) as observed_on
        from marts.gpu_price_term
        where basis = 'all_in' and region_group = 'all' and publication_status = 'published'
        and tier in ('neocloud', 'hyperscaler') and accelerator in {CHIPS}
        group by accelerator, tier, term_months
        qualify count(*) over (partition by accelerator, tier) > 1
        order by series, across
        """,
        by_number("months of commitment", "USD per GPU-hour"),
    ),
    Figure(
        "clocks",
        "What an H100 of a given age is worth by three clocks that are never blended",
        "Book: straight line over filed lives. Income: rent kept less cash cost over the years "
        "left, at neoclouds. Resale: executed sales, of any age. Bars: inputs at their bad and "
        "good ends, not a confidence interval.",
        """
        select clock as series, age_years as across, value_usd_per_gpu as value,
            low_value_usd_per_gpu as low, high_value_usd_per_gpu as high, tier, period_end_on
        from marts.residual_value
        where accelerator = 'nvidia-h100-sxm-80gb' and publication_status = 'published'
        and tier in ('any', 'neocloud')
        qualify period_end_on = max(period_end_on) over (partition by clock)
        order by series, across
        """,
        by_number("years of age", "USD per GPU"),
    ),
    Figure(
        "leverage",
        "Net debt over EBITDA of each neocloud, by quarter",
        "Twelve months' EBITDA, as filed. Where EBITDA is nil or negative there is no multiple and "
        "no point; reasons are in the column ratio_missing_reason of marts.neocloud_leverage.",
        """
        select issuer as series, period_end_on as "on", net_debt_to_ebitda_ratio as value,
            'a' as stretch, accessions
        from marts.neocloud_leverage
        where is_preferred_basis and net_debt_to_ebitda_ratio is not null
        order by series, "on"
        """,
        over_time("times EBITDA"),
    ),
    Figure(
        "debt-to-assets",
        "Debt over total assets of each neocloud, by quarter",
        "Borrowings and finance leases as filed over the balance sheet's total; a company without "
        "EBITDA has this ratio all the same.",
        """
        select issuer as series, period_end_on as "on", 100 * debt_to_assets_ratio as value,
            'a' as stretch, accessions
        from marts.neocloud_leverage
        where is_preferred_basis and debt_to_assets_ratio is not null
        order by series, "on"
        """,
        over_time("% of assets"),
    ),
    Figure(
        "maturities",
        "When the debt of neoclouds falls due, as each one's newest report says",
        "Principal by calendar year in which a stretch ends; what is due later has its own column.",
        """
        with newest as (
            select ladder.* from marts.maturity_ladder as ladder
            inner join (select distinct issuer from marts.neocloud_leverage) using (issuer)
            qualify balance_on = max(balance_on) over (partition by issuer)
        )
        select issuer as series,
            case when is_thereafter then 'later' else strftime(due_to_on, '%Y') end as label,
            sum(amount_usd) / 1e9 as value, max(balance_on) as balance_on,
            any_value(accession) as accession
        from newest where amount_usd is not null
        group by all order by series, label
        """,
        columns("USD billion"),
    ),
    Figure(
        "ltv",
        "The contract's loan-to-value beside the market's, newest balance of each facility",
        "Contract: debt over cost written down by the agreement. Market: debt over what the chips' "
        "rents are worth. Cost is inferred from draws, most inputs are assumed, and each row names "
        "them: an estimate. The table has the range that the inputs' bad and good ends give. "
        "Where a bar is missing, `facility_coverage` says why.",
        """
        with newest as (
            from marts.facility_coverage
            qualify row_number() over (partition by facility_id order by balance_on desc) = 1
        )
        select facility_name as label, 'contract' as series, ltv_contract_pct as value,
            null as low_pct, null as high_pct, balance_on, inputs_assumed
        from newest where ltv_contract_pct is not null
        union all
        select facility_name, 'market', ltv_market_pct, low_ltv_market_pct, high_ltv_market_pct,
            balance_on, inputs_assumed
        from newest where ltv_market_pct is not null
        order by label, series
        """,
        bars("% of value"),
    ),
    Figure(
        "realisation",
        "Market loan-to-value by the share of posted rent that operators realise",
        "Nobody files the share; 40 to 80 % is what is said of it. Above 100 % the debt is more "
        "than the machines' rents are worth. Newest balance of each facility.",
        """
        select facility_id as series, realisation_pct as across, ltv_market_pct as value, balance_on
        from marts.facility_realisation
        where ltv_market_pct is not null
        qualify balance_on = max(balance_on) over (partition by facility_id)
        order by series, across
        """,
        by_number("% of posted rent realised", "debt in % of market value"),
    ),
    Figure(
        "losses",
        "How likely the debt is to exceed the machines' value, by quarter end, on simulated rents",
        "2,000 paths resampled from weekly moves of rents, with the drift they showed; bars: the "
        "5 to 95 % range over resampled histories. The bands held too little in back-tests "
        "(marts.rent_path_backtest). A loss needs a default first, which is not simulated.",
        """
        select facility_id as series, period_end_on as "on", under_water_probability_pct as value,
            low_under_water_probability_pct as low, high_under_water_probability_pct as high,
            loss_at_default_pct, low_loss_at_default_pct, high_loss_at_default_pct, 'a' as stretch
        from marts.facility_loss
        where drift_basis = 'measured' and under_water_probability_pct is not null
        order by series, "on"
        """,
        over_time("probability, %"),
    ),
    Figure(
        "profits",
        "Operating income by layer, from chips to applications, as filed",
        "Calendar quarters by the middle of the fiscal one; only companies with a filed figure, "
        "and how many is in the table: layers of few companies jump when one joins.",
        """
        select layer as series, period_end_on as "on", operating_income_usd / 1e9 as value,
            revenue_usd / 1e9 as revenue_usd_billion, operating_income_company_count as companies,
            'a' as stretch
        from marts.profit_pool
        where figure_class = 'filed' and operating_income_usd is not null
        and period_end_on >= '2022-01-01'
        order by series, "on"
        """,
        over_time("USD billion a quarter"),
    ),
    Figure(
        "marks",
        "Where lenders mark the loans, median over advisers",
        "Fair value over par, holdings whose line is mostly undrawn left out: fees netted there "
        "are no markdown. A loan held by one adviser is that adviser's opinion.",
        """
        select facility_id as series, period_end_on as "on", median_fv_to_par_pct as value,
            low_fv_to_par_pct as low, high_fv_to_par_pct as high, adviser_count, 'a' as stretch
        from marts.lender_mark_dispersion where median_fv_to_par_pct is not null
        order by series, "on"
        """,
        over_time("% of par", zero=False),
    ),
    Figure(
        "substitution",
        "AMD beside NVIDIA: rent of one PFLOPS of dense BF16 for an hour, neoclouds on demand",
        "Published throughput, not what software reaches. Monthly median of published levels.",
        """
        select accelerator as series, last_day(observed_on) as "on",
            median(price_usd_per_bf16_pflop_hour) as value, max(provider_count) as providers,
            'a' as stretch
        from marts.gpu_price_per_compute
        where accelerator in ('nvidia-h100-sxm-80gb', 'nvidia-h200-sxm-141gb', 'amd-mi300x-192gb',
            'amd-mi325x-256gb', 'amd-mi355x-288gb', 'nvidia-b200-sxm-180gb')
        and tier = 'neocloud' and market = 'on_demand' and basis = 'all_in' and term_months = 0
        and region_group = 'all' and price_usd_per_bf16_pflop_hour is not null
        group by all order by series, "on"
        """,
        over_time("USD per PFLOPS-hour"),
    ),
    Figure(
        "loops",
        "Money that comes back: the ten largest loops of commitments",
        "An amount is the smallest stated edge: the most that can travel round. Announcements are "
        "not contracts; binding ones stand apart.",
        """
        select binding_scope, loop_path, round(loop_amount_usd / 1e9, 1) as loop_usd_billion,
            edges_not_filed_count, edges_without_amount_count
        from marts.vendor_financing_loops
        qualify row_number() over (
            partition by binding_scope order by loop_amount_usd desc nulls last, loop_path
        ) <= 10
        order by binding_scope desc, loop_amount_usd desc nulls last, loop_path
        """,
    ),
    Figure(
        "claims",
        "Claims of the founding article beside what the tables measure",
        "A verdict holds for the reading and the day shown; each claim's query is "
        "marts.claim_check.rule.",
        """
        select claim, verdict, measured_value, unit, measured_on, evidence_kind,
            coalesce(gap_reason, measure) as measure
        from marts.claim_check order by subject, claim_id
        """,
    ),
    Figure(
        "sources",
        "What was read, and what was not",
        "Sources that were skipped or out of reach leave older or committed numbers in place.",
        """
        select source, outcome, cast(newest_observed_at as date) as newest_observation, is_stale,
            outcome_reason from meta.source_status order by is_stale desc, source
        """,
    ),
)
