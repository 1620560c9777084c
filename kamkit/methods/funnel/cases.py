"""What a lesson's controls recompute: a view of conversion, a stage rule, an earlier day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.build import deal_history
from kamkit.methods.funnel.conversion import funnel_path, stage_conversion
from kamkit.methods.funnel.cycle import CycleTime, cycle_time
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.known import as_known_on
from kamkit.schemes import Ladder

PATH_DRAWS = 2000


@dataclass(frozen=True)
class ConversionCase:
    """``conversion``: table of ``stage_conversion``; ``path``: of ``funnel_path``."""

    conversion: pd.DataFrame
    path: pd.DataFrame


def conversion_case(
    history: DealHistory, *, view: str = "period", months: int = 0, until: int = 0
) -> ConversionCase:
    """Stage conversion of the ``months`` up to ``until`` months ago, and the way through.

    ``months`` 0: everything up to then. The path's interval rests on fewer draws than usual, so
    that it follows a slider.
    Returns :class:`ConversionCase`. Source: as ``stage_conversion``.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> conversion_case(history, months=3).conversion["n"].tolist()
    [0]
    """
    end = history.as_of - pd.DateOffset(months=until)
    start = end - pd.DateOffset(months=months) + pd.Timedelta(days=1) if months else None
    which: Literal["period", "cohort"] = "cohort" if view == "cohort" else "period"
    found = stage_conversion(history, view=which, start=start, end=end)
    return ConversionCase(found, funnel_path(found, draws=PATH_DRAWS))


@dataclass(frozen=True)
class StageRuleCase(ConversionCase):
    """A conversion under another stage rule.

    ``ladder``: the ladder after merging; ``figures``: measure, before, after (entries_counted,
    entries_without_contact, path_conversion, weighted_by_path in money).
    """

    ladder: Ladder
    figures: pd.DataFrame


def stage_rule_case(
    history: DealHistory,
    contacts: pd.DataFrame,
    *,
    ladder: Ladder,
    merge: str = "",
    contact_days: int = 0,
    before: ConversionCase | None = None,
) -> StageRuleCase:
    """Conversion if two stages were one, or if a step counted only with a talk behind it.

    Needs ``contacts`` (account_id, date, made_by). ``merge``: "first+second", stage ids of the
    ladder; "": none. ``contact_days``: a step to a further stage counts only where a person was
    in touch with the account in so many days before it (0: every step counts); a step that
    doesn't count leaves the deal in the stage before. The stage in which a deal begins always
    counts. ``before``: ``conversion_case(history)``, where it is at hand already.
    ``weighted_by_path`` is the open pipeline, each deal times the product of the rates of its
    stage and those after it.
    Returns :class:`StageRuleCase`. Source: house.

    >>> from kamkit.methods.funnel import deal_history
    >>> from kamkit.schemes import load_ladder
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "account_id": ["K"]})
    >>> ladder = load_ladder("sample")
    >>> history = deal_history(deals, ladder=ladder, as_of="2025-02-01")
    >>> talks = pd.DataFrame({"account_id": [], "date": [], "made_by": []})
    >>> stage_rule_case(history, talks, ladder=ladder, merge="discover+needs").ladder.open_ids
    ('discover', 'solution', 'quote', 'negotiate')
    """
    need_columns(contacts, "interactions", ["account_id", "date", "made_by"])
    counted = _steps(history, contacts, contact_days)
    short, mapping = merged_ladder(ladder, merge)
    deals = history.deals
    events = pd.DataFrame(
        {
            "opportunity_id": deals["opportunity_id"].to_numpy()[counted["deal"].to_numpy()],
            "stage": counted["stage"].astype(str),
            "entered_on": counted["entered_on"],
        }
    )
    last = counted.groupby("deal")["stage"].last().astype("str")
    stage = last.reindex(deals.index).fillna(deals["stage"].astype("str"))
    changed = deal_history(
        deals.assign(stage=stage.where(deals["status"] == "open", deals["stage"].astype("str"))),
        events,
        ladder=short,
        as_of=history.as_of,
        mapping=mapping,
    )
    before, after = before or conversion_case(history), conversion_case(changed)
    rows = [
        ("entries_counted", len(history.stays), len(counted)),
        ("entries_without_contact", 0, len(history.stays) - len(counted)),
        ("path_conversion", _path(before), _path(after)),
        (
            "weighted_by_path",
            _weighted(history, before.conversion),
            _weighted(changed, after.conversion),
        ),
    ]
    figures = pd.DataFrame(rows, columns=["measure", "before", "after"])
    return StageRuleCase(after.conversion, after.path, short, figures)


def merged_ladder(ladder: Ladder, merge: str) -> tuple[Ladder, Mapping[str, str]]:
    """The ladder with two stages as one, and the ids that this renames.

    >>> from kamkit.schemes import load_ladder
    >>> short, mapping = merged_ladder(load_ladder("sample"), "quote+negotiate")
    >>> short.stage("quote").label["en"], mapping
    ('Quote + Negotiate', {'negotiate': 'quote'})
    """
    if not merge:
        return ladder, {}
    first, second = (ladder.stage(part) for part in merge.split("+"))
    words = {lang: f"{text} + {second.label[lang]}" for lang, text in first.label.items()}
    one = replace(first, label=words, exit=second.exit)
    kept = tuple(one if s.id == first.id else s for s in ladder.stages if s.id != second.id)
    return replace(ladder, stages=kept), {second.id: first.id}


def _steps(history: DealHistory, contacts: pd.DataFrame, days: int) -> pd.DataFrame:
    """The stays that count: the first of each deal, and those with a person's contact before."""
    stays = history.stays
    if not days:
        return stays
    people = contacts.loc[contacts["made_by"] == "human", ["account_id", "date"]].dropna()
    on = pd.to_datetime(people["date"]).astype(stays["entered_on"].dtype)
    touched = people.assign(on=on).sort_values("on")
    account = history.deals["account_id"].to_numpy()[stays["deal"].to_numpy()]
    left = pd.DataFrame({"account_id": account, "on": stays["entered_on"], "place": stays.index})
    touched["account_id"] = touched["account_id"].astype(left["account_id"].dtype)
    found = pd.merge_asof(
        left.dropna().sort_values("on"),
        touched[["account_id", "on"]].assign(met=True),
        on="on",
        by="account_id",
        tolerance=pd.Timedelta(days=days),
    )
    met = stays.index.isin(found.loc[found["met"].notna(), "place"])
    return stays[met | ~stays["deal"].duplicated()]


def _path(case: ConversionCase) -> float:
    rows = case.path
    return float(rows.loc[rows["measure"] == "path_conversion", "value"].iloc[0])


def _weighted(history: DealHistory, conversion: pd.DataFrame) -> float:
    """Open amounts times the product of the rates from their stage on."""
    rate = conversion.set_index(conversion["stage"].astype(str))["rate"]
    through = rate[::-1].cumprod()[::-1]
    deals = history.deals[history.deals["status"] == "open"]
    return float((deals["amount"] * deals["stage"].astype(str).map(through)).sum())


def cycle_case(history: DealHistory, *, months_back: int = 0, by: str | None = None) -> CycleTime:
    """The sales cycle as it would have been reported some months ago.

    Returns :class:`CycleTime` of the history as known then. Source: as ``cycle_time``.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> cycle_case(history, months_back=2).groups["deals"].tolist()
    [1]
    """
    day = history.as_of - pd.DateOffset(months=months_back)
    return cycle_time(as_known_on(history, day) if months_back else history, by=by)
