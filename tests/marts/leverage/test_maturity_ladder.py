import pytest

from tests.given.filings import build, filing, flow, instant, issuer, land, recipe

PRINCIPAL = "DebtInstrumentCarryingAmount"


def ladder(db, *columns):
    return db.execute(
        f"select {', '.join(columns)} from marts.maturity_ladder order by balance_on, due_from_on"
    ).fetchall()


SPAN = ("due_from_on::varchar", "due_to_on::varchar", "amount_usd", "is_thereafter")


def test_a_quarterly_report_starts_with_the_rest_of_the_fiscal_year(db):
    day = "2026-06-30"
    land(
        db,
        filing(
            "10-Q",
            "2026-08-12",
            flow("Revenues", "2026-04-01", day, 1),
            instant("DueInRemainder", day, 4_413e6),
            instant("DueInYearOne", day, 6_184e6),
            instant("DueInYearTwo", day, 4_416e6),
            instant("DueThereafter", day, 20_538e6),
            instant(PRINCIPAL, day, 35_551e6),
        ),
    )
    build(db, "maturity_ladder")
    assert ladder(db, *SPAN) == [
        ("2026-07-01", "2026-12-31", 4_413e6, False),
        ("2027-01-01", "2027-12-31", 6_184e6, False),
        ("2028-01-01", "2028-12-31", 4_416e6, False),
        ("2029-01-01", None, 20_538e6, True),
    ]
    assert set(ladder(db, "ladder_usd", "debt_principal_usd", "unexplained_usd")) == {
        (35_551e6, 35_551e6, 0)
    }


def test_an_annual_report_starts_with_the_year_after(db):
    day = "2026-01-25"
    land(
        db,
        filing(
            "10-K",
            "2026-02-25",
            flow("Revenues", "2025-01-27", day, 1),
            instant("DueInRemainder", day, 0),
            instant("DueInYearOne", day, 10),
            instant("DueInYearTwo", day, 20),
            instant(PRINCIPAL, day, 40),
        ),
        issuers=[issuer(fiscal_year_end="01-31")],
    )
    build(db, "maturity_ladder")
    assert ladder(db, *SPAN) == [
        ("2026-01-26", "2027-01-25", 10, False),
        ("2027-01-26", "2028-01-25", 20, False),
    ]
    assert ladder(db, "unexplained_usd", "unexplained_pct")[0] == (10, pytest.approx(25))


@pytest.mark.parametrize(
    ("fiscal_year_end", "until"),
    [("05-31", "2026-05-31"), ("12-31", "2025-12-31"), ("02-29", "2026-02-28")],
)
def test_the_rest_of_the_year_ends_with_the_issuers_own_year(db, fiscal_year_end, until):
    day = "2025-09-30"
    facts = [instant("DueInRemainder", day, 1), instant("DueInYearOne", day, 2)]
    land(
        db,
        filing("10-Q", "2025-11-10", flow("Revenues", "2025-07-01", day, 1), *facts),
        issuers=[issuer(fiscal_year_end=fiscal_year_end)],
    )
    build(db, "maturity_ladder")
    assert ladder(db, "due_to_on::varchar")[0] == (until,)


def test_without_a_remainder_years_run_from_the_balance_day(db):
    day = "2025-09-30"
    facts = instant("DueInYearOne", day, 2), instant("DueThereafter", day, 3)
    land(db, filing("10-Q", "2025-11-10", flow("Revenues", "2025-07-01", day, 1), *facts))
    build(db, "maturity_ladder")
    assert ladder(db, *SPAN) == [
        ("2025-10-01", "2026-09-30", 2, False),
        ("2026-10-01", None, 3, True),
    ]


def test_without_a_total_nothing_is_compared(db):
    day = "2025-12-31"
    facts = flow("Revenues", "2025-01-01", day, 1), instant("DueInYearOne", day, 2)
    land(db, filing("10-K", "2026-03-02", *facts))
    build(db, "maturity_ladder")
    assert ladder(db, "debt_principal_usd", "unexplained_usd") == [(None, None)]


def test_what_no_listed_year_holds_falls_due_after_the_last_one(db):
    # Marvell tags every row of its quarterly table but "thereafter": 2,250.0 of 4,499.9 million.
    day, years = "2025-11-01", ["DueInYearOne", "DueInYearTwo", "DueInYearThree", "DueInYearFour"]
    metrics = [f"debt_due_year_{n}" for n in (1, 2, 3, 4)]
    rules = [row for n, each in enumerate(years) for row in recipe(metrics[n], each)]
    rules += [*recipe("debt_principal", PRINCIPAL), *recipe("revenue", "Revenues")]
    amounts = [500e6, 0, 1_249.9e6, 500e6]
    facts = [instant(each, day, usd) for each, usd in zip(years, amounts, strict=True)]
    facts += [flow("Revenues", "2025-08-03", day, 1), instant(PRINCIPAL, day, 4_499.9e6)]
    land(db, filing("10-Q", "2025-12-03", *facts), recipes=rules)
    build(db, "maturity_ladder")
    assert ladder(db, *SPAN, "is_derived")[-1] == ("2029-11-02", None, 2_250e6, True, True)
    assert set(ladder(db, "unexplained_usd")) == {(0,)}
