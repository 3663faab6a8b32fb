"""A reader in a process of its own, with whichever DuckDB client is first on its path."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Rows = list[list[Any]]
Ask = Callable[[str], Rows]


@contextmanager
def reading(path: Path, packages: Path | None = None) -> Iterator[Ask]:
    """Hold a published file open in another process; ask it one line of SQL at a time.

    `packages` is a folder of installed packages that goes before this environment's own.
    """
    command = [sys.executable, __file__, str(path)]
    env = os.environ | ({"PYTHONPATH": str(packages)} if packages else {})
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        asked, answered = client.stdin, client.stdout

        def ask(query: str) -> Rows:
            asked.write(" ".join(query.split()) + "\n")
            asked.flush()
            answer: Rows | str = json.loads(answered.readline())
            if isinstance(answer, str):
                raise RuntimeError(answer)
            return answer

        ask("select 1")
        yield ask
        asked.close()


def main() -> None:
    import duckdb

    with duckdb.connect(sys.argv[1], read_only=True) as db:
        for query in sys.stdin:
            try:
                answer: object = db.execute(query).fetchall()
            except duckdb.Error as error:
                answer = str(error)
            print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
