"""The stage of a relationship: the five standard structures above the one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.influence_routes import WIDTHS
from kamkit.charts.influence_style import grade, job
from kamkit.charts.sheet import WIDTH, Pen, fit, settle, sheet, words
from kamkit.charts.sources import blank, source_note
from kamkit.charts.stage_drawings import (
    JOINT,
    OURS,
    OURS_TINT,
    STAGES,
    THEIRS,
    THEIRS_TINT,
    Canvas,
    draw_stage,
    joint_team,
    stage_words,
)
from kamkit.charts.theme import ACCENT, INK, MUTED, PAPER, RULE, Figure
from kamkit.i18n import label, number, t

_PANEL, _PANEL_GAP, _DRAWING = 128.0, 15.0, 84.0
_ROW = 25.0
_MOST = 14  # people on one side of the drawing of our own structure
_SIDE = 170.0


def plot_relationship_stages(
    people: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lang: str,
    stage: str,
    stage_low: str = "",
    stage_high: str = "",
    type: str = "",
    disintegrating: bool | None = None,
    joint_teams: pd.DataFrame | None = None,
    kam_id: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """The five standard structures, the one reached framed, above who is tied to whom here.

    Needs the tables of ``contact_network``; ``stage``, ``stage_low``, ``stage_high``, ``type``
    and ``disintegrating`` as ``relationship_stage`` gives them; ``joint_teams`` (team) those
    that are alive. ``kam_id`` is drawn larger; else whoever of us has most ties.

    >>> empty = pd.DataFrame({"person_id": [], "side": []})
    >>> plot_relationship_stages(empty, empty, lang="en", stage="").alt
    'Nothing to show: the table is empty.'
    """
    if people.empty:
        return blank(t("chart.stages.topic", lang), lang)
    known = stage_words(lang)
    said = {
        "stage": known.get(stage, t("chart.stages.none", lang)), "type": known.get(type, type),
        "low": known.get(stage_low, ""), "high": known.get(stage_high, ""),
        "threads": number(len(_threads(links)), lang),
    }  # fmt: skip
    key = "title_range" if stage_low and stage_low != stage_high else "title"
    title = t(f"chart.stages.{key}", lang, **said)
    if disintegrating:
        title += t("chart.stages.decay", lang)
    fig, ax = sheet(title, t("chart.stages.alt", lang, **said))
    pen = Pen()
    y = _panels(ax, pen, stage, stage_low, stage_high, known, lang)
    y = _own(ax, pen, y, people, links, joint_teams, kam_id, names, lang)
    pen.draw(ax)
    note = t("chart.stages.reading", lang)
    theme.note(fig, note + (t("chart.stages.type_note", lang, **said) if type else ""))
    sizes = ((people["side"] == side).sum() for side in ("us", "customer"))
    left_out = sum(max(0, int(size) - _MOST) for size in sizes)
    if left_out:
        theme.note(fig, t("chart.stages.left_out", lang, n=number(left_out, lang), most=_MOST))
    source_note(fig, lang, n=len(_threads(links)), variant=["tie_ge2"],
                origin=["S103", "S105", "house"])  # fmt: skip
    settle(fig, ax, y)
    return fig


def _threads(links: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Our pairs of people with a tie of 2 or more, by their strongest."""
    found: dict[tuple[str, str], int] = {}
    for row in links.to_dict("records"):
        strength = grade(row["strength"]) or 0
        if row["from_side"] == "us" and strength > 1:
            key = str(row["from_id"]), str(row["to_id"])
            found[key] = max(found.get(key, 0), strength)
    return found


