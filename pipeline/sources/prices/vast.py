"""Vast.ai: machines people and data centres rent out, each offer at its own price.

Grain: one offer is a machine, or 1, 2, 4 ... of its accelerators; each is listed beside the others,
so machine 55059 is four offers. One row for rent on demand, one for the bid floor.
Units: US dollars per hour of the whole offer with default storage (`dph_total`); a row is per
accelerator. `gpu_ram` is MiB of one accelerator. `gpu_frac` is the offer's share of the machine,
not of a GPU.
Clock: live; what nobody asks for is gone. Two reads minutes apart differ.
Limits: no key needed so far, rate limit not written down; POST of a query, no paging. `limit` is
honoured up to 3000; without it a page has 64 offers.
Terms: https://vast.ai/terms. Answers carry hosts' network addresses: `redact` drops them before
anything is written.

Asked for in groups of accelerators, so that none comes near the limit, with the filters of Vast's
own client: verified, rentable, not external. Names are those seen in answers and public clients of
2026; one Vast does not know matches nothing, for ever (`A100 SXM`). Each current data-centre and
workstation chip of the committed reference is asked for, or NOT_THERE says why not; one that is
neither, such as one described this morning, is named in a warning of the run.

Traps: `A100 SXM4` has 40 or 80 GB, `RTX 4090` exists modified with 48. `min_bid` is a floor, not a
price, and lay above `dph_total` in 98 of 1,936 offers. A full page is a cut-off page.
"""

import json
import logging
import re
from collections.abc import Iterator
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts import Contract
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.contracts.reference import ACCELERATOR_ALIASES, ACCELERATORS
from pipeline.identity.identity import resolve_accelerator
from pipeline.sources.committed import read_reference
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import objects, provenance, typed, untold
from pipeline.sources.source import REFERENCE, Capture, Held, ParseError, Part, Source

URL = "https://console.vast.ai/api/v0/bundles/"
LIMIT = 3000
# The page the server sends when it does not honour `limit`.
DEFAULT_PAGE = 64
GROUPS = {
    "ampere": ["A100 SXM4", "A100 PCIE", "A40", "A30", "A16", "A10"],
    "workstation": ["RTX A6000", "RTX A5000", "RTX A4000", "RTX 3090"],
    "ada": ["L40S", "L40", "L4", "RTX 6000Ada", "RTX 5000Ada", "RTX 4500Ada", "RTX 4000Ada"],
    "geforce": ["RTX 4090", "RTX 5090"],
    "blackwell": ["B200", "B300", "GB200", "GB300"],
    "blackwell_pro": [
        *("RTX PRO 6000 S", "RTX PRO 6000 WS", "RTX PRO 6000 Max-Q"),
        *("RTX PRO 6000 Blackwell Max-Q", "RTX PRO 5000", "RTX PRO 4500", "RTX PRO 4000"),
    ],
    "hopper": ["H100 SXM", "H100 PCIE", "H100 NVL", "H200", "H200 NVL", "GH200", "GH200 SXM"],
    "amd": ["MI300X", "InstinctMI300X"],
    "volta": ["Tesla V100"],
}
# What Vast's operators call current: cards of these, but for GeForce, are in some query.
CURRENT = ("Ampere", "Ada", "Hopper", "Blackwell", "Blackwell Ultra", "Rubin")
CONSUMER = r"^(?:GTX|RTX \d{4}(?: Ti| D| SUPER| Ti SUPER)?$)"
# Current chips that are not asked for, and why.
NOT_THERE = {
    "nvidia-a10g-24gb": "made for AWS",
    "nvidia-a100x-80gb": "a network card with a GPU; too few to make a price",
    "nvidia-a2-16gb": "entry card without a market there",
    "nvidia-a800-pcie-80gb": "export card",
    "nvidia-b100-sxm-192gb": "not rented out by anybody so far",
    "nvidia-vr200-nvl144": "not delivered yet",
    "nvidia-rtx-2000-ada-16gb": "entry workstation card",
    "nvidia-rtx-4000-sff-ada-20gb": "entry workstation card",
    "nvidia-rtx-5880-ada-48gb": "export card",
    "nvidia-rtx-a2000-12gb": "entry workstation card",
    "nvidia-rtx-a2000-6gb": "entry workstation card",
    "nvidia-rtx-a4500-20gb": "older workstation card",
    "nvidia-rtx-a5500-24gb": "older workstation card",
}
FIELDS: dict[str, type[pl.DataType]] = {
    "ask_contract_id": pl.Int64,
    "machine_id": pl.Int64,
    "host_id": pl.Int64,
    "gpu_name": pl.String,
    "num_gpus": pl.Int64,
    "gpu_ram": pl.Float64,
    "dph_total": pl.Float64,
    "min_bid": pl.Float64,
    "geolocation": pl.String,
    "rentable": pl.Boolean,
    "verification": pl.String,
}
NEVER_NULL = {"ask_contract_id", "machine_id", "gpu_name", "num_gpus"}
ADDRESS = "ipaddr"
# For bytes that are not JSON: the field and whatever follows it up to the next field.
ADDRESS_TEXT = re.compile(rb'"[^"]*ipaddr[^"]*"\s*:\s*("[^"]*"?|[^,}\]]*),?', re.IGNORECASE)


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    if missing := unasked(_committed(ACCELERATORS), _committed(ACCELERATOR_ALIASES)):
        logging.getLogger(__name__).warning("vast: no query asks for %s", ", ".join(missing))
    for group, names in GROUPS.items():
        query = {
            "gpu_name": {"in": names},
            "verified": {"eq": True},
            "external": {"eq": False},
            "rentable": {"eq": True},
            "type": "on-demand",
            "order": [["dph_total", "asc"]],
            "limit": LIMIT,
        }
        yield Part(group, http.attempt(partial(http.post, URL, json=query, expects="json")))


