"""Simulated respondents whose account's latent scores are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.schemes.surveys import Survey, read_survey

SURVEY = read_survey("relationship_quality")


def company(
    seed: int,
    *,
    accounts: int = 40,
    most: int = 8,
    least: int = 1,
    mean: float = 5.0,
    between: float = 0.6,
    habit: float = 0.45,
    noise: float = 0.8,
    uneven: float = 0.0,
    survey: Survey = SURVEY,
    wave: str = "2026H1",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses and the latent scores (0–100) of every account and dimension.

    A respondent ticks latent + own habit + noise of the item, rounded and clipped to the
    scale; ``uneven`` lets the habits of some accounts differ more than of others (sd of the
    logarithm of their spread).
    """
    rng = np.random.default_rng(seed)
    k = len(survey.dimensions)
    level = rng.normal(mean, between, (accounts, 1)) + rng.normal(0, 0.3, (accounts, k))
    level = np.clip(level, 1, 7)
    size = rng.integers(least, most + 1, accounts)
    account = np.repeat(np.arange(accounts), size)
    spread = habit * np.exp(rng.normal(0, uneven, accounts))[account]
    place = [survey.dimension_ids.index(i.dimension) for i in survey.items]
    true = level[account][:, place] + rng.normal(0, 1, (len(account), 1)) * spread[:, None]
    ticks = np.clip(np.rint(true + rng.normal(0, noise, true.shape)), 1, 7)
    turned = np.array([i.reverse for i in survey.items])
    ticks[:, turned] = 8 - ticks[:, turned]
    ids = np.array([f"A{i:04}" for i in range(accounts)])
    table = pd.DataFrame(ticks, columns=list(survey.item_ids))
    table.insert(0, "respondent_id", [f"P{i:05}" for i in range(len(account))])
    table.insert(0, "account_id", ids[account])
    table.insert(0, "side", "customer")
    table.insert(0, "wave", wave)
    latent = pd.DataFrame(100 * (level - 1) / 6, columns=list(survey.dimension_ids))
    latent["total"] = latent.mean(axis=1)
    latent.insert(0, "account_id", ids)
    return table, latent.melt("account_id", var_name="dimension", value_name="latent")


def covered(seeds: range, *, level: float = 0.95, **options) -> pd.DataFrame:
    """One row an account, dimension and seed: n, score, latent, inside."""
    from kamkit.methods.relationship.survey_score import survey_score

    parts = []
    for seed in seeds:
        responses, latent = company(seed, **options)
        found = survey_score(responses, level=level).accounts
        part = found.merge(latent, on=["account_id", "dimension"])
        part["inside"] = (part["low"] <= part["latent"]) & (part["latent"] <= part["high"])
        parts.append(part.assign(seed=seed))
    return pd.concat(parts, ignore_index=True)
