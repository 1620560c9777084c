"""Raters who do not tell things apart: halo and central tendency, against the other raters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import stdtr

from kamkit.methods.raters.inference import HOLM, holm, t_reach
from kamkit.methods.raters.inputs import need_level, read_ratings
from kamkit.methods.shares import Floats, Ints

NARROW = 0.8  # spread below which a rater counts as telling less apart than others (house)
FEWEST = 5  # ratees shared with others from which a rater is judged (house)
BLOCKS = 40
SAAL = "field:Saal, Downey & Lahey 1980"
_BASE = ["rater_id", "n", "ratees", "spread", "spread_others", "spread_ratio", "low", "high"]
HALO_COLUMNS = [
    *(*_BASE, "p_holm", "flagged", "status", "mean_r", "r_low", "r_high", "mean_r_others"),
    *("variant", "origin"),
]
CENTRAL_COLUMNS = [
    *(*_BASE, "p_holm", "flagged", "status", "share_middle", "share_middle_others"),
    *("variant", "origin"),
]


def halo(
    ratings: pd.DataFrame, *, level: float = 0.95, sources: Iterable[str] | None = None
) -> pd.DataFrame:
    """Does a rater see one overall impression where others see strong and weak sides?

    Needs columns ratee_id, rater_id, competency, score; period where there is one. For each
    rater: spread (points, SD of the competencies within one person) against that of the other
    raters of the same persons, and the mean correlation between competencies over persons. A
    person may truly be good at everything: only the comparison with others on the same persons
    tells halo. Severity plays no part. Self-ratings are left out.

    Returns columns: rater_id, n (scores), ratees (shared with others), spread, spread_others,
    spread_ratio with low, high (Fieller over persons), p_holm (that the ratio is below 0.8,
    corrected for all raters), flagged, status (halo, in_line, too_little_data), mean_r with
    r_low, r_high (leaving out one person at a time; from 5 persons on), mean_r_others (mean of
    the other raters), variant, origin. Raises KamkitError missing_column, empty_cell,
    not_a_number, option_out_of_range. Source: Saal, Downey & Lahey 1980; limits house.

    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame([(p, r, c) for p in "abcdefgh" for r in "XYZ" for c in "1234"],
    ...     columns=["ratee_id", "rater_id", "competency"])
    >>> rows["score"] = rng.integers(1, 6, len(rows)).astype(float)
    >>> rows.loc[rows["rater_id"] == "X", "score"] = 4.0
    >>> halo(rows).loc[lambda t: t["flagged"], "rater_id"].tolist()
    ['X']
    """
    need_level(level)
    table = read_ratings(ratings, ["competency"], sources=sources)
    keys = ["ratee_id", "rater_id", "period"]
    cells = table.groupby(keys)["score"]
    many = cells.transform("count").to_numpy() > 1
    table = table[many].reset_index(drop=True)
    size = table.groupby(keys)["score"].transform("count")
    off = table["score"] - table.groupby(keys)["score"].transform("mean")
    squares = (off**2 * size / (size - 1)).to_numpy(dtype=float)
    found = _against_others(table, squares, ["ratee_id", "period", "competency"], level, "halo")
    return found.merge(_correlations(table, level), on="rater_id", how="left", sort=False).assign(
        variant="within_person_spread; fieller", origin=f"{SAAL}; {HOLM}; house"
    )[HALO_COLUMNS]


def central_tendency(
    ratings: pd.DataFrame,
    *,
    level: float = 0.95,
    scale: tuple[float, float] = (1.0, 5.0),
    sources: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Does a rater stay close to one mark where others use the scale?

    Needs columns ratee_id, rater_id, score; competency and period where present. For each
    rater: spread (points, SD of the scores around the rater's own mean) against that of the
    other raters on the same persons and competencies; share_middle (0–1) of scores in the
    middle fifth of ``scale``, and that of the others. A severe rater is not central: severity
    plays no part in spread. Self-ratings are left out.

    Returns columns: rater_id, n, ratees, spread, spread_others, spread_ratio with low, high
    (Fieller over persons), p_holm (that the ratio is below 0.8), flagged, status (central,
    in_line, too_little_data), share_middle, share_middle_others, variant, origin.
    Raises KamkitError missing_column, empty_cell, not_a_number, option_out_of_range.
    Source: Saal, Downey & Lahey 1980; limits house.

    >>> rows = pd.DataFrame([(p, r, s) for r, marks in {"X": "333333", "Y": "152415",
    ...     "Z": "142514"}.items() for p, s in zip("abcdef", marks)],
    ...     columns=["ratee_id", "rater_id", "score"])
    >>> central_tendency(rows)["status"].tolist()
    ['central', 'in_line', 'in_line']
    """
    need_level(level)
    table = read_ratings(ratings, sources=sources)
    mine = table.groupby("rater_id")["score"]
    size = mine.transform("count")
    off = (table["score"] - mine.transform("mean")).to_numpy(dtype=float)
    bessel = np.where(size > 1, size / np.maximum(size - 1, 1), np.nan)
    cell = ["ratee_id", "competency", "period"]
    found = _against_others(table, off**2 * bessel, cell, level, "central")
    reach = (scale[1] - scale[0]) / 10
    middle = (table["score"] - sum(scale) / 2).abs().to_numpy() <= reach + 1e-9
    own, other = _means(table, middle.astype(float), cell)
    return found.assign(
        share_middle=own, share_middle_others=other, variant="own_mean_spread; fieller",
        origin=f"{SAAL}; {HOLM}; house",
    )[CENTRAL_COLUMNS]  # fmt: skip


