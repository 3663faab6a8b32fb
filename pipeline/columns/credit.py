"""Columns of debt facilities, balances, holdings, commitments and interest rates."""

import polars as pl

from pipeline.columns.column import Column, day, flag, number, text

MONEY = "USD"

COLUMNS: dict[str, Column] = {
    # A facility and its terms.
    "facility_id": text("Identifier of a facility or debt instrument (facility_terms)."),
    "parent_facility_id": text(
        "Facility that contains this one, whose amount already counts it; null where none."
    ),
    "borrower": text("Company whose debt it is, in plain words."),
    "spv": text("Legal entity that borrows or issues, where it is not the company itself."),
    "facility_name": text("Name of the facility or instrument."),
    "facility_kind": text(
        "ddtl, term_loan, revolver, senior_notes, secured_notes, convertible_notes, private_notes, "
        "abs, lease, oem_financing or other."
    ),
    "collateral_class": text(
        "gpu, chip_lease, operator_campus, landlord_spv, mixed or unsecured: what secures it first."
    ),
    "deal_status": text(
        "filed (an SEC filing states it), announced (a party or rating agency does), press "
        "(only press does), rumored, or not_executed."
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
    "maturity_grain": text("day, month or year: how precisely the maturity is stated."),
    "draw_tenor_months": Column(
        pl.Int64(), "Life of each draw where draws mature one by one.", "months"
    ),
    "amortisation": text(
        "level, filed_schedule (its figures are public), unfiled_schedule (it exists but is not "
        "public), borrowing_base (what the base no longer covers), bullet or not_stated."
    ),
    "amortisation_from_on": day("First day principal falls due under the schedule."),
    "advance_rate_pct": number("%", "Most that may be borrowed against cost; the higher of two."),
    "advance_rate_low_pct": number("%", "Rate for the weaker collateral where there are two."),
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
    "recourse": text("full (parent guarantees), limited (bad acts or parts), none, or not_stated."),
    "offtaker": text("Customer whose contract pays the debt, as named by the document."),
    "offtaker_rating": text("Credit rating of that customer, or unrated."),
    "offtake_months": Column(pl.Int64(), "Length of the customer contract.", "months"),
    "rating": text("Credit ratings of the facility, with the agency."),
    "redacted_terms": text("Columns whose figure the filing redacts, separated by |."),
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
    "vehicle": text("bdc, joint_venture, mutual_fund, etf, closed_end_fund or not_stated."),
    "issuer_name_raw": text("Borrower as the fund names it."),
    "instrument_raw": text("Instrument as the fund names it."),
    "rate_kind": text("floating or fixed."),
    "all_in_rate_pct": number("%", "Interest rate in force on the day, all in."),
    "par_usd": number(MONEY, "Principal the fund holds."),
    "cost_usd": number(MONEY, "Amortised cost of the holding."),
    "fair_value_usd": number(MONEY, "Fair value of the holding as filed."),
    "unfunded_usd": number(MONEY, "Commitment of the fund not yet drawn."),
    "net_assets_pct": number("%", "Share of the fund's net assets, as filed."),
    "fund_net_assets_usd": number(MONEY, "Net assets of the fund, as filed."),
    "is_non_accrual": flag("True where the fund says interest is not accrued."),
    "is_pik": flag("True where interest is paid in kind."),
    "fair_value_level": Column(pl.Int64(), "Level of the fair value hierarchy: 1, 2 or 3."),
    "par_basis": text(
        "funded (par is drawn principal), mostly_unfunded (fees on the whole commitment are netted "
        "against a small drawn part, so value over par is no markdown), unfunded or not_stated."
    ),
    "match_score": number("0-1", "How sure the match is: sum of the parts that agree."),
    "match_reason": text("Which rule matched, or why none did."),
    "maturity_from_on": day("Earliest maturity a rule accepts."),
    "maturity_to_on": day("Latest maturity a rule accepts."),
    # Who owes whom.
    "commitment_id": text("Identifier of a commitment between two companies."),
    "from_entity": text("Company that pays, invests, guarantees or lends."),
    "to_entity": text("Company that receives."),
    "commitment_kind": text("equity, purchase, capacity, lease, guarantee, loan or warrant."),
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
}
