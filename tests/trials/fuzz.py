"""Damaged answers by the thousand: what a parser makes of them, and what the contracts let through.

    python -m tests.trials.fuzz --seed 7 --payloads 10000
    python -m tests.trials.fuzz --seed 7 --payloads 500 --only runpod ecb_rates

Every payload is a recorded (or small made-up) answer with one to three changes: cells replaced by
values that spell trouble, keys dropped, pieces repeated or cut out, bytes flipped, the end missing.
A trial fails when something other than an ordinary exception leaves a parser, or when a row with a
price that is no price, a day that cannot be or text that cannot be shown keeps its contract.
"""

import argparse
import copy
import io
import json
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException

from pipeline.capture.raw import Capture
from pipeline.contracts import judged
from pipeline.sources.source import REFERENCE, Source, discover
from tests.given.support import typed

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
READ = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHUNK = 250

ODD: tuple[Any, ...] = (
    None, True, "", " ", "null", "NaN", "-inf", "1e400", "-1", "0", "-0.0", "1,234.5", "1e-9",
    float("nan"), float("inf"), float("-inf"), -1, 0, -3.99, 1e300, 10**40, 2**63, 5e-324,
    "0001-01-01", "0025-11-20", "9999-12-31", "2026-02-30", "2026-11-20T25:00:00Z", "01/05/0026",
    "2030-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\x00", "NVIDIA\x00H100", "\x1b[2J", "é\udce9",
    "=cmd|'/C calc'!A0", "'; drop table staging.gpu_offers; --", "x" * 3_000, "\u202eUSD", "EUR",
    [], {}, [[]], {"amount": 3.99}, ["H100"], "H100", "NVIDIA H100 80GB HBM3", "8", 8, 8.5,
)  # fmt: skip
WORDS = (b"NaN", b"Infinity", b"-1", b"1e999", b"\x00", b"\xe9", b"\xff\xfe", b"9999-12-31",
         b"0001-01-01", b"null", b'"', b"\t", b",", b"\n", b"[" * 2_000, b"</x>")  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A parser and an answer it reads."""

    name: str
    part: str
    body: bytes
    kind: str
    url: str = "https://example.org/x"

    @property
    def source(self) -> Source:
        return next(each for each in discover() if each.name == self.name)


def subjects() -> list[Subject]:
    """Parsers of every shape of answer: JSON, CSV, an archive of tables."""
    from tests.sources.credit.test_sec_form_d import quarter
    from tests.sources.filings.test_sec_submissions import answer as filings
    from tests.sources.prices.test_gpuhunt_catalog import capture as gpuhunt
    from tests.sources.prices.test_gpuhunt_catalog import zipped
    from tests.sources.rates.test_nyfed_sofr import answer as sofr
    from tests.sources.rates.test_nyfed_sofr import rate
    from tests.sources.rates.test_treasury_curve import FRIDAY, HEADER, MONDAY
    from tests.sources.rates.test_treasury_curve import answer as curve

    recorded = [
        ("runpod", "all", "gpu_types.json"),
        ("hot_aisle", "all", "available.json"),
        ("hyperbolic", "all", "catalog.json"),
        ("scaleway", "fr-par-2", "fr-par-2.json"),
        ("vultr", "plans", "plans.json"),
        ("akamai", "all", "types.json"),
        ("ecb_rates", "all", "latest.json"),
        ("skypilot_catalog", "azure", "azure.csv"),
    ]
    made = [
        Subject(name, part, (FIXTURES / name / file).read_bytes(), file.rpartition(".")[2])
        for name, part, file in recorded
    ]
    catalog = zipped(("azure.csv", (FIXTURES / "gpuhunt_catalog" / "azure.csv").read_bytes()))
    at = gpuhunt("azure").url
    made.append(Subject("gpuhunt_catalog", "azure", catalog, "zip", at))
    made.append(Subject("nyfed_sofr", "all", sofr(rate("2026-11-18"), rate("2026-11-19")), "json"))
    made.append(Subject("treasury_curve", "2026", curve(HEADER, MONDAY, FRIDAY), "csv"))
    made.append(Subject("sec_submissions", "cik0001045810", filings(), "json"))
    made.append(Subject("sec_form_d", "2022q2_d", quarter(), "zip"))
    return made


# --- changes ---------------------------------------------------------------------------------


def damaged(subject: Subject, dice: random.Random) -> bytes:
    """The answer with one to three changes."""
    body = subject.body
    for _ in range(dice.choice((1, 1, 2, 3))):
        shaped = dice.random() < 0.75
        try:
            body = SHAPED[subject.kind](body, dice) if shaped else _bytes(body, dice)
        except Exception:  # a damaged archive fails in many ways; this only makes the payloads
            body = _bytes(body, dice)
    return body


def _bytes(body: bytes, dice: random.Random) -> bytes:
    at, until = sorted((dice.randint(0, len(body)), dice.randint(0, len(body))))
    until = min(until, at + 40)
    return dice.choice(
        (
            lambda: body[:at],
            lambda: body[:at] + body[until:],
            lambda: body[:until] + body[at:until] + body[until:],
            lambda: body[:at] + dice.choice(WORDS) + body[at:],
            lambda: body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :],
        )
    )()


def _json(body: bytes, dice: random.Random) -> bytes:
    said = json.loads(body)
    places = list(_places(said))
    if not places:
        return body
    within, key = dice.choice(places)
    change = dice.random()
    if change < 0.75:
        within[key] = copy.deepcopy(dice.choice(ODD))
    elif change < 0.85:
        del within[key]
    elif isinstance(within, list):
        within.append(copy.deepcopy(within[key]))
    else:
        within[dice.choice(list(within))] = copy.deepcopy(within[key])
    return json.dumps(said).encode()


def _places(said: Any) -> Iterator[tuple[Any, Any]]:
    keys = said if isinstance(said, dict) else range(len(said)) if isinstance(said, list) else ()
    for key in keys:
        yield said, key
        yield from _places(said[key])


def _table(body: bytes, dice: random.Random, comma: str = ",") -> bytes:
    lines = body.decode().split("\n")
    at = dice.randrange(len(lines))
    cells = lines[at].split(comma)
    change = dice.random()
    if change < 0.8:
        odd = dice.choice(ODD)
        said = odd if isinstance(odd, str) else json.dumps(odd)
        cells[dice.randrange(len(cells))] = said
        lines[at] = comma.join(cells)
    elif change < 0.9:
        lines.insert(at, lines[at])
    else:
        del cells[dice.randrange(len(cells))]
        lines[at] = comma.join(cells)
    return "\n".join(lines).encode(errors="surrogateescape")


def _archive(body: bytes, dice: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    name = dice.choice(list(members))
    change = dice.random()
    comma = "\t" if name.endswith(".tsv") else ","
    if change < 0.7:
        members[name] = _table(members[name], dice, comma)
    elif change < 0.9:
        members[name] = _bytes(members[name], dice)
    else:
        del members[name]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return out.getvalue()


SHAPED: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    "json": _json,
    "csv": _table,
    "zip": _archive,
}


# --- trials ----------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of a parser's payloads.

    `raised` counts exceptions by name; `escaped` and `wrong` are what must not be.
    """

    payloads: int = 0
    parsed: int = 0
    rows: int = 0
    kept: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    escaped: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def trial(
    subject: Subject, tables: Mapping[str, pl.DataFrame], *, seed: int, payloads: int
) -> Outcome:
    """Parse damaged answers, and hold what comes of them against the contract."""
    dice = random.Random(f"{seed} {subject.name}")
    source = subject.source
    assert source.parse is not None
    at = Capture(subject.name, subject.part, subject.url, READ, "")
    made, frames = Outcome(), []
    started = time.process_time()
    for n in range(payloads):
        body = damaged(subject, dice)
        made.payloads += 1
        try:
            frame = source.parse(body, at)
            frame.height  # noqa: B018, a parser that returns no frame fails its capture too
        except (Exception, PanicException) as error:
            made.raised[type(error).__name__] += 1
        except BaseException as error:  # what would end the program
            made.escaped.append(f"payload {n}: {type(error).__name__} {error}")
        else:
            made.parsed += 1
            made.rows += frame.height
            frames.append(frame)
        if len(frames) == CHUNK or n == payloads - 1:
            _hold(source, tables, frames, made)
            frames = []
    made.seconds = time.process_time() - started
    return made


