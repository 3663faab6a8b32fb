-- A withheld cell without a reason, or with a price, is one a reader would use by mistake.
select * from marts.gpu_price_daily
where (publication_status = 'withheld') <> (withheld_reason is not null)
or (publication_status = 'withheld' and median_price_usd_per_gpu_hour is not null)
or (publication_status = 'published' and median_price_usd_per_gpu_hour is null)
