"""Faults that several records share, corrected in all of them at once.

Each function takes sightings with `provider` and `accelerator` over every folder and sets a reason
on (or repairs) the rows that show the fault, so that the next record with the same fault is caught
by the same rule. A reason that is there already stays.
"""

from __future__ import annotations

import polars as pl

PRICE = pl.col("price_usd_per_gpu_hour")
CLOUDS = ("aws", "azure", "gcp", "oci")
# The chip alone and the board that carries it with a Grace CPU: one name contains the other.
SUPERCHIPS = {
    "nvidia-b200-sxm-180gb": "nvidia-gb200-nvl72",
    "nvidia-b300-sxm-288gb": "nvidia-gb300-nvl72",
    "nvidia-h100-sxm-80gb": "nvidia-gh200-96gb",
    "nvidia-h200-sxm-141gb": "nvidia-gh200-144gb",
}
MARKETS = ("on_demand", "spot", "reserved")
SAME = 0.005
SAME_SKU = 0.0005
QUEUED = 0.65
# A bigger machine costs more per GPU because of its host; a region's surcharge is below this.
LARGER = 1.25
REACH_DAYS = 550
NEAR_DAYS = 31
ALTERNATIONS = 3
KEY = ("provider", "accelerator", "market", "term_months", "basis", "region")
ROUNDED_TO = 2
# Half a cent, and what a double adds to it.
HALF_A_CENT = 0.005 + 1e-6


def corrected(identified: pl.DataFrame) -> pl.DataFrame:
    """All corrections, in order."""
    frame = unrounded(identified.with_row_index("row"))
    faults = (
        not_sold_there,
        superchip_price,
        queued_price,
        larger_machine,
        larger_type,
        other_size,
        alternating,
    )
    for correction in faults:
        broken = (
            correction(frame).select("row").unique().with_columns(why=pl.lit(correction.__name__))
        )
        frame = (
            frame.join(broken, on="row", how="left", maintain_order="left")
            .with_columns(reason=pl.coalesce("reason", "why"))
            .drop("why")
        )
    return frame.drop("row")


def usable(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("reason").is_null())


def not_sold_there(frame: pl.DataFrame) -> pl.DataFrame:
    """Chips of a big cloud that no record but a low-confidence table has ever seen there.

    Oracle's RTX A5000 at 0.41 stood in one edited table for one day.
    """
    good = usable(frame)
    pair = ["provider", "accelerator"]
    sold = good.filter(pl.col("confidence") != "low").select(pair).unique()
    return good.filter(pl.col("provider").is_in(CLOUDS)).join(sold, on=pair, how="anti")


