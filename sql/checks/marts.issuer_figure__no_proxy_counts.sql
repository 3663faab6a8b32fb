-- Proxies and fee tables are among the facts the SEC serves, and a net loss from a proxy once stood in a
-- public table for the year's.
select * from marts.issuer_figure
where starts_with(form, 'DEF')
or starts_with(form, 'PRE')
or taxonomy like '%ecd%'
or taxonomy like '%ffd%'
or (starts_with(form, '8-K') and vintage_count = 1 and taxonomy <> 'untagged')
