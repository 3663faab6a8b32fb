"""The index of a market and the rent of a fixed panel, period by period, never restated."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

from pipeline.columns import COLUMNS
from pipeline.methods.multilateral import Panel, Window, estimate

__all__ = ["fit"]

WINDOW_MONTHS = 13
# Three sellers make a market; a hyperscaler's list stands alone and says so (METHODS 2); the
# machines of a marketplace are its sellers.
MIN_PROVIDERS = {"neocloud": 3, "marketplace": 3, "hyperscaler": 1}
MIN_HOSTS = 5
LEVEL = 0.95
MIN_INTERVAL = 3
CELL = ("period", "accelerator", "tier", "market", "term_months", "basis")
MADE = (
    *CELL,
    "period_end_on",
    "publication_status",
    "withheld_reason",
    "multilateral_price_index",
    "chain_started_on",
    "compared_with_on",
    "log_level",
    "log_change",
    "log_change_standard_error",
    "level_log_change",
    "entry_log_change",
    "exit_log_change",
    "restatement_log_change",
    "revision_log_change",
    "provider_count",
    "item_count",
    "host_count",
    "link_provider_count",
    "link_item_count",
    "window_period_count",
    "log_rent",
    "p25_log_rent",
    "p75_log_rent",
    "log_rent_standard_error",
    "log_rent_reach",
    "rebase_log_change",
    "reference_on",
    "reference_provider_count",
    "last_observed_on",
    "known_at",
)
Row = dict[str, Any]


def fit(items: pl.DataFrame) -> pl.DataFrame:
    """One row per market and period with a price: how the price of unchanged items moved.

    Each period is estimated over the 13 months that end with it and joined to what its chain
    published before by the mean of all its links, so that nothing published is restated. Periods
    are comparable where items connect them through enough providers (`Panel.connected`); where
    they do not, the index starts again at 100 (`chain_started_on`).

    A change of the panel's mean log price is the market's (`log_change`), what exit, restatement
    and entry did to the panel's mean item effect, and what the newest window revises of the ones
    before (`revision_log_change`); they sum to `level_log_change`.

    `log_rent` is the level of a fixed panel moved by the index: the median of its providers' mean
    effects of items that are `is_reference` (of a hyperscaler, those of one region). The panel is
    the chain's first window, and from each January the window of the last period of the year
    before; `rebase_log_change` is what that renewal did.

    Args:
        items: One row per CELL, `period_end_on`, `provider` and `item`, with `log_price`,
            `item_root` (the item before any restatement), `is_reference`, `host_count`,
            `last_observed_on` and the period's `known_at`.

    Returns:
        The columns of MADE, in units of the dictionary; prices in logarithms of USD.

    Source: mean splice, Diewert & Fox (2022), Journal of Business & Economic Statistics 40(1), 355;
    on published values, Eurostat (2022), Guide on multilateral methods in the HICP.
    """
    made: list[Row] = []
    numbered = _numbered(items.sort(*CELL, "period_end_on", "provider", "item"))
    # The rows of a cell are neighbours: a slice copies nothing.
    begin = 0
    for *key, count in numbered.group_by(CELL, maintain_order=True).len().iter_rows():
        cell = dict(zip(CELL, key, strict=True))
        rows = numbered.slice(begin, count)
        made += [cell | row for row in _Market(rows, cell["tier"]).rows()]
        begin += count
    return pl.DataFrame(made, schema={name: COLUMNS[name].dtype for name in MADE})


def _numbered(ordered: pl.DataFrame) -> pl.DataFrame:
    """Periods and providers of each cell, numbered in order; items and roots as they first appear.

    So that an item still to come moves no other's place, nor the last digit of a sum.
    """
    return (
        ordered.with_columns(
            period_number=_place(pl.col("period_end_on")),
            provider_number=_place(pl.col("provider")),
            row=pl.int_range(pl.len()),
        )
        .with_columns(
            pl.col("host_count", "last_observed_on", "known_at").max().over(*CELL, "period_end_on")
        )
        .with_columns(
            pl.col("row").min().over(*CELL, "provider", "item").alias("item_from"),
            pl.col("row").min().over(*CELL, "provider", "item_root").alias("root_from"),
        )
        .with_columns(
            item_number=_place(pl.col("item_from")), root_number=_place(pl.col("root_from"))
        )
    )


def _place(values: pl.Expr) -> pl.Expr:
    return values.rank("dense").over(CELL).cast(pl.Int64) - 1


class _Market:
    """The prices of one cell, and what was published of it so far."""

    def __init__(self, rows: pl.DataFrame, tier: str) -> None:
        self.tier = tier
        period, item, provider, root = (
            rows[f"{each}_number"].to_numpy() for each in ("period", "item", "provider", "root")
        )
        firsts = np.unique(period, return_index=True)[1].tolist()

        def of_periods(column: str) -> list[Any]:
            values = rows[column].to_list()
            return [values[each] for each in firsts]

        self.ends: list[date] = of_periods("period_end_on")
        self.hosts: list[int | None] = of_periods("host_count")
        self.last_observed: list[date] = of_periods("last_observed_on")
        self.known_at: list[datetime] = of_periods("known_at")
        once = np.unique(item, return_index=True)[1]
        self.root = root[once]
        log_price = np.full((len(self.ends), len(once)), np.nan)
        log_price[period, item] = rows["log_price"].to_numpy()
        self.panel = Panel(log_price, provider[once])
        self.reference = rows["is_reference"].to_numpy()[once]
        self.root_seen = np.zeros((len(self.ends), int(root.max()) + 1), dtype=bool)
        self.root_seen[period, root] = True

    def rows(self) -> Iterator[Row]:
        """The periods in order, each linked to what its chain published before."""
        chain: dict[int, Row] = {}
        reference: Row | None = None
        for now in range(len(self.ends)):
            row = self._described(now)
            if row["withheld_reason"] is None:
                first = _months_before(self.ends[now], WINDOW_MONTHS)
                inside = [*(each for each in chain if self.ends[each] > first), now]
                periods = self.panel.connected(inside, self._minimum(now))
                if len(periods) == 1:
                    chain, reference = {}, None
                window = estimate(self.panel, periods)
                row |= self._moved(periods, window, [chain[each] for each in periods[:-1]])
                reference = self._referred(row, window, reference)
                before = chain[max(chain)] if chain else None
                row |= self._rented(row, periods, window, reference, before)
                chain[now] = row
            yield row

    def _minimum(self, now: int) -> int:
        many_hosts = self.tier == "marketplace" and (self.hosts[now] or 0) >= MIN_HOSTS
        return 1 if many_hosts else MIN_PROVIDERS[self.tier]

    def _described(self, now: int) -> Row:
        providers = int(self.panel.links[now, now])
        reason = None
        if providers < self._minimum(now):
            reason = f"fewer than {MIN_PROVIDERS[self.tier]} providers"
            if self.tier == "marketplace":
                hosts = self.hosts[now]
                few = "an unknown number of" if hosts is None else f"fewer than {MIN_HOSTS}"
                reason += f" and {few} machines"
        return {
            "period_end_on": self.ends[now],
            "publication_status": "published" if reason is None else "withheld",
            "withheld_reason": reason,
            "provider_count": providers,
            "item_count": int(self.panel.seen[now].sum()),
            "host_count": self.hosts[now],
            "last_observed_on": self.last_observed[now],
            "known_at": self.known_at[now],
        }

    def _moved(self, periods: list[int], window: Window, before: list[Row]) -> Row:
        """Index and its decomposition, against the last period published."""
        now = periods[-1]
        # Sums run over what was seen, so that items still to come cannot move a last digit.
        seen = self.panel.seen[now]
        level = float(self.panel.weight[now, seen] @ self.panel.filled[now, seen])
        moved: Row = {"log_level": level, "window_period_count": len(periods)}
        if not before:
            return moved | {"multilateral_price_index": 100.0, "chain_started_on": self.ends[now]}
        last = before[-1]
        published = np.log([each["multilateral_price_index"] for each in before])
        links = window.period_effects[-1] - window.period_effects[:-1]
        index = float(np.mean(published + links))
        change = index - float(published[-1])
        parts = self._parts(periods[-2], now, window)
        common = self.panel.seen[now] & self.panel.seen[periods[:-1]].any(axis=0)
        level_change = level - last["log_level"]
        return moved | {
            "multilateral_price_index": float(np.exp(index)),
            "chain_started_on": last["chain_started_on"],
            "compared_with_on": last["period_end_on"],
            "log_change": change,
            "log_change_standard_error": window.standard_error(-1, -2),
            "level_log_change": level_change,
            **parts,
            "revision_log_change": level_change - change - sum(parts.values()),
            "link_provider_count": int(self.panel.member[common].any(axis=0).sum()),
            "link_item_count": int(common.sum()),
        }

    def _parts(self, earlier: int, now: int, window: Window) -> Row:
        """What exit, restatement and entry, in this order, did to the mean item effect."""
        before, after = self.panel.seen[earlier], self.panel.seen[now]
        stayed = before & self.root_seen[now][self.root]
        restated = after & self.root_seen[earlier][self.root]
        if not stayed.any():  # nobody is in both: the panel left and another came
            stayed, restated = before, before
        rows = np.array([before, stayed, restated, after])
        either = before | after
        means = self.panel.votes(rows)[:, either] @ window.item_effects[either]
        changes = np.diff(means).tolist()
        names = ("exit_log_change", "restatement_log_change", "entry_log_change")
        return dict(zip(names, changes, strict=True))

    def _referred(self, row: Row, window: Window, held: Row | None) -> Row:
        """The panel the rent rests on: the chain's first, and each January the one before it."""

        def rested_on() -> Row:
            inside = ~np.isnan(window.item_effects) & self.reference
            member = self.panel.member[inside]
            member = member[:, member.any(axis=0)]
            own = window.item_effects[inside] @ member / member.sum(axis=0)
            rents = np.quantile(own, [0.25, 0.5, 0.75]) if own.size else np.full(3, np.nan)
            return {
                "reference_on": row["period_end_on"],
                "log_index": float(np.log(row["multilateral_price_index"])),
                "log_rents": window.period_effects[-1] + rents,
                "reference_provider_count": own.size,
            }

        year = row["period_end_on"].year
        if held is None or not held["reference_provider_count"]:
            held = rested_on()
        elif held["year"] < year:
            held = held["newest"]()
        return held | {"year": year, "newest": rested_on}

    def _rented(
        self, row: Row, periods: list[int], window: Window, reference: Row, before: Row | None
    ) -> Row:
        index = float(np.log(row["multilateral_price_index"]))
        made: Row = {"reference_provider_count": reference["reference_provider_count"]}
        if not reference["reference_provider_count"]:
            return made
        low, log_rent, high = (reference["log_rents"] + index - reference["log_index"]).tolist()
        made |= {
            "log_rent": log_rent,
            "p25_log_rent": low,
            "p75_log_rent": high,
            "reference_on": reference["reference_on"],
        }
        ends = [self.ends[each] for each in periods]
        if window.scores.shape[1] >= MIN_INTERVAL and reference["reference_on"] in ends:
            error = window.standard_error(-1, ends.index(reference["reference_on"]))
            quantile = float(stdtrit(window.scores.shape[1] - 1, (1 + LEVEL) / 2))
            made["log_rent_standard_error"] = error
            made["log_rent_reach"] = None if error is None else quantile * error
        if before is not None and before.get("log_rent") is not None:
            made["rebase_log_change"] = log_rent - before["log_rent"] - row["log_change"]
        return made


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of a month, or one it lacks, is the last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))
