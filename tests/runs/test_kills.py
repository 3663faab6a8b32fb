"""After kill -9 the next run finishes: a short form of `python -m tests.trials.kills`."""

import random

from pipeline.runs.lock import hold
from tests.trials.kills import kill_commands, start


def test_after_a_killed_command_the_next_one_finishes(tmp_path):
    met = kill_commands(tmp_path / "warehouse", random.Random(7), 3)
    assert met["alive when killed"] == 3


def test_a_second_command_leaves_with_a_code_of_its_own(tmp_path):
    root = tmp_path / "warehouse"
    with hold(root / "run.lock", "a test", say=print):
        second = start(root, wait_seconds=0.5)
        second.join(240)
    assert second.exitcode == 75
    said = (tmp_path / "said").read_text()
    assert "waiting for process" in said
    assert "(a test) since 20" in said
