"""The stage worksheet (S104): where we are, where we should be by when, five actions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, texts
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.stage import RelationshipStage
from kamkit.methods.relationship.stage_views import views_known
from kamkit.schemes.relationship import ANY, RelationshipScheme, relationship_scheme

LINES = 5
DAYS_A_STEP = 180
ORIGIN = "S104; house"
WHERE = [
    *("account_id", "stage", "judged_by_us", "judged_by_customer", "target_stage", "target_on"),
    *("stages_up", "days_left", "as_of", "variant", "origin"),
]
ACTIONS = ["line", "action_id", "what", "owner_id", "due", "status", "done_on", "late"]
SUGGESTIONS = ["suggestion_id", "to", "indicator", "value", "needed", "lacking", "origin"]


@dataclass(frozen=True)
class StageWorksheet:
    """One account's worksheet.

    Attributes
    ----------
    where
        One row: account_id, stage (by structure), judged_by_us, judged_by_customer (last view of
        each side, "" none), target_stage, target_on, stages_up (0 hold), days_left,
        as_of, variant (where the target comes from: given, last_view, no_target), origin.
    actions
        At least five numbered lines, empty ones included: line, action_id, what, owner_id, due,
        status, done_on, late (due before the day and not done).
    suggestions
        Actions of the scheme towards the target for needs that are still open: suggestion_id,
        to, indicator, value, needed, lacking, origin.
    issues
        code, n: no_target, target_passed, target_below, too_fast, fewer_than_five, no_owner,
        no_due, due_after_target, late_actions, sides_differ, coming_apart.
    progress
        Measure table: actions_done (share of the lines filled, 0–1), actions_late, actions_open.
    """

    where: pd.DataFrame
    actions: pd.DataFrame
    suggestions: pd.DataFrame
    issues: pd.DataFrame
    progress: pd.DataFrame


def stage_worksheet(
    stage: RelationshipStage,
    *,
    actions: pd.DataFrame | None = None,
    stage_views: pd.DataFrame | None = None,
    target_stage: str | None = None,
    target_on: Day | None = None,
    scheme: RelationshipScheme | None = None,
) -> StageWorksheet:
    """The worksheet of one account on the day of its stage.

    ``actions``: account_id, action_id, what, owner_id, due, done_on, status. ``stage_views``: as
    ``stage_views_gap``, with target_stage and target_on; our last view gives the target unless
    one is given. Suggestions follow the needs that are open up to the target, the next step first.

    Returns StageWorksheet. Raises KamkitError missing_column, unknown_option, bad_date.
    Source: S104 (three questions, five lines); suggestions and 180 days a step: house.

    >>> from kamkit.methods.contacts.network import contact_network
    >>> from kamkit.methods.relationship.stage_indicators import stage_indicators
    >>> from kamkit.methods.relationship.stage import relationship_stage
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [1]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-06-30")
    >>> now = relationship_stage(stage_indicators(network), network)
    >>> sheet = stage_worksheet(now, target_stage="early", target_on="2026-12-31")
    >>> sheet.suggestions["suggestion_id"].tolist()[:2], len(sheet.actions)
    (['earn_main_tie', 'draw_their_side'], 5)
    """
    scheme, day = scheme or relationship_scheme(), stage.as_of
    views = _views(stage_views, stage.account_id, day, scheme)
    target, until, variant = _target(views, target_stage, target_on, scheme)
    lines = _lines(actions, stage.account_id, day)
    steps = scheme.place(target) - scheme.place(stage.stage) if target else 0
    days_left = np.nan if pd.isna(until) else float((until - day).days)
    where = pd.DataFrame(
        [
            {
                "account_id": stage.account_id,
                "stage": stage.stage,
                **{f"judged_by_{side}": views.get(side, {}).get("stage", "") for side in _SIDES},
                "target_stage": target,
                "target_on": until,
                "stages_up": steps,
                "days_left": days_left,
                "as_of": day,
                "variant": variant,
                "origin": ORIGIN,
            }
        ],
        columns=WHERE,
    )
    return StageWorksheet(
        where.astype({"target_on": "datetime64[us]"}),
        lines,
        _suggestions(stage, target, scheme),
        _issues(stage, where.iloc[0], lines),
        _progress(lines),
    )


_SIDES = ("us", "customer")


def _views(
    stage_views: pd.DataFrame | None, account: str, day: pd.Timestamp, scheme: RelationshipScheme
) -> dict[str, dict[str, object]]:
    """Each side's last view of this account."""
    if stage_views is None:
        return {}
    known = views_known(stage_views, day, scheme)
    known = known[known["account_id"] == account].sort_values(["as_of", "rater_id"])
    return {
        str(side): {str(k): v for k, v in rows.iloc[-1].items()}
        for side, rows in known.groupby("side")
    }


