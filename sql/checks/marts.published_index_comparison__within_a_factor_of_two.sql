-- Ours at half or twice a level somebody else publishes for the same cell: a unit, a basis or a panel
-- differs, and a person should know which.
-- severity: warn
select * from marts.published_index_comparison
where abs(ln(1 + difference_fraction)) > ln(2)
