"""Whether the build database was looked through since somebody else could have touched its file.

Reading it to the last block takes as long as its history is. Between two runs nobody writes to it:
where size and time of the last change are those the run before left, it is read whole once a day.
What rots meanwhile ends the step that reads it (`Warehouse.connect`).
"""

import json
import time
from pathlib import Path

from pipeline.warehouse import Warehouse

__all__ = ["check", "note"]

SECONDS = 86_400.0


def check(store: Warehouse) -> float:
    """Look for damage before a run; when that was last done whole, for `note` after it."""
    try:
        looked_at, *left = json.loads(_place(store).read_text("utf-8"))
        if left == _marks(store) and 0 <= time.time() - looked_at < SECONDS:
            return float(looked_at)
    except (OSError, ValueError, TypeError):
        pass  # never noted, or no note: nothing is known
    store.check()
    return time.time()


def note(store: Warehouse, looked_at: float) -> None:
    """Remember how a run that came to its end left the file; its connection is closed."""
    if store.build.exists():
        _place(store).write_text(json.dumps([looked_at, *_marks(store)]), "utf-8")


def _place(store: Warehouse) -> Path:
    return store.build.with_suffix(".looked_at")


def _marks(store: Warehouse) -> list[int]:
    found = store.build.stat()
    return [found.st_size, found.st_mtime_ns]