def _others(table: pd.DataFrame, value: Floats, cell: list[str]) -> Floats:
    """Mean value of the other raters in the same cell; NaN where there is none."""
    sums = pd.DataFrame({"v": value, "n": ~np.isnan(value)}).astype(float)
    keys = [table[c] for c in cell]
    whole = sums.groupby(keys).transform("sum")
    own = sums.groupby([*keys, table["rater_id"]]).transform("sum")
    rest, count = (whole["v"] - own["v"]).to_numpy(), (whole["n"] - own["n"]).to_numpy()
    out = np.full(len(value), np.nan)
    np.divide(rest, count, out=out, where=count > 0.5)
    return out


def _means(table: pd.DataFrame, value: Floats, cell: list[str]) -> tuple[Floats, Floats]:
    """By rater: mean value of his or her own scores, and of others' on the same cells."""
    other = _others(table, value, cell)
    both = pd.DataFrame({"own": np.where(np.isnan(other), np.nan, value), "other": other})
    means = both.groupby(table["rater_id"]).mean()
    return means["own"].to_numpy(dtype=float), means["other"].to_numpy(dtype=float)


def _against_others(
    table: pd.DataFrame, squares: Floats, cell: list[str], level: float, name: str
) -> pd.DataFrame:
    """Each rater's squared deviations over those of others on the same cells, by person.

    The ratio of two sums over persons has Fieller's interval; its test puts the limit itself
    to the proof, so a rater without any spread can be told from others too.
    """
    other = _others(table, squares, cell)
    shared = ~np.isnan(other) & ~np.isnan(squares)
    rater, raters = pd.factorize(table["rater_id"], sort=True)
    people = pd.factorize(table["ratee_id"])[0]
    dyads, dyad = np.unique(
        rater[shared] * (people.max(initial=0) + 1) + people[shared], return_inverse=True
    )
    of = dyads // (people.max(initial=0) + 1)
    u = np.bincount(dyad, squares[shared], len(dyads)).astype(float)
    v = np.bincount(dyad, other[shared], len(dyads)).astype(float)
    m = len(raters)
    count, own, theirs = (np.bincount(of, w, m) for w in (None, u, v))
    scores = np.maximum(np.bincount(rater[shared], minlength=m), 1)
    enough = (count >= FEWEST) & (theirs > 1e-12)
    ratio = np.where(enough, own / np.where(theirs > 0, theirs, 1), np.nan)
    t = _limit_test(u, v, of, m, NARROW**2)
    with np.errstate(invalid="ignore"):
        p = holm(np.where(enough, stdtr(np.maximum(count - 1, 1), t), np.nan))
    low, high = _fieller(u, v, of, count, level)
    flagged = (p < 1 - level) & ~np.isnan(p)
    return pd.DataFrame(
        {
            "rater_id": pd.Series(raters, dtype="str"), "n": np.bincount(rater, minlength=m),
            "ratees": count, "spread": np.where(enough, np.sqrt(own / scores), np.nan),
            "spread_others": np.where(enough, np.sqrt(theirs / scores), np.nan),
            "spread_ratio": np.sqrt(ratio), "low": np.where(enough, low, np.nan),
            "high": np.where(enough, high, np.nan), "p_holm": p, "flagged": flagged,
            "status": pd.Series(
                np.select([~enough, flagged], ["too_little_data", name], "in_line"), dtype="str"
            ),
        }
    )  # fmt: skip


