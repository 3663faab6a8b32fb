"""`python -m tests.trials.in_words FILE.duckdb`: an MCP server of other people's asks the file.

Server and client library come from a package index into an environment that is thrown away. The
server is started by the line of docs/GUIDE.md and asked over stdio what a program asks that was
asked in words: which columns there are and what they mean, and a figure with its documents by
`cite`. What would change the file has to be refused.
"""

import hashlib
import json
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import warehouse as wh

HOME = Path(__file__).resolve().parents[2]
PACKAGES = ("mcp-server-motherduck>=1.1", "mcp>=2.3")
LINE = re.compile(r"`(mcp-server-motherduck [^`]*)`")
# "What did CoreWeave owe in the middle of 2026, and who says so?"
CITED = """
select cited_row ->> 'total_debt_usd' as total_debt_usd, accessions, build_id
from cite('marts.neocloud_leverage', {issuer: 'CoreWeave', period_end_on: date '2026-06-30'})
"""
CHANGING = "create table marts.mine as select 1 as n"
# Run in the other environment.
ASKING = """
import asyncio, json, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def asked(command, questions):
    said = []
    async with (
        stdio_client(StdioServerParameters(command=command[0], args=command[1:])) as pipes,
        ClientSession(*pipes) as session,
    ):
        await session.initialize()
        for tool, given in questions:
            answer = await session.call_tool(tool, given)
            said.append([answer.is_error, "".join(part.text for part in answer.content)])
    return said

print(json.dumps(asyncio.run(asked(*json.loads(sys.argv[1])))))
"""


def line() -> list[str]:
    """How the guide says the server is started."""
    [found] = LINE.findall((HOME / "docs" / "GUIDE.md").read_text(encoding="utf-8"))
    return shlex.split(found)


def main(published: Path) -> None:
    """Ask, and hold the answers against the file's own.

    Raises:
        AssertionError: an answer is missing or another, or the file can be changed.
    """
    with TemporaryDirectory(prefix="in-words-") as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        programs = home / "env" / "bin"
        subprocess.run(
            [programs / "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
            check=True,
        )
        (home / "warehouse").mkdir()
        (home / "warehouse" / "warehouse.duckdb").symlink_to(published)
        before = hashlib.sha256(published.read_bytes()).hexdigest()
        server, *words = line()
        questions = [
            ("list_columns", {"table": "neocloud_leverage", "schema": "marts"}),
            ("execute_query", {"sql": CITED}),
            ("execute_query", {"sql": CHANGING}),
        ]
        asked = json.dumps([[str(programs / server), *words], questions])
        done = subprocess.run(
            [programs / "python", "-c", ASKING, asked], cwd=home, check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        (_, columns), (failed, cited), (refused, why) = json.loads(done.stdout.splitlines()[-1])
    assert "total_debt_usd" in columns, columns[:500]
    assert not failed, cited
    [answer] = json.loads(cited)["rows"]
    with wh.opened_for_reading(published) as db:
        assert answer == [*db.execute(CITED).fetchall()[0]]
    assert None not in answer, answer
    assert refused, why
    assert "read-only" in why, why
    assert hashlib.sha256(published.read_bytes()).hexdigest() == before
    sys.stdout.write(f"{' '.join(line())}: {answer}; refused: {' '.join(why.split())[:200]}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
