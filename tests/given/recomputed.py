"""Index, rent, value and outcome by a second path: loops over staging rows and dense least squares.

It shares no code with the pipeline and knows its rules only from docs/METHODS.md. Neoclouds only.
"""

from collections import defaultdict
from datetime import date, timedelta
from math import exp, log
from statistics import median
from typing import Any

import numpy as np

from pipeline.warehouse import DuckDB

MONTHS = 13
SELLERS = 3
Key = tuple[Any, ...]
Prices = dict[date, dict[str, float]]  # month's end: item ("provider version"): log price


def month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def sightings(db: DuckDB, accelerator: str) -> dict[tuple[str, str], dict[date, tuple[float, int]]]:
    """Of each source and provider: the day's price and for how many days it stands."""
    rows = db.execute(
        "select offers.source, offers.provider, region, coalesce(instance_type, ''), "
        "price_usd_per_gpu_hour, refresh_days, (observed_at at time zone 'UTC')::date as day "
        "from staging.gpu_offers as offers join staging.providers as providers using (provider) "
        "where accelerator = ? and tier = 'neocloud' and market = 'on_demand' and term_months = 0 "
        "and basis = 'all_in' and flag is null "
        "and offers.known_at <= (day + 1)::timestamp at time zone 'UTC' "
        "and providers.known_at <= (day + 1)::timestamp at time zone 'UTC'",
        [accelerator],
    ).fetchall()
    listed: dict[Key, list[float]] = defaultdict(list)
    stands: dict[Key, int] = defaultdict(int)
    for source, provider, region, machine, price, days, day in rows:
        listed[source, provider, day, region, machine].append(price)
        stands[source, provider, day] = max(stands[source, provider, day], days)
    cheapest: dict[Key, list[float]] = defaultdict(list)
    for (source, provider, day, region, _), prices in listed.items():
        cheapest[source, provider, day, region].append(median(prices))
    regions: dict[Key, list[float]] = defaultdict(list)
    for (source, provider, day, _), prices in cheapest.items():
        regions[source, provider, day].append(min(prices))
    found: dict[tuple[str, str], dict[date, tuple[float, int]]] = defaultdict(dict)
    for (source, provider, day), prices in sorted(regions.items()):
        found[source, provider][day] = median(prices), stands[source, provider, day]
    return found


def monthly(db: DuckDB, accelerator: str) -> Prices:
    """Mean log price of each item over the days of a month that is over."""
    restated = defaultdict(list)
    for provider, day in db.execute(
        "select distinct provider, (observed_at at time zone 'UTC')::date from staging.gpu_offers "
        "where accelerator = ? and flag = 'restatement' and market = 'on_demand'",
        [accelerator],
    ).fetchall():
        restated[provider].append(day)
    looked = {
        day
        for (day,) in db.execute(
            "select distinct last_day((observed_at at time zone 'UTC')::date) "
            "from staging.gpu_offers"
        ).fetchall()
    }
    [(newest,)] = db.execute(
        "select max((observed_at at time zone 'UTC')::date) from staging.gpu_offers"
    ).fetchall()
    days: dict[Key, list[float]] = defaultdict(list)
    for (source, provider), seen in sightings(db, accelerator).items():
        order = sorted(seen)
        for place, day in enumerate(order):
            price, stands = seen[day]
            before = order[place - 1] if place else None
            if before and day - before <= timedelta(days=31):
                last = seen[before][0]
                if max(price, last) > 1.4 * min(price, last):
                    continue  # a first sighting of a step
            until = day + timedelta(days=stands - 1)
            if place + 1 < len(order):
                until = min(until, order[place + 1] - timedelta(days=1))
            version = sum(each <= day for each in restated[provider])
            while day <= until:
                days[month_end(day), f"{provider} {version}", source].append(log(price))
                day += timedelta(days=1)
    sources: dict[Key, list[float]] = defaultdict(list)
    for (end, item, _), logs in days.items():
        if end < newest and end in looked:
            sources[end, item].append(sum(logs) / len(logs))
    prices: Prices = defaultdict(dict)
    for (end, item), means in sources.items():
        prices[end][item] = sum(means) / len(means)
    return dict(sorted(prices.items()))


