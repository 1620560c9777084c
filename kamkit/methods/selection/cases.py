"""Several methods behind one set of controls: what a lesson recomputes when a rule changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.selection.agreement import Crosswalk, crosswalk
from kamkit.methods.selection.assign import classify
from kamkit.methods.selection.capacity import Capacity, capacity_check
from kamkit.methods.selection.hierarchy import Ahp, ahp
from kamkit.methods.selection.pareto import Concentration, concentration
from kamkit.methods.selection.values import account_values
from kamkit.schemes import Scheme, load_scheme, with_cutoffs

STACKED = ["account_id", "scheme", "version", "member", "key", "status", "reason", "missing"]
READINGS = ("yes", "no", "undecided")


@dataclass(frozen=True)
class ConcentrationCase(Concentration):
    """A concentration that remembers what was added up."""

    value: str = "revenue"


def concentration_case(
    source: pd.DataFrame,
    accounts: pd.DataFrame | None = None,
    *,
    value: str = "revenue",
    year: int | None = None,
    roll_up: bool = False,
    draws: int = 300,
    seed: int = 1,
    fiscal_year_start: int = 1,
) -> ConcentrationCase:
    """Concentration of one figure of one fiscal year, groups rolled up or not.

    Needs ``source`` (account_years or orders) and, for ``roll_up``, ``accounts`` (account_id,
    parent_id), as :func:`account_values`.
    Returns the parts of :func:`concentration`, and ``value``.
    Source: S033, S034, X09.

    >>> years = pd.DataFrame({"account_id": ["A", "B"], "year": 2025, "revenue": [3.0, 1.0]})
    >>> concentration_case(years).curve["cumulative_share"].tolist()
    [0.75, 1.0]
    """
    values = account_values(
        source,
        accounts,
        value=value,
        year=year,
        roll_up=roll_up,
        fiscal_year_start=fiscal_year_start,
    )
    found = concentration(values, value=value, draws=draws, seed=seed)
    return ConcentrationCase(**vars(found), value=value)


def classify_all(basis: pd.DataFrame, schemes: Sequence[Scheme]) -> pd.DataFrame:
    """Verdicts of several schemes on the same accounts, one below the other.

    Needs the columns that each scheme needs (:func:`classify`).
    Returns columns: account_id, scheme, version, member, key, status, reason, missing.

    >>> basis = pd.DataFrame({"account_id": ["A"], "profit": [5.0]})
    >>> classify_all(basis, [load_scheme("guide")])["member"].tolist()
    ['strategic']
    """
    parts = [classify(basis, scheme)[STACKED] for scheme in schemes]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=STACKED)


def _wide(assignments: pd.DataFrame, values: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """One row per account, one column per scheme in the order given; labels are joined."""
    names = list(dict.fromkeys(assignments["scheme"].astype(str)))
    table = pd.DataFrame(
        {
            "account_id": assignments["account_id"].astype(str),
            "scheme": assignments["scheme"].astype(str),
            "value": values,
        }
    )
    joined = table.groupby(["account_id", "scheme"], sort=True)["value"].agg(
        lambda v: " + ".join(v)
    )
    return joined.unstack("scheme").reindex(columns=names), names


def _strongest(words: object) -> str:
    """One reading of several labels: any yes is a yes, any doubt is a doubt."""
    parts = str(words).split(" + ")
    return next((r for r in ("yes", "undecided", "no") if r in parts), "undecided")


def key_readings(assignments: pd.DataFrame) -> pd.DataFrame:
    """Key account or not, account by account, one column per scheme; disputed ones first.

    Needs columns: account_id, scheme, member, status, key (:func:`classify_all`).
    Returns columns: account_id, one per scheme (yes, no, undecided), key_votes, not_key_votes,
    dispute (0 agreed to 1 split in halves, NaN where no scheme decides). Several labels of one
    scheme read as key if any of them does.
    Source: X01, X02.

    >>> table = pd.DataFrame({"account_id": ["A", "A"], "scheme": ["x", "y"],
    ...     "member": ["key", "small"], "status": "classified", "key": [True, False]})
    >>> key_readings(table)[["x", "y", "dispute"]].values.tolist()
    [['yes', 'no', 1.0]]
    """
    need_columns(assignments, "assignments", ["account_id", "scheme", "member", "status", "key"])
    known = assignments["status"].eq("classified") & assignments["key"].notna()
    key = assignments["key"].astype("boolean").fillna(False).astype(bool)
    words = pd.Series(
        np.where(known, np.where(key, "yes", "no"), "undecided"), index=assignments.index
    )
    wide, names = _wide(assignments, words)
    wide = wide.map(_strongest)
    yes, no = ((wide == reading).sum(axis=1) for reading in ("yes", "no"))
    votes = (yes + no).where(yes + no > 0)
    smaller = pd.concat([yes, no], axis=1).min(axis=1)
    table = wide.assign(key_votes=yes, not_key_votes=no, dispute=2 * smaller / votes).reset_index()
    table = table.sort_values(
        ["dispute", "key_votes", "account_id"], ascending=[False, False, True], ignore_index=True
    )
    return table[["account_id", *names, "key_votes", "not_key_votes", "dispute"]]


def verdict_table(assignments: pd.DataFrame, accounts: Sequence[str] | None = None) -> pd.DataFrame:
    """The classes that several schemes give an account, side by side.

    Needs columns: account_id, scheme, member, status (:func:`classify_all`). ``accounts``
    chooses accounts, in this order.
    Returns columns: account_id, one per scheme (class; several labels joined by " + "; the
    status where there is no class).
    Source: X01.

    >>> table = pd.DataFrame({"account_id": ["A", "A"], "scheme": ["x", "y"],
    ...     "member": ["key", ""], "status": ["classified", "open"]})
    >>> verdict_table(table)[["x", "y"]].values.tolist()
    [['key', 'open']]
    """
    need_columns(assignments, "assignments", ["account_id", "scheme", "member", "status"])
    member = assignments["member"].astype("str").fillna("")
    words = member.where(member.ne(""), assignments["status"].astype("str"))
    wide, names = _wide(assignments, words)
    chosen = wide if accounts is None else wide.reindex([str(a) for a in accounts])
    return chosen.reset_index()[["account_id", *names]]


def reading_counts(assignments: pd.DataFrame) -> pd.DataFrame:
    """How many accounts each scheme reads as key, as not key, and leaves undecided.

    Needs columns: account_id, scheme, member, status, key (:func:`classify_all`).
    Returns columns: scheme, yes, no, undecided, n (accounts); in the order given.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "scheme": "x", "member": ["key", ""],
    ...     "status": ["classified", "open"], "key": [True, None]})
    >>> reading_counts(table)[["yes", "no", "undecided"]].values.tolist()
    [[1, 0, 1]]
    """
    wide = key_readings(assignments)
    names = list(dict.fromkeys(assignments["scheme"].astype(str)))
    rows = [[s, *((wide[s] == r).sum() for r in READINGS), len(wide)] for s in names]
    return pd.DataFrame(rows, columns=["scheme", *READINGS, "n"])


def compare_case(basis: pd.DataFrame, *, first: str, second: str) -> Crosswalk:
    """Two shipped schemes against each other on the same accounts.

    Needs the columns of both schemes. Returns :func:`crosswalk` of the two.
    Source: X01.

    >>> basis = pd.DataFrame({"account_id": ["A"], "profit": [5.0], "sales": [9.0]})
    >>> len(compare_case(basis, first="guide", second="four_box").pairs)
    1
    """
    both = [load_scheme(s) for s in dict.fromkeys((first, second))]
    return crosswalk(classify_all(basis, both))


@dataclass(frozen=True)
class RuleCase:
    """Verdicts under changed cut-offs; the scheme as changed; the cases left open, counted."""

    scheme: Scheme
    assignments: pd.DataFrame
    open_cases: pd.DataFrame


def rule_case(basis: pd.DataFrame, scheme: Scheme, **choices: float | str | None) -> RuleCase:
    """The written rule with other cut-offs, and with a tie rule for cases it leaves open.

    ``choices`` names cut-offs of the scheme (a number) and open cases (the class decided for
    them; "" or None leaves the case open).
    Returns RuleCase. open_cases: reason (condition of the case), accounts, sales (money, where
    the basis has it), possible (classes in question).
    Source: S037, X03.

    >>> basis = pd.DataFrame({"account_id": ["A"], "sales": [25e6], "rating:industry_level": [3]})
    >>> scheme = load_scheme("elevator")
    >>> rule_case(basis, scheme).open_cases["accounts"].tolist()
    [1]
    >>> rule_case(basis, scheme, big_not_leading="main").assignments["member"].tolist()
    ['main']
    """
    cases = {case.when for case in scheme.open}
    given = {k: float(v) for k, v in choices.items() if k not in cases and v is not None}
    as_is = {k: c.value for k, c in scheme.cutoffs.items()}
    cuts = {k: v for k, v in given.items() if k not in as_is or v != as_is[k]}
    ties = {k: str(v) for k, v in choices.items() if k in cases and v}
    changed = with_cutoffs(scheme, **cuts)
    found = classify(basis, changed, ties=ties)
    left = found[found["status"] == "open"]
    sales = left["sales"] if "sales" in left.columns else pd.Series(np.nan, index=left.index)
    table = left.assign(sales=sales).groupby(["reason", "possible"], sort=True)
    counts = table["sales"].agg(accounts="size", sales="sum").reset_index()
    return RuleCase(changed, found, counts[["reason", "possible", "accounts", "sales"]])


def axes_case(attractive: pd.DataFrame, strong: pd.DataFrame) -> pd.DataFrame:
    """The two axes of the attractiveness grid as columns that a scheme can test.

    Needs ``attractive`` (account_id, total) and ``strong`` (account_id, index).
    Returns columns: account_id, attractiveness (1–5), relative_strength (1 = level with the
    best rival).

    >>> a = pd.DataFrame({"account_id": ["A"], "total": [3.5]})
    >>> axes_case(a, pd.DataFrame({"account_id": ["A"], "index": [1.1]})).values.tolist()
    [['A', 3.5, 1.1]]
    """
    need_columns(attractive, "attractiveness", ["account_id", "total"])
    need_columns(strong, "relative_strength", ["account_id", "index"])
    left = attractive[["account_id", "total"]].rename(columns={"total": "attractiveness"})
    right = strong[["account_id", "index"]].rename(columns={"index": "relative_strength"})
    return left.merge(right, on="account_id", how="outer")


def ahp_case(
    criteria: Sequence[str], *, random_index: str = "saaty_1980", **judgements: float
) -> Ahp:
    """Pairwise weighing of three criteria by three judgements.

    ``judgements``: first_second, second_third, first_third ("the one is so many times as
    important as the other", 1/9 to 9).
    Returns :func:`ahp`. Source: Saaty 1980.

    >>> case = ahp_case(["a", "b", "c"], first_second=2, second_third=2, first_third=4)
    >>> case.weights["weight"].round(3).tolist()
    [0.571, 0.286, 0.143]
    """
    one, two, three = criteria
    pairs = {"first_second": (one, two), "second_third": (two, three), "first_third": (one, three)}
    rows = [[*pairs[name], float(value)] for name, value in judgements.items()]
    table = pd.DataFrame(rows, columns=["first", "second", "value"])
    return ahp(table, random_index=random_index)


@dataclass(frozen=True)
class CapacityCase(Capacity):
    """A capacity check, and the key accounts on which the orders of service differ."""

    contested: pd.DataFrame


def capacity_case(
    basis: pd.DataFrame,
    hours_total: float,
    *,
    scheme: str,
    hours_key: float,
    hours_other: float,
    share: float,
    orders: Sequence[str] = ("sales", "profit"),
    own: Mapping[str, Scheme] | None = None,
) -> CapacityCase:
    """Key accounts by one scheme, against the hours that the team has for accounts.

    Needs the scheme's columns and those in ``orders``. ``share`` of ``hours_total`` is for
    accounts; a key account takes ``hours_key`` a year, any other one ``hours_other`` (its floor,
    X25). The floor is set aside first, so that key accounts can't eat it up.
    Returns CapacityCase: the parts of :func:`capacity_check` with the classes "other" and "key",
    and contested: account_id, the columns in ``orders``, served_by_<order> — the key accounts
    that the order of service decides about.
    Source: X25, X32.

    >>> basis = pd.DataFrame({"account_id": ["A", "B"], "profit": [5.0, 1.0], "sales": [9.0, 1.0]})
    >>> case = capacity_case(basis, 1000, scheme="guide", hours_key=300, hours_other=10, share=0.5)
    >>> case.hours_available
    500.0
    """
    chosen = (own or {}).get(scheme) or load_scheme(scheme)
    found = key_readings(classify_all(basis, [chosen])).set_index("account_id")[chosen.id]
    is_key = basis["account_id"].astype(str).map(found).eq("yes")
    classes = basis[["account_id", *orders]].assign(member=np.where(is_key, "key", "other"))
    # A floor is promised to all, so it must not depend on an order that some have no figure for.
    floor = classes["member"] == "other"
    classes[list(orders)] = classes[list(orders)].mask(floor, classes[list(orders)].fillna(0.0))
    limits = pd.DataFrame(
        {"member": ["other", "key"], "hours_per_account": [float(hours_other), float(hours_key)]}
    )
    result = capacity_check(classes, limits, hours=hours_total * share, orders=orders)
    served = result.accounts.pivot(index="account_id", columns="order", values="served")
    served = served.reindex(columns=list(orders)).add_prefix("served_by_")
    differs = served[served.nunique(axis=1) > 1].reset_index()
    contested = basis[["account_id", *orders]].merge(differs, on="account_id", how="inner")
    contested = contested.sort_values([*orders], ascending=False, ignore_index=True)
    return CapacityCase(**vars(result), contested=contested)
