"""Promises every file keeps: the tests enumerate the system, so nothing can be half added."""

import re
import subprocess
from pathlib import Path

import pytest

from distil import document
from pipeline.build.model import models
from pipeline.contracts import declared
from pipeline.release import tables
from pipeline.sources.source import discover

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "GUIDE.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "docs" / "SOURCES.md").read_text(encoding="utf-8")


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


every_source = pytest.mark.parametrize("source", discover(), ids=lambda each: each.name)


@every_source
def test_a_source_has_a_test_and_a_row_in_the_list_of_sources(source):
    assert (ROOT / "tests" / "sources" / source.domain / f"test_{source.name}.py").is_file()
    assert SOURCES.count(f"| `{source.name}` |") == 1


@every_source
def test_a_source_says_where_from_and_under_which_terms(source):
    assert source.homepage
    assert source.terms
    assert source.licence
    assert len(source.doc) > 80
    assert (source.fetch is None) != (source.file is None)


@pytest.mark.parametrize("model", models(), ids=lambda each: each.table)
def test_a_model_has_a_test(model):
    """In a file of its own name; steps that make one thing together may share a file."""
    folder = ROOT / "tests" / model.schema
    asked = f"from {model.table}"
    together = model.schema == "steps" and any(
        asked in path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py")
    )
    assert together or list(folder.rglob(f"test_{model.name}.py"))


DOCUMENTS = tables.DOCUMENTS | document.DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_documents_are_fresh(name):
    assert (tables.DOCS / name).read_text(encoding="utf-8") == DOCUMENTS[name](), "run `make docs`"


def test_no_file_names_a_package_registry_or_a_path_of_this_machine():
    hosts = "|".join(["py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js"])
    banned = re.compile(rf"{hosts}|(?<![a-z])/(wo" + "rk|fa" + "rm|ro" + "ot|ho" + "me)/")
    for path in committed():
        if path.suffix in {".parquet", ".gz"}:
            continue
        found = banned.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found}"


def test_no_file_cites_a_document_its_reader_does_not_have():
    cited = re.compile(r"\b(?:TRAPS|USERS) (?:[0-9]|[A-Z]\b)")
    for path in committed():
        if path.suffix in {".py", ".sql", ".md", ".csv", ".toml"}:
            found = cited.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path.relative_to(ROOT)}: {found}"


def test_a_module_hides_no_seam():
    for path in committed():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"pipeline", "distil"}:
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_committed_files_are_small_enough_to_read():
    assert max(path.stat().st_size for path in committed()) < 3_000_000


def test_readme_commands_are_verbs_of_the_makefile():
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README + GUIDE, re.MULTILINE))
    assert named
    assert named <= verbs


def test_every_contract_is_filled_by_a_source():
    assert {each.name for each in declared()} == {each.contract.name for each in discover()}


@every_source
def test_the_list_of_sources_says_which_real_answer_a_source_was_held_against(source):
    [row] = [line for line in SOURCES.splitlines() if line.startswith(f"| `{source.name}` |")]
    said = row.split(" | ")[4]
    if source.file:
        assert said == "-"
        assert source.real_answer is None
    else:
        assert said == (source.real_answer or "not yet")
    if source.real_answer:
        each = re.compile(r"\d{4}(-\d\d){0,2}, (whole|entries|lines)")
        assert all(each.fullmatch(part) for part in source.real_answer.split("; "))
        files = (ROOT / "tests" / "sources" / source.domain).glob("*.py")
        recorded = "".join(path.read_text() for path in files if source.name in path.read_text())
        folder = ROOT / "tests" / "fixtures" / source.name / "SOURCE.md"
        recorded += folder.read_text() if folder.is_file() else ""
        assert re.search(r"shared|recorded|an answer of", recorded)


@pytest.mark.parametrize(
    "document",
    ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/GUIDE.md", "docs/SOURCES.md"],
)
def test_a_document_names_what_is_there(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:pipeline|sql|tests|distil|docs|warehouse/reference)/[\w./-]*?)(?:::(\w+))?`", text
    )
    for path, name in named:
        assert (ROOT / path).exists(), path
        if name:
            lines = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^(?:def {name}\(|{name}\b.* = )", lines, re.MULTILINE), (
                f"{path}: {name}"
            )
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / document).parent / path).exists(), path
