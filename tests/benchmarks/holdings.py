"""A generated quarter of 180,000 schedule lines with 120 dynamic columns, parsed and resolved.

`python -m tests.benchmarks.holdings` takes about a minute. All numbers in the file are made up; as
in the SEC's files about one column in six is filled, half of the lines are of an earlier day, and
few borrowers are ours. Each contender is a process of its own and reads the same archive.
"""

import io
import json
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import measure

LINES, FUNDS, DYNAMIC = 180_000, 160, 120
# One line in a hundred is of a borrower of ours: 1,800, more than any quarter has had.
EVERY = 100


def generate(path: Path, lines: int = LINES) -> int:
    """Write the archive of a quarter; returns the bytes of its schedule."""
    from tests.given import schedules as made

    known = len(made.DYNAMIC)
    extra = [f"Dynamic column {n}" for n in range(DYNAMIC - known)]
    header = [*made.HEADER, *extra]
    filled = set(extra[::6])
    dice = random.Random(0)
    funds = [f"{1_600_000 + n:010d}-26-{n:06d}" for n in range(FUNDS)]
    totals = dict.fromkeys(funds, 0.0)
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        with archive.open("soi.tsv", "w") as file:
            size += file.write(("\t".join(header) + "\n").encode())
            for n in range(lines):
                fund = funds[n % FUNDS]
                par = round(dice.uniform(1e6, 5e7))
                cost, fair = round(par * 0.985), round(par * dice.uniform(0.9, 1.02))
                ours = n % EVERY == 0
                who = (
                    "CoreWeave Compute Acquisition Co. IV, LLC" if ours else f"Borrower {n % 9973}"
                )
                now = n // FUNDS % 2 == 0
                line = made.line(
                    adsh=fund, cik=1_600_000 + n % FUNDS, name=f"CREDIT FUND {n % FUNDS}",
                    ddate="2026-06-30" if now else "2025-12-31", period="2026-06-30",
                    filed="2026-08-10", identifier=f"{who}, First lien term loan {n}", issuer=who,
                    type="First lien [Member]", rate=round(dice.uniform(0.07, 0.13), 4),
                    spread=0.06 if ours else round(dice.uniform(0.04, 0.09), 4),
                    maturity="2029-05-22", par=par, cost=cost, fair=fair, share=0.0123,
                )  # fmt: skip
                line |= {name: f"{dice.random():.4f}" for name in filled}
                totals[fund] += fair if now else 0.0
                cells = (line.get(name) for name in header)
                text = "\t".join("" if cell is None else str(cell) for cell in cells)
                size += file.write((text + "\n").encode())
        sub = [made.FILING | {"adsh": each, "accepted": "2026-08-10 16:30:00.0"} for each in funds]
        archive.writestr("datasets/sub.tsv", made.table(made.SUB, sub))
        with archive.open("datasets/num.tsv", "w") as file:
            file.write(("\t".join(made.NUM) + "\n").encode())
            for fund, total in totals.items():
                file.write(_fact(fund, "InvestmentOwnedAtFairValue", total, ""))
            for n in range(lines):  # figures of single investments, as many again as lines
                named = f"InvestmentIdentifierAxis(us-gaap/2026)=Borrower {n}, First lien;"
                file.write(_fact(funds[n % FUNDS], "InvestmentOwnedAtFairValue", n, named))
                file.write(_fact(funds[n % FUNDS], "InvestmentOwnedAtCost", n, named))
    return size


def _fact(fund: str, tag: str, value: float, segments: str) -> bytes:
    cells = (fund, tag, "us-gaap/2026", "20260630", 0, "USD", segments, 1, value)
    return ("\t".join(str(each) for each in cells) + "\n").encode()


def ours(path: Path) -> dict[str, float]:
    """Parse, resolve by the committed rules, and hold against the contract."""
    import polars as pl

    from pipeline.contracts import split
    from pipeline.contracts.credit import FACILITY_ALIASES, FUND_HOLDINGS
    from pipeline.identity.holdings import resolved
    from pipeline.sources.committed import read_reference
    from pipeline.sources.credit import sec_bdc
    from pipeline.sources.source import REFERENCE, Capture

    at = Capture("sec_bdc", "2026q3", "https://example.org", datetime(2026, 11, 20, tzinfo=UTC), "")
    rules = read_reference((REFERENCE / "facility_aliases.csv").read_bytes(), FACILITY_ALIASES)
    started = time.perf_counter()
    with path.open("rb") as stream:
        frame = sec_bdc.parse_stream(stream, at)
    parsed = time.perf_counter() - started
    frame = frame.with_columns(source=pl.lit("sec_bdc"))
    made = resolved(frame, {"facility_aliases": rules})
    kept, _ = split(FUND_HOLDINGS, made.filter(pl.col("reason").is_null()))
    matched = kept["facility_id"].drop_nulls().len()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "parsed": parsed, "rows": kept.height, "matched": matched}


