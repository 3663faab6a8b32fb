"""Columns of the warehouse's tables about itself."""

from pipeline.columns.column import Column, choice, count, day, flag, moment, text

COLUMNS: dict[str, Column] = {
    "table_name": text("Table the row is about, with its schema."),
    "column_name": text("Column the row is about."),
    "column_type": text("Type of the column in DuckDB."),
    "unit": text("Unit of the column, or of the value beside it."),
    "meaning": text("What the column or table means."),
    "is_grain": flag("True where the column is part of the table's key."),
    "row_raw": text("The row as it was parsed, as JSON."),
    "domain": text("Domain folder of the source."),
    "homepage_url": text("The upstream's own page."),
    "terms": text("The upstream's terms of use, in short or as an address."),
    "part": text("Piece of the upstream one request answers, such as one cloud."),
    "outcome": text(
        "landed, partly landed, failed (read but refused), unreachable (no answer), refused (an "
        "error answer), skipped (a key is missing) or not asked yet."
    ),
    "outcome_reason": text("Why the attempt failed, in one sentence; null where it did not."),
    "attempted_at": moment("Moment of the attempt."),
    "file_name": text("Name of the capture's sidecar in the raw store, without its ending."),
    "file_bytes": count("Size of the sidecar in bytes, to see that it changed."),
    "file_changed_ns": count("Time of the sidecar's last change, in nanoseconds since 1970."),
    "body_stamp": text("Name of the capture whose file holds the body; its own, or an equal one."),
    "body_mark": text("Size and time of change of a damaged body: it is tried again when they do."),
    "damage_reason": text("What is wrong with a capture so that it cannot be read; else null."),
    "damaged_count": count("Captures that cannot be read; `damage_reason` names the first."),
    "waiting_count": count("Captures not yet read under the rules of today."),
    "sha256": text("SHA-256 of the bytes read."),
    "parser": text("Fingerprint of the code and the rules that read the bytes."),
    "row_count": count("Rows kept, that is, neither refused nor set aside."),
    "quarantined_count": count("Rows set aside with a reason."),
    "held_count": count("Rows of the source in its staging table after the attempt."),
    "newest_observed_at": moment("Newest moment a row of the source was true."),
    "last_landed_at": moment(
        "Capture time of the newest capture that landed; of a committed file the day on which the "
        "newest of its documents was read."
    ),
    "is_stale": flag(
        "True where what landed last was asked or read longer ago than twice the source's rhythm, "
        "or nothing ever landed though it was asked."
    ),
    "fingerprint": text("Hash of a model's SQL and of the state of the tables it reads."),
    "code_version": text("Hash of the SQL (and method) that makes the table, or those of several."),
    "build_id": text("Hash of the state of every table when the file was published."),
    "published_at": moment("Moment the file was published."),
    "released_at": moment("Moment of the publication; of the last one beside what it is to say."),
    "rows_added_count": count("Rows with a key that the file before did not have."),
    "rows_removed_count": count("Rows of the file before whose key is gone."),
    "rows_changed_count": count("Rows of the same key with another value in a common column."),
    "columns_changed": text("Columns that only one of the two files has, in order; else null."),
    "released_publication_status": text(
        "publication_status of the cell in the last file published; null where absent."
    ),
    "change_reason": choice(
        "Why the cell or table differs from the release before.",
        "new observation",
        "rule change",
        "restated history",
    ),
    "raised_at": moment("Moment the alert was written."),
    "alert_kind": choice(
        "What happened: a run failed, or a source went stale.", "failure", "stale"
    ),
    "about": text("The run, by job and the start of its id, or the source."),
    "alert_text": text("What is wrong, in one sentence."),
    "cleared_at": moment("Moment the source had landed again; null for runs and while stale."),
    "input_name": text("Table that the table reads, with its schema."),
    "changed_on": day("Day (UTC) of which rows came, went or changed."),
    "built_at": moment("Moment the table last changed."),
    "version": count("How often the table has changed in this build database."),
}
