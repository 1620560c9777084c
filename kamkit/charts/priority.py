"""Pictures of effort on orders and projects: the cut line, late changes, delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GOOD, GRID, INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import day, label, money, number, percent, t

_CRITERIA = ("value", "cost", "time", "relationship")


def plot_order_priority(
    deals: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 24,
) -> Figure:
    """Orders in order of gain per hour: chosen or left, the cut line, and how firm each choice is.

    Needs columns: those of ``OrderPriority.deals``; ``measures`` is ``OrderPriority.measures``.

    >>> empty = pd.DataFrame({"opportunity_id": []})
    >>> plot_order_priority(empty, lang="en", measures=empty).alt
    'Nothing to show: the table is empty.'
    """
    shown = deals if deals.empty else _around_the_line(deals, limit)
    if shown.empty or shown["per_hour"].isna().all():
        return blank(t("chart.order_priority.topic", lang), lang)
    said = _order_words(deals, shown, measures, currency, lang)
    fig, axes = theme.figure(
        (10.0, max(4.6, 2.9 + 0.34 * len(shown))), cols=2, sharey=True, width_ratios=[3, 1],
        title=t("chart.order_priority.title", lang, **said),
        alt=t("chart.order_priority.alt", lang, **said),
    )  # fmt: skip
    _order_bars(axes[0], shown, currency, lang)
    _order_shares(axes[1], shown, lang)
    line = shown.index[shown["cut"]]
    for ax, words in zip(axes, (t("chart.order_priority.cut", lang), None), strict=True):
        if len(line):
            ax.axhline(line[0] - 0.5, color=BAD, lw=1.5, ls=(0, (6, 3)), label=words)
        ax.set_ylim(len(shown) - 0.4, -0.7)
    axes[0].set_yticks(range(len(shown)), [shown_name(i, names) for i in shown["opportunity_id"]])
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.order_priority.reading", lang, **said))
    source_note(fig, lang, n=len(deals), variant=constant(measures, "variant"),
                origin=constant(measures, "origin"))  # fmt: skip
    return fig


def _around_the_line(deals: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The rows around the last chosen one; a list that fits stays whole."""
    known = deals[deals["status"] != "no_figures"].reset_index(drop=True)
    if len(known) <= limit:
        return known
    last = int(np.flatnonzero(known["chosen"])[-1]) if known["chosen"].any() else 0
    start = max(0, min(last - limit // 2, len(known) - limit))
    return known.iloc[start : start + limit].reset_index(drop=True)


def _order_words(
    deals: pd.DataFrame, shown: pd.DataFrame, measures: pd.DataFrame, currency: str, lang: str
) -> dict[str, str]:
    value = measures.set_index("measure")["value"]
    return {
        "hours": number(value["hours_used"], lang),
        "free": number(value["hours_free"], lang),
        "count": number(value["orders_chosen"], lang),
        "gain": money(value["total_exact"], currency, lang),
        "by_chance": money(value["total_by_chance"], currency, lang),
        "day": money(value["one_more_day"], currency, lang),
        "contested": number(value["orders_contested"], lang),
        "shown": number(len(shown), lang),
        "all": number(len(deals), lang),
        "missing": number((deals["status"] == "no_figures").sum(), lang),
    }


def _order_bars(ax: Axes, shown: pd.DataFrame, currency: str, lang: str) -> None:
    worth = shown["value"].clip(lower=0)
    for key, taken, look in (("chosen", True, theme.fill_style(0)), ("left", False, {
        "facecolor": PAPER, "edgecolor": RULE, "hatch": "///", "hatchcolor": GRID})):  # fmt: skip
        part = shown[shown["chosen"] == taken]
        if len(part):
            style: dict[str, Any] = dict(look)
            ax.barh(part.index, worth[part.index], 0.62, **style,
                    label=t(f"chart.order_priority.{key}", lang))  # fmt: skip
    right = float(worth.max()) or 1.0
    for y, row in enumerate(shown.to_dict("records")):
        text = t("chart.order_priority.mark", lang, hours=number(row["effort_hours"], lang),
                 rate=money(row["per_hour"], currency, lang))  # fmt: skip
        ax.annotate(text, (max(row["value"], 0.0), y), xytext=(6, 0), va="center", fontsize=10,
                    textcoords="offset points", color=INK if row["chosen"] else MUTED)  # fmt: skip
    ticks = np.asarray(MaxNLocator(5).tick_values(0, right))
    ax.set_xticks(ticks[(ticks >= 0) & (ticks <= right * 1.05)])
    ax.set_xlim(0, right * 1.42)
    ax.set_xlabel(t("chart.order_priority.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    theme.value_grid(ax, "x")


def _order_shares(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    ax.axvspan(0.2, 0.8, color=GRID, lw=0, zorder=0)
    share = shown["chosen_share"]
    for sure, key in ((True, "firm"), (False, "contested")):
        part = shown[shown["separable"] == sure]
        if len(part):
            ax.plot(share[part.index], part.index, ls="none", marker="o" if sure else "D", ms=7,
                    color=SERIES[0] if sure else WARN, mfc=SERIES[0] if sure else PAPER, mew=1.6,
                    mec=SERIES[0] if sure else WARN,
                    label=t(f"chart.order_priority.{key}", lang))  # fmt: skip
    ax.set_xlim(-0.05, 1.05)
    ax.set_xticks([0, 0.5, 1])
    ax.set_xlabel(t("chart.order_priority.share", lang))
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")


def plot_late_change(
    options: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    switches: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Options over value, cost, time and relationship, side by side and never summed silently.

    Needs columns: those of ``LateChange.options``; ``switches`` is ``LateChange.switches``. The
    last panel says how often each option comes first; dominated options are hollow.

    >>> plot_late_change(pd.DataFrame({"option": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if options.empty:
        return blank(t("chart.late_change.topic", lang), lang)
    first = options.iloc[int(options["first_share"].argmax())]
    said = {
        "name": shown_name(first["option"], names, 40),
        "share": percent(first["first_share"], lang, 0),
        "dominated": number((options["dominated_by"] != "").sum(), lang),
        "all": number(len(options), lang),
        "weights": label(f"variant.{first['variant']}", lang),
    }
    level = int((options["cluster"] == first["cluster"]).sum())
    key = "title" if level == 1 else "title_level"
    said["level"] = number(level, lang)
    fig, axes = theme.figure(
        (10.0, 3.2 + 0.62 * len(options)), cols=5, sharey=True,
        title=t(f"chart.late_change.{key}", lang, **said),
        alt=t("chart.late_change.alt", lang, **said),
    )  # fmt: skip
    for ax, name in zip(axes, (*_CRITERIA, "first_share"), strict=True):
        _change_panel(ax, options, name, currency, lang)
    ticks = []
    for row in options.to_dict("records"):
        text = shown_name(row["option"], names, 40)
        if row["dominated_by"]:
            other = shown_name(row["dominated_by"], names)
            text += "\n" + t("chart.late_change.dominated", lang, other=other)
        ticks.append("\n".join(theme.wrap(part, 150, 11) for part in text.split("\n")))
    axes[0].set_yticks(range(len(options)), ticks, linespacing=1.3)
    axes[0].set_ylim(len(options) - 0.45, -0.6)
    theme.note(fig, t("chart.late_change.reading", lang, **said))
    for line in _switch_lines(switches, names, lang):
        theme.note(fig, line)
    source_note(fig, lang, n=len(options), variant=constant(options, "variant"),
                origin=constant(options, "origin"))  # fmt: skip
    return fig


def _change_panel(ax: Axes, options: pd.DataFrame, name: str, currency: str, lang: str) -> None:
    values = options[name].to_numpy(float)
    if name == "first_share":
        left = right = values
    else:
        left = options[f"{name}_low"].fillna(options[name]).to_numpy(float)
        right = options[f"{name}_high"].fillna(options[name]).to_numpy(float)
    best = values.min() if name in ("cost", "time") else values.max()
    worst_free = (options["dominated_by"] == "").to_numpy()
    low, high = min(0.0, left.min()), max(0.0, right.max())
    span = (high - low) or 1.0
    for y, value in enumerate(values):
        good = value == best and name != "first_share"
        color = GOOD if good else SERIES[0]
        face = color if worst_free[y] else PAPER
        ax.barh([y], [value], 0.5, facecolor=face, edgecolor=color, lw=1.4,
                hatch="" if worst_free[y] else "///", hatchcolor=RULE)  # fmt: skip
        text = _figure_text(name, value, currency, lang) + (" ★" if good else "")
        if right[y] > left[y]:
            ax.plot([left[y], right[y]], [y, y], color=PAPER, lw=3.6)
            ax.plot([left[y], right[y]], [y, y], color=INK, lw=1.4)
        ax.annotate(text, (max(right[y], 0.0), y), xytext=(4, 0), textcoords="offset points",
                    va="center", fontsize=10, color=INK, annotation_clip=False)  # fmt: skip
    ax.axvline(0, color=INK, lw=1)
    ax.set_xlim(low - 0.04 * span, high + 0.75 * span)
    ax.set_xticks([])
    ax.set_title(theme.wrap(t(f"chart.late_change.{name}", lang), 118, 11), fontsize=11)
    theme.value_grid(ax, "none")
    ax.spines[:].set_visible(False)


def _figure_text(name: str, value: float, currency: str, lang: str) -> str:
    if name in ("value", "cost"):
        return money(value, currency, lang)
    if name == "time":
        return t("chart.late_change.days", lang, days=number(value, lang))
    if name == "first_share":
        return percent(value, lang, 0)
    return number(value, lang, 0 if float(value).is_integer() else 1)


def _switch_lines(
    switches: pd.DataFrame | None, names: Mapping[str, str] | None, lang: str
) -> list[str]:
    if switches is None or switches.empty:
        return []
    found = switches.dropna(subset=["weight_switch"]).copy()
    if found.empty:
        return [t("chart.late_change.firm", lang)]
    found["distance"] = (found["weight_switch"] - found["weight_now"]).abs()
    row = found.sort_values("distance").iloc[0]
    return [
        t("chart.late_change.switch", lang, criterion=t(f"chart.late_change.{row['criterion']}",
          lang), now=percent(row["weight_now"], lang, 0),
          then=percent(row["weight_switch"], lang, 0),
          other=shown_name(row["other"], names, 40))
    ]  # fmt: skip


def plot_delivery(
    milestones: pd.DataFrame,
    *,
    lang: str,
    projects: pd.DataFrame,
    as_of: str | pd.Timestamp,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 12,
) -> Figure:
    """Milestones as planned and as they came, with the forecast of those still open.

    Needs columns: those of ``DeliveryStatus.milestones``; ``projects`` is
    ``DeliveryStatus.projects``. Projects still open come first.

    >>> empty = pd.DataFrame({"project_id": []})
    >>> plot_delivery(empty, lang="en", projects=empty, as_of="2026-01-01").alt
    'Nothing to show: the table is empty.'
    """
    if milestones.empty:
        return blank(t("chart.delivery.topic", lang), lang)
    order = projects.assign(closed=projects["status"] == "done").sort_values(
        ["closed", "planned_end"], ascending=[True, False], kind="stable"
    )
    ids = order["project_id"].head(limit).tolist()
    said = _delivery_words(milestones, projects, len(ids), as_of, lang)
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.5 * len(ids)), title=t("chart.delivery.title", lang, **said),
        alt=t("chart.delivery.alt", lang, **said),
    )  # fmt: skip
    for y, project in enumerate(ids):
        _delivery_row(ax, y, milestones[milestones["project_id"] == project])
    _delivery_key(ax, milestones[milestones["project_id"].isin(ids)], lang)
    ax.axvline(pd.Timestamp(as_of), color=INK, lw=1.2, ls=(0, (2, 2)))
    status = order.set_index("project_id")["status"]
    words = [
        theme.with_unit(shown_name(i, names), label(f"status.{status[i]}", lang), lang) for i in ids
    ]
    ax.set_yticks(range(len(ids)), [theme.wrap(word, 190, 11) for word in words])
    ax.set_ylim(len(ids) - 0.4, -0.7)
    locator = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"],
        zero_formats=["", "%Y-%m", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"], show_offset=False,
    ))  # fmt: skip
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=5)
    theme.note(fig, t("chart.delivery.reading", lang, **said))
    source_note(fig, lang, n=len(milestones), variant=constant(projects, "variant"),
                origin=constant(projects, "origin"))  # fmt: skip
    return fig


def _delivery_words(
    milestones: pd.DataFrame, projects: pd.DataFrame, shown: int, as_of: Any, lang: str
) -> dict[str, str]:
    done = milestones[milestones["actual_on"].notna()]
    return {
        "late": number((done["status"] == "late").sum(), lang),
        "done": number(len(done), lang),
        "overdue": number((milestones["status"] == "overdue").sum(), lang),
        "median": number(done["slip_days"].median() if len(done) else None, lang),
        "projects": number(len(projects), lang),
        "open": number((projects["status"] != "done").sum(), lang),
        "shown": number(shown, lang),
        "as_of": day(pd.Timestamp(as_of), lang),
    }


_LOOKS = {"on_time": (GOOD, "o", GOOD), "late": (BAD, "X", BAD), "overdue": (BAD, "s", PAPER)}


def _delivery_row(ax: Axes, y: int, rows: pd.DataFrame) -> None:
    for row in rows.to_dict("records"):
        plan: Any = row["planned_on"]
        ax.plot([plan], [y - 0.16], marker="d", ms=7, mfc=PAPER, mec=MUTED, mew=1.3, zorder=3)
        if pd.notna(row["actual_on"]):
            color, marker, face = _LOOKS[str(row["status"])]
            ax.plot([plan, row["actual_on"]], [y - 0.16, y + 0.16], color=color, lw=1.3, zorder=2)
            ax.plot([row["actual_on"]], [y + 0.16], marker=marker, ms=7.5, color=color, mfc=face,
                    zorder=4)  # fmt: skip
        elif pd.notna(row["forecast_on"]):
            ax.plot([row["forecast_low"], row["forecast_high"]], [y + 0.16] * 2, color=SERIES[1],
                    lw=3, alpha=0.6, solid_capstyle="butt", zorder=2)  # fmt: skip
            ax.plot([row["forecast_on"]], [y + 0.16], marker=">", ms=7, color=SERIES[1],
                    mec=SERIES[1], zorder=4)  # fmt: skip
        if row["status"] == "overdue":
            ax.plot([plan], [y - 0.16], marker="s", ms=11, mfc="none", mec=BAD, mew=1.6, zorder=4)


def _delivery_key(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    """The signs that occur, named once."""
    ax.plot([], [], ls="none", marker="d", ms=7, mfc=PAPER, mec=MUTED, mew=1.3,
            label=t("chart.delivery.planned", lang))  # fmt: skip
    for status, (color, marker, face) in _LOOKS.items():
        if (rows["status"] == status).any():
            ax.plot([], [], ls="none", marker=marker, ms=8, color=color, mfc=face, mec=color,
                    label=label(f"status.{status}", lang))  # fmt: skip
    if (rows["actual_on"].isna() & rows["forecast_on"].notna()).any():
        ax.plot([], [], color=SERIES[1], marker=">", lw=3, ms=7, mec=SERIES[1],
                label=t("chart.delivery.forecast", lang))  # fmt: skip
