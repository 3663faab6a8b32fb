"""Names and files that are made to harm are text here: nothing of them is run."""

import ast
import subprocess
from io import StringIO
from pathlib import Path

import pytest

from pipeline import ingest
from pipeline import warehouse as wh
from pipeline.contracts.reference import PROVIDERS
from pipeline.fleet import FleetError, main
from pipeline.sources.source import discover
from tests.given.support import fill, offer

HERE = Path(__file__).parents[1]
CODE = sorted([*HERE.glob("pipeline/**/*.py"), *HERE.glob("distil/**/*.py")])
# Loading any of these runs what the file says.
LOADERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}
RUNNERS = {"eval", "exec", "compile", "__import__"}
SQL = [
    "'); drop table staging.providers; --",
    "x' or '1'='1",
    '"; drop schema staging cascade; --',
    "${HOME}$(id)`id`",
    "a\\'b",
]


def test_no_code_loads_what_runs_on_loading():
    assert len(CODE) > 100
    found = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [each.name.split(".")[0] for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").split(".")[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = [node.func.id] if node.func.id in RUNNERS else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                unsafe = node.func.attr in ("read_pickle", "system", "popen", "deserialize")
                names = [node.func.attr] if unsafe else []
            found += [(path.name, n) for n in names if n in LOADERS | RUNNERS or (names == [n] and
                      n in ("read_pickle", "system", "popen", "deserialize"))]  # fmt: skip
    assert found == []


def test_no_dependency_of_ours_is_asked_to_run_a_shell():
    shells = [path.name for path in CODE if "shell=True" in path.read_text(encoding="utf-8")]
    assert shells == []


@pytest.mark.parametrize("text", SQL)
def test_a_name_in_a_reference_file_is_text(store, db, monkeypatch, tmp_path, text):
    [source] = [each for each in discover() if each.name == "providers"]
    head, first, *_ = (ingest.REFERENCE / source.file).read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    at = head.split(",").index("name")
    cells[at] = '"' + text.replace('"', '""') + '"'
    (tmp_path / source.file).write_text(f"{head}\n{','.join(cells)}\n", encoding="utf-8")
    monkeypatch.setattr(ingest, "REFERENCE", tmp_path)
    [attempt] = ingest.land(source, store, db)
    names = db.execute("select name from staging.providers").fetchall()
    assert (names, attempt.outcome) in [([(text,)], "landed"), ([], "failed")]
    assert wh.exists(db, PROVIDERS.table)


@pytest.mark.parametrize("text", SQL)
def test_a_name_in_an_offer_is_text(db, text):
    fill(db, [offer(provider=text, region=text)])
    assert db.execute("select provider, region from staging.gpu_offers").fetchall() == [
        (text, text)
    ]
    assert db.execute("select provider from staging.providers").fetchall() == [(text,)]


@pytest.mark.parametrize("name", ["'; drop table x; --.csv", "$(touch owned).csv", "a\nb.csv"])
def test_a_path_of_a_fleet_is_a_path(tmp_path, store, name):
    (tmp_path / name).write_text("nonsense\n")
    with pytest.raises(FleetError):
        main(tmp_path / name, StringIO(), store)


def test_make_hands_a_path_over_as_it_is(tmp_path):
    """The shell that make starts must not read the path as its own words."""
    path = str(tmp_path / "a'b\"; touch owned; $(touch owned) `touch owned`.csv")
    verb = "$(PY) -m pipeline fleet"
    recipe = next(e for e in (HERE / "Makefile").read_text().splitlines() if verb in e)
    command = recipe.strip().replace(verb, "printf %s").replace("$$", "$")
    shown = subprocess.run(
        ["sh", "-c", command], env={"FLEET": path}, cwd=tmp_path, capture_output=True, text=True
    )
    assert shown.stdout == path
    assert not (tmp_path / "owned").exists()
