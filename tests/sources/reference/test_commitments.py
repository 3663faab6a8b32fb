from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

commitments = named("commitments")

BODY = (source.REFERENCE / "commitments.csv").read_bytes()
HERE = Capture("commitments", "all", "commitments.csv", NOON, "")
FRAME = commitments.parse(BODY, HERE)


def newest(commitment: str) -> dict[str, object]:
    return FRAME.filter(commitment_id=commitment).sort("known_at").to_dicts()[-1]


def test_every_row_keeps_the_contract():
    terms = commitments.contract
    kept, rejected = split(terms, FRAME.with_columns(source=pl.lit("commitments")))
    assert (kept.height, rejected.height) == (FRAME.height, 0)


def test_backstop_of_coreweave_is_that_of_the_8_k():
    # 8-K of 2025-09-15: 6.3 billion, through 2032-04-13.
    row = newest("nvidia-coreweave-capacity-2025")
    assert (row["from_entity"], row["to_entity"]) == ("NVIDIA", "CoreWeave")
    assert (row["commitment_kind"], row["amount_usd"]) == ("guarantee", 6.3e9)
    assert (row["is_binding"], row["ends_on"]) == (True, date(2032, 4, 13))


def test_openai_orders_of_coreweave_come_to_22_4_billion():
    orders = FRAME.filter(pl.col("commitment_id").str.starts_with("openai-coreweave-capacity"))
    assert orders["amount_usd"].sum() == 22.4e9


def test_a_larger_lease_replaces_the_smaller_one():
    # 7 billion on 2025-05-28, about 11 with the third building on 2025-08-29: not 18.
    both = FRAME.filter(commitment_id="coreweave-applied-digital-lease").sort("known_at")
    assert both["amount_usd"].to_list() == [7e9, 11e9]


def test_trap_66_an_approval_does_not_bind():
    row = newest("lenders-fluidstack-approval")
    assert (row["amount_usd"], row["is_binding"]) == (10e9, False)


def test_trap_71_a_letter_that_was_given_up_is_not_executed():
    row = newest("nvidia-openai-letter-2025")
    assert (row["deal_status"], row["is_binding"]) == ("not_executed", False)


def test_whether_up_to_binds_is_unknown():
    assert newest("nvidia-anthropic-equity")["is_binding"] is None


def test_an_option_is_a_warrant_that_does_not_bind_its_holder():
    row = newest("nvidia-iren-share-right")
    # 30 million shares at 70 dollars.
    assert (row["commitment_kind"], row["is_binding"], row["amount_usd"]) == (
        "warrant",
        False,
        30e6 * 70,
    )


def test_filed_rows_cite_the_sec_or_say_that_they_do_not():
    filed = FRAME.filter(deal_status="filed")
    sec = pl.col("source_url").str.starts_with("https://www.sec.gov/")
    assert set(filed.filter(~sec)["confidence"]) == {"medium"}


def test_nobody_commits_to_themselves():
    assert FRAME.filter(pl.col("from_entity") == pl.col("to_entity")).is_empty()


def test_a_flag_that_is_neither_true_nor_false_is_an_error():
    with pytest.raises(ParseError):
        commitments.parse(BODY.replace(b",true,", b",1,", 1), HERE)
