"""The past of every step and mart, worked out in building order, for tests that look at all."""

from collections.abc import Collection
from datetime import datetime

from pipeline.build.lineage import rewound
from pipeline.build.model import models
from pipeline.release.publish import AS_OF
from pipeline.warehouse import DuckDB

DERIVED = {each.table: each for each in models() if each.schema in ("steps", "marts")}


def work_out(db: DuckDB, moment: datetime | None, tables: Collection[str] = DERIVED.keys()) -> None:
    """Set `as_of` and make a table `past_NAME` in `temp` of what each step and mart then says.

    A view of `vintage` works out all it rests on each time it is asked: all of them take twenty
    times as long as a build. Here each is asked once, as rewound, over the pasts before it. That
    the views say the same is held by asking them (tests/test_vintage.py, tests/test_history.py).

    Args:
        db: A connection to a file with the views of `known`; it may be read-only.
        moment: What `as_of` is set to; None leaves it unset, which is now.
        tables: Of which ones; all that these rest on must be among them.
    """
    if moment is not None:
        db.execute(f"set variable as_of = timestamptz '{moment.isoformat()}'")
    pasts = {table: f"past_{each.name}" for table, each in DERIVED.items()}
    for table, each in DERIVED.items():
        if table not in tables:
            continue
        query = f"from {table} where {AS_OF}" if each.is_kept else rewound(each.query, shared=pasts)
        db.execute(f"create or replace temp table {pasts[table]} as {query}")