def unasked(chips: pl.DataFrame, aliases: pl.DataFrame) -> list[str]:
    """Current data-centre and workstation chips that no query asks for and NOT_THERE does not know.

    Args:
        chips: Rows of `accelerators`.
        aliases: Rows of `accelerator_aliases`, which say what the names asked for are.
    """
    names = pl.DataFrame({"accelerator_raw": [name for each in GROUPS.values() for name in each]})
    memories = pl.DataFrame({"memory_gib": [None, *chips["memory_gib"].drop_nulls().unique()]})
    asked = names.join(memories, how="cross").with_columns(
        provider=pl.lit("vast"), instance_type=pl.lit(None, pl.String)
    )
    found = {*resolve_accelerator(asked, aliases)["accelerator"], *NOT_THERE}
    current = chips.filter(
        pl.col("vendor") == "NVIDIA",
        pl.col("architecture").is_in(CURRENT),
        ~pl.col("family").str.contains(CONSUMER),
    )
    return sorted(set(current["accelerator"]) - found)


def _committed(terms: Contract) -> pl.DataFrame:
    return read_reference((REFERENCE / f"{terms.name}.csv").read_bytes(), terms)


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per offer, and one spot row where the host names a bid floor.

    Raises:
        ParseError: not the documented answer, a field missing or of another type in most offers,
            no offers at all, or a full page.
    """
    offers = _offers(body, capture)
    return pl.concat(
        [
            _rows(offers, capture, market="on_demand", total=pl.col("dph_total")),
            _rows(
                offers.filter(pl.col("min_bid") > 0, pl.col("malformed").is_null()),
                capture,
                market="spot",
                total=pl.col("min_bid"),
            ),
        ]
    )


def redact(body: bytes) -> bytes:
    """The answer without any field whose name contains `ipaddr`, at whatever depth."""
    try:
        kept = _without_addresses(json.loads(body))
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return ADDRESS_TEXT.sub(b"", body)


def _without_addresses(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: _without_addresses(each)
            for name, each in value.items()
            if ADDRESS not in name.lower()
        }
    if isinstance(value, list):
        return [_without_addresses(each) for each in value]
    return value


def _offers(body: bytes, capture: Capture) -> pl.DataFrame:
    offers = objects(read_json(body, capture), "offers", capture)
    if not offers:
        raise ParseError(f"{capture.url}: no offers for {capture.part}; never read as no supply")
    if len(offers) >= LIMIT or len(offers) == DEFAULT_PAGE:
        raise ParseError(f"{capture.url}: truncated: a full page of {len(offers)} offers")
    return typed(offers, FIELDS, capture, may_be_null=FIELDS.keys() - NEVER_NULL)


def _rows(offers: pl.DataFrame, capture: Capture, *, market: str, total: pl.Expr) -> pl.DataFrame:
    count = pl.col("num_gpus")
    above = pl.when(pl.col("min_bid") > pl.col("dph_total")).then(
        pl.lit("bid_floor_above_on_demand")
    )
    unverified = pl.when(pl.col("verification") != "verified").then(pl.lit("unverified"))
    spot = market == "spot"
    place = pl.col("geolocation").str.strip_chars()
    return offers.select(
        offer_id=pl.format("{}{}", "ask_contract_id", pl.lit("/bid" if spot else "")),
        provider_raw=pl.lit("vast"),
        accelerator_raw="gpu_name",
        memory_gib=pl.col("gpu_ram") / 1024,
        gpu_count=count,
        market=pl.lit(market),
        spot_kind=pl.lit("bid_floor" if spot else None, pl.String),
        basis=pl.lit("all_in"),
        region=pl.when(place != "").then("geolocation").otherwise(pl.lit("global")),
        country=place.str.extract(r"(?:^|,)\s*([A-Z]{2})$"),
        host_id=pl.col("machine_id").cast(pl.String),
        operator_id=pl.col("host_id").cast(pl.String),
        available_count=pl.when("rentable").then(count).otherwise(0),
        price_in_currency_per_gpu_hour=pl.when(count > 0).then(total / count),
        currency=pl.lit("USD"),
        flag=pl.coalesce(above, pl.lit("bid_floor")) if spot else unverified,
        reason=pl.coalesce("malformed", pl.when(count < 1).then(pl.lit("no_accelerators"))),
        **untold("instance_type", "term_months"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="vast",
    homepage="https://vast.ai",
    terms="https://vast.ai/terms",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    redact=redact,
    real_answer="2026-03-06, whole",
)
