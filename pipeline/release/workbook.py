"""One workbook per domain: what is in it, what each column means, a sheet per mart, a stress sheet.

Numbers are numbers with the format of their unit, days are days, the first column of each row says
how to cite it. A mart of more rows than a sheet is good for is named with its Parquet file instead
of being cut. The stress sheet of `credit` has live formulas: change the yellow cell.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.build.model import Model
from pipeline.columns import COLUMNS
from pipeline.release.parts import PART_ROWS
from pipeline.warehouse import DuckDB, columns_of

__all__ = ["write_workbook"]

# A sheet takes a second of work per 3,000 rows of a wide mart, in every run.
ROWS = 5_000
TITLE = "GPU Credit Warehouse"
LINE_POINTS = 15
NAME_CHARACTERS = 31  # of a sheet, in Excel
FORMATS = {"%": "0.0", "USD": "#,##0", "count": "#,##0", "factor": "0.000", "ratio": "0.00"}
DECIMALS = "#,##0.00##"
WIDTHS = {"VARCHAR": 24, "DATE": 11, "TIMESTAMP WITH TIME ZONE": 17}
CITED = ("source_url", "accession", "accessions", "source_urls")
STRESS = """
    select lots.facility_id, lots.lot_number, lots.balance_on, coverage.principal_usd,
        lots.earned_usd, lots.spent_usd, lots.other_value_usd, coverage.ltv_market_pct
    from {0}.marts.facility_lot_value as lots
    inner join {0}.marts.facility_coverage as coverage
        on lots.facility_id = coverage.facility_id and lots.balance_on = coverage.balance_on
    where coverage.ltv_market_pct is not null
    qualify lots.balance_on = max(lots.balance_on) over (partition by lots.facility_id)
    order by lots.facility_id, lots.lot_number
"""


def write_workbook(
    db: DuckDB,
    database: str,
    models: Sequence[Model],
    path: Path,
    publication: dict[str, str],
) -> None:
    """Write the workbook of one domain.

    Args:
        db: A connection that has the published tables.
        database: Their database's name in it.
        models: The marts of the domain.
        path: Where to; the folder is made.
        publication: `build_id` and `published_at`, as `meta.publication` has them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(path, options) as book:
        # Not the clock's time: the same build gives the same file.
        title = f"{TITLE}: {path.stem}"
        book.set_properties({"title": title, "created": datetime(2000, 1, 1)})  # noqa: DTZ001
        build = publication.get("build_id", "unknown")
        made = _Sheets(book, db, database, build)
        made.contents(models)
        made.dictionary(models)
        for model in models:
            made.mart(model)
        if {"marts.facility_lot_value", "marts.facility_coverage"} <= {m.table for m in models}:
            made.stress()


