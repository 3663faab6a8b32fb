"""How fast the instances of filings are parsed, against lxml alone reading the same bytes.

`python -m tests.benchmarks.instances` takes half a minute and needs the shared recordings of whole
filings. A document has a process of its own, which reads it once before the clock starts; seconds
are the best of five. For the last line one process reads forty documents one after the other,
as a first run does, to show that memory does not grow with the number read.
"""

import gzip
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import measure

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "sec" / "ixbrl"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PART = "0000000042-25-000001_2025-02-26"
MANY = 40


def contend(names: list[str], times: int) -> dict[str, float]:
    """Seconds of our parse and of lxml alone, and what the process holds more after `times`."""
    from lxml import etree

    from pipeline.sources.filings import sec_instances
    from pipeline.sources.source import Capture

    at = Capture("sec_instances", PART, "https://example.org", NOON, "")
    bodies = [gzip.decompress((FOLDER / name).read_bytes()) for name in names]
    facts = sum(sec_instances.parse(body, at).height for body in bodies)
    for body in bodies:
        etree.fromstring(body)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours: list[float] = []
    alone: list[float] = []
    for n in range(times):
        body = bodies[n % len(bodies)]
        started = time.perf_counter()
        sec_instances.parse(body, at)
        between = time.perf_counter()
        etree.fromstring(body)
        ours.append(between - started)
        alone.append(time.perf_counter() - between)
    one = len(names) == 1
    return {
        "bytes": len(bodies[0]) if one else sum(len(bodies[n % len(bodies)]) for n in range(times)),
        "facts": facts,
        "seconds": min(ours) if one else sum(ours),
        "alone": min(alone) if one else sum(alone),
        "grown_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) * 1024 / 1e6,
    }


def run() -> None:
    """Measure every recorded document, print."""
    names = sorted(path.name for path in FOLDER.glob("*.gz"))
    if not names:
        print("\nInstances of filings: no recordings of whole filings here")
        return
    rows = [("", "MB", "facts", "seconds", "MB/s", "facts/s", "lxml alone", "ours / it")]
    for name in names:
        made = measure.run("-m", "tests.benchmarks.instances", "5", name).answer
        seconds, alone = made["seconds"], made["alone"]
        rows.append(
            (
                name.removesuffix(".gz"),
                f"{made['bytes'] / 1e6:.1f}",
                f"{made['facts']:,.0f}",
                f"{seconds:.3f}",
                f"{made['bytes'] / seconds / 1e6:.0f}",
                f"{made['facts'] / seconds:,.0f}",
                f"{alone:.3f}",
                f"{seconds / alone:.1f}x",
            )
        )
    print(f"\nParsing the recorded filings\n{measure.table(rows)}")
    made = measure.run("-m", "tests.benchmarks.instances", str(MANY), *names).answer
    print(
        f"{MANY} documents one after the other: {made['bytes'] / 1e6:,.0f} MB in "
        f"{made['seconds']:.1f} s, {made['seconds'] / made['alone']:.1f}x lxml alone, memory grown "
        f"by {made['grown_mb']:.0f} MB."
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(contend(sys.argv[2:], int(sys.argv[1]))))
    else:
        print(measure.machine())
        run()
