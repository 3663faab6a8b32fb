"""Generated offers: the same ones on every machine, made inside DuckDB. All numbers are made up.

A day has 12,500 sightings of offers by 40 providers (4 hyperscalers, 30 neoclouds, 6 marketplaces
whose machines are listed once or twice), of 40 accelerators, in 60 regions. Every offer is out of
sight for a few days now and then; prices drift, a few jump, some only for a day. More rows mean a
longer history.
"""

import sys
from pathlib import Path

import polars as pl

from pipeline import warehouse as wh
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.contracts.reference import (
    ACCELERATOR_SUCCESSORS,
    ACCELERATORS,
    INTERVAL_RANKS,
    PROVIDERS,
    PUBLISHED_INDICES,
)
from pipeline.methods.bootstrap import median_interval_ranks
from pipeline.warehouse import DuckDB, Warehouse

SEEN_A_DAY = 12_500
OFFERS = 13_100
PLAIN_COLUMNS = (
    "observed_at",
    "provider",
    "accelerator",
    "market",
    "term_months",
    "basis",
    "region",
    "region_group",
    "host_id",
    "price_usd_per_gpu_hour",
)

# hash() is the only dice: equal numbers on every machine with the same DuckDB.
CATALOGUE = """
create temp table catalogue as
with numbered as (
    select
        i as offer_id,
        case
            when i % 16 < 4 then 'hyperscaler-' || hash(i, 1) % 4
            when i % 16 < 6 then 'neocloud-' || hash(i, 1) % 30
            else 'marketplace-' || hash(i // 2, 1) % 6
        end as provider,
        -- Two offers in a row may be the same machine, listed twice.
        case when i % 16 >= 6 then i // 2 else i end as thing
    from range({offers}) as offers(i)
),

placed as (
    select
        *,
        split_part(provider, '-', 1) as tier,
        hash(thing, 2) % 60 as place,
        -- Real offers crowd on few accelerators: the product of two draws.
        (hash(thing, 3) % 41) * (hash(thing, 4) % 41) // 41 as sku,
        hash(offer_id, 5) % 10 as market_draw,
        hash(thing, 6) % 1000 / 1000.0 as noise
    from numbered
)

select
    offer_id,
    provider,
    tier,
    'maker-sku-' || sku as accelerator,
    'region-' || place as region,
    ['north_america', 'europe', 'asia_pacific', 'south_america', 'middle_east_africa'][
        (case when place < 25 then 1 when place < 42 then 2 when place < 54 then 3
              when place < 57 then 4 else 5 end)
    ] as region_group,
    case
        when tier = 'marketplace' then if(market_draw < 7, 'on_demand', 'spot')
        when market_draw < 4 then 'on_demand'
        when market_draw < 7 then 'spot'
        else 'reserved'
    end as market,
    case when market_draw = 7 then 1 when market_draw = 8 then 12 else 36 end as term,
    case when tier = 'marketplace' then 'machine-' || thing end as host_id,
    case when tier = 'marketplace' then 'owner-' || hash(thing, 7) % 400 end as operator_id,
    case when tier <> 'marketplace' then 'type-' || hash(offer_id, 8) % 3 end as instance_type,
    0.3 + 0.15 * sku + 0.2 * noise as list_price
from placed
"""

