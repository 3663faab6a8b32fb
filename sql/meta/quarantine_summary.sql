-- How many rows each source had set aside, and why, with the newest of them.
-- First what a person should describe: machine types of a known chip that nobody has counted yet
-- (a new size is seen on the day it appears), operators and accelerators without a line of their
-- own. Counts go to machine_types.csv, operators to providers.csv, names to accelerator_aliases.csv.
-- grain: source, table_name, reason
select
    source,
    table_name,
    reason,
    count(*) as quarantined_count,
    max(captured_at) as captured_at,
    arg_max(row_raw, (captured_at, row_raw)) as row_raw
from staging.quarantine
group by source, table_name, reason
order by
    case reason
        when 'unknown_count' then 1
        when 'unknown_provider' then 2
        when 'unknown_accelerator' then 3
        else 4
    end,
    source,
    quarantined_count desc,
    reason
