-- How many rows each source had set aside, and why.
-- grain: source, table_name, reason
select
    source,
    table_name,
    reason,
    count(*) as quarantined_count,
    max(captured_at) as captured_at
from staging.quarantine
group by source, table_name, reason
order by source, quarantined_count desc, reason
