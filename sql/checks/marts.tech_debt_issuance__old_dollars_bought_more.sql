-- A dollar of before 2005 buys less than half of what it bought, by the BLS's index: an amount of today that is not
-- above the printed one was divided where it should have been multiplied.
select * from marts.tech_debt_issuance
where unit = 'USD' and period_end_on < date '2005-01-01' and today_usd <= 1.3 * amount
