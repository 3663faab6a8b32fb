-- A total among the details makes every sum over them wrong: 425.6 billion for 73.0 before they were apart.
select * from marts.gpu_debt_market
where borrower like 'all%' or collateral_class like 'all%'
