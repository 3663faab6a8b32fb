-- A missing rate nobody explains reads as zero; a rate beside a reason not to publish it gets used.
select
    accelerator,
    method,
    period_end_on
from marts.depreciation_rate
where (publication_status = 'withheld') <> (withheld_reason is not null)
or (publication_status = 'published') <> (rate_pct_per_year is not null)
