"""Which lines of the SEC's schedule file are an investment, and what they say of it.

The file is a pivot: a line is what one filing says of one combination of axis members at one date.
An investment is what has an identifier. Its line on the balance sheet day is taken; not taken are

- another day than the filing's balance sheet (every filing repeats the period before) and figures
  of a span of time (`qtrs`);
- totals: lines without an identifier, or with one that says so;
- breakdowns of a line that is there as a whole, such as by valuation method: lines with further
  axes, where the same identifier has one with fewer;
- shares and warrants: nobody marks them against par.

What is left of one identifier is one row, as long as its parts agree. Parts that contradict each
other under different names or types are lots, each a row; under the same ones, nobody knows which
is right, and they are set aside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.sources.credit._archive import Piece, apart
from pipeline.sources.credit._names import is_borrower, names_borrower
from pipeline.sources.source import ParseError

NOT_PROVIDED = (
    "investment company financial support to investee contractually required not provided amount"
)
# What we read: the first column that has a cell. Commas are left out of names.
FIELDS = {
    "adsh": ["adsh"],
    "cik": ["cik"],
    "name": ["name"],
    "ddate": ["ddate"],
    "qtrs": ["qtrs"],
    "form": ["form"],
    "filed": ["filed"],
    "period": ["period"],
    "inlineurl": ["inlineurl"],
    "identifier": ["investment identifier axis", "investment name axis"],
    "issuer": ["investment issuer name axis"],
    "title": ["investment name axis"],
    "type": ["investment type axis"],
    "rate": ["investment interest rate"],
    "spread": ["investment basis spread variable rate"],
    "maturity": ["investment maturity date"],
    "par": ["investment owned balance principal amount", "investment owned face amount"],
    "cost": ["investment owned cost", "adjusted cost basis"],
    "fair": ["investment owned fair value", "initial fair value of investment"],
    "share": ["investment owned net assets percentage"],
    "shares": ["investment shares", "investment owned balance shares"],
    "unfunded": [NOT_PROVIDED],
    "pik": ["investment interest rate paid in kind"],
    "variable": ["investment variable interest rate type [extensible enumeration]"],
    "status": ["financial instrument performance status axis", "investmentperformancestatus"],
    "level": ["fair value hierarchy and nav axis"],
    "venture": ["investment company nonconsolidated subsidiary axis"],
}
SOI = list(dict.fromkeys(name for names in FIELDS.values() for name in names))
# Axes that say what an investment is. Any further one breaks its amount down.
DESCRIBING = {
    *("investment identifier axis", "investment name axis", "investment issuer name axis"),
    *("investment type axis", "industry sector axis", "investment issuer affiliation axis"),
    *("lien category axis", "asset class axis", "geographical axis", "variable rate axis"),
    *FIELDS["status"],
    *FIELDS["venture"],
}
# Without one cell in these the file is not the one documented.
NEVER_EMPTY = (
    *("adsh", "cik", "name", "ddate", "form", "filed", "period", "identifier"),
    *("rate", "spread", "par", "cost", "fair"),
)
NUMBERS = ("rate", "spread", "par", "cost", "fair", "share", "shares", "unfunded", "pik")
ACCESSION = r"^\d{10}-\d{2}-\d{6}$"
MOST_STRAY = 0.01
TOTAL = r"(?i)^(?:sub-?\s*)?totals?\b|\btotals?$|\bsub-?totals?\b"
EQUITY = (
    r"(?i)\b(?:common|preferred|warrants?|equity|member(?:ship)? (?:units?|interests?)|shares)\b"
)
UNDRAWN = r"(?i)\b(?:unfunded|undrawn|delayed draw|ddtl|revolv\w*|commitment)\b"
BENCHMARKS = {
    "SOFR": r"(?i)sofr|secured ?overnight",
    "SONIA": r"(?i)sonia|sterling ?overnight",
    "EURIBOR": r"(?i)euribor|euro ?interbank",
    "Prime": r"(?i)\bprime\b|primerate",
}
# Beyond these a figure of the line is in another unit than its principal.
MOST_OF_PAR, LEAST_OF_PAR = 5.0, 0.005
KEY = ["adsh", "venture", "identifier"]
PARTS = ["issuer", "title", "type"]


@dataclass(frozen=True)
class Schedule:
    """The investments of one file.

    Attributes:
        holdings: Those in the borrowers of `_names`, with `reason` where they cannot be used.
        sums: Fair value of all investments by filing: hash of `adsh`, `schedule_usd`.
    """

    holdings: pl.DataFrame
    sums: pl.DataFrame


def dates(text: pl.Expr) -> pl.Expr:
    """A date in any of the three ways these data sets write one; null where none is."""
    return pl.coalesce(
        text.str.to_date(each, strict=False) for each in ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
    )


def read_schedule(found: Iterable[Piece]) -> Schedule:
    """The investments among the lines.

    Raises:
        ParseError: an expected column without a cell, or cells that are not of their column.
    """
    held: list[pl.DataFrame] = []
    slim: list[pl.DataFrame] = []
    shifted: list[pl.DataFrame] = []
    bare: list[pl.DataFrame] = []
    counts: list[pl.DataFrame] = []
    for piece in found:
        further = [each for each in piece.rows.columns if each not in SOI]
        axes = [each for each in (*SOI, *further) if each.endswith(" axis")]
        rows = piece.rows.select(
            **{ours: pl.coalesce(names) for ours, names in FIELDS.items()},
            facets=pl.sum_horizontal(
                pl.lit(0, pl.UInt32),
                *(pl.col(each).is_not_null() for each in axes if each not in DESCRIBING),
            ),
        )
        counts.append(_counts(rows))
        current = _current(rows)
        slim.append(
            current.filter(pl.col("venture").is_null()).select(
                pl.col("adsh", "identifier").hash(), "facets", fair=_number("fair")
            )
        )
        said = pl.concat_str("identifier", "issuer", "title", separator=" ", ignore_nulls=True)
        held.append(apart(current.filter(names_borrower(said))))
        shifted.append(_shifted(piece.shifted))
        bare.append(_unidentified(rows))
    _check(pl.concat(counts).sum() if counts else pl.DataFrame())
    holdings = _holdings(pl.concat(held))
    torn = pl.concat(shifted)
    both = pl.concat([holdings, torn, pl.concat(bare)], how="diagonal")
    return Schedule(both, _sums(pl.concat(slim)))


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    """How many cells each column has, and how many of them are not of its kind."""
    given = [pl.col(each).is_not_null().sum().alias(each) for each in NEVER_EMPTY]
    strays = [
        (pl.col(each).is_not_null() & _number(each).is_null()).sum().alias(f"{each} stray")
        for each in NUMBERS
    ]
    days = [
        (pl.col(each).is_not_null() & dates(pl.col(each)).is_null()).sum().alias(f"{each} stray")
        for each in ("ddate", "filed", "period")
    ]
    accession = (~pl.col("adsh").str.contains(ACCESSION)).sum().alias("adsh stray")
    return rows.select(pl.len().alias("lines"), *given, *strays, *days, accession)


def _check(counts: pl.DataFrame) -> None:
    if counts.is_empty() or not counts["lines"].item():
        raise ParseError("soi.tsv has no lines")
    said = counts.row(0, named=True)
    if empty := [each for each in NEVER_EMPTY if not said[each]]:
        raise ParseError(f"soi.tsv: columns missing or all null: {empty}")
    moved = {
        name.removesuffix(" stray"): count
        for name, count in said.items()
        if name.endswith(" stray") and count > max(5, MOST_STRAY * said["lines"])
    }
    if moved:
        raise ParseError(f"soi.tsv: cells that are not of their column: {moved}")


def _number(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _current(rows: pl.DataFrame) -> pl.DataFrame:
    """Investments on the balance sheet day; without totals, without spans of time."""
    named = ["identifier", *PARTS, "venture", "status", "level"]
    plain = pl.col(named).str.replace(r"\s*\[Member\]", "").str.strip_chars()
    day = dates(pl.col("ddate")) == dates(pl.col("period"))
    instant = pl.col("qtrs").fill_null("0").is_in(["0", "0.0"])
    whole = pl.col("identifier").is_not_null() & ~pl.col("identifier").str.contains(TOTAL)
    return rows.filter(day & instant & whole).with_columns(plain)


def _unidentified(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines of a borrower by issuer and type alone: which investment they are is not said.

    About thirteen funds write no identifier. Two loans of one type to one issuer are then one line
    with two figures, so that none can be told; they are shown, never silently gone.
    """
    day = dates(pl.col("ddate")) == dates(pl.col("period"))
    instant = pl.col("qtrs").fill_null("0").is_in(["0", "0.0"])
    issuer = pl.col("issuer").str.replace(r"\s*\[Member\]", "").str.strip_chars()
    money = pl.any_horizontal(pl.col("par", "cost", "fair").is_not_null())
    bare = rows.filter(
        day,
        instant,
        pl.col("identifier").is_null() & pl.col("issuer").is_not_null() & money,
        names_borrower(pl.col("issuer")) & ~pl.col("issuer").str.contains(TOTAL),
    )
    kind = pl.col("type").str.replace(r"\s*\[Member\]", "").str.strip_chars()
    return apart(
        bare.select(
            *("adsh", "cik", "name", "form", "inlineurl"),
            filed=dates(pl.col("filed")).cast(pl.String),
            period=dates(pl.col("period")).cast(pl.String),
            issuer_name_raw=issuer,
            instrument_raw=kind,
            holding_id=pl.concat_str(issuer, kind, separator=" | ", ignore_nulls=True),
            par_usd=_number("par").cast(pl.String),
            cost_usd=_number("cost").cast(pl.String),
            fair_value_usd=_number("fair").cast(pl.String),
            reason=pl.lit("no identifier: a line by issuer and type, which names no investment"),
        )
    ).with_columns(
        pl.col("filed", "period").str.to_date(),
        pl.col("par_usd", "cost_usd", "fair_value_usd").cast(pl.Float64),
    )


