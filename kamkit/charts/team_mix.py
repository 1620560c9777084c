"""What a team knows and can do: gaps, single points, and how full everybody's year is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, left_out, row_chart
from kamkit.charts.rows import column_words, least_most, name_rows
from kamkit.charts.sheet import WIDTH, Pen, fit, legend, settle, sheet, words
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below, short_list
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import label, number, percent, t

_NAMES, _ROW, _HEAD = 170.0, 24.0, 40.0
_SIGNS = {"gap": ("X", BAD, BAD), "single_point": ("^", PAPER, WARN), "covered": ("o", GOOD, GOOD)}
_LOADS = {"room": ("", SERIES[2]), "full": ("", SERIES[0]), "strained": ("//", WARN),
          "over": ("xx", BAD), "unclear": ("..", MUTED), "no_owner": ("--", MUTED)}  # fmt: skip


def plot_team_mix(
    coverage: pd.DataFrame,
    *,
    lang: str,
    teams: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Who covers which knowledge, skill or band of experience, by team: gaps and single points.

    Needs columns: those of ``TeamMix.coverage``. A cross is a gap, a triangle rests on one
    person, a dot on several. With one team the people are named. Gaps stand on top.

    >>> plot_team_mix(pd.DataFrame({"tag": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if coverage.empty:
        return blank(t("chart.team_mix.topic", lang), lang)
    known = coverage if teams is None else coverage[coverage["team"].isin(list(teams))]
    columns = list(dict.fromkeys(known["team"]))[:6]
    known = known[known["team"].isin(columns)]
    if known.empty:
        return blank(t("chart.team_mix.topic", lang), lang)
    rows = _ordered(known)
    shown = rows[:limit]
    said = {
        "teams": number(len(columns), lang), "tags": number(len(rows), lang),
        "gaps": number((known["status"] == "gap").sum(), lang),
        "single": number((known["status"] == "single_point").sum(), lang),
        "people": number(known.drop_duplicates("team")["n_members"].sum(), lang),
    }  # fmt: skip
    fig, ax = sheet(t("chart.team_mix.title", lang, **said), t("chart.team_mix.alt", lang, **said))
    pen = Pen()
    wide = (WIDTH - _NAMES) / len(columns)
    for i, team in enumerate(columns):
        words(ax, _NAMES + i * wide + 8, _HEAD / 2, fit(str(team), wide - 12, 11, "bold"), 11,
              weight="bold")  # fmt: skip
    cells = {(r["attribute"], r["tag"], r["team"]): r for r in known.to_dict("records")}
    y = _HEAD
    for k, (attribute, tag) in enumerate(shown):
        if k % 2 == 0:
            pen.box(0, y, WIDTH, _ROW, "#F6F8F9")
        kind = key_name("attribute", attribute, lang)
        name = t("chart.team_mix.row", lang, kind=kind, tag=_tag(tag, lang))
        words(ax, 4, y + _ROW / 2, fit(name, _NAMES - 8, 10.5), 10.5)
        for i, team in enumerate(columns):
            cell = cells.get((attribute, tag, team))
            if cell is not None:
                _cell(ax, pen, _NAMES + i * wide, y, wide, cell, names, lang)
        y += _ROW
    y += 16
    y += legend(ax, pen, y, _keys(lang))
    pen.draw(ax)
    more = "" if len(shown) == len(rows) else t(
        "chart.people.shown", lang, shown=str(len(shown)), n=str(len(rows)),
        what=t("chart.team_mix.rows", lang))  # fmt: skip
    people = known.drop_duplicates("team")["n_members"].sum()
    close(fig, lang, known, people, t("chart.team_mix.reading", lang), more,
          variant=["as_counted"])  # fmt: skip
    settle(fig, ax, y)
    return fig


def _tag(tag: object, lang: str) -> str:
    return label(f"tag.{tag}", lang, theme.data_text(tag, 30))


def _ordered(known: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Attributes in the table's order; in each, what fewest people have first."""
    place = {a: i for i, a in enumerate(dict.fromkeys(known["attribute"]))}
    found = known.groupby(["attribute", "tag"])["n_with"].min()
    return sorted(found.index, key=lambda key: (place[key[0]], found[key], str(key[1])))


def _short(member: str, names: Mapping[str, str] | None) -> str:
    """A name for a list that is cut and made safe as a whole."""
    return shown_name(member, names, 14).replace("\\$", "$")


