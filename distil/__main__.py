"""`python -m distil` writes two files of warehouse/reference from the recorded folders.

gpu_price_history.csv from data/prices, and beside it filing_facts.csv from data/sec.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

from distil import _filing_facts, discover, runs

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "warehouse" / "reference"
TARGET = REFERENCE / "gpu_price_history.csv"


def identified(data: Path) -> pl.DataFrame:
    """Every sighting of every folder under `data`, named, corrected, or with its reason."""
    frames = [(folder.evidence, folder.read(data / folder.evidence.name)) for folder in discover()]
    aliases = pl.read_csv(
        REFERENCE / "accelerator_aliases.csv",
        schema_overrides={"memory_gib_min": pl.Float64, "memory_gib_max": pl.Float64},
    )
    return runs.identify(runs.combine(frames), pl.read_csv(REFERENCE / "providers.csv"), aliases)


def main(arguments: list[str] | None = None) -> None:
    """Read every folder, write history and figures, print what was rejected and why."""
    parser = argparse.ArgumentParser(prog="python -m distil", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "prices")
    parser.add_argument("--sec", type=Path, default=ROOT.parent / "shared" / "data" / "sec")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    looks = identified(options.data)
    history = runs.history(looks)
    history.write_csv(options.out)
    with pl.Config(tbl_rows=-1, fmt_str_lengths=40):
        sys.stdout.write(f"{runs.rejected_counts(looks)}\n")
    sys.stdout.write(f"{history.height} runs, {options.out.stat().st_size:,} bytes\n")
    figures = _filing_facts.distil(options.sec, REFERENCE)
    target = options.out.with_name("filing_facts.csv")
    _filing_facts.write(figures, target)
    sys.stdout.write(f"{figures.height} figures, {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
