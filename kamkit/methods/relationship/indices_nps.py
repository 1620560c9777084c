"""Net promoter score with an interval that keeps its width, over all and by account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.survey_answers import read_answers
from kamkit.methods.relationship.survey_rates import response_rates
from kamkit.methods.shares import WILSON, Floats, normal_point, same_groups, share_of, wilson
from kamkit.schemes.surveys import read_survey

REICHHELD, ROCKS = "field:Reichheld 2003", "field:Rocks 2016"
PROMOTER, DETRACTOR = 9, 6  # from and up to
ACCOUNT_COLUMNS = [
    *("wave", "account_id", "n_promoters", "n_passives", "n_detractors", "n", "nps", "low", "high"),
    *("invited", "response_rate", "rate_low", "rate_high", "cluster", "variant", "origin"),
]


def net_error(best: Any, worst: Any, n: Any) -> Floats:
    """Standard error of best/n − worst/n: √((p + d − (p − d)²) / n).

    >>> net_error(50, 20, 100).round(4).tolist()
    0.0781
    """
    p, d = share_of(best, n), share_of(worst, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        error: Floats = np.sqrt(np.maximum(p + d - (p - d) ** 2, 0) / np.asarray(n, dtype=float))
    return error


def adjusted_wald(best: Any, worst: Any, n: Any, level: float = 0.95) -> tuple[Any, Any]:
    """Interval of best/n − worst/n with ¾ added to each end and 3 to n; NaN where n is 0.

    Five answers all at one end leave it some width, where the plain interval has none.
    Source: Rocks 2016.

    >>> [round(float(v), 4) for v in adjusted_wald(50, 20, 100)]
    [0.1405, 0.442]
    """
    some = np.asarray(n, dtype=float) > 0
    b, w = np.asarray(best, dtype=float) + 0.75, np.asarray(worst, dtype=float) + 0.75
    total = np.asarray(n, dtype=float) + 3
    middle = (b - w) / total
    reach = normal_point(level) * net_error(b, w, total)
    low = np.where(some, np.clip(middle - reach, -1, 1), np.nan)
    high = np.where(some, np.clip(middle + reach, -1, 1), np.nan)
    return low[()], high[()]


def nps(
    scores: Any = None,
    *,
    promoters: int | None = None,
    passives: int = 0,
    detractors: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Net promoter score (−100 to 100) with the adjusted-Wald interval, the plain one beside it.

    ``scores``: ticks 0–10 (9–10 promoters, 0–6 detractors); or the three counts.
    Measure table: nps (adjusted Wald), nps_plain (Wald: no width where all answer alike; not to
    be used with few answers), promoters, passives, detractors (shares 0–1, Wilson).
    Raises KamkitError not_a_number, survey_off_scale, count_off.
    Not shown to tell more of growth than satisfaction does (Keiningham et al. 2007).
    Source: Reichheld 2003; Rocks 2016.

    >>> found = nps(promoters=50, passives=30, detractors=20).set_index("measure")
    >>> found.loc["nps", ["value", "low", "high"]].astype(float).round(2).tolist()
    [30.0, 14.05, 44.2]
    """
    best, middle, worst = _counts(scores, promoters, passives, detractors)
    n = best + middle + worst
    net = float(share_of(best - worst, n))
    low, high = adjusted_wald(best, worst, n, level)
    reach = normal_point(level) * float(net_error(best, worst, n)) if n else np.nan
    why = "" if n else "too_little_data"
    rows = [
        measure_row("nps", 100 * net, n, low=100 * low, high=100 * high,
                    variant=why or "adjusted_wald", origin=f"{REICHHELD}; {ROCKS}"),
        measure_row("nps_plain", 100 * net, n, low=100 * (net - reach), high=100 * (net + reach),
                    variant=why or "wald_interval", origin=REICHHELD),
    ]  # fmt: skip
    for name, hits in (("promoters", best), ("passives", middle), ("detractors", worst)):
        below, above = wilson([hits], [n], level)
        rows.append(
            measure_row(name, float(share_of(hits, n)), n, low=float(below[0]),
                        high=float(above[0]), variant=why or "wilson",
                        origin=f"{REICHHELD}; {WILSON}")
        )  # fmt: skip
    return measure_table(rows)


def _counts(
    scores: Any, promoters: int | None, passives: int, detractors: int
) -> tuple[int, int, int]:
    if promoters is not None:
        given = (promoters, passives, detractors)
        if any(v < 0 or v != int(v) for v in given):
            raise KamkitError(
                Problem("count_off", "counts", value=", ".join(str(v) for v in given),
                        details={"allowed": 3})
            )  # fmt: skip
        return int(promoters), int(passives), int(detractors)
    from kamkit.methods.relationship.indices import ticks_of

    ticks = ticks_of([] if scores is None else scores, (0, 10))
    best, worst = int((ticks >= PROMOTER).sum()), int((ticks <= DETRACTOR).sum())
    return best, len(ticks) - best - worst, worst


