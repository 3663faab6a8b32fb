"""How many accelerators a machine type has: `warehouse/reference/machine_types.csv`, by cloud.

A source that imports this names `machine_types` among its rules, so that a changed file reads its
captures again. A type that is not in the file has no count: never guessed from its name.
"""

from functools import cache

import polars as pl

from pipeline.contracts.reference import MACHINE_TYPES
from pipeline.sources.committed import read_reference
from pipeline.sources.source import REFERENCE

RULES = ("machine_types",)


@cache
def machine_types(provider: str) -> pl.DataFrame:
    """The cloud's lines in the file, with `key`, the machine type without case and affixes."""
    rows = read_reference((REFERENCE / "machine_types.csv").read_bytes(), MACHINE_TYPES)
    return rows.filter(provider=provider).with_columns(key=_key(pl.col("instance_type")))


def gpu_counts(provider: str) -> dict[str, int]:
    """Machine type, as the file spells it, to its accelerators; without shares of one."""
    whole = machine_types(provider).drop_nulls("gpu_count")
    return dict(whole.select("instance_type", "gpu_count").rows())


def gpu_names(provider: str) -> dict[str, str]:
    """Machine type, as the file spells it, to the name of its accelerators."""
    return dict(machine_types(provider).select("instance_type", "accelerator_raw").rows())


def listed(provider: str, kind: pl.Expr, what: str) -> pl.Expr:
    """`gpu_count`, `reason` or `accelerator_raw` of a machine type; null when it is not listed."""
    rows = machine_types(provider)
    return _key(kind).replace_strict(
        rows["key"], rows[what], default=None, return_dtype=rows[what].dtype
    )


def _key(kind: pl.Expr) -> pl.Expr:
    """A machine type without case, and without what Azure puts before and after its sizes."""
    name = kind.str.to_lowercase().str.strip_prefix("standard_").str.strip_suffix("_promo")
    return name.str.strip_chars()