SIGHTINGS = """
insert into staging.gpu_offers by name
select
    -- Two sources read some of the list prices, as in life.
    case when host_id is null and hash(catalogue.offer_id, 9) % 5 = 0 then 'second' else 'first' end
        as source,
    catalogue.offer_id::varchar as offer_id,
    moment as observed_at,
    provider,
    accelerator,
    accelerator as accelerator_raw,
    1 as gpu_count,
    market,
    case when market = 'spot' then 'market' end as spot_kind,
    case when market = 'reserved' then term else 0 end as term_months,
    'all_in' as basis,
    region,
    region_group,
    instance_type,
    host_id,
    operator_id,
    round(
        list_price
        * case market
            when 'on_demand' then 1.0
            when 'spot' then 0.5
            else 0.9 - term / 120.0
        end
        * (1 + 0.1 * sin(day / 40.0 + catalogue.offer_id % 7))
        * case when hash(catalogue.offer_id, day // 50) % 100 = 0 then 1.6 else 1.0 end
        * case when hash(catalogue.offer_id, day) % 1000 = 0 then 1.7 else 1.0 end,
        4
    ) as price_usd_per_gpu_hour,
    price_usd_per_gpu_hour as price_usd_per_instance_hour,
    price_usd_per_gpu_hour as price_in_currency_per_gpu_hour,
    'USD' as currency,
    1 as refresh_days,
    'generated' as licence,
    'high' as confidence,
    moment as known_at,
    moment as captured_at,
    'https://example.org/prices' as source_url
from (
    select
        i // {seen} as day,
        timestamptz '2025-01-01 12:00:00+00' + (i // {seen}) * interval 1 day as moment,
        -- The window of offers in sight moves on by 229 a day: 600 are out of sight.
        (i % {seen} + (i // {seen}) * 229) % {offers} as offer_id
    from range({rows}) as sightings(i)
) as seen
join catalogue using (offer_id)
"""

KNOWN = "timestamptz '2024-12-31 00:00:00+00' as known_at"
# Facts beside the offers: bigger numbers are newer, faster and dearer accelerators.
FACTS = (
    f"""
    insert into staging.providers by name
    select distinct provider, provider as name, tier, {KNOWN} from catalogue
    """,
    f"""
    insert into staging.accelerators by name
    select
        'maker-sku-' || sku as accelerator,
        16 + 4 * (sku * 7 % 41) as memory_gib,
        0.3 + 0.1 * sku + hash(sku, 10) % 10 / 10.0 as memory_bandwidth_tb_per_s,
        60 + 40 * sku + hash(sku, 11) % 100 as bf16_dense_tflops,
        200 + 20 * sku as tdp_w,
        {KNOWN}
    from range(41) as skus(sku)
    """,
    f"""
    insert into staging.accelerator_successors by name
    select 'maker-sku-' || sku as predecessor, 'maker-sku-' || sku + 2 as successor, {KNOWN}
    from range(39) as skus(sku)
    """,
    """
    insert into staging.published_indices by name
    select
        'publisher' as publisher,
        'index of ' || accelerator as index_name,
        accelerator,
        tier,
        'on_demand' as market,
        0 as term_months,
        level_at::date as level_on,
        2.0 as level_usd_per_gpu_hour,
        level_at + interval 1 day as known_at
    from staging.accelerators
    cross join (select distinct tier from catalogue) as tiers
    cross join (select distinct observed_at as level_at from staging.gpu_offers) as days
    where dayofweek(level_at) = 1
    """,
)


def make(root: Path, rows: int) -> None:
    """A build database with staging filled, and the same offers as Parquet beside it."""
    store = Warehouse(root)
    with store.connect() as db:
        for terms in (
            GPU_OFFERS, PROVIDERS, INTERVAL_RANKS,
            ACCELERATORS, ACCELERATOR_SUCCESSORS, PUBLISHED_INDICES,
        ):  # fmt: skip
            wh.create(db, terms.table, terms.doc, terms.columns)
        sizes = {"offers": OFFERS, "seen": SEEN_A_DAY, "rows": rows}
        db.execute(CATALOGUE.format(**sizes))
        db.execute(SIGHTINGS.format(**sizes))
        _small_tables(db)
        wh.bump(db, GPU_OFFERS.table)
        columns = ", ".join(PLAIN_COLUMNS)
        db.execute(
            f"copy (select {columns} from staging.gpu_offers) "
            f"to {wh.quoted(str(root / 'offers.parquet'))} (format parquet, compression zstd)"
        )


def _small_tables(db: DuckDB) -> None:
    ranks = pl.DataFrame(
        [(count, *median_interval_ranks(count)) for count in range(2, 1_001)],
        schema=["vote_total_count", "rank_low", "rank_high"],
        orient="row",
    )
    db.register("ranks", ranks)
    db.execute(f"insert into staging.interval_ranks by name select *, {KNOWN} from ranks")
    for query in FACTS:
        db.execute(query)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
