from pipeline.contracts.thesis import CHIP_USES
from tests.given.support import build, rows
from tests.given.thesis import put


def test_the_newest_saying_counts(db):
    use = {"customer": "Lab", "model_or_use": "Model", "chip_vendor": "V", "accelerator_raw": "T",
           "chip_relation": "runs on", "deal_status": "announced"}  # fmt: skip
    put(db, CHIP_USES, [use | {"amount_usd": 5.0}])
    build(db, "marts.chip_use")
    [row] = rows(db, "from marts.chip_use")
    assert (row["customer"], row["amount_usd"]) == ("Lab", 5.0)
