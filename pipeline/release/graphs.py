"""Small pictures of who stands behind whom: companies on a circle, arrows as wide as the amount.

What binds is drawn solid, intent dashed. Places on the circle follow the names, so that two builds
of one graph look the same.
"""

import io
import math
from dataclasses import dataclass

import polars as pl

from pipeline.warehouse import DuckDB

__all__ = ["GRAPHS", "drawn"]

SIZE_INCHES = (9.0, 9.0)
DOTS_PER_INCH = 80
COLOURS = 32
BILLION = 1e9
BEND = 0.15
LABEL_AT = 0.7


@dataclass(frozen=True)
class Graph:
    """One picture of a graph.

    Attributes:
        title: What it shows.
        query: Answers `giver`, `taker`, `amount_usd` (null: not stated) and `is_binding`.
    """

    title: str
    query: str


GRAPHS: dict[str, Graph] = {
    "marts.backstop": Graph(
        "Who stands behind whom, in billions of dollars: solid binds, dashed is intent",
        """
        select
            guarantor as giver,
            guaranteed as taker,
            sum(amount_usd) as amount_usd,
            binding_scope = 'binding' as is_binding
        from marts.backstop
        where is_counted and guarantor <> guaranteed
        group by guarantor, guaranteed, binding_scope
        order by giver, taker, is_binding
        """,
    ),
}


def drawn(db: DuckDB, graph: Graph) -> bytes | None:
    """The picture as PNG; None where there is no edge."""
    edges = db.sql(graph.query).pl()
    if edges.is_empty():
        return None
    names = sorted(set(edges["giver"]) | set(edges["taker"]))
    turn = 2 * math.pi / len(names)
    place = {name: (math.cos(n * turn), math.sin(n * turn)) for n, name in enumerate(names)}
    from matplotlib.figure import Figure  # a second to load, and few runs draw
    from PIL import Image

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()
    most = edges.select(pl.col("amount_usd").max()).item() or BILLION
    for giver, taker, amount, is_binding in edges.iter_rows():
        width = 0.6 if amount is None else 0.8 + 5 * math.sqrt(amount / most)
        axes.annotate(
            "",
            xy=place[taker],
            xytext=place[giver],
            arrowprops={
                "arrowstyle": "-|>",
                "connectionstyle": f"arc3,rad={BEND}",
                "linewidth": width,
                "linestyle": "-" if is_binding else "--",
                "color": "tab:blue" if is_binding else "tab:gray",
                "alpha": 0.6,
            },
        )
        if amount is not None:
            x, y = _along(place[giver], place[taker])
            axes.text(x, y, f"{amount / BILLION:,.1f}", fontsize=6, ha="center", va="center")
    for name, (x, y) in place.items():
        axes.plot([x], [y], "o", markersize=5, color="black")
        side = "left" if x >= 0 else "right"
        axes.text(1.04 * x, 1.04 * y, name, fontsize=7, ha=side, va="center")
    axes.set(xlim=(-1.9, 1.9), ylim=(-1.2, 1.2), title=graph.title)
    axes.set_aspect("equal")
    axes.title.set_fontsize(9)
    axes.set_axis_off()
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png")
    Image.open(whole).convert("RGB").quantize(COLOURS).save(small, format="png", optimize=True)
    return small.getvalue()


def _along(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A point on the bent arrow, nearer to its head, where few others cross."""
    (x0, y0), (x1, y1) = start, end
    bent_x = (x0 + x1) / 2 + BEND * (y1 - y0)
    bent_y = (y0 + y1) / 2 - BEND * (x1 - x0)
    t, u = LABEL_AT, 1 - LABEL_AT
    return (
        u * u * x0 + 2 * u * t * bent_x + t * t * x1,
        u * u * y0 + 2 * u * t * bent_y + t * t * y1,
    )
