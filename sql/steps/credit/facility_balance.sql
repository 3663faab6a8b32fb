-- What each facility owed on each day a document gives a balance of: one balance, of several documents the
-- one to believe. A document that states the principal goes before one that gives the carrying value alone;
-- then the surer one, then the last known, then the first by address. Every table that says what is owed
-- reads it here. Rows without a principal are left out by whoever reads principal.
-- grain: facility_id, balance_on
select
    stated.facility_id,
    stated.balance_on,
    stated.principal_usd,
    stated.carrying_usd,
    stated.undrawn_usd,
    stated.effective_rate_pct,
    stated.accession,
    stated.evidence,
    stated.confidence,
    stated.known_at,
    stated.source_url
from staging.facility_balances as stated
qualify row_number() over (
    partition by stated.facility_id, stated.balance_on
    order by
        stated.principal_usd is null,
        case stated.confidence when 'high' then 1 when 'medium' then 2 else 3 end,
        stated.known_at desc,
        stated.source_url
) = 1
order by stated.facility_id, stated.balance_on
