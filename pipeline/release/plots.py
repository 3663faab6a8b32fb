"""Small pictures of the headline curves, for the pages of their tables in the UI.

Each value is a point: a line would draw prices over the months that have none.
"""

import io
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.release.graphs import GRAPHS, drawn
from pipeline.warehouse import DuckDB

__all__ = ["PLOTS", "drawn_png"]

SIZE_INCHES = (9.0, 2.9)  # as much as a page of the UI shows without being asked for more
DOTS_PER_INCH = 80
COLOURS = 64
MANY = 200


@dataclass(frozen=True)
class Plot:
    """One picture.

    Attributes:
        title: What it shows.
        unit: Of the vertical axis.
        query: Answers `series`, `place` (a day or a number), `value` and, where there are any,
            `low` and `high` (the 95 % interval) and `votes`, drawn below where it is answered.
    """

    title: str
    unit: str
    query: str


HEADLINE = "accelerator in ('nvidia-h100-sxm-80gb', 'nvidia-a100-sxm4-80gb')"
ON_DEMAND = "market = 'on_demand' and basis = 'all_in'"
TIERS = "tier in ('hyperscaler', 'neocloud')"
PLOTS: dict[str, Plot] = {
    "marts.gpu_price_daily": Plot(
        "H100 and A100 80 GB on demand, world: median over providers, 95 % interval",
        "USD per GPU-hour",
        f"""
        select
            accelerator || ', ' || tier as series,
            observed_on as place,
            median_price_usd_per_gpu_hour as value,
            interval_low_price_usd_per_gpu_hour as low,
            interval_high_price_usd_per_gpu_hour as high,
            provider_count as votes
        from marts.gpu_price_daily
        where {HEADLINE} and {ON_DEMAND} and {TIERS} and region_group = 'all'
        order by series, place
        """,
    ),
    "marts.gpu_price_index": Plot(
        "H100 and A100 80 GB on demand: matched-model index across silences",
        "100 where the bridge starts",
        f"""
        select
            accelerator || ', ' || tier as series,
            observed_on as place,
            bridged_price_index as value,
            matched_provider_count as votes
        from marts.gpu_price_index
        where {HEADLINE} and {ON_DEMAND} and {TIERS}
        order by series, place
        """,
    ),
    "marts.gpu_price_term": Plot(
        "Hyperscalers, world: price by months of commitment, newest day of each",
        "USD per GPU-hour",
        f"""
        select
            accelerator as series,
            term_months as place,
            arg_max(median_price_usd_per_gpu_hour, observed_on) as value,
            arg_max(provider_count, observed_on) as votes
        from marts.gpu_price_term
        where {HEADLINE} and tier = 'hyperscaler' and region_group = 'all'
        and basis = 'all_in' and publication_status = 'published'
        group by accelerator, term_months
        order by series, place
        """,
    ),
    "marts.gpu_price_per_compute": Plot(
        "H100 and A100 80 GB on demand, world: price of dense BF16 throughput",
        "USD per PFLOPS-hour",
        f"""
        select
            accelerator || ', ' || tier as series,
            observed_on as place,
            price_usd_per_bf16_pflop_hour as value,
            provider_count as votes
        from marts.gpu_price_per_compute
        where {HEADLINE} and {ON_DEMAND} and {TIERS} and region_group = 'all'
        order by series, place
        """,
    ),
    "marts.gpu_price_quality_adjusted": Plot(
        "Rent at constant quality; bars: 95 % interval of the last change",
        "100 where the chain starts",
        """
        select
            market_scope as series,
            period_end_on as place,
            price_index as value,
            price_index / price_relative * interval_low_price_relative as low,
            price_index / price_relative * interval_high_price_relative as high,
            provider_count as votes
        from marts.gpu_price_quality_adjusted
        where market_scope <> 'spot'
        order by series, place
        """,
    ),
    "marts.facility_coverage": Plot(
        "Debt over collateral by facility, by the contract's clock and by the market's",
        "%",
        """
        select
            facility_id || ', ' || clock as series,
            balance_on as place,
            value
        from (
            select facility_id, balance_on, 'contract' as clock, ltv_contract_pct as value
            from marts.facility_coverage
            union all
            select facility_id, balance_on, 'market' as clock, ltv_market_pct as value
            from marts.facility_coverage
        )
        where value < 300
        order by series, place
        """,
    ),
    "marts.gpu_debt_market_total": Plot(
        "Debt behind AI infrastructure as filed: committed and drawn",
        "USD billion",
        """
        select 'committed' as series, period_end_on as place, filed_committed_usd / 1e9 as value
        from marts.gpu_debt_market_total
        union all
        select 'drawn' as series, period_end_on as place, filed_drawn_usd / 1e9 as value
        from marts.gpu_debt_market_total
        order by series, place
        """,
    ),
    "marts.neocloud_leverage": Plot(
        "Net debt over EBITDA of GPU clouds, last twelve months",
        "times",
        """
        select issuer as series, period_end_on as place, net_debt_to_ebitda_ratio as value
        from marts.neocloud_leverage
        where is_preferred_basis
        order by series, place
        """,
    ),
    "marts.lender_mark_dispersion": Plot(
        "What holders mark a facility at: median, lowest and highest adviser",
        "% of par",
        """
        select
            facility_id as series,
            period_end_on as place,
            median_fv_to_par_pct as value,
            low_fv_to_par_pct as low,
            high_fv_to_par_pct as high,
            adviser_count as votes
        from marts.lender_mark_dispersion
        order by series, place
        """,
    ),
}


def drawn_png(db: DuckDB, table: str) -> bytes | None:
    """The picture of a table as PNG; None where there is none to draw.

    Args:
        db: A database that holds the table.
        table: Its name with the schema.
    """
    if (graph := GRAPHS.get(table)) is not None:
        return drawn(db, graph)
    plot = PLOTS.get(table)
    if plot is None:
        return None
    points = db.sql(plot.query).pl().drop_nulls(["place", "value"])
    return None if points.is_empty() else _drawn(plot, points)


def _drawn(plot: Plot, points: pl.DataFrame) -> bytes:
    from matplotlib.figure import Figure  # a second to load, and few runs draw
    from PIL import Image

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    has_votes = "votes" in points.columns
    if has_votes:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    else:
        above = below = figure.subplots()
    for (series,), part in points.group_by("series", maintain_order=True):
        place, value = part["place"].to_numpy(), part["value"].to_numpy()
        size = 3 if part.height > MANY else 7
        [dots] = above.plot(place, value, ".", markersize=size, label=str(series))
        if "low" in part.columns:
            reach = [value - part["low"].to_numpy(), part["high"].to_numpy() - value]
            style = {"color": dots.get_color(), "alpha": 0.2, "linewidth": 1.0}
            above.errorbar(place, value, np.nan_to_num(np.abs(reach)), fmt="none", **style)
        if has_votes:
            below.plot(place, part["votes"], ".", markersize=size - 1, color=dots.get_color())
    above.set_title(plot.title, fontsize=9)
    above.set_ylabel(plot.unit, fontsize=8)
    above.set_ylim(bottom=0, top=1.3 * float(points.select(pl.max("value")).item()))
    above.legend(fontsize=7, ncols=2)
    if has_votes:
        below.set_ylabel("n", fontsize=8)
        below.set_ylim(bottom=0)
    for axes in {above, below}:
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3)
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png")
    # Few colours make a picture a fifth of the size.
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(small, format="png", optimize=True)
    return small.getvalue()