def _sums(slim: pl.DataFrame) -> pl.DataFrame:
    """Fair value of a filing's investments, each identifier at its least broken down.

    Filings and identifiers are told apart by their hashes: a quarter has 200,000 of them.
    """
    key = ["adsh", "identifier"]
    known = slim.drop_nulls("fair")
    least = known.filter(pl.col("facets") == pl.col("facets").min().over(key)).unique()
    return least.group_by(filing="adsh").agg(schedule_usd=pl.col("fair").sum())


def _holdings(found: pl.DataFrame) -> pl.DataFrame:
    valued = pl.col("facets").filter(pl.col("fair").is_not_null()).min().over(KEY)
    level = pl.col("level").str.extract(r"(?i)level\s*([123])").cast(pl.Int64)
    levels = level.drop_nulls()
    lines = found.with_columns(
        strays=pl.concat_list(
            pl.when(pl.col(each).is_not_null() & _number(each).is_null()).then(pl.lit(each))
            for each in NUMBERS
        ).list.drop_nulls(),
        level=pl.when(levels.n_unique().over(KEY) == 1).then(level.min().over(KEY)),
        least=pl.coalesce(valued, pl.col("facets").min().over(KEY)),
        period=dates(pl.col("period")),
        filed=dates(pl.col("filed")),
        maturity=dates(pl.col("maturity")),
        **{each: _number(each) for each in NUMBERS},
    ).filter(pl.col("facets") <= pl.col("least"))
    one = _merged(lines, KEY).with_columns(holding_id=_name(["identifier"]))
    lots = _merged(
        lines.join(one.filter("disagree").select(KEY), on=KEY, how="semi", nulls_equal=True),
        [*KEY, *PARTS],
    ).with_columns(holding_id=_name(["identifier", *PARTS]))
    both = pl.concat([one.filter(~pl.col("disagree")), lots], how="diagonal")
    return _described(both.filter(~_is_equity()))


