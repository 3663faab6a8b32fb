import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

accelerators = named("accelerators")
hardware_prices = named("hardware_prices")

BODY = (source.REFERENCE / "hardware_prices.csv").read_bytes()
HERE = Capture("hardware_prices", "all", "hardware_prices.csv", NOON, "")


@pytest.fixture(scope="module")
def prices() -> pl.DataFrame:
    return hardware_prices.parse(BODY, HERE)


def test_every_row_keeps_the_contract_and_names_a_known_accelerator(prices):
    _, rejected = split(hardware_prices.contract, prices.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    known = accelerators.parse((source.REFERENCE / "accelerators.csv").read_bytes(), HERE)
    assert set(prices["accelerator"]) <= set(known["accelerator"])


def test_at_most_two_quotes_per_accelerator_of_a_tape_that_forbids_systematic_reuse(prices):
    tape = prices.filter(source_url="https://ccir.io/hardware")
    assert tape.group_by("accelerator").len()["len"].max() == 2
    assert tape.filter(~pl.col("evidence").str.contains("ccir.io")).is_empty()


def test_executed_prices_say_how_many_sales_they_rest_on(prices):
    executed = prices.filter(price_kind="executed_resale")
    assert executed["sale_count"].null_count() == 0
    cards = executed.filter(price_scope="card")
    assert cards["sale_count"].min() >= 3
    # WhiteFiber's sale of 126 servers with eight H200 each in the first half of 2026.
    [bulk] = executed.filter(pl.col("price_scope") != "card").to_dicts()
    assert (bulk["sale_count"], bulk["unit_count"], bulk["confidence"]) == (1, 126 * 8, "low")
    assert bulk["price_usd_per_gpu"] * 126 * 8 == pytest.approx(26.082e6, rel=1e-4)


def test_asked_and_executed_never_mix(prices):
    # The launch prices of whole systems over eight are asked or estimated, not sold.
    systems = prices.filter(pl.col("evidence").str.contains("one eighth"))
    assert set(systems["price_kind"]) == {"asked_new", "estimated"}
    assert systems.filter(accelerator="nvidia-a100-sxm4-40gb")["price_usd_per_gpu"][0] == 24_875


def test_iren_paid_40648_per_h200(prices):
    [row] = prices.filter(price_kind="executed_new").to_dicts()
    assert row["accelerator"] == "nvidia-h200-sxm-141gb"
    assert row["unit_count"] == 1_080
    assert row["price_usd_per_gpu"] == pytest.approx(43.9e6 / 1_080, rel=1e-4)


def test_a_word_where_a_number_belongs_is_an_error():
    with pytest.raises(ParseError):
        hardware_prices.parse(BODY.replace(b",14000,", b",dear,", 1), HERE)
