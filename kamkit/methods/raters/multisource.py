"""360-degree ratings: each source for itself, nobody's answer to be guessed; self and others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.raters.inference import t_reach
from kamkit.methods.raters.inputs import SELF, need_level, read_ratings

NAMED = (SELF, "manager")  # whoever is rated knows whose word this is
OVERALL, OTHERS, POOLED = "overall", "others", "pooled"
LONDON = "field:London & Smither 1995"
_KEYS = ["ratee_id", "period", "competency"]
COLUMNS = [
    *("ratee_id", "period", "competency", "source", "mean", "low", "high", "n", "hidden"),
    *("variant", "origin"),
]
GAP_COLUMNS = [
    *("ratee_id", "period", "competency", "source", "self_score", "others_score", "score_gap"),
    *("low", "high", "n", "hidden", "status", "variant", "origin"),
]


def multisource(ratings: pd.DataFrame, *, min_n: int = 3, level: float = 0.95) -> pd.DataFrame:
    """What each source says about each person and competency, with anonymity kept.

    Needs columns ratee_id, rater_id, source, competency, score; period where there is one.
    Sources stay apart: a manager, a colleague and a customer see different things. Peers,
    customers and reports are hidden below ``min_n`` raters; self and manager are shown at any
    number, as everybody knows who they are. What is hidden enters no figure that is shown, so
    it cannot be worked out as a difference: ``others`` is the mean of the sources shown, the
    row "overall" the mean of the competencies shown. Hidden sources of one cell that together
    have ``min_n`` raters appear as one source, ``pooled``.

    Returns columns: ratee_id, period, competency (or "overall"), source (as given, or "pooled",
    "others"), mean, low, high (points; t interval with the spread of raters pooled over all
    persons of a source; NaN where no two raters of a source share a cell), n (raters), hidden,
    variant (named_source, enough_raters, too_few_raters, hidden_sources_together,
    mean_of_sources), origin. Raises KamkitError missing_column, empty_cell, not_a_number,
    option_out_of_range. Source: London & Smither 1995; minimum and rules house.

    >>> rows = pd.DataFrame({"ratee_id": "p", "rater_id": ["p", "M", "a", "b"], "score": 4,
    ...     "source": ["self", "manager", "peer", "peer"], "competency": "sales_skill"})
    >>> multisource(rows).loc[lambda t: t["hidden"], ["competency", "source", "n"]].values.tolist()
    [['sales_skill', 'peer', 2], ['overall', 'peer', 2]]
    """
    need_level(level)
    if min_n < 1:
        details = {"low": "1", "high": "∞"}
        raise KamkitError(
            Problem("option_out_of_range", column="min_n", value=min_n, details=details)
        )
    table = read_ratings(ratings, ["source", "competency"], own=True)
    one = table.groupby([*_KEYS, "source", "rater_id"])["score"].mean().reset_index()
    spread = _spread(one)
    cells = one.groupby([*_KEYS, "source"])["score"].agg(["mean", "count"]).reset_index()
    cells = cells.rename(columns={"count": "n"})
    named = cells["source"].isin(NAMED)
    cells["hidden"] = ~named & (cells["n"] < min_n)
    cells["variant"] = np.select(
        [named, cells["hidden"]], ["named_source", "too_few_raters"], "enough_raters"
    )
    error = spread.reindex(cells["source"]).reset_index()
    cells["se"] = error["sd"].to_numpy() / np.sqrt(cells["n"])
    cells["df"] = error["df"].to_numpy()
    cells = pd.concat([cells, _pooled(one, cells, min_n)], ignore_index=True)
    cells.loc[cells["hidden"], ["mean", "se"]] = np.nan
    cells = pd.concat([cells, _others(cells)], ignore_index=True)
    whole = pd.concat([cells, _overall(cells)], ignore_index=True)
    return _finished(whole, level)


def _spread(one: pd.DataFrame) -> pd.DataFrame:
    """Spread of raters of one source around the mean of a cell, pooled, with its df.

    Raters are the cases: one person's answers on several competencies hang together.
    """
    cell = one.groupby([*_KEYS, "source"])["score"]
    size = cell.transform("count")
    square = (one["score"] - cell.transform("mean")) ** 2
    many = one.assign(square=square, free=1 - 1 / size)[size.to_numpy() > 1]
    sums = many.groupby("source")[["square", "free"]].sum().astype(float)
    people = many.drop_duplicates(["ratee_id", "period", "source", "rater_id"])
    df = people.groupby("source")["free"].sum().astype(float)
    return pd.DataFrame({"sd": np.sqrt(sums["square"] / sums["free"]), "df": df})


def _pooled(one: pd.DataFrame, cells: pd.DataFrame, min_n: int) -> pd.DataFrame:
    """Hidden sources of a cell put together, where that makes enough raters."""
    hidden = cells.loc[cells["hidden"], [*_KEYS, "source"]]
    rows = one.merge(hidden, on=[*_KEYS, "source"])
    groups = rows.groupby(_KEYS)
    found = (
        groups["score"]
        .agg(["mean", "std"])
        .assign(n=groups["rater_id"].nunique(), sources=groups["source"].nunique())
    )
    found = found[(found["n"] >= min_n) & (found["sources"] > 1)].reset_index()
    return found.assign(
        source=POOLED, hidden=False, variant="hidden_sources_together",
        se=found["std"] / np.sqrt(found["n"]), df=found["n"].astype(float) - 1,
    ).drop(columns=["std", "sources"])  # fmt: skip


def _others(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean of the sources shown (self left out), each counting alike."""
    shown = cells[~cells["hidden"] & (cells["source"] != SELF)]
    return _averaged(shown, _KEYS).assign(source=OTHERS, variant="mean_of_sources")


