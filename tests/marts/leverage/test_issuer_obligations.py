from datetime import date

from tests.given.filings import build, filing, flow, instant, issuer, land, meaning

TAG = "UnrecordedUnconditionalPurchaseObligationBalanceSheetAmount"
AXIS = "us-gaap:UnrecordedUnconditionalPurchaseObligationByCategoryOfItemPurchasedAxis"
LEASES = f"{AXIS}=acme:LeaseNotYetCommencedMember"


def obligations(db, *columns):
    return db.execute(
        f"select {', '.join(columns)} from marts.issuer_obligations "
        "order by issuer, period_end_on, concept, dimensions"
    ).fetchall()


def test_trap_59_a_commitment_tag_nobody_has_read_enters_no_total(db):
    facts = [
        instant("PurchaseObligation", "2026-06-30", 5e9),
        instant(TAG, "2026-06-30", 90e6),
        instant("ContractualObligation", "2026-06-30", 2e6),
        instant("OtherCommitment", "2026-06-30", 7e9),
    ]
    meanings = [
        meaning("PurchaseObligation", "supply"),
        meaning(TAG, "receivable"),
        meaning("ContractualObligation", "not_a_commitment"),
    ]
    land(db, filing("10-Q", "2026-08-12", *facts), meanings=meanings)
    build(db, "issuer_obligations")
    assert obligations(db, "concept", "obligation_kind", "is_counted") == [
        ("ContractualObligation", "not_a_commitment", False),
        ("OtherCommitment", "meaning_unknown", False),
        ("PurchaseObligation", "supply", True),
        (TAG, "receivable", False),
    ]


def test_trap_57_a_figure_that_stopped_while_filings_went_on_is_frozen(db):
    quarters = [
        ("10-Q", "2024-08-01", "2024-04-01", "2024-06-30"),
        ("10-Q", "2024-11-01", "2024-07-01", "2024-09-30"),
        ("10-K", "2025-02-07", "2024-10-01", "2024-12-31"),
    ]
    filings = [
        filing(
            form, filed, flow("Revenues", start, end, 1), instant(TAG, end, 2, dimensions=LEASES)
        )
        for form, filed, start, end in quarters
    ]
    frozen = filing("10-Q", "2024-08-01", instant(TAG, "2024-06-30", 32.41e9))
    land(db, *filings, frozen, meanings=[meaning(TAG, "content")])
    build(db, "issuer_obligations")
    assert obligations(db, "period_end_on::varchar", "dimensions", "is_frozen") == [
        ("2024-06-30", "", True),
        ("2024-06-30", LEASES, False),
        ("2024-09-30", LEASES, False),
        ("2024-12-31", LEASES, False),
    ]


def test_a_meaning_holds_for_its_cell_its_issuer_and_its_dates(db):
    land(
        db,
        filing(
            "10-K",
            "2026-03-02",
            instant(TAG, "2025-12-31", 10),
            instant(TAG, "2025-12-31", 20, dimensions=LEASES),
            instant(TAG, "2024-12-31", 30, dimensions=LEASES),
        ),
        filing(
            "10-K",
            "2026-03-02",
            instant(TAG, "2025-12-31", 40, dimensions=LEASES),
            cik="0000000002",
        ),
        issuers=[issuer(), issuer("0000000002")],
        meanings=[
            meaning(
                TAG,
                "leases_not_commenced",
                dimensions=LEASES,
                period_from_on=date(2025, 1, 1),
            )
        ],
    )
    build(db, "issuer_obligations")
    assert obligations(db, "issuer", "amount_usd", "obligation_kind") == [
        ("Acme", 30, "meaning_unknown"),
        ("Acme", 10, "meaning_unknown"),
        ("Acme", 20, "leases_not_commenced"),
        ("Company 2", 40, "meaning_unknown"),
    ]


def test_parts_of_a_filed_whole_are_not_counted_again(db):
    part = f"{AXIS}=acme:ChipsMember"
    facts = [
        instant(TAG, "2025-12-31", 100),
        instant(TAG, "2025-12-31", 60, dimensions=part),
        instant(TAG, "2025-12-31", 20, dimensions=LEASES),
    ]
    meanings = [
        meaning(TAG, "supply"),
        meaning(TAG, "supply", dimensions=part),
        meaning(TAG, "leases_not_commenced", dimensions=LEASES),
    ]
    land(db, filing("10-K", "2026-03-02", *facts), meanings=meanings)
    build(db, "issuer_obligations")
    assert obligations(db, "amount_usd", "is_counted") == [(100, True), (60, False), (20, True)]


def test_the_newest_filing_of_a_day_wins_and_proxies_do_not(db):
    land(
        db,
        filing("10-K", "2026-03-02", instant("PurchaseObligation", "2025-12-31", 10)),
        filing("10-Q", "2026-05-08", instant("PurchaseObligation", "2025-12-31", 11)),
        filing("DEF 14A", "2026-06-08", instant("PurchaseObligation", "2025-12-31", 12)),
    )
    build(db, "issuer_obligations")
    assert obligations(db, "amount_usd", "form") == [(11, "10-Q")]


def test_an_element_with_a_meaning_counts_whatever_its_name(db):
    facts = instant("PowerToBeBought", "2025-12-31", 10), instant("Power", "2025-12-31", 3)
    land(db, filing("10-K", "2026-03-02", *facts), meanings=[meaning("PowerToBeBought", "energy")])
    build(db, "issuer_obligations")
    assert obligations(db, "concept", "is_counted") == [("PowerToBeBought", True)]
