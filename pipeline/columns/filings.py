"""Columns of filed documents and of the figures in them."""

import polars as pl

from pipeline.columns.column import Column, choice, day, flag, moment, number, text

COLUMNS: dict[str, Column] = {
    # Who files.
    "cik": text("SEC central index key of the filer, ten digits; * in a rule means any filer."),
    "issuer": text("Short name of the company (issuers.issuer), the same in every table."),
    "ticker": text("Ticker of the company's main listing."),
    "layer": choice(
        "Where the company stands.",
        "chips",
        "servers",
        "neocloud",
        "hyperscaler",
        "landlord",
        "models",
        "application",
    ),
    "fiscal_year_end": text("Month and day on or about which the fiscal year ends, MM-DD."),
    "accounting_basis": choice("Accounting standards the figure is under.", "us_gaap", "ifrs"),
    "perimeter": text("Which business the figures cover, in our words, such as ex-Yandex."),
    "filed_from_on": day("Figures filed before this day belong to a predecessor or old perimeter."),
    "period_from_on": day("First period end the row holds for."),
    "period_to_on": day("Last period end the row holds for; null where it still does."),
    "recast_from_on": day("First filing day of reports that leave out a part counted again later."),
    "recast_to_on": day("Last filing day of reports that leave it out, included."),
    # One filing.
    "accession": text("SEC accession number of the filing, with dashes."),
    "form": text("SEC form type, such as 10-Q, as filed."),
    "items": text("Items of an 8-K, comma-separated."),
    "filed_on": day("Filing date the SEC gives."),
    "accepted_at": moment("Moment the SEC accepted the filing."),
    "report_kind": choice(
        "What a form is; furnished is a 6-K, current an 8-K.",
        "annual",
        "quarterly",
        "furnished",
        "current",
        "proxy",
        "registration",
    ),
    "document_kind": text(
        "What a figure was read in: report (a periodic one), recast (an 8-K) or text (read out of "
        "the words of a document that is no proxy)."
    ),
    "is_xbrl": flag("True where the SEC says the filing carries XBRL."),
    "document": text("File name of a document inside the filing."),
    "phrase": text("Phrase that was searched for in the text of filings."),
    # One fact.
    "taxonomy": text(
        "Taxonomy of the concept: us-gaap, ifrs-full, dei, srt, ecd, ffd, the filer's own prefix, "
        "or untagged for a figure read from the text of a document."
    ),
    "concept": text("Element name of the figure in its taxonomy."),
    "period_start_on": day("First day of the period; null for an instant."),
    "dimensions": text(
        "axis=member pairs, sorted and joined by ;, that narrow the figure; empty for the whole."
    ),
    "value": number("as unit", "The figure as filed, scale and sign applied."),
    "decimals": Column(
        pl.Int64(),
        "Decimal place the figure is exact to, as filed (-6: millions); null where not stated or "
        "exact.",
    ),
    # Rules that read facts.
    "metric": text("Figure a rule or row is about, one name over all issuers and taxonomies."),
    "is_leverage_input": flag("True for a metric that leverage is made of."),
    "rank": Column(
        pl.Int64(),
        "Order of alternatives: the lowest whose required concepts are all there is used.",
    ),
    "weight": number("factor", "What the concept's value is multiplied by before it is added."),
    "is_never_negative": flag("True for a flow that cannot be below zero in any period."),
    "is_fallback": flag(
        "True for an alternative, or a figure by one, that only stands in where no full one is "
        "held: a note's sum for a line of a statement, some lines of a total."
    ),
    "is_required": flag("True where the alternative does not hold without this concept."),
    "obligation_kind": choice(
        "What a commitment figure holds; receivable is money to come in.",
        "leases_not_commenced",
        "supply",
        "supply_and_capex",
        "capex",
        "cloud",
        "content",
        "energy",
        "mixed",
        "receivable",
        "not_a_commitment",
    ),
}
