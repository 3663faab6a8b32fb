"""Rows of backstops and entities. Every number here is made up."""

from typing import Any

from tests.given.credit import commitment

__all__ = ["backstop", "entity"]


def backstop(guarantor: str, guaranteed: str, **cells: Any) -> dict[str, Any]:
    """A filed guarantee of 10 dollars that binds."""
    name = f"{guarantor}-{guaranteed}".lower()
    made = commitment(guarantor, guaranteed, **cells)
    row = made | {
        "backstop_id": name,
        "exposure_id": cells.get("backstop_id", name),
        "guarantor": guarantor,
        "guaranteed": guaranteed,
        "stands_behind": "a lease",
        "backstop_kind": "lease_guarantee",
        "amount_qualifier": "equal",
        "is_total": False,
    }
    return row | cells


def entity(name: str, canonical: str | None = None, role: str = "neocloud") -> dict[str, Any]:
    """An entity by its canonical name, its own unless told."""
    made = commitment(name, name)
    return made | {"entity": name, "canonical_entity": canonical or name, "entity_role": role}
