"""What a run has to do: sources to ask, files and tables that changed, a file to publish.

A run with nothing new then does none of it. Asked of the build database when a job's turn comes.
"""

from collections.abc import Sequence

import dagster as dg

from pipeline import assets, ingest, source_assets
from pipeline.build import model
from pipeline.release import state
from pipeline.sources.source import Source
from pipeline.warehouse import Warehouse

__all__ = ["tables", "to_ask"]


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
