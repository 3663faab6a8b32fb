"""What a change of life did as disclosed, beside the same effect on all capital expenditure."""

import pytest

from tests.given.support import rows
from tests.marts.depreciation.test_issuer_depreciation_gap import CHANGE, gap, modelled


def test_the_effect_on_all_capex_stands_beside_the_disclosed_one(db):
    gap(db, CHANGE)
    [made] = rows(db, "from steps.disclosed_life_effect where disclosed_effect_usd is not null")
    assert made["disclosed_effect_usd"] == -10e9
    # Half of capex is machines in the company of that file.
    assert made["full_effect_usd"] == pytest.approx(modelled() / 0.5)
    assert (made["old_life_years"], made["new_life_years"]) == (4.0, 6.0)
    assert made["is_subset"] is False


def test_a_change_of_a_part_of_the_machines_is_called_that(db):
    gap(db, CHANGE | {"asset_class": "subset of servers"}, CHANGE | {"effect_to_on": None})
    [made] = rows(db, "from steps.disclosed_life_effect where is_subset")
    assert made["disclosed_effect_usd"] == -10e9
