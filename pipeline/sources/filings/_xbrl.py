"""The figures of one filing, from its extracted instance or from its inline document.

`https://www.xbrl.org/Specification/XBRL-2.1/` defines contexts and units, `.../inlineXBRL-part1/`
the tags inside HTML. Both forms give the same figures; the SEC makes the first (`*_htm.xml`) from
the second. Schemas are not read: what is numeric has a unit, a duration says so itself.

Files come from filers, so a document may not have a DTD (no entity is ever declared or expanded),
nothing outside it is opened, and libxml2's own limits stay on: 256 levels of nesting, 10 MB of text
in one node. The largest text of the recorded filings is a hundredth of that.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from lxml import etree

from pipeline.sources.filings import _figures
from pipeline.sources.source import ParseError

MAX_BYTES = 64 * 2**20
XBRLI = "{http://www.xbrl.org/2003/instance}"
XBRLDI = "{http://xbrl.org/2006/xbrldi}"
IX = "{http://www.xbrl.org/2013/inlineXBRL}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
XHTML = "{http://www.w3.org/1999/xhtml}html"
# Taxonomies that everybody uses, named as companyfacts names them; another is the filer's own.
STANDARD = re.compile(
    r"https?://(?:(?:xbrl\.)?fasb\.org/(us-gaap|srt)/\d{4}(?:-\d\d-\d\d)?"
    r"|xbrl\.sec\.gov/([a-z]+)/\d{4}(?:-\d\d-\d\d|q\d)?"
    r"|xbrl\.ifrs\.org/taxonomy/\d{4}-\d\d-\d\d/(ifrs-full))"
)
RESERVED = ("us-gaap", "srt", "dei", "ecd", "ffd", "ifrs-full")
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.0+)?)?(?:Z|[+-]\d\d:\d\d)?")
CIK = re.compile(r"\d{1,10}")
DURATION = ""

Name = Callable[[str, etree._Element], tuple[str, str]]
T = TypeVar("T")


class Fact(NamedTuple):
    """One tagged figure as filed; `unit` is empty for a duration, `end` is None for no period."""

    cik: str
    taxonomy: str
    concept: str
    unit: str
    start: date | None
    end: date | None
    dimensions: str
    text: str
    decimals: str
    form: str
    scale: str
    sign: str


class Document(NamedTuple):
    """What a filing says it is (10-K, 10-K/A), and its figures in document order."""

    form: str | None
    facts: list[Fact]


class _Context(NamedTuple):
    cik: str
    start: date | None
    end: date | None
    dimensions: str


def read(body: bytes, where: str) -> Document:
    """All numeric facts and durations, those with dimensions and of the filer's taxonomy too.

    Args:
        body: An instance (xbrli:xbrl) or an inline document (html).
        where: The document's address, for messages.

    Raises:
        ParseError: not a whole XML document of either kind, one with a DTD, or facts that refer
            to no context or unit.
    """
    root = _root(body, where)
    # Prefixes declared once, at the root, need not be looked up on the way to every fact.
    whole = len(root.nsmap) == body.count(b"xmlns:") + body.count(b"xmlns=")
    try:
        names = _names(root if whole else None)
        contexts = _contexts(root, names)
        units = {each.get("id", ""): _unit(each) for each in root.iter(f"{XBRLI}unit")}
        if root.tag == f"{XBRLI}xbrl":
            document = _extracted(root, contexts, units)
        else:
            document = _inline(root, names, contexts, units)
    except _Broken as error:
        raise ParseError(f"{where}: {error}") from error
    if not document.facts:
        raise ParseError(f"{where}: no figure is tagged")
    return document


class _Broken(ValueError):
    """What is wrong, before it is known in which document."""


def _root(body: bytes, where: str) -> etree._Element:
    if len(body) > MAX_BYTES:
        raise ParseError(f"{where}: {len(body):,} bytes, more than {MAX_BYTES:,}")
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"Undeclared Automated Tool" in body[:65536]:
        raise ParseError(f"{where}: the SEC's page for clients that name no contact")
    if not head.startswith(b"<"):
        kind = {b"PK\x03\x04": "a zip file", b"\x1f\x8b": "a gzip file"}
        what = next((v for k, v in kind.items() if head.startswith(k)), "not XML")
        raise ParseError(f"{where}: {what}, where an XBRL document was expected")
    if b"<!DOCTYPE" in body[:65536].upper():
        raise ParseError(f"{where}: has a DTD, as web pages have and filings do not")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"{where}: not whole XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:  # in another encoding, or further down
        raise ParseError(f"{where}: has a DTD, as web pages have and filings do not")
    if root.tag not in (f"{XBRLI}xbrl", XHTML):
        raise ParseError(f"{where}: <{root.tag}> is neither an instance nor an inline document")
    return root


def _names(root: etree._Element | None) -> Name:
    """Taxonomy and local name of a prefixed name, as prefixes stand where it is written."""
    known: dict[tuple[str, str], str] = {}
    at_root = dict(root.nsmap) if root is not None else None

    def name(text: str, element: etree._Element) -> tuple[str, str]:
        prefix, _, local = text.strip().rpartition(":")
        declared = at_root if at_root is not None else element.nsmap
        uri = declared.get(prefix or None)
        if uri is None:
            raise _Broken(f"prefix of {text.strip()[:100]!r} is not declared")
        key = (uri, prefix)
        if key not in known:
            known[key] = _taxonomy(uri, prefix)
        return known[key], local

    return name


def _taxonomy(uri: str, prefix: str) -> str:
    if found := STANDARD.fullmatch(uri):
        return found[1] or found[2] or found[3]
    if prefix in RESERVED:
        raise _Broken(f"prefix {prefix} stands for {uri[:200]}")
    return prefix


def _contexts(root: etree._Element, names: Name) -> dict[str, _Context]:
    found: dict[str, _Context] = {}
    for each in root.iter(f"{XBRLI}context"):
        name = each.get("id", "")
        context = _context(each, name, names)
        if found.setdefault(name, context) != context:
            raise _Broken(f"two contexts {name!r}")
    return found


def _context(each: etree._Element, name: str, names: Name) -> _Context:
    cik = (each.findtext(f"{XBRLI}entity/{XBRLI}identifier") or "").strip()
    if not CIK.fullmatch(cik):
        raise _Broken(f"context {name!r} is of no CIK: {cik[:100]!r}")
    start = each.findtext(f"{XBRLI}period/{XBRLI}startDate")
    end = each.findtext(f"{XBRLI}period/{XBRLI}endDate")
    end = end if end is not None else each.findtext(f"{XBRLI}period/{XBRLI}instant")
    pairs = []
    for member in each.iter(f"{XBRLDI}explicitMember"):
        axis = ":".join(names(member.get("dimension", ""), member))
        pairs.append(f"{axis}={':'.join(names(member.text or '', member))}")
    for member in each.iter(f"{XBRLDI}typedMember"):
        axis = ":".join(names(member.get("dimension", ""), member))
        pairs.append(f"{axis}={_quoted(_text(member).strip())}")
    return _Context(
        cik.zfill(10),
        None if start is None else _day(start, ends=False),
        None if end is None else _day(end, ends=True),
        ";".join(sorted(pairs)),
    )


def _quoted(value: str) -> str:
    """A typed member may hold any text: what the pairs are joined by is written as in addresses."""
    return value.replace("%", "%25").replace(";", "%3B").replace("=", "%3D")


def _day(text: str, *, ends: bool) -> date:
    """A period's day; a moment at midnight that ends a period is the day before."""
    found = DAY.fullmatch(text.strip())
    try:
        day = date.fromisoformat(found[1] if found else "")
    except ValueError as error:
        raise _Broken(f"{text[:100]!r} is no date") from error
    return day - timedelta(days=1) if found and ends and found[2] == "00:00:00" else day


