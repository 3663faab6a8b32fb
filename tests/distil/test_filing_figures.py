"""How figures of filings become the committed table."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from distil import _filing_facts as distil
from distil import _filing_read as read
from distil import _filing_recorded as recorded
from distil import _leverage as leverage
from pipeline.sources import source

ROOT = Path(__file__).resolve().parents[2]
SEC = ROOT.parent / "shared" / "data" / "sec"
JUNE = date(2025, 6, 30)


def figure(concept: str, value: float, filed_on: date, **cells: Any) -> dict[str, Any]:
    row = {
        "cik": "0000000001",
        "accession": f"0000000001-{filed_on:%y}-{filed_on:%m%d}00",
        "form": "10-Q",
        "filed_on": filed_on,
        "taxonomy": "us-gaap",
        "concept": concept,
        "unit": "USD",
        "period_start_on": None,
        "period_end_on": JUNE,
        "value": value,
        "confidence": "high",
    }
    return row | cells


def kept(*rows: dict[str, Any]) -> list[tuple[str, float, date]]:
    table = pl.DataFrame(
        [
            {"dimensions": "", "decimals": None, "source_url": None, "group": "debt"} | r
            for r in rows
        ],
        schema=recorded.FACTS | {"group": pl.String()},
        orient="row",
    )
    found = distil.vintages(table).select("concept", "value", "filed_on")
    return sorted(found.iter_rows(), key=lambda row: (row[2], row[0]))


def test_a_repeat_is_dropped_and_a_change_is_kept() -> None:
    first, again, changed = date(2025, 8, 1), date(2025, 11, 1), date(2026, 2, 1)
    rows = [figure("Debt", v, day) for v, day in ((5, first), (5, again), (6, changed))]
    assert kept(*rows) == [("Debt", 5, first), ("Debt", 6, changed)]


def test_a_sum_is_kept_whole_where_one_part_changed() -> None:
    first, later = date(2025, 8, 1), date(2026, 2, 1)
    rows = [figure("Current", 5, first), figure("Noncurrent", 20, first)]
    rows += [figure("Current", 5, later), figure("Noncurrent", 21, later)]
    assert kept(*rows)[2:] == [("Current", 5, later), ("Noncurrent", 21, later)]


def test_a_part_that_appears_later_is_new() -> None:
    first, later = date(2025, 8, 1), date(2026, 2, 1)
    rows = [figure("Current", 5, first), figure("Current", 5, later)]
    rows += [figure("Noncurrent", 20, later)]
    assert kept(*rows)[1:] == [("Current", 5, later), ("Noncurrent", 20, later)]


def test_a_proxy_statement_is_compared_with_reports_and_never_the_other_way() -> None:
    report, proxy, later = date(2026, 3, 2), date(2026, 4, 22), date(2026, 8, 1)
    rows = [figure("Income", -1167, report), figure("Income", -1168, proxy, form="DEF 14A")]
    rows += [figure("Income", -1167, later)]
    assert kept(*rows) == [("Income", -1167, report), ("Income", -1168, proxy)]


def test_a_recast_in_an_8_k_is_kept_where_it_differs() -> None:
    first, recast = date(2025, 8, 1), date(2025, 9, 1)
    rows = [figure("Debt", 5, first), figure("Debt", 7, recast, form="8-K")]
    assert [row[1] for row in kept(*rows)] == [5, 7]


def test_concepts_of_metrics_that_share_one_are_one_family() -> None:
    recipes = pl.DataFrame(
        {
            "cik": ["*", "*", "*", "*"],
            "metric": ["total_debt", "total_debt", "current_debt", "cash"],
            "taxonomy": ["us-gaap"] * 4,
            "concept": ["Current", "Noncurrent", "Current", "Cash"],
        }
    )
    found = distil.families(recipes)
    assert found["us-gaap", "Noncurrent"] == found["us-gaap", "Current"] == "current_debt"
    assert found["us-gaap", "Cash"] == "cash"


def test_two_records_of_one_figure_must_agree() -> None:
    day = date(2025, 8, 1)
    rows = recorded.facts([figure("Debt", 5, day), figure("Debt", 6, day)])
    with pytest.raises(ValueError, match="two values"):
        distil.once(rows)


def test_the_surest_record_of_a_figure_is_kept() -> None:
    day = date(2025, 8, 1)
    rows = [
        figure("Debt", 5e6, day, confidence="medium"),
        figure("Debt", 5e6, day),
        figure("Debt", 5e6, day, decimals=-6),
    ]
    (left,) = distil.once(recorded.facts(rows)).to_dicts()
    assert (left["confidence"], left["decimals"]) == ("high", -6)


def test_printed_digits_of_a_release_become_decimals(tmp_path: Path) -> None:
    (tmp_path / "told.csv").write_text(
        "period,kpi,value,unit,qualifier,form,filed,accession,page,url\n"
        "2025Q2,revenue_usd_m,105.1,USD m,,6-K EX-99.1,2025-08-07,0000000001-25-000001,,https://a\n"
        "2025Q1,debt_non_current_usd_m,0,USD m,not reported,6-K EX-99.1,2025-05-20,0-1,,https://a\n"
        "2025Q2,active_power_target_ye2025_mw,220,MW,target,6-K EX-99.2,2025-08-07,0-1,,https://a\n"
        "2025Q4,contracted_power_gw,3.1,GW,,6-K EX-99.2,2026-02-12,0000000001-26-000001,,https://a\n"
    )
    revenue, power = read.disclosed(tmp_path / "told.csv", "NBIS")
    assert (revenue["value"], revenue["decimals"]) == (105_100_000, -5)
    assert (revenue["period_start_on"], revenue["period_end_on"]) == (date(2025, 4, 1), JUNE)
    assert (power["value"], power["unit"], power["decimals"]) == (3.1, "GW", 1)
    assert power["period_start_on"] is None
    assert revenue["form"] == "6-K"


def test_the_table_read_by_hand_names_known_filings() -> None:
    rows = list(read.read())
    assert {row["accession"] for row in rows} <= set(read.FILINGS)
    assert all(row["filed_on"] >= row["period_end_on"] for row in rows)
    leases = [row["value"] for row in rows if row["concept"] == "LeasesNotYetCommenced"]
    assert leases[:2] == [40.7e9, 35.5e9]  # CoreWeave, March and June 2026


def test_the_file_stays_small_enough_to_read() -> None:
    assert (source.REFERENCE / "filing_facts.csv").stat().st_size < 1_500_000


def test_of_readers_lines_leads_vendors_and_lines_without_a_filing_are_not_read(
    tmp_path: Path,
) -> None:
    head = "cik,ticker,taxonomy,concept,unit,period_start,period_end,value,accession,form,filed"
    made = "0001083301,WULF,{},{},USD,,2025-12-31,5,{},10-K,2026-02-27,somebody,{}"
    notes = "NotesPayable of nobody"
    lines = [
        made.format("us-gaap", "Assets", "0001083301-26-000031", "high"),
        made.format("untagged", "Liabilities", "0001083301-26-000031", "medium"),
        made.format("us-gaap", "StockholdersEquity", "0001083301-26-000031", "low"),
        made.format("vendor-fmp", "Debt", "0001083301-26-000031", "medium"),
        made.format("secondary", "Debt", "0001083301-26-000031", "medium"),
        made.format("us-gaap", "Cash", "", "high"),
        made.format("untagged", notes, "0001083301-26-000031", "high"),
    ]
    (tmp_path / "facts_wulf.csv").write_text(
        "\n".join([f"{head},read_from,confidence", *lines, ""])
    )
    read_lines = [(row["taxonomy"], row["concept"]) for row in leverage.read(tmp_path)]
    assert read_lines == [("us-gaap", "Assets"), ("untagged", "Liabilities")]


def test_a_text_repeats_no_tagged_figure_of_its_filing() -> None:
    day = date(2025, 8, 1)
    held = recorded.facts([figure("Assets", 5, day)])
    found = [figure(each, 5, day, taxonomy="untagged") for each in ("Assets", "Liabilities")]
    assert distil.new(recorded.facts(found), held)["concept"].to_list() == ["Liabilities"]


@pytest.mark.skipif(not SEC.exists(), reason="the recorded filings are not in this checkout")
def test_distilling_again_gives_the_same_bytes(tmp_path: Path) -> None:
    distil.write(distil.distil(SEC, source.REFERENCE), tmp_path / "again.csv")
    committed = source.REFERENCE / "filing_facts.csv"
    assert (tmp_path / "again.csv").read_bytes() == committed.read_bytes()


@pytest.mark.skipif(not SEC.exists(), reason="the recorded filings are not in this checkout")
def test_filings_named_by_hand_agree_with_recorded_facts() -> None:
    facts = pl.concat(
        recorded.facts(recorded.arrays(SEC / "sbc_facts" / f"{ticker}.json.gz"))
        for ticker in recorded.CIKS
        if (SEC / "sbc_facts" / f"{ticker}.json.gz").exists()
    )
    known = {
        a: (form, day) for a, form, day in facts.select("accession", "form", "filed_on").rows()
    }
    both = known.keys() & read.FILINGS.keys()
    assert len(both) > 15
    assert {a: known[a] for a in both} == {a: read.FILINGS[a] for a in both}
