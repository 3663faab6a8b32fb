"""`/pictures/<table>.png`: the headline curve of a table, drawn from the published file when asked.

The pages of assets show them inline (their description names the address), so no build draws them
and no run history keeps them.
"""

from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["route"]

KEPT = 32  # pictures of one file, some 20 kB each


def route(published: Path) -> Route:
    """The route that answers with the picture of a table, or 404 where there is none to draw."""

    async def picture(request: Request) -> Response:
        from pipeline.warehouse import DuckDBError

        table = request.path_params["table"]
        try:
            changed = published.stat().st_mtime_ns
            made = await run_in_threadpool(_made, published, changed, table)
        except (OSError, DuckDBError):
            made = None
        if made is None:
            return Response("no picture of this table\n", status_code=404)
        return Response(made, media_type="image/png", headers={"Cache-Control": "max-age=60"})

    return Route("/pictures/{table}.png", picture)


@lru_cache(KEPT)
def _made(published: Path, _changed_ns: int, table: str) -> bytes | None:
    # Loaded when a picture is asked for: the UI starts and ends without it.
    from pipeline.release.plots import drawn_png
    from pipeline.warehouse import opened_for_reading

    with opened_for_reading(published) as db:
        return drawn_png(db, table)