def _hold(
    source: Source,
    tables: Mapping[str, pl.DataFrame],
    frames: Sequence[pl.DataFrame],
    made: Outcome,
) -> None:
    """Prepare and judge many answers at once, as landing does; by halves where it cannot."""
    frames = [each for each in frames if not each.is_empty()]
    if not frames:
        return
    try:
        frame = pl.concat(frames).with_columns(source=pl.lit(source.name))
        if source.contract.prepare is not None:
            frame = source.contract.prepare(frame, tables)
            frame = frame.filter(pl.col("reason").is_null())
        kept = frame.filter(judged(source.contract, frame).is_null())
    except (Exception, PanicException) as error:
        if len(frames) == 1:
            made.refused[type(error).__name__] += 1
            return
        middle = len(frames) // 2
        _hold(source, tables, frames[:middle], made)
        _hold(source, tables, frames[middle:], made)
        return
    made.kept += kept.height
    made.wrong += wrongs(kept.select(source.contract.columns))


def wrongs(kept: pl.DataFrame) -> list[str]:
    """Rows that should not have kept a contract; asked in other words than the contracts ask."""
    found: list[str] = []
    for name, dtype in kept.schema.items():
        values = kept[name].drop_nulls().unique().to_list()
        if dtype == pl.Float64:
            odd = [v for v in values if v != v or abs(v) == float("inf")]
            if "price" in name:
                odd += [v for v in values if v <= 0]
        elif dtype.is_temporal():
            days = [v.date() if isinstance(v, datetime) else v for v in values]
            odd = [v for v in days if not date(1900, 1, 1) <= v <= date(2150, 1, 1)]
            if name in ("observed_at", "observed_on", "filed_on", "known_at", "accepted_at"):
                odd += [v for v in days if v > READ.date() + timedelta(days=1)]
        elif dtype == pl.String:
            odd = [v for v in values if any(ord(c) < 32 and c not in "\t\n\r" for c in v)]
        else:
            continue
        found += [f"{name}: {value!r}" for value in odd]
    return found