def superchip_price(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of a chip at exactly what the same seller asks for the board that carries it.

    Oracle's B200 at 16.00 and CoreWeave's at 10.50 are their GB200 prices; the B200 is 14.00 and
    8.60. Only where the seller's own price of the chip differs elsewhere (some ask the same), and
    not where the record has the board too on that day, at another price: then it is a coincidence.
    """
    good = usable(frame).filter(pl.col("market") == "on_demand")
    asked = (
        good.filter(pl.col("accelerator").is_in(list(SUPERCHIPS.values())))
        .select("provider", board="accelerator", board_price=PRICE)
        .unique()
    )
    chips = good.with_columns(
        board=pl.col("accelerator").replace_strict(SUPERCHIPS, default=None)
    ).filter(pl.col("board").is_not_null())
    usual = chips.group_by("provider", "accelerator").agg(
        usual=PRICE.mode().min(), surest=PRICE.filter(pl.col("confidence") != "low").median()
    )
    at_board = chips.join(asked, on=["provider", "board"]).filter(
        (PRICE / pl.col("board_price") - 1).abs() < SAME
    )
    apart = (
        good.filter(pl.col("accelerator").is_in(list(SUPERCHIPS.values())))
        .select("folder", "provider", "seen_on", board="accelerator", board_price=PRICE)
        .join(asked, on=["provider", "board"], suffix="_asked")
        .filter((pl.col("board_price") / pl.col("board_price_asked") - 1).abs() >= SAME)
        .select("folder", "provider", "seen_on", "board", board_price="board_price_asked")
    )
    told_apart = ["folder", "provider", "seen_on", "board", "board_price"]
    at_board = at_board.join(apart, on=told_apart, how="anti")
    return at_board.join(usual, on=["provider", "accelerator"]).filter(
        (1 + SAME) * pl.coalesce("surest", "usual") < PRICE
    )


def queued_price(frame: pl.DataFrame) -> pl.DataFrame:
    """On-demand rows of Google at exactly what it asks for a start in the queue or the calendar.

    One catalog prints the B200 at 11.277 on four continents, another the H100 at 4.57: both are the
    calendar's SKU, read beside the on-demand one (16.11, 9.80) by a third. Regions add to it, so
    a price below 0.65 of what Google's regions ask for the chip is one too: none asks so little.
    """
    google = pl.col("provider") == "gcp"
    queued = (
        frame.filter(google, pl.col("reason") == "other_product", ~pl.col("market").is_in(MARKETS))
        .select("accelerator", queued=PRICE)
        .drop_nulls()
        .unique()
    )
    asked = usable(frame).filter(google, pl.col("market") == "on_demand")
    exact = asked.join(queued, on="accelerator").filter(
        (PRICE / pl.col("queued") - 1).abs() < SAME_SKU
    )
    smallest = asked.group_by("accelerator", "basis", "folder", "region", "seen_on").agg(
        PRICE.min()
    )
    middle = smallest.group_by("accelerator", "basis").agg(middle=PRICE.median())
    low = asked.join(middle, on=["accelerator", "basis"]).filter(pl.col("middle") * QUEUED > PRICE)
    return pl.concat([exact.select("row"), low.select("row")])


def larger_machine(frame: pl.DataFrame) -> pl.DataFrame:
    """A big cloud's price without a region, far above what its cheapest region asks.

    Tables that name no region print the cheapest one to within 2 %. AWS's T4 at 2.18 is a machine
    of 32 vCPU, the smallest asks 0.526; the L40S at 3.00 is one of 8 GPUs.
    """
    good = usable(frame).filter(pl.col("market") != "spot", pl.col("provider").is_in(CLOUDS))
    same = ["provider", "accelerator", "market", "term", "basis"]
    priced = good.with_columns(term=pl.col("term_months").fill_null(0))
    regional = (
        priced.filter(pl.col("region") != "global")
        .group_by(*same, "seen_on")
        .agg(cheapest=PRICE.min())
        .sort("seen_on")
    )
    anywhere = priced.filter(pl.col("region") == "global", pl.col("provider") != "oci")
    return (
        anywhere.sort("seen_on")
        .join_asof(
            regional,
            on="seen_on",
            by=same,
            strategy="nearest",
            tolerance=f"{REACH_DAYS}d",
            check_sortedness=False,
        )
        .filter(LARGER * pl.col("cheapest") < PRICE)
    )


def larger_type(frame: pl.DataFrame) -> pl.DataFrame:
    """A look at a big cloud's region without the machine type that is usually the cheapest.

    A record of Google's regions has a3-megagpu-8g where a3-highgpu-8g is missing, so that the H100
    would rise from 12.17 to 12.85 with the record. A dearer machine for the same chip is no rise.
    """
    item = [*KEY[:3], "term", "basis"]
    key = [*item, "region"]
    machine = pl.col("instance_type")
    typed = (
        usable(frame)
        .filter(pl.col("market") != "spot", pl.col("provider").is_in(CLOUDS), machine.is_not_null())
        .with_columns(term=pl.col("term_months").fill_null(0))
    )
    looks = typed.group_by(*key, "folder", "seen_on").agg(
        cheapest=machine.sort_by(PRICE, -pl.col("accelerator_count"), machine).first(),
        types=machine.unique(),
    )
    usual = looks.group_by(item).agg(usual=pl.col("cheapest").mode().min())
    asked = (
        typed.join(usual, on=item)
        .filter(machine == pl.col("usual"))
        .group_by(*key, "seen_on")
        .agg(asked=PRICE.min())
        .sort("seen_on")
    )
    without = (
        looks.join(usual, on=item)
        .filter(~pl.col("types").list.contains(pl.col("usual")))
        .select(*key, "folder", "seen_on")
    )
    return (
        typed.join(without, on=[*key, "folder", "seen_on"])
        .sort("seen_on")
        .join_asof(
            asked,
            on="seen_on",
            by=key,
            strategy="nearest",
            tolerance=f"{REACH_DAYS}d",
            check_sortedness=False,
        )
        .filter((1 + SAME) * pl.col("asked") < PRICE)
    )


def other_size(frame: pl.DataFrame) -> pl.DataFrame:
    """A list price of another number of GPUs than the item's, beside which that one costs else.

    Lambda's 8x H100 costs 3.99 per GPU and its 1x 4.29, DigitalOcean's 8x cost 2.99 and its 1x
    3.39: a record that holds the other size alone shows a move that nobody made. The item's size is
    the cheapest one on most of the days on which somebody looked.
    """
    key = [*KEY[:3], "term", *KEY[4:]]
    sized = listed(frame).filter(pl.col("accelerator_count").is_not_null())
    size = pl.col("accelerator_count")
    cheapest = sized.group_by(*key, "folder", "seen_on").agg(
        cheapest=size.sort_by(PRICE, -size).first()
    )
    usual = cheapest.group_by(key).agg(usual=pl.col("cheapest").mode().max())
    known = sized.join(usual, on=key)
    asked = (
        known.filter(size == pl.col("usual"))
        .group_by(*key, "seen_on")
        .agg(asked=PRICE.min())
        .sort("seen_on")
    )
    return (
        known.filter(size != pl.col("usual"))
        .sort("seen_on")
        .join_asof(
            asked,
            on="seen_on",
            by=key,
            strategy="nearest",
            tolerance=f"{NEAR_DAYS}d",
            check_sortedness=False,
        )
        .filter((PRICE / pl.col("asked") - 1).abs() > SAME)
    )


def alternating(frame: pl.DataFrame) -> pl.DataFrame:
    """The older of two list prices between which one record goes to and fro.

    An aggregator kept Together's old line (2.56) beside the new one (2.40) for a month and printed
    now the one, now the other. The price it settles on holds from its first day.
    """
    key = ["folder", *KEY[:3], "term", *KEY[4:]]
    priced = listed(frame)
    daily = priced.group_by(*key, "seen_on").agg(price=PRICE.min()).sort(*key, "seen_on")
    price = pl.col("price")
    before, earlier = price.shift(1).over(key), price.shift(2).over(key)
    settled = (
        daily.with_columns(returns=(price == earlier) & (price != before))
        .group_by(key)
        .agg(pl.col("returns").sum(), settled=price.last())
        .filter(pl.col("returns") >= ALTERNATIONS)
        .drop("returns")
    )
    since = (
        daily.join(settled, on=key)
        .filter(price == pl.col("settled"))
        .group_by(*key, "settled")
        .agg(since=pl.col("seen_on").min())
    )
    return priced.join(since, on=key).filter(
        pl.col("settled") != PRICE, pl.col("seen_on") > pl.col("since")
    )


def listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Usable prices of lists outside the big clouds: no spot, no median over machines."""
    return (
        usable(frame)
        .filter(
            pl.col("market") != "spot",
            ~pl.col("provider").is_in(CLOUDS),
            pl.col("host_count").is_null(),
            pl.col("offer_count").is_null(),
        )
        .with_columns(term=pl.col("term_months").fill_null(0))
    )


def unrounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Prices printed in cents, given back the fraction a better record of the key holds.

    CoreWeave asks 50.44 for eight H200, 6.305 each; one record prints 6.30, another 6.31, and the
    item would move by a cent on every change of record.
    """
    good = usable(frame)
    cents = PRICE.round(ROUNDED_TO)
    fine = (
        good.filter((PRICE - cents).abs() > HALF_A_CENT / 100)
        .filter(pl.col("confidence") != "low")
        .select(*KEY, fine=PRICE)
        .unique()
    )
    coarse = good.filter((PRICE - cents).abs() <= HALF_A_CENT / 100).select("row", *KEY, PRICE)
    repaired = (
        coarse.join(fine, on=KEY, nulls_equal=True)
        .filter((PRICE - pl.col("fine")).abs() <= HALF_A_CENT)
        .sort("row", (PRICE - pl.col("fine")).abs(), "fine")
        .unique("row", keep="first", maintain_order=True)
        .select("row", "fine")
    )
    return (
        frame.join(repaired, on="row", how="left", maintain_order="left")
        .with_columns(price_usd_per_gpu_hour=pl.coalesce("fine", PRICE))
        .drop("fine")
    )
