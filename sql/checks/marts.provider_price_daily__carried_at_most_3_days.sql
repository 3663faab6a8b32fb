-- A price carried for longer than METHODS 2.3 allows is an invented observation.
select * from marts.provider_price_daily
where carried_days not between 0 and 3
