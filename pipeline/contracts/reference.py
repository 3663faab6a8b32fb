"""Contracts of hand-kept reference facts and of exchange rates."""

from typing import TYPE_CHECKING

import polars as pl

from pipeline.contracts import Committed, contract
from pipeline.contracts.rules import Check

if TYPE_CHECKING:
    import pandera.polars as pa

SKU = Check.str_matches(r"^[a-z]+-[a-z0-9-]+$")
SLUG = Check.str_matches(r"^[a-z0-9][a-z0-9-]*$")

ACCELERATORS = contract(
    "accelerators",
    "One row per accelerator sku: what the vendor says it is.",
    committed=Committed(
        """
        Accelerator specifications, one cited row per sku: memory, bandwidth, dense throughput,
        power.
        """,
    ),
    key=["accelerator"],
    optional=[
        "memory_gib",
        "memory_bandwidth_tb_per_s",
        "fp16_dense_tflops",
        "bf16_dense_tflops",
        "fp8_dense_tflops",
        "tdp_w",
        "announced_on",
        "available_on",
        "launch_price_usd",
        "launch_price_source_url",
    ],
    accelerator=[SKU],
    vendor=[],
    family=[],
    architecture=[],
    form_factor=[],
    memory_gib=[Check.in_range(1, 2_000)],
    memory_bandwidth_tb_per_s=[Check.in_range(0.01, 100)],
    fp16_dense_tflops=[Check.in_range(1, 50_000)],
    bf16_dense_tflops=[Check.in_range(1, 50_000)],
    fp8_dense_tflops=[Check.in_range(1, 100_000)],
    tdp_w=[Check.in_range(10, 5_000)],
    announced_on=[],
    available_on=[],
    launch_price_usd=[Check.in_range(100, 1_000_000)],
    launch_price_source_url=[],
    source_date=[],
    read_on=[],
)

ACCELERATOR_ALIASES = contract(
    "accelerator_aliases",
    "One row per rule from an upstream's spelling to a canonical sku; the first that matches wins.",
    committed=Committed(
        """
        Ordered rules from upstream spellings to canonical skus (METHODS 1.1); no match, no guess.
        """,
    ),
    key=["pattern", "priority"],
    optional=[
        "provider",
        "instance_pattern",
        "memory_gib_min",
        "memory_gib_max",
        "accelerator",
        "reason",
    ],
    priority=[Check.ge(0)],
    pattern=[],
    provider=[SLUG],
    instance_pattern=[],
    memory_gib_min=[],
    memory_gib_max=[],
    accelerator=[SKU],
    reason=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

MACHINE_TYPES = contract(
    "machine_types",
    "One row per machine type of a cloud: its accelerators as the cloud's documentation counts; "
    "a type that is a share of one has a reason instead of a count.",
    committed=Committed(
        """
        How many accelerators each machine type has: one cited line per type, for every cloud that
        prices machines without saying so.
        """,
    ),
    key=["provider", "instance_type"],
    optional=["gpu_count", "reason"],
    provider=[SLUG],
    instance_type=[],
    accelerator_raw=[],
    gpu_count=[Check.in_range(1, 64)],
    reason=[Check.str_matches(r"^(fractional|not_an_accelerator)$")],
    source_date=[],
    read_on=[],
)

PROVIDERS = contract(
    "providers",
    "One row per operator that rents accelerators out.",
    committed=Committed(
        """
        Operators that rent accelerators out, with tier, owner and the spellings seen upstream.
        """,
    ),
    key=["provider"],
    optional=["parent_issuer", "list_scope", "aliases"],
    provider=[SLUG],
    name=[],
    tier=[Check.notin(["all", "any"])],
    parent_issuer=[],
    list_scope=[],
    aliases=[],
    source_date=[],
    read_on=[],
)

REGIONS = contract(
    "regions",
    "One row per rule from a provider's region to a part of the world; the first match wins.",
    committed=Committed(
        "Ordered rules from a provider's region to a part of the world.",
    ),
    key=["pattern", "priority"],
    optional=["provider", "country"],
    priority=[Check.ge(0)],
    pattern=[],
    provider=[SLUG],
    region_group=[],
    country=[Check.str_matches(r"^[A-Z]{2}$")],
    source_date=[],
    read_on=[],
)

INTERVAL_RANKS = contract(
    "interval_ranks",
    "One row per number of votes: which ranked votes bound the bootstrap interval of the median.",
    committed=Committed(
        """
        Ranks that bound the bootstrap interval of a median, by number of votes
        (methods/bootstrap.py).
        """,
        refresh_days=36_500,  # arithmetic does not age
    ),
    key=["vote_total_count"],
    vote_total_count=[Check.ge(2)],
    rank_low=[Check.ge(1)],
    rank_high=[Check.ge(1)],
    source_date=[],
    read_on=[],
)

EXCHANGE_RATES = contract(
    "exchange_rates",
    "One row per currency, day and sighting: the European Central Bank's euro reference rates.",
    key=["source", "currency", "observed_on", "known_at"],
    currency=[Check.str_matches(r"^[A-Z]{3}$")],
    observed_on=[],
    usd_per_currency_unit=[Check.in_range(1e-6, 10.0)],
    licence=[],
)

FORM_FACTORS = contract(
    "form_factors",
    "One row per form an accelerator is packaged in, and whether it is that of a training part.",
    committed=Committed(
        """
        Which forms of an accelerator are the sockets of a training machine, each with its citation.
        """,
    ),
    key=["form_factor"],
    form_factor=[],
    is_training_part=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

ACCELERATOR_SUCCESSORS = contract(
    "accelerator_successors",
    "One row per accelerator and the part of the next generation that takes its place.",
    committed=Committed(
        """
        Which accelerator takes the place of which, one generation on, each pair with its citation.

        A pair keeps the class (training part to training part, inference card to inference card)
        and the form factor where the successor has it.
        """,
    ),
    key=["predecessor", "successor"],
    predecessor=[SKU],
    successor=[SKU],
    evidence=[],
    source_date=[],
    read_on=[],
)


def _known_after_its_day(data: "pa.PolarsData") -> pl.LazyFrame:
    return data.lazyframe.select(pl.col("level_on") <= pl.col("known_at").dt.date())


PUBLISHED_INDICES = contract(
    "published_indices",
    "One row per level of a price index somebody else publishes, quoted singly with its citation; "
    "a restated level is a further row with a later `known_at`.",
    committed=Committed(
        """
        Single dated levels of price indices that others publish, each with citation and vintage.

        Grain: publisher, index, tier, day of the level, and the day that version of it became
        known, because publishers rewrite their history (one vendor restated H100 by -4 to
        -6 % and A100 by +35 to +40 % back to 2024-09). Proprietary indices are quoted as single
        levels, never as a series. The level of a week stands on its first day, as the publisher
        dates it; that of a month on its last.
        """,
        terms="Single dated levels, quoted with citation; no series is kept.",
        licence="quoted facts, cited per row",
    ),
    key=["publisher", "index_name", "tier", "level_on", "known_at"],
    publisher=[],
    index_name=[],
    accelerator=[SKU],
    tier=[],
    market=[],
    term_months=[Check.ge(0)],
    level_on=[Check(_known_after_its_day, name="a level is known on or after its day")],
    level_usd_per_gpu_hour=[Check.in_range(0.01, 200)],
    evidence=[],
    source_date=[],
    read_on=[],
)
