import pytest

from tests.given.support import build_up_to, fill, offer, rows

WORLD = "from marts.vendor_price_ladder where region_group = 'all'"
H200 = {"accelerator": "nvidia-h200-sxm-141gb", "offer_id": "h200"}


def test_a_successor_stands_beside_its_predecessor_on_the_same_day(db):
    fill(db, [offer(price_usd_per_gpu_hour=4.0), offer(price_usd_per_gpu_hour=5.0, **H200)])
    build_up_to(db, "marts.vendor_price_ladder")
    [pair] = rows(db, WORLD)
    assert (pair["predecessor"], pair["successor"]) == (
        "nvidia-h100-sxm-80gb",
        "nvidia-h200-sxm-141gb",
    )
    assert (pair["price_ratio"], pair["bf16_ratio"]) == (1.25, 1.0)
    assert pair["memory_bandwidth_ratio"] == pytest.approx(1.5)
    assert pair["price_per_bf16_ratio"] == 1.25
    assert pair["price_per_memory_bandwidth_ratio"] == pytest.approx(1.25 / 1.5)


@pytest.mark.parametrize(
    "unlike",
    [
        {"market": "reserved", "term_months": 12},
        {"basis": "gpu_component"},
        {"provider": "vast", "host_id": "m"},
    ],
)
def test_only_like_is_held_against_like(db, unlike):
    fill(db, [offer(), offer(**H200, **unlike)])
    build_up_to(db, "marts.vendor_price_ladder")
    assert rows(db, WORLD) == []


def test_a_withheld_side_leaves_the_pair_out(db):
    lonely = {"provider": "lambda"}
    fill(db, [offer(**lonely), offer(**H200, **lonely)])
    build_up_to(db, "marts.vendor_price_ladder")
    assert rows(db, WORLD) == []
