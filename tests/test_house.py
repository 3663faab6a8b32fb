"""What guards the repository itself: the audit, the scan for leaks, hooks and the workflow."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests import audit, leaks

ROOT = Path(__file__).resolve().parents[1]
# Imported where they are used only: groups of their own.
OPTIONAL = {"pyspark", "sqlglot"}


def test_an_audit_without_a_reachable_database_says_so_and_is_no_failure(capsys):
    said = "Traceback (most recent call last):\nrequests.exceptions.ConnectionError: no route"
    assert audit.main(lambda _: (1, said)) == 0
    assert "not audited" in capsys.readouterr().out


def test_a_vulnerable_package_fails_the_audit(capsys):
    said = "Found 1 known vulnerability in 1 package\nName Version ID\nlxml 1.0 PYSEC-1"
    assert audit.main(lambda _: (1, said)) == 1
    assert "lxml" in capsys.readouterr().out
    assert audit.main(lambda _: (0, "No known vulnerabilities found")) == 0


def test_a_tool_that_breaks_for_another_reason_fails_the_audit():
    assert audit.main(lambda _: (2, "error: no such option")) == 2
    assert audit.main(lambda _: (1, "")) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key = AK" + "IAIOSFODNN7EXAMPLE", "an access key"),
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "a private key"),
        ("token: gh" + "p_abcdefghijklmnopqrstuvwxyz0123", "a token"),
        ("see https://py" + "pi.org/simple", "a package registry"),
        ("open('/wo" + "rk/shared/x')", "a path of one machine"),
        ("https://me:hun" + "ter2@example.org/", "a password in an address"),
    ],
)
def test_what_must_not_be_committed_is_found_on_its_line(text, kind):
    assert [*leaks.leaks(f"first\n{text}\n")] == [(2, kind)]


def test_addresses_and_relative_paths_are_no_leaks():
    assert [*leaks.leaks("https://example.org/work/x ../shared/data {user}:{word}@host")] == []


def test_nothing_committed_leaks():
    assert leaks.main([]) == 0


def test_hooks_are_local_and_the_workflow_runs_what_ci_runs():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert hooks.count("repo:") == hooks.count("repo: local") == 1
    assert ".ci/run" in (ROOT / ".github/workflows/ci.yml").read_text()


def test_what_the_package_imports_is_what_it_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w-]", each)[0].lower() for each in project["dependencies"]}
    imported: set[str] = set()
    for path in (ROOT / "pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    packages = packages_distributions()
    lacking = {
        name
        for name in imported - sys.stdlib_module_names - {"pipeline"}
        if not {each.lower() for each in packages.get(name, ())} & declared
    }
    assert lacking == OPTIONAL
