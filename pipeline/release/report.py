"""`warehouse/report/index.html`: the headline figures on one page that needs nothing else.

No script, no font, no address is loaded: charts are SVG inside the page, each with the table it was
drawn from. It is written beside the old one and put in its place.
"""

import hashlib
import html
import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors

from pipeline.build.lineage import tables_named
from pipeline.release.drawings import FAINT, INK, NARROW, SERIES, WIDE, Figure, drawn
from pipeline.release.figures import FIGURES
from pipeline.release.state import REPORT_CODE, code_of, states_of
from pipeline.warehouse import DuckDB, DuckDBError, Warehouse, opened_for_reading

__all__ = ["page", "report"]

ROWS_SHOWN = 400
WIDTHS = {"wide": WIDE, "narrow": NARROW}
# The same eight series on a dark ground, in the same order.
ON_DARK = ("#79b8ff", "#ff9b63", "#56d4a7", "#d9a5e0", "#d6d65c", "#d9a184", "#b3bccb", "#ff8fa8")
STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --ground: #ffffff; --faint: #d0d7de;
  --soft: #57606a; --link: #0b57a4; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --ground: #0d1117; --faint: #3d444d;
  --soft: #aab4bf; --link: #79b8ff; --card: #161b22; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1, h2 { text-wrap: balance; } h1 { line-height: 1.2; font-size: 1.6rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin-top: 2.5rem; }
a { color: var(--link); } p.note, .meta { color: var(--soft); }
nav ul { columns: 2; column-gap: 2.5rem; padding-left: 1.2rem; } figure { margin: 0; }
svg { max-width: 100%; height: auto; } .narrow { display: none; }
details { margin-top: .5rem; } summary { cursor: pointer; padding: .3rem 0; color: var(--link); }
.scroll { overflow-x: auto; max-height: 28rem; border: 1px solid var(--faint); }
table { border-collapse: collapse; font-size: .82rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem;
  border-bottom: 1px solid var(--faint); }
th { position: sticky; top: 0; background: var(--card); } td.n { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.gap { background: var(--card); padding: .75rem 1rem; border-left: 4px solid var(--faint); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link);
  outline-offset: 2px; }
@media (max-width: 640px) { .wide { display: none; } .narrow { display: block; }
  nav ul { columns: 1; } body { padding: .75rem; } }
