"""Columns every domain shares: identity of a source, provenance, time."""

import polars as pl

from pipeline.columns.column import Column, choice, day, moment, text

COLUMNS: dict[str, Column] = {
    "source": text("Name of the source module that produced the row (pipeline/sources)."),
    "source_url": text("Public address the fact was read from."),
    "source_date": day("Date of the document the fact was read from."),
    "read_on": day("Day the fact was read into the project (UTC)."),
    "licence": text("Terms under which the row may be used, as far as established."),
    "confidence": choice(
        "high: primary document or two independent sources; medium: one good secondary source; "
        "low: weak or edited by hand.",
        "high",
        "medium",
        "low",
    ),
    "known_at": moment("First moment the public could know the row."),
    "captured_at": moment("Moment this warehouse read the row."),
    "period_end_on": day("Last day of the period (quarter, month), or the day of an instant."),
    "publication_status": choice(
        "Whether the figure is published or withheld, with `withheld_reason`.",
        "published",
        "withheld",
    ),
    "sighting_status": choice(
        "Whether a provider's price counts: a step waits for a second sighting (unconfirmed); "
        "a discount set by list is no market's price (administered).",
        "confirmed",
        "unconfirmed",
        "administered",
    ),
    "currency": text("ISO 4217 code of the currency the upstream quotes."),
    "country": text("ISO 3166-1 alpha-2 country code, where known."),
    "priority": Column(pl.Int64(), "Order of a rule: the lowest number that matches wins."),
    "pattern": text("Regular expression a rule matches, case-insensitive."),
    "evidence": text("Why a rule is right, in our words, with the document it rests on."),
}
