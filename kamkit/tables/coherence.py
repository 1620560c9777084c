"""Tables against each other and against the calendar: warnings, never errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from kamkit.errors import Problem
from kamkit.tables.config import Config
from kamkit.tables.found import cell_problems

Tables = Mapping[str, pd.DataFrame]

# Orders and yearly revenue may differ by rounding: one unit of money or one in a thousand.
REVENUE_UNITS = 1.0
REVENUE_SHARE = 0.001

_PAIRS = (
    ("opportunities", "created_on", "closed_on"),
    ("stage_events", "entered_on", "left_on"),
    ("service_cases", "opened_on", "responded_on"),
    ("service_cases", "opened_on", "closed_on"),
    ("survey_invitations", "invited_on", "responded_on"),
    ("contracts", "start", "end"),
    ("projects", "started_on", "delivered_on"),
    ("joint_teams", "started_on", "ended_on"),
    ("sponsors", "since", "last_meeting"),
    ("stage_views", "rated_on", "target_on"),
    ("feedback", "asked_on", "received_on"),
    ("feedback", "received_on", "answered_on"),
    ("feedback", "received_on", "acted_on"),
    ("feedback", "acted_on", "told_on"),
    ("account_losses", "lost_on", "returned_on"),
    ("winback_cases", "opened_on", "closed_on"),
    ("dealers", "since", "ended_on"),
    ("dealer_events", "date", "resolved_on"),
    ("members", "hired_on", "left_on"),
)
_PARENTS = (
    ("accounts", "account_id", "parent_id"),
    ("members", "member_id", "manager_id"),
    ("goals", "goal_id", "parent_id"),
    ("service_cases", "case_id", "repeat_of"),
)
# Days that can only lie in the past of the day that the data describe.
_PAST = (
    ("orders", "date"),
    ("interactions", "date"),
    ("opportunities", "created_on"),
    ("opportunities", "closed_on"),
    ("stage_events", "entered_on"),
    ("snapshots", "snapshot_on"),
    ("survey_invitations", "responded_on"),
    ("service_cases", "opened_on"),
    ("ties", "last_contact"),
    ("ties", "as_of"),
    ("contact_roles", "as_of"),
    ("joint_teams", "last_meeting"),
    ("sponsors", "last_meeting"),
    ("stage_views", "rated_on"),
    ("decision_profiles", "as_of"),
    ("entry_steps", "done_on"),
    ("feedback", "received_on"),
    ("feedback", "told_on"),
    ("account_losses", "lost_on"),
    ("winback_cases", "opened_on"),
    ("winback_cases", "closed_on"),
    ("gate_answers", "answered_on"),
    ("dealer_events", "date"),
    ("ratings", "rated_on"),
    ("duty_ratings", "rated_on"),
    ("calibration_changes", "changed_on"),
    ("development_actions", "done_on"),
    ("trainings", "finished_on"),
    ("efficacy", "asked_on"),
)
# Columns whose table depends on a neighbouring cell.
_SIDES = (
    (
        "ties",
        "from_id",
        "from_side",
        {"us": ("members", "member_id"), "customer": ("contacts", "contact_id")},
    ),
    (
        "stage_views",
        "rater_id",
        "side",
        {"us": ("members", "member_id"), "customer": ("contacts", "contact_id")},
    ),
    *(
        (
            name,
            "scope_id",
            "scope",
            {"member": ("members", "member_id"), "account": ("accounts", "account_id")},
        )
        for name in ("targets", "kpi_values", "goals")
    ),
)


def _has(tables: Tables, name: str, *columns: str) -> bool:
    return name in tables and all(c in tables[name].columns for c in columns)


def _warn(code: str, table: str, column: str, **rest: object) -> Problem:
    return Problem(code, table, column, level="warning", **rest)  # type: ignore[arg-type]


def coherence_problems(tables: Tables, config: Config) -> list[Problem]:
    """All warnings about tables that don't agree with each other or with the calendar.

    Codes: revenue_differs, stage_differs, after_as_of, parent_cycle, ends_before_start,
    unknown_reference, unknown_criterion. The index of each table holds row numbers.
    """
    return [
        *_revenue(tables, config),
        *_stages(tables),
        *_future(tables, config.as_of),
        *_cycles(tables),
        *_backwards(tables),
        *_by_side(tables),
        *_criteria(tables),
    ]


def _revenue(tables: Tables, config: Config) -> list[Problem]:
    """Actual years whose orders don't add up to the account's revenue.

    Only years in which the order table holds any line, and only rows in the company's own
    currency: other currencies have no rate here.
    """
    if not _has(tables, "orders", "account_id", "date", "amount") or not _has(
        tables, "account_years", "account_id", "year", "status", "revenue"
    ):
        return []
    orders = _own_currency(tables["orders"], config.currency).dropna(subset=["date"])
    years = _own_currency(tables["account_years"], config.currency)
    label = orders["date"].dt.year + (
        (orders["date"].dt.month >= config.fiscal_year_start) & (config.fiscal_year_start > 1)
    )
    sums = orders["amount"].groupby([orders["account_id"], label]).sum()
    years = years[(years["status"] == "actual") & years["year"].isin(label.unique())]
    keys = pd.MultiIndex.from_frame(years[["account_id", "year"]])
    summed = sums.reindex(keys).fillna(0.0).to_numpy()
    gap = pd.Series(summed - years["revenue"].to_numpy(dtype=float), index=years.index)
    limit = (years["revenue"].abs() * REVENUE_SHARE).clip(lower=REVENUE_UNITS)
    return [
        _warn(
            "revenue_differs",
            "account_years",
            "revenue",
            row=row,
            value=f"{revenue:.2f}",
            details={"account": account, "year": year, "orders": f"{revenue + off:.2f}"},
        )
        for row, account, year, revenue, off in zip(
            years.index.tolist(),
            years["account_id"],
            years["year"],
            years["revenue"],
            gap,
            strict=True,
        )
        if abs(off) > limit[row]
    ]


def _own_currency(frame: pd.DataFrame, currency: str) -> pd.DataFrame:
    if "currency" not in frame.columns:
        return frame
    return frame[frame["currency"].fillna(currency) == currency]


def _stages(tables: Tables) -> list[Problem]:
    """Opportunities whose stage is not where their last stage event left them."""
    if not _has(tables, "opportunities", "opportunity_id", "stage") or not _has(
        tables, "stage_events", "opportunity_id", "seq", "stage"
    ):
        return []
    events = tables["stage_events"].sort_values("seq", kind="stable")
    last = events.drop_duplicates("opportunity_id", keep="last").set_index("opportunity_id")
    deals = tables["opportunities"]
    deals = deals[deals["opportunity_id"].isin(last.index) & deals["stage"].notna()]
    stage = deals["opportunity_id"].map(last["stage"])
    moved = deals["opportunity_id"].map(last["moved_to"]) if "moved_to" in last else stage
    differs = (deals["stage"] != stage) & (deals["stage"] != moved)
    wrong = deals[differs]
    return [
        _warn("stage_differs", "opportunities", "stage", row=row, value=is_, details={"other": was})
        for row, is_, was in zip(wrong.index.tolist(), wrong["stage"], stage[differs], strict=True)
    ]


def _future(tables: Tables, as_of: dt.date) -> list[Problem]:
    found = []
    for name, column in _PAST:
        if not _has(tables, name, column):
            continue
        late = tables[name][column][tables[name][column] > pd.Timestamp(as_of)]
        found += cell_problems(
            "after_as_of", name, column, late, level="warning", as_of=as_of.isoformat()
        )
    return found


def _cycles(tables: Tables) -> list[Problem]:
    """Rows that lie on a circle of parents, such as two firms that own each other."""
    found = []
    for name, key, parent in _PARENTS:
        if not _has(tables, name, key, parent):
            continue
        frame = tables[name].dropna(subset=[key, parent])
        up = dict(zip(frame[key], frame[parent], strict=True))
        circle = _on_circle(up)
        rows = frame.loc[frame[key].isin(circle), parent]
        found += cell_problems("parent_cycle", name, parent, rows, level="warning")
    return found


def _on_circle(up: Mapping[str, str]) -> set[str]:
    done: set[str] = set()
    circle: set[str] = set()
    for start in up:
        path: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = up.get(at)
        if at is not None and at in path:
            circle |= {step for step, place in path.items() if place >= path[at]}
        done |= set(path)
    return circle


def _backwards(tables: Tables) -> list[Problem]:
    found = []
    for name, first, second in _PAIRS:
        if not _has(tables, name, first, second):
            continue
        frame = tables[name]
        wrong = frame.loc[frame[second] < frame[first], second]
        found += cell_problems(
            "ends_before_start", name, second, wrong, level="warning", other=first
        )
    return found


def _by_side(tables: Tables) -> list[Problem]:
    found = []
    for name, column, side, homes in _SIDES:
        if not _has(tables, name, column, side):
            continue
        frame = tables[name]
        for word, (home, key) in homes.items():
            if not _has(tables, home, key):
                continue
            cells = frame.loc[frame[side] == word, column].dropna()
            lost = cells[~cells.isin(tables[home][key])]
            found += cell_problems(
                "unknown_reference", name, column, lost, level="warning", allowed=f"{home}.{key}"
            )
    return found


def _criteria(tables: Tables) -> list[Problem]:
    """Ratings on criteria that no list holds: no score counts them."""
    from kamkit.schemes import criteria

    if not _has(tables, "criterion_ratings", "criterion"):
        return []
    rated = tables["criterion_ratings"]["criterion"]
    lost = rated[rated.notna() & ~rated.isin(list(criteria()))]
    return cell_problems(
        "unknown_criterion", "criterion_ratings", "criterion", lost, level="warning"
    )
