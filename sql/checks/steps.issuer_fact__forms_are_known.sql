-- A form that forms.csv does not have: a figure read out of its text counts as a text's, whatever it is.
-- severity: warn
select
    facts.form,
    count(*) as fact_count
from steps.issuer_fact as facts
anti join staging.forms as forms on replace(facts.form, '/A', '') = forms.form
group by facts.form
