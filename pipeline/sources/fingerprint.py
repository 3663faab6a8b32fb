"""Which code turns a source's bytes into rows, and a hash of it: a change means reading raw again.

What a source depends on is read off the imports of its module and of its contract's `prepare`,
followed through the rooms that decide rows. The other rooms do not: `capture` gets the bytes that
are read again, and `columns` and `contracts` come in by what this contract promises. A docstring or
a comment decides nothing either, so that saying something better costs nobody an hour of parsing.
"""

import ast
import hashlib
import inspect
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from pipeline.columns import COLUMNS
from pipeline.contracts import Contract
from pipeline.contracts.rules import Check
from pipeline.remembered import remembered
from pipeline.sources.source import Source

__all__ = ["code_fingerprint", "deciding_modules"]

ROOMS = ("pipeline.identity", "pipeline.methods", "pipeline.sources")
# Says what a source is and which there are; rows are the same whatever it says.
DECIDES_NOTHING = frozenset({"pipeline.sources.source"})


class _Code(NamedTuple):
    """Hash of a module without docstrings, and the modules of ROOMS that it imports."""

    tree: str
    imports: frozenset[str]


def code_fingerprint(source: Source) -> str:
    """Hash of everything but bytes and committed rules that a source's rows depend on."""
    told = [f"{name} {_code(name).tree}" for name in sorted(deciding_modules(source))]
    told.append(_promises(source.contract))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def deciding_modules(source: Source) -> frozenset[str]:
    """The source's module, that of its contract's `prepare`, and what they import from ROOMS."""
    found: set[str] = set()
    ahead = [source.module.__name__]
    if source.contract.prepare is not None:
        ahead.append(source.contract.prepare.__module__)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += _code(name).imports
    return frozenset(found)


def _text(name: str) -> str:
    return inspect.getsource(import_module(name))


@cache
def _code(name: str) -> _Code:
    said, taken = _told_by(_text(name))
    imports = {each if part is None else _module(each, part) for each, part in taken}
    near = {each for each in imports if f"{each}.".startswith(tuple(f"{r}." for r in ROOMS))}
    return _Code(said, frozenset(near - DECIDES_NOTHING))


@remembered("code", sys.version)
def _told_by(text: str) -> tuple[str, list[tuple[str, str | None]]]:
    """Hash of a module's text without docstrings; what it imports, and from what by which name."""
    tree = ast.parse(text)
    taken: set[tuple[str, str | None]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            taken |= {(node.module, each.name) for each in node.names}
        elif isinstance(node, ast.Import):
            taken |= {(each.name, None) for each in node.names}
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                del node.body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), sorted(taken, key=str)


def _module(package: str, name: str) -> str:
    """What `from package import name` takes from: a module of the package, or the package."""
    if not f"{package}.".startswith("pipeline."):
        return package
    try:
        spec = find_spec(f"{package}.{name}")
    except ModuleNotFoundError:  # not a package but a module, which has names only
        spec = None
    return package if spec is None else f"{package}.{name}"


def _promises(terms: Contract) -> str:
    """Key, columns, types and bounds of a contract: a row is kept or set aside by them."""
    told = [
        f"{name} {COLUMNS[name].dtype} {name in terms.optional} {[_told(each) for each in checks]}"
        for name, checks in terms.checks.items()
    ]
    blank = terms.committed.blank if terms.committed is not None else ()
    whole = [_told(each) for each in terms.whole]
    return "\n".join([f"{terms.key} {blank} {whole}", *told])


def _told(check: Check) -> str:
    """A check and its bounds; a set in one order, since the order of sets differs by process."""
    bounds = {
        name: sorted(value, key=str) if isinstance(value, set | frozenset) else value
        for name, value in check.bounds.items()
    }
    return f"{check.name} {bounds}"