def _merged(lines: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per key with the first of each cell, and whether the figures disagree."""
    rest = [each for each in lines.columns if each not in (*keys, "strays")]
    figures = [*NUMBERS, "maturity"]
    return lines.group_by(keys, maintain_order=True).agg(
        *(pl.col(each).drop_nulls().first() for each in rest),
        pl.col("strays").explode().drop_nulls().unique().sort(),
        disagree=pl.any_horizontal(pl.col(each).drop_nulls().n_unique() > 1 for each in figures),
    )


def _name(parts: Sequence[str]) -> pl.Expr:
    venture = pl.format("joint venture {}", "venture")
    return pl.concat_str(*parts, venture, separator=" | ", ignore_nulls=True)


def _text() -> pl.Expr:
    return pl.concat_str(*PARTS, "identifier", "variable", separator=" ", ignore_nulls=True)


def _is_equity() -> pl.Expr:
    """A share, a unit or a warrant, which has neither principal nor interest."""
    counted = pl.col("shares").is_not_null() | _text().str.contains(EQUITY)
    bears = pl.col("rate").is_not_null() | pl.col("spread").is_not_null()
    return counted & pl.col("par").is_null() & ~bears


def _described(rows: pl.DataFrame) -> pl.DataFrame:
    """Units and words: percent, basis points, benchmark, and why a row cannot be used."""
    text = _text()
    benchmark = pl.coalesce(
        *(pl.when(text.str.contains(said)).then(pl.lit(name)) for name, said in BENCHMARKS.items()),
        pl.lit(None, pl.String),
    )
    floats = pl.col("spread").is_not_null() | benchmark.is_not_null()
    fixed = pl.col("rate").is_not_null() & text.str.contains(r"(?i)\bfixed\b")
    return rows.select(
        *("adsh", "cik", "name", "form", "filed", "period", "inlineurl", "identifier"),
        "holding_id",
        is_joint_venture=pl.col("venture").is_not_null(),
        issuer_name_raw=pl.coalesce("issuer", "identifier"),
        instrument_raw=pl.coalesce("title", "type"),
        rate_kind=pl.when(floats).then(pl.lit("floating")).when(fixed).then(pl.lit("fixed")),
        benchmark=pl.when(floats).then(benchmark).when(fixed).then(pl.lit("fixed")),
        spread_bps=(_percent("spread") * 100).round(4),
        all_in_rate_pct=_percent("rate").round(6),
        maturity_on="maturity",
        par_usd="par",
        cost_usd="cost",
        fair_value_usd="fair",
        unfunded_usd="unfunded",
        net_assets_share="share",
        is_non_accrual=pl.when(
            pl.col("status").str.contains(r"(?i)non-?accrual|nonperforming")
        ).then(pl.lit(True)),
        is_pik=pl.col("pik") > 0,
        fair_value_level="level",
        reason=_reason(text),
    )


def _percent(name: str) -> pl.Expr:
    """Fractions below a third, percentages from there on: no loan has 34 % over its benchmark."""
    value = pl.col(name)
    return pl.when(value.abs() < 0.34).then(value * 100).otherwise(value)


def _reason(text: pl.Expr) -> pl.Expr:
    par, fair, cost, shares = (pl.col(each) for each in ("par", "fair", "cost", "shares"))
    largest = pl.max_horizontal(fair, cost) / par
    smallest = pl.max_horizontal(fair.abs(), cost.abs()) / par
    undrawn = (pl.col("unfunded") > 0).fill_null(value=False) | text.str.contains(UNDRAWN)
    has_terms = pl.any_horizontal(
        pl.col(each).is_not_null() for each in ("rate", "spread", "maturity")
    )
    counts_shares = (par == shares) | (text.str.contains(EQUITY) & par.is_not_null() & ~has_terms)
    return (
        pl.when(pl.col("strays").list.len() > 0)
        .then(pl.format("not a number: {}", pl.col("strays").list.join(", ")))
        .when(pl.col("disagree"))
        .then(pl.lit("repeated: one investment, one day, different figures"))
        .when(counts_shares.fill_null(value=False))
        .then(pl.lit("unit: a count of shares in a column of dollars"))
        .when((fair < 0) & ~undrawn)
        .then(pl.lit("negative fair value of a drawn loan"))
        .when(par < 0)
        .then(pl.lit("negative principal"))
        .when((par > 0) & (largest > MOST_OF_PAR))
        .then(pl.lit("unit: value is more than five times principal"))
        .when((par > 0) & (smallest > 0) & (smallest < LEAST_OF_PAR) & ~undrawn)
        .then(pl.lit("unit: value is less than a two-hundredth of principal"))
        .when(fair.is_null() & par.is_null() & pl.col("unfunded").is_null())
        .then(pl.lit("no amount"))
    )


def _shifted(lines: Sequence[str]) -> pl.DataFrame:
    """Lines in which a tab inside a value moved the cells: only the first one is known."""
    ours = [each for each in lines if is_borrower(each)]
    return pl.DataFrame(
        {
            "adsh": [each.partition("\t")[0] for each in ours],
            "holding_id": [f"line {n}" for n in range(len(ours))],
            "issuer_name_raw": [" ".join(each.split())[:500] for each in ours],
            "reason": ["a tab inside a value moved the cells of the line"] * len(ours),
        },
        schema=dict.fromkeys(("adsh", "holding_id", "issuer_name_raw", "reason"), pl.String),
    )
