"""The committed backstops: single figures, what is one risk, and lines that are refused."""

import polars as pl
import pytest

from tests.given.committed_files import body, landed, line_of, rows

BODY = body("backstops")
FRAME = rows("backstops")


def one(backstop_id):
    [row] = FRAME.filter(backstop_id=backstop_id).to_dicts()
    return row


def test_the_committed_file_lands_whole(db):
    attempt = landed(db, "backstops", BODY)
    assert (attempt.outcome, attempt.quarantined, attempt.rows) == ("landed", 0, FRAME.height)


def test_nvidia_guarantees_105_billion_and_is_indemnified_for_the_same_risk():
    # 8-K of 17 August 2026: residual value of leases at PORTS-Pike, capped at 105 billion.
    guarantee, indemnity = (
        one("nvidia-sb-energy-residual-guarantee"),
        one("openai-indemnity-nvidia"),
    )
    assert guarantee["amount_usd"] == indemnity["amount_usd"] == 105e9
    assert guarantee["exposure_id"] == indemnity["exposure_id"]


def test_a_total_over_time_is_one_risk():
    totals = FRAME.filter(pl.col("backstop_id").str.starts_with("alphabet-lease-guarantees"))
    assert totals["exposure_id"].n_unique() == 1
    assert totals.sort("known_at")["amount_usd"].is_sorted()


def test_what_lies_inside_a_total_names_one():
    totals = set(FRAME.filter("is_total")["exposure_id"])
    assert set(FRAME["inside_exposure_id"].drop_nulls()) <= totals


def test_memoranda_do_not_bind():
    row = one("nvidia-financing-platforms-2026")
    assert (row["amount_usd"], row["is_binding"]) == (500e9, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",NVIDIA,SB Energy,", ",NVIDEA,SB Energy,", "unknown entity: NVIDEA"),
        (",NVIDIA,SB Energy,", ",NVIDIA,NVIDIA,", "an edge to itself"),
        (",105000000000.0,", ",-105000000000.0,", "amount_usd"),
        ("2026-08-17,2026-08-18T00:00:00Z", ",2026-08-18T00:00:00Z", "source_date"),
        ("2026-08-17,2026-08-18T00:00:00Z", "2026-08-17,", "known_at"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(db, old, new, said):
    text = BODY.decode()
    number = line_of(BODY, "nvidia-sb-energy-residual-guarantee")
    lines = text.splitlines()
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    attempt = landed(db, "backstops", "\n".join(lines).encode())
    assert attempt.outcome == "failed"
    assert f"warehouse/reference/backstops.csv:{number}:" in attempt.reason
    assert said in attempt.reason
