"""Answers that depend on a text alone, kept between processes: what a query reads, what code says.

Asking DuckDB's parser for a hundred models, or Python's for fifty modules, takes seconds in every
run. The file can be deleted at any time, and one that cannot be read or written is as good as none.
"""

import atexit
import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["remembered"]

FOLDER = Path(__file__).resolve().parents[1] / "warehouse" / ".remembered"
# A process that asks for more has other texts than ours.
MOST = 5_000


class _Memory:
    """Answers of one kind: those used last are last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.held: dict[str, Any] | None = None
        self.is_new = False

    def answers(self) -> dict[str, Any]:
        if self.held is None:
            self.held = {}
            with suppress(OSError, ValueError):
                found = json.loads(self.path.read_text(encoding="utf-8"))
                if isinstance(found, dict):
                    self.held = found
            atexit.register(self.save, os.getpid())
        return self.held

    def save(self, pid: int) -> None:
        """Written beside the old one and put in its place; a forked child has nothing to say."""
        if not self.is_new or self.held is None or pid != os.getpid():
            return
        draft = self.path.with_suffix(f".{pid}.draft")
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            newest = dict([*self.held.items()][-MOST:])
            draft.write_text(json.dumps(newest), encoding="utf-8")
            draft.replace(self.path)


def remembered(name: str, version: str) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Keep what a function of one text answers, as JSON, from one process to the next.

    Args:
        name: Of the file.
        version: Of whatever else the answer depends on; another one forgets.
    """
    memory = _Memory(FOLDER / f"{name}.json")

    def keeping(function: Callable[[str], Any]) -> Callable[[str], Any]:
        def asked(text: str) -> Any:
            key = hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()
            answers = memory.answers()
            if key not in answers:
                answers[key] = function(text)
                memory.is_new = True
            return answers[key]

        return asked

    return keeping
