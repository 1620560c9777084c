"""Planted truths about people, ties, surveys, losses and partners, looked up in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.tables.sample.read_ties import (
    LIVE,
    TODAY,
    bond_levels,
    friends_without_value,
    people_on,
    roles_on,
    structures_on,
    survey_means,
    ties_on,
)

Tables = Mapping[str, pd.DataFrame]
Rows = list[tuple[Any, ...]]
YEAR_AGO = pd.Timestamp("2025-06-30")
_ORDER = ("pre", "early", "mid", "partnership", "synergistic")
_LAST, _BEFORE = "2026H1", "2025H2"


def truth_rows(truth: str, subject: Any, holds: bool, **figures: float) -> Rows:
    """Rows of one truth: truth, subject, holds, figure, value."""
    names = subject if isinstance(subject, str) else ";".join(subject)
    return [(truth, names, bool(holds), name, float(value)) for name, value in figures.items()]


def _stages(tables: Tables) -> Rows:
    table = structures_on(tables)
    wide = people_on(tables).groupby("account_id").size()
    size = wide.reindex(table.index, fill_value=0)
    counts = table["stage"].value_counts()
    joint = sorted(table.index[table["stage"] == "synergistic"])
    example = [
        str(size[table["stage"] == s].sort_values(kind="stable").index[-1])
        for s in reversed(_ORDER[:-1])
        if (table["stage"] == s).any()
    ]
    number = {name: counts.get(name, 0) for name in _ORDER}
    return truth_rows(
        "stages", [*joint, *example], min(number.values()) > 0 and len(joint) <= 5, **number
    )


def _apart(tables: Tables) -> Rows:
    """The account whose structure fell furthest within the year."""
    now, then = structures_on(tables), structures_on(tables, YEAR_AGO)
    rank = {name: k for k, name in enumerate(_ORDER)}
    fall = then["stage"].map(rank) - now["stage"].map(rank)
    subject = str((fall * 1000 + then["threads"] - now["threads"]).idxmax())
    return truth_rows(
        "coming_apart",
        subject,
        fall[subject] >= 2 and (fall >= 2).sum() == 1,
        threads_before=then["threads"][subject],
        threads_now=now["threads"][subject],
        steps_lost=fall[subject],
    )


def _nearer(tables: Tables) -> Rows:
    """The account where most ties were added within the year."""
    now, then = ties_on(tables), ties_on(tables, YEAR_AGO)
    live = [t[t["strength"] >= LIVE] for t in (now, then)]
    people = [t.groupby("account_id")["to_id"].nunique() for t in live]
    ours = [t.groupby("account_id")["from_id"].nunique() for t in live]
    gain = ours[0].sub(ours[1], fill_value=0).astype(float)
    threads = live[0].groupby("account_id").size().sub(live[1].groupby("account_id").size())
    subject = str((gain + threads.reindex(gain.index).fillna(0) / 1000).idxmax())
    return truth_rows(
        "grown_together",
        subject,
        gain[subject] >= 2,
        ours_before=ours[1].get(subject, 0),
        ours_now=ours[0][subject],
        people_before=people[1].get(subject, 0),
        people_now=people[0][subject],
    )


def _friends(tables: Tables) -> Rows:
    found = friends_without_value(tables)
    size = people_on(tables).groupby("account_id").size()
    row = bond_levels(tables).reindex(found[:1]).mean()
    return truth_rows(
        "friends_without_value",
        found,
        len(found) == 1,
        accounts=len(found),
        personal=row["personal"],
        value=row["value"],
        people=size.reindex(found[:1]).sum(),
    )


def _uncovered(tables: Tables) -> Rows:
    roles, ties = roles_on(tables), ties_on(tables)
    covered = ties.loc[ties["strength"] >= LIVE, ["account_id", "to_id"]].drop_duplicates()
    number = covered.groupby("account_id").size()
    buyers = roles[roles["buyer_types"].str.split(";").map(lambda t: "economic" in t)]
    reached = buyers["contact_id"].isin(covered["to_id"]).groupby(buyers["account_id"]).any()
    found = reached.index[~reached & (number.reindex(reached.index) >= 6)]
    subject = str(found[0]) if len(found) else ""
    buyer = buyers.loc[buyers["account_id"] == subject, "contact_id"]
    rivals = tables["ties"].query("from_side == 'competitor'")
    return truth_rows(
        "buyer_uncovered",
        [subject, *buyer],
        len(found) == 1,
        accounts=len(found),
        known=number.get(subject, 0),
        on_file=(people_on(tables)["account_id"] == subject).sum(),
        rival_strength=rivals.loc[rivals["to_id"].isin(buyer), "strength"].max(),
    )


def _sponsors(tables: Tables) -> Rows:
    table = tables["sponsors"]
    silent = (TODAY - table["last_meeting"]).dt.days
    found = table[silent > 365]
    return truth_rows(
        "silent_sponsors",
        [*found["account_id"], *found["member_id"], *found["contact_id"]],
        len(found) == 1 and silent.drop(found.index).max() <= 180,
        pairs=len(table),
        silent_days=silent.max(),
        others_longest=silent.drop(found.index).max() if len(table) > 1 else 0.0,
    )


def _rosy(tables: Tables) -> Rows:
    sides = {}
    for side in ("us", "customer"):
        table = survey_means(tables, side)
        sides[side] = table[table["wave"].isin([_BEFORE, _LAST])].groupby("account_id")["mean"]
    gap = (sides["us"].mean() - sides["customer"].mean()).dropna()
    enough = sides["customer"].size().reindex(gap.index) >= 6
    leaving = structures_on(tables, YEAR_AGO)["threads"] - structures_on(tables)["threads"]
    gap = gap[enough & (leaving.reindex(gap.index) < 3)].sort_values(ascending=False)
    subject = str(gap.index[0])
    return truth_rows(
        "rosy_self_view",
        subject,
        gap.iloc[0] >= 1.2 and gap.iloc[0] > gap.iloc[1:2].max(),
        us=sides["us"].mean()[subject],
        customer=sides["customer"].mean()[subject],
        gap=gap.iloc[0],
        next_gap=gap.iloc[1] if len(gap) > 1 else 0.0,
        answers=sides["customer"].size()[subject],
    )


def _rise(table: pd.DataFrame, before: str, after: str) -> dict[str, float]:
    """Means of two waves, the rise with its 95 % interval (Welch), and of those in both."""
    old, new = (
        table[table["wave"] == w].set_index("respondent_id")["mean"] for w in (before, after)
    )
    gap, half = float(new.mean() - old.mean()), _half_width(old, new)
    both = new.index.intersection(old.index)
    return {
        "before": float(old.mean()),
        "after": float(new.mean()),
        "rise": gap,
        "low": gap - half,
        "high": gap + half,
        "n_before": len(old),
        "n_after": len(new),
        "same_people": len(both),
        "same_people_rise": float((new[both] - old[both]).mean()) if len(both) else np.nan,
    }


def _half_width(old: pd.Series, new: pd.Series) -> float:
    """Half of the 95 % interval of a difference of means (Welch 1947)."""
    from scipy.stats import t

    parts = np.array([old.var() / len(old), new.var() / len(new)])
    freedom = np.array([len(old), len(new)]) - 1
    if not parts.sum():
        return 0.0
    return float(t.ppf(0.975, parts.sum() ** 2 / (parts**2 / freedom).sum()) * parts.sum() ** 0.5)


def _rises(tables: Tables) -> Rows:
    """A rise that is noise and other respondents; and one that is real."""
    table = survey_means(tables)
    table = table[table["account_id"].isin(_asked_twice(table))]
    found = {a: _rise(g, _BEFORE, _LAST) for a, g in table.groupby("account_id")}
    frame = pd.DataFrame(found).T
    small = frame[(frame["n_before"] <= 3) & (frame["n_after"] <= 3) & (frame["same_people"] == 1)]
    seeming = small.sort_values("rise", ascending=False)
    noise = str(seeming.index[0]) if len(seeming) else ""
    row = frame.reindex([noise]).iloc[0]
    rows = truth_rows(
        "rise_within_noise",
        noise,
        bool(row["rise"] >= 0.4 and row["low"] < 0 < row["high"]),
        **{str(k): float(v) for k, v in row.items()},
    )
    first = table["wave"].min()
    twice = {a: g for a, g in table.groupby("account_id") if _enough(g, first, _LAST)}
    long = pd.DataFrame({a: _rise(g, first, _LAST) for a, g in twice.items()}).T
    sure = long[(long["low"] > 0) & (long[["n_before", "n_after"]].min(axis=1) >= 3)]
    real = str((sure if len(sure) else long)["rise"].idxmax())
    best = pd.Series(long.loc[real])
    return rows + truth_rows(
        "rise_is_real",
        real,
        bool(best["low"] > 0 and best["rise"] >= 0.8),
        **{str(k): float(v) for k, v in best.items()},
    )


def _enough(table: pd.DataFrame, before: str, after: str) -> bool:
    size = table.groupby("wave").size()
    return bool(min(size.get(before, 0), size.get(after, 0)) >= 2)


def _asked_twice(table: pd.DataFrame) -> list[str]:
    groups = table.groupby("account_id")
    return [str(a) for a, g in groups if _enough(g, _BEFORE, _LAST)]


def _views(tables: Tables) -> Rows:
    views = tables["stage_views"]
    rank = {name: k for k, name in enumerate(("disintegrating", *_ORDER))}
    height = views.assign(rank=views["stage"].map(rank)).groupby(["account_id", "side"])["rank"]
    wide = height.mean().unstack("side").dropna()
    gap = wide["us"] - wide["customer"]
    widest = str(gap.idxmax())
    return truth_rows(
        "sides_disagree",
        widest,
        bool((gap > 0).sum() > (gap <= 0).sum()),
        accounts=len(gap),
        we_higher=(gap > 0).sum(),
        widest=gap[widest],
    )


def _losses(tables: Tables) -> Rows:
    losses = tables["account_losses"]
    former = tables["accounts"].query("relation == 'former'")["account_id"]
    years = losses["lost_on"].dt.year
    full = losses[losses["kind"] == "full"]
    return truth_rows(
        "few_losses",
        full["account_id"],
        bool(former.isin(full["account_id"]).all()) and losses["returned_on"].notna().sum() <= 1,
        losses=len(losses),
        full=len(full),
        returned=losses["returned_on"].notna().sum(),
        first_year=years.min(),
        last_year=years.max(),
    )


def _loops(tables: Tables) -> Rows:
    table = tables["feedback"]
    answered, told = table["answered_on"].notna().mean(), table["told_on"].notna().mean()
    open_ = table[table["answered_on"].isna()]["account_id"].value_counts()
    return truth_rows(
        "open_loops",
        str(open_.index[0]) if len(open_) else "",
        told < 0.5 < answered,
        received=len(table),
        answered=answered,
        acted=table["acted_on"].notna().mean(),
        told=told,
    )


def _dealer(tables: Tables) -> Rows:
    ratings = tables["dealer_ratings"]
    kind = ratings["item"].str.extract(r"dealer_([a-z]+)_")[0]
    mean = ratings.groupby([ratings["dealer_id"], kind])["score"].mean().unstack()
    gap = (mean["attitude"] - mean["behaviour"]).sort_values(ascending=False)
    subject = str(gap.index[0])
    years = tables["dealer_years"].query("dealer_id == @subject").sort_values("year")
    share = years["our_share"]
    return truth_rows(
        "words_not_deeds",
        subject,
        gap.iloc[0] >= 2 and gap.iloc[1] < 1.5 and share.iloc[-1] < share.iloc[0],
        attitude=mean["attitude"][subject],
        behaviour=mean["behaviour"][subject],
        next_gap=gap.iloc[1],
        share_before=share.iloc[0],
        share_now=share.iloc[-1],
        lines_before=years["rival_lines"].iloc[0],
        lines_now=years["rival_lines"].iloc[-1],
    )


def people_truths(tables: Tables) -> Rows:
    """Rows of the truths about people, in the order of the trainer's sheet."""
    return [
        *_stages(tables),
        *_nearer(tables),
        *_apart(tables),
        *_friends(tables),
        *_uncovered(tables),
        *_sponsors(tables),
        *_views(tables),
        *_rosy(tables),
        *_rises(tables),
        *_losses(tables),
        *_loops(tables),
        *_dealer(tables),
    ]
