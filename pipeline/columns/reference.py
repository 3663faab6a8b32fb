"""Columns of hand-kept reference facts: accelerators, providers, rules, currencies."""

import polars as pl

from pipeline.columns.column import Column, choice, day, number, text

COLUMNS: dict[str, Column] = {
    "vendor": text("Company that designs the accelerator."),
    "family": text("Product family the market prices together, such as H100."),
    "architecture": text("Chip architecture."),
    "form_factor": text("SXM, PCIe, NVL, OAM, slice: how the chip is packaged."),
    "memory_gib": number("GiB", "Memory of one accelerator; vendors print GB for the same number."),
    "memory_bandwidth_tb_per_s": number("TB/s", "Peak memory bandwidth of one accelerator."),
    "fp16_dense_tflops": number("TFLOPS", "Peak dense FP16 tensor throughput, without sparsity."),
    "bf16_dense_tflops": number("TFLOPS", "Peak dense BF16 throughput, without sparsity."),
    "fp8_dense_tflops": number("TFLOPS", "Peak dense FP8 throughput, without sparsity."),
    "tdp_w": number("W", "Thermal design power of one accelerator."),
    "announced_on": day("Day it was announced: a part by its vendor, a deal or change by a party."),
    "available_on": day("Day the part could first be bought or rented."),
    "launch_price_usd": number("USD", "Price of one accelerator at launch, where cited."),
    "launch_price_source_url": text("Public address the launch price was read from."),
    "instance_pattern": text("Regular expression on the instance type; empty matches any."),
    "memory_gib_min": number("GiB", "Smallest memory per accelerator a rule accepts."),
    "memory_gib_max": number("GiB", "Largest memory per accelerator a rule accepts."),
    "reason": text("Why a row is set aside."),
    "name": text("Name in plain words."),
    "parent_issuer": text("Company that owns the operator."),
    "list_scope": choice(
        "one_list where one price list holds in every region, so that a region printed beside a "
        "price is no part of the item; empty where prices differ by region or machine.",
        "one_list",
    ),
    "aliases": text("Other spellings seen upstream, separated by |."),
    "usd_per_currency_unit": number("USD/unit", "US dollars one unit of the currency buys."),
    "vote_total_count": Column(pl.Int64(), "Number of votes a median is taken over.", "count"),
    "rank_low": Column(pl.Int64(), "Rank, from 1, of the vote at the interval's lower end."),
    "rank_high": Column(pl.Int64(), "Rank, from 1, of the vote at the interval's upper end."),
}
