"""Contracts of whose debt is kept, and of who manages the funds that hold it."""

from pipeline.contracts import Committed, contract
from pipeline.contracts.filings import CIK
from pipeline.contracts.rules import Check

AI_BORROWERS = contract(
    "ai_borrowers",
    "One row per name by which a borrower that lives off AI computers, or the halls they stand in, "
    "is looked for.",
    committed=Committed(
        """
        Whose debt and whose offerings are kept, out of tens of thousands of names in each file.

        `pattern` is searched in a name regardless of case, without look-around. The list is wider
        than the rules of `facility_aliases`: a line it lets in and no rule knows is kept and says
        `unmatched`. A borrower that is not listed is not seen at all, so a new one is added here
        first. `cik` is the filer, once per borrower, for files that name filers by number.
        """,
    ),
    key=["pattern"],
    optional=["cik"],
    borrower=[],
    pattern=[],
    cik=[CIK],
    is_sought_in_holdings=[],
    is_sought_in_offerings=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

FUND_ADVISERS = contract(
    "fund_advisers",
    "One row per rule from a fund's name to the manager named in it; the lowest priority wins.",
    committed=Committed(
        """
        Managers whose name is in the names of their funds, as rules over the fund's name.

        `pattern` is searched regardless of case. Of a fund that no rule names the adviser is not
        known here, and stays null.
        """,
    ),
    key=["priority"],
    priority=[Check.ge(0)],
    pattern=[],
    adviser=[],
    evidence=[],
    source_date=[],
    read_on=[],
)
