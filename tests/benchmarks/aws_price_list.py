"""A generated AWS offer file of 100 MB, parsed as a stream. All numbers in it are made up.

`python -m tests.benchmarks.aws_price_list` takes half a minute. Each contender is a process of its
own: the parser from the raw store's gzip, the parser from a plain file, and polars alone reading
the same bytes whole with the same columns and filters.
"""

import csv
import gzip
import hashlib
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipeline.capture.raw import RawStore
from pipeline.sources.prices import aws_price_list as source
from pipeline.sources.source import Capture
from tests.benchmarks import measure

FIXTURE = Path(__file__).parents[1] / "fixtures" / "aws_price_list" / "us-east-1.csv"
SIZE = 100_000_000
# One line in forty is a machine with accelerators, about as in us-east-1.
KINDS = ("p5.48xlarge", *(f"m{n}i.{s}xlarge" for n in range(4, 17) for s in (1, 2, 4)))
SYSTEMS = ("Linux", "Windows", "RHEL", "SUSE")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def generate(path: Path, size: int = SIZE) -> int:
    """Write an offer file of `size` bytes; returns its lines."""
    head = FIXTURE.read_text(encoding="utf-8").splitlines()
    columns = next(csv.reader([head[5]]))
    known = dict(zip(columns, next(csv.reader([head[6]])), strict=True))
    known |= {
        "Processor Features": "Intel AVX; Intel AVX2; Intel AVX512; Intel Deep Learning Boost"
    }
    dice = random.Random(0)
    written = lines = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        written += file.write("\n".join(head[:6]) + "\n")
        while written < size:
            sku = f"{lines:016d}"
            row = known | {
                "SKU": sku,
                "RateCode": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
                "Instance Type": KINDS[lines % len(KINDS)],
                "Operating System": SYSTEMS[lines // len(KINDS) % 4],
                "PricePerUnit": f"{dice.uniform(1, 99):.10f}",
            }
            cells = (f'"{row[name]}"' if row[name] else "" for name in columns)
            written += file.write(",".join(cells) + "\n")
            lines += 1
    return lines


def keep(path: Path, root: Path) -> Capture:
    """What the raw store would hold, level 6 of gzip and all."""
    folder = root / "aws_price_list" / "us-east-1"
    folder.mkdir(parents=True)
    stamp = NOON.strftime("%Y%m%dT%H%M%S%fZ")
    found = hashlib.sha256()
    with path.open("rb") as plain, gzip.open(folder / f"{stamp}.gz", "wb", 6) as packed:
        while piece := plain.read(2**20):
            found.update(piece)
            packed.write(piece)
    sidecar = {
        "url": "https://example.org", "status": 200, "headers": {}, "same_as": None,
        "captured_at": NOON.isoformat(timespec="microseconds"), "sha256": found.hexdigest(),
        "bytes": path.stat().st_size, "redacted": False,
    }  # fmt: skip
    (folder / f"{stamp}.json").write_text(json.dumps(sidecar))
    return RawStore(root).captures("aws_price_list")[0]


def contend(name: str, folder: Path) -> dict[str, float]:
    """Parse once; prints what `measure.run` reads."""
    path = folder / "index.csv"
    started = time.perf_counter()
    if name == "polars":
        frame = source._chosen(path.read_bytes().split(b"\n", 5)[5], source.REQUIRED)
        rows = frame.height
    else:
        store = RawStore(folder / "raw")
        capture = store.captures("aws_price_list")[0]
        stream: BinaryIO
        with path.open("rb") if name == "plain" else store.open(capture) as stream:
            rows = source.parse_stream(stream, capture).height
            while stream.read(2**20):
                pass
    return {"seconds": time.perf_counter() - started, "rows": rows}


def run(runs: int = 2) -> None:
    """Generate, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index.csv")
        lines = generate(path)
        keep(path, Path(folder, "raw"))
        print(f"\nAWS offer file: {path.stat().st_size:,} bytes, {lines:,} lines (generated)")
        made = {
            name: measure.best(runs, "-m", "tests.benchmarks.aws_price_list", name, folder)
            for name in ("gzip", "plain", "polars")
        }
        alone = made["polars"].answer["seconds"]
        table = [("", "seconds", "lines/s", "peak MB", "it / polars alone")]
        labels = {
            "gzip": "our parser, from the raw store (gzip, sha256)",
            "plain": "our parser, from a plain file",
            "polars": "polars alone, whole file in memory",
        }
        for name, label in labels.items():
            seconds = made[name].answer["seconds"]
            table.append(
                (
                    label,
                    f"{seconds:.2f}",
                    f"{lines / seconds:,.0f}",
                    f"{made[name].peak_gib * 2**30 / 1e6:,.0f}",
                    f"{seconds / alone:.2f}x",
                )
            )
        print(measure.table(table))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(contend(sys.argv[1], Path(sys.argv[2]))))
    else:
        pl.Config.set_tbl_rows(20)
        run()
