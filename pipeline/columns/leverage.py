"""Columns of issuers' normalised figures, their debt and what they owe off the balance sheet."""

from pipeline.columns.column import Column, choice, count, day, flag, moment, number, text

MONEY = "USD"
TWELVE = "over the twelve months that end on the day."

COLUMNS: dict[str, Column] = {
    # One figure, read by the rules.
    "is_preferred_basis": flag("True where the accounting basis is the issuer's own of that date."),
    "is_balance": flag("True for a metric that is a balance on a day, False for a flow."),
    "is_event_dated": flag(
        "True for an instant on a day on which no period of the issuer ends, or of a flow: it "
        "belongs to an event and stands in no quarter."
    ),
    "value_usd": number(MONEY, "The figure as last known, at its most precise; payments positive."),
    "first_reported_usd": number(MONEY, "The figure as the first filing had it."),
    "is_recast": flag("True where an 8-K gives the figure, which may recast one filed before."),
    "part_count": count("Elements added up for the figure."),
    "rounding_usd": number(
        MONEY,
        "Unit the figure is rounded to, as filed, else the largest of a million, thousand and one "
        "that divides it; the coarser of two where it is their difference.",
    ),
    "vintage_count": count("Filings that give the figure."),
    "restatement_count": count(
        "How often a filing differs from the one before by more than a unit of rounding."
    ),
    "concepts": text("Elements added up for the figure, with their signs."),
    "first_accession": text("Filing that gave the figure first."),
    "first_known_at": moment("Moment the figure first became public."),
    # One quarter.
    "period_days": Column(
        count("").dtype, "Days of the period, both ends counted; null for a balance.", "days"
    ),
    "derivation": text(
        "filed (the quarter stands in a filing), ytd_difference (year to date less the year to "
        "date before), year_less_nine_months, or instant (a balance)."
    ),
    "is_restated": flag("True where a later filing restated the figure or a part of it."),
    "is_mixed_vintage": flag(
        "True where only one of the two figures of a difference was restated since: the quarter is "
        "what both gave before."
    ),
    "is_contradicted": flag(
        "True where another filing's figure for the period, or a part of it, contradicted that "
        "filing and was set aside (quarantine: contradicts_own_filing): this one stands."
    ),
    "quarter_missing_reason": text("Why no quarter follows from what is held; null where it does."),
    "is_of_other_element": flag(
        "True where the quarter is of another alternative than the fiscal year it lies in, or the "
        "one before."
    ),
    "subtracted_start_on": day("First day of both periods of a difference."),
    # One version of a figure.
    "figure_version": count("0 for the figure as first given, one more with each restatement."),
    "is_latest": flag("True for the newest version."),
    "filing_count": count("Filings that give this version."),
    "first_value_usd": number(MONEY, "The version as the first of its filings had it."),
    "version_known_at": moment("Moment the version first became public."),
    "confirmed_at": moment("Moment of the last filing held that gives this version."),
    "previous_confirmed_at": moment("The same of the version before."),
    "next_known_at": moment("Moment the next version became public; null for the newest."),
    "subtracted_accession": text("Filing of the shorter period that was subtracted."),
    # What changed between filings.
    "previous_value": number("as unit", "The figure in the filing before."),
    "previous_accession": text("The filing before that gives the same figure."),
    "change": number("as unit", "The figure less what the filing before gave."),
    "change_kind": text(
        "rounding (within a unit of the coarser one), split (figures per share, or shares, moved "
        "by a whole factor) or restated."
    ),
    # What is held.
    "figure_count": count("Figures of any period held."),
    "last_period_end_on": day("Last day of the newest period held."),
    "is_annual": flag("True where the metric is only ever held at the end of a fiscal year."),
    "filings_behind_count": count(
        "Periods of the issuer that ended after the newest one of this figure; only fiscal years "
        "where the metric is annual."
    ),
    "first_quarter_on": day("Last day of the first quarter held."),
    "last_quarter_on": day("Last day of the newest quarter held."),
    "quarter_count": count("Fiscal quarters held, derived ones included."),
    "missing_quarter_count": count("Quarters between the first and the last that are not held."),
    "expected_on": day(
        "Day the report was filed; else the day such a report usually comes, by `expected_basis`."
    ),
    "expected_basis": choice(
        "What the day rests on: the filing, the issuer's median delay of such reports, or that of "
        "all clouds.",
        "filed",
        "own_habit",
        "common_habit",
    ),
    "missing_status": choice(
        "Whether the report is known and the figure not read from it, was due and is not held, or "
        "was not due yet when the newest filing held came.",
        "filed_not_read",
        "not_held",
        "to_come",
    ),
    "is_multiple_input": flag(
        "True where debt to EBITDA or EBITDA to interest cannot be made without the metric."
    ),
    "is_facts_pending": flag(
        "True where the issuer's newest annual or quarterly report is filed but none of its "
        "figures is held."
    ),
    "pending_accession": text("That report; null where none is pending."),
    # Debt by instrument and by date due.
    "is_counted": flag(
        "True where the amount enters the total: its meaning is known, it is money to be paid of "
        "the kind the total holds, and no larger amount beside it holds it already."
    ),
    "stack_fraction": number("fraction", "The instrument's part of the sum of instruments."),
    "instrument_count": count("Instruments that enter the sum."),
    "stack_basis": text("principal or carrying: what is held against what."),
    "stack_usd": number(MONEY, "Sum of the instruments on the day."),
    "unexplained_usd": number(MONEY, "Total of the balance sheet or its notes less the sum."),
    "unexplained_pct": number("%", "That difference as a part of the total."),
    "stack_status": text(
        "reconciled (within 1 % of the total), incomplete (below it), over (above it) or no_total."
    ),
    "total_accession": text("Filing the total is from."),
    "due_from_on": day("First day of the stretch in which the principal falls due."),
    "due_to_on": day("Last day of it; null for all that comes thereafter."),
    "is_thereafter": flag("True for what falls due after the last year listed."),
    "is_derived": flag(
        "True for what falls due after the last year listed where the filing tags no such row: the "
        "principal less all stretches it does."
    ),
    "ladder_usd": number(MONEY, "Sum of all stretches of the balance day."),
    "is_frozen": flag(
        "True where the newest figure of this element and dimension is older than the issuer's "
        "newest filing by more than one filing: nobody keeps it up."
    ),
    # A neocloud's balance day.
    "ltm_source": text(
        "four_quarters, fiscal_year (the year that ends on the day) or mixed: what the flows of "
        "twelve months are."
    ),
    "is_preferred_source": flag("True for the one of several sources of twelve months to use."),
    "is_annual_report": flag("True where the figure stands in an annual report."),
    "is_net_of_income": flag("True where the figure is interest less interest earned."),
    "is_interest_of_debt_note": flag(
        "True where interest of the twelve months is the debt note's sum in part or whole."
    ),
    "is_interest_net_of_income": flag("True where it is net of interest income."),
    "is_debt_part": flag("True where the debt is the lines held and may be a part of it."),
    "is_mixed_perimeter": flag(
        "True where operating income and depreciation of the year are of two perimeters: no sum."
    ),
    "recast_perimeter": text(
        "What the quarter leaves out, where filings recast it; null elsewhere."
    ),
    "interest_from_on": day("First day of the twelve months of interest expensed."),
    "revenue_ltm_usd": number(MONEY, f"Revenue {TWELVE}"),
    "operating_income_ltm_usd": number(MONEY, f"Operating income {TWELVE}"),
    "depreciation_and_amortization_ltm_usd": number(
        MONEY, f"Depreciation and amortization {TWELVE}"
    ),
    "stock_compensation_ltm_usd": number(MONEY, f"Stock compensation {TWELVE}"),
    "interest_expense_ltm_usd": number(MONEY, f"Interest expensed {TWELVE}"),
    "interest_capitalized_ltm_usd": number(MONEY, f"Interest capitalised {TWELVE}"),
    "capex_ltm_usd": number(MONEY, f"Cash paid for property {TWELVE}"),
    "operating_cash_flow_ltm_usd": number(MONEY, f"Cash from operations {TWELVE}"),
    "adjusted_ebitda_disclosed_ltm_usd": number(
        MONEY, f"Adjusted EBITDA as the issuer itself defines and discloses it, {TWELVE}"
    ),
    "cash_usd": number(MONEY, "Unrestricted cash and equivalents."),
    "restricted_cash_usd": number(MONEY, "Restricted cash."),
    "ppe_net_usd": number(MONEY, "Property, plant and equipment after depreciation."),
    "total_assets_usd": number(MONEY, "Total assets of the balance sheet."),
    "current_debt_usd": number(MONEY, "Borrowings due within twelve months, carrying value."),
    "due_in_year_1_usd": number(MONEY, "Principal due in the first year the filing lists."),
    "due_in_remainder_usd": number(MONEY, "Principal due in what is left of the fiscal year."),
    "rpo_usd": number(MONEY, "Remaining performance obligations: contracted, not yet earned."),
    "total_debt_usd": number(MONEY, "Borrowings by carrying value, without leases."),
    "recourse_debt_usd": number(MONEY, "Borrowings the parent answers for, carrying value."),
    "non_recourse_debt_usd": number(MONEY, "Borrowings the parent does not answer for, likewise."),
    "finance_lease_usd": number(MONEY, "Finance lease liabilities."),
    "debt_usd": number(
        MONEY, "Borrowings by carrying value and, where they are held, finance leases."
    ),
    "debt_principal_usd": number(MONEY, "Principal of the borrowings, as the filing totals it."),
    "net_debt_usd": number(MONEY, "debt_usd less unrestricted cash."),
    "operating_lease_usd": number(MONEY, "Operating lease liabilities."),
    "leases_not_commenced_usd": number(
        MONEY, "Leases signed that have not commenced, undiscounted as disclosed."
    ),
    "purchase_commitments_usd": number(
        MONEY, "Other commitments whose meaning is known: supply, capex, cloud, power, content."
    ),
    "adjusted_obligations_usd": number(
        MONEY, "debt_usd, operating leases and leases not commenced together."
    ),
    "ebitda_usd": number(MONEY, f"Operating income plus depreciation and amortization {TWELVE}"),
    "adjusted_ebitda_usd": number(MONEY, "ebitda_usd plus stock compensation."),
    "ebitda_less_capex_usd": number(MONEY, "ebitda_usd less cash paid for property."),
    "coin_gain_ltm_usd": number(
        MONEY, f"Gains less losses on coins within operating income {TWELVE}"
    ),
    "impairment_ltm_usd": number(MONEY, f"Write-downs within operating income {TWELVE}"),
    "ebitda_without_coins_usd": number(
        MONEY, "ebitda_usd less coin gains plus write-downs, as far as `taken_out` says."
    ),
    "taken_out": choice(
        "What ebitda_without_coins_usd leaves out; null where no coin gains are held.",
        "coin gains",
        "coin gains and impairments",
    ),
    "interest_incurred_ltm_usd": number(
        MONEY, f"Interest expensed and capitalised {TWELVE[:-1]}; null where either is not held."
    ),
    "average_debt_usd": number(
        MONEY, "Mean of debt_usd on the day and on the day before the twelve months began."
    ),
    "due_within_12_months_usd": number(
        MONEY, "Debt due within twelve months: the current part, else the filed first year."
    ),
    "liquidity_usd": number(MONEY, "Unrestricted cash and undrawn commitments."),
    "debt_to_ebitda_ratio": number("ratio", "debt_usd over ebitda_usd."),
    "net_debt_to_ebitda_ratio": number("ratio", "net_debt_usd over ebitda_usd."),
    "adjusted_obligations_to_ebitda_ratio": number(
        "ratio", "adjusted_obligations_usd over ebitda_usd."
    ),
    "debt_to_adjusted_ebitda_ratio": number("ratio", "debt_usd over adjusted_ebitda_usd."),
    "debt_to_ebitda_without_coins_ratio": number(
        "ratio", "debt_usd over ebitda_without_coins_usd."
    ),
    "ebitda_to_interest_ratio": number("ratio", "ebitda_usd over interest_expense_ltm_usd."),
    "ebitda_to_interest_incurred_ratio": number(
        "ratio", "ebitda_usd over interest_incurred_ltm_usd."
    ),
    "ebitda_less_capex_to_interest_ratio": number(
        "ratio",
        "ebitda_less_capex_usd over interest_expense_ltm_usd; null where capex exceeds EBITDA.",
    ),
    "debt_to_ppe_ratio": number("ratio", "debt_usd over net property."),
    "debt_to_assets_ratio": number("ratio", "debt_usd over total assets."),
    "secured_fraction": number(
        "fraction", "Part of the debt by instrument that is secured; null unless it reconciles."
    ),
    "implied_cost_of_debt_pct": number("%", "interest_expense_ltm_usd over average_debt_usd."),
    "rpo_to_debt_ratio": number("ratio", "Remaining performance obligations over debt_usd."),
    "due_to_cash_ratio": number("ratio", "Debt due within twelve months over unrestricted cash."),
    "due_to_liquidity_ratio": number(
        "ratio", "Debt due within twelve months over cash and undrawn commitments."
    ),
    "top_customer_pct": number(
        "%", "Largest single customer's part of revenue, over the longest period that ends then."
    ),
    "revenue_quarter_usd": number(MONEY, "Revenue of the quarter that ends on the day."),
    "operating_income_quarter_usd": number(MONEY, "Operating income of that quarter."),
    "depreciation_and_amortization_quarter_usd": number(
        MONEY, "Depreciation and amortization of that quarter."
    ),
    "interest_expense_quarter_usd": number(MONEY, "Interest expensed in that quarter."),
    "interest_capitalized_quarter_usd": number(MONEY, "Interest capitalised in that quarter."),
    "interest_annualised_usd": number(
        MONEY, "Four times the interest expensed in the last quarter."
    ),
    "revenue_annualised_usd": number(MONEY, "Four times the revenue of the last quarter."),
    "ebitda_annualised_usd": number(MONEY, "Four times the EBITDA of the last quarter."),
    "debt_to_ebitda_ratio_annualised": number("ratio", "debt_usd over ebitda_annualised_usd."),
    "net_debt_to_ebitda_ratio_annualised": number(
        "ratio", "net_debt_usd over ebitda_annualised_usd."
    ),
    "ebitda_to_interest_ratio_annualised": number(
        "ratio", "EBITDA over interest, both of the last quarter."
    ),
    "ratio_missing_reason": text(
        "Why ratios of the row are null: what is not held, or not positive."
    ),
    "caveats": text("What figures of the row leave out."),
    "accessions": text("Filings behind the row, separated by blanks."),
}
