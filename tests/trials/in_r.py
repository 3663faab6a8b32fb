"""`python -m tests.trials.in_r EXPORTS`: R reads what was taken away, and says the same.

EXPORTS is `warehouse/exports`. R follows datapackage.json to every CSV (`data.table::fread`) and
opens every workbook (`readxl`); counts, sums of numbers, truths and days have to be those of the
Parquet files. Needs Debian's `r-base-core r-cran-data.table r-cran-jsonlite r-cran-readxl`: R's own
duckdb and arrow are not among Debian's packages.
"""

import json
import shutil
import subprocess
import sys
from math import isclose
from pathlib import Path

import openpyxl
import polars as pl

READING = r"""
exports <- commandArgs(trailingOnly = TRUE)[1]
package <- jsonlite::fromJSON(file.path(exports, "datapackage.json"), simplifyVector = FALSE)
told <- list()
for (each in package$resources) {
  frame <- data.table::fread(file.path(exports, each$path), encoding = "UTF-8", na.strings = "",
                             showProgress = FALSE, integer64 = "numeric")
  columns <- list()
  for (field in each$schema$fields) {
    cells <- frame[[field$name]]
    kept <- cells[!is.na(cells)]
    if (is.character(kept)) kept <- kept[nzchar(kept)]
    said <- list(count = length(kept))
    if (field$type %in% c("number", "integer")) said$sum <- sum(as.numeric(kept))
    if (field$type == "boolean" && length(kept)) said$sum <- sum(as.logical(kept))
    if (field$type == "date" && length(kept)) said$last <- as.character(max(as.Date(kept)))
    columns[[field$name]] <- said
  }
  told[[each$path]] <- list(rows = nrow(frame), columns = columns)
}
sheets <- list()
for (book in list.files(file.path(exports, "xlsx"), full.names = TRUE)) {
  for (sheet in readxl::excel_sheets(book)) {
    read <- readxl::read_excel(book, sheet, col_names = FALSE, .name_repair = "minimal")
    sheets[[paste(basename(book), sheet)]] <- nrow(read)
  }
}
cat(jsonlite::toJSON(list(tables = told, sheets = sheets), auto_unbox = TRUE, digits = NA))
"""


def asked(exports: Path) -> dict[str, dict[str, object]]:
    """What R says of the exports.

    Raises:
        CalledProcessError: it cannot read something.
    """
    program = shutil.which("Rscript")
    assert program is not None, "Rscript is Debian's r-base-core"
    done = subprocess.run(
        [program, "-e", READING, str(exports)], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def main(exports: Path) -> None:
    """Read, compare, and print how much was compared.

    Raises:
        AssertionError: R read something else than the Parquet files hold.
    """
    said = asked(exports)
    package = json.loads((exports / "datapackage.json").read_bytes())
    cells = 0
    for each in package["resources"]:
        name, read = Path(each["path"]).stem, said["tables"][each["path"]]
        frame = pl.read_parquet(exports / "parquet" / f"{name}.parquet")
        assert read["rows"] == frame.height, name
        for field in each["schema"]["fields"]:
            told, column = read["columns"][field["name"]], frame[field["name"]].drop_nulls()
            where = (name, field["name"], told)
            if field["type"] == "string":  # R takes a column of empty texts for one of none
                column = column.filter(column != "")
            assert told["count"] == len(column), where
            if field["type"] in ("number", "integer", "boolean"):
                ours = float(column.cast(pl.Float64).sum())
                assert isclose(told.get("sum", 0), ours, rel_tol=1e-9, abs_tol=1e-6), (*where, ours)
            if field["type"] == "date" and len(column):
                assert told["last"] == str(column.max()), where
            cells += len(column)
    for path in sorted((exports / "xlsx").glob("*.xlsx")):
        for sheet in openpyxl.load_workbook(path, read_only=True):
            assert said["sheets"][f"{path.name} {sheet.title}"] == sheet.max_row, (path.name, sheet)
    sys.stdout.write(
        f"R: {len(package['resources'])} CSV files of {cells:,} cells and "
        f"{len(said['sheets'])} sheets are as Parquet and openpyxl have them\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
