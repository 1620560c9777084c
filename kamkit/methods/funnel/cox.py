"""Cox regression: which features make deals close sooner or later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.survival import Floats

TIES = ("efron", "breslow")
_COLUMNS = [
    *("term", "coef", "hazard_ratio", "low", "high", "se", "z", "p", "ph_p"),
    *("n", "events", "left_out", "variant", "origin"),
]
_ROUNDS, _TOLERANCE, _RUNS_OFF = 50, 1e-10, 50.0


def cox(
    days: Any,
    event: Any,
    covariates: pd.DataFrame,
    *,
    ties: str = "efron",
    entry: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Hazard ratio of each covariate for the event, with a check of the model's main assumption.

    Needs ``days``, ``event`` and ``covariates`` (numbers, one row a case, known when the deal
    began: contact that comes later must not be taken as fixed, or only deals that lived long
    enough to be visited look visited). ``ties``: efron or breslow; ``entry`` as in
    :func:`kaplan_meier`. Cases with a missing figure are left out and counted.
    Returns term, coef, hazard_ratio, low, high (of the ratio), se, z, p, ph_p (Grambsch–Therneau
    test against the day's rank: a small p says the ratio isn't the same early and late), n,
    events, left_out, variant (cox_efron, cox_breslow; cox_not_converged; too_little_data),
    origin. A covariate without spread, or spread by others, has NaN.
    Source: Cox 1972; Efron 1977; Breslow 1974; Grambsch & Therneau 1994.

    >>> found = cox([1, 2, 3, 4], [1, 1, 1, 1], pd.DataFrame({"big": [1, 0, 1, 0]}))
    >>> found.coef.round(3).tolist()
    [0.941]
    """
    if ties not in TIES:
        allowed = {"allowed": ", ".join(TIES)}
        raise KamkitError(Problem("unknown_choice", column="ties", value=ties, details=allowed))
    time, x = np.asarray(days, float), covariates.to_numpy(float)
    first = np.zeros(len(time)) if entry is None else np.asarray(entry, float)
    keep = np.isfinite(time) & np.isfinite(x).all(axis=1) & np.isfinite(first)
    keep &= (time >= 0) & ((first < time) | (first <= 0))
    data = _Data(time[keep], np.asarray(event).astype(bool)[keep], x[keep], first[keep], ties)
    fit, base = data.fit(), f"cox_{ties}"
    variant = "too_little_data" if fit is None else (base if fit[2] else "cox_not_converged")
    out = pd.DataFrame({"term": [str(c) for c in covariates.columns]})
    coef, se, ph = data.report(fit)
    z = float(ndtri(0.5 + level / 2))
    with np.errstate(over="ignore", invalid="ignore"):
        out["coef"], out["hazard_ratio"] = coef, np.exp(coef)
        out["low"], out["high"] = np.exp(coef - z * se), np.exp(coef + z * se)
        out["se"], out["z"] = se, coef / se
        out["p"] = 2 * ndtr(-np.abs(coef / se))
    out["ph_p"] = ph
    out["n"], out["events"] = len(data.time), int(data.event.sum())
    out["left_out"] = int((~keep).sum())
    out["variant"] = variant
    out["origin"] = "field:Cox 1972; field:Efron 1977" if ties == "efron" else (
        "field:Cox 1972; field:Breslow 1974"
    )  # fmt: skip
    return out[_COLUMNS]


