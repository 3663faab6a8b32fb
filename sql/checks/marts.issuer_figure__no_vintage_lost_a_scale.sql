-- A figure that moves by a factor of a thousand between filings lost or gained a scale (319,065
-- against 319,066,000).
-- severity: warn
select * from marts.issuer_figure
where value_usd <> 0
and first_reported_usd <> 0
and abs(abs(log10(abs(value_usd / first_reported_usd))) - 3) < 0.05
