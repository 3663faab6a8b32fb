"""`python -m tests.trials.outside WAREHOUSE [FOLDER]`: what other people's programs say of ours.

frictionless validates the exports against their datapackage.json, axe the report against WCAG 2.2
AA in a headless Chromium: wide and on a phone, light and dark, with pictures in FOLDER. Both are
installed in a throw-away folder.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.trials.thrown_away import installed
from tests.ui import look

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Of long tables the first rows: frictionless reads some thousand a second.
ROWS = 2_000
VALIDATING = """
import json, sys
from frictionless import Package, system
with system.use_context(trusted=True):
    package = Package(sys.argv[1])
    report = package.validate(limit_errors=3, limit_rows=int(sys.argv[2]), parallel=False)
print(json.dumps([
    len(package.resources),
    [e.message for e in report.errors]
    + [f"{t.name}: {e.message}" for t in report.tasks for e in t.errors],
]))
"""


def frictionless(exports: Path) -> None:
    """The package and the first rows of its tables."""
    with TemporaryDirectory(prefix="frictionless-") as folder:
        installed(folder, "frictionless")
        done = subprocess.run(
            [sys.executable, "-c", VALIDATING, str(exports / "datapackage.json"), str(ROWS)],
            env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin"}, cwd=exports, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
    count, errors = json.loads(done.stdout.splitlines()[-1])
    assert errors == [], errors[:20]
    sys.stdout.write(f"frictionless: {count} files are what datapackage.json says\n")


def axe(report: Path, pictures: Path | None) -> None:
    """The report on two screens in two schemes."""
    with TemporaryDirectory(prefix="axe-") as folder:
        installed(folder, "--no-deps", "axe-core-python")
        [script] = Path(folder).rglob("axe.min.js")
        code = script.read_text(encoding="utf-8")
    asked = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    with look.opened() as page:
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                page.emulated(width=width, scheme=scheme)
                page.read(report.as_uri(), "GPU")
                page.evaluated(f"{code}; true")
                found = page.evaluated(
                    f"axe.run(document, {asked}).then(r => ({{ rules: r.passes.length, "
                    "broken: r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html]) }))"
                )
                wide = page.evaluated("document.documentElement.scrollWidth")
                assert found["broken"] == [], (width, scheme, found["broken"])
                assert wide <= width, f"the page is {wide} wide on a screen of {width}"
                if pictures is not None:
                    page.saved(pictures / f"report_{width}_{scheme}.png")
                sys.stdout.write(f"axe: {width} {scheme}: {found['rules']} rules hold\n")


def main(warehouse: Path, pictures: Path | None) -> None:
    axe(warehouse / "report" / "index.html", pictures)
    frictionless(warehouse / "exports")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
