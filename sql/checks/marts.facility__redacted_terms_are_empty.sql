-- A figure under a name the filing redacts is one that was filled in, which a lender would take for filed.
select * from marts.facility
where (redacted_terms like '%advance_rate_pct%' and advance_rate_pct is not null)
or (redacted_terms like '%spread_bps%' and spread_bps is not null)
or (redacted_terms like '%fixed_rate_pct%' and fixed_rate_pct is not null)
or (redacted_terms like '%undrawn_fee_bps%' and undrawn_fee_bps is not null)
or (redacted_terms like '%dscr_min_ratio%' and dscr_min_ratio is not null)
or (redacted_terms like '%liquidity_min_usd%' and liquidity_min_usd is not null)