class _Sheets:
    """The sheets of one workbook, as they are written."""

    def __init__(self, book: xlsxwriter.Workbook, db: DuckDB, database: str, build: str) -> None:
        self.book, self.db, self.database, self.build = book, db, database, build[:12]
        self.bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top", "indent": 1})
        self.top = book.add_format({"valign": "top"})
        self.link = book.add_format({"hyperlink": True, "valign": "top"})
        self.input = book.add_format({"bg_color": "#fff2b3", "num_format": "0.0", "border": 1})
        self.formats: dict[str, Any] = {}

    def format(self, name: str, kind: str) -> Any:
        """The format of a column: by its type, and where it is a number by its unit."""
        if kind == "DATE":
            shown = "yyyy-mm-dd"
        elif kind.startswith("TIMESTAMP"):
            shown = "yyyy-mm-dd hh:mm"
        elif kind in ("DOUBLE", "BIGINT") or kind.startswith("DECIMAL"):
            shown = FORMATS.get(COLUMNS[name].unit or "", DECIMALS)
        else:
            return None
        return self.formats.setdefault(shown, self.book.add_format({"num_format": shown}))

    def count(self, model: Model) -> int:
        query = f"select count(*) from {self.database}.{model.table}"
        return int(self.db.execute(query).fetchall()[0][0])

    def contents(self, models: Sequence[Model]) -> None:
        sheet = self.book.add_worksheet("Contents")
        sheet.write_string(0, 0, f"{TITLE}, build {self.build}: see meta.publication.")
        widths = (30, 10, 40, 100)
        self.heads(sheet, 2, ("sheet", "rows", "one row per", "what it is"), widths)
        sheet.fit_to_pages(1, 0)
        for line, model in enumerate(models, 3):
            rows = self.count(model)
            name = model.name[:NAME_CHARACTERS]
            if rows <= ROWS:
                sheet.write_url(line, 0, f"internal:'{name}'!A1", self.link, model.name)
            else:
                of_parts = "*" if rows > PART_ROWS["parquet"] else ""
                where = f"{model.name}: parquet/{model.name}{of_parts}.parquet"
                sheet.write_string(line, 0, where, self.wrapped)
            sheet.write_number(line, 1, rows, self.top)
            grain = ", ".join(model.grain)
            _high(sheet, line, (grain, model.doc), widths[2:])
            sheet.write_string(line, 2, grain, self.wrapped)
            sheet.write_string(line, 3, model.doc, self.wrapped)

    def dictionary(self, models: Sequence[Model]) -> None:
        sheet = self.book.add_worksheet("Dictionary")
        heads = ("table", "column", "type", "unit", "key", "meaning")
        widths = (30, 38, 28, 14, 6, 90)
        self.heads(sheet, 0, heads, widths)
        sheet.fit_to_pages(1, 0)
        line = 1
        for model in models:
            for name, kind in self.columns(model):
                key = "key" if name in model.grain else ""
                cells = (model.name, name, kind, COLUMNS[name].unit or "", key, COLUMNS[name].doc)
                _high(sheet, line, cells, widths)
                for place, text in enumerate(cells):
                    sheet.write_string(line, place, text, self.wrapped)
                line += 1
        sheet.autofilter(0, 0, line - 1, len(heads) - 1)

    def columns(self, model: Model) -> list[tuple[str, str]]:
        return [*columns_of(self.db, f"{self.database}.{model.table}").items()]

    def heads(self, sheet: Any, line: int, names: Sequence[str], widths: Sequence[float]) -> None:
        for place, (name, width) in enumerate(zip(names, widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(line, place, name, self.bold)
        sheet.freeze_panes(line + 1, 1)
        sheet.set_landscape()
        sheet.repeat_rows(line)

    def mart(self, model: Model) -> None:
        if self.count(model) > ROWS:
            return
        columns = self.columns(model)
        names = [name for name, _ in columns]
        order = ", ".join(model.grain)
        rows = self.db.execute(
            f"select {', '.join(names)} from {self.database}.{model.table} order by {order}"
        ).fetchall()
        sheet = self.book.add_worksheet(model.name[:NAME_CHARACTERS])
        widths = [WIDTHS.get(kind, 14) for _, kind in columns]
        self.heads(sheet, 0, ["cite", *names], [36, *widths])
        formats = [self.format(name, kind) for name, kind in columns]
        for line, row in enumerate(rows, 1):
            sheet.write_string(line, 0, self.cite(model, dict(zip(names, row, strict=True))))
            for place, (value, shown) in enumerate(zip(row, formats, strict=True), 1):
                _write(sheet, line, place, value, shown)
        sheet.autofilter(0, 0, max(len(rows), 1), len(names))

    def cite(self, model: Model, row: dict[str, Any]) -> str:
        """Table, key, build and document of a row: what a footnote needs."""
        key = ", ".join(f"{name}={row[name]}" for name in model.grain)
        document = next((str(row[name]) for name in CITED if row.get(name)), "")
        text = f"{TITLE}, {model.table} [{key}], build {self.build}"
        return f"{text}; {document}"[:1_000] if document else text

    def stress(self) -> None:
        """Market LTV at another rent: each lot's income moves, its costs and its rest do not."""
        rows = self.db.execute(STRESS.format(self.database)).fetchall()
        if not rows:
            return
        sheet = self.book.add_worksheet("Stress")
        sheet.write_string(0, 0, "Change of rent, %")
        sheet.write_number(0, 1, -30, self.input)
        sheet.write_string(0, 2, "Change the yellow cell; market LTV follows. An estimate: inputs "
                           "are in inputs_assumed of facility_coverage.")  # fmt: skip
        heads = ("facility_id", "lot", "balance_on", "principal_usd", "earned_usd", "spent_usd",
                 "other_value_usd", "value at that rent", "LTV % published",
                 "LTV % at that rent")  # fmt: skip
        self.heads(sheet, 2, heads, (34, 6, 12, 18, 18, 18, 18, 20, 16, 18))
        first, last = 4, 3 + len(rows)
        dollars = self.format("principal_usd", "DOUBLE")
        percent = self.format("ltv_market_pct", "DOUBLE")
        sums: dict[str, float] = {}
        for facility, _, _, _, earned, spent, other, _ in rows:
            value = max((earned or 0.0) * 0.7 - (spent or 0.0), 0.0) + (other or 0.0)
            sums[facility] = sums.get(facility, 0.0) + value
        for line, (facility, lot, on, principal, earned, spent, other, ltv) in enumerate(rows, 3):
            for place, (value, shown) in enumerate(
                ((facility, None), (lot, None), (on, self.format("balance_on", "DATE")),
                 (principal, dollars), (earned, dollars), (spent, dollars), (other, dollars))
            ):  # fmt: skip
                _write(sheet, line, place, value, shown)
            cells = [xl_rowcol_to_cell(line, place) for place in (4, 5, 6)]
            income = f"MAX({cells[0]}*(1+$B$1/100)-{cells[1]},0)+{cells[2]}"
            value = max((earned or 0.0) * 0.7 - (spent or 0.0), 0.0) + (other or 0.0)
            sheet.write_formula(line, 7, f"={income}", dollars, value)
            _write(sheet, line, 8, ltv, percent)
            ids, values = f"$A${first}:$A${last}", f"$H${first}:$H${last}"
            worth = f"SUMIF({ids},{xl_rowcol_to_cell(line, 0)},{values})"
            made = 100 * principal / sums[facility] if sums[facility] else 0.0
            sheet.write_formula(
                line, 9, f"=100*{xl_rowcol_to_cell(line, 3)}/{worth}", percent, made
            )


def _high(sheet: Any, line: int, texts: Sequence[str], widths: Sequence[int]) -> None:
    """As high as its longest text needs: not every program works that out itself."""
    lines = max(ceil(1.1 * len(each) / width) for each, width in zip(texts, widths, strict=True))
    sheet.set_row(line, LINE_POINTS * max(lines, 1))


def _write(sheet: Any, line: int, place: int, value: Any, shown: Any) -> None:
    """One cell; text is text even where it looks like a formula or an address."""
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(line, place, value)
        case datetime():
            sheet.write_datetime(line, place, value.astimezone(UTC).replace(tzinfo=None), shown)
        case date():
            sheet.write_datetime(line, place, value, shown)
        case str():
            sheet.write_string(line, place, value[:32_000])
        case _:
            sheet.write_number(line, place, float(value), shown)
