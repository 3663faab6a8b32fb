import pytest

from tests.given.support import build_up_to, fill, offer, rows

WORLD = "from marts.gpu_price_term where region_group = 'all' order by term_months"


def quoted(provider, **prices):
    """On-demand as `od`, terms as `m12=...`."""
    made = []
    for name, price in prices.items():
        months = 0 if name == "od" else int(name[1:])
        market = "reserved" if months else "on_demand"
        row = {"provider": provider, "market": market, "term_months": months}
        made.append(offer(offer_id=f"{provider}/{name}", price_usd_per_gpu_hour=price, **row))
    return made


def test_terms_are_rows_with_their_discount(db):
    fill(db, quoted("aws", od=4.0, m12=3.0, m36=2.0))
    build_up_to(db, "marts.gpu_price_term")
    terms = rows(db, WORLD)
    assert [row["term_months"] for row in terms] == [0, 12, 36]
    assert [row["implied_discount_fraction"] for row in terms] == [0.0, 0.25, 0.5]
    assert [row["matched_discount_fraction"] for row in terms] == [None, 0.25, 0.5]
    assert {row["on_demand_price_usd_per_gpu_hour"] for row in terms} == {4.0}


def test_the_matched_discount_holds_each_provider_against_itself(db):
    prices = zip("abc", (2.0, 3.0, 4.0), strict=True)
    both = [quoted(name, od=price, m12=0.8 * price) for name, price in prices]
    others = [quoted(name, od=price) for name, price in zip("def", (2.6, 2.7, 2.8), strict=True)]
    fill(db, [row for each in both + others for row in each])
    build_up_to(db, "marts.gpu_price_term")
    year = rows(db, WORLD)[-1]
    assert year["implied_discount_fraction"] == pytest.approx(1 - 2.4 / 2.75)
    assert year["matched_discount_fraction"] == pytest.approx(0.2)
    assert year["matched_provider_count"] == 3


def test_two_providers_are_too_few_for_a_discount(db):
    fill(db, [*quoted("a", od=2.0, m12=1.5), *quoted("b", od=2.0, m12=1.5)])
    build_up_to(db, "marts.gpu_price_term")
    year = rows(db, WORLD)[-1]
    assert (year["publication_status"], year["withheld_reason"]) == (
        "withheld",
        "fewer than 3 providers",
    )
    assert year["implied_discount_fraction"] is None
    assert (year["matched_discount_fraction"], year["matched_provider_count"]) == (None, 2)


def test_a_cell_without_terms_is_absent(db):
    fill(db, quoted("aws", od=4.0))
    build_up_to(db, "marts.gpu_price_term")
    assert rows(db, WORLD) == []


def test_trap_27_terms_are_never_pooled(db):
    fill(db, quoted("aws", od=4.0, m1=3.9, m12=3.0))
    build_up_to(db, "marts.gpu_price_term")
    prices = {row["term_months"]: row["median_price_usd_per_gpu_hour"] for row in rows(db, WORLD)}
    assert prices == {0: 4.0, 1: 3.9, 12: 3.0}
