"""A stranger's first minutes: a clone, and the commands of its README."""

import re
import shutil

from pipeline.release import cookbook
from tests.trials import stranger


def test_the_commands_of_the_readme_succeed_in_a_fresh_clone(tmp_path, committed):
    """On a warehouse that is built; `make run` and `make ui` are the trial's, once a week."""
    home = stranger.clone(tmp_path)
    shutil.copy(committed.published, home / "warehouse")
    readme = (home / "README.md").read_text(encoding="utf-8")
    commands = stranger.commands(readme)
    assert commands[:2] == ["make run", stranger.UI]
    answers = [stranger.followed(home, each) for each in commands[2:]]
    assert len(answers) >= 4
    assert all(answers)
    assert [each for each in stranger.links(readme) if not (home / each).exists()] == []
    questions = re.search(r"answers (\d+) questions", readme)
    assert questions is not None
    assert int(questions[1]) == len(cookbook.recipes())
