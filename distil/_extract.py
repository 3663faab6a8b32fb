"""Folders of one common shape: a row is a price as printed, with its unit, at the moment of a look.

`printed` reads them and `shaped` makes SIGHTINGS of them: USD per accelerator-hour, the all-in or
the bare GPU's price by `unit`, a term on every reserved row or the reason "no_term". What is no
rental of a whole accelerator by the hour (serverless, capacity blocks, queued starts) has the
reason "other_product". Each folder's module says what else is not to be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from distil import sightings

ALONE = "only|on top"
MARKETS = ("on_demand", "spot", "reserved")
COMMUNITY = r"(?i)\bcommunity\b"
TEXT = ("provider_region", "instance_type", "note", "unit", "currency")
NUMBERS = ("memory_gb", "count", "term_months", "price")
# A GPU's memory is stated per accelerator or summed over the machine; no accelerator has more.
MOST_MEMORY_GIB = 300
PLACEHOLDER_USD = 0.50


def printed(folder: Path) -> pl.DataFrame:
    """The rows of a folder's one file, absent columns null, `seen_on` the UTC day of the look."""
    [path] = sorted(folder.glob("*.csv*"))
    rows = pl.read_csv(path, infer_schema_length=None)
    absent = [name for name in (*TEXT, *NUMBERS) if name not in rows.columns]
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent).with_columns(
        pl.col(TEXT).cast(pl.String),
        pl.col("memory_gb", "price").cast(pl.Float64),
        pl.col("count", "term_months").cast(pl.Int64),
        seen_on=pl.col("observed_at").cast(pl.String).str.slice(0, 10).str.to_date(),
    )


def shaped(
    rows: pl.DataFrame,
    *rejected: tuple[pl.Expr, str],
    region: pl.Expr | None = None,
    spot_kind: pl.Expr | None = None,
    instance_type: pl.Expr | None = None,
    flag: pl.Expr | None = None,
    forms: Mapping[tuple[str, str], str] | None = None,
) -> pl.DataFrame:
    """SIGHTINGS of printed rows.

    Args:
        rows: What `printed` returned; `price` in USD.
        rejected: Conditions over the printed columns, each with its reason; the first one counts.
        region: Where the price holds; "global" when not given, for sellers of one list.
        spot_kind: What the folder's spot prices are; a published discount when not given.
        instance_type: The machine type, where `instance_type` is one.
        flag: Why a row that is kept stays out of the indices.
        forms: For a seller and a printed name, the name with the form factor the seller has.
    """
    per_machine = pl.col("unit").str.starts_with("per instance")
    named = pl.concat_str(
        pl.col("instance_type", "note").fill_null(""), separator=" ", ignore_nulls=True
    )
    is_community = pl.col("provider").str.to_lowercase().eq("runpod") & named.str.contains(
        COMMUNITY
    )
    is_spot = pl.col("market") == "spot"
    fixed = pl.DataFrame(
        [(*key, form) for key, form in (forms or {}).items()],
        schema={"provider": pl.String, "accelerator_raw": pl.String, "form": pl.String},
        orient="row",
    )
    always: tuple[tuple[pl.Expr, str], ...] = (
        (~pl.col("market").is_in(MARKETS), "other_product"),
        ((pl.col("market") == "reserved") & pl.col("term_months").is_null(), "no_term"),
        (per_machine & pl.col("count").is_null(), "unknown_count"),
        (is_community & (pl.col("price") == PLACEHOLDER_USD), "placeholder"),
    )
    kind = pl.lit("administered") if spot_kind is None else spot_kind
    administered = pl.when(is_spot & (kind == "administered")).then(pl.lit("administered"))
    return sightings(
        rows.join(
            fixed, on=["provider", "accelerator_raw"], how="left", maintain_order="left"
        ).select(
            "seen_on",
            "market",
            provider_raw=pl.when(is_community)
            .then(pl.lit("runpod-community"))
            .otherwise("provider"),
            accelerator_raw=pl.coalesce("form", "accelerator_raw"),
            memory_gib=pl.when(pl.col("memory_gb").is_between(1, MOST_MEMORY_GIB)).then(
                "memory_gb"
            ),
            accelerator_count="count",
            instance_type=pl.lit(None, pl.String) if instance_type is None else instance_type,
            spot_kind=pl.when(is_spot).then(kind),
            term_months=pl.when(pl.col("market") == "reserved").then("term_months"),
            basis=pl.when(pl.col("unit").str.contains(ALONE))
            .then(pl.lit("gpu_component"))
            .otherwise(pl.lit("all_in")),
            region=(pl.lit("global") if region is None else region).fill_null("global"),
            price_usd_per_gpu_hour=pl.col("price")
            / pl.when(per_machine).then("count").otherwise(pl.lit(1)),
            flag=pl.coalesce(pl.lit(None, pl.String) if flag is None else flag, administered),
            reason=first((*rejected, *always)),
        )
    )


def first(rejected: Iterable[tuple[pl.Expr, str]]) -> pl.Expr:
    """The reason of the first condition that holds."""
    return pl.coalesce(
        *(pl.when(broken).then(pl.lit(reason)) for broken, reason in rejected), pl.lit(None)
    )