def _moments(u: Floats, v: Floats, of: Ints, m: int) -> tuple[Floats, ...]:
    """By rater: means of u and v, and variances and covariance of these means."""
    n = np.maximum(np.bincount(of, minlength=m), 1)
    mu, mv = np.bincount(of, u, m) / n, np.bincount(of, v, m) / n
    du, dv = u - mu[of], v - mv[of]
    below = np.maximum(n * (n - 1), 1)
    uu, vv, uv = (np.bincount(of, w, m) / below for w in (du * du, dv * dv, du * dv))
    return mu, mv, uu, vv, uv


def _limit_test(u: Floats, v: Floats, of: Ints, m: int, limit: float) -> Floats:
    mu, mv, uu, vv, uv = _moments(u, v, of, m)
    error = np.sqrt(np.maximum(uu - 2 * limit * uv + limit**2 * vv, 0.0))
    out = np.full(m, np.nan)
    np.divide(mu - limit * mv, error, out=out, where=error > 1e-12)
    return out


def _fieller(u: Floats, v: Floats, of: Ints, count: Ints, level: float) -> tuple[Floats, Floats]:
    """Ends of √(Σu/Σv); without upper end where others' own spread is too unsure."""
    mu, mv, uu, vv, uv = _moments(u, v, of, len(count))
    t2 = np.array([t_reach(c - 1, level) for c in count]) ** 2
    a, b, c = mv**2 - t2 * vv, mu * mv - t2 * uv, mu**2 - t2 * uu
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (b - root) / a, (b + root) / a
    low, high = (np.sqrt(np.maximum(e, 0.0)) for e in ends)
    # Own marks all alike: that much is seen, but not how much spread they hide.
    return np.where(a > 0, low, np.nan), np.where((a > 0) & (mu > 1e-12), high, np.nan)


def _correlations(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Mean correlation between competencies over persons, rater by rater."""
    rows = []
    keys = ["rater_id", "ratee_id"]
    wide = table.pivot_table("score", keys, "competency", "mean")
    raters = wide.index.get_level_values("rater_id")
    starts = np.flatnonzero(~raters.duplicated())
    parts = np.split(wide.to_numpy(dtype=float), starts[1:]) if len(wide) else []
    for rater, part in zip(raters[starts], parts, strict=True):
        x = part[~np.isnan(part).any(axis=1)]
        enough = len(x) >= FEWEST and x.shape[1] > 1
        value = mean_correlation(x) if enough else np.nan
        reach = np.nan
        if np.isfinite(value):
            # Leaving out one person at a time; of many, one block of persons.
            blocks = np.arange(len(x)) % min(len(x), BLOCKS)
            g = int(blocks.max()) + 1
            left = np.array([mean_correlation(x[blocks != i]) for i in range(g)])
            error = np.sqrt((g - 1) / g * ((left - left.mean()) ** 2).sum())
            reach = t_reach(g - 1, level) * error
        rows.append((str(rater), value, max(value - reach, -1.0), min(value + reach, 1.0), len(x)))
    found = pd.DataFrame(rows, columns=["rater_id", "mean_r", "r_low", "r_high", "people"])
    known = found["mean_r"].notna()
    weight = found["people"].where(known, 0).astype(float)
    total = (found["mean_r"].fillna(0) * weight).sum()
    rest = weight.sum() - weight
    others = (total - found["mean_r"].fillna(0) * weight) / rest.where(rest > 0)
    found["mean_r_others"] = others.astype(float)
    return found.drop(columns="people").astype({"rater_id": "str"})


def mean_correlation(x: Floats) -> float:
    """Mean correlation between the columns that vary; NaN with fewer than two of them.

    >>> mean_correlation(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])).__round__(6)
    1.0
    """
    sd = x.std(axis=0)
    live = sd > 1e-12
    k = int(live.sum())
    if k < 2:
        return np.nan
    z = (x[:, live] - x[:, live].mean(axis=0)) / sd[live]
    # Σ of all correlations = variance of the sum of standardised columns.
    return float((z.sum(axis=1).var() - k) / (k * (k - 1)))