def nps_by_account(
    responses: pd.DataFrame,
    invitations: pd.DataFrame | None = None,
    *,
    wave: str | None = None,
    item: str = "nps",
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """NPS of each account with its response rate, and over all with every account counting alike.

    ``responses``: as for ``survey_score``, with item ``nps`` on the customer's side.
    Returns two tables. By account: wave, account_id, n_promoters, n_passives, n_detractors, n
    (answers), nps (−100 to 100), low, high (adjusted Wald), invited, response_rate (0–1),
    rate_low, rate_high, cluster (cannot be separated), variant, origin. Over all, a measure
    table: nps_answers (every answer counts alike; adjusted Wald), nps_accounts (every account
    counts alike; interval resamples accounts, so people of one account aren't taken for
    independent), n = answers and accounts.
    Raises KamkitError: see ``read_answers``. Source: Reichheld 2003; Rocks 2016; Efron 1979.

    >>> form = pd.DataFrame({"account_id": ["A"] * 5, "respondent_id": list("pqrst"),
    ...     "nps": [9, 10, 9, 10, 9]})
    >>> nps_by_account(form)[0][["nps", "low", "high"]].round(1).values.tolist()
    [[100.0, 17.5, 100.0]]
    """
    survey = read_survey("quick")
    answers = read_answers(responses, survey, wave=wave)
    ticks = answers.raw[:, survey.item_ids.index(item)]
    keep = ~np.isnan(ticks) & (answers.people["side"] == "customer").to_numpy()
    people = answers.people[keep].assign(
        n_promoters=(ticks[keep] >= PROMOTER).astype(int),
        n_detractors=(ticks[keep] <= DETRACTOR).astype(int),
        n=1,
    )
    keys = ["wave", "account_id"]
    table = (
        people.groupby(keys, sort=True)[["n_promoters", "n_detractors", "n"]].sum().reset_index()
    )
    rates = response_rates(answers, invitations, wave, level)
    rates = rates.loc[rates["side"] == "customer", [*keys, *ACCOUNT_COLUMNS[9:13]]]
    table = rates.merge(table, on=keys, how="outer").sort_values(keys, ignore_index=True)
    counts = ["n_promoters", "n_detractors", "n"]
    table[counts] = table[counts].fillna(0).astype(int)
    best, worst, n = (table[c].to_numpy() for c in counts)
    low, high = adjusted_wald(best, worst, n, level)
    table["n_passives"], table["nps"] = n - best - worst, 100 * share_of(best - worst, n)
    table["low"], table["high"] = 100 * low, 100 * high
    table["cluster"] = 0
    for rows in table.groupby("wave").indices.values():
        figures = [table[c].to_numpy(dtype=float)[rows] for c in ("nps", "low", "high")]
        table.loc[rows, "cluster"] = same_groups(*figures)
    table["variant"] = pd.Series(np.where(n > 0, "adjusted_wald", "nobody_answered"), dtype="str")
    table["origin"] = f"{REICHHELD}; {ROCKS}"
    return table[ACCOUNT_COLUMNS], _over_all(table, level, draws, seed)


def _over_all(table: pd.DataFrame, level: float, draws: int, seed: int) -> pd.DataFrame:
    best, worst, n = (int(table[c].sum()) for c in ("n_promoters", "n_detractors", "n"))
    low, high = adjusted_wald(best, worst, n, level)
    some = table["nps"].dropna().groupby(table["account_id"]).mean().to_numpy()
    rows = [
        measure_row("nps_answers", 100 * float(share_of(best - worst, n)), n, low=100 * low,
                    high=100 * high, variant="adjusted_wald" if n else "too_little_data",
                    origin=f"{REICHHELD}; {ROCKS}")
    ]  # fmt: skip
    k = len(some)
    ends, variant = np.array([np.nan, np.nan]), "too_little_data"
    if k > 1:
        rng = np.random.default_rng(seed)
        means = rng.multinomial(k, np.full(k, 1 / k), draws) @ some / k
        ends, variant = np.quantile(means, [0.5 - level / 2, 0.5 + level / 2]), "bootstrap_accounts"
        # Accounts that all stand at one value leave resampling no width: answers do.
        if ends[1] - ends[0] < 1e-9:
            ends, variant = np.array([100 * low, 100 * high]), "adjusted_wald"
    mean = float(some.mean()) if k else np.nan
    rows.append(
        measure_row("nps_accounts", mean, k, low=ends[0], high=ends[1], variant=variant,
                    origin=f"{REICHHELD}; field:Efron 1979; house")
    )  # fmt: skip
    return measure_table(rows)
