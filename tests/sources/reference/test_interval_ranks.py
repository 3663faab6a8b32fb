import polars as pl

from pipeline.methods.bootstrap import table
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from tests.given.support import NOON

interval_ranks = named("interval_ranks")


def test_the_committed_ranks_are_those_the_method_gives():
    body = (source.REFERENCE / "interval_ranks.csv").read_bytes()
    committed = interval_ranks.parse(body, Capture("interval_ranks", "all", "x", NOON, ""))
    ranks = ["vote_total_count", "rank_low", "rank_high"]
    some = [2, 3, 5, 6, 7, 10, 25, 80]
    fresh = table(80).select(ranks).filter(pl.col("vote_total_count").is_in(some))
    assert committed.select(ranks).filter(pl.col("vote_total_count").is_in(some)).equals(fresh)
    assert committed["vote_total_count"].to_list() == list(range(2, 1_001))
