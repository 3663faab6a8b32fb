import pandera.polars as pa
import polars as pl
import pytest

from pipeline.contracts import ContractError, split, validate
from pipeline.contracts.prices import GPU_OFFERS
from tests.given.support import offer, typed


def frame(*rows):
    return typed(GPU_OFFERS, rows)


def test_a_lazy_frame_is_refused_because_pandera_would_not_look_at_its_rows():
    with pytest.raises(TypeError, match="collect"):
        validate(GPU_OFFERS, frame(offer()).lazy())


def test_a_price_of_zero_breaks_the_contract():
    with pytest.raises(pa.errors.SchemaErrors, match="price_usd_per_gpu_hour"):
        validate(GPU_OFFERS, frame(offer(price_usd_per_gpu_hour=0.0)))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"price_usd_per_gpu_hour": 250.0}, "price_usd_per_gpu_hour: in_range"),
        ({"market": "auction"}, "market: isin"),
        ({"country": "usa"}, "country: str_matches"),
        ({"gpu_count": 0}, "gpu_count: in_range"),
        ({"region": None}, "region: not_nullable"),
    ],
)
def test_a_row_that_breaks_a_promise_is_set_aside_with_the_reason(cells, reason):
    kept, rejected = split(GPU_OFFERS, frame(offer(), offer(offer_id="b", **cells)))
    assert kept["offer_id"].to_list() == ["a"]
    assert reason in rejected["reason"].item()


def test_a_row_read_before_it_was_known_is_refused():
    early = offer(captured_at=offer()["known_at"].replace(year=2020))
    kept, rejected = split(GPU_OFFERS, frame(offer(offer_id="b"), early))
    assert (kept.height, rejected.height) == (1, 1)
    assert "before the public could" in rejected["reason"].item()


def test_a_missing_column_is_a_change_upstream():
    with pytest.raises(ContractError, match=r"market.*missing"):
        split(GPU_OFFERS, frame(offer()).drop("market"))


def test_another_type_is_a_change_upstream():
    with pytest.raises(ContractError, match="gpu_count"):
        split(GPU_OFFERS, frame(offer()).with_columns(pl.col("gpu_count").cast(pl.String)))


def test_a_repeated_key_is_a_change_upstream():
    with pytest.raises(ContractError):
        split(GPU_OFFERS, frame(offer(), offer()))