def comparable(months: list[date], prices: Prices) -> list[date]:
    """Of these months, those that three sellers or more connect with the last one."""
    groups: list[tuple[set[date], set[str]]] = [({m}, set(prices[m])) for m in months]
    while True:
        for one in range(len(groups)):
            for other in range(one):
                common = groups[one][1] & groups[other][1]
                if len({item.split()[0] for item in common}) >= SELLERS:
                    joined = (groups[one][0] | groups[other][0], groups[one][1] | groups[other][1])
                    groups = [g for n, g in enumerate(groups) if n not in (one, other)] + [joined]
                    break
            else:
                continue
            break
        else:
            break
    [last] = [members for members, _ in groups if months[-1] in members]
    return sorted(last)


def fitted(months: list[date], prices: Prices) -> tuple[dict[date, float], dict[str, float]]:
    """Period and item effects of ln p = period + item, each seller one vote, by dense lstsq."""
    items = sorted({item for month in months for item in prices[month]})
    design, wanted = [], []
    for place, month in enumerate(months):
        sellers: dict[str, list[str]] = defaultdict(list)
        for item in prices[month]:
            sellers[item.split()[0]].append(item)
        for own in sellers.values():
            for item in own:
                root = (1 / (len(sellers) * len(own))) ** 0.5
                row = np.zeros(len(months) + len(items))
                row[place] = row[len(months) + items.index(item)] = root
                design.append(row)
                wanted.append(root * prices[month][item])
    found = np.linalg.lstsq(np.array(design), np.array(wanted), rcond=None)[0]
    return dict(zip(months, found, strict=False)), dict(
        zip(items, found[len(months) :], strict=True)
    )


def moved(db: DuckDB, accelerator: str) -> dict[date, tuple[float, float]]:
    """Index and rent of each published month."""
    prices = monthly(db, accelerator)
    told: dict[date, tuple[float, float]] = {}
    chain: list[date] = []
    held: tuple[int, float, float] | None = None  # year, level of the panel, index there
    newest: tuple[float, float] | None = None
    for month, now in prices.items():
        if len({item.split()[0] for item in now}) < SELLERS:
            continue
        year, number = divmod(month.year * 12 + month.month - 1 - MONTHS, 12)
        first = month_end(date(year, number + 1, 1))
        window = comparable([each for each in chain if each > first] + [month], prices)
        if len(window) == 1:
            chain, held = [], None
        periods, items = fitted(window, prices)
        index = 0.0
        if chain:
            links = [log(told[m][0] / 100) + periods[month] - periods[m] for m in window[:-1]]
            index = sum(links) / len(links)
        own: dict[str, list[float]] = defaultdict(list)
        for item, effect in items.items():
            own[item.split()[0]].append(effect)
        level = periods[month] + float(np.median([sum(e) / len(e) for e in own.values()]))
        if held is None:
            held = (month.year, level, index)
        elif held[0] < month.year and newest is not None:
            held = (month.year, *newest)
        newest = (level, index)
        told[month] = (100 * exp(index), exp(held[1] + index - held[2]))
        chain.append(month)
    return told


def worth(
    rent: float, watts: float, cost: dict[str, float], fall: float, longest: float, age: float
) -> float:
    """What is left of the net rent, year by year, each discounted from its middle."""
    kept = rent * cost["realisation"] / 100 * (1 - cost["overhead-share"] / 100)
    spent = cost["facility-cash-cost"] * watts / 1000
    value, year = 0.0, 0.0
    ends = log(kept / spent) / fall if fall > 0 and kept > spent else (99.0 if kept > spent else 0)
    left = max(min(longest - age, 12.0, ends), 0)
    while year < left:
        used = min(1.0, left - year)
        middle = year + used / 2
        flow = kept * exp(-fall * middle) - spent
        value += 8766 * used * flow / (1 + cost["incremental-borrowing-rate"] / 100) ** middle
        year += 1
    return max(value, 0.0)
