"""What depends on a text alone is asked once, and a file that cannot be used costs nothing."""

import os

import pytest

from pipeline import remembered as module
from pipeline.remembered import remembered


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FOLDER", tmp_path / "kept")
    return tmp_path / "kept"


def asking(version="1"):
    """A function as a new process has it, and the texts it was really asked."""
    asked = []

    @remembered("lengths", version)
    def length(text):
        asked.append(text)
        return [len(text)]

    return length, asked


def saved(length):
    [memory] = [c.cell_contents for c in length.__closure__ if hasattr(c.cell_contents, "save")]
    memory.save(os.getpid())


@pytest.mark.usefixtures("folder")
def test_an_answer_is_there_in_the_next_process():
    length, asked = asking()
    assert length("abc") == [3]
    assert length("abc") == [3]
    assert asked == ["abc"]
    saved(length)
    again, asked = asking()
    assert again("abc") == [3]
    assert asked == []


@pytest.mark.usefixtures("folder")
def test_another_version_asks_again():
    length, _ = asking()
    length("abc")
    saved(length)
    again, asked = asking("2")
    assert again("abc") == [3]
    assert asked == ["abc"]


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '"a"'])
def test_a_file_nobody_can_read_is_as_good_as_none(folder, text):
    folder.mkdir()
    (folder / "lengths.json").write_text(text)
    length, asked = asking()
    assert length("abc") == [3]
    assert asked == ["abc"]


def test_a_folder_nobody_can_write_to_is_no_error(folder):
    folder.write_text("a file")
    length, _ = asking()
    assert length("abc") == [3]
    saved(length)
