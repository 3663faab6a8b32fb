"""Columns of rental prices, from one offer to the published level."""

import polars as pl

from pipeline.columns.column import Column, choice, count, day, flag, moment, number, text

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
    "market": choice(
        "on_demand (guaranteed, no term), spot (interruptible) or reserved (a term).",
        "on_demand",
        "spot",
        "reserved",
    ),
    "spot_kind": choice(
        "What spot means here: market, administered (a published discount) or bid_floor.",
        "market",
        "administered",
        "bid_floor",
    ),
    "term_months": Column(pl.Int64(), "Length of the commitment; 0 where there is none.", "months"),
    "basis": choice(
        "What the price holds: all_in (host CPU and memory included) or gpu_component (host "
        "billed on top).",
        "all_in",
        "gpu_component",
    ),
    "region": text("Region as the provider names it; global where the price is tied to none."),
    "region_group": text(
        "Part of the world the region lies in, global where the price is tied to none; all "
        "counts every region once."
    ),
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
    "seen_again": text(
        "Days on which a run was seen again, as gaps: `1x13 2 7x4` is 13 daily looks, one two days "
        "on, then four weekly ones; empty for a run seen once."
    ),
    "confirmed_on": day(
        "UTC day of the second sighting that confirmed a step; null where none was needed."
    ),
    "last_seen_on": day("UTC day of the newest sighting behind the price."),
    "tier": choice(
        "Kind of operator; all where an index pools them, any where a value does not depend on it.",
        "hyperscaler",
        "neocloud",
        "marketplace",
        "all",
        "any",
    ),
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
    "released_median_price_usd_per_gpu_hour": price(
        "Level in the last file published; null where withheld or absent."
    ),
    "p25_price_usd_per_gpu_hour": price("25th percentile over votes; null where withheld."),
    "p75_price_usd_per_gpu_hour": price("75th percentile over votes; null where withheld."),
    "min_price_usd_per_gpu_hour": price("Lowest vote; null where withheld."),
    "max_price_usd_per_gpu_hour": price("Highest vote; null where withheld."),
    "interval_low_price_usd_per_gpu_hour": price(
        "Lower end of the interval of the median; how often such a pair of votes holds it is "
        "interval_coverage_pct; null under two votes."
    ),
    "interval_high_price_usd_per_gpu_hour": price(
        "Upper end of the same interval; null under two votes."
    ),
    "interval_coverage_pct": number(
        "%", "How often an interval between these ranks of so many votes holds the median, exactly."
    ),
    "is_inverted": flag(
        "True where spot is above the same provider's on-demand price in the same place."
    ),
    "is_reference": flag("True where the price is one the level of the rent is read in."),
    "effective_n": number(
        "votes", "1 / sum of squared shares: of machines by owner in a marketplace, else of votes."
    ),
    "hhi": number("index", "0 to 1, Herfindahl-Hirschman index: sum of the same squared shares."),
    "largest_host_fraction": number(
        "fraction", "Share of the machines that belong to the largest owner; null where unknown."
    ),
    "withheld_reason": text("Why the level is not published; null where it is."),
    # Movement.
    "price_index": number(
        "index", "Matched-model index, 100 on chain_started_on; null where withheld."
    ),
    "bridged_price_index": number(
        "index",
        "As price_index, but a provider that returns within 366 days is compared with its own last "
        "price, and one that is away counts as unchanged; 100 on bridge_started_on.",
    ),
    "panel_price_usd_per_gpu_hour": price(
        "Geometric mean over operators of that over their regions; null where too few."
    ),
    "panel_log_change": number("log", "Change of the panel price since the panel's day before."),
    "market_log_change": number(
        "log", "Part of it that the same providers and regions moved: the matched change."
    ),
    "entry_log_change": number(
        "log", "Part of it that providers and regions brought by appearing."
    ),
    "exit_log_change": number("log", "Part of it that providers and regions left by disappearing."),
    "restatement_log_change": number(
        "log", "Part of it from prices whose bundle changed, such as a local disk added."
    ),
    "matched_provider_count": count("Operators whose own two prices are compared."),
    "remembered_provider_count": count("Operators seen within the 366 days before the day."),
    "item_count": count("Prices in the panel: one per operator and region."),
    "matched_count": count("Items compared with themselves on the panel's day before."),
    "entered_count": count("Items that were not there on the panel's day before."),
    "exited_count": count("Items of the panel's day before that are gone."),
    "restated_count": count("Items on both days whose bundle changed in between."),
    "thin_link_count": count("Links since chain_started_on that rest on too few operators."),
    "days_since_previous": Column(pl.Int64(), "Days since the panel's day before.", "days"),
    "chain_started_on": day("UTC day, or end of the period, at which the index stands at 100."),
    "bridge_started_on": day("UTC day on which bridged_price_index stands at 100."),
    "log_price": number("log", "Natural logarithm of the price, to 12 digits."),
    "log_price_before": number("log", "That of the item's own last price before."),
    "item_before_on": day("UTC day of the item's own last price before; null where it has none."),
    "is_item_restated": flag("True where the item's bundle changed since its last price."),
    "restated_on": day("UTC day on which the bundle behind a price was restated."),
    "is_prompt": flag("True where it was public before its own day ended."),
    # Movement of fixed items by week and month, and the rent it gives.
    "period": choice("The stretch a row is of; weeks run Monday to Sunday.", "week", "month"),
    "item": text(
        "One price in time: the provider's region and machine type where they matter, and how "
        "often its bundle was restated."
    ),
    "item_root": text("The item before any restatement of its bundle."),
    "last_observed_on": day("UTC day of the newest look behind the row."),
    "multilateral_price_index": number(
        "index", "Index of unchanged items over 13 months, 100 at chain_started_on."
    ),
    "item_effects_log_change": number(
        "log", "Change since compared_with_on with an effect per item instead of characteristics."
    ),
    "item_effects_price_index": number(
        "index", "Those changes chained, 100 at chain_started_on; null once a link is missing."
    ),
    "log_level": number("ln", "Mean log price of the panel, one vote per provider."),
    "level_log_change": number("ln", "Change of log_level since `compared_with_on`."),
    "revision_log_change": number(
        "ln", "Part of it by which the newest window corrects what was published before."
    ),
    "link_provider_count": count("Providers with an item seen before in the window."),
    "link_item_count": count("Items of the period seen before in the window."),
    "window_period_count": count("Periods in the window of at most 13 months, this one included."),
    "log_rent": number("ln", "Level of the fixed reference panel, moved by the index."),
    "p25_log_rent": number("ln", "25th percentile of the reference panel, so moved."),
    "p75_log_rent": number("ln", "75th percentile of the reference panel, so moved."),
    "log_rent_standard_error": number(
        "ln", "Standard error of the index since `reference_on`; null under three providers."
    ),
    "log_rent_reach": number(
        "ln", "Half of the 95 % interval of log_rent: t with the window's providers less one."
    ),
    "interval_low_rent_usd_per_gpu_hour": price(
        "Lower end of the 95 % interval of what the index did to the rent since `reference_on`."
    ),
    "interval_high_rent_usd_per_gpu_hour": price("Upper end of the same interval."),
    "p25_rent_usd_per_gpu_hour": price("25th percentile of the reference panel's providers."),
    "p75_rent_usd_per_gpu_hour": price("75th percentile of the reference panel's providers."),
    "unobserved_days": Column(
        pl.Int64(),
        "Days from the newest look to the period's end; at most 31 where published.",
        "days",
    ),
    "change_1_month_pct": number("%", "Change of the index over one month; null across chains."),
    "change_3_months_pct": number(
        "%", "Change of the index over three months; null across chains."
    ),
    "change_12_months_pct": number("%", "Change of the index over a year; null across chains."),
    "last_published_on": day("Newest week of the cell with a published rent."),
    "last_published_rent_usd_per_gpu_hour": price("The rent of that week."),
    "rebase_log_change": number("ln", "What a renewed reference panel did to log_rent."),
    "reference_on": day("Period end of the window whose panel the rent is the level of."),
    "reference_provider_count": count("Providers in the reference panel."),
    # Terms, compute, generations.
    "on_demand_price_usd_per_gpu_hour": price("On-demand level of the same cell and day."),
    "implied_discount_fraction": number(
        "fraction", "1 - level / on-demand level: two panels that need not hold the same operators."
    ),
    "matched_discount_fraction": number(
        "fraction",
        "Median over operators that quote both in one region of 1 - term price / on-demand price.",
    ),
    "price_usd_per_bf16_pflop_hour": number(
        "USD/PFLOPS-hour", "Level per 10^15 dense BF16 operations a second, for one hour."
    ),
    "price_usd_per_tb_per_s_hour": number(
        "USD/(TB/s)-hour", "Level per terabyte a second of memory bandwidth, for one hour."
    ),
    "price_usd_per_gib_hour": number("USD/GiB-hour", "Level per GiB of memory, for one hour."),
    "price_usd_per_tdp_kw_hour": number(
        "USD/kW-hour", "Level per kilowatt of thermal design power, for one hour."
    ),
    "missing_specification_reason": text(
        "Which specification nobody has cited for the part, so that a price per it is null."
    ),
    "predecessor": text("Accelerator of the older generation (accelerators.accelerator)."),
    "successor": text("Accelerator that follows it (accelerators.accelerator)."),
    "predecessor_price_usd_per_gpu_hour": price("Published level of the predecessor."),
    "successor_price_usd_per_gpu_hour": price(
        "Published level of the successor, same cell and day."
    ),
    "price_ratio": number("ratio", "Successor's level / predecessor's level."),
    "bf16_ratio": number("ratio", "Successor's dense BF16 throughput / predecessor's."),
    "memory_bandwidth_ratio": number("ratio", "Successor's memory bandwidth / predecessor's."),
    "price_per_bf16_ratio": number(
        "ratio", "price_ratio / bf16_ratio: below 1, the successor computes cheaper."
    ),
    "price_per_memory_bandwidth_ratio": number(
        "ratio", "price_ratio / memory_bandwidth_ratio: below 1, the successor moves bytes cheaper."
    ),
    # Levels others publish.
    "publisher": text("Who publishes the index."),
    "index_name": text("The index as its publisher names it."),
    "level_on": day("Day the published level is for; the last one of a week or month."),
    "level_usd_per_gpu_hour": price("The level as published, quoted as a single dated value."),
    "our_price_usd_per_gpu_hour": price("Published level of ours beside it, all regions."),
    "our_observed_on": day("UTC day of our level: level_on or up to 7 days before."),
    "difference_fraction": number("fraction", "Our level / the published level - 1."),
    "missing_reason": text("Why no level of ours stands beside it; null where one does."),
}
