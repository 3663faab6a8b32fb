"""Columns of the thesis tables: claims, substitutes, who earns, who stands behind whom."""

from pipeline.columns.column import Column, choice, count, day, flag, number, text

MONEY = "USD"

COLUMNS: dict[str, Column] = {
    "seen_day_count": count("Days of the month on which the price is known."),
    # A claim and what is measured of it.
    "claim_id": text("Short identifier of a claim; its rule is `sql/rules/claims/<claim_id>.sql`."),
    "subject": choice(
        "Which part of the article the claim belongs to.",
        "nvidia",
        "amd",
        "asic",
        "tpu",
        "trainium",
        "coreweave",
        "gpu_debt",
        "private_credit",
        "circular_financing",
        "profit",
        "tech_debt",
    ),
    "claim": text("What is claimed, in our words."),
    "claimed_value": number("as unit", "The number the claim names; null where it names none."),
    "claimed_low_value": number("as unit", "Least value that makes the claim true; null: any."),
    "claimed_high_value": number("as unit", "Greatest value that makes it true; null: any."),
    "evidence_kind": choice(
        "What the verdict rests on: data (figures of filings, price lists, results), estimate "
        "(somebody's published estimate), quotes (what companies or the press say).",
        "data",
        "estimate",
        "quotes",
    ),
    "rule": text("The SELECT over marts that measures the claim; it runs as it stands."),
    "measure": text("What was measured and its parts, in words."),
    "measured_value": number("as unit", "The reading nearest to the claim's words."),
    "measured_low_value": number("as unit", "Least of the readings that the words allow."),
    "measured_high_value": number("as unit", "Greatest of the readings that the words allow."),
    "measured_on": day("Day or last day of the period that was measured."),
    "gap_reason": text("Why nothing was measured; null where something was."),
    "verdict": choice(
        "supported: every reading lies in the claimed range; contradicted: none does; partly: some "
        "do; not measurable: there is none, and `gap_reason` says why.",
        "supported",
        "partly",
        "contradicted",
        "not measurable",
    ),
    "claim_url": text("Where the claim, or the figure it repeats, was read."),
    # Substitutes.
    "challenger": text("Accelerator held against NVIDIA's part of its generation."),
    "reference": text("NVIDIA's part of that generation."),
    "is_primary_pair": flag("True for the pair to use where one challenger has several."),
    "rental_market": choice(
        "Who rents the challenger out, as judged by the reader of the pair.",
        "several_providers",
        "single_provider",
        "none",
    ),
    "benchmark_suite": text("Public benchmark, such as MLPerf Training."),
    "benchmark_version": text("Round of the benchmark; results of two rounds do not compare."),
    "benchmark_model": text("Model that was run."),
    "benchmark_scenario": text("Way it was run: offline, server, interactive, time to target."),
    "availability": choice(
        "Whether the machine could be had: available, preview (soon), research.",
        "available",
        "preview",
        "research",
    ),
    "weight_format": text("Number format of the weights, as submitted; null where not told."),
    "submitter": text("Who ran it and submitted the result."),
    "result_id": text("Number of the result in its round, where it has one."),
    "per_accelerator_value": number("as unit", "Result divided by, or time multiplied by, parts."),
    "is_higher_better": flag("False for times."),
    # Who earns.
    "company": text("Company, in plain words."),
    "segment": text("Segment, platform or product as reported, or company for the whole."),
    "figure_kind": choice(
        "reported, rounded (to a hundred million or less sharply), derived (by arithmetic, told in "
        "the evidence), secondary (a feed), statement (announced, not filed), run_rate (a month or "
        "less times twelve), press, estimate. Only the first three may be added up.",
        "reported",
        "rounded",
        "derived",
        "secondary",
        "statement",
        "run_rate",
        "press",
        "estimate",
    ),
    "amount_qualifier": choice(
        "How the amount is meant.", "equal", "about", "more_than", "less_than", "up_to"
    ),
    "accelerator_line_number": Column(
        count("").dtype,
        "Order of the lines nearest to accelerators of the company: a redefined line has the next "
        "number and is a series of its own; null for other lines.",
    ),
    "designer": text("Company that designs the chip, whoever makes it."),
    "chip": text("Chip as the estimate names it."),
    "unit_low_count": count("Lower end of the estimate of units (5 %)."),
    "unit_high_count": count("Upper end of the estimate of units (95 %)."),
    "h100_equivalents": number("H100", "Units in H100 by peak computing power, as estimated."),
    "chip_cost_usd": number(MONEY, "What buyers paid for the chips, as estimated."),
    # Who stands behind whom.
    "entity": text("Company, fund or vehicle as documents name it."),
    "canonical_entity": text("The same by one name: a lease of X signed by Y is X's."),
    "entity_role": choice(
        "Where it stands; group: several at once, which no path goes through.",
        "chips",
        "servers",
        "models",
        "hyperscaler",
        "neocloud",
        "landlord",
        "lender",
        "vehicle",
        "group",
        "other",
    ),
    "backstop_id": text("Identifier of one statement of one backstop."),
    "exposure_id": text("What is at risk: statements of one risk share it and count once."),
    "guarantor": text("Who stands behind."),
    "guaranteed": text("Whom it protects: the creditor, landlord or supplier of capacity."),
    "stands_behind": text("The debt, lease or capacity behind which it stands."),
    "backstop_kind": choice(
        "lease, residual value or revenue guaranteed; credit support without a stated form; "
        "take_back: buys or rents back what is not sold; take_or_pay: pays for capacity whether "
        "used or not; indemnity: makes another guarantor whole.",
        "lease_guarantee",
        "residual_value_guarantee",
        "revenue_guarantee",
        "credit_support",
        "take_back",
        "take_or_pay",
        "indemnity",
    ),
    "is_total": flag("True for a total a company files, which contains single contracts."),
    "inside_exposure_id": text("Total that contains this contract; null where none is known to."),
    # Debt then and now.
    "series_name": text("Tally, by short identifier."),
    "geography": text("Part of the world the tally covers."),
    "tally_measure": choice(
        "What is counted: money raised (gross or net, a mean of years, a forecast, proceeds), owed "
        "(outstanding), promised (commitment, pipeline), one deal, investment, or a share.",
        "gross_issuance",
        "gross_issuance_yearly_mean",
        "net_issuance",
        "forecast_gross_issuance",
        "forecast_net_issuance",
        "gross_proceeds",
        "outstanding",
        "commitment",
        "pipeline",
        "deal",
        "capex",
        "share",
        "vendor_finance_committed",
        "vendor_finance_drawn",
    ),
    "amount": number("as unit", "Amount as printed."),
    "price_index_series": text("Series of consumer prices, as its publisher names it."),
    "price_index_level": number("index", "Level of the series, 1982-84 = 100."),
}