"""


def report(store: Warehouse) -> Path:
    """Write the report of the published file.

    Returns:
        Its path.

    Raises:
        FileNotFoundError: nothing has been published yet.
    """
    if not store.published.exists():
        raise FileNotFoundError(f"{store.published} has not been published")
    target = store.root / "report" / "index.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = target.with_name(".sections.json")
    with opened_for_reading(store.published) as db:
        text, sections = _page(db, _sections_of(kept))
    for place, said in ((target, text), (kept, json.dumps(sections))):
        draft = place.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            file.write(said)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    return target


# By the state of the tables it shows, a figure's section.
Sections = dict[str, str]


def _sections_of(kept: Path) -> Sections:
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def page(db: DuckDB) -> str:
    """The page, from an open published file."""
    return _page(db, {})[0]


def _page(db: DuckDB, before: Sections) -> tuple[str, Sections]:
    """The page and its sections; those whose tables have not changed are as they were."""
    published = db.execute("select build_id, published_at from meta.publication").fetchall()
    build, at = published[0] if published else ("unknown", None)
    made = f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else "unknown"
    contents = "".join(
        f'<li><a href="#{each.name}">{html.escape(each.title)}</a></li>' for each in FIGURES
    )
    states = states_of(db) if published else {}
    sections: Sections = {}
    for each in FIGURES:
        key = _key(each, states)
        sections[key] = before.get(key) or _section(db, each)
    body = "\n".join(sections.values())
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="generator" content="{build} {code_of(REPORT_CODE)}">'
        "<title>GPU Credit Warehouse: report</title>"
        f"<style>{STYLE}{''.join(_colours())}</style></head><body>"
        "<header><h1>What a GPU rents for, what it is worth, who borrowed against it</h1>"
        f'<p class="meta">Published {made}, build <code>{html.escape(str(build))}</code>. Every '
        "number stands in a table below its chart; its documents are in the warehouse.</p>"
        f'</header><nav aria-label="Figures"><ul>{contents}</ul></nav>'
        f"<main>{body}</main></body></html>\n"
    )
    return text, sections


def _key(figure: Figure, states: dict[str, str]) -> str:
    shown = sorted((table, states.get(table)) for table in set(tables_named(figure.query)))
    return hashlib.sha256(f"{code_of(REPORT_CODE)} {figure.name} {shown}".encode()).hexdigest()


def _colours() -> Iterator[str]:
    """Rules that give the charts' stand-ins the page's colours, on a light and a dark ground."""
    for name, colour in ((INK, "var(--ink)"), (FAINT, "var(--faint)")):
        yield f'svg [fill="{name}"]{{fill:{colour}}}svg [stroke="{name}"]{{stroke:{colour}}}'
    yield "@media (prefers-color-scheme: dark){"
    for light, dark in zip(SERIES, ON_DARK, strict=True):
        yield f'svg [fill="{light}"]{{fill:{dark}}}svg [stroke="{light}"]{{stroke:{dark}}}'
    yield "}"


def _section(db: DuckDB, figure: Figure) -> str:
    head = (
        f'<section id="{figure.name}" aria-labelledby="{figure.name}-title">'
        f'<h2 id="{figure.name}-title">{html.escape(figure.title)}</h2>'
        f'<p class="note">{html.escape(figure.note)}</p>'
    )
    try:
        read: pl.DataFrame = db.sql(figure.query).pl()
    except DuckDBError as error:
        why = f"This file cannot answer it: {str(error).splitlines()[0]}"
        return f'{head}<p class="gap">{html.escape(why)}</p></section>'
    rows = read.with_columns(selectors.decimal().cast(pl.Float64))
    if rows.is_empty():
        return f'{head}<p class="gap">Nothing is published for it.</p></section>'
    shown = rows.drop("stretch", strict=False)
    if figure.draw is None:
        return f"{head}{_table(figure, shown)}</section>"
    charts = "".join(
        f'<div class="{kind}">{_labelled(svg, figure, rows)}</div>'
        for kind, svg in zip(WIDTHS, drawn(figure, rows, WIDTHS.values()), strict=True)
    )
    return (
        f"{head}<figure>{charts}</figure><details><summary>The {rows.height:,} numbers behind it"
        f"</summary>{_table(figure, shown)}</details></section>"
    )


def _labelled(svg: str, figure: Figure, rows: pl.DataFrame) -> str:
    """The drawing as one image with a description; what it is made of is hidden from readers."""
    inside = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)
    inside = re.sub(r"<\?xml[^>]*>|<!DOCTYPE[^>]*>", "", inside)
    label = html.escape(f"{figure.title}. {_in_words(rows)}", quote=True)
    return inside.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _in_words(rows: pl.DataFrame) -> str:
    """First and last value of each series, for those who do not see the chart."""
    order = next((name for name in ("on", "across", "label") if name in rows.columns), None)
    if order is None:
        return ""
    said = []
    for (series,), part in rows.sort(order).group_by("series", maintain_order=True):
        first, last = part.row(0, named=True), part.row(-1, named=True)
        said.append(
            f"{series}: {_cell(first['value'])} at {_cell(first[order])}, "
            f"{_cell(last['value'])} at {_cell(last[order])}"
        )
    return "; ".join(said[:12]) + "."


def _table(figure: Figure, rows: pl.DataFrame) -> str:
    numeric = [dtype.is_numeric() for dtype in rows.dtypes]
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in rows.columns)
    lines = []
    for row in rows.head(ROWS_SHOWN).iter_rows():
        cells = "".join(
            f"{'<td class=n>' if is_number else '<td>'}{html.escape(_cell(value))}</td>"
            for value, is_number in zip(row, numeric, strict=True)
        )
        lines.append(f"<tr>{cells}</tr>")
    left = rows.height - ROWS_SHOWN
    more = f"<p class='note'>{left:,} more rows are in the warehouse.</p>" if left > 0 else ""
    label = html.escape(f"Table: {figure.title}", quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>{more}"
    )


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.2f}" if abs(value) < 1_000 else f"{value:,.0f}"
        case date():
            return f"{value:%Y-%m-%d}"
        case _:
            return str(value)
