"""Whose debt is kept: borrowers that live off AI computers or the halls they stand in.

A holder's table names tens of thousands of borrowers; only lines with one of these words are kept,
so that the table stays one of this warehouse's subject. The list is wider than the rules of
`facility_aliases`: what it lets in and no rule names is visible as `unmatched`. A borrower that is
not on the list is not seen at all, so a new one is added here first.
"""

import re

import polars as pl

BORROWERS = (
    "coreweave",
    "compute acquisi?t?i?on",  # "Compute Acquistion Co.": a filer's spelling
    r"\bgpus?\b",
    r"\bcrusoe\b",
    r"\bnscale\b",
    r"\bx\.?ai\b",
    "valor compute",
    "applied digital",
    r"\bapld\b",
    "terawulf",
    r"\bwulf\b",
    r"\bcipher (?:mining|digital|compute)",
    "(?:black pearl|stingray|flash|crucible) compute",
    r"compute ?co\b",
    "beacon point dc",
    "ie us hardware",
    r"\biren\b",
    "iris energy",
    r"\bfirmus\b",
    r"\bnebius\b",
    r"\blambda,? (?:inc|labs|cloud|gpu|spv|holdings|compute)",
    "lambda labs",
    "fluidstack",
    r"\bhut 8\b",
    "riot platforms",
    "bit digital",
    "hive digital",
    "qumulus",
    "edgecore",
    "databank",
    "novva",
    "fermi (?:inc|high voltage|turbine)",
    "core scientific",
    "galaxy helios",
    "galaxy digital",
    "whitefiber",
    r"\bbeignet\b",
    r"\bmeta hyperion\b",
    "vantage data",
    "aligned (?:data|energy)",
    "stack infrastructure",
    "switch, (?:inc|ltd)",
    "cyrusone",
    r"\bqts\b",
    "edged? ?conne[cx]",
    "compass datacent",
    "digital realty",
    "yotta data",
    "together (?:ai|computer)",
    r"\bvoltage park\b",
    r"\bfireworks ai\b",
    r"\bcerebras\b",
    r"\bgroq\b",
    "sharon ?ai",
    r"\btensorwave\b",
    r"\bdenvr\b",
    r"\bvultr\b",
    "constant company",
    "data ?cent(?:er|re)",
)
ANY_BORROWER = "(?i)" + "|".join(f"(?:{each})" for each in BORROWERS)


def names_borrower(text: pl.Expr) -> pl.Expr:
    """Whether one of the words is in a text; false where there is none."""
    return text.str.contains(ANY_BORROWER).fill_null(value=False)


def is_borrower(text: str) -> bool:
    """The same of one text."""
    return re.search(ANY_BORROWER, text) is not None