def _target(
    views: dict[str, dict[str, object]],
    target: str | None,
    until: Day | None,
    scheme: RelationshipScheme,
) -> tuple[str, pd.Timestamp, str]:
    """Target stage and day: as given, else of our last view."""
    if target is not None and target not in scheme.stage_ids:
        details = {"allowed": ", ".join(scheme.stage_ids)}
        raise KamkitError(
            Problem("unknown_option", column="target_stage", value=target, details=details)
        )
    given = pd.Timestamp("NaT") if until is None else as_day(until)
    if target is not None:
        return target, given, "given"
    ours = views.get("us", {})
    wished = ours.get("target_stage")
    if not isinstance(wished, str) or wished not in scheme.stage_ids:
        return "", given, "no_target"
    noted = ours.get("target_on")
    if until is None and noted is not None and noted is not pd.NaT:
        given = as_day(str(noted))
    return wished, given, "last_view"


def _lines(actions: pd.DataFrame | None, account: str, day: pd.Timestamp) -> pd.DataFrame:
    """This account's actions by date, filled up to five lines."""
    rows = pd.DataFrame({"account_id": []}) if actions is None else actions
    need_columns(rows, "actions", ["account_id"])
    rows = rows[rows["account_id"] == account]
    table = pd.DataFrame(
        {
            **{c: texts(rows, c) for c in ("action_id", "what", "owner_id", "status")},
            **{c: dates(rows, c) for c in ("due", "done_on")},
        }
    )
    table = table.sort_values(["due", "action_id"], na_position="last").reset_index(drop=True)
    done = table["done_on"].notna() | table["status"].isin(["done", "dropped"])
    table["late"] = (table["due"] < day) & ~done
    table = table.reindex(range(max(LINES, len(table))))
    table["late"] = table["late"].eq(True)
    return table.assign(line=range(1, len(table) + 1))[ACTIONS]


def _suggestions(stage: RelationshipStage, target: str, scheme: RelationshipScheme) -> pd.DataFrame:
    """What the scheme proposes for the open needs up to the target, then what always helps."""
    needs = stage.evidence[stage.evidence["ladder"] == "stages"]
    open_ = needs[~needs["met"].fillna(False).astype(bool)]
    figures = {(r["stage"], r["indicator"]): r for _, r in open_.iterrows()}
    last = max(scheme.place(target), scheme.place(stage.stage))
    rows = []
    decay = [scheme.decay.id] if stage.disintegrating else []
    for step in (*decay, *scheme.stage_ids[: last + 1], ANY):
        above = scheme.place(step) > scheme.place(stage.stage)
        for hint in (s for s in scheme.suggestions if s.to == step):
            need = figures.get((step, hint.indicator))
            if need is None and not (step in (*decay, ANY) or (above and not hint.indicator)):
                continue
            found = {k: np.nan if need is None else need[k] for k in ("value", "needed", "lacking")}
            text = {"suggestion_id": hint.id, "to": step, "indicator": hint.indicator}
            rows.append({**text, **found, "origin": ORIGIN})
    return pd.DataFrame(rows, columns=SUGGESTIONS)


def _issues(stage: RelationshipStage, where: pd.Series, lines: pd.DataFrame) -> pd.DataFrame:
    filled = lines[lines["what"].notna()]
    until, steps = where["target_on"], where["stages_up"]
    judged = (where["judged_by_us"], where["judged_by_customer"])
    due_after = (filled["due"] > until).sum() if pd.notna(until) else 0
    counts = {
        "no_target": where["target_stage"] == "" or pd.isna(until),
        "target_passed": pd.notna(until) and until < stage.as_of,
        "target_below": bool(where["target_stage"]) and steps < 0,
        "too_fast": steps > 0 and 0 <= where["days_left"] < steps * DAYS_A_STEP,
        "fewer_than_five": max(0, LINES - len(filled)),
        "no_owner": filled["owner_id"].isna().sum(),
        "no_due": filled["due"].isna().sum(),
        "due_after_target": due_after,
        "late_actions": filled["late"].sum(),
        "sides_differ": all(judged) and judged[0] != judged[1],
        "coming_apart": stage.disintegrating is True,
    }
    rows = [{"code": code, "n": int(n)} for code, n in counts.items() if n]
    return pd.DataFrame(rows, columns=["code", "n"])


def _progress(lines: pd.DataFrame) -> pd.DataFrame:
    filled = lines[lines["what"].notna()]
    done = filled["done_on"].notna() | filled["status"].eq("done")
    n = len(filled)
    open_ = ~done & ~filled["status"].eq("dropped")
    rows = (
        ("actions_done", done.mean() if n else np.nan),
        ("actions_late", filled["late"].sum()),
        ("actions_open", open_.sum()),
    )
    variant = "count" if n else "too_little_data"
    return measure_table(measure_row(k, v, n, variant=variant, origin=ORIGIN) for k, v in rows)
