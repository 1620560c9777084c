"""The gap between what a dealer says and does, and what moved from one wave to the next."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from kamkit.methods.relationship.loyalty_raters import rater_means, rater_spread

GAPS = [
    *("subject", "wave", "attitude", "behaviour", "gap", "low", "high", "n", "verdict"),
    *("variant", "origin"),
]
CHANGES = [
    *("subject", "dimension", "wave_before", "wave", "before", "after", "change", "low", "high"),
    *("n", "verdict", "variant"),
]


def gap_reading(scores: pd.DataFrame) -> pd.DataFrame:
    """Attitude less behaviour for each subject and wave, and what the interval allows to say."""
    if not len(scores):
        return pd.DataFrame(columns=GAPS)
    keys = ["subject", "wave"]
    wide = scores.pivot(index=keys, columns="dimension", values="score")
    gap = scores[scores["dimension"] == "gap"].set_index(keys)
    table = gap.assign(attitude=wide["attitude"], behaviour=wide["behaviour"], gap=gap["score"])
    table["verdict"] = _verdict(table, "says_more_than_does", "does_more_than_says")
    return table.reset_index()[GAPS].rename_axis(columns=None)


def _verdict(table: pd.DataFrame, above: str, below: str) -> pd.Series:
    found = np.select(
        [table["low"].isna(), table["low"] > 0, table["high"] < 0],
        ["too_little_data", above, below],
        default="cannot_be_separated",
    )
    return pd.Series(found, index=table.index, dtype="str")


def changes(raters: pd.DataFrame, least: Mapping[str, float], level: float) -> pd.DataFrame:
    """What moved between waves in a row, by the raters who rated in both where there are any.

    Raters of both waves are compared with themselves, so that a stricter rater moves nothing; a
    subject without any is compared by the means of different people, with the wider interval.
    ``least``: by dimension, the variance that raters have at least (see ``rater_means``).
    """
    waves = sorted(raters["wave"].unique())
    parts = []
    for before, after in zip(waves, waves[1:], strict=False):
        old, new = raters[raters["wave"] == before], raters[raters["wave"] == after]
        for dimension, variance in least.items():
            found = _change(old, new, dimension, level, 2 * variance)
            parts.append(found.assign(dimension=dimension, wave_before=before, wave=after))
    if not parts:
        return pd.DataFrame(columns=CHANGES)
    table = pd.concat(parts, ignore_index=True)
    table["verdict"] = _verdict(table, "up", "down")
    rank = table["dimension"].map({d: i for i, d in enumerate(least)})
    table = table.assign(_rank=rank).sort_values(["subject", "wave", "_rank"])
    return table[CHANGES].reset_index(drop=True)


def _change(
    old: pd.DataFrame, new: pd.DataFrame, dimension: str, level: float, least: float
) -> pd.DataFrame:
    """Change of one dimension between two waves, by subject that has both."""
    keys = ["subject", "rater_id"]
    both = old[[*keys, dimension]].merge(new[[*keys, dimension]], on=keys, suffixes=("_b", "_a"))
    both = both.assign(
        score=both[f"{dimension}_a"] - both[f"{dimension}_b"], rater=both["rater_id"]
    )
    both = both[both["score"].notna()]
    paired = rater_means(both, low=-100.0, high=100.0, level=level, least=least)
    paired["variant"] = paired["variant"].str.replace(
        "(pooled|own)_raters", "paired_raters", regex=True
    )
    means = pd.DataFrame(
        {
            "before": old.groupby("subject")[dimension].mean(),
            "after": new.groupby("subject")[dimension].mean(),
        }
    ).dropna()
    table = means.join(paired.set_index("subject"), how="left")
    alone = table["score"].isna()
    if alone.any():
        others = _unpaired(old, new, dimension, table.index[alone], level)
        table.loc[alone, ["score", "low", "high"]] = others[["score", "low", "high"]]
        table.loc[alone, "n"] = 0
        table.loc[alone, "variant"] = others["variant"]
    table = table.assign(change=table["score"], n=table["n"].astype(int))
    return table.rename_axis("subject").reset_index()


def _unpaired(
    old: pd.DataFrame, new: pd.DataFrame, dimension: str, subjects: pd.Index, level: float
) -> pd.DataFrame:
    """Difference of the means of different raters, with the spread of raters of each wave."""
    variance, df = pd.Series(0.0, index=subjects), np.inf
    mean = []
    for part in (old, new):
        spread = rater_spread(part["subject"], part["rater_id"], part[dimension])
        held = part.groupby("subject")[dimension].agg(["mean", "count"]).reindex(subjects)
        variance = variance + spread.variance / held["count"]
        df = min(df, spread.df)
        mean.append(held["mean"])
    score = mean[1] - mean[0]
    half = pd.Series(200.0, index=subjects)
    if df > 0:
        half = (variance**0.5) * float(t.ppf(0.5 + level / 2, df))
    variant = "unpaired_raters" if df > 0 else "one_rater_whole_scale"
    found = {"score": score, "low": (score - half).clip(-100, 100)}
    found["high"] = (score + half).clip(-100, 100)
    return pd.DataFrame(found).assign(variant=variant)
