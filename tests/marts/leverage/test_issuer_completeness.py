from tests.given.filings import FLOWS, accession, build, filing, flow, instant, land

QUARTERS = [
    ("10-Q", "2025-05-15", "2025-01-01", "2025-03-31"),
    ("10-Q", "2025-08-13", "2025-04-01", "2025-06-30"),
    ("10-Q", "2025-11-13", "2025-07-01", "2025-09-30"),
    ("10-K", "2026-03-02", "2025-10-01", "2025-12-31"),
]


def quarterly(concept, *numbers):
    return [
        filing(form, filed, flow(concept, start, end, 1))
        for n, (form, filed, start, end) in enumerate(QUARTERS)
        if n in numbers
    ]


def coverage(db, metric, *columns):
    [row] = db.execute(
        f"select {', '.join(columns)} from marts.issuer_completeness where metric = ?", [metric]
    ).fetchall()
    return row


def test_quarters_missing_between_the_first_and_the_last_are_counted(db):
    land(db, *quarterly("Revenues", 0, 1, 3))
    build(db, "issuer_completeness")
    assert coverage(
        db,
        "revenue",
        "first_quarter_on::varchar",
        "last_quarter_on::varchar",
        "quarter_count",
        "missing_quarter_count",
        "filed_on::varchar",
    ) == ("2025-03-31", "2025-12-31", 3, 1, "2026-03-02")


def test_trap_48_a_metric_that_lags_by_more_than_one_filing_shows(db):
    land(db, *quarterly("Revenues", 0, 1, 2, 3), *quarterly("NetIncomeLoss", 0, 1))
    build(db, "issuer_completeness")
    assert coverage(db, "revenue", "filings_behind_count", "is_annual") == (0, False)
    assert coverage(db, "net_income", "filings_behind_count", "is_annual") == (2, False)


def test_a_metric_filed_once_a_year_is_held_against_years(db):
    year = filing(
        "10-K",
        "2025-03-02",
        flow(FLOWS["capex"], "2024-01-01", "2024-12-31", 4),
        instant("Cash", "2024-12-31", 4),
    )
    land(db, year, *quarterly("Revenues", 0, 1, 2))
    build(db, "issuer_completeness")
    behind = ("filings_behind_count", "is_annual", "quarter_count", "missing_quarter_count")
    assert coverage(db, "capex", *behind) == (0, True, 0, 0)
    assert coverage(db, "cash", *behind) == (0, True, 1, 0)


def test_trap_54_a_report_without_figures_is_pending(db):
    facts = quarterly("Revenues", 0)
    [held] = facts[0]
    listed = held | {"accepted_at": held["known_at"]}
    newer = filing("10-Q", "2025-08-13", flow("Revenues", "2025-04-01", "2025-06-30", 1))[0]
    other = filing("8-K", "2025-09-01", flow("Revenues", "2025-04-01", "2025-06-30", 1))[0]
    waiting = [row | {"accepted_at": row["known_at"]} for row in (newer, other)]
    land(db, *facts, accepted=[listed, *waiting])
    build(db, "issuer_completeness")
    pending = coverage(db, "revenue", "is_facts_pending", "pending_accession")
    assert pending == (True, accession("2025-08-13"))


def test_nothing_is_pending_once_the_newest_reports_figures_are_there(db):
    facts = quarterly("Revenues", 0)
    [held] = facts[0]
    land(db, *facts, accepted=[held | {"accepted_at": held["known_at"]}])
    build(db, "issuer_completeness")
    assert coverage(db, "revenue", "is_facts_pending", "pending_accession") == (False, None)
