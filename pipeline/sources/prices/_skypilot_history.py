"""The past of the SkyPilot catalog: one version of each cloud's file per day, from its commits.

GitHub's commits API gives a month of one file's commits in a page or two, so a partition is a
month: by day it would take thirty times the requests, of which a caller without a key has 60 an
hour. `GITHUB_TOKEN`, if set, raises that to 5,000. The first refusal ends the run; versions that
are held are not fetched again, so the next run goes on from there.

Only files that a workflow refreshed are read: the day somebody edits a file by hand
is not the day of its prices. Which those are is told by the number of their versions.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from pipeline.capture import http
from pipeline.sources.source import Held, Part

API = "https://api.github.com/repos/skypilot-org/skypilot-catalog/commits"
RAW = "https://raw.githubusercontent.com/skypilot-org/skypilot-catalog"
# The day of the first catalog with AWS prices in the repository's history is 2022-10-11.
SINCE = date(2022, 10, 1)
# Catalog version to the clouds a workflow refreshed in it; older versions go on for a while beside
# newer ones, and the newest that moved in a month is read.
# Source: number of versions of catalogs/<version>/<cloud>/vms.csv in the repository's history, read
# 2026-11-23: v4/aws 25; v5/aws 3347, gcp 388, fluidstack 231; v6/aws 619, vast 201, fluidstack 181,
# gcp 68; v7/aws 1649, vast 517, hyperbolic 231, gcp 179, seeweb 90; v8/shadeform 1313, aws 902,
# verda 830, runpod 440, gcp 210, vast 159, seeweb 79. Files of fewer versions are left out.
CLOUDS = {
    "v8": ("aws", "gcp", "runpod", "seeweb", "shadeform", "vast", "verda"),
    "v7": ("aws", "gcp", "hyperbolic", "seeweb", "vast"),
    "v6": ("aws", "fluidstack", "gcp", "vast"),
    "v5": ("aws", "fluidstack", "gcp"),
    "v4": ("aws",),
}
FIRST_WEEK = 7
PAGE = 100
# Shadeform's file moves most often: 1313 versions within a year.
MAX_PAGES = 10
SHA = re.compile(r"[0-9a-f]{40}")
# Names a part: cloud, then the moment of the commit, as skypilot_catalog.parse reads it back.
STAMP = "%Y%m%dT%H%M%SZ"


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """The last version of each day of a month, of every file a workflow refreshed.

    Raises:
        UpstreamError: GitHub refused or gave no list of commits, or nothing moved in the month.
    """
    seen: dict[str, set[date]] = {}
    for version, clouds in CLOUDS.items():
        # A month in which a catalog version began is filled up from the one before it.
        left = [c for c in clouds if all(day.day > FIRST_WEEK for day in seen.get(c, ()))]
        if not left or not _commits(f"catalogs/{version}", month, pages=1):
            continue
        for cloud in left:
            path = f"catalogs/{version}/{cloud}/vms.csv"
            days = {at.date(): (at, sha) for at, sha in sorted(_commits(path, month))}
            for day in sorted(days.keys() - seen.setdefault(cloud, set())):
                at, sha = days[day]
                seen[cloud].add(day)
                part = f"{cloud}-{at:{STAMP}}".lower()
                if not held(part):
                    ask = partial(http.get, f"{RAW}/{sha}/{path}", expects="csv")
                    yield Part(part, http.attempt(ask))
    if not any(seen.values()):
        raise http.UpstreamError(f"no commit of prices in {month:%Y-%m}", url=API, status=200)


def _commits(path: str, month: date, pages: int = MAX_PAGES) -> list[tuple[datetime, str]]:
    """Moment and hash of the commits of a month that touched a path; at most `pages` pages."""
    after = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    # `until` is inclusive, and whoever reads the answer goes by the moments in it.
    query = {"path": path, "since": f"{month}T00:00:00Z", "until": f"{after}T00:00:00Z"}
    token = os.environ.get("GITHUB_TOKEN")
    headers = {"accept": "application/vnd.github+json"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    found: list[tuple[datetime, str]] = []
    for page in range(1, pages + 1):
        numbered = {**query, "per_page": str(PAGE), "page": str(page)}
        answer = http.get(API, params=numbered, headers=headers, expects="json")
        commits = _read(answer)
        found += [(at, sha) for at, sha in commits if month <= at.date() < after]
        if len(commits) < PAGE:
            return found
    if pages == MAX_PAGES:
        raise http.UpstreamError(f"more than {MAX_PAGES} pages of {path}", url=API, status=200)
    return found


def _read(answer: http.Response) -> list[tuple[datetime, str]]:
    try:
        commits = [
            (datetime.fromisoformat(each["commit"]["committer"]["date"]), each["sha"])
            for each in json.loads(answer.body)
        ]
        if not all(SHA.fullmatch(sha) and at.tzinfo for at, sha in commits):
            raise ValueError("a hash or a moment of another form")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise http.UpstreamError(
            f"no list of commits ({type(error).__name__})",
            url=answer.url,
            status=answer.status,
            head=answer.body,
        ) from None
    return [(at.astimezone(UTC), sha) for at, sha in commits]
