"""Seven pitfalls and the climate of a team, with what may be done about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.pulse import HIGH, LOW, check_pulse, pulse_cells
from kamkit.methods.appraisal.rating_cells import ROUNDING
from kamkit.methods.appraisal.separate import chain_groups
from kamkit.schemes.team import Pitfall, PulseItem, pitfalls, pulse_items

MIDDLE = (LOW + HIGH) / 2
REMEDY_COLUMNS = ["team", "wave", "pitfall", "status", "remedy", "place", "n_pitfalls", "origin"]


@dataclass(frozen=True)
class PitfallProfile:
    """What :func:`pitfall_profile` found.

    Attributes
    ----------
    items
        One row a team, wave and pitfall, worst first: team, wave, item, mean (1–5, 5 is worst),
        low, high, n (respondents), hidden, group (pitfalls of a team that share a number can't
        be separated; 1 is worst; 0 unknown), status (present: the interval lies above 3;
        absent: below; maybe; hidden), change (against the wave before), change_low,
        change_high, variant, origin.
    remedies
        One row a pitfall (present, or maybe and in the worst group) and remedy: team, wave,
        pitfall, status, remedy, place (1 first), n_pitfalls (how many of the team's listed
        pitfalls this remedy is linked to), origin.
    """

    items: pd.DataFrame
    remedies: pd.DataFrame


def pitfall_profile(
    team_pulse: pd.DataFrame,
    *,
    scheme: Sequence[Pitfall] | None = None,
    min_n: int = 4,
    level: float = 0.95,
) -> PitfallProfile:
    """The seven pitfalls of team management as the team sees them, with linked remedies.

    Needs team_pulse: team, wave, respondent_id (anonymous), item, score (1–5, 5 = it happens
    here). ``scheme``: the pitfalls with their remedies, default ``schemes.pitfalls`` (house links).
    Items below ``min_n`` respondents are hidden. Intervals: see ``pulse_cells``.

    Returns PitfallProfile. Raises KamkitError missing_column, not_a_number, survey_off_scale.
    Source: S192 (pitfalls), S193 (remedies); items, links and limits house.

    >>> pulse = pd.DataFrame({"team": "a", "wave": "1", "respondent_id": list("pqrs"),
    ...     "item": "pitfall_chaos", "score": [4, 5, 5, 5]})
    >>> found = pitfall_profile(pulse)
    >>> found.items["status"].tolist(), found.remedies["remedy"].tolist()
    (['present'], ['remedy_resistance', 'remedy_decide'])
    """
    links = {p.id: p.remedies for p in (pitfalls() if scheme is None else scheme)}
    items = pulse_cells(check_pulse(team_pulse, list(links)), min_n=min_n, level=level)
    items["status"] = np.select(
        [items["hidden"], items["low"] > MIDDLE, items["high"] < MIDDLE],
        ["hidden", "present", "absent"],
        "maybe",
    )
    items["variant"], items["origin"] = "pooled_variance", "S192; house"
    items = items.sort_values(["team", "wave", "mean", "item"], ascending=[True, True, False, True])
    items = items.reset_index(drop=True)
    return PitfallProfile(items, _remedies(items, links))


def _remedies(items: pd.DataFrame, links: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    listed = (items["status"] == "present") | ((items["status"] == "maybe") & (items["group"] == 1))
    pairs = pd.DataFrame(
        [(p, r, i) for p, found in links.items() for i, r in enumerate(found, start=1)],
        columns=["pitfall", "remedy", "place"],
    )
    out = items[listed].rename(columns={"item": "pitfall"})[["team", "wave", "pitfall", "status"]]
    out = out.merge(pairs, on="pitfall")
    out["n_pitfalls"] = out.groupby(["team", "wave", "remedy"])["pitfall"].transform("size")
    out["origin"] = "S193; house"
    return out[REMEDY_COLUMNS]


@dataclass(frozen=True)
class Climate:
    """What :func:`climate` found.

    Attributes
    ----------
    index
        One row a team and wave: team, wave, index (0–100), low, high, n (respondents with at
        least half of the items), hidden, change, change_low, change_high (points against the
        wave before), group (teams of a wave that share a number can't be separated), trend (up,
        down, cannot_be_separated, first, hidden), variant, origin.
    items
        One row a team, wave and item, lowest first: team, wave, item, mean (1–5, reverse items
        turned: 5 is good), low, high, n, hidden, change, change_low, change_high, origin.
    """

    index: pd.DataFrame
    items: pd.DataFrame


def climate(
    team_pulse: pd.DataFrame,
    *,
    scheme: Sequence[PulseItem] | None = None,
    min_n: int = 4,
    level: float = 0.95,
) -> Climate:
    """A team's climate: four measures, mutual support and envy, as an index of 0–100.

    Needs team_pulse: team, wave, respondent_id, item, score (1–5). ``scheme``: the items,
    default those of ``schemes.pulse_items`` that are no pitfall. A respondent's index is the
    mean of at least half of the items, 1 -> 0 and 5 -> 100. Intervals and hiding: see
    ``pulse_cells``.

    Returns Climate. Raises KamkitError missing_column, not_a_number, survey_off_scale.
    Source: S190 (four measures), S189 (support, envy); items and index house.

    >>> items = ["climate_fair_reward", "climate_care", "climate_envy"]
    >>> pulse = pd.DataFrame({"team": "a", "wave": "1", "respondent_id": list("pqrs") * 3,
    ...     "item": np.repeat(items, 4), "score": [4] * 8 + [2] * 4})
    >>> climate(pulse).index["index"].tolist()
    [75.0]
    """
    asked = pulse_items() if scheme is None else scheme
    known = {i.id: i.reverse for i in asked if i.scale != "pitfall"}
    scores = check_pulse(team_pulse, list(known))
    turned = scores["item"].map(known).astype(bool)
    scores["score"] = scores["score"].where(~turned, LOW + HIGH - scores["score"])
    cells = pulse_cells(scores, min_n=min_n, level=level).drop(columns="group")
    cells["origin"] = "S190; S189; house"
    cells = cells.sort_values(["team", "wave", "mean", "item"]).reset_index(drop=True)
    people = scores.groupby(["team", "wave", "respondent_id"])["score"].agg(["mean", "size"])
    people = people[people["size"] * 2 >= len(known)].reset_index()
    scale = 100 / (HIGH - LOW)
    whole = people.assign(item="index", score=(people["mean"] - LOW) * scale)
    index = pulse_cells(
        whole, min_n=min_n, level=level, ends=(0.0, 100.0), floor=ROUNDING * scale**2 / len(known)
    )
    return Climate(_index(index), cells)


def _index(cells: pd.DataFrame) -> pd.DataFrame:
    out = cells.drop(columns=["item", "group"]).rename(columns={"mean": "index"})
    out["group"] = 0
    for rows in out.groupby("wave").groups.values():
        one = out.loc[rows]
        reach = ((one["high"] - one["low"]) / 2).to_numpy(float)
        out.loc[rows, "group"] = chain_groups(one["index"].to_numpy(float), reach)
    out["trend"] = np.select(
        [
            out["hidden"],
            out["change"].isna(),
            out["change_low"] > 0,
            out["change_high"] < 0,
        ],
        ["hidden", "first", "up", "down"],
        "cannot_be_separated",
    )
    out["variant"], out["origin"] = "pooled_variance", "S190; S189; house"
    return out.reset_index(drop=True)
