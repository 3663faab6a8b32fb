-- METHODS 2.5: three providers, or five machines of which no owner has more than half.
select * from marts.gpu_price_daily
where publication_status = 'published'
and tier <> 'hyperscaler'
and provider_count < 3
and not (tier = 'marketplace' and host_count >= 5 and largest_host_fraction <= 0.5)
