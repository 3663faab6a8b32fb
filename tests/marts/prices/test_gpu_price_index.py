"""A panel that changes must not read as a price that moves."""

from datetime import UTC, date, datetime, timedelta
from math import exp, log

import pytest

from tests.given.support import build_up_to, daily, fill, offer, rows

NEOCLOUD = """
    from marts.gpu_price_index where tier = 'neocloud' and market = 'on_demand' order by observed_on
"""
START = date(2026, 11, 1)


def cloud(name, prices, *, start=START, **cells):
    """One provider, one price a day; None where it is not seen."""
    return [
        offer(
            provider=name,
            offer_id=f"{name}/{cells.get('region', '')}",
            on=start + timedelta(days=n),
            price_usd_per_gpu_hour=price,
            **cells,
        )
        for n, price in enumerate(prices)
        if price is not None
    ]


def flat(lists):
    return [row for each in lists for row in each]


def indexed(db, offers, query=NEOCLOUD):
    fill(db, offers)
    build_up_to(db, "marts.gpu_price_index")
    return rows(db, query)


def parts(row):
    names = ("market", "entry", "exit", "restatement")
    return [row[f"{name}_log_change"] for name in names]


def test_a_panel_that_grows_from_7_to_28_providers_is_no_fall(db):
    old = [cloud(f"old-{n}", [4.0, 4.06, 4.06]) for n in range(7)]
    new = [cloud(f"new-{n}", [None, None, 2.5]) for n in range(21)]
    first, risen, grown = indexed(db, flat(old + new))
    assert (first["provider_count"], grown["provider_count"]) == (7, 28)
    assert grown["median_price_usd_per_gpu_hour"] < 0.7 * first["median_price_usd_per_gpu_hour"]
    assert risen["price_index"] == pytest.approx(101.5)
    assert grown["price_index"] == pytest.approx(101.5)
    assert (grown["matched_count"], grown["entered_count"], grown["exited_count"]) == (7, 21, 0)
    assert grown["entry_log_change"] == pytest.approx(0.75 * log(2.5 / 4.06))
    assert sum(parts(grown)) == pytest.approx(grown["panel_log_change"], abs=1e-9)


def test_parts_add_up_where_everything_happens_at_once(db):
    offers = [
        *cloud("stays", [2.0, 2.2]),
        *cloud("stays-too", [3.0, 2.9]),
        *cloud("third", [2.0, 2.0]),
        *cloud("leaves", [9.0, None, 9.0]),  # carried, then gone: the day after is not in the panel
        *cloud("comes", [None, 1.0]),
        *cloud("stays", [2.5, 2.6], region="us-west-2"),
        *cloud("third", [None, 1.0], region="us-west-2"),
    ]
    for row in offers:
        row["refresh_days"] = 1
    days = indexed(db, offers)
    for row in days[1:]:
        assert sum(parts(row)) == pytest.approx(row["panel_log_change"], abs=1e-9)
    assert days[0]["panel_log_change"] is None


def test_one_provider_in_many_regions_has_one_vote(db):
    many = [cloud("big", [4.0, 4.0], region=f"r{n}") for n in range(9)]
    small = [cloud(name, [2.0, 1.6]) for name in ("a", "b")]
    last = indexed(db, flat(many + small))[-1]
    assert last["market_log_change"] == pytest.approx(2 / 3 * log(0.8))
    assert (last["provider_count"], last["item_count"]) == (3, 11)


def test_trap_20_a_bundle_change_moves_the_panel_and_not_the_index(db):
    others = [cloud(name, [3.0, 3.0, 3.0]) for name in ("a", "b", "c")]
    gcp = cloud("gcp", [5.0277, None, 5.0688])
    added_disk = offer(
        provider="gcp",
        offer_id="gcp/",
        on=START + timedelta(days=1),
        price_usd_per_gpu_hour=5.0688,
        flag="restatement",
    )
    days = indexed(db, [*flat(others), *gcp, added_disk])
    assert {row["price_index"] for row in days} == {100.0}
    last = days[-1]
    assert last["restatement_log_change"] == pytest.approx(log(5.0688 / 5.0277) / 4)
    assert (last["restated_count"], last["matched_count"]) == (1, 3)
    assert last["panel_log_change"] == pytest.approx(last["restatement_log_change"], abs=1e-9)


def test_silent_days_are_chained_across_and_counted(db):
    seen = [cloud(name, [2.0] + [None] * 9 + [1.8]) for name in ("a", "b", "c")]
    days = indexed(db, flat(seen))
    silent = [row["days_since_previous"] for row in days]
    assert silent == [None, 1, 1, 1, 7]
    assert days[-1]["price_index"] == pytest.approx(90.0)


def test_where_nothing_is_common_the_chain_starts_again(db):
    before = [cloud(name, [2.0]) for name in ("a", "b", "c")]
    after = [cloud(name, [1.0], start=START + timedelta(days=9)) for name in ("d", "e", "f")]
    days = indexed(db, flat(before + after))
    last = days[-1]
    assert last["chain_started_on"] == last["observed_on"] == START + timedelta(days=9)
    assert last["price_index"] == 100.0
    assert parts(last) == [0.0, pytest.approx(log(0.5)), 0.0, 0.0]


def test_a_link_of_two_providers_is_withheld_and_remembered(db):
    seen = [cloud("a", [2.0] * 3), cloud("b", [2.0] * 3), cloud("c", [None, 2.0, 2.0])]
    first, second, third = indexed(db, flat(seen))
    assert (first["publication_status"], first["withheld_reason"]) == (
        "withheld",
        "fewer than 3 providers",
    )
    assert second["withheld_reason"] == "fewer than 3 providers on both days of the link"
    assert second["price_index"] is None
    assert (third["publication_status"], third["thin_link_count"]) == ("published", 1)


def test_the_bridge_compares_a_returning_provider_with_its_own_last_price(db):
    seen = [
        cloud("a", [2.0] * 20),
        cloud("b", [2.0] * 20),
        cloud("c", [4.0] + [None] * 18 + [3.0]),
    ]
    last = indexed(db, flat(seen))[-1]
    assert last["bridged_price_index"] == pytest.approx(100 * exp(log(3 / 4) / 3))
    assert (last["matched_provider_count"], last["remembered_provider_count"]) == (2, 3)
    assert last["price_index"] is None
    assert last["market_log_change"] == 0


def test_after_a_year_of_silence_a_provider_is_forgotten(db):
    early = datetime(2025, 1, 1, tzinfo=UTC).date()
    offers = [
        *cloud("gone", [9.0], start=early),
        *cloud("a", [2.0], start=early),
        *daily(3, provider="a", offer_id="a/", start=START, price_usd_per_gpu_hour=2.0),
    ]
    days = indexed(db, offers)
    assert days[-1]["remembered_provider_count"] == 1
    assert days[-1]["bridge_started_on"] == START


def test_unconfirmed_and_administered_prices_move_nothing(db):
    calm = [cloud(name, [2.0, 2.0]) for name in ("a", "b", "c")]
    listed = {"market": "spot", "spot_kind": "administered", "flag": "administered"}
    step = cloud("d", [2.0, 9.0])
    spot = cloud("e", [1.0, 1.1], **listed)
    days = indexed(db, [*flat(calm), *step, *spot])
    assert days[-1]["price_index"] == 100.0
    assert days[-1]["exited_count"] == 1
    assert rows(db, "from marts.gpu_price_index where market = 'spot'") == []
