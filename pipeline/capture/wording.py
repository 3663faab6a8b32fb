"""What others wrote, made fit for a table, a terminal and a log."""

import re

from pipeline.capture.redaction import cleaned

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
CHARACTERS = 500


def plain(said: object) -> str:
    """What somebody else wrote, as one short line without secrets that anything can take."""
    try:
        text = str(said)
    except Exception:  # an exception whose own words cannot be had
        text = "(without words)"
    return CONTROL.sub(" ", cleaned(text))[:CHARACTERS].strip()
