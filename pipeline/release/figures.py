"""The figures of the report: a question, a query on the published file, and a drawing.

A drawing is a Vega-Lite chart made by Altair and turned to SVG on this machine: no script and no
address is left in it. Colours are names that the page's style gives a meaning in light and dark.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import vl_convert

__all__ = ["FIGURES", "Figure", "drawn"]

# Altair's own types of what its methods return are unions that its methods do not take.
Draw = Callable[[pl.DataFrame], Any]
WIDE, NARROW = 840, 300
HEIGHT = 300
# Stand-ins that the page replaces by colours readable on its ground, light or dark.
SERIES = ("#0b62a8", "#b5460f", "#0a7d5a", "#8a3f8f", "#6b6b00", "#7a4a2b", "#4a5568", "#a3123a")
INK, FAINT = "#1f2328", "#d0d7de"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        name: Anchor in the page.
        title: What is seen, as a sentence.
        note: What to know before reading it: what it does not say, and when it is withheld.
        query: Answers the rows, which are the table behind the chart.
        draw: Rows to a chart; None where the table is the figure.
    """

    name: str
    title: str
    note: str
    query: str
    draw: Draw | None = None


def drawn(figure: Figure, rows: pl.DataFrame, width: int) -> str:
    """The chart as SVG of that width, in pixels; its words are text."""
    assert figure.draw is not None
    chart = figure.draw(rows).properties(width=width - 70, height=HEIGHT, padding=4)
    narrow = width < WIDE
    chart = (
        chart.configure(background="transparent", font="sans-serif")
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor=FAINT, domainColor=FAINT, tickColor=FAINT,
            labelFontSize=11, titleFontSize=11, tickCount=4 if narrow else 8,
            labelLimit=110 if narrow else 220,
        )
        .configure_legend(
            orient="bottom", columns=1 if narrow else 3, labelColor=INK, title=None,
            labelFontSize=11, labelLimit=260, columnPadding=24, symbolOpacity=1,
        )
        .configure_view(stroke=None)
    )  # fmt: skip
    made: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return made


def _colour(field: str) -> alt.Color:
    return alt.Color(field, type="nominal", scale=alt.Scale(range=[*SERIES]), title=None)


def _x_time() -> alt.X:
    return alt.X("on", type="temporal", title=None, axis=alt.Axis(format="%Y-%m", labelAngle=0))


def _over_time(unit: str, *, zero: bool = True) -> Draw:
    """Points and a line per series, with a band where rows have `low` and `high`."""

    def draw(rows: pl.DataFrame) -> Any:
        base = alt.Chart(rows).encode(x=_x_time(), color=_colour("series"))
        value = alt.Y("value", type="quantitative", title=unit, scale=alt.Scale(zero=zero))
        layers = [
            base.mark_line(strokeWidth=1.2, opacity=0.6).encode(y=value, detail="stretch"),
            base.mark_circle(size=22).encode(y=value),
        ]
        if "low" in rows.columns:
            band = base.mark_rule(opacity=0.35).encode(y=alt.Y("low", title=unit), y2="high")
            layers.insert(0, band)
        return alt.layer(*layers)

    return draw


def _bars(unit: str, *, sort: str | None = None) -> Draw:
    def draw(rows: pl.DataFrame) -> Any:
        return (
            alt.Chart(rows)
            .mark_bar()
            .encode(
                y=alt.Y("label", type="nominal", title=None, sort=sort),
                x=alt.X("value", type="quantitative", title=unit),
                color=_colour("series"),
                yOffset=alt.YOffset("series"),
            )
        )

    return draw


def _columns(unit: str) -> Draw:
    def draw(rows: pl.DataFrame) -> Any:
        return (
            alt.Chart(rows)
            .mark_bar()
            .encode(
                x=alt.X("label", type="ordinal", title=None, axis=alt.Axis(labelAngle=0)),
                y=alt.Y("value", type="quantitative", title=unit),
                color=_colour("series"),
            )
        )

    return draw


def _by_number(across: str, unit: str) -> Draw:
    def draw(rows: pl.DataFrame) -> Any:
        base = alt.Chart(rows).encode(
            x=alt.X("across", type="quantitative", title=across), color=_colour("series")
        )
        y = alt.Y("value", type="quantitative", title=unit)
        layers: list[alt.Chart] = [
            base.mark_line().encode(y=y),
            base.mark_circle(size=40).encode(y=y),
        ]
        if "low" in rows.columns:
            layers.insert(
                0, base.mark_rule(opacity=0.35).encode(y=alt.Y("low", title=unit), y2="high")
            )
        return alt.layer(*layers)

    return draw


CHIPS = """('nvidia-h100-sxm-80gb', 'nvidia-h200-sxm-141gb', 'nvidia-a100-sxm4-80gb',
        'nvidia-b200-sxm-180gb', 'amd-mi300x-192gb')"""

