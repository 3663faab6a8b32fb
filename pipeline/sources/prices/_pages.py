"""Lists that come in pages: all of them are one capture, since a list that lacks a page is no list.

How the pages stand in the body is part of what is kept for good, so a source never changes it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from pipeline.capture import http

# The answer just read and its number -> what to ask for next; None after the last page.
Following = Callable[[Any, int], Mapping[str, str] | None]


def all_pages(
    url: str,
    params: Mapping[str, str],
    following: Following,
    *,
    most: int,
    joined: Literal["lines", "list"],
    headers: Mapping[str, str] | None = None,
) -> http.Response:
    """Every page as received, in one body without validators, which would be of one page.

    A page that `following` cannot read is the last one: `parse` says what is wrong with it.

    Args:
        url: The list.
        params: Query of the first page; a later page's replaces or adds to it.
        following: What to ask for after a page.
        most: Pages after which the list is taken to have no end.
        joined: One JSON document after the other, or one JSON list of the pages.
        headers: Sent with every page.

    Raises:
        UpstreamError: a page failed, or there are more than `most`.
    """
    pages: list[http.Response] = []
    while len(pages) < most:
        pages.append(http.get(url, params=params, headers=headers, expects="json"))
        try:
            further = following(json.loads(pages[-1].body), len(pages))
        except (ValueError, RecursionError, TypeError, KeyError):
            further = None
        if not further:
            bodies = [each.body for each in pages]
            body = b"\n".join(bodies) if joined == "lines" else b"[" + b",".join(bodies) + b"]"
            cleaned = any(each.redacted for each in pages)
            return replace(pages[-1], url=url, headers={}, body=body, redacted=cleaned)
        params = {**params, **further}
    raise http.UpstreamError(f"more than {most} pages", url=url, status=200)