def _unit(each: etree._Element) -> str:
    """USD, shares, USD/shares, pure: names as in companyfacts; factors are joined by *."""
    divided = each.find(f"{XBRLI}divide")
    if divided is None:
        return _measures(each)
    over, under = (divided.find(f"{XBRLI}{part}") for part in ("unitNumerator", "unitDenominator"))
    if over is None or under is None:
        raise _Broken(f"unit {each.get('id')!r} divides nothing")
    return f"{_measures(over)}/{_measures(under)}"


def _measures(each: etree._Element) -> str:
    found = [(m.text or "").strip().rpartition(":")[2] for m in each.findall(f"{XBRLI}measure")]
    if not found or not all(found):
        raise _Broken("a unit without a measure")
    return "*".join(sorted(found))


def _fact(
    of: tuple[str, str], element: etree._Element, context: _Context, unit: str, text: str
) -> Fact:
    get = element.get
    cells = (get("decimals", ""), get("format", ""), get("scale", ""), get("sign", ""))
    return Fact(
        context.cik, *of, unit, context.start, context.end, context.dimensions, text, *cells
    )


def _of(known: dict[str, T], element: etree._Element, attribute: str) -> T:
    name = element.get(attribute, "")
    if name not in known:
        raise _Broken(f"{element.get('name') or element.tag} has {attribute} {name[:100]!r}")
    return known[name]