def _overall(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean of the competencies shown; hidden where none is."""
    keys = ["ratee_id", "period", "source"]
    shown = cells[~cells["hidden"]]
    groups = shown.groupby(keys)
    found = groups.agg(
        mean=("mean", "mean"), df=("df", "min"), n=("n", "min"), variant=("variant", "first")
    )
    # The same people rate all competencies and err alike: the error of the mean is their mean.
    found["se"] = groups["se"].mean().where(groups["se"].count() == groups.size())
    found = found.reset_index()
    none = cells.groupby(keys).agg(hidden=("hidden", "all"), n=("n", "max")).reset_index()
    none = none[none["hidden"]].assign(mean=np.nan, se=np.nan, df=np.nan, variant="too_few_raters")
    both = pd.concat([found.assign(hidden=False), none], ignore_index=True)
    return both.assign(competency=OVERALL)


def _averaged(shown: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    square = shown.assign(square=shown["se"] ** 2, some=1)
    groups = square.groupby(keys)
    found = groups.agg(mean=("mean", "mean"), n=("n", "sum"), some=("some", "sum"),
                       df=("df", "min"))  # fmt: skip
    found["se"] = np.sqrt(groups["square"].sum(min_count=1).where(groups["se"].count() ==
                          found["some"])) / found["some"]  # fmt: skip
    return found.drop(columns="some").reset_index().assign(hidden=False)


def _finished(whole: pd.DataFrame, level: float) -> pd.DataFrame:
    reach = np.array([t_reach(df, level) for df in whole["df"].fillna(0)]) * whole["se"]
    order = {SELF: 0, "manager": 1, POOLED: 3, OTHERS: 4}
    place = whole["source"].map(order).fillna(2)
    last = (whole["competency"] == OVERALL).astype(int)
    out = whole.assign(
        low=whole["mean"] - reach, high=whole["mean"] + reach, origin=f"{LONDON}; house",
        place=place, last=last,
    ).sort_values(["ratee_id", "period", "last", "competency", "place", "source"])  # fmt: skip
    out = out[COLUMNS].reset_index(drop=True)
    words = ["ratee_id", "period", "competency", "source", "variant", "origin"]
    return out.astype(dict.fromkeys(words, "str") | {"n": "int64", "hidden": "bool"})


def self_other_gap(ratings: pd.DataFrame, *, min_n: int = 3, level: float = 0.95) -> pd.DataFrame:
    """How people see themselves less how each source sees them, anonymity kept.

    Needs what :func:`multisource` needs and hides what that hides. The interval holds the
    others' uncertainty; one's own word is taken as said.

    Returns columns: ratee_id, period, competency (or "overall"), source, self_score,
    others_score, score_gap (points, above 0: sees himself or herself higher), low, high, n
    (raters of the source), hidden, status (higher, lower, cannot_be_separated,
    too_little_data), variant, origin. Raises KamkitError as :func:`multisource`.
    Source: London & Smither 1995; S199; rules house.

    >>> rows = pd.DataFrame({"ratee_id": "p", "rater_id": ["p", "M"], "score": [5, 3],
    ...     "source": ["self", "manager"], "competency": "sales_skill"})
    >>> self_other_gap(rows)[["source", "score_gap", "status"]].values.tolist()[0]
    ['manager', 2.0, 'too_little_data']
    """
    table = multisource(ratings, min_n=min_n, level=level)
    mine = table.loc[table["source"] == SELF, [*_KEYS, "mean"]]
    rest = table[table["source"] != SELF].merge(
        mine.rename(columns={"mean": "self_score"}), on=_KEYS
    )
    gap = rest["self_score"] - rest["mean"]
    low, high = rest["self_score"] - rest["high"], rest["self_score"] - rest["low"]
    status = np.select(
        [low.isna(), low > 0, high < 0], ["too_little_data", "higher", "lower"],
        "cannot_be_separated",
    )  # fmt: skip
    out = rest.assign(
        others_score=rest["mean"], score_gap=gap, low=low, high=high, status=status,
        origin=f"{LONDON}; S199; house",
    )[GAP_COLUMNS]  # fmt: skip
    return out.astype({"status": "str", "origin": "str"})
