"""Which concepts add up to a metric, per issuer, with the filing each rule rests on.

One line is one concept of one alternative; `rank` orders alternatives and an issuer's own lines
replace those of `*` for the metric. A rule counts as known from the filing that shows the tag (for
`*`, from the taxonomy), so that a rewound warehouse still reads figures as they could be read then.
A line of low confidence rests on one reader, or names a tag that no held filing shows. Empty
dimensions mean the undimensioned figure.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.filings import CONCEPT_RECIPES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, CONCEPT_RECIPES).with_columns(pl.col("dimensions").fill_null(""))


SOURCE = Source(
    name="concept_recipes",
    homepage="warehouse/reference/concept_recipes.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=CONCEPT_RECIPES,
    parse=parse,
    file="concept_recipes.csv",
)
