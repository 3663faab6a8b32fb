-- A source from which nothing landed for more than twice its rhythm: its prices have stopped moving.
-- severity: warn
select source, outcome, outcome_reason, attempted_at, last_landed_at
from meta.source_status
where is_stale
