"""Columns of issuers' normalised figures, their debt and what they owe off the balance sheet."""

from pipeline.columns.column import Column

COLUMNS: dict[str, Column] = {}
