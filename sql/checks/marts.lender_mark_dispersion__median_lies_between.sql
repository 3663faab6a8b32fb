-- A median outside its own votes, or a spread of one adviser, means groups were mixed.
select * from marts.lender_mark_dispersion
where median_fv_to_par_pct not between low_fv_to_par_pct and high_fv_to_par_pct
or (adviser_count = 1 and fv_to_par_spread_pct <> 0)
or (adviser_count = 0) <> (median_fv_to_par_pct is null)
or adviser_count > fund_count
