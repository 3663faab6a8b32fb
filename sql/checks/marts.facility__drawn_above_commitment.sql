-- More drawn than committed: interest paid in kind, a tranche or an amendment not read yet.
-- severity: warn
select * from marts.facility where drawn_pct > 102
