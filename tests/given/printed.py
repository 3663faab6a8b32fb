"""What the documents say in numbers, written again from the tables: drift is found."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from pipeline.release import cookbook
from pipeline.warehouse import DuckDB

__all__ = ["sentences"]

MILLION = 1e6
METHODS, GUIDE, CHANGELOG = "docs/METHODS.md", "docs/GUIDE.md", "CHANGELOG.md"


def sentences(db: DuckDB) -> Iterator[tuple[str, str]]:
    """Page and sentence, blanks as one blank."""
    yield from _back_test(db)
    yield from _rents(db)
    yield from _coverage(db)
    yield from _credit(db)
    [(claims,)] = db.execute("select count(*) from marts.claim_check").fetchall()
    yield GUIDE, f"`marts.claim_check` holds {claims} claims"
    yield GUIDE, f"Today: {_verdicts(db)}."
    yield "README.md", f"answers {len(cookbook.recipes())} questions"


def _verdicts(db: DuckDB) -> str:
    found = db.execute("select verdict, count(*) from marts.claim_check group by verdict")
    counts: dict[str, int] = dict(found.fetchall())
    names = ("supported", "partly", "contradicted", "not measurable")
    return ", ".join(f"{counts.get(name, 0)} {name}" for name in names)


def _back_test(db: DuckDB) -> Iterator[tuple[str, str]]:
    scored = {
        (segment, method, months): row
        for segment, method, months, *row in db.execute(
            "select price_segment, method, horizon_months, mean_absolute_error_pct, "
            "forecast_count, accelerator_count, independent_count, within_band_pct, "
            "verdict_of_test from marts.residual_backtest_summary"
        ).fetchall()
    }

    def error(method: str, segment: str = "neocloud_marketplace", months: int = 12) -> float:
        return float(scored[segment, method, months][0])

    rows = {
        "no change": "no_change", "`cohort`": "cohort", "`shrunk`": "shrunk",
        "`pooled_through_cycle`": "pooled_through_cycle",
        "a fall of 26 % a year": "fall_26_pct_per_year",
    }  # fmt: skip
    for name, method in rows.items():
        outside, inside = error(method), error(method, "hyperscaler")
        yield METHODS, f"| {name} | {outside:.1f} % | {inside:.1f} % |"
    here, lists = (scored[each, "cohort", 12] for each in ("neocloud_marketplace", "hyperscaler"))
    yield METHODS, f"| forecasts, accelerators | {here[1]}, {here[2]} | {lists[1]}, {lists[2]} |"
    assert here[3] == 3, "the pages say three"
    yield METHODS, f"Three of the {here[1]} have no month in common"
    half = scored["neocloud_marketplace", "cohort", 6]
    yield METHODS, f"At 6 months ({half[1]} forecasts, {half[3]} without a common month)"
    worse = {
        method
        for (segment, method, months), row in scored.items()
        if (segment, months, row[5]) == ("neocloud_marketplace", 6, "worse than no change")
    }
    assert worse == {"cohort_piecewise", "cross_section"}, "the page says these"
    two = error("cohort", months=24), error("no_change", months=24)
    yield METHODS, f"`cohort` errs by {two[0]:.1f} %, no change by {two[1]:.1f} %"
    [(ratio, changes)] = db.execute(
        "select median(modelled_effect_usd / disclosed_effect_usd), count(*) "
        "from marts.issuer_depreciation_gap where life_case = 'filed' "
        "and modelled_effect_usd / disclosed_effect_usd is not null"
    ).fetchall()
    yield METHODS, f"{ratio:.1f} times as much (median of {changes})"
    held = [scored["neocloud_marketplace", each, 12][4] for each in ("shrunk", "cohort")]
    yield METHODS, f"held {held[0]:.0f} to {held[1]:.0f} % of outcomes a year on"
    yield (
        GUIDE,
        f"it missed by {error('no_change'):.0f} % of rent 12 months on, an accelerator's own past "
        f"rate by {error('cohort'):.0f} %, a fall of 26 % a year by "
        f"{error('fall_26_pct_per_year'):.0f} %; the {here[1]} forecasts hold three without a "
        "common month. Hyperscalers' lists hardly move "
        f"({error('no_change', 'hyperscaler'):.1f} %).",
    )


def _coverage(db: DuckDB) -> Iterator[tuple[str, str]]:
    # Weeks with a published daily price of the file before panel-adjusted rents and their evidence.
    nothing = "0 0 0 0 0 0 0"
    before = {
        ("neocloud", "H100 SXM"): "0 6 0 5 8 14 12", ("neocloud", "H200 SXM"): "0 6 0 0 8 7 2",
        ("neocloud", "B200 SXM"): "0 6 0 1 8 7 2", ("neocloud", "A100 SXM"): "0 0 0 6 5 7 9",
        ("neocloud", "MI300X"): "0 6 0 0 8 7 0", ("marketplace", "B200 SXM"): "0 0 0 0 0 0 2",
        ("hyperscaler", "H100 SXM"): "14 14 14 14 14 14 9",
        ("hyperscaler", "H200 SXM"): "0 3 4 0 6 7 3", ("hyperscaler", "B200 SXM"): "0 3 4 0 7 7 2",
        ("hyperscaler", "A100 SXM"): "14 14 14 14 14 14 8",
        ("hyperscaler", "MI300X"): "0 3 4 0 8 7 2",
    }  # fmt: skip
    chips = {
        "H100 SXM": "nvidia-h100-sxm-80gb", "H200 SXM": "nvidia-h200-sxm-141gb",
        "B200 SXM": "nvidia-b200-sxm-180gb", "A100 SXM": "nvidia-a100-sxm4-80gb",
        "MI300X": "amd-mi300x-192gb",
    }  # fmt: skip
    weeks = {
        (tier, accelerator, quarter): count
        for tier, accelerator, quarter, count in db.execute(
            "select tier, accelerator, 4 * (year(period_end_on) - 2025) + quarter(period_end_on), "
            "count(*) from marts.gpu_rent where period = 'week' and market = 'on_demand' "
            "and publication_status = 'published' and term_months = 0 and basis = 'all_in' "
            "and period_end_on between '2025-01-01' and '2026-09-30' group by all"
        ).fetchall()
    }
    for tier in ("neocloud", "marketplace", "hyperscaler"):
        for name, accelerator in chips.items():
            old = before.get((tier, name), nothing).split()
            new = (weeks.get((tier, accelerator, quarter), 0) for quarter in range(1, 8))
            cells = " | ".join(f"{was} → {now}" for was, now in zip(old, new, strict=True))
            yield METHODS, f"| {tier}, {name} | {cells} |"


def _rents(db: DuckDB) -> Iterator[tuple[str, str]]:
    cell = (
        "accelerator = 'nvidia-h100-sxm-80gb' and market = 'on_demand' and term_months = 0 "
        "and basis = 'all_in' and period = 'month' and tier = ?"
    )
    before, after = (
        value
        for (value,) in db.execute(
            f"select multilateral_price_index from marts.gpu_price_movement where {cell} "
            "and period_end_on in ('2025-10-31', '2026-10-31') order by period_end_on",
            ["neocloud"],
        ).fetchall()
    )
    yield CHANGELOG, f"it is +{100 * (after / before - 1):.0f} % now"
    lists = [
        value
        for (value,) in db.execute(
            f"select rent_usd_per_gpu_hour from marts.gpu_rent where {cell} "
            "and period_end_on between '2026-01-01' and '2026-10-31' "
            "and publication_status = 'published' order by period_end_on",
            ["hyperscaler"],
        ).fetchall()
    ]
    yield CHANGELOG, f"goes from {lists[0]:.1f} to {min(lists):.1f} and {lists[-1]:.1f} now"
    rates = dict(
        db.execute(
            "select accelerator, rate_pct_per_year from marts.depreciation_rate "
            "where method = 'shrunk' and period_end_on = '2026-10-31'"
        ).fetchall()
    )
    told = ("nvidia-h100-sxm-80gb", "nvidia-a100-sxm4-80gb", "nvidia-b200-sxm-180gb")
    h100, a100, b200 = (rates[each] for each in told)
    yield CHANGELOG, f"H100 {h100:.0f} %, A100 80 GB {a100:.0f} %, B200 {b200:+.0f} %"
    inside = {
        tier: [*rows]
        for tier, rows in groupby(
            db.execute(
                "select tier, horizon_weeks, count(*) filter (drift_basis = 'measured'), "
                "100 * avg(is_inside::int) filter (drift_basis = 'measured'), "
                "100 * avg(is_inside::int) filter (drift_basis = 'through_cycle') "
                "from marts.rent_path_backtest group by all order by all"
            ).fetchall(),
            key=itemgetter(0),
        )
    }
    for _, weeks, bands, measured, decline in inside["neocloud"]:
        yield METHODS, f"| {weeks} | {bands} | {measured:.0f} % | {decline:.0f} % |"
    one, two, three = (f"{measured:.0f}" for *_, measured, _ in inside["hyperscaler"])
    yield METHODS, f"{one}, {two} and {three} %, and none with the decline"
    assert {decline for *_, decline in inside["hyperscaler"]} == {0}


def _credit(db: DuckDB) -> Iterator[tuple[str, str]]:
    for facility, name, day in (
        ("crwv-ddtl-1-0", "DDTL 1.0", "2025-06-30"), ("crwv-ddtl-1-0", "DDTL 1.0", "2026-03-31"),
        ("crwv-ddtl-2-0", "DDTL 2.0", "2025-12-31"), ("crwv-ddtl-2-0", "DDTL 2.0", "2026-03-31"),
    ):  # fmt: skip
        [(first, filed, modelled, error)] = db.execute(
            "select principal_usd, next_principal_usd, modelled_principal_usd, "
            "repayment_error_pct from marts.facility_repayment "
            "where facility_id = ? and balance_on = ? and next_balance_on = '2026-06-30'",
            [facility, day],
        ).fetchall()
        start = f"{first / MILLION:,.1f}".removesuffix(".0")
        yield (
            METHODS,
            f"| {name} | {day}, {start} | {filed / MILLION:,.0f} | {modelled / MILLION:,.0f} | "
            f"{error:.1f} |",
        )
    cover = {
        (facility.removeprefix("crwv-ddtl-").replace("-", "."), str(day)): row
        for facility, day, *row in db.execute(
            "select facility_id, balance_on, ltv_contract_pct, ltv_market_pct, "
            "market_missing_reason from marts.facility_coverage where issuer = 'CoreWeave' "
            "and balance_on in ('2026-03-31', '2026-06-30')"
        ).fetchall()
    }
    yield CHANGELOG, f"contract LTV of June 2026 is {cover['1.0', '2026-06-30'][0]:.1f} %"
    for name, before in {"2.1": "173.7", "3.0": "152.4", "4.0": "169.0"}.items():
        yield CHANGELOG, f"{name} {before} -> {cover[name, '2026-03-31'][1]:.1f}"
    for name in ("2.1", "3.0", "4.0", "5.0"):
        _, market, why = cover[name, "2026-06-30"]
        assert market is None
        for page in (CHANGELOG, METHODS):
            yield page, f'"{why}"'
    own, drawn, pooled = (
        f"{rate:+.1f} %"
        for (rate,) in db.execute(
            "select rate_pct_per_year from marts.depreciation_rate where (accelerator, method) in "
            "(('nvidia-b200-sxm-180gb', 'cohort'), ('nvidia-b200-sxm-180gb', 'shrunk'), "
            "('all', 'pooled_through_cycle')) and period_end_on = '2026-06-30' "
            "order by case method when 'cohort' then 1 when 'shrunk' then 2 else 3 end"
        ).fetchall()
    )
    yield METHODS, f"the B200's own rents had moved by {own} a year, {drawn} drawn towards {pooled}"
    [(due, ratio)] = db.execute(
        "select annual_principal_due_usd, dscr_market_ratio from marts.facility_coverage "
        "where facility_id = 'crwv-ddtl-2-0' and balance_on = '2025-06-30'"
    ).fetchall()
    yield CHANGELOG, f"it is {due / MILLION:,.0f} million and {ratio:.2f}"
    breaks = dict(
        db.execute(
            "select (scenario, realisation_pct::int), base_broken_on from marts.facility_breach "
            "where facility_id = 'crwv-ddtl-1-0' and revenue_basis = 'market'"
        ).fetchall()
    )
    falls = {part: breaks[f"fall-{part}-over-4-quarters", 70] for part in (20, 40)}
    assert breaks["base", 70] is None
    assert falls[20] is None
    yield (
        METHODS,
        f"the base holds on the base path and at -20 %, and breaks on {falls[40]} at -40 %",
    )
    [half] = {breaks[f"fall-{part}-over-4-quarters", 50] for part in (20, 40)}
    yield (
        METHODS,
        f"half realised, it breaks on {breaks['base', 50]} on the base path "
        f"and on {half} at -20 and -40 %",
    )
    [(drawn,)] = db.execute(
        "select sum(filed_drawn_usd) from marts.gpu_debt_market where borrower = 'CoreWeave' "
        "and balance_on = '2026-06-30' and period_end_on = '2026-06-30'"
    ).fetchall()
    yield CHANGELOG, f"CoreWeave's June 2026 is {drawn / MILLION:,.0f} million"
    yield from _stress(db)
    yield from _leverage(db)


def _stress(db: DuckDB) -> Iterator[tuple[str, str]]:
    [(every, own)] = db.execute(
        "select pooled.rate_pct_per_year, own.rate_pct_per_year from steps.facility_decline as own "
        "join steps.facility_start as starts using (facility_id) "
        "join steps.decline as pooled on starts.price_vintage_on = pooled.period_end_on "
        "where own.facility_id = 'crwv-ddtl-1-0'"
    ).fetchall()
    yield CHANGELOG, f"let H100 rents fall by {-every:.1f} % a year"
    yield CHANGELOG, f"let them fall by {-own:.1f} %"
    [(share,)] = db.execute(
        "select under_water_probability_pct from marts.facility_loss where quarter_number = 4 "
        "and facility_id = 'crwv-ddtl-1-0' and drift_basis = 'through_cycle'"
    ).fetchall()
    yield CHANGELOG, f"26.2 -> {share:.1f} %"
    [(decided, valued)] = db.execute(
        "select count(*) filter (where is_under_water_at_40 <> is_under_water_at_80), "
        "count(is_under_water) from marts.facility_stress"
    ).fetchall()
    yield CHANGELOG, f"in {decided} of {valued} rows with a value that decides"


def _leverage(db: DuckDB) -> Iterator[tuple[str, str]]:
    held = {
        (issuer, str(day)): (debt, principal, ebitda)
        for issuer, day, debt, principal, ebitda in db.execute(
            "select issuer, period_end_on, total_debt_usd / 1e6, debt_principal_usd / 1e6, "
            "ebitda_usd / 1e6 from marts.neocloud_leverage where is_preferred_basis"
        ).fetchall()
    }
    yield CHANGELOG, f"December 2025 is {held['TeraWulf', '2025-12-31'][0]:,.0f} million"
    yield CHANGELOG, f"EBITDA of 2024, {held['Hut 8', '2024-12-31'][2]:,.0f} million"
    yield CHANGELOG, f"to June 2026 is {held['Hut 8', '2026-06-30'][2]:,.0f}"
    carrying, principal, _ = held["IREN", "2026-06-30"]
    yield CHANGELOG, f"{carrying:,.1f} million of carrying value and {principal:,.1f} of principal"
    yield CHANGELOG, f"its {held['Applied Digital', '2026-05-31'][1]:,.1f} million of principal"
