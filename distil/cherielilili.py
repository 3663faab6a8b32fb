"""A tracker of 42 providers, 2026-02-11 to 2026-08-21: three collections under one name.

- `import`: an aggregator's history, 2026-02-11 to 05-08. Whole-instance prices to 02-17, both units
  and merged labels on 02-18 to 02-20, per GPU from then on. Its form labels default to SXM.
- `own`: read daily from the sellers, from 2026-05-08, per GPU.
- `report`: medians per provider and chip, from 2026-07-21, after the raw file ends.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="cherielilili",
    source_url="https://github.com/cherielilili/gpu-pricing-tracker/tree/ecc9327",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=1,
    max_gap_days=5,
    priority=44,
)
OBSERVATIONS = "observations_2026-02-11_2026-07-20.csv.zst"
REPORT = "report_medians_2026-07-21_2026-08-21.csv"
AGGREGATOR = "getdeploying.com"
SERIES = ["provider", "gpu_model", "rental_type"]
KEY = [*SERIES, "gpu_count"]

# The aggregator changed its unit on 02-18 and put PCIe rows under SXM labels until 02-20 (RunPod
# "H100_SXM" 2.69, then 1.99, then 2.69 beside a PCIe row of 1.99).
WHOLE_UNTIL, SETTLED_FROM = date(2026, 2, 17), date(2026, 2, 21)
SAME_PRICE = 0.02
UNIT_CHANGE = (0.4, 2.5)

# Sizes of several GPUs are listed until this day; afterwards most sellers show one GPU, which costs
# more at some (Lambda H100 3.78 beside 3.44 for 8x) and would look like a rise.
LADDERS_UNTIL = date(2026, 3, 6)

# Sellers whose form another record confirms beside the same price, so that "SXM" is no default.
FORM_CONFIRMED = [
    "aws",
    "azure",
    "coreweave",
    "digitalocean",
    "gcore",
    "lambda",
    "nebius",
    "oracle",
    "together",
    "verda",
]
# An NVL label for a price the same seller asks for SXM: the label drifted.
NVL_DRIFT = ["coreweave", "digitalocean", "nebius", "oracle"]
SERVERLESS = ["beam", "cerebrium", "koyeb", "replicate"]
TWO_MODES = ["thunder"]  # "prototyping" and "production" under one label: H100 1.38 or 2.49
AGGREGATED = ["sesterce", "vast.ai"]  # n_offers counts reads of the page, not offers

# Crusoe's page has columns that the reader shifts: these are the prices of H200 (4.29) and MI300X
# (3.45) as the import and cloud_gpus_com print them. L40S is right from 2026-06-05 (1.50).
CRUSOE_SHIFTED = ["GB200", "MI355X"]
CRUSOE_L40S_FROM = date(2026, 6, 5)
# Lambda's labels collect other cards: A100_SXM_40GB spans V100 0.79 to A100 80 GB 2.79.
LAMBDA_POOLED = ["A100_SXM_40GB", "A100_PCIE_40GB", "A100 SXM 40GB", "A100 PCIe 40GB"]
# More GPUs, lower price: 4.29, 4.19, 4.09, 3.99 for 1, 2, 4, 8 (krisjiang prints each rung).
LAMBDA_LADDER = ["H100_SXM", "B200"]
PLACEHOLDER_USD, PLACEHOLDER_SHARE = 0.50, 0.25
PLACEHOLDER_CHIPS = ["H200", "B200", "MI300X"]
THIN_OFFERS = 5


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS, USD per GPU-hour."""
    observations = pl.read_csv(
        folder / OBSERVATIONS, infer_schema_length=None, try_parse_dates=True
    )
    report = pl.read_csv(folder / REPORT, infer_schema_length=None, try_parse_dates=True)
    return pl.concat([imported(observations), own(observations), reported(report)])


def is_imported() -> pl.Expr:
    return pl.col("source_url").str.contains(AGGREGATOR, literal=True)


