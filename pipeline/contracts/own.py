"""Tables of the pipeline's own: what was set aside, attempted, released; no source fills them."""

OWN_TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "staging.quarantine": (
        "One row per row set aside: which source and capture, why, and the row itself.",
        ("source", "captured_at", "table_name", "reason", "row_raw", "known_at"),
    ),
    "meta.attempts": (
        "One row per attempt to read a source, with what came of it.",
        (
            "source",
            "part",
            "attempted_at",
            "captured_at",
            "outcome",
            "outcome_reason",
            "sha256",
            "parser",
            "row_count",
            "quarantined_count",
            "newest_observed_at",
            "held_count",
        ),
    ),
    "meta.captures": (
        "One row per capture in the raw store: what it is, and what is wrong with it, if anything.",
        (
            "source",
            "part",
            "file_name",
            "captured_at",
            "source_url",
            "sha256",
            "body_stamp",
            "parser",
            "damage_reason",
            "body_mark",
            "file_bytes",
            "file_changed_ns",
        ),
    ),
    "meta.sources": (
        "One row per source module: what it reads and under which terms.",
        (
            "source",
            "domain",
            "homepage_url",
            "terms",
            "licence",
            "table_name",
            "refresh_days",
            "parser",
        ),
    ),
    "meta.versions": (
        "One row per table, and one for all views (`vintage`): how often it changed, and from "
        "which SQL and inputs it was built.",
        ("table_name", "version", "fingerprint", "code_version", "built_at"),
    ),
    "meta.changed_days": (
        "One row per change of a table and day whose rows it touched; a change without any is of "
        "unknown days. Only the newest changes are kept.",
        ("table_name", "version", "changed_on"),
    ),
    "meta.built_from": (
        "One row per table that is built by day and table it reads: which version it is of. Of "
        "the `exports` likewise, and, as version 0, of which build they are.",
        ("table_name", "input_name", "version"),
    ),
    "meta.answers": (
        "One row per table that is asked at month ends and month: from what it was answered.",
        ("table_name", "known_at", "fingerprint"),
    ),
    "meta.read_marks": (
        "One row per table that is asked at month ends, table it reads, month by whose end rows "
        "became known and day they are of: how many, and their hash.",
        ("table_name", "input_name", "known_at", "observed_on", "row_count", "fingerprint"),
    ),
    "meta.publication": (
        "One row: which build the published file holds; the manifest of the exports repeats it.",
        ("build_id", "published_at"),
    ),
    "meta.releases": (
        "One row per publication and mart that it changed: rows added, removed and changed, and "
        "why. The first publication has none.",
        (
            "build_id",
            "released_at",
            "table_name",
            "change_reason",
            "row_count",
            "rows_added_count",
            "rows_removed_count",
            "rows_changed_count",
            "columns_changed",
        ),
    ),
    "meta.alerts": (
        "One row per alert: a run that failed, or a source that went stale, until it landed again. "
        "Written by the sensor `alerts` of the UI; those of a file are of before its publication.",
        ("raised_at", "alert_kind", "about", "alert_text", "cleared_at"),
    ),
    "meta.released_levels": (
        "One row per cell of the price level in the last file published, with the rules behind it.",
        (
            "accelerator",
            "tier",
            "market",
            "term_months",
            "basis",
            "region_group",
            "observed_on",
            "publication_status",
            "median_price_usd_per_gpu_hour",
            "released_at",
            "code_version",
        ),
    ),
}
