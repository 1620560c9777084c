"""The table ``snapshots``: what reps wrote down of their open deals, month after month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import AS_OF, World, days, lognormal

FIGURES = ["amount", "close_date", "probability", "forecast_category"]
_HOPE = 0.75  # reps plan with three quarters of the time that a deal usually takes
_PUSH = 0.8  # share of overdue deals whose date is moved at the month's end
_TOLD = 0.6  # share of reps who hear of a signature within the next 40 days
_ROUND = 500_000.0  # what is typed in for want of a figure
_STREAM = "snapshots"


def snapshot_days(world: World) -> np.ndarray:
    """Month ends from January 2024; quarter ends where there are very many deals."""
    months = np.arange("2024-02", "2026-08", dtype="datetime64[M]").astype("datetime64[D]") - 1
    return months if world.accounts <= 2000 else months[2::3]


def _amounts(world: World, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """First and last amount of each deal; of some open ones, nobody has worked it out."""
    rng, last = world.rng("first_amounts"), table["amount"].to_numpy()
    first = np.round(last * lognormal(rng, 0.22, len(table)), -2).clip(min=1000)
    guess = (table["status"] == "open").to_numpy() & (rng.random(len(table)) < 0.1)
    return np.where(guess, _ROUND, first), np.where(guess, _ROUND, last)


def _hopes(world: World, table: pd.DataFrame) -> np.ndarray:
    """How much each deal's probability lies above that of its stage: by owner, and by deal."""
    rng = world.rng("hopes")
    owners, place = np.unique(table["owner_id"].to_numpy(str), return_inverse=True)
    return np.asarray(rng.normal(0.05, 0.06, len(owners))[place] + rng.normal(0, 0.03, len(table)))


class _Plans:
    """Planned closing days, moved on from one month's end to the next."""

    def __init__(self, world: World, table: pd.DataFrame) -> None:
        self.rng = world.rng(_STREAM)
        usual = float(np.sum(world.items("stage_days"))) * float(world.setting("deal_days"))
        length = np.rint(_HOPE * usual * lognormal(self.rng, 0.4, len(table)))
        self.day = days(table["created_on"]) + length.astype("m8[D]")
        self.signed = days(table["closed_on"].where(table["status"] == "won"))
        self.told = self.rng.random(len(table)) < _TOLD

    def at(self, today: np.datetime64, deal: np.ndarray) -> np.ndarray:
        """The plans of these open deals as they stand at the end of a day."""
        rng, plan = self.rng, self.day[deal]
        signed = self.signed[deal]
        soon = np.flatnonzero(self.told[deal] & ~np.isnat(signed) & (signed <= today + 40))
        near = signed[soon] + rng.integers(-6, 10, len(soon)).astype("m8[D]")
        late = (plan <= today) & (rng.random(len(deal)) < _PUSH)
        plan = np.where(late, today + rng.integers(20, 90, len(deal)).astype("m8[D]"), plan)
        plan[soon] = np.maximum(near, today + 1)
        self.day[deal] = plan
        return plan


def build_snapshots(world: World, table: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The table ``snapshots``: open deals as they stood, with the figures of that day.

    Amounts move from the first figure to the last as a deal moves on; planned days lie too
    early and are pushed back, some only when they have long passed; probabilities are those
    of the stage with the owner's hope on top.
    """
    plans, hope = _Plans(world, table), _hopes(world, table)
    first, last = _amounts(world, table)
    usual, names = np.asarray(world.items("stage_probability")), world.items("stages")
    rank = events["stage"].map({name: k for k, name in enumerate(names)}).to_numpy()
    entered, left = days(events["entered_on"]), days(events["left_on"])
    parts: list[pd.DataFrame] = []
    for day in snapshot_days(world):
        now = (entered <= day) & (np.isnat(left) | (left > day))
        deal, step = events["deal"].to_numpy()[now], rank[now]
        done = step / (len(names) - 1)
        chance = np.round(np.clip(usual[step] + hope[deal], 0.05, 0.95), 2)
        kind = np.where(chance >= 0.45, "best_case", "pipeline")
        frame = table.iloc[deal][["opportunity_id", "owner_id", "currency"]].assign(
            snapshot_on=day,
            stage=np.asarray(names, dtype=object)[step],
            amount=np.round(first[deal] + (last[deal] - first[deal]) * done, -2),
            close_date=plans.at(day, deal),
            probability=chance,
            forecast_category=np.where(chance >= 0.75, "commit", kind),
        )
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def present_figures(table: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """The table ``opportunities`` with the last snapshot's figures of deals still open."""
    now = snapshots[snapshots["snapshot_on"] == np.datetime64(AS_OF)].set_index("opportunity_id")
    out, ids = table.copy(), table["opportunity_id"]
    open_ = (table["status"] == "open").to_numpy()
    for column in FIGURES:
        told = ids.map(now[column])
        out[column] = told.where(open_, out[column]) if column in out else told.where(open_)
    return out
