from datetime import date

from pipeline.contracts.reference import ACCELERATORS
from tests.given.support import build, fill, offer, rows
from tests.given.thesis import put
from tests.marts.thesis.test_substitution_gap import part


def test_an_offer_counts_once_a_quarter_however_often_it_was_seen(db):
    fill(db, [
        *[offer(on=date(2026, 8, day)) for day in (1, 2, 3)],
        offer(offer_id="b", on=date(2026, 8, 1), accelerator="amd-mi300x-192gb"),
        offer(offer_id="of a quarter not over", on=date(2026, 11, 1)),
    ])  # fmt: skip
    put(db, ACCELERATORS, [part("amd-mi300x-192gb")])
    build(db, "marts.vendor_dependence")
    [row] = rows(db, "from marts.vendor_dependence")
    assert (row["offer_count"], row["nvidia_offer_pct"], row["nvidia_sku_pct"]) == (2, 50.0, 50.0)
    assert row["vendors"] == "AMD, NVIDIA"


def test_a_quarter_in_which_nobody_looked_has_no_row(db):
    fill(db, [offer(on=date(2026, 2, 1)), offer(on=date(2026, 9, 30)), offer(on=date(2026, 11, 1))])
    build(db, "marts.vendor_dependence")
    ends = [row["period_end_on"] for row in rows(db, "from marts.vendor_dependence")]
    assert sorted(ends) == [date(2026, 3, 31), date(2026, 9, 30)]
