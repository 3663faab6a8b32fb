"""Columns of debt facilities, balances, holdings, commitments and interest rates."""

import polars as pl

from pipeline.columns.column import Column, choice, count, day, flag, number, text

MONEY = "USD"

COLUMNS: dict[str, Column] = {
    # A facility and its terms.
    "facility_id": text("Identifier of a facility or debt instrument (facility_terms)."),
    "parent_facility_id": text(
        "Facility that contains this one, whose amount already counts it; null where none."
    ),
    "borrower": text("Company whose debt it is, in plain words."),
    "is_sought_in_holdings": flag("True where lines of funds' schedules with the name are kept."),
    "is_sought_in_offerings": flag("True where notices of offerings by the name are kept."),
    "spv": text("Legal entity that borrows or issues, where it is not the company itself."),
    "facility_name": text("Name of the facility or instrument."),
    "facility_kind": choice(
        "Kind of debt instrument.",
        "ddtl",
        "term_loan",
        "revolver",
        "senior_notes",
        "secured_notes",
        "convertible_notes",
        "private_notes",
        "abs",
        "lease",
        "oem_financing",
        "other",
    ),
    "collateral_class": choice(
        "What secures the debt first; in sums also all classes and all_secured.",
        "gpu",
        "chip_lease",
        "operator_campus",
        "landlord_spv",
        "mixed",
        "unsecured",
        "all_secured",
        "all",
    ),
    "deal_status": choice(
        "How well the deal is attested: filed (an SEC filing states it), announced (a party or "
        "rating agency does), press (only press does), rumored, or not_executed.",
        "filed",
        "announced",
        "press",
        "rumored",
        "not_executed",
    ),
    "is_disputed": flag("True where documents disagree on a term; each has its own row."),
    "closed_on": day("Day the agreement was signed or the notes were issued."),
    "commitment_usd": number(MONEY, "Most that may be borrowed, or face issued."),
    "benchmark": text("Floating benchmark such as SOFR; fixed where there is none."),
    "spread_bps": number("bps", "Spread over the benchmark; the lowest where it has tiers."),
    "spread_high_bps": number("bps", "Highest spread where the facility has tiers."),
    "benchmark_floor_pct": number("%", "Lowest benchmark rate the agreement reckons with."),
    "fixed_rate_pct": number("%", "Fixed coupon a year; not a yield and not the effective rate."),
    "undrawn_fee_bps": number("bps", "Fee a year on the undrawn commitment."),
    "redemption_price_pct": number("%", "What is repaid at maturity, of face; null means face."),
    "maturity_on": day("Final maturity; the last day where only month or year is said."),
    "maturity_grain": choice("How precisely the maturity is stated.", "day", "month", "year"),
    "draw_tenor_months": Column(
        pl.Int64(), "Life of each draw where draws mature one by one.", "months"
    ),
    "draws_end_on": day("Last day on which the agreement lets draw; null where not read."),
    "terms_from_on": day("Day from which the version's terms bind; null where not said."),
    "amortisation": choice(
        "How principal is repaid: filed_schedule (its figures are public), unfiled_schedule (it"
        " exists but is not public), borrowing_base (what the base no longer covers).",
        "level",
        "filed_schedule",
        "unfiled_schedule",
        "borrowing_base",
        "bullet",
        "not_stated",
    ),
    "amortisation_from_on": day("First day principal falls due under the schedule."),
    "advance_rate_pct": number("%", "Most that may be borrowed against cost; the higher of two."),
    "advance_rate_low_pct": number("%", "Rate for the weaker collateral where there are two."),
    "ltv_max_pct": number(
        "%", "Most debt over depreciated cost the agreement allows, where not the advance rate."
    ),
    "depreciation_life_years": number(
        "years", "Straight-line life over which the borrowing base writes the collateral down."
    ),
    "dscr_min_ratio": number("ratio", "Lowest debt service coverage the covenant allows."),
    "dscr_tested_from_on": day("First day the coverage covenant is tested."),
    "contract_coverage_min_ratio": number(
        "ratio", "Lowest ratio of contracted cash flow to debt that the covenant allows."
    ),
    "liquidity_min_usd": number(MONEY, "Lowest liquidity the covenant allows, where a fixed sum."),
    "hedged_min_pct": number("%", "Least part of floating debt that must be hedged."),
    "recourse": choice(
        "Whether the parent answers: full (it guarantees), limited (bad acts or parts).",
        "full",
        "limited",
        "none",
        "not_stated",
    ),
    "offtaker": text("Customer whose contract pays the debt, as named by the document."),
    "offtaker_rating": text("Credit rating of that customer, or unrated."),
    "offtake_months": Column(pl.Int64(), "Length of the customer contract.", "months"),
    "rating": text("Credit ratings of the facility, with the agency."),
    "redacted_terms": text("Columns whose figure the filing redacts, separated by |."),
    "term": choice(
        "Term of a facility that is assumed because no filing states it.",
        "advance_rate_pct",
        "depreciation_life_years",
        "accelerator",
        "funded_usd",
    ),
    # Balances.
    "balance_on": day("Day of the balance."),
    "principal_usd": number(MONEY, "Principal outstanding."),
    "carrying_usd": number(MONEY, "Carrying value: principal less unamortised discount and costs."),
    "undrawn_usd": number(MONEY, "Commitment that can still be drawn."),
    "effective_rate_pct": number("%", "Effective interest rate as filed; includes fees and OID."),
    # Holdings of funds.
    "holding_id": text("Identifier of a holding inside one filing."),
    "fund": text("Fund or company that holds the loan."),
    "fund_cik": text("SEC central index key of the fund, ten digits."),
    "adviser": text("Manager of the fund; affiliated funds share one."),
    "vehicle": choice(
        "Legal kind of the fund.",
        "bdc",
        "joint_venture",
        "mutual_fund",
        "etf",
        "closed_end_fund",
        "not_stated",
    ),
    "issuer_name_raw": text("Borrower as the fund names it."),
    "instrument_raw": text("Instrument as the fund names it."),
    "rate_kind": choice("Whether the loan floats.", "floating", "fixed"),
    "all_in_rate_pct": number("%", "Interest rate in force on the day, all in."),
    "par_usd": number(MONEY, "Principal the fund holds."),
    "cost_usd": number(MONEY, "Amortised cost of the holding."),
    "fair_value_usd": number(MONEY, "Fair value of the holding as filed."),
    "unfunded_usd": number(MONEY, "Commitment of the fund not yet drawn."),
    "net_assets_pct": number("%", "Share of the fund's net assets, as filed."),
    "fund_net_assets_usd": number(MONEY, "Net assets of the fund, as filed."),
    "schedule_gap_pct": number(
        "%", "Schedule of investments added up, less the balance sheet's total, of the latter."
    ),
    "is_non_accrual": flag("True where the fund says interest is not accrued."),
    "is_pik": flag("True where interest is paid in kind."),
    "fair_value_level": Column(pl.Int64(), "Level of the fair value hierarchy: 1, 2 or 3."),
    "par_basis": choice(
        "What par is: funded (drawn principal), mostly_unfunded (fees on the whole commitment "
        "are netted against a small drawn part, so value over par is no markdown).",
        "funded",
        "mostly_unfunded",
        "unfunded",
        "not_stated",
    ),
    "match_score": number(
        "score", "From 0 to 1: how sure the match is: sum of the parts that agree."
    ),
    "match_reason": text("Which rule matched, or why none did."),
    "maturity_from_on": day("Earliest maturity a rule accepts."),
    "maturity_to_on": day("Latest maturity a rule accepts."),
    # Who owes whom.
    "commitment_id": text("Identifier of a commitment between two companies."),
    "from_entity": text("Company that pays, invests, guarantees or lends."),
    "to_entity": text("Company that receives."),
    "commitment_kind": choice(
        "What is committed.",
        "equity",
        "purchase",
        "capacity",
        "lease",
        "guarantee",
        "loan",
        "warrant",
    ),
    "amount_usd": number(MONEY, "Amount of the commitment; null where none is stated."),
    "is_binding": flag("True where a signed contract binds, False where not; null if unknown."),
    "ends_on": day("Last day of the commitment, where stated."),
    # Rates.
    "rate_name": text("SOFR, or a constant-maturity Treasury yield such as UST 5Y."),
    "rate_pct": number("%", "Interest rate a year, as published."),
    # Private placements.
    "offering_usd": number(MONEY, "Amount offered; null where indefinite."),
    "sold_usd": number(MONEY, "Amount sold so far."),
    "first_sale_on": day("Day of the first sale; null where yet to occur."),
    "is_amendment": flag("True where the filing amends an earlier one."),
    "file_number": text("SEC file number that joins a filing to its amendments."),
    "security_kind": text("What is sold: equity, debt, option, other, joined by |."),
    "industry": text("Industry group the filer names."),
    # Facilities, derived.
    "counted_from_on": day(
        "Day from which the facility counts: closed, else announced, first owed or first known; "
        "never later than its first balance."
    ),
    "outstanding_pct": number("%", "Principal outstanding over the commitment."),
    "drawn_pct": number(
        "%",
        "What was ever drawn over the commitment, repaid or not; of a revolver what is drawn now; "
        "null where the loan was first seen after repayment began.",
    ),
    "maturity_low_on": day("Earliest maturity any version or holder states."),
    "maturity_high_on": day("Latest maturity any version or holder states."),
    "maturity_count": count("Different maturities stated."),
    "maturities": text("Every maturity stated, in order, separated by commas."),
    "issuer_maturities": text("Every maturity the versions of the issuer's terms state."),
    "version_count": count("Versions of the terms held."),
    "balance_source_url": text("Public address the balance was read from."),
    # The market by month.
    "facility_count": count("Facilities that stand at the month's end."),
    "filed_facility_count": count("Of these, those an SEC filing states."),
    "announced_facility_count": count("Of these, those a party or rating agency announced."),
    "press_facility_count": count("Of these, those only the press tells of."),
    "borrower_count": count("Borrowers of these facilities."),
    "filed_drawn_usd": number(
        MONEY, "Principal of the filed on the one day the row is of (balance_on)."
    ),
    "filed_committed_usd": number(MONEY, "Commitments and face of the filed, as first committed."),
    "announced_drawn_usd": number(MONEY, "Principal of the announced on that day."),
    "announced_committed_usd": number(MONEY, "Commitments and face announced but not filed."),
    "press_drawn_usd": number(MONEY, "Principal on that day as only the press tells it."),
    "press_estimate_usd": number(MONEY, "Commitments and face as only the press tells them."),
    "secured_filed_drawn_usd": number(MONEY, "Of the filed drawn, what is secured by anything."),
    "secured_filed_committed_usd": number(MONEY, "Of the filed committed, what is secured."),
    "drawn_bound": choice(
        "lower where a facility has no balance of the day: there is more; else stated.",
        "lower",
        "stated",
    ),
    "committed_bound": text("lower where a facility states no commitment, else stated."),
    "facilities_without_balance_count": count("Facilities whose drawn amount is not known."),
    "facilities_without_commitment_count": count("Facilities whose commitment is not known."),
    "other_day_drawn_usd": number(
        MONEY, "Principal of facilities whose last balance is of another day; in no drawn amount."
    ),
    "facilities_of_other_day_count": count("Facilities in that principal."),
    "oldest_balance_on": day("Day of the oldest balance in the row, those of other days counted."),
    "source_urls": text("Public addresses the row rests on, separated by spaces."),
    # What lenders say.
    "fv_to_par_pct": number("%", "Fair value over par; means nothing where par is mostly undrawn."),
    "fv_to_cost_pct": number("%", "Fair value over amortised cost."),
    "mark_note": text("What value over par does not mean here; null where it is a plain mark."),
    "previous_period_end_on": day("The fund's report before, where it held the position."),
    "fv_to_par_change_pct": number(
        "%", "Change of the position's value over par since that report, in points of par."
    ),
    "adviser_count": count("Advisers behind the statistics, affiliated funds counted once."),
    "fund_count": count("Funds that hold the facility."),
    "holding_count": count("Holdings behind the row."),
    "marked_holding_count": count("Holdings in the statistics."),
    "mostly_unfunded_count": count("Holdings left out because their par is mostly undrawn."),
    "unfunded_count": count("Holdings left out because nothing is drawn."),
    "non_accrual_count": count("Holdings on which the fund accrues no interest."),
    "marked_par_usd": number(MONEY, "Par of the holdings in the statistics."),
    "low_fv_to_par_pct": number("%", "Lowest value over par of an adviser."),
    "median_fv_to_par_pct": number("%", "Median over advisers of value over par."),
    "high_fv_to_par_pct": number("%", "Highest value over par of an adviser."),
    "fv_to_par_spread_pct": number("%", "Highest less lowest, in points of par."),
    "low_adviser": text("Adviser with the lowest value; by name where several share it."),
    "high_adviser": text("Adviser with the highest value; by name where several share it."),
    "is_maturity_conflict": flag(
        "True where holders state several maturities, or one later than the terms do."
    ),
    # Who holds it.
    "holder_kind": choice(
        "identified (a fund), or unidentified: what no public holder shows.",
        "identified",
        "unidentified",
    ),
    "par_bound": choice(
        "stated by a fund, or upper: a remainder holds what no rule could match, too.",
        "stated",
        "upper",
    ),
    "reported_on": day("Date of the report the holding was read from."),
    "identified_par_usd": number(MONEY, "Par that identified funds hold of the facility."),
    "is_over_identified": flag("True where funds state more par than the balance: a conflict."),
    "remainder_missing_reason": text("Why the remainder is unknown; null where it is known."),
    # Loops of commitments.
    "binding_scope": choice(
        "binding: signed contracts alone; all: announcements too.", "binding", "all"
    ),
    "loop_path": text("The companies in order of payment, back to the first, joined by >."),
    "edge_count": count("Commitments in the loop."),
    "loop_amount_usd": number(
        MONEY,
        "Smallest stated edge: the most that can travel round; less where an edge has no amount.",
    ),
    "smallest_edge": text("The two companies between which that smallest edge runs."),
    "edges_without_amount_count": count("Edges of the loop with no stated amount."),
    "edges_not_filed_count": count("Edges of the loop that no SEC filing states."),
    "edge_kinds": text("Kind of each commitment in order of the path, joined by >."),
    "commitment_ids": text("Identifier of each commitment in order of the path, joined by >."),
    # Public quotes.
    "instrument": text("What is traded, as the document names it."),
    "quoted_on": day("Day of the quote; the last of its month or year where only that is said."),
    "quote_grain": choice(
        "How precisely the day is stated: a day, a month or a year.",
        "on_day",
        "in_month",
        "in_year",
    ),
    "quote_kind": choice(
        "What is quoted: price_pct_of_par, yield_pct a year, or spread_bps over the benchmark.",
        "price_pct_of_par",
        "yield_pct",
        "spread_bps",
    ),
    "quote_value": number("as quote_kind says", "The figure quoted."),
    "is_issue": flag("True where it is what was paid at issue."),
    "quote_tier": choice(
        "Who says so: primary (the issuer), press, or aggregator (a site that repeats it).",
        "primary",
        "press",
        "aggregator",
    ),
    "lender_period_end_on": day("Newest quarter of lenders' marks of the borrower up to the day."),
    "lender_adviser_count": count("Advisers behind those marks."),
    "low_lender_fv_to_par_pct": number("%", "Lowest of the advisers' values over par."),
    "median_lender_fv_to_par_pct": number("%", "Median of them; never averaged with a quote."),
    "high_lender_fv_to_par_pct": number("%", "Highest of them."),
    "model_balance_on": day(
        "Newest day up to the quote on which the model values the borrower's debt."
    ),
    "low_model_ltv_market_pct": number("%", "Lowest market LTV of its facilities on that day."),
    "high_model_ltv_market_pct": number("%", "Highest market LTV of its facilities on that day."),
    "lender_missing_reason": text("Why no lender's mark stands beside; null where one does."),
    "model_missing_reason": text("Why no valuation stands beside; null where one does."),
    # Marks through time.
    "is_move": flag("True where the adviser's value changed by half a point of par or more."),
    "move_direction": choice("Which way it moved; null where it did not.", "down", "up"),
    "run_started_on": day("Quarter in which the first adviser moved that way, quarters in a row."),
    "first_mover": text("Adviser whose move that way was public first in the run."),
    "is_first_mover": flag("True where it is this one; null where it did not move."),
    "after_first_mover_days": Column(
        pl.Int64(), "From that move's publication to this one's.", "days"
    ),
    "between_reports_days": Column(pl.Int64(), "Days between the two reports compared.", "days"),
    "identified_pct": number("%", "Par in public schedules over the balance."),
    "remainder_note": text("What the part no public holder shows does and does not mean."),
}