class _Data:
    """Sums over the distinct days of events, so that the size of the data matters only once."""

    def __init__(self, time: Floats, event: Any, x: Floats, entry: Floats, ties: str) -> None:
        self.time, self.event, self.entry, self.ties = time, event, entry, ties
        spread = x.std(axis=0) if len(x) else np.zeros(x.shape[1])
        self.used = spread > 0
        self.scale = spread[self.used]
        self.x = (x[:, self.used] - x[:, self.used].mean(axis=0)) / self.scale if len(x) else x
        self.days = np.unique(time[event])
        m = len(self.days)
        # Day i belongs to the risk set of a case that ends on or after it and began before it.
        self.last = np.searchsorted(self.days, time, side="right")
        self.begun = np.where(entry > 0, np.searchsorted(self.days, entry, side="right"), 0)
        self.tie = np.bincount(self.last[event] - 1, minlength=m) if m else np.zeros(0, int)
        day = np.repeat(np.arange(m), self.tie)
        order = np.arange(len(day)) - np.repeat(np.cumsum(self.tie) - self.tie, self.tie)
        self.day = day
        self.part = order / self.tie[day] if ties == "efron" else np.zeros(len(day))

    def _at_risk(self, values: Floats) -> Floats:
        m = len(self.days)
        ends = np.bincount(self.last, weights=values, minlength=m + 1)[1:]
        total: Floats = ends[::-1].cumsum(dtype=float)[::-1]
        if self.begun.any():
            late = np.bincount(self.begun, weights=values, minlength=m + 1)
            total -= late[::-1].cumsum()[::-1][1:]
        return total

    def _dying(self, values: Floats) -> Floats:
        at = self.last[self.event] - 1
        found = np.bincount(at, weights=values[self.event], minlength=len(self.days))
        return found.astype(float)

    def sums(self, beta: Floats) -> tuple[float, Floats, Floats]:
        """Log partial likelihood, score and information."""
        eta = self.x @ beta
        r = np.exp(eta - eta.max())
        k = len(beta)
        s0, d0 = self._at_risk(r), self._dying(r)
        rest = s0[self.day] - self.part * d0[self.day]
        tally = [self._by_day(v) for v in (1 / rest, self.part / rest)]
        pairs = [self._by_day(f / rest**2) for f in (1.0, self.part, self.part**2)]
        loglik = float((eta - eta.max())[self.event].sum() - np.log(rest).sum())
        s1 = np.stack([self._at_risk(r * self.x[:, j]) for j in range(k)], axis=1)
        d1 = np.stack([self._dying(r * self.x[:, j]) for j in range(k)], axis=1)
        score = self.x[self.event].sum(axis=0) - tally[0] @ s1 + tally[1] @ d1
        info = np.zeros((k, k))
        for a in range(k):
            for b in range(a + 1):
                xx = r * self.x[:, a] * self.x[:, b]
                value = tally[0] @ self._at_risk(xx) - tally[1] @ self._dying(xx)
                value -= pairs[0] @ (s1[:, a] * s1[:, b])
                value += pairs[1] @ (s1[:, a] * d1[:, b] + d1[:, a] * s1[:, b])
                value -= pairs[2] @ (d1[:, a] * d1[:, b])
                info[a, b] = info[b, a] = value
        return loglik, score, info

    def _by_day(self, values: Any) -> Floats:
        values = np.broadcast_to(values, self.day.shape)
        return np.bincount(self.day, weights=values, minlength=len(self.days)).astype(float)

    def fit(self) -> tuple[Floats, Floats, bool] | None:
        """Coefficients and their covariance on the scaled covariates, and whether it settled."""
        k = self.x.shape[1]
        if not len(self.days) or not k:
            return None
        beta = np.zeros(k)
        loglik, score, info = self.sums(beta)
        settled = False
        for _ in range(_ROUNDS):
            step = np.linalg.pinv(info, hermitian=True) @ score
            better = self.sums(beta + step)
            while not better[0] >= loglik - 1e-9 and np.abs(step).max() > _TOLERANCE:
                step = step / 2
                better = self.sums(beta + step)
            beta = beta + step
            settled = abs(better[0] - loglik) < _TOLERANCE * (abs(loglik) + 1)
            loglik, score, info = better
            if settled or np.abs(beta).max() > 30:
                break
        if np.linalg.matrix_rank(info, hermitian=True) < k:
            return beta, np.full((k, k), np.nan), settled
        cover = np.asarray(np.linalg.inv(info), dtype=float)
        # Where a covariate splits the endings cleanly, the coefficient runs off without limit.
        return beta, cover, settled and bool(np.sqrt(np.diag(cover)).max() < _RUNS_OFF)

    def report(self, fit: tuple[Floats, Floats, bool] | None) -> tuple[Floats, Floats, Floats]:
        """Coefficient, standard error and p of the proportionality check, in given units."""
        out = [np.full(len(self.used), np.nan) for _ in range(3)]
        if fit is None:
            return out[0], out[1], out[2]
        beta, cover, settled = fit
        out[0][self.used] = np.where(np.isnan(cover).any(), np.nan, beta / self.scale)
        out[1][self.used] = np.sqrt(np.diag(cover)) / self.scale
        if settled and len(self.days) > 2 and not np.isnan(cover).any():
            out[2][self.used] = self._proportional(beta, cover)
        return out[0], out[1], out[2]

    def _proportional(self, beta: Floats, cover: Floats) -> Floats:
        """Grambsch–Therneau: do scaled Schoenfeld residuals drift with the rank of the day?"""
        r = np.exp(self.x @ beta - (self.x @ beta).max())
        s0 = self._at_risk(r)
        middle = np.stack([self._at_risk(r * self.x[:, j]) / s0 for j in range(len(beta))], axis=1)
        at = self.last[self.event] - 1
        residual = self.x[self.event] - middle[at]
        rank = (np.cumsum(self.tie) - (self.tie - 1) / 2)[at]
        drift = rank - rank.mean()
        size = float(drift @ drift)
        if size <= 0:
            return np.full(len(beta), np.nan)
        scaled = len(at) * (residual @ cover)
        chi2 = (drift @ scaled) ** 2 / (len(at) * np.diag(cover) * size)
        return np.asarray(chdtrc(1, chi2), dtype=float)
