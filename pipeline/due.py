"""What a run has to do: sources to ask, files and tables that changed, a file to publish.

A run with nothing new then does none of it. Asked of the build database when a job's turn comes.
"""

from collections.abc import Callable, Sequence

import dagster as dg

from pipeline import assets, ingest, source_assets
from pipeline.build import model
from pipeline.release import state
from pipeline.runs.lock import BusyError, hold
from pipeline.sources.source import Source
from pipeline.warehouse import DuckDBError, Warehouse

__all__ = ["request", "tables", "to_ask"]


def to_ask(sources: Sequence[Source], store: Warehouse) -> tuple[dg.AssetKey, ...]:
    """Upstreams, which only asking shows to have news, and committed files that changed."""
    with store.connect() as db:
        names = ingest.due(db, store, sources)
    return tuple(source_assets.keys([each for each in sources if each.name in names]))


def tables(store: Warehouse) -> tuple[dg.AssetKey, ...]:
    """Tables to build and what is published of them; none where all is as it was published."""
    with store.connect() as db:
        due = model.due(db)
        published = state.unpublished(db, store) if not due else frozenset(state.PRODUCTS)
    keys = [assets.table_key(each.table) for each in model.models() if each.table in due]
    return (*keys, *(dg.AssetKey(["published", name]) for name in sorted(published)))


def request(
    store: Warehouse, asked: Callable[[Warehouse], Sequence[dg.AssetKey]]
) -> dg.RunRequest | dg.SkipReason:
    """What a schedule starts: a run of what has something to do, or none.

    While somebody is at work it cannot be told what will be due when he is done: then all of it.
    """
    try:
        with hold(store.lock, "looking what is due", wait_seconds=0.0, say=lambda _: None):
            keys = asked(store)
    except (BusyError, DuckDBError):
        return dg.RunRequest()
    if not keys:
        return dg.SkipReason("Nothing is due: all is as it was read, built and published.")
    return dg.RunRequest(asset_selection=[*keys])
