"""Four quarters of two funds' schedules, in archives as the SEC packs them, to who moved first.

Layout and columns are those of the recorded archive; the marks are made up.
"""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.identity.holdings import resolved
from pipeline.sources.credit import sec_bdc
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import REFERENCE, Capture
from tests.given.credit import built, terms
from tests.given.schedules import FILING, SUB, archive, figure, line, other, table
from tests.given.support import rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENDS = [date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31)]
FILED = ["2025-05-08", "2025-08-07", "2025-11-06", "2026-03-02"]
# Value per 100 of par at each quarter end; Carlyle files a week later and moves a quarter earlier.
FUNDS = {
    (1655888, "BLUE OWL CAPITAL CORP"): (100.0, 100.0, 98.0, 98.0),
    (1702510, "Carlyle Credit Solutions, Inc."): (100.0, 98.5, 97.5, 97.5),
}


def quarter(number: int) -> pl.DataFrame:
    """What one quarter's archive holds of CoreWeave's first facility, as `parse` gives it."""
    end, filed = ENDS[number], FILED[number]
    loans, filings, totals = [], [], []
    for (cik, name), values in FUNDS.items():
        adsh = f"{cik:010}-25-{number:06}"
        own = {"adsh": adsh, "cik": cik, "name": name, "ddate": end, "period": end, "filed": filed}
        par = 1_000_000 - 50_000 * number
        fair = par * values[number] / 100
        who = "CoreWeave Compute Acquisition Co. II, LLC"
        loans += [
            line(
                **own,
                identifier=f"{who}, First lien senior secured delayed draw term loan",
                issuer=f"{who} [Member]",
                rate=0.1331,
                spread=0.0962,
                maturity="2028-07-30",
                par=par,
                cost=par * 0.99,
                fair=fair,
            ),
            other(**own),
        ]
        compact = f"{end:%Y%m%d}"
        filings.append(
            FILING
            | {"adsh": adsh, "cik": cik, "name": name, "period": compact}
            | {"filed": filed.replace("-", ""), "accepted": f"{filed} 16:30:00.0"}
        )
        day = {"adsh": adsh, "ddate": compact}
        totals += [
            figure("InvestmentOwnedAtFairValue", 8_944_000 + fair, **day),
            figure("StockholdersEquity", 8_000_000, **day),
        ]
    part = f"{end:%Y}q{number + 1}"
    body = archive(*loans, sub=table(SUB, filings), num=totals)
    return sec_bdc.parse_stream(body, Capture("sec_bdc", part, "https://a", NOON, ""))


@pytest.fixture
def moves(db):
    aliases = named("facility_aliases")
    body = (REFERENCE / "facility_aliases.csv").read_bytes()
    tables = {"facility_aliases": aliases.parse(body, Capture("x", "all", "x", NOON, ""))}
    read = pl.concat(quarter(each) for each in range(4))
    found = resolved(read.with_columns(source=pl.lit("sec_bdc")), tables)
    usable = found.filter(pl.col("reason").is_null()).drop("reason")
    built(db, terms=[terms("crwv-ddtl-1-0")], holdings=usable.to_dicts())
    return {
        (each["adviser"], each["period_end_on"]): each
        for each in rows(db, "from marts.lender_mark_move where facility_id = 'crwv-ddtl-1-0'")
    }


def test_the_same_loan_is_followed_through_four_archives_and_the_first_to_move_is_named(moves):
    assert len(moves) == 8  # two advisers, four quarters
    first, second = moves["Carlyle", ENDS[1]], moves["Blue Owl", ENDS[2]]
    assert first["fv_to_par_change_pct"] == pytest.approx(-1.5)
    assert second["fv_to_par_change_pct"] == pytest.approx(-2.0)
    assert {first["first_mover"], second["first_mover"]} == {"Carlyle"}
    # Accepted on 7 August and on 6 November.
    assert (first["after_first_mover_days"], second["after_first_mover_days"]) == (0, 91)
