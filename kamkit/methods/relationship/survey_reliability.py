"""Reliability of every dimension of an instrument in one wave, keyed as the instrument says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kamkit.methods.relationship.reliability import Reliability, cronbach_alpha
from kamkit.methods.relationship.reliability_factor import omega_total
from kamkit.methods.relationship.survey_answers import read_answers
from kamkit.schemes.surveys import Survey, read_survey

KEYS = ["side", "dimension"]


def survey_reliability(
    responses: pd.DataFrame,
    *,
    instrument: str | Path | Survey = "relationship_quality",
    wave: str | None = None,
    side: str = "customer",
    level: float = 0.95,
    omega: bool = True,
    draws: int = 300,
    seed: int = 0,
) -> Reliability:
    """Alpha and omega of each dimension, reverse-keyed items turned first.

    ``responses``: as for ``survey_score``; ``wave`` None: the last one, since people who answer
    in two waves must not count twice. Returns Reliability, whose tables carry a further first
    column ``dimension``; measures also has omega, omega_raw and loading_smallest. A
    reverse-keyed item that runs against the others was probably turned before already.
    Raises KamkitError: see ``read_answers``. Source: see ``cronbach_alpha``, ``omega_total``.

    >>> rng = np.random.default_rng(1)
    >>> mood = rng.normal(4, 1, (40, 1)) + rng.normal(0, 0.5, (40, 3))
    >>> names = ["satisfaction_1", "satisfaction_2", "satisfaction_3"]
    >>> form = pd.DataFrame(mood.round().clip(1, 7), columns=names)
    >>> form = form.assign(account_id="A", respondent_id=[f"p{i}" for i in range(40)])
    >>> found = survey_reliability(form, omega=False)
    >>> found.measures.query("dimension == 'satisfaction'")["value"].iloc[0].round(2)
    np.float64(0.9)
    """
    survey = instrument if isinstance(instrument, Survey) else read_survey(instrument)
    answers = read_answers(responses, survey, wave=wave)
    here = (answers.people["side"] == side).to_numpy()
    waves = answers.people.loc[here, "wave"]
    if wave is None and len(waves):
        here = here & (answers.people["wave"] == waves.max()).to_numpy()
    ticks = pd.DataFrame(answers.raw[here], columns=list(survey.item_ids))
    parts: list[list[pd.DataFrame]] = [[], [], []]
    for dimension in survey.dimension_ids:
        items = survey.items_of(dimension)
        names = [i.id for i in items if ticks[i.id].notna().any()] or [i.id for i in items]
        table = _turned(ticks[names], survey)
        table = table[table.notna().any(axis=1)]
        found = cronbach_alpha(table, level=level)
        measures = found.measures
        if omega and len(names) > 2:
            more = omega_total(table, level=level, draws=draws, seed=seed)
            measures = pd.concat([measures, more], ignore_index=True)
        for place, part in enumerate((measures, found.items, found.warnings)):
            part.insert(0, "dimension", dimension)
            parts[place].append(part)
    return Reliability(*(_stacked(tables) for tables in parts))


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    full = [t for t in tables if len(t)]
    return pd.concat(full, ignore_index=True) if full else tables[0]


def _turned(ticks: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    out = ticks.copy()
    for item in survey.items:
        if item.reverse and item.id in out.columns:
            out[item.id] = item.low + item.high - out[item.id]
    return out.astype(np.float64)
