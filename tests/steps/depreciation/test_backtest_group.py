from datetime import date

from tests.given.lives import H100, put
from tests.given.support import build, refer, rows


def test_an_accelerator_counts_in_its_generation_and_in_all(db):
    put(
        db,
        "marts.residual_backtest",
        *(
            {
                "price_segment": "neocloud_marketplace",
                "is_scored": True,
                "accelerator": accelerator,
                "method": "no_change",
                "horizon_months": 12,
                "period_end_on": date(2024, 1, 31),
                "error_pct": 5.0,
                "is_within_band": None,
            }
            for accelerator in (H100, "nobody-knows-it")
        ),
    )
    refer(db)
    build(db, "steps.backtest_group")
    made = rows(db, "from steps.backtest_group")
    assert {each["generation"]: each["forecast_count"] for each in made} == {
        "all": 2,
        "x": 1,
    }  # `refer` gives every chip one architecture
