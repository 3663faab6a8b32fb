"""What must not be committed: keys, hosts of package registries, paths of one machine.

python -m tests.leaks [file ...]    all committed files without arguments
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# In parts, so that this file does not hold what it looks for.
PATTERNS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----",
    "an access key": r"\b(?:AK" + r"IA|AS" + r"IA)[0-9A-Z]{16}\b",
    "a token": r"\b(?:gh[pousr]_|github_" + r"pat_|glpat-|xox[abp]-|sk-)[A-Za-z0-9_-]{20,}",
    "a Google key": r"\bAI" + r"za[0-9A-Za-z_-]{35}\b",
    "a password in an address": r"://[^/\s:@{}<>$]+:[^/\s:@{}<>$]{3,}@[a-z0-9.-]+\.[a-z]{2,}",
    "a package registry": r"\b(?:py" + r"pi\.org|files\.python" + r"hosted\.org|registry\.npm"
    + r"js\.org|--(?:extra-)?index" + r"-url[ =]\S*//)",
    "a path of one machine": r"(?:^|[\s\"'=(])(?:/ho" + r"me/[a-z]+|/Users/[A-Za-z]+|/wo" + r"rk)/",
}  # fmt: skip
FOUND = {name: re.compile(pattern, re.MULTILINE) for name, pattern in PATTERNS.items()}


def leaks(text: str) -> Iterator[tuple[int, str]]:
    """Line and kind of each thing in a text that must not be committed."""
    for name, pattern in FOUND.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, name


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def main(names: Iterable[str]) -> int:
    bad = 0
    for path in [Path(name) for name in names] or committed():
        if not path.is_file():  # deleted, or a link to nothing
            continue
        for line, kind in leaks(path.read_text(encoding="utf-8", errors="replace")):
            print(f"{path}:{line}: {kind}")
            bad += 1
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
