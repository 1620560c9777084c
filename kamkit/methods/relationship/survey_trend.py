"""Scores of two waves: what changed, among the same people and by who answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.methods.relationship.survey_cells import CellErrors, cell_errors, means_by_cell
from kamkit.methods.relationship.survey_gap import separated_status, welch
from kamkit.methods.relationship.survey_intervals import t_point
from kamkit.methods.relationship.survey_score import SurveyScore
from kamkit.methods.shares import Floats, Ints

STEP = ["side", "account_id", "from_wave", "to_wave"]
TREND_COLUMNS = [
    *(*STEP, "dimension", "before", "after", "change", "low", "high", "n_before", "n_after"),
    *("n_paired", "paired_change", "paired_low", "paired_high", "mix", "basis", "status"),
    *("variant", "origin"),
]


def survey_trend(
    score: SurveyScore, *, waves: Sequence[str] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Change from wave to wave, called a change only where its interval leaves zero out.

    ``score``: of several waves (``wave=None``); ``waves``: their order (None: sorted), so two
    waves may be compared over others between. ``change`` is the plain difference of scores;
    its interval allows for people who answered both times. ``paired_change`` is that of the
    same people; ``mix`` (change − paired_change) is what came of who answered. The status goes
    by the paired interval where at least two people answered both times (basis "paired"), else
    by the plain one ("all").

    Returns side, account_id, from_wave, to_wave, dimension, before, after (0–100), change, low,
    high (points), n_before, n_after, n_paired, paired_change, paired_low, paired_high, mix,
    basis, status (up, down, cannot_be_separated, too_little_data), variant, origin.
    Source: moderated variances Smyth 2004; the rule of two people house.

    >>> from kamkit.methods.relationship.survey_score import survey_score
    >>> form = pd.DataFrame({"wave": ["1", "2"] * 3, "account_id": "A", "trust_1": [6, 2] * 3,
    ...     "respondent_id": ["p", "p", "q", "q", "r", "r"], "trust_2": [6, 2] * 3})
    >>> found = survey_trend(survey_score(form, wave=None))
    >>> found.loc[0, ["dimension", "change", "n_paired", "status"]].tolist()
    ['trust', np.float64(-66.66666666666666), np.int64(3), 'down']
    """
    order = list(waves) if waves is not None else sorted(score.accounts["wave"].unique())
    steps = dict(zip(order[:-1], order[1:], strict=True))
    names = list(dict.fromkeys(score.accounts["dimension"]))
    rows = _both_waves(score.accounts, steps)
    pairs, cells = paired_people(score.respondents, steps)
    if not len(rows):
        return pd.DataFrame(columns=TREND_COLUMNS)
    found = _paired_changes(pairs, cells, names, level)
    out = rows.merge(found, on=[*STEP, "dimension"], how="left")
    out["n_paired"] = out["n_paired"].fillna(0).astype(np.int64)
    out["change"] = out["after"] - out["before"]
    out["mix"] = out["change"] - out["paired_change"]
    return _verdicts(out, level)[TREND_COLUMNS]


def _both_waves(accounts: pd.DataFrame, steps: dict[str, str]) -> pd.DataFrame:
    picked = ["side", "account_id", "dimension", "wave", "score", "se", "df", "n", "n_effective"]
    table = accounts[picked]
    first = table[table["wave"].isin(list(steps))].copy()
    first["to_wave"] = first["wave"].map(steps)
    out = first.merge(
        table.rename(columns={"wave": "to_wave"}),
        on=["side", "account_id", "dimension", "to_wave"], suffixes=("_before", "_after"),
    )  # fmt: skip
    names = {"wave": "from_wave", "score_before": "before", "score_after": "after"}
    return out.rename(columns=names)


