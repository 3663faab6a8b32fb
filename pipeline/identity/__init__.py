"""Who sells which chip where, and who owes which loan: raw names to canonical ones.

Every rule is given the reference tables it needs, by name without schema, and opens nothing.
"""

from collections.abc import Mapping

import polars as pl

__all__ = ["Tables"]

Tables = Mapping[str, pl.DataFrame]
