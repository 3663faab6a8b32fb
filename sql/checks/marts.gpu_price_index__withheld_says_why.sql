-- A withheld index with a value, or a published one without, is one a reader would use by mistake.
select * from marts.gpu_price_index
where (publication_status = 'withheld') <> (withheld_reason is not null)
or (publication_status = 'published') <> (price_index is not null)
