"""The published file in the hands of somebody whose DuckDB is years older than ours."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import warehouse as wh
from tests.given.market import LATE, open_for_business
from tests.given.reader import reading

LOCK = Path(__file__).with_name("old_client.lock")
LEVELS = """
    select tier, market, region_group, observed_on::varchar, publication_status, provider_count,
        median_price_usd_per_gpu_hour, interval_low_price_usd_per_gpu_hour, effective_n
    from {schema}.gpu_price_daily order by all
"""
REWIND = "set variable as_of = timestamptz '2024-01-06 18:00:00+00'"


@pytest.fixture(scope="module")
def old_client(request, tmp_path_factory) -> Path:
    """A folder with the oldest DuckDB that this Python can install; fetched once, then cached."""
    made_for = f"{sys.implementation.cache_tag}-{sys.platform}"
    mark = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    cache = getattr(request.config, "cache", None)
    base = cache.mkdir("old_client") if cache else tmp_path_factory.mktemp("old_client")
    folder = base / f"{mark}-{made_for}"
    if folder.exists():
        return folder
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    fetch += ["--require-hashes", "--only-binary=:all:", "--no-deps", "--retries=0", "--timeout=20"]
    fetch += ["--target", str(draft), "--requirement", str(LOCK)]
    try:
        done = subprocess.run(fetch, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("an older DuckDB cannot be fetched: no answer within three minutes")
    assert "DO NOT MATCH THE HASHES" not in done.stderr
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
        pytest.skip(f"an older DuckDB cannot be fetched: {why[0]}")
    return draft.rename(folder)


def test_an_old_client_reads_the_same_numbers_and_the_same_past(store, old_client):
    open_for_business(store)
    with reading(store.published, old_client) as old, reading(store.published) as new:
        assert old("select version()") != new("select version()")
        assert old("select version()")[0][0].startswith("v1.")
        for ask in (old, new):
            assert ask(
                "select comment from duckdb_columns() where schema_name = 'marts' and "
                "table_name = 'provider_price_daily' and column_name = 'price_usd_per_gpu_hour'"
            ) == [[wh.described("price_usd_per_gpu_hour")]]
        today = new(LEVELS.format(schema="marts"))
        assert old(LEVELS.format(schema="marts")) == today
        assert old(LEVELS.format(schema="vintage")) == today
        [[_, plan]] = old("explain from vintage.gpu_price_daily")
        assert plan.count("CTE_SCAN") > 3, "what it rests on is worked out once"
        for ask in (old, new):
            ask(REWIND)
        then = new(LEVELS.format(schema="vintage"))
        assert old(LEVELS.format(schema="vintage")) == then
        days = {row[3] for row in then}
        assert (min(days), max(days)) == ("2024-01-01", "2024-01-06")
        first_day = "and tier = 'neocloud' and region_group = 'all'"
        level = "select median_price_usd_per_gpu_hour, provider_count from vintage.gpu_price_daily "
        level += f"where observed_on = '2024-01-01' {first_day}"
        assert old(level) == [[pytest.approx(2.3), 4]]
        old(f"set variable as_of = timestamptz '{LATE.isoformat()}'")
        assert old(level) == [[2.4, 5]]
