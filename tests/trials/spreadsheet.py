"""`python -m tests.trials.spreadsheet FOLDER`: LibreOffice opens every workbook and works it out.

FOLDER is `warehouse/exports/xlsx`. Each workbook is recalculated by LibreOffice without a screen
and read back: no cell may be an error, and the stress sheet's formulas must say what the numbers
beside them say worked out here, at the rent it was written for and at another.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

RENT_CELL = "B1"
OTHER_RENT = -60.0


def recalculated(book: Path, folder: Path) -> Path:
    """The workbook as LibreOffice saves it after working out every formula."""
    program = shutil.which("soffice")
    if program is None:
        raise SystemExit("no LibreOffice on this machine (apt install libreoffice-calc-nogui)")
    out = folder / "out"
    subprocess.run(
        [program, "--headless", f"-env:UserInstallation=file://{folder}/profile",
         "--convert-to", "xlsx", "--outdir", str(out), str(book)],
        check=True, capture_output=True, timeout=300, env=os.environ | {"HOME": str(folder)},
    )  # fmt: skip
    return out / book.name


def stress(book: Path) -> dict[tuple[str, int], tuple[float, float]]:
    """Value at that rent and LTV at that rent, by facility and lot."""
    sheet = openpyxl.load_workbook(book, data_only=True, read_only=True)["Stress"]
    return {
        (str(row[0]), int(row[1])): (float(row[7]), float(row[9]))
        for row in sheet.iter_rows(min_row=4, values_only=True)
        if row[0]
    }


def expected(book: Path, rent_pct: float) -> dict[tuple[str, int], tuple[float, float]]:
    """The same, worked out here from the numbers of the sheet."""
    sheet = openpyxl.load_workbook(book, data_only=True, read_only=True)["Stress"]
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if row[0]]
    values = {
        (row[0], row[1]): max((row[4] or 0) * (1 + rent_pct / 100) - (row[5] or 0), 0)
        + (row[6] or 0)
        for row in rows
    }
    return {
        (row[0], row[1]): (
            values[row[0], row[1]],
            100 * row[3] / sum(value for (name, _), value in values.items() if name == row[0]),
        )
        for row in rows
    }


def check_stress(book: Path, folder: Path) -> int:
    """Compare both rents.

    Returns:
        Cells compared.
    """
    seen = 0
    for rent in (None, OTHER_RENT):
        asked = book
        if rent is not None:
            asked = folder / f"other_{book.name}"
            changed = openpyxl.load_workbook(book)
            changed["Stress"][RENT_CELL] = rent
            changed.save(asked)
        written = openpyxl.load_workbook(book, data_only=True, read_only=True)["Stress"]
        pct = float(written[RENT_CELL].value) if rent is None else rent
        for key, pair in stress(recalculated(asked, folder)).items():
            for theirs, ours in zip(pair, expected(book, pct)[key], strict=True):
                assert abs(theirs - ours) <= 1e-9 * max(abs(ours), 1), (key, pct, theirs, ours)
                seen += 1
    return seen


def errors(book: Path) -> list[str]:
    """Cells that are an error."""
    return [
        f"{sheet.title}: {cell}"
        for sheet in openpyxl.load_workbook(book, data_only=True, read_only=True)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if isinstance(cell, str) and cell in ("#DIV/0!", "#N/A", "#NAME?", "#REF!", "#VALUE!")
    ]


def main(folder: Path) -> None:
    for book in sorted(folder.glob("*.xlsx")):
        with TemporaryDirectory(prefix="spreadsheet-") as made:
            calculated = recalculated(book, Path(made))
            sheets = openpyxl.load_workbook(calculated, read_only=True).sheetnames
            assert sheets == openpyxl.load_workbook(book, read_only=True).sheetnames
            assert errors(calculated) == []
            compared = check_stress(book, Path(made)) if "Stress" in sheets else 0
        sys.stdout.write(f"{book.name}: {len(sheets)} sheets, {compared} stress cells agree\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
