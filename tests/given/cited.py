"""Where a made-up row says it is from."""

from datetime import UTC, date, datetime
from typing import Any


def cited(known_at: datetime, on: date | None = None, **cells: Any) -> dict[str, Any]:
    """Provenance of a row of cited facts, read when the public knew it.

    Args:
        known_at: When that was.
        on: Day of the document; the day of `known_at` unless told.
        cells: What is otherwise.
    """
    return {
        "source": "recorded",
        "source_url": "https://example.org",
        "source_date": on or known_at.date(),
        "read_on": known_at.date(),
        "known_at": known_at,
        "captured_at": known_at,
        "confidence": "high",
        "evidence": "made up",
        "licence": "test",
    } | cells


LONG_AGO = cited(datetime(2020, 1, 1, tzinfo=UTC))
