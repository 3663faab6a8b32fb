-- Two reports of one lender for one period mean an amendment was added to what it replaces.
select fund_cik, period_end_on, count(distinct accession) as accession_count
from marts.lender_mark
where vehicle in ('bdc', 'joint_venture')
group by fund_cik, period_end_on
having count(distinct accession) > 1
