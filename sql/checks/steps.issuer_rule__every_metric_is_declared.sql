-- A rule whose metric is not in metrics.csv is neither a balance nor a flow, and its figures would stand in no
-- quarter: the file wants one line more.
select cik, metric
from steps.issuer_rule
where is_balance is null
