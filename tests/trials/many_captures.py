"""How long a run takes that finds nothing new over many captures of a source.

    python -m tests.trials.many_captures --captures 50000

Makes the captures' files in a temporary folder, lands them once, and measures the second landing.
"""

import argparse
import gzip
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pipeline import ingest
from pipeline.capture.sidecar import STAMP
from pipeline.warehouse import Warehouse
from tests.given.replays import START, kept, made_up, rates

DISTINCT = 100


def fill(root: Path, count: int) -> None:
    """Captures a minute apart, each with a body of its own; not synced to disk."""
    folder = root / "raw" / "runpod" / "all"
    folder.mkdir(parents=True)
    for n in range(count):
        body = json.dumps({f"rate {n % DISTINCT}": n % 20}).encode()
        packed = gzip.compress(body, mtime=0)
        moment = START - timedelta(minutes=count - n)
        said = {
            "url": "https://example.org/x",
            "status": 200,
            "headers": {},
            "captured_at": moment.isoformat(timespec="microseconds"),
            "sha256": hashlib.sha256(body).hexdigest(),
            "bytes": len(body),
            "redacted": False,
            "same_as": None,
            "packed_sha256": hashlib.sha256(packed).hexdigest(),
        }
        stamp = moment.strftime(STAMP)
        (folder / f"{stamp}.gz").write_bytes(packed)
        (folder / f"{stamp}.json").write_text(json.dumps(said))


def measured(count: int) -> Iterator[tuple[str, float]]:
    """Each step and its seconds of CPU."""
    with tempfile.TemporaryDirectory() as root:
        store = Warehouse(Path(root))
        fill(store.root, count)
        source = made_up(rates)
        with store.connect() as db:
            for name in ("first landing", "nothing new", "nothing new, again"):
                started = time.process_time()
                ingest.land(source, store, db, seconds=0)
                yield name, time.process_time() - started
                if name == "first landing":  # the rest of the backlog is not what is measured
                    db.execute("update meta.captures set parser = (select max(parser) "
                               "from meta.attempts)")  # fmt: skip
            db.execute("delete from meta.captures")
            started = time.process_time()
            ingest.index.refresh(db, store.raw, source.name, START)
            yield "index made from nothing", time.process_time() - started
            started = time.process_time()
            store.raw.validators(source.name, "all")
            yield "asking for validators", time.process_time() - started
            started = time.process_time()
            kept(store.raw, {"one more": 1}, hour=1)
            yield "keeping one more", time.process_time() - started


def main() -> int:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--captures", type=int, default=50_000)
    count = asked.parse_args().captures
    for name, seconds in measured(count):
        sys.stdout.write(f"{count:,} captures, {name}: {seconds:.2f} s of CPU\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
