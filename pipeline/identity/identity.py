"""Who sells which chip where: raw names of upstreams resolved through cited reference rules.

Every function takes an offers frame and a reference table and returns the frame with columns added.
Rules are tried on the distinct keys only (a price history has millions of rows and a few thousand
names) and joined back, so the cost follows the number of names, not the number of rows.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

Rule = Mapping[str, Any]

UNKNOWN_ACCELERATOR = "unknown_accelerator"
UNMAPPED: Rule = {"region_group": "unmapped", "country": None}

# Google names a slice of v2 to v5p by TensorCores, two to a chip, and of v5e and v6e by chips
# (https://cloud.google.com/tpu/docs/system-architecture-tpu-vm). A bare "v5litepod-8" is v5e.
TPU_SLICE = r"(?i)^(?:tpu[-_ ]?)?(v2|v3|v4|v5p|v5litepod|v5e|v6e)[-_](\d+)$"
TENSOR_CORES_PER_CHIP = {"v2": 2, "v3": 2, "v4": 2, "v5p": 2, "v5litepod": 1, "v5e": 1, "v6e": 1}

ACCELERATOR_KEY = ("provider", "accelerator_raw", "instance_type", "memory_gib")


def resolve_accelerator(frame: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """The canonical sku of each row, or the reason why the row has none.

    The first rule that matches decides, in order of `priority`. A rule matches when its `pattern`
    finds the raw name (runs of blanks and underscores read as one blank; an absent name reads as
    ""), its `instance_pattern` finds the instance type, its `provider` is the row's, and the
    stated memory lies between `memory_gib_min` and `memory_gib_max`; an empty cell asks nothing.
    Where the upstream states no memory, the one size in the name is it (RTX 4090 48GB); a name with
    two sizes may add up a box.
    Two kinds of memory rule, told apart by `reason`:

    - `accelerator` alone: the range tells variants apart (A100 40 or 80 GB), so a row that states
      no memory goes on to the next rule.
    - `accelerator` and `reason`: the range is what the card can have, so a row that states no
      memory is resolved, and one that states another memory is rejected with the reason instead of
      passed on (an RTX 4090 of 48 GB is a modified card).

    Args:
        frame: Columns `provider` (canonical), `accelerator_raw`, `instance_type`, `memory_gib`
            (GiB per accelerator, as stated by the upstream; null when not stated).
        aliases: The rules, `warehouse/reference/accelerator_aliases.csv`.

    Returns:
        `frame` in its order with `accelerator` (sku or null) and `accelerator_reason` (null when
        resolved; "unknown_accelerator" when no rule matches). An existing pair is replaced.

    Source: METHODS section 1.1; SKU and form factor differ 1.3-2x in price.
    """
    frame = frame.drop("accelerator", "accelerator_reason", strict=False)
    keys = frame.select(ACCELERATOR_KEY).unique()
    rules = _of_sellers(aliases, set(keys["provider"]))
    names = keys.select(_flat(pl.col("accelerator_raw"))).to_series()
    found = [
        (*key, *_accelerator(rules[key[0]], name, key[2] or "", _memory(key[3], name)))
        for key, name in zip(keys.iter_rows(), names, strict=True)
    ]
    schema = keys.schema | {"accelerator": pl.String(), "accelerator_reason": pl.String()}
    return frame.join(
        pl.DataFrame(found, schema=schema, orient="row"),
        on=ACCELERATOR_KEY,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


SIZE = re.compile(r"(?i)\b(\d{1,3}) ?GB?\b")


def _memory(stated: float | None, name: str) -> float | None:
    sizes = SIZE.findall(name) if stated is None else []
    return float(sizes[0]) if len(sizes) == 1 else stated


def _accelerator(
    rules: Sequence[Rule], name: str, instance: str, memory: float | None
) -> tuple[str | None, str | None]:
    """Sku and reason by the first rule that matches."""
    for rule in rules:
        if not _finds(rule["pattern"], name):
            continue
        if rule["instance_pattern"] and not _finds(rule["instance_pattern"], instance):
            continue
        sku, reason = rule["accelerator"], rule["reason"]
        low, high = rule["memory_gib_min"], rule["memory_gib_max"]
        is_stated = memory is not None or (low is None and high is None)
        fits = memory is None or not (
            (low is not None and memory < low) or (high is not None and memory > high)
        )
        if sku and reason:
            return (sku, None) if fits else (None, reason)
        if fits and is_stated:
            return sku or None, reason or None
    return None, UNKNOWN_ACCELERATOR


def resolve_provider(frame: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """The canonical operator of each row, from the spelling the upstream used.

    One operator has one vote in a price level, whatever it calls itself (DataCrunch is Verda), so
    slug, name and every alias are compared without case and outer blanks, and nothing looser.

    Args:
        frame: Column `provider_raw`.
        providers: `warehouse/reference/providers.csv`; `aliases` holds spellings between bars.

    Returns:
        `frame` in its order with `provider`, null when nobody claims the spelling.

    Raises:
        ValueError: two providers claim one spelling; the vote would go to either.
    """
    spellings = (
        providers.select(
            "provider",
            spelling=pl.concat_list(
                pl.col("provider"), pl.col("name"), pl.col("aliases").fill_null("").str.split("|")
            ),
        )
        .explode("spelling")
        .with_columns(_spelling(pl.col("spelling")))
        .filter(pl.col("spelling") != "")
        .unique()
    )
    if not (twice := spellings.filter(pl.col("spelling").is_duplicated())).is_empty():
        raise ValueError(f"providers: one spelling, several providers: {twice.rows()}")
    return (
        frame.drop("provider", strict=False)
        .with_columns(spelling=_spelling(pl.col("provider_raw")))
        .join(spellings, on="spelling", how="left", maintain_order="left")
        .drop("spelling")
    )


def one_list(frame: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """`region` is "global" for sellers with one price list, whatever region an upstream printed.

    One recorder prints DigitalOcean's `tor1` and another no region for the same price: that is one
    item, and as two nothing would link them. `providers.list_scope` says who has one list.

    Args:
        frame: Columns `provider` (canonical) and `region`.
        providers: `warehouse/reference/providers.csv`.
    """
    lists = providers.filter(pl.col("list_scope") == "one_list")["provider"]
    return frame.with_columns(
        region=pl.when(pl.col("provider").is_in(lists.implode()))
        .then(pl.lit("global"))
        .otherwise("region")
    )


def resolve_region(frame: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """The region group of each row, and its country where the upstream named none.

    Args:
        frame: Columns `provider` (canonical), `region` (as printed upstream), `country`.
        regions: Ordered rules, `warehouse/reference/regions.csv`; the first match decides.

    Returns:
        `frame` in its order with `region_group` ("unmapped" when no rule matches) and `country`
        filled, never replaced.
    """
    keys = frame.select("provider", "region").unique()
    rules = _of_sellers(regions, set(keys["provider"]))
    names = keys.select(_flat(pl.col("region"))).to_series()
    found = []
    for (provider, region), name in zip(keys.iter_rows(), names, strict=True):
        first = next((each for each in rules[provider] if _finds(each["pattern"], name)), UNMAPPED)
        found.append((provider, region, first["region_group"] or None, first["country"] or None))
    schema = keys.schema | {"region_group": pl.String(), "region_country": pl.String()}
    return (
        frame.drop("region_group", strict=False)
        .join(
            pl.DataFrame(found, schema=schema, orient="row"),
            on=("provider", "region"),
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(country=pl.coalesce("country", "region_country"))
        .drop("region_country")
    )


def tpu_chips(name: pl.Expr) -> pl.Expr:
    """Chips in a TPU slice, from its name; null when the name is not a slice.

    SkyPilot catalogs print accelerator_count 1 for every slice, so a price per chip needs the
    name: tpu-v4-8 is 4 chips (12.88 / 4 = 3.22 USD per chip-hour), tpu-v5litepod-8 is 8
    (9.60 / 8 = 1.20), both equal to Google's price list per chip.

    Source: https://cloud.google.com/tpu/docs/system-architecture-tpu-vm, naming of slices.
    """
    name = name.str.strip_chars()
    generation = name.str.extract(TPU_SLICE, 1).str.to_lowercase()
    size = name.str.extract(TPU_SLICE, 2).cast(pl.Int64)
    cores_per_chip = generation.replace_strict(
        TENSOR_CORES_PER_CHIP, default=None, return_dtype=pl.Int64
    )
    return size // cores_per_chip


def _flat(name: pl.Expr) -> pl.Expr:
    return name.fill_null("").str.replace_all(r"[_\s]+", " ").str.strip_chars()


def _spelling(name: pl.Expr) -> pl.Expr:
    return name.str.strip_chars().str.to_lowercase()


def _of_sellers(rules: pl.DataFrame, sellers: set[str | None]) -> dict[str | None, list[Rule]]:
    """The rules that may decide for each seller, in order of priority."""
    ordered = rules.sort("priority").to_dicts()
    return {
        seller: [each for each in ordered if not each["provider"] or each["provider"] == seller]
        for seller in sellers
    }


def _finds(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


@cache  # polars compiles a pattern at every use: 700 rules took half a second for a single name
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
