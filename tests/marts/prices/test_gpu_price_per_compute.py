import pytest

from tests.given.support import build_up_to, fill, offer, rows

WORLD = "from marts.gpu_price_per_compute where region_group = 'all'"


def test_a_level_is_divided_by_what_the_part_can_do(db):
    fill(db, [offer(price_usd_per_gpu_hour=4.2)])
    build_up_to(db, "marts.gpu_price_per_compute")
    [cell] = rows(db, WORLD)  # 1 PFLOPS, 3 TB/s, 80 GiB, 0.7 kW
    assert cell["price_usd_per_bf16_pflop_hour"] == pytest.approx(4.2)
    assert cell["price_usd_per_tb_per_s_hour"] == pytest.approx(1.4)
    assert cell["price_usd_per_gib_hour"] == pytest.approx(0.0525)
    assert cell["price_usd_per_tdp_kw_hour"] == pytest.approx(6.0)
    assert cell["missing_specification_reason"] is None


def test_a_part_without_bf16_has_no_price_of_it_and_says_so(db):
    fill(db, [offer(accelerator="nvidia-t4-16gb", price_usd_per_gpu_hour=0.5)])
    build_up_to(db, "marts.gpu_price_per_compute")
    [cell] = rows(db, WORLD)
    assert cell["price_usd_per_bf16_pflop_hour"] is None
    assert cell["missing_specification_reason"] == "no dense BF16 figure"
    assert cell["price_usd_per_gib_hour"] == pytest.approx(0.5 / 16)


def test_a_part_nobody_specified_stays_with_its_reason(db):
    fill(db, [offer(accelerator="nvidia-l4-24gb")])
    build_up_to(db, "marts.gpu_price_per_compute")
    [cell] = rows(db, WORLD)
    assert cell["missing_specification_reason"] == "no specification known on the day"
    assert cell["price_usd_per_gib_hour"] is None


def test_a_withheld_level_has_no_price_of_anything(db):
    fill(db, [offer(provider="a"), offer(provider="b", offer_id="b")])
    build_up_to(db, "marts.gpu_price_per_compute")
    [cell] = rows(db, WORLD)
    assert (cell["publication_status"], cell["price_usd_per_gib_hour"]) == ("withheld", None)
    assert cell["withheld_reason"] == "fewer than 3 providers"
