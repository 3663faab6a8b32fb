"""How a figure of the report is drawn: a Vega-Lite chart made by Altair, turned to SVG here.

No script and no address is left in it. Colours are names that the page's style gives a meaning in
light and dark.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import vl_convert

__all__ = [
    "FAINT", "INK", "NARROW", "SERIES", "WIDE", "Figure", "bars", "by_number", "columns", "drawn",
    "over_time",
]  # fmt: skip

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


def drawn(figure: Figure, rows: pl.DataFrame, widths: Iterable[int]) -> list[str]:
    """The chart as SVG of each of these widths, in pixels; its words are text."""
    assert figure.draw is not None
    # Described and held against the grammar once: that is most of the work.
    spec = figure.draw(rows).to_dict()
    made: list[str] = []
    for width in widths:
        size = {"width": width - 70, "height": HEIGHT, "padding": 4}
        shown = {**spec, **size, "config": {**spec["config"], **_look(narrow=width < WIDE)}}
        made.append(vl_convert.vegalite_to_svg(shown))
    return made


def _look(*, narrow: bool) -> dict[str, Any]:
    """What all charts have in common, as Vega-Lite's config."""
    return {
        "background": "transparent",
        "font": "sans-serif",
        "axis": {
            "labelColor": INK, "titleColor": INK, "gridColor": FAINT, "domainColor": FAINT,
            "tickColor": FAINT, "labelFontSize": 11, "titleFontSize": 11,
            "tickCount": 4 if narrow else 8, "labelLimit": 110 if narrow else 220,
        },
        "legend": {
            "orient": "bottom", "columns": 1 if narrow else 3, "labelColor": INK, "title": None,
            "labelFontSize": 11, "labelLimit": 260, "columnPadding": 24, "symbolOpacity": 1,
        },
        "view": {"stroke": None},
    }  # fmt: skip


def _colour(field: str) -> alt.Color:
    return alt.Color(field, type="nominal", scale=alt.Scale(range=[*SERIES]), title=None)


def _x_time() -> alt.X:
    # Flush, the first label would run into the next.
    axis = alt.Axis(format="%Y-%m", labelAngle=0, labelFlush=False, labelOverlap="greedy")
    return alt.X("on", type="temporal", title=None, axis=axis)


def over_time(unit: str, *, zero: bool = True) -> Draw:
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


def bars(unit: str, *, sort: str | None = None) -> Draw:
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


def columns(unit: str) -> Draw:
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


def by_number(across: str, unit: str) -> Draw:
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