def _panels(
    ax: Axes, pen: Pen, stage: str, low: str, high: str, known: Mapping[str, str], lang: str
) -> float:
    span = [STAGES.index(s) for s in (low, high) if s in STAGES]
    for i, key in enumerate(STAGES):
        x = i * (_PANEL + _PANEL_GAP)
        here = key == stage
        maybe = bool(span) and min(span) <= i <= max(span)
        face = "#F3F7F9" if here else PAPER
        pen.box(x, 4, _PANEL, _DRAWING + 46, face, ACCENT if here else RULE, 2.4 if here else 0.8)
        if maybe and not here:
            corners = [(x, 4), (x + _PANEL, 4), (x + _PANEL, _DRAWING + 50), (x, _DRAWING + 50),
                       (x, 4)]  # fmt: skip
            pen.line(corners, ACCENT, 1.6, dashed=True, z=4)
        draw_stage(pen, key, x + 12, 14, _PANEL - 24, _DRAWING)
        words(ax, x + _PANEL / 2, _DRAWING + 26, known[key], 11, weight="bold", ha="center",
              color=ACCENT if here else INK)  # fmt: skip
        text = "here" if here else "maybe" if maybe else ""
        if text:
            words(ax, x + _PANEL / 2, _DRAWING + 40, t(f"chart.stages.{text}", lang), 9.5,
                  ha="center", color=ACCENT)  # fmt: skip
        if i:
            pen.mark(x - _PANEL_GAP / 2, 4 + _DRAWING / 2 + 23, 8, MUTED, MUTED, ">")
    return _DRAWING + 66


def _ranked(people: pd.DataFrame, side: str, degree: Mapping[str, int]) -> list[dict[Any, Any]]:
    """People of a side, those with most ties first, cut to what the drawing holds."""
    rows = [r for r in people.to_dict("records") if r["side"] == side]
    rows.sort(key=lambda r: (-degree.get(str(r["person_id"]), 0), str(r["person_id"])))
    return rows[:_MOST]


def _own(
    ax: Axes, pen: Pen, top: float, people: pd.DataFrame, links: pd.DataFrame,
    joint_teams: pd.DataFrame | None, kam_id: str | None, names: Mapping[str, str] | None,
    lang: str,
) -> float:  # fmt: skip
    """Our people facing theirs, with the threads between them and the teams above."""
    threads = _threads(links)
    degree: dict[str, int] = {}
    for one, other in threads:
        degree[one], degree[other] = degree.get(one, 0) + 1, degree.get(other, 0) + 1
    us, them = _ranked(people, "us", degree), _ranked(people, "customer", degree)
    kam = kam_id or (str(us[0]["person_id"]) if us else "")
    words(ax, 0, top + 6, t("chart.stages.own", lang), 12.5, weight="bold")
    y = _teams(ax, pen, top + 22, joint_teams, lang)
    height = max(len(us), len(them), 1) * _ROW
    at = _places(us, them, threads, y, height)
    for side, x, color, tint in (("us", 0.0, OURS, OURS_TINT),
                                 ("customer", WIDTH - _SIDE, THEIRS, THEIRS_TINT)):  # fmt: skip
        pen.box(x, y - 2, _SIDE, height + 4, tint)
        end = x + _SIDE if side == "us" else x
        pen.line([(end, y - 2), (end, y + height + 2)], color, 2.0)
        for row in us if side == "us" else them:
            _person(ax, pen, row, x, at[str(row["person_id"])], color, names, lang,
                    linked=str(row["person_id"]) in degree)  # fmt: skip
    for (one, other), strength in sorted(threads.items(), key=lambda item: item[1]):
        if one in at and other in at:
            through = one == kam
            pen.line([(_SIDE, at[one]), (WIDTH - _SIDE, at[other])],
                     OURS if through else JOINT, WIDTHS[min(strength, 4)], z=5)  # fmt: skip
    for row in us:
        person = str(row["person_id"])
        if person in degree:
            size = 12 if person == kam else 8
            pen.mark(_SIDE, at[person], size, OURS if person == kam else JOINT, PAPER, "o", 7)
    for row in them:
        if str(row["person_id"]) in degree:
            pen.mark(WIDTH - _SIDE, at[str(row["person_id"])], 8, THEIRS, PAPER, "o", 7)
    if not threads:
        words(ax, WIDTH / 2, y + height / 2, t("chart.stages.no_threads", lang), 11, ha="center",
              color=MUTED)  # fmt: skip
    return _own_key(ax, pen, y + height + 16, lang)