def _extracted(
    root: etree._Element, contexts: dict[str, _Context], units: dict[str, str]
) -> Document:
    facts: list[Fact] = []
    said: dict[str, str] = {}
    taxonomies: dict[tuple[str, str], str] = {}
    for each in root:
        if each.get("contextRef") is None:
            continue
        text = each.text or ""
        numeric = each.get("unitRef") is not None
        if not numeric and len(text) > _figures.MAX_CHARACTERS:  # a text block
            continue
        tag = etree.QName(each)
        key = (tag.namespace or "", each.prefix or "")
        if key not in taxonomies:
            taxonomies[key] = _taxonomy(*key)
        of = taxonomies[key], tag.localname
        if numeric:
            if each.get(NIL) not in ("true", "1"):
                unit = _of(units, each, "unitRef")
                facts.append(_fact(of, each, _of(contexts, each, "contextRef"), unit, _text(each)))
        elif _figures.is_duration(text.strip()):
            context = _of(contexts, each, "contextRef")
            facts.append(_fact(of, each, context, DURATION, text))
        elif of[0] == "dei":
            said.setdefault(of[1], text.strip())
    return Document(_form(said), facts)


def _inline(
    root: etree._Element, names: Name, contexts: dict[str, _Context], units: dict[str, str]
) -> Document:
    facts: list[Fact] = []
    said: dict[str, str] = {}
    further = {each.get("id", ""): each for each in root.iter(f"{IX}continuation")}
    for each in root.iter(f"{IX}nonFraction", f"{IX}fraction", f"{IX}nonNumeric"):
        if each.get(NIL) in ("true", "1"):
            continue
        form = _figures.local(each.get("format", ""))
        if each.tag != f"{IX}nonNumeric":
            of = names(each.get("name", ""), each)
            unit = _of(units, each, "unitRef")
            # A tag around another shows the text of the one within, once.
            facts.append(_fact(of, each, _of(contexts, each, "contextRef"), unit, _text(each)))
        elif form.startswith("dur") or (not form and _figures.is_duration(each.text or "")):
            of = names(each.get("name", ""), each)
            text = "".join(_text(part) for part in _parts(each, further))
            facts.append(_fact(of, each, _of(contexts, each, "contextRef"), DURATION, text))
        elif each.get("name", "").startswith("dei:"):
            # Check boxes and fixed-true say yes whatever is printed.
            yes = form in ("fixedtrue", "booleantrue")
            said.setdefault(each.get("name", "")[4:], "true" if yes else _text(each).strip())
    return Document(_form(said), facts)


def _parts(each: etree._Element, further: dict[str, etree._Element]) -> Iterator[etree._Element]:
    """An element and what continues it elsewhere."""
    seen = set()
    part: etree._Element | None = each
    while part is not None:
        yield part
        name = part.get("continuedAt", "")
        if name in seen:
            raise _Broken(f"continuation {name[:100]!r} continues itself")
        seen.add(name)
        part = further.get(name)


def _text(element: etree._Element) -> str:
    """All text inside, without what ix:exclude takes out; the parser bounds the depth."""
    if not len(element):
        return element.text or ""
    parts = [element.text or ""]
    for child in element:
        if child.tag != f"{IX}exclude":
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _form(said: dict[str, str]) -> str | None:
    form = said.get("DocumentType")
    if form and said.get("AmendmentFlag", "").lower() == "true" and not form.endswith("/A"):
        return f"{form}/A"
    return form or None