def imported(observations: pl.DataFrame) -> pl.DataFrame:
    """The aggregator's rows in one unit, with the labels that can be trusted."""
    rows = observations.filter(is_imported())
    each, whole = pl.col("price_median_usd"), pl.col("price_median_usd") / pl.col("gpu_count")
    settled = rows.filter(pl.col("date") >= SETTLED_FROM).sort("date")
    before = rows.filter(pl.col("date") <= WHOLE_UNTIL).sort("date")
    rows = rows.join(settled.group_by(KEY).agg(later=each.first()), on=KEY, how="left").join(
        before.group_by(KEY).agg(earlier=whole.last()), on=KEY, how="left"
    )
    candidates = [
        pl.when(((price / reference - 1).abs() <= SAME_PRICE).fill_null(False)).then(price)
        for price in (whole, each)
        for reference in (pl.col("later"), pl.col("earlier"))
    ]
    price = (
        pl.when(pl.col("date") >= SETTLED_FROM)
        .then(each)
        .when(pl.col("date") <= WHOLE_UNTIL)
        .then(whole)
        .otherwise(pl.coalesce(candidates))
    )
    rows = rows.with_columns(price=price).join(cheapest_size(settled), on=SERIES, how="left")
    is_jump = ~(pl.col("price") / pl.col("later")).is_between(*UNIT_CHANGE)
    seller, chip, count = pl.col("provider"), pl.col("gpu_model"), pl.col("gpu_count")
    has_forms = chip.str.contains(r"^(A100|H100)_SXM")
    reason = (
        pl.when(pl.col("price").is_null())
        .then(pl.lit("unit_change"))
        .when((pl.col("date") <= WHOLE_UNTIL) & is_jump.fill_null(False))
        .then(pl.lit("unit_change"))
        .when(seller.is_in(SERVERLESS))
        .then(pl.lit("serverless"))
        .when(seller.is_in(AGGREGATED))
        .then(pl.lit("thin_book"))
        .when(seller.is_in(TWO_MODES))
        .then(pl.lit("pooled"))
        # The cheaper of two tiers, whichever that was (A100 PCIe 1.19 is community, B200 secure).
        .when(seller == "runpod")
        .then(pl.lit("pooled"))
        # H100 14.19 while Google's own price list said 11.06 in the United States.
        .when(seller == "gcp")
        .then(pl.lit("region_unstated"))
        # From here on one row mixes NC (PCIe, NVL) and ND (SXM) machines.
        .when((seller == "azure") & (pl.col("date") > date(2026, 3, 6)))
        .then(pl.lit("pooled"))
        .when((seller == "crusoe") & has_forms & (count < 8))
        .then(pl.lit("variant_unclear"))
        .when(has_forms & ~seller.is_in([*FORM_CONFIRMED, "crusoe"]))
        .then(pl.lit("variant_unclear"))
        .when((chip == "H100_NVL") & seller.is_in(NVL_DRIFT))
        .then(pl.lit("variant_unclear"))
        .when((pl.col("date") > LADDERS_UNTIL) & (count != pl.col("cheapest_count")))
        .then(pl.lit("size_changed"))
    )
    small = (seller == "azure") & (count < 8)  # NC24ads A100 v4 and NC40ads H100 v5 sizes
    name = (
        pl.when(small & (chip == "A100_SXM_80GB"))
        .then(pl.lit("A100_PCIE_80GB"))
        .when(small & (chip == "H100_SXM"))
        .then(pl.lit("H100_NVL"))
        .otherwise(chip)
    )
    is_spot = pl.col("rental_type") == "spot"
    return named(
        rows.with_columns(reason=reason, gpu_model=name).with_columns(
            market=pl.col("rental_type"),
            # Price lists, not auctions: one number a day for weeks.
            spot_kind=pl.when(is_spot).then(pl.lit("administered")),
            flag=pl.when(is_spot).then(pl.lit("administered")),
            confidence=pl.lit("low"),
        )
    )


def cheapest_size(settled: pl.DataFrame) -> pl.DataFrame:
    """The size of each series that was cheapest per GPU, where sizes had unequal prices."""
    sizes = (
        settled.filter(pl.col("date") <= LADDERS_UNTIL)
        .group_by(KEY)
        .agg(price=pl.col("price_median_usd").median())
    )
    unequal = pl.col("price").max() > (1 + SAME_PRICE) * pl.col("price").min()
    return (
        sizes.group_by(SERIES)
        .agg(unequal=unequal, cheapest_count=pl.col("gpu_count").sort_by("price").first())
        .filter("unequal")
        .drop("unequal")
    )


def own(observations: pl.DataFrame) -> pl.DataFrame:
    """What the tracker read from the sellers themselves."""
    rows = observations.filter(~is_imported())
    vast = rows.filter(pl.col("provider") == "vast.ai")
    rows = rows.filter(pl.col("provider") != "vast.ai").with_columns(
        price=pl.col("price_median_usd"), reason=pl.lit(None, dtype=pl.String)
    )
    ladder = (pl.col("provider") == "lambda") & pl.col("gpu_model").is_in(LAMBDA_LADDER)
    rungs = [
        rows.filter(ladder).with_columns(
            price=pl.col(column), gpu_count=pl.lit(count, dtype=pl.Int64)
        )
        for column, count in (("price_min_usd", 8), ("price_max_usd", 1))
    ]
    rest = rows.filter(~ladder)
    sellers = pl.concat([rest, *(rung.select(rest.columns) for rung in rungs)])
    secure = sellers.filter(pl.col("provider") == "runpod", pl.col("region") == "secure").select(
        "date", "gpu_model", secure="price"
    )
    sellers = sellers.join(secure, on=["date", "gpu_model"], how="left", maintain_order="left")
    return pl.concat([named(tiers(sellers)), named(book(vast))])