def _own_key(ax: Axes, pen: Pen, y: float, lang: str) -> float:
    x = 0.0
    for key, color in (("through_kam", OURS), ("direct", JOINT)):
        pen.line([(x, y), (x + 26, y)], color, 2.5)
        text = t(f"chart.stages.{key}", lang)
        words(ax, x + 31, y, text, 10, color=MUTED)
        x += 31 + theme.text_width(text, 10) + 18
    words(ax, x, y, t("chart.stages.width", lang), 10, color=MUTED)
    return y + 14


def _places(
    us: Sequence[Mapping[Any, Any]], them: Sequence[Mapping[Any, Any]],
    threads: Mapping[tuple[str, str], int], top: float, height: float,
) -> dict[str, float]:  # fmt: skip
    """Heights on both sides, each person near those they know (barycentre)."""
    at: dict[str, float] = {}
    sides = [[str(r["person_id"]) for r in side] for side in (them, us)]
    for ids in sides:
        at |= {p: top + height * (i + 0.5) / len(ids) for i, p in enumerate(ids)}
    near: dict[str, list[str]] = {}
    for one, other in threads:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    for _ in range(3):
        for ids in reversed(sides):
            wanted = {p: _mean(near.get(p, []), at, at[p]) for p in ids}
            order = [p for _, p in sorted((wanted[p], p) for p in ids)]
            at |= {p: top + height * (i + 0.5) / len(ids) for i, p in enumerate(order)}
    return at


def _mean(people: Sequence[str], at: Mapping[str, float], other: float) -> float:
    found = [at[p] for p in people if p in at]
    return sum(found) / len(found) if found else other


def _person(
    ax: Axes, pen: Pen, row: Mapping[Any, Any], x: float, y: float, color: str,
    names: Mapping[str, str] | None, lang: str, *, linked: bool,
) -> None:  # fmt: skip
    person = str(row["person_id"])
    name = (names or {}).get(person) or str(row.get("name") or person)
    start = x + 8 if color == OURS else x + 12
    shown = fit(name, 92, 10.5, "bold" if linked else "normal")
    words(ax, start, y, shown, 10.5, weight="bold" if linked else "normal",
          color=INK if linked else MUTED)  # fmt: skip
    used = theme.text_width(shown, 10.5, "bold") + 6
    work = job(dict(row), lang)
    room = _SIDE - 20 - used
    words(ax, start + used, y, fit(work, room, 9) if work and room > 16 else "", 9, color=MUTED)


def _teams(ax: Axes, pen: Pen, y: float, joint_teams: pd.DataFrame | None, lang: str) -> float:
    """Joint teams in a line between the two sides."""
    if joint_teams is None:
        return y + 2
    kinds = [str(k) for k in joint_teams["team"].dropna().unique()]
    texts = [label(f"chart.stages.team_{k}", lang, k) for k in kinds]
    if not kinds:
        words(ax, WIDTH / 2, y + 8, t("chart.stages.no_teams", lang), 10, ha="center", color=MUTED)
        return y + 24
    wide = [theme.text_width(text, 10) + 30 for text in texts]
    gap = min(22.0, (WIDTH - sum(wide)) / max(len(wide), 1))
    x = (WIDTH - sum(wide) - gap * (len(wide) - 1)) / 2
    for text, width in zip(texts, wide, strict=True):
        canvas = Canvas(pen, x, y, 24, 16)
        joint_team(canvas, 0.45, 0.5, 15)
        words(ax, x + 24, y + 8, text, 10, color=INK)
        x += width + gap
    return y + 26