def reference_tables() -> dict[str, pl.DataFrame]:
    """The tables that `prepare` of any source reads: committed facts, and one made-up euro."""
    sources = discover()
    needed = {each.contract.name: each.contract for each in sources}
    needed = {name: needed[name] for each in sources for name in each.contract.reads}
    made = {name: typed(terms, []) for name, terms in needed.items()}
    for each in sources:
        if each.file and each.parse is not None and each.contract.name in made:
            at = Capture(each.name, "all", each.file, READ, "")
            rows = each.parse((REFERENCE / each.file).read_bytes(), at)
            made[each.contract.name] = rows.with_columns(source=pl.lit(each.name))
    euro = {"currency": "EUR", "observed_on": READ.date(), "usd_per_currency_unit": 1.1}
    made["exchange_rates"] = typed(needed["exchange_rates"], [euro | {"known_at": READ}])
    return made


def line(name: str, made: Outcome) -> str:
    """One row of the table."""
    raised = ", ".join(f"{kind} {count:,}" for kind, count in made.raised.most_common())
    refused = ", ".join(f"{kind} {count:,}" for kind, count in made.refused.most_common())
    return (
        f"| {name} | {made.payloads:,} | {made.parsed:,} | {raised or '-'} | {refused or '-'} "
        f"| {made.rows:,} | {made.kept:,} | {len(made.escaped)} | {len(made.wrong)} "
        f"| {made.seconds:.0f} |\n"
    )


HEAD = (
    "| parser | payloads | parsed | raised by the parser | refused by rules | rows | rows kept "
    "| escaped | wrong rows kept | s of CPU |\n|---|---|---|---|---|---|---|---|---|---|\n"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials and print a table; 1 when something got through."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--payloads", type=int, default=10_000)
    asked.add_argument("--only", nargs="*")
    options = asked.parse_args(arguments)
    bad = 0
    tables = reference_tables()
    sys.stdout.write(HEAD)
    for subject in subjects():
        if options.only and subject.name not in options.only:
            continue
        made = trial(subject, tables, seed=options.seed, payloads=options.payloads)
        sys.stdout.write(line(subject.name, made))
        for said in [*made.escaped[:5], *sorted(set(made.wrong))[:5]]:
            sys.stdout.write(f"  {said}\n")
        sys.stdout.flush()
        bad += len(made.escaped) + len(made.wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
