"""Contracts of asset lives, hardware prices, cost inputs and scenarios."""

from pipeline.contracts import Committed, contract
from pipeline.contracts.filings import ACCESSION, CIK
from pipeline.contracts.reference import SKU, SLUG
from pipeline.contracts.rules import Check

LIFE = Check.in_range(0.5, 50)
EFFECT = Check.in_range(-1e11, 1e11)

USEFUL_LIVES = contract(
    "useful_lives",
    "One row per company, class of assets, day a life takes effect and document that states it.",
    committed=Committed(
        "Lives companies give their servers and GPUs, and what changing one did to their books.",
    ),
    key=["issuer", "asset_class", "effective_on", "effect_kind", "known_at"],
    optional=[
        "cik",
        "accession",
        "announced_on",
        "old_life_years",
        "new_life_years",
        "new_life_low_years",
        "depreciation_effect_usd",
        "operating_income_effect_usd",
        "net_income_effect_usd",
        "effect_from_on",
        "effect_to_on",
    ],
    issuer=[],
    cik=[CIK],
    accession=[ACCESSION],
    asset_class=[],
    old_life_years=[LIFE],
    new_life_years=[LIFE],
    new_life_low_years=[LIFE],
    effective_on=[],
    announced_on=[],
    life_change_kind=[],
    effect_kind=[],
    depreciation_effect_usd=[EFFECT],
    operating_income_effect_usd=[EFFECT],
    net_income_effect_usd=[EFFECT],
    effect_from_on=[],
    effect_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

HARDWARE_PRICES = contract(
    "hardware_prices",
    "One row per price of an accelerator as a thing, by day, kind, statistic and document.",
    committed=Committed(
        """
        What accelerators cost as things, one cited price per row: sold, asked and estimated apart.
        """,
    ),
    key=["accelerator", "priced_on", "price_kind", "statistic", "condition", "source_url"],
    optional=["sale_count", "unit_count"],
    accelerator=[SKU],
    priced_on=[],
    price_usd_per_gpu=[Check.in_range(50, 500_000)],
    price_kind=[],
    price_scope=[],
    condition=[],
    lot=[],
    statistic=[],
    sale_count=[Check.ge(1)],
    unit_count=[Check.ge(1)],
    evidence=[],
    source_date=[],
    read_on=[],
)

COST_INPUTS = contract(
    "cost_inputs",
    "One row per cost or technical input, scope and document.",
    committed=Committed(
        """
        Costs and technical inputs of renting an accelerator out, with the range each source gives.
        """,
    ),
    key=["input", "scope", "source_url", "known_at"],
    optional=["low_value", "high_value"],
    input=[SLUG],
    scope=[],
    unit=[],
    base_value=[],
    low_value=[],
    high_value=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

ISSUER_CAPACITY = contract(
    "issuer_capacity",
    "One row per company, day and document that says how much power its accelerators use.",
    committed=Committed(
        "Power in use and accelerators of companies that rent them out, as stated.",
    ),
    key=["issuer", "measured_on", "source_url"],
    optional=["active_power_mw", "installed_gpu_count"],
    issuer=[],
    cik=[CIK],
    measured_on=[],
    active_power_mw=[Check.in_range(0.1, 1e5)],
    installed_gpu_count=[Check.in_range(1, 1e8)],
    evidence=[],
    source_date=[],
    read_on=[],
)

SCENARIOS = contract(
    "scenarios",
    "One row per scenario and quarter after its start.",
    committed=Committed(
        "Paths of rent, utilisation and interest by quarter: measured ones and assumed ones.",
    ),
    key=["scenario", "quarter_number"],
    optional=["rent_multiplier", "utilisation_multiplier", "sofr_shift_bps"],
    scenario=[SLUG],
    scenario_kind=[],
    quarter_number=[Check.in_range(0, 80)],
    rent_multiplier=[Check.in_range(0, 5)],
    utilisation_multiplier=[Check.in_range(0, 2)],
    sofr_shift_bps=[Check.in_range(-1_000, 2_000)],
    is_offtaker_default=[],
    evidence=[],
    source_date=[],
    read_on=[],
)
