"""How accounts truly feel about us: the hidden values behind the surveys."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from kamkit.tables.sample.structure import climber, still
from kamkit.tables.sample.world import World

WAVES = {
    "2024H2": "2024-11-11",
    "2025H1": "2025-05-12",
    "2025H2": "2025-11-10",
    "2026H1": "2026-05-11",
}
SIDES = ("customer", "us")
HABIT, NOISE, ITEM = 0.4, 0.65, 0.35  # spread between people, answers, and items of an account
_SELF = 0.3  # we see ourselves a little rosier than customers do
_ROSY, _SOBER = 1.4, -1.0  # where we see ourselves much rosier: our side, theirs
_LEAVING = (5.9, -1.15)
_CLIMB = (4.2, 0.55)


def levels(world: World) -> np.ndarray:
    """True level (1–7, not cut off) as accounts × waves × sides."""
    mood = world.rng("mood").normal(5.2, 0.55, world.accounts)
    wave = np.arange(len(WAVES))
    flat = np.repeat(mood[:, None], len(wave), axis=1)
    found: np.ndarray = flat[:, :, None] + np.array([0.0, _SELF])
    found[world.role("churn"), :, 0] = _LEAVING[0] + _LEAVING[1] * wave
    found[climber(world), :, 0] = _CLIMB[0] + _CLIMB[1] * wave
    rosy = np.flatnonzero(world.plan["structure"] == "personal")
    found[rosy] = 5.2 + np.array([_SOBER, _ROSY])
    # Its score rises only because other people answer: the middle of the scale shows it best.
    found[still(world)] = 4.8 + np.array([0.0, _SELF])
    return found


def item_parts(world: World, rng: np.random.Generator) -> np.ndarray:
    """How much each item lies above or below its account's level: accounts × items."""
    found: np.ndarray = rng.normal(0, ITEM, (world.accounts, len(world.items("survey_items"))))
    return found


def expected_answer(level: np.ndarray) -> np.ndarray:
    """Mean answer of the people of an account: whole points, nothing below 1 or above 7.

    >>> expected_answer(np.array([4.0, 7.5])).round(2).tolist()
    [4.0, 6.9]
    """
    spread = math.hypot(HABIT, NOISE)
    cut = np.arange(1.5, 7)
    above = np.vectorize(math.erfc)((cut - level[..., None]) / spread / math.sqrt(2)) / 2
    answer: np.ndarray = 1 + above.sum(axis=-1)
    return answer


def hidden_values(world: World, accounts: np.ndarray, parts: np.ndarray) -> pd.DataFrame:
    """The hidden values of the surveyed accounts, by wave, side and dimension.

    ``latent`` is the level itself; ``expected`` the mean answer that such an account gives
    (1–7, reverse items turned round), ``score`` the same from 0 to 100.
    """
    items = pd.Index(world.items("survey_items")).str.rsplit("_", n=1).str[0].to_numpy()
    level = levels(world)[accounts]
    frames = []
    for dimension in [*dict.fromkeys(items), "total"]:
        mine = np.flatnonzero(items == dimension) if dimension != "total" else np.arange(len(items))
        each = level[:, :, :, None] + parts[accounts][:, None, None, mine]
        grid = np.meshgrid(accounts, np.arange(len(WAVES)), np.arange(2), indexing="ij")
        frames.append(
            pd.DataFrame(
                {
                    "account_id": world.plan["account_id"].to_numpy()[grid[0].ravel()],
                    "wave": np.array(list(WAVES), dtype=object)[grid[1].ravel()],
                    "side": np.array(SIDES, dtype=object)[grid[2].ravel()],
                    "dimension": dimension,
                    "latent": each.mean(axis=-1).ravel(),
                    "expected": expected_answer(each).mean(axis=-1).ravel(),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table["score"] = (table["expected"] - 1) / 6 * 100
    keys = ["account_id", "wave", "side", "dimension"]
    return table.sort_values(keys, ignore_index=True).astype({key: "str" for key in keys})
