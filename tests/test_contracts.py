from collections.abc import Collection
from datetime import UTC, date, datetime

import pandera.polars as pa
import polars as pl
import pytest

from pipeline.columns import COLUMNS
from pipeline.contracts import ContractError, declared, judged, split, validate
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.contracts.filings import FILINGS
from pipeline.contracts.prices import GPU_OFFERS
from tests.given.support import offer, typed


def frame(*rows):
    return typed(GPU_OFFERS, rows)


def test_a_lazy_frame_is_refused_because_pandera_would_not_look_at_its_rows():
    with pytest.raises(TypeError, match="collect"):
        validate(GPU_OFFERS, frame(offer()).lazy())


def test_a_price_of_zero_breaks_the_contract():
    with pytest.raises(pa.errors.SchemaErrors, match="price_usd_per_gpu_hour"):
        validate(GPU_OFFERS, frame(offer(price_usd_per_gpu_hour=0.0)))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"price_usd_per_gpu_hour": 250.0}, "price_usd_per_gpu_hour: in_range"),
        ({"market": "auction"}, "market: isin"),
        ({"country": "usa"}, "country: str_matches"),
        ({"gpu_count": 0}, "gpu_count: in_range"),
        ({"region": None}, "region: not_nullable"),
    ],
)
def test_a_row_that_breaks_a_promise_is_set_aside_with_the_reason(cells, reason):
    kept, rejected = split(GPU_OFFERS, frame(offer(), offer(offer_id="b", **cells)))
    assert kept["offer_id"].to_list() == ["a"]
    assert reason in rejected["reason"].item()


def test_a_row_read_before_it_was_known_is_refused():
    early = offer(captured_at=offer()["known_at"].replace(year=2020))
    kept, rejected = split(GPU_OFFERS, frame(offer(offer_id="b"), early))
    assert (kept.height, rejected.height) == (1, 1)
    assert "before the public could" in rejected["reason"].item()


def test_a_missing_column_is_a_change_upstream():
    with pytest.raises(ContractError, match=r"market.*missing"):
        split(GPU_OFFERS, frame(offer()).drop("market"))


def test_another_type_is_a_change_upstream():
    with pytest.raises(ContractError, match="gpu_count"):
        split(GPU_OFFERS, frame(offer()).with_columns(pl.col("gpu_count").cast(pl.String)))


def test_a_repeated_key_is_a_change_upstream():
    with pytest.raises(ContractError):
        split(GPU_OFFERS, frame(offer(), offer()))


# --- dates and text that cannot be -----------------------------------------------------------

READ = datetime(2026, 11, 20, tzinfo=UTC)
FILING = {
    "source": "made_up", "cik": "0001769628", "accession": "0001769628-26-000001", "form": "10-Q",
    "filed_on": date(2026, 11, 10), "accepted_at": datetime(2026, 11, 10, 21, tzinfo=UTC),
    "period_end_on": date(2026, 9, 30), "licence": "test", "confidence": "high",
    "known_at": datetime(2026, 11, 10, 21, tzinfo=UTC), "captured_at": READ,
    "source_url": "https://example.org",
}  # fmt: skip
HOLDING = {
    "source": "made_up", "accession": "0001655888-26-000001", "holding_id": "1", "fund": "A fund",
    "fund_cik": "0001655888", "vehicle": "bdc", "period_end_on": date(2026, 9, 30),
    "issuer_name_raw": "A borrower", "currency": "USD", "par_basis": "funded",
    "match_reason": "none", "licence": "test", "confidence": "high", "known_at": READ,
    "captured_at": READ, "source_url": "https://example.org",
}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"filed_on": date(25, 11, 10)}, "filed_on: between 1993-01-01 and the day it was read"),
        ({"filed_on": date(2027, 1, 1)}, "filed_on: between"),
        ({"accepted_at": datetime(1, 1, 1, tzinfo=UTC)}, "accepted_at: between"),
        ({"period_end_on": date(9999, 12, 31)}, "period_end_on: between"),
        ({"known_at": datetime(25, 1, 1, tzinfo=UTC)}, "known_at: between"),
        ({"captured_at": datetime(2062, 1, 1, tzinfo=UTC)}, "captured_at: between"),
        ({"form": "10-Q\x00"}, "no control characters in text"),
        ({"document": "a\x1b[2J"}, "no control characters in text"),
        ({"items": "2.03\x92"}, "no control characters in text"),
    ],
)
def test_a_filing_of_an_impossible_day_or_text_is_set_aside(cells, why):
    kept, rejected = split(
        FILINGS, typed(FILINGS, [FILING, FILING | {"accession": "0001769628-26-000002"} | cells])
    )
    assert kept.height == 1
    assert why in rejected["reason"].item()


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"maturity_on": date(9999, 12, 31)}, "maturity_on: between 1990-01-01 and 2150-01-01"),
        ({"maturity_on": date(1, 1, 1)}, "maturity_on: between"),
        ({"fund": "A\x00 fund"}, "no control characters in text"),
    ],
)
def test_a_holding_of_an_impossible_day_or_text_is_set_aside(cells, why):
    kept, rejected = split(
        FUND_HOLDINGS, typed(FUND_HOLDINGS, [HOLDING, HOLDING | {"holding_id": "2"} | cells])
    )
    assert kept.height == 1
    assert why in rejected["reason"].item()


