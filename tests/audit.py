"""`make audit`: known vulnerabilities of requirements.lock, by pip-audit.

Exit code 0 when none is known and, with a line that says so, when no database could be asked: a
machine without network has nothing to mend. 1 when the lock has a vulnerable package.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
COMMAND = (sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes",
           "--disable-pip", "--progress-spinner", "off", "--timeout", "10")  # fmt: skip
# What requests and pip-audit say when the network, and not a package, is at fault.
UNREACHED = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError",
             "ServiceError", "HTTPError")  # fmt: skip
Run = Callable[[Sequence[str]], tuple[int, str]]


def asked(command: Sequence[str]) -> tuple[int, str]:
    """Exit code and all output of the tool."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def main(run: Run = asked) -> int:
    code, said = run(COMMAND)
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    if code and any(word in last[0] for word in UNREACHED):
        why = last[0].partition(":")[0]
        print(f"not audited: no database of vulnerabilities could be reached ({why})")
        return 0
    print(said.strip())
    return code


if __name__ == "__main__":
    sys.exit(main())
