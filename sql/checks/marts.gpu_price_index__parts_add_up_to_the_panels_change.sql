-- A part that is missing or counted twice would let a change of panel read as a change of price.
select * from marts.gpu_price_index
where abs(
    market_log_change
    + entry_log_change
    + exit_log_change
    + restatement_log_change
    - panel_log_change
) > 1e-9
or (panel_log_change is null) <> (market_log_change is null)