def test_what_is_planned_may_lie_ahead_and_text_may_have_lines():
    ahead = HOLDING | {"maturity_on": date(2064, 6, 30), "instrument_raw": "First\tlien\nterm loan"}
    kept, _ = split(FUND_HOLDINGS, typed(FUND_HOLDINGS, [ahead]))
    assert kept.height == 1


@pytest.mark.parametrize("terms", declared(), ids=lambda each: each.name)
def test_no_table_takes_the_years_1_and_9999_or_a_nul(terms):
    dated = [name for name in terms.columns if COLUMNS[name].dtype.is_temporal()]
    worded = [name for name in terms.columns if COLUMNS[name].dtype == pl.String]
    schema = {name: COLUMNS[name].dtype for name in terms.columns}
    bad: list[tuple[str, object, str]] = [(name, "a\x00", "control") for name in worded[:1]]
    for name in dated:
        for day in (date(1, 1, 1), date(9999, 12, 31)):
            moment = schema[name] == pl.Datetime("us", "UTC")
            cell = datetime(*day.timetuple()[:3], tzinfo=UTC) if moment else day
            bad.append((name, cell, f"{name}: between"))
    rows = [dict.fromkeys(schema) | {"captured_at": READ} | {name: cell} for name, cell, _ in bad]
    told = judged(terms, pl.DataFrame(rows, schema, orient="row"))
    for (name, cell, why), reasons in zip(bad, told, strict=True):
        assert why in reasons, (name, cell, reasons)


CELLS: dict[str, list[object]] = {
    "Float64": [None, -1.0, 0.0, 0.5, 1.0, 100.0, 101.0, 1e12],
    "Int64": [None, -1, 0, 1, 8, 100, 1_000_000],
    "Boolean": [None, True, False],
    "String": [None, "", "a", "AbC-1", "0001769628", "0001769628-25-000001", "on_demand", "a\x00"],
}


def test_each_check_says_of_a_cell_what_pandera_says():
    """Rows that keep all land without it: what it would say must then be known (decision 0178)."""
    compared = set()
    for terms in declared():
        for name, checks in terms.checks.items():
            kind = COLUMNS[name].dtype
            for check in checks:
                told = (check.name, str(check.bounds), str(kind))
                if check.function is not None or str(kind) not in CELLS or told in compared:
                    continue
                values = [*CELLS[str(kind)]]
                for each in check.bounds.values():
                    is_one = isinstance(each, str) or not isinstance(each, Collection)
                    values += [each] if is_one else [*each]
                cells = pl.DataFrame({name: pl.Series(values, dtype=kind, strict=False)})
                theirs = check.made()(cells.lazy(), name).check_output.collect().to_series()
                ours = check.asked(cells.lazy(), name).collect().to_series().fill_null(True)
                assert ours.to_list() == theirs.to_list(), (terms.name, name, check)
                compared.add(told)
    assert len({name for name, *_ in compared}) >= 4


@pytest.mark.parametrize("cell", [None, float("nan")])
def test_a_cell_that_must_be_there_and_is_not_is_never_passed_over(cell):
    rows = frame(offer()).with_columns(price_usd_per_gpu_hour=pl.lit(cell, pl.Float64))
    [why] = judged(GPU_OFFERS, rows).to_list()
    assert "price_usd_per_gpu_hour: not_nullable" in why
