"""Distil figures of filings into warehouse/reference/filing_facts.csv: what recipes ask for.

Kept: figures of concepts that concept_recipes.csv or commitment_meanings.csv name for the issuer,
and a few more (EXTRA, operating figures), for periods that end 2018-12 .. 2026.

Vintages without repeats. A later filing repeats the figures of earlier periods; most say nothing
new. Filings are read in the order they were filed, and per filing, period and family of concepts
(those that recipes of one metric connect) the figures are kept whole when any of them is new or
differs from the last kept, so that a sum of several concepts never lacks a part. A family that only
repeats is dropped. Forms outside the
whitelist (a proxy statement's net income) are kept where they differ, and nothing is compared with
them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from distil import FILINGS_READ_ON
from distil import _filing_read as read
from distil import _filing_recorded as recorded
from distil import _leverage as leverage
from distil._filing_recorded import FACTS, KEY, Filings

FIRST_END = date(2018, 12, 1)
LAST_END = date(2026, 12, 31)
PERIODIC = ("10-K", "10-KT", "10-Q", "10-QT", "20-F", "40-F", "6-K")
OPERATING = (
    "ActivePower",
    "AdjustedEbitda",
    "AiCloudRevenue",
    "AnnualRunRateRevenue",
    "ContractedPower",
    "DataCenters",
    "GpusInstalled",
    "RevenueBacklog",
)
# Dimensioned figures METHODS 6 reads from instances: property by type, revenue by customer.
BY_TYPE = "us-gaap:PropertyPlantAndEquipmentByTypeAxis="
BY_CUSTOMER = "srt:MajorCustomersAxis="
OF_REVENUE = "us-gaap:ConcentrationRiskByBenchmarkAxis=us-gaap:SalesRevenueNetMember"
GROSS = (
    "PropertyPlantAndEquipmentGross",
    "PropertyPlantAndEquipmentAndFinanceLeaseRightOfUseAssetBeforeAccumulatedDepreciationAndAmortization",
)
COLUMNS = (*FACTS, "read_on")
ORDER = {"high": 0, "medium": 1, "low": 2}


def gather(sec: Path) -> pl.DataFrame:
    """Every figure of the recorded files under `sec` and of the table read by hand, as FACTS.

    Raises:
        ValueError: two records give one figure of one filing two values.
    """
    exact = [
        recorded.facts(recorded.companyfacts(sec / "companyfacts" / name))
        for name in ("CIK0001045810_2026-07-09.json.gz", "CIK0001835632_2026-06-08.json.gz")
    ]
    arrays = sorted((sec / "sbc_facts").glob("*.json.gz"))
    exact += [
        recorded.facts(recorded.arrays(path))
        for path in arrays
        if path.name.partition(".")[0] in recorded.CIKS
    ]
    operators = sec / "operators"
    exact += [
        recorded.facts(recorded.reported(operators / "CRWV_reported.csv", "CRWV")),
        recorded.facts(recorded.reported(operators / "NBIS_reported_2019on.csv", "NBIS")),
        *recorded.documents(sec / "ixbrl"),
    ]
    tagged = pl.concat(exact)
    filings: Filings = {
        accession: (form, filed_on)
        for accession, form, filed_on in tagged.select("accession", "form", "filed_on").iter_rows()
    } | read.FILINGS
    iren = {accession: filings[accession] for accession in filings if _is_iren(accession, tagged)}
    curated = [
        recorded.facts(recorded.without_accession(operators / "IREN_facts.csv", "IREN", iren)),
        recorded.facts(
            recorded.annual(sec / "market_plumbing" / "ppe_depreciation_annual.csv", filings)
        ),
        recorded.facts(recorded.curated(sec / "p3_figures" / "figures.csv", filings)),
        recorded.facts(read.disclosed(operators / "CRWV_disclosed.csv", "CRWV")),
        recorded.facts(read.disclosed(operators / "NBIS_disclosed.csv", "NBIS")),
        recorded.facts(read.read()),
    ]
    own = pl.concat([tagged, *curated])
    return once(pl.concat([own, new(recorded.facts(leverage.read(sec.parent / "leverage")), own)]))


def new(facts: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """`facts` less what `held` has of the same filing already, tagged or read out of its text."""
    same = ["cik", "accession", "concept", "period_start_on", "period_end_on"]
    plain = held.filter(pl.col("dimensions") == "").select(same)
    tagged = facts.filter(pl.col("taxonomy") != "untagged").select(same)
    texts = facts.filter(pl.col("taxonomy") == "untagged").join(
        pl.concat([plain, tagged]), on=same, how="anti", nulls_equal=True
    )
    return pl.concat([facts.filter(pl.col("taxonomy") != "untagged"), texts])


def _is_iren(accession: str, tagged: pl.DataFrame) -> bool:
    cik = recorded.CIKS["IREN"]
    known = tagged.filter(pl.col("cik") == cik)["accession"].to_list()
    return accession in known or accession.startswith(cik)


def once(facts: pl.DataFrame) -> pl.DataFrame:
    """One row per figure of a filing: the surest record, one that states its precision first.

    Raises:
        ValueError: two records give one figure two values.
    """
    values = facts.group_by(KEY).agg(pl.col("value").unique().sort())
    if not (torn := values.filter(pl.col("value").list.len() > 1)).is_empty():
        raise ValueError(f"{torn.height} figures have two values: {torn.head(3).rows()}")
    return (
        facts.with_columns(trust=pl.col("confidence").replace_strict(ORDER, return_dtype=pl.Int64))
        .sort("trust", pl.col("decimals").is_null(), pl.col("source_url").is_null())
        .unique(KEY, keep="first", maintain_order=True)
        .drop("trust")
    )


def wanted(facts: pl.DataFrame, recipes: pl.DataFrame, meanings: pl.DataFrame) -> pl.DataFrame:
    """Figures that rules ask for, each with the family of concepts it belongs to (`group`)."""
    family = families(recipes)
    asked = {
        (row["cik"], row["taxonomy"], row["concept"]): family.get(
            (row["taxonomy"], row["concept"]), row["concept"]
        )
        for row in [*recipes.iter_rows(named=True), *meanings.iter_rows(named=True)]
    }
    exact = {
        (row["cik"], row["taxonomy"], row["concept"], row["dimensions"] or "")
        for row in [*recipes.iter_rows(named=True), *meanings.iter_rows(named=True)]
    }

    def group(row: dict[str, Any]) -> str | None:
        taxonomy, concept, dimensions = row["taxonomy"], row["concept"], row["dimensions"]
        if dimensions:
            if concept in GROSS and dimensions.startswith(BY_TYPE) and ";" not in dimensions:
                return f"{concept};{dimensions}"
            if concept == "ConcentrationRiskPercentage1" and OF_REVENUE in dimensions:
                return f"{concept};{dimensions}" if BY_CUSTOMER in dimensions else None
            key = (row["cik"], taxonomy, concept, dimensions)
            return f"{concept};{dimensions}" if key in exact else None
        if row["unit"] != "USD" and concept not in OPERATING:
            return None
        if concept in OPERATING:
            return str(concept)
        return asked.get((row["cik"], taxonomy, concept)) or asked.get(("*", taxonomy, concept))

    within = pl.col("period_end_on").is_between(FIRST_END, LAST_END)
    rows = [row | {"group": group(row)} for row in facts.filter(within).iter_rows(named=True)]
    return pl.DataFrame(
        [row for row in rows if row["group"]], schema=FACTS | {"group": pl.String()}, orient="row"
    )


def families(recipes: pl.DataFrame) -> dict[tuple[str, str], str]:
    """The first metric, in order of names, that each concept is connected with through recipes."""
    parent: dict[str, str] = {}

    def root(metric: str) -> str:
        while parent.setdefault(metric, metric) != metric:
            metric = parent[metric]
        return metric

    first: dict[tuple[str, str], str] = {}
    for row in recipes.iter_rows(named=True):
        key = (row["taxonomy"], row["concept"])
        ends = root(row["metric"]), root(first.setdefault(key, row["metric"]))
        parent[max(ends)] = min(ends)
    return {key: root(metric) for key, metric in first.items()}


def vintages(facts: pl.DataFrame) -> pl.DataFrame:
    """Without groups of figures in which a filing only repeats what was filed before."""
    last: dict[tuple[Any, ...], float] = {}
    kept: list[dict[str, Any]] = []
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    ordered = facts.sort("filed_on", *KEY)
    for row in ordered.iter_rows(named=True):
        name = ("filed_on", "accession", "cik", "group", "period_start_on", "period_end_on")
        groups[tuple(row[each] for each in name)].append(row)
    for rows in groups.values():  # in filing order, as dict keeps it
        same = KEY[:1] + KEY[2:]
        keys = [tuple(row[each] for each in same) for row in rows]
        pairs = list(zip(keys, rows, strict=True))
        if all(key in last and last[key] == row["value"] for key, row in pairs):
            continue
        kept += rows
        if rows[0]["form"].removesuffix("/A") in PERIODIC:
            last |= {key: row["value"] for key, row in pairs}
    return pl.DataFrame(kept, schema=facts.schema, orient="row").select(FACTS.keys())


def distil(sec: Path, reference: Path) -> pl.DataFrame:
    """The published table, COLUMNS, sorted."""
    recipes = pl.read_csv(reference / "concept_recipes.csv", infer_schema=False)
    meanings = pl.read_csv(reference / "commitment_meanings.csv", infer_schema=False)
    facts = vintages(wanted(gather(sec), recipes, meanings))
    return (
        facts.with_columns(read_on=pl.lit(FILINGS_READ_ON))
        .select(COLUMNS)
        .sort(KEY[:1] + KEY[2:] + KEY)
    )


def write(facts: pl.DataFrame, path: Path) -> None:
    """As CSV; a whole value without a point, an empty cell for nothing."""
    whole = pl.col("value") == pl.col("value").round()
    shown = pl.when(whole).then(pl.col("value").cast(pl.Int64).cast(pl.String))
    facts.with_columns(
        value=shown.otherwise(pl.col("value").cast(pl.String)),
        dimensions=pl.col("dimensions").replace("", None),
    ).write_csv(path)
