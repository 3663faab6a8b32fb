-- A missing value nobody explains reads as worthless; resale on fewer than three sales is an anecdote.
select
    accelerator,
    clock,
    tier,
    age_years,
    period_end_on
from marts.residual_value
where (publication_status = 'withheld') <> (withheld_reason is not null)
or (publication_status = 'withheld') <> (value_usd_per_gpu is null)
or (clock = 'resale' and publication_status = 'published' and coalesce(sale_count, 0) < 3)
