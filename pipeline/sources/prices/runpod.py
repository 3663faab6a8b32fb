"""RunPod: list prices of one GPU, in its own data centres and in its community cloud.

Grain: one accelerator type; up to four rows: secure and community cloud, on demand and spot.
RunPod's own data centres and the hosts of its community cloud are two providers.
Units: US dollars per GPU-hour, memory in GB as RunPod rounds it; the price holds in every region.
Clock: the list of the moment.
Limits: one GraphQL query, no key for `gpuTypes`; rate limit not written down.
Terms: https://www.runpod.io/legal/terms-of-service

Field names: prices on demand as in a recorded answer of 2026-10-10. The two spot names were never
seen in a recorded answer here; SkyPilot's client asks for them by these names (fetch_runpod.py). An
answer without them has no spot rows; one that has them on some types only is refused.

Traps: `secureCloud` and `communityCloud` say whether a type is offered there at all; a price stands
there all the same (A40 community 0.35, RTX PRO 6000 Max-Q secure 0.50), which nobody can pay. 0 and
null mean not offered, too. A community price under a quarter of a secure one that is offered is a
placeholder (MI300X 0.50 beside 2.39). Slices carry the full name plus `MIG`; the alias table
rejects them. A spot price equal to the list price is no discount, and any other is RunPod's own
list: administered.
"""

from collections.abc import Iterator
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import mostly, provenance, typed, untold
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://api.runpod.io/graphql"
QUERY = (
    "query{gpuTypes{id displayName memoryInGb secureCloud communityCloud "
    "securePrice communityPrice secureSpotPrice communitySpotPrice}}"
)
PLACEHOLDER_FRACTION = 0.25
REQUIRED: dict[str, type[pl.DataType]] = {
    "id": pl.String,
    "memoryInGb": pl.Float64,
    "securePrice": pl.Float64,
    "communityPrice": pl.Float64,
    "secureCloud": pl.Boolean,
    "communityCloud": pl.Boolean,
}
NEVER_NULL = {"id", "secureCloud", "communityCloud"}
SPOT: dict[str, type[pl.DataType]] = {
    "secureSpotPrice": pl.Float64,
    "communitySpotPrice": pl.Float64,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    ask = partial(http.post, URL, json={"query": QUERY}, expects="json")
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per accelerator type, cloud and market; a market not offered has a reason.

    Raises:
        ParseError: not the documented answer, an error in it, a field missing or of another type in
            most types, or no types at all.
    """
    types = _types(body, capture)
    rows = [
        _rows(types, capture, cloud="secure", market="on_demand", price="securePrice"),
        _rows(types, capture, cloud="community", market="on_demand", price="communityPrice"),
    ]
    if "secureSpotPrice" in types.columns:
        rows += [
            _rows(types, capture, cloud="secure", market="spot", price="secureSpotPrice"),
            _rows(types, capture, cloud="community", market="spot", price="communitySpotPrice"),
        ]
    return pl.concat(rows)


def _types(body: bytes, capture: Capture) -> pl.DataFrame:
    answer = read_json(body, capture)
    if not isinstance(answer, dict):
        raise ParseError(f"{capture.url}: not an object: {str(answer)[:200]}")
    if errors := answer.get("errors"):
        raise ParseError(f"{capture.url}: GraphQL errors: {_messages(errors)}")
    data = answer.get("data")
    types = data.get("gpuTypes") if isinstance(data, dict) else None
    if not isinstance(types, list) or not mostly([isinstance(each, dict) for each in types]):
        raise ParseError(f"{capture.url}: no list of objects in `data.gpuTypes`")
    if not types:
        raise ParseError(f"{capture.url}: `data.gpuTypes` is empty; never read as no supply")
    types = [each if isinstance(each, dict) else {} for each in types]
    has_spot = any(name in each for each in types for name in SPOT)
    fields = REQUIRED | SPOT if has_spot else REQUIRED
    return typed(types, fields, capture, may_be_null=fields.keys() - NEVER_NULL)


def _messages(errors: object) -> str:
    if isinstance(errors, list):
        said = [e["message"] if isinstance(e, dict) and "message" in e else e for e in errors]
        return "; ".join(str(each) for each in said)[:300]
    return str(errors)[:300]


def _rows(
    types: pl.DataFrame, capture: Capture, *, cloud: str, market: str, price: str
) -> pl.DataFrame:
    amount, listed = pl.col(price), pl.col(f"{cloud}Price")
    # The flag comes first: a price is printed where nothing is offered, too.
    absent = ~pl.col(f"{cloud}Cloud") | amount.is_null() | (amount == 0)
    reasons = [pl.col("malformed"), pl.when(absent).then(pl.lit("not_offered"))]
    if cloud == "community":
        secure = pl.when("secureCloud").then("securePrice")
        token = (listed > 0) & (listed < PLACEHOLDER_FRACTION * secure)
        reasons.append(pl.when(token).then(pl.lit("placeholder")))
    spot = market == "spot"
    flag = pl.when(amount == listed).then(pl.lit("no_discount")).otherwise(pl.lit("administered"))
    return types.select(
        offer_id=pl.format("{}/{}/{}", "id", pl.lit(cloud), pl.lit(market)),
        provider_raw=pl.lit("runpod" if cloud == "secure" else "runpod-community"),
        accelerator_raw="id",
        memory_gib=pl.when(pl.col("memoryInGb") > 0).then("memoryInGb"),
        gpu_count=pl.lit(1, pl.Int64),
        market=pl.lit(market),
        spot_kind=pl.lit("administered" if spot else None, pl.String),
        basis=pl.lit("all_in"),
        region=pl.lit("global"),
        price_in_currency_per_gpu_hour=amount,
        currency=pl.lit("USD"),
        flag=flag if spot else pl.lit(None, pl.String),
        reason=pl.coalesce(reasons),
        **untold("instance_type", "term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="runpod",
    homepage="https://www.runpod.io",
    terms="https://www.runpod.io/legal/terms-of-service",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    real_answer="2026-10-10, entries",
)
