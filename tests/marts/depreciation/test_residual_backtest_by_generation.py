from tests.given.lives import put
from tests.given.support import build_alone, rows

GROUP = {"price_segment": "neocloud_marketplace", "method": "cohort", "horizon_months": 12}


def test_all_together_is_a_table_of_its_own_and_no_row_among_the_generations(db):
    put(
        db,
        "steps.backtest_group",
        GROUP | {"generation": "all", "forecast_count": 7},
        GROUP | {"generation": "Hopper", "forecast_count": 5},
        GROUP | {"generation": "Ampere", "forecast_count": 2},
    )
    build_alone(db, "marts.residual_backtest_by_generation")
    build_alone(db, "marts.residual_backtest_summary")
    parts = rows(db, "from marts.residual_backtest_by_generation order by generation")
    assert {each["generation"]: each["forecast_count"] for each in parts} == {
        "Ampere": 2,
        "Hopper": 5,
    }
    [whole] = rows(db, "from marts.residual_backtest_summary")
    assert whole["forecast_count"] == 7
    assert "generation" not in whole
