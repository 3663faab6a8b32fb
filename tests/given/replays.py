"""A source whose answers are made up, on a contract that is quick to hold rows against."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from pipeline.capture.http import Response
from pipeline.capture.raw import Capture, RawStore
from pipeline.contracts.credit import RATES
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.prices import runpod
from pipeline.sources.source import Source
from tests.given.support import offer, typed

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 19)


def rates(body: bytes, capture: Capture) -> pl.DataFrame:
    """Rates of one capture: `{"name": percent, …}`, all of one day; a history in every answer."""
    said: Mapping[str, Any] = json.loads(body)
    rows = [
        {
            "rate_name": name,
            "observed_on": DAY,
            "rate_pct": float(value),
            "licence": "test",
            "confidence": "high",
            "known_at": datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC),
            "captured_at": capture.captured_at,
            "source_url": capture.url,
        }
        for name, value in said.items()
    ]
    return typed(RATES, rows).drop("source")


def prices(body: bytes, capture: Capture) -> pl.DataFrame:
    """Prices of one capture, by offer: `{"offer": USD, …}`."""
    seen = capture.captured_at
    rows = [
        offer(offer_id=name, at=seen, price_usd_per_gpu_hour=float(value))
        for name, value in json.loads(body).items()
    ]
    made = typed(GPU_OFFERS, rows).drop("source")
    return made.with_columns(reason=pl.when(pl.col("offer_id") == "odd").then(pl.lit("odd")))


def made_up(parse: Callable[[bytes, Capture], pl.DataFrame], **changes: Any) -> Source:
    """A source that parses like this; its fingerprint is that of `runpod`."""
    if parse is prices:
        terms = replace(GPU_OFFERS, prepare=lambda frame, _: frame, reads=())
        changes.setdefault("contract", terms)
    else:
        changes.setdefault("contract", RATES)

    def here(body: bytes, capture: Capture) -> pl.DataFrame:
        return parse(body, capture)

    here.__module__ = runpod.__name__
    return replace(runpod.SOURCE, parse=here, **changes)


def kept(
    raw: RawStore, *said: Mapping[str, float] | bytes, part: str = "all", hour: float = 0
) -> list[Capture]:
    """Answers kept one a minute."""
    bodies = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in said]
    moments = (START + timedelta(hours=hour, minutes=n) for n in range(len(bodies)))
    return [
        raw.keep("runpod", part, Response("https://example.org/x", 200, {}, body, at))
        for body, at in zip(bodies, moments, strict=True)
    ]