def _cell(
    ax: Axes, pen: Pen, x: float, y: float, wide: float, cell: Mapping[Any, Any],
    names: Mapping[str, str] | None, lang: str,
) -> None:  # fmt: skip
    marker, face, edge = _SIGNS[str(cell["status"])]
    pen.mark(x + 14, y + _ROW / 2, 8, face, edge, marker)
    who = [_short(m, names) for m in str(cell["who"]).split("; ") if m]
    comma = t("chart.source.comma", lang)
    text = number(cell["n_with"], lang)
    if who and wide > 150:
        text = t("chart.team_mix.who", lang, n=text, names=short_list(who, comma, 3))
    words(ax, x + 26, y + _ROW / 2, fit(text, wide - 32, 10.5), 10.5, color=INK)


def _keys(lang: str) -> list[tuple[Any, float, str]]:
    def mark(key: str) -> Any:
        marker, face, edge = _SIGNS[key]
        return lambda pen, x, y: pen.mark(x + 6, y, 8, face, edge, marker)

    return [(mark(key), 13.0, t(f"chart.team_mix.{key}", lang)) for key in _SIGNS]


def plot_load(
    members: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Hours that the accounts need of the hours that there are, person by person.

    Needs columns: those of ``KamLoad.members``. The whisker says where the load lies if accounts
    took more or fewer hours than the rule; 100 % is a full year. Accounts that nobody holds
    stand in a row of their own.

    >>> plot_load(pd.DataFrame({"load": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    people = members[members["member_id"].astype(str) != ""] if len(members) else members
    known = people.dropna(subset=["load"]) if len(people) else people
    if known.empty:
        return blank(t("chart.load.topic", lang), lang)
    known = known.sort_values(["load", "member_id"], ascending=[False, True], kind="stable")
    shown = known.head(limit).reset_index(drop=True)
    loose = members[members["member_id"].astype(str) == ""]
    over = known["status"].isin(["over", "strained"])
    said = {
        "n": number(len(known), lang), "over": number(over.sum(), lang),
        "room": number((known["status"] == "room").sum(), lang),
        "need": number(known["hours_needed"].sum(), lang),
        "have": number(known["hours_available"].sum(), lang),
        "load": percent(known["hours_needed"].sum() / known["hours_available"].sum(), lang, 0),
        "loose": number(loose["n_accounts"].sum() if len(loose) else 0, lang),
    }  # fmt: skip
    fig, ax = row_chart("load", len(shown), said, lang, key="title" if over.any() else "title_none")
    at = np.arange(len(shown))
    for key, (hatch, color) in _LOADS.items():
        here = (shown["status"] == key).to_numpy()
        if here.any():
            ax.barh(at[here], shown["load"].to_numpy(float)[here], 0.56, facecolor=color,
                    alpha=0.85, edgecolor=PAPER, hatch=hatch, hatchcolor="#FFFFFFAA", zorder=2,
                    label=t(f"chart.load.{key}", lang))  # fmt: skip
    ax.hlines(at, shown["low"], shown["high"], color=INK, lw=1.6, zorder=3,
              label=t("chart.load.spread", lang))  # fmt: skip
    ax.axvline(1, color=INK, lw=1.4, ls=(0, (6, 3)), zorder=2.5, label=t("chart.load.full_year",
                                                                         lang))  # fmt: skip
    name_rows(ax, [shown_name(m, names) for m in shown["member_id"]])
    rows = shown.to_dict("records")
    right = column_words(ax, at.tolist(), [percent(r["load"], lang, 0) for r in rows], 10,
                         t("chart.load.head_load", lang))  # fmt: skip
    right = column_words(ax, at.tolist(), [number(r["n_accounts"], lang) for r in rows], right,
                         t("chart.load.head_accounts", lang))  # fmt: skip
    hours = [t("chart.load.hours", lang, need=number(r["hours_needed"], lang),
               have=number(r["hours_available"], lang)) for r in rows]  # fmt: skip
    column_words(ax, at.tolist(), hours, right, t("chart.load.head_hours", lang))
    _, high = least_most(shown, ("high", "load"))
    ax.set_xlim(0, max(high, 1.0) * 1.04)
    ax.set_xlabel(t("chart.load.x", lang))
    theme.percent_axis(ax, "x", lang)
    ax.axvline(0, color=RULE, lw=0.8)
    legend_below(fig, [ax], [], 5)
    none = t("chart.load.loose", lang, **said) if said["loose"] != "0" else ""
    return close(fig, lang, known, len(known), t("chart.load.reading", lang), none,
                 left_out("person_effects", shown, known, lang))  # fmt: skip