def reported(report: pl.DataFrame) -> pl.DataFrame:
    """Medians of the last weeks; where a median mixes tiers, rungs or unknown counts, rejected."""
    rows = report.select(
        date="report_date",
        provider=pl.col("provider").str.to_lowercase().replace("sf compute", "sfcompute"),
        gpu_model="gpu",
        gpu_count=pl.lit(1, dtype=pl.Int64),
        rental_type="rental_type",
        price="median_per_gpu_usd_hr",
    )
    secure = rows.filter(pl.col("provider") == "runpod", pl.col("rental_type") == "on_demand")
    rows = rows.join(
        secure.select("date", "gpu_model", secure="price"), on=["date", "gpu_model"], how="left"
    )
    seller, chip = pl.col("provider"), pl.col("gpu_model")
    is_runpod = seller == "runpod"
    return named(
        tiers(
            rows.with_columns(
                region=pl.when(is_runpod & (pl.col("rental_type") == "spot"))
                .then(pl.lit("community"))
                .when(is_runpod)
                .then(pl.lit("any"))
                .otherwise(pl.lit("global")),
                reason=pl.when(seller == "vast.ai")
                .then(pl.lit("thin_book"))
                .when((seller == "lambda") & chip.is_in(["H100 SXM", "B200"]))
                .then(pl.lit("pooled")),
            )
        )
    )


def tiers(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives each row its market: RunPod's tiers and Nebius' columns carry other names."""
    seller, chip, region = pl.col("provider"), pl.col("gpu_model"), pl.col("region")
    is_community = (seller == "runpod") & (region == "community")
    # From 2026-05-08 on: 1.25, then 2.15, while on demand cost 2.95 and more.
    is_preemptible = seller == "nebius"
    is_placeholder = is_community & (
        ((pl.col("price") == PLACEHOLDER_USD) & chip.is_in(PLACEHOLDER_CHIPS))
        | (pl.col("price") < PLACEHOLDER_SHARE * pl.col("secure"))
    )
    reason = (
        pl.when(is_placeholder)
        .then(pl.lit("placeholder"))
        # The lower of the two tiers, a repetition of one or the other.
        .when((seller == "runpod") & (region == "any"))
        .then(pl.lit("pooled"))
        .when((seller == "crusoe") & chip.str.contains("|".join(CRUSOE_SHIFTED)))
        .then(pl.lit("wrong_column"))
        .when((seller == "crusoe") & (chip == "L40S") & (pl.col("date") < CRUSOE_L40S_FROM))
        .then(pl.lit("wrong_column"))
        .when((seller == "lambda") & chip.is_in(LAMBDA_POOLED))
        .then(pl.lit("pooled"))
    )
    is_spot = (pl.col("rental_type") == "spot") & (seller != "runpod")
    return rows.with_columns(
        provider=pl.when(is_community).then(pl.lit("runpod-community")).otherwise(seller),
        market=pl.when(is_preemptible | is_spot)
        .then(pl.lit("spot"))
        .otherwise(pl.lit("on_demand")),
        spot_kind=pl.when(is_preemptible)
        .then(pl.lit("administered"))
        .when(is_spot)
        .then(pl.lit("market")),
        flag=pl.when(is_preemptible).then(pl.lit("administered")),
        reason=pl.coalesce("reason", reason),
    )


def book(vast: pl.DataFrame) -> pl.DataFrame:
    """One row per day, chip and market of Vast: the median over its offers.

    The file has medians per country and size of offer; each counts with its offers. One machine
    offers itself in several sizes, so the offers counted are those of the most frequent size.
    """
    by = ["date", "gpu_model", "rental_type"]
    rows = vast.sort("price_median_usd").with_columns(
        below=pl.col("n_offers").cum_sum().over(by), total=pl.col("n_offers").sum().over(by)
    )
    median = (
        rows.filter(2 * pl.col("below") >= pl.col("total"))
        .group_by(by)
        .agg(price=pl.col("price_median_usd").first())
    )
    distinct = (
        vast.group_by(*by, "region")
        .agg(pl.col("n_offers").max())
        .group_by(by)
        .agg(offer_count=pl.col("n_offers").sum())
    )
    is_floor = pl.col("rental_type") == "spot"
    return median.join(distinct, on=by).with_columns(
        provider=pl.lit("vast.ai"),
        gpu_count=pl.lit(1, dtype=pl.Int64),
        market=pl.col("rental_type"),
        spot_kind=pl.when(is_floor).then(pl.lit("bid_floor")),
        flag=pl.when(is_floor).then(pl.lit("bid_floor")),
        reason=pl.when(pl.col("offer_count") < THIN_OFFERS).then(pl.lit("thin_book")),
    )


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the interface's columns. Price lists here are one for all regions."""
    optional = [c for c in ("offer_count", "confidence") if c in rows.columns]
    chip = pl.col("gpu_model").str.replace_all("_", " ")
    return sightings(
        rows.select(
            "market",
            "spot_kind",
            "flag",
            "reason",
            *optional,
            provider_raw="provider",
            accelerator_raw=chip,
            memory_gib=chip.str.extract(r"(\d+) ?GB$").cast(pl.Float64),
            instance_type=pl.format("{}x", "gpu_count"),
            accelerator_count="gpu_count",
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            seen_on=pl.col("date").cast(pl.Date),
            price_usd_per_gpu_hour="price",
        )
    ).sort("seen_on", "provider_raw", "accelerator_raw", "market", "instance_type")
