"""The notebook: its cells run in order on the published file, and draw."""

import json
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"


def test_the_notebook_draws_four_figures_from_the_published_file(committed, monkeypatch):
    monkeypatch.setenv("GCW_FILE", str(committed.published))
    mpl.use("agg")
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    said: dict[str, object] = {}
    plt.close("all")
    try:
        for cell in cells:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == [], "figures of one day are not kept in the repository"
                exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), said)
        figures = [plt.figure(number) for number in plt.get_fignums()]
        drawn = [sum(len(axes.lines) for axes in figure.axes) for figure in figures]
    finally:
        plt.close("all")
        said["db"].close()
    assert len(drawn) == 4
    assert min(drawn) >= 2, "lines of each figure"
