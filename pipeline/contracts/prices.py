"""Contracts of the price domain."""

import pandera.polars as pa

from pipeline.contracts import contract
from pipeline.identity import offers

GPU_OFFERS = contract(
    "gpu_offers",
    "One row per offer and sighting: what one accelerator rents for at one moment.",
    key=["source", "offer_id", "observed_at"],
    prepare=offers.prepare,
    reads=["accelerators", "accelerator_aliases", "providers", "regions", "exchange_rates"],
    optional=[
        "spot_kind",
        "country",
        "instance_type",
        "host_id",
        "operator_id",
        "memory_gib",
        "host_count",
        "offer_count",
        "available_count",
        "flag",
    ],
    offer_id=[],
    observed_at=[],
    provider=[pa.Check.str_matches(r"^[a-z0-9][a-z0-9-]*$")],
    accelerator=[pa.Check.str_matches(r"^[a-z]+-[a-z0-9-]+$")],
    accelerator_raw=[],
    gpu_count=[pa.Check.in_range(1, 10_000)],
    market=[],
    spot_kind=[],
    term_months=[pa.Check.in_range(0, 120)],
    basis=[],
    region=[],
    region_group=[],
    country=[pa.Check.str_matches(r"^[A-Z]{2}$")],
    instance_type=[],
    host_id=[],
    operator_id=[],
    memory_gib=[pa.Check.in_range(1, 2_000)],
    host_count=[pa.Check.ge(1)],
    offer_count=[pa.Check.ge(1)],
    available_count=[pa.Check.ge(0)],
    price_usd_per_gpu_hour=[pa.Check.in_range(0.01, 200.0)],
    price_usd_per_instance_hour=[pa.Check.gt(0)],
    price_in_currency_per_gpu_hour=[pa.Check.gt(0)],
    currency=[pa.Check.str_matches(r"^[A-Z]{3}$")],
    refresh_days=[pa.Check.in_range(1, 31)],
    flag=[],
    licence=[],
)
