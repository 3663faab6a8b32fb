"""Ctrl-C while a query runs: every open connection is told, and the run hears it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from pipeline.runs.stopping import at_stop

__all__ = ["interruptible"]

_at_work: dict[int, duckdb.DuckDBPyConnection] = {}


@contextmanager
def interruptible(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Give Ctrl-C its meaning back, while a connection is open.

    DuckDB 2.0 swallows what a signal's handler raises, or does not hear the signal at all while
    another of its threads does the work (measured). As an ordinary error it would fail one step,
    and the run would go on with the next.
    """
    is_outermost = id(db) not in _at_work
    _at_work[id(db)] = db
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
    finally:
        if is_outermost:
            _at_work.pop(id(db), None)


def _interrupt_queries() -> None:
    for db in [*_at_work.values()]:
        with suppress(duckdb.Error):  # closed meanwhile
            db.interrupt()


at_stop(_interrupt_queries)
