"""The table ``interactions``: visits, calls, mails, and what the mail system sends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.orders import serve_budget
from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import AS_OF, CURRENT, PAST, World, days, pick

_TOPICS = ["quarterly_review", "technical_question", "delivery_question", "price_talk", "courtesy"]
_MINUTES = {"visit": 95.0, "phone": 18.0, "email": 8.0, "video": 42.0, "newsletter": 0.0}


def draw_visits(world: World) -> pd.DataFrame:
    """Visits per account and year; never more than a third of the cost to serve can pay.

    Returns columns account (position), year, one row per visit.
    """
    rng, price = world.rng("visits"), world.data["drivers"]["visit"][0]
    prospect = (world.plan["relation"] == "prospect").to_numpy()
    parts = []
    for year in (*PAST, CURRENT):
        budget = serve_budget(world, year)
        part = 0.39 if year == CURRENT else 0.55
        usual = rng.poisson(np.clip(np.sqrt(budget / price) * part, 0, 20))
        count = np.minimum(usual, np.floor(budget * 0.3 / price))
        count = np.where(prospect, rng.poisson(1.5, len(budget)), count).astype(int)
        if year == PAST[1]:
            count[world.role("zero_net")] = 3
        account = np.repeat(np.arange(len(budget)), count)
        parts.append(pd.DataFrame({"account": account, "year": year}))
    return pd.concat(parts, ignore_index=True)


def _other_contacts(world: World, visits: pd.DataFrame) -> pd.DataFrame:
    """Calls and mails go with visits; the system writes to everybody twice a year."""
    rng = world.rng("other_contacts")
    again = visits.loc[np.repeat(visits.index, rng.poisson(0.9, len(visits)))]
    again = again.assign(channel=pick(rng, world.items("channels"), len(again), [5, 4, 2]))
    sent = []
    for year, number in ((2024, 2), (2025, 2), (CURRENT, 1)):
        account = np.repeat(np.arange(world.accounts), number)
        sent.append(pd.DataFrame({"account": account, "year": year}))
    letters = pd.concat(sent, ignore_index=True).assign(channel="newsletter")
    return pd.concat([visits.assign(channel="visit"), again, letters], ignore_index=True)


def _days(rng: np.random.Generator, year: np.ndarray) -> np.ndarray:
    """A working day of the year, up to the as-of date."""
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 5
    end = np.minimum(start + 358, np.datetime64(AS_OF))
    span = (end - start).astype(int)
    day = start + np.floor(span * rng.random(len(year))).astype("m8[D]")
    return days(np.busday_offset(day, 0, roll="backward"))


def build_interactions(world: World, visits: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``interactions``; nobody meets a contact who has left."""
    rng = world.rng("interactions")
    table = _other_contacts(world, visits)
    account, year = table["account"].to_numpy(), table["year"].to_numpy()
    day = _days(rng, year)
    count = contacts.groupby("account_id").size().reindex(world.plan["account_id"]).to_numpy()
    begin = np.cumsum(count) - count
    # The first contacts are met most often.
    spot = begin[account] + np.floor(count[account] * rng.random(len(table)) ** 1.8).astype(int)
    lone = np.isin(account, world.role("lone"))
    spot[lone] = begin[account[lone]]
    left = contacts["left_on"].to_numpy().astype("datetime64[D]")[spot]
    gone = ~np.isnat(left) & (day >= left)
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[account]]
    system = (table["channel"] == "newsletter").to_numpy()
    minutes = table["channel"].map(_MINUTES).to_numpy() * (0.6 + 0.8 * rng.random(len(table)))
    topic = np.where(system, "newsletter", pick(rng, _TOPICS, len(table), [2, 3, 3, 2, 2]))
    result = pd.DataFrame(
        {
            "account_id": world.plan["account_id"].to_numpy()[account],
            "contact_id": np.where(gone, None, contacts["contact_id"].to_numpy(dtype=object)[spot]),
            "member_id": np.where(system, None, owner),
            "date": day,
            "channel": np.where(system, "email", table["channel"]),
            "made_by": np.where(system, "system", "human"),
            "minutes": np.where(system, np.nan, np.round(minutes / 5) * 5),
            "topic": topic,
        }
    )
    result = result.sort_values(["date", "account_id", "channel"], kind="stable")
    width = max(5, len(str(len(result))))
    result.insert(0, "interaction_id", [f"I{i:0{width}d}" for i in range(1, len(result) + 1)])
    return result
