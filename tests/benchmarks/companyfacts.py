"""How fast companyfacts are parsed, and in how much memory.

`python -m tests.benchmarks.companyfacts` takes a minute. The file is NVIDIA's recorded answer
of July 2026, 4 MB and 26,903 figures. Each contender is a process of its own, warmed up by one
parse; seconds are the best of seven, and of three processes. What they make is alike but not equal:
ours has addresses, reasons and provenance, the row loops have the figures alone in a frame of the
same types, and edgartools has objects with labels and statements, and a frame made from them. It
and orjson are not dependencies of the project: a contender that is not installed is left out.
"""

import gzip
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks import measure

RECORDED = Path(__file__).resolve().parents[3] / "shared/data/sec/companyfacts"
FILE = RECORDED / "CIK0001045810_2026-07-09.json.gz"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COPIES = 20
NAMES = {
    "ours": "our parser (msgspec, then columns)",
    "json": "json.loads + row loop + polars",
    "orjson": "orjson.loads + row loop + polars",
    "edgartools": "json.loads + edgartools, its objects alone",
    "edgartools_frame": "json.loads + edgartools, to_dataframe()",
}
PACKAGES = {"orjson": "orjson", "edgartools": "edgar", "edgartools_frame": "edgar"}


def ours(body: bytes) -> int:
    from pipeline.sources.filings import sec_companyfacts
    from pipeline.sources.source import Capture

    capture = Capture("sec_companyfacts", "all", "https://data.sec.gov", NOON, "")
    return sec_companyfacts.parse(body, capture).height


def row_loop(loads: Callable[[bytes], Any]) -> Callable[[bytes], int]:
    """One tuple per figure, then a frame whose dates polars reads."""

    def run(body: bytes) -> int:
        import polars as pl

        answer, rows = loads(body), []
        for taxonomy, tags in answer["facts"].items():
            for concept, told in tags.items():
                for unit, facts in told["units"].items():
                    for fact in facts:
                        rows.append(
                            (
                                taxonomy, concept, unit, fact["accn"], fact.get("form"),
                                fact.get("start"), fact["end"], fact["filed"], float(fact["val"]),
                            )
                        )  # fmt: skip
        days = ["start", "end", "filed"]
        texts = ["taxonomy", "concept", "unit", "accession", "form", *days]
        schema = dict.fromkeys(texts, pl.String) | {"value": pl.Float64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.with_columns(pl.col(days).str.to_date("%Y-%m-%d")).height

    return run


def edgartools(body: bytes) -> int:
    from edgar.entity.parser import EntityFactsParser  # type: ignore[import-not-found]

    return len(EntityFactsParser.parse_company_facts(json.loads(body)))


def edgartools_frame(body: bytes) -> int:
    from edgar.entity.parser import EntityFactsParser

    return len(EntityFactsParser.parse_company_facts(json.loads(body)).to_dataframe())


def orjson(body: bytes) -> int:
    import orjson as library  # type: ignore[import-not-found]

    return row_loop(library.loads)(body)


CONTENDERS: dict[str, Callable[[bytes], int]] = {
    "ours": ours,
    "json": row_loop(json.loads),
    "orjson": orjson,
    "edgartools": edgartools,
    "edgartools_frame": edgartools_frame,
}


def contend(name: str) -> dict[str, float]:
    body, parse = gzip.decompress(FILE.read_bytes()), CONTENDERS[name]
    rows, seconds = parse(body), []
    for _ in range(7):
        started = time.perf_counter()
        parse(body)
        seconds.append(time.perf_counter() - started)
    return {"seconds": min(seconds), "bytes": len(body), "rows": rows}


def many() -> dict[str, float]:
    """Fifty answers, one after the other, as a first run reads them; memory beyond the imports."""
    import pipeline.sources.filings.sec_companyfacts  # noqa: F401, part of the baseline

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packed = FILE.read_bytes()
    started = time.perf_counter()
    rows = sum(ours(gzip.decompress(packed)) for _ in range(COPIES))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "rows": rows, "peak_mib": (peak - before) / 1024}


def run() -> None:
    """Measure, print."""
    if not FILE.exists():
        print("\nParsing companyfacts: left out, the recorded answers are not here")
        return
    present = [n for n in NAMES if n not in PACKAGES or find_spec(PACKAGES[n]) is not None]
    command = ("-m", "tests.benchmarks.companyfacts")
    made = {name: measure.best(3, *command, name).answer for name in present}
    rows = [("", "ms", "MB/s", "figures/s", "figures", "it / ours")]
    for name, answer in made.items():
        seconds = answer["seconds"]
        rows.append(
            (
                NAMES[name],
                f"{seconds * 1e3:.1f}",
                f"{answer['bytes'] / 1e6 / seconds:.0f}",
                f"{answer['rows'] / seconds:,.0f}",
                f"{answer['rows']:,.0f}",
                f"{seconds / made['ours']['seconds']:.1f}x",
            )
        )
    print(f"\nParsing NVIDIA's companyfacts, 4 MB\n{measure.table(rows)}")
    for name in sorted(set(NAMES) - set(present)):
        print(f"{NAMES[name]}: not installed, left out")
    answer = measure.run(*command, "many").answer
    print(
        f"{COPIES} answers one after the other: {answer['rows']:,.0f} figures in "
        f"{answer['seconds']:.1f} s, peak {answer['peak_mib']:.0f} MiB above the imports"
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["many"]:
        print(json.dumps(many()))
    elif len(sys.argv) == 2:
        print(json.dumps(contend(sys.argv[1])))
    else:
        print(measure.machine())
        run()
