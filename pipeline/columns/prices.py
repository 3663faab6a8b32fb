"""Columns of rental prices, from one offer to the published level."""

import polars as pl

from pipeline.columns.column import Column, count, day, flag, moment, number, text

USD_PER_GPU_HOUR = "USD/GPU-hour"


def price(doc: str) -> Column:
    return number(USD_PER_GPU_HOUR, doc)


COLUMNS: dict[str, Column] = {
    # One offer.
    "offer_id": text("Identifier of the offer, unique within its source."),
    "observed_at": moment("Moment at which the price was true."),
    "provider": text("Operator that rents the accelerator out (providers.provider)."),
    "accelerator": text("Canonical accelerator sku (accelerators.accelerator)."),
    "accelerator_raw": text("Accelerator as the upstream names it."),
    "gpu_count": count("Accelerators in the offer; chips for a TPU slice."),
    "market": text("on_demand (guaranteed, no term), spot (interruptible) or reserved (a term)."),
    "spot_kind": text(
        "What spot means here: market, administered (a published discount) or bid_floor."
    ),
    "term_months": Column(pl.Int64(), "Length of the commitment; 0 where there is none.", "months"),
    "basis": text("all_in (host CPU and memory included) or gpu_component (host billed on top)."),
    "region": text("Region as the provider names it; global where the price is tied to none."),
    "region_group": text("Part of the world the region lies in; world counts every region once."),
    "instance_type": text("Machine type as the provider names it."),
    "host_id": text("Physical machine behind the offer, as the marketplace numbers it."),
    "operator_id": text("Owner of the machine, as the marketplace numbers it."),
    "available_count": count("Accelerators the upstream says can be rented now."),
    "price_usd_per_gpu_hour": price("Price of one accelerator (one TPU chip) for one hour."),
    "price_usd_per_instance_hour": number(
        "USD/instance-hour", "Price of the whole offer for one hour."
    ),
    "price_in_currency_per_gpu_hour": number(
        "currency/GPU-hour", "Price of one accelerator-hour in `currency`, before conversion."
    ),
    "refresh_days": Column(
        pl.Int64(), "How often the source looks: an observation stands this long.", "days"
    ),
    "flag": text(
        "Why the row is kept yet stays out of every level and index; null where nothing is known "
        "against it."
    ),
    # Levels.
    "observed_on": day("UTC day the price holds for."),
    "last_seen_on": day("UTC day of the newest sighting behind the price."),
    "tier": text("hyperscaler, neocloud or marketplace."),
    "host_count": count("Independent machines behind the price."),
    "offer_count": count("Offers behind the price; an offer seen often in a day counts once."),
    "source_count": count("Sources that report the price on that day."),
    "provider_count": count("Operators behind the price, each with one vote."),
    "vote_count": count(
        "Values the level is the median of: providers, or machines where one marketplace is alone."
    ),
    "single_provider": flag("True where one operator alone makes the price."),
    "carried_days": Column(
        pl.Int64(), "Days since the last observation stopped standing; at most 3.", "days"
    ),
    "median_price_usd_per_gpu_hour": price("Level: median over votes; null where withheld."),
    "p25_price_usd_per_gpu_hour": price("25th percentile over votes; null where withheld."),
    "p75_price_usd_per_gpu_hour": price("75th percentile over votes; null where withheld."),
    "min_price_usd_per_gpu_hour": price("Lowest vote; null where withheld."),
    "max_price_usd_per_gpu_hour": price("Highest vote; null where withheld."),
    "interval_low_price_usd_per_gpu_hour": price(
        "Lower end of the 95 % bootstrap interval of the median; null under two votes."
    ),
    "interval_high_price_usd_per_gpu_hour": price(
        "Upper end of the 95 % bootstrap interval of the median; null under two votes."
    ),
    "effective_n": number(
        "votes", "1 / sum of squared shares: of machines by owner in a marketplace, else of votes."
    ),
    "hhi": number("0-1", "Herfindahl-Hirschman index: sum of the same squared shares."),
    "largest_host_fraction": number(
        "fraction", "Share of the machines that belong to the largest owner; null where unknown."
    ),
    "withheld_reason": text("Why the level is not published; null where it is."),
    "provider_url": text("The provider's own price page."),
}