def paired_people(
    respondents: pd.DataFrame, steps: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People who answered in both waves of a step (columns ``_before``, ``_after``), and cells.

    ``share_before`` and ``share_after`` are a person's share of all weights in the account.
    The cells (side, account_id, from_wave, to_wave) stand in ``cell`` of each person.
    """
    keys = ["side", "account_id", "respondent_id"]
    table = respondents.copy()
    sums = table.groupby(["wave", "side", "account_id"])["weight"].transform("sum")
    table["share"] = table["weight"] / sums
    first = table[table["wave"].isin(list(steps))].copy()
    first["to_wave"] = first["wave"].map(steps)
    both = first.rename(columns={"wave": "from_wave"}).merge(
        table.rename(columns={"wave": "to_wave"}), on=[*keys, "to_wave"],
        suffixes=("_before", "_after"),
    )  # fmt: skip
    both = both.sort_values([*STEP, "respondent_id"], kind="stable", ignore_index=True)
    cells = both[STEP].drop_duplicates().reset_index(drop=True)
    both["cell"] = both.groupby(STEP, sort=True).ngroup()
    return both, cells


def mean_differences(
    values: Floats, weights: Floats, cell: Ints, cells: pd.DataFrame, floor: float = 0.0
) -> tuple[Floats, CellErrors]:
    """Weighted means of people's differences in each cell, and their moderated errors."""
    means = means_by_cell(values, weights, cell, len(cells))
    pool = cells[["side"]].assign(wave=cells["from_wave"] + "→" + cells["to_wave"])
    floors = np.full(values.shape[1], floor)
    return means, cell_errors(values - means[cell], weights, cell, pool, floors)


def _paired_changes(
    pairs: pd.DataFrame, cells: pd.DataFrame, names: list[str], level: float
) -> pd.DataFrame:
    after = pairs[[f"{n}_after" for n in names]].to_numpy(dtype=float)
    values = after - pairs[[f"{n}_before" for n in names]].to_numpy(dtype=float)
    cell, weights = pairs["cell"].to_numpy(), pairs["weight_after"].to_numpy(dtype=float)
    # Two rounded scores: 2 · step²/12 for a dimension of about three items.
    change, errors = mean_differences(values, weights, cell, cells, (100 / 6) ** 2 / 18)
    reach = t_point(errors.df, level) * errors.error
    shared = (pairs["share_before"] * pairs["share_after"]).groupby(cell).sum().to_numpy()
    parts = [
        cells.assign(
            dimension=name, n_paired=errors.n[:, i], paired_change=change[:, i],
            paired_low=change[:, i] - reach[:, i], paired_high=change[:, i] + reach[:, i],
            spread=errors.variance[:, i], shared=shared,
        )
        for i, name in enumerate(names)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _verdicts(out: pd.DataFrame, level: float) -> pd.DataFrame:
    """Interval of the plain change with what both waves share, then the status."""
    figures = {
        c: out[c].to_numpy(dtype=float)
        for c in ("se_before", "se_after", "df_before", "df_after", "spread", "shared", "change")
    }
    error, df = welch(
        figures["se_before"], figures["df_before"], figures["se_after"], figures["df_after"]
    )
    v_before = figures["se_before"] ** 2 * out["n_effective_before"].to_numpy(dtype=float)
    v_after = figures["se_after"] ** 2 * out["n_effective_after"].to_numpy(dtype=float)
    common = np.clip((v_before + v_after - figures["spread"]) / 2, 0, np.sqrt(v_before * v_after))
    twice = np.nan_to_num(2 * common * figures["shared"])
    error = np.sqrt(np.maximum(error**2 - twice, 0.05 * error**2))
    reach = t_point(df, level) * error
    out["low"], out["high"] = figures["change"] - reach, figures["change"] + reach
    paired = out["n_paired"] >= 2
    out["basis"] = np.where(paired, "paired", "all")
    low = np.where(paired, out["paired_low"], out["low"]).astype(float)
    high = np.where(paired, out["paired_high"], out["high"]).astype(float)
    out["status"] = separated_status(low, high, ("up", "down"))
    unknown = out["status"] == "too_little_data"
    out["variant"] = np.where(
        unknown, "too_little_data", np.where(paired, "paired_t", "welch_interval")
    )
    out["origin"] = "field:Smyth 2004; field:Welch 1947; house"
    text = ["basis", "status", "variant", "origin"]
    return out.astype(dict.fromkeys(text, "str")).reset_index(drop=True)
