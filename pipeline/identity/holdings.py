"""From a holder's words to a borrower and a facility, by stated rules in order.

The rules are the rows of `facility_aliases`, each with its own citation. A name is matched by the
rule's regular expression and nothing else: SPVs do not carry their sponsor's name ("Compute
Acquisition Co. IV"), and a near match on a name has made a company out of another one's debt. What
no rule names stays in the table as `unmatched`.
"""

import polars as pl

from pipeline.identity import Tables

# Filers round spreads to whole or half points of a hundredth: 9.62 % and 9.615 % are one loan.
SPREAD_TOLERANCE_BPS = 1.0
# Below this part of the commitment the discount of the whole commitment, netted against what is
# drawn, moves value over par by more than the marks of one loan differ by: at 3 % discount and a
# quarter drawn it is 12 points.
MOSTLY_UNFUNDED_BELOW = 0.25
NO_RULE = "unmatched: no rule for this name"
NO_TERMS = "unmatched: the name has rules, the terms fit none of them"
TERMS = ["issuer_name_raw", "rate_kind", "spread_bps", "maturity_on"]


def resolved(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Holdings with borrower, facility, score and reason, and what their par stands for.

    The rules are tried by `priority`, the lowest first; the first whose every condition holds wins.
    `pattern` is searched in `issuer_name_raw` regardless of case. A rule that states `rate_kind`,
    `spread_bps` (within one basis point) or a maturity window asks for a holding that states it,
    too; what the rule leaves empty may be anything. Filed maturities of one facility differ by
    holder (METHODS 9), hence windows.

    `par_basis`, where the source has not said it, by the rule of METHODS 9: fees on a whole
    commitment are netted against its drawn part, so that a mostly undrawn loan reads far below par
    without being marked down. It is `unfunded` when nothing is drawn of a commitment,
    `mostly_unfunded` when less than a quarter is, `funded` when the filing says that nothing is
    undrawn, else `not_stated`.

    Args:
        frame: What `parse` returned; rows that cannot be used have a `reason`.
        tables: `facility_aliases`.

    Returns:
        The frame with `borrower`, `facility_id`, `match_score`, `match_reason`, `par_basis`, and
        `reason` (null where the row can be used).
    """
    if "reason" not in frame.columns:
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
    found = _matched(frame.select(TERMS).unique(), tables["facility_aliases"])
    joined = frame.join(found, on=TERMS, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(
        match_reason=pl.col("match_reason").fill_null(NO_RULE), par_basis=_par_basis()
    )


def _matched(holdings: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """What each distinct holding comes to; patterns are tried once per distinct name."""
    names = holdings["issuer_name_raw"].drop_nulls().unique()
    ranked = rules.sort("priority")
    named = [
        pl.DataFrame({"issuer_name_raw": names.filter(names.str.contains(f"(?i){pattern}"))})
        .with_columns(priority=pl.lit(priority, pl.Int64))
        for priority, pattern in ranked.select("priority", "pattern").iter_rows()
    ]  # fmt: skip
    empty = pl.DataFrame(schema={"issuer_name_raw": pl.String, "priority": pl.Int64})
    spread = (pl.col("spread_bps") - pl.col("rule_spread_bps")).abs() <= SPREAD_TOLERANCE_BPS
    conditions = pl.all_horizontal(
        _holds("rule_rate_kind", pl.col("rate_kind") == pl.col("rule_rate_kind")),
        _holds("rule_spread_bps", spread),
        _holds("maturity_from_on", pl.col("maturity_on") >= pl.col("maturity_from_on")),
        _holds("maturity_to_on", pl.col("maturity_on") <= pl.col("maturity_to_on")),
    )
    terms = ranked.select(
        "priority",
        "borrower",
        "facility_id",
        "match_score",
        "match_reason",
        "maturity_from_on",
        "maturity_to_on",
        rule_rate_kind="rate_kind",
        rule_spread_bps="spread_bps",
    )
    tried = (
        holdings.join(pl.concat([empty, *named]), on="issuer_name_raw", how="left")
        .join(terms, on="priority", how="left")
        .with_columns(fits=conditions & pl.col("priority").is_not_null())
    )
    first = tried.filter("fits").sort("priority").unique(TERMS, keep="first")
    missed = (
        tried.filter(pl.col("priority").is_not_null())
        .select(TERMS)
        .unique()
        .join(first, on=TERMS, how="anti", nulls_equal=True)
        .with_columns(match_reason=pl.lit(NO_TERMS))
    )
    results = ["borrower", "facility_id", "match_score", "match_reason"]
    return pl.concat([first.select(*TERMS, *results), missed], how="diagonal")


def _holds(condition: str, test: pl.Expr) -> pl.Expr:
    """A condition of a rule: empty holds for everything, a stated one not for an unknown."""
    return pl.col(condition).is_null() | test.fill_null(False)


def _par_basis() -> pl.Expr:
    drawn, undrawn = pl.col("par_usd"), pl.col("unfunded_usd")
    share = drawn / (drawn + undrawn)
    return pl.coalesce(
        "par_basis",
        pl.when((drawn == 0) & (undrawn > 0)).then(pl.lit("unfunded")),
        pl.when((undrawn > 0) & (share < MOSTLY_UNFUNDED_BELOW)).then(pl.lit("mostly_unfunded")),
        pl.when((drawn > 0) & (undrawn == 0)).then(pl.lit("funded")),
        pl.lit("not_stated"),
    )