FIGURES: tuple[Figure, ...] = (
    Figure(
        "rents",
        "What an accelerator-hour rents for, by month, at neoclouds on demand",
        "Rent of a fixed panel of sellers moved by the index of unchanged offers; bars are the "
        "95 % interval of the move. Months without enough sellers have no point.",
        f"""
        select accelerator as series, period_end_on as "on", rent_usd_per_gpu_hour as value,
            interval_low_rent_usd_per_gpu_hour as low, interval_high_rent_usd_per_gpu_hour as high,
            provider_count as providers, strftime(reference_on, '%Y-%m') as stretch
        from marts.gpu_rent
        where period = 'month' and tier = 'neocloud' and market = 'on_demand' and term_months = 0
        and basis = 'all_in' and publication_status = 'published' and accelerator in {CHIPS}
        order by series, "on"
        """,
        _over_time("USD per GPU-hour"),
    ),
    Figure(
        "index-and-level",
        "H100 at neoclouds: the index of unchanged offers beside the median of whoever was seen",
        "The median moves when cheap sellers come and go; the index compares each seller with "
        "itself. Both are 100 in their first common month of the newest chain.",
        """
        with moved as (
            select period_end_on, multilateral_price_index as value, chain_started_on
            from marts.gpu_price_movement
            where period = 'month' and accelerator = 'nvidia-h100-sxm-80gb' and tier = 'neocloud'
            and market = 'on_demand' and term_months = 0 and basis = 'all_in'
            and publication_status = 'published'
        ),
        levels as (
            select last_day(observed_on) as period_end_on,
                median(median_price_usd_per_gpu_hour) as value
            from marts.gpu_price_daily
            where accelerator = 'nvidia-h100-sxm-80gb' and tier = 'neocloud' and basis = 'all_in'
            and market = 'on_demand' and term_months = 0 and region_group = 'all'
            and publication_status = 'published'
            group by all
        ),
        paired as (
            select moved.period_end_on, moved.value as moved, levels.value as level
            from moved inner join levels using (period_end_on)
            where moved.chain_started_on = (select max(chain_started_on) from moved)
        )
        select 'index of unchanged offers' as series, period_end_on as "on",
            100 * moved / first(moved) over (order by period_end_on) as value, 'a' as stretch
        from paired
        union all
        select 'median level', period_end_on,
            100 * level / first(level) over (order by period_end_on), 'a'
        from paired order by series, "on"
        """,
        _over_time("first common month = 100", zero=False),
    ),
    Figure(
        "terms",
        "What a commitment saves, by months of commitment, newest published day of each",
        "Levels of all sellers seen on that day; who quotes a long term need not quote a short "
        "one. Days differ: see the table.",
        f"""
        select accelerator || ', ' || tier as series, term_months as across,
            arg_max(median_price_usd_per_gpu_hour, observed_on) as value,
            arg_max(provider_count, observed_on) as providers, max(observed_on) as observed_on
        from marts.gpu_price_term
        where basis = 'all_in' and region_group = 'all' and publication_status = 'published'
        and tier in ('neocloud', 'hyperscaler') and accelerator in {CHIPS}
        group by accelerator, tier, term_months
        qualify count(*) over (partition by accelerator, tier) > 1
        order by series, across
        """,
        _by_number("months of commitment", "USD per GPU-hour"),
    ),
    Figure(
        "clocks",
        "What an H100 of a given age is worth by three clocks that are never blended",
        "Book: straight line over filed lives. Income: rent kept less cash cost over the years "
        "left, at neoclouds. Resale: executed sales, of any age. Bars: inputs at their bad and "
        "good ends, not a confidence interval.",
        """
        select clock as series, age_years as across, value_usd_per_gpu as value,
            low_value_usd_per_gpu as low, high_value_usd_per_gpu as high, tier, period_end_on
        from marts.residual_value
        where accelerator = 'nvidia-h100-sxm-80gb' and publication_status = 'published'
        and tier in ('any', 'neocloud')
        qualify period_end_on = max(period_end_on) over (partition by clock)
        order by series, across
        """,
        _by_number("years of age", "USD per GPU"),
    ),
    Figure(
        "leverage",
        "Net debt over EBITDA of each neocloud, by quarter",
        "Twelve months' EBITDA, as filed. Where EBITDA is nil or negative there is no multiple and "
        "no point; reasons are in the column ratio_missing_reason of marts.neocloud_leverage.",
        """
        select issuer as series, period_end_on as "on", net_debt_to_ebitda_ratio as value,
            'a' as stretch, accessions
        from marts.neocloud_leverage
        where is_preferred_basis and net_debt_to_ebitda_ratio is not null
        order by series, "on"
        """,
        _over_time("times EBITDA"),
    ),
    Figure(
        "debt-to-assets",
        "Debt over total assets of each neocloud, by quarter",
        "Borrowings and finance leases as filed over the balance sheet's total; a company without "
        "EBITDA has this ratio all the same.",
        """
        select issuer as series, period_end_on as "on", 100 * debt_to_assets_ratio as value,
            'a' as stretch, accessions
        from marts.neocloud_leverage
        where is_preferred_basis and debt_to_assets_ratio is not null
        order by series, "on"
        """,
        _over_time("% of assets"),
    ),
    Figure(
        "maturities",
        "When the debt of neoclouds falls due, as each one's newest report says",
        "Principal by calendar year in which a stretch ends; what is due later has its own column.",
        """
        with newest as (
            select ladder.* from marts.maturity_ladder as ladder
            inner join (select distinct issuer from marts.neocloud_leverage) using (issuer)
            qualify balance_on = max(balance_on) over (partition by issuer)
        )
        select issuer as series,
            case when is_thereafter then 'later' else strftime(due_to_on, '%Y') end as label,
            sum(amount_usd) / 1e9 as value, max(balance_on) as balance_on,
            any_value(accession) as accession
        from newest where amount_usd is not null
        group by all order by series, label
        """,
        _columns("USD billion"),
    ),
    Figure(
        "ltv",
        "The contract's loan-to-value beside the market's, newest balance of each facility",
        "Contract: debt over cost written down by the agreement. Market: debt over what the chips' "
        "rents are worth. Cost is inferred from draws, most inputs are assumed, and each row names "
        "them: an estimate. The table has the range that the inputs' bad and good ends give.",
        """
        with newest as (
            from marts.facility_coverage
            qualify row_number() over (partition by facility_id order by balance_on desc) = 1
        )
        select facility_name as label, 'contract' as series, ltv_contract_pct as value,
            null as low_pct, null as high_pct, balance_on, inputs_assumed
        from newest where ltv_contract_pct is not null
        union all
        select facility_name, 'market', ltv_market_pct, low_ltv_market_pct, high_ltv_market_pct,
            balance_on, inputs_assumed
        from newest where ltv_market_pct is not null
        order by label, series
        """,
        _bars("% of value"),
    ),
    Figure(
        "marks",
        "Where lenders mark the loans, median over advisers",
        "Fair value over par, holdings whose line is mostly undrawn left out: fees netted there "
        "are no markdown. A loan held by one adviser is that adviser's opinion.",
        """
        select facility_id as series, period_end_on as "on", median_fv_to_par_pct as value,
            low_fv_to_par_pct as low, high_fv_to_par_pct as high, adviser_count, 'a' as stretch
        from marts.lender_mark_dispersion where median_fv_to_par_pct is not null
        order by series, "on"
        """,
        _over_time("% of par", zero=False),
    ),
    Figure(
        "substitution",
        "AMD beside NVIDIA: rent of one PFLOPS of dense BF16 for an hour, neoclouds on demand",
        "Published throughput, not what software reaches. Monthly median of published levels.",
        """
        select accelerator as series, last_day(observed_on) as "on",
            median(price_usd_per_bf16_pflop_hour) as value, max(provider_count) as providers,
            'a' as stretch
        from marts.gpu_price_per_compute
        where accelerator in ('nvidia-h100-sxm-80gb', 'nvidia-h200-sxm-141gb', 'amd-mi300x-192gb',
            'amd-mi325x-256gb', 'amd-mi355x-288gb', 'nvidia-b200-sxm-180gb')
        and tier = 'neocloud' and market = 'on_demand' and basis = 'all_in' and term_months = 0
        and region_group = 'all' and price_usd_per_bf16_pflop_hour is not null
        group by all order by series, "on"
        """,
        _over_time("USD per PFLOPS-hour"),
    ),
    Figure(
        "loops",
        "Money that comes back: the ten largest loops of commitments",
        "An amount is the smallest stated edge: the most that can travel round. Announcements are "
        "not contracts; binding ones stand apart.",
        """
        select binding_scope, loop_path, round(loop_amount_usd / 1e9, 1) as loop_usd_billion,
            edges_not_filed_count, edges_without_amount_count
        from marts.vendor_financing_loops
        qualify row_number() over (
            partition by binding_scope order by loop_amount_usd desc nulls last, loop_path
        ) <= 10
        order by binding_scope desc, loop_amount_usd desc nulls last, loop_path
        """,
    ),
    Figure(
        "claims",
        "Claims of the founding article beside what the tables measure",
        "A verdict holds for the reading and the day shown; each claim's query is "
        "marts.claim_check.rule.",
        """
        select claim, verdict, measured_value, unit, measured_on, evidence_kind,
            coalesce(gap_reason, measure) as measure
        from marts.claim_check order by subject, claim_id
        """,
    ),
    Figure(
        "sources",
        "What was read, and what was not",
        "Sources that were skipped or out of reach leave older or committed numbers in place.",
        """
        select source, outcome, cast(newest_observed_at as date) as newest_observation, is_stale,
            outcome_reason from meta.source_status order by is_stale desc, source
        """,
    ),
)