def resolving(path: Path) -> dict[str, float]:
    """The rules alone, over a holding for each line of the file: 180,000 distinct names."""
    import polars as pl

    from pipeline.contracts.credit import FACILITY_ALIASES
    from pipeline.identity.holdings import resolved
    from pipeline.sources.committed import read_reference
    from pipeline.sources.source import REFERENCE

    del path
    rules = read_reference((REFERENCE / "facility_aliases.csv").read_bytes(), FACILITY_ALIASES)
    number = pl.col("number")
    frame = pl.DataFrame({"number": range(LINES)}).select(
        issuer_name_raw=pl.when(number % EVERY == 0)
        .then(pl.lit("CoreWeave Compute Acquisition Co. IV, LLC"))
        .otherwise(pl.format("Borrower {}, LLC", number)),
        rate_kind=pl.lit("floating"),
        spread_bps=pl.lit(600.0),
        maturity_on=pl.date(2029, 5, 22),
        par_usd=pl.lit(1e6),
        unfunded_usd=pl.lit(0.0),
        par_basis=pl.lit(None, pl.String),
    )
    started = time.perf_counter()
    made = resolved(frame, {"facility_aliases": rules})
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "rows": made.height, "matched": made["facility_id"].count()}


def pandas(path: Path) -> dict[str, float]:
    """`read_csv` of the schedule alone, every column, types guessed; nothing is checked."""
    import pandas as pd  # type: ignore[import-untyped]

    started = time.perf_counter()
    with zipfile.ZipFile(path) as archive, archive.open("soi.tsv") as file:
        frame = pd.read_csv(file, sep="\t", quoting=3, low_memory=False)
    return {"seconds": time.perf_counter() - started, "rows": len(frame), "matched": 0}


def pandas_text(path: Path) -> dict[str, float]:
    """The same with every cell as text, as a table without stated types has to be read."""
    import pandas as pd

    started = time.perf_counter()
    with zipfile.ZipFile(path) as archive, archive.open("soi.tsv") as file:
        frame = pd.read_csv(io.BytesIO(file.read()), sep="\t", quoting=3, dtype=str)
    return {"seconds": time.perf_counter() - started, "rows": len(frame), "matched": 0}


CONTENDERS: dict[str, tuple[str, Callable[[Path], dict[str, float]]]] = {
    "ours": ("ours: parse, add up, resolve, validate", ours),
    "resolving": ("ours: the rules alone over 180,000 names", resolving),
    "pandas": ("pandas.read_csv, types guessed", pandas),
    "pandas_text": ("pandas.read_csv, all text", pandas_text),
}


def run(runs: int = 2) -> None:
    """Generate, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "2026q3_bdc.zip")
        measure.run("-m", "tests.benchmarks.holdings", "generate", str(path))
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo("soi.tsv").file_size
        print(
            f"\nBDC archive of {LINES:,} schedule lines, {DYNAMIC} dynamic columns: "
            f"{path.stat().st_size:,} bytes, schedule {size:,} bytes (generated)"
        )
        module = "tests.benchmarks.holdings"
        made = {name: measure.best(runs, "-m", module, name, str(path)) for name in CONTENDERS}
    alone = made["pandas"].answer["seconds"]
    table = [("", "seconds", "lines/s", "peak MB", "it / pandas", "rows", "matched")]
    for name, (label, _) in CONTENDERS.items():
        answer = made[name].answer
        table.append(
            (
                label,
                f"{answer['seconds']:.2f}",
                f"{LINES / answer['seconds']:,.0f}",
                f"{made[name].peak_gib * 2**30 / 1e6:,.0f}",
                f"{answer['seconds'] / alone:.2f}x",
                f"{answer['rows']:,}",
                f"{answer['matched']:,}",
            )
        )
    print(measure.table(table))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "generate":
        print(json.dumps({"seconds": 0, "bytes": generate(Path(sys.argv[2]))}))
    elif len(sys.argv) == 3:
        print(json.dumps(CONTENDERS[sys.argv[1]][1](Path(sys.argv[2]))))
    else:
        run()
