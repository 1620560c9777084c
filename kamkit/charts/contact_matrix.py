"""The contact matrix as a drawn grid: who they are, where they stand, and who of us knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.influence_style import (
    STANCE_NAMES,
    grade,
    job,
    letters,
    level_pips,
    stance,
    tags,
)
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.theme import (
    ACCENT,
    BAD,
    GRID,
    INK,
    MUTED,
    PAPER,
    RULE,
    SEQUENTIAL,
    Figure,
    ink_on,
)
from kamkit.i18n import listed, number, t
from kamkit.schemes.contacts import contact_scheme

_ROW = 27.0
_NAME, _TYPE, _INFLUENCE, _PHASE, _SUPPORT, _COUNT = 130.0, 26.0, 42.0, 46.0, 34.0, 46.0
_TYPES = ("economic", "user", "technical")
_WORKING = 2
_MOST_MEMBERS = 8  # more columns than this are too narrow to read


@dataclass(frozen=True)
class _Columns:
    """Middle of each column in points."""

    types: dict[str, float]
    influence: float
    phases: dict[str, float]
    support: float
    members: dict[str, float]
    member_width: float
    count: float


def plot_contact_matrix(
    contacts: pd.DataFrame,
    threads: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Contacts as rows: buyer type, influence, phases, support, and the ties of our people.

    Needs the tables of ``contact_matrix``: ``contacts`` with person_id, name, function, title,
    buyer_types, influence, phases, support; ``threads`` with contact_id, member_id, strength,
    personal, value. ``names`` gives the names of our people. A square is a tie by business
    value, a circle a personal one; "?" is not known.

    >>> empty = pd.DataFrame({"person_id": []})
    >>> plot_contact_matrix(empty, empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if contacts.empty:
        return blank(t("chart.contact_matrix.topic", lang), lang)
    ties = _strongest(threads)
    members = _members(ties, names)
    at = _columns(list(members))
    rows = contacts.to_dict("records")
    said = _said(rows, ties, lang)
    key = "title_gap" if said["phases"] else "title"
    fig, ax = sheet(t(f"chart.contact_matrix.{key}", lang, **said),
                    t("chart.contact_matrix.alt", lang, **said))  # fmt: skip
    pen = Pen()
    y = top = _head(ax, pen, at, members, lang)
    for i, row in enumerate(rows):
        _row(ax, pen, at, y, row, ties, names, lang, shade=i % 2 == 0)
        y += _ROW
    _grid(pen, at, top, y)
    y = _foot(ax, pen, at, y, rows, ties, lang)
    y += 12 + legend(ax, pen, y + 18, _legend_items(lang))
    pen.draw(ax)
    theme.note(fig, t("chart.contact_matrix.reading", lang) + ("" if lang == "zh" else " ")
               + t("chart.influence.letters", lang))  # fmt: skip
    left = len({m for _, m in ties}) - len(members)
    if left:
        theme.note(fig, t("chart.contact_matrix.left_out", lang, shown=number(len(members), lang),
                          n=number(left, lang)))  # fmt: skip
    source_note(fig, lang, n=len(rows), variant=constant(contacts, "variant") or ["tie_ge2"],
                origin=constant(contacts, "origin") or ["S092"])  # fmt: skip
    settle(fig, ax, y + 6)
    return fig


Ties = dict[tuple[str, str], tuple[int, frozenset[str]]]


def _strongest(threads: pd.DataFrame) -> Ties:
    """Strongest tie of each contact with each of our people, and which kinds there are."""
    found: Ties = {}
    for row in threads.to_dict("records"):
        bonds = frozenset(b for b in ("personal", "value") if (grade(row.get(b)) or 0) > 0)
        found[str(row["contact_id"]), str(row["member_id"])] = grade(row["strength"]) or 0, bonds
    return found


def _members(ties: Ties, names: Mapping[str, str] | None) -> dict[str, str]:
    """Our people with their names, those with most ties first."""
    weight: dict[str, int] = {}
    for (_, member), (strength, _) in ties.items():
        weight[member] = weight.get(member, 0) + strength
    order = sorted(weight, key=lambda m: (-weight[m], m))[:_MOST_MEMBERS]
    return {m: (names or {}).get(m, m) for m in order}


def _columns(members: Sequence[str]) -> _Columns:
    x = _NAME
    types = {kind: x + _TYPE * (i + 0.5) for i, kind in enumerate(_TYPES)}
    x += _TYPE * len(_TYPES) + 8
    influence, x = x + _INFLUENCE / 2, x + _INFLUENCE + 6
    ids = [p.id for p in contact_scheme().phases]
    phases = {p: x + _PHASE * (i + 0.5) for i, p in enumerate(ids)}
    x += _PHASE * len(ids) + 6
    support, x = x + _SUPPORT / 2, x + _SUPPORT + 6
    room = WIDTH - _COUNT - x
    wide = min(62.0, room / max(len(members), 1))
    places = {m: x + wide * (i + 0.5) for i, m in enumerate(members)}
    return _Columns(types, influence, phases, support, places, wide, WIDTH - _COUNT / 2)


def _said(rows: Sequence[Mapping[Any, Any]], ties: Ties, lang: str) -> dict[str, str]:
    covered = _covered(ties)
    gaps = [p.label[lang] for p in contact_scheme().phases
            if not any(p.id in tags(r.get("phases")) and str(r["person_id"]) in covered
                       for r in rows)]  # fmt: skip
    support = [grade(r.get("support")) for r in rows]
    return {
        "n": number(len(rows), lang),
        "covered": number(sum(str(r["person_id"]) in covered for r in rows), lang),
        "against": number(sum(s is not None and s < 0 for s in support), lang),
        "members": number(len({m for _, m in ties}), lang),
        "phases": listed(gaps, lang),
    }


def _covered(ties: Ties) -> set[str]:
    return {person for (person, _), (strength, _) in ties.items() if strength >= _WORKING}


def _head(ax: Axes, pen: Pen, at: _Columns, members: Mapping[str, str], lang: str) -> float:
    """Heads of the columns in two lines; returns where the rows begin."""
    longest = max((theme.text_width(part, 10) for name in members.values()
                   for part in name.split()), default=0.0)  # fmt: skip
    upright = longest > at.member_width - 3
    tallest = max((theme.text_width(fit(n, 84, 10), 10) for n in members.values()), default=0.0)
    y = 30.0 + (max(tallest, 30.0) if upright else 30.0)
    groups = [
        ("contact", 0.0, _NAME - 8, "left"),
        ("types", min(at.types.values()) - 10, max(at.types.values()) + 10, "center"),
        ("phases", min(at.phases.values()) - 20, max(at.phases.values()) + 20, "center"),
    ]
    if members:
        half = at.member_width / 2 - 3
        groups.append(("members", min(at.members.values()) - half,
                       max(max(at.members.values()) + half, min(at.members.values()) + 90),
                       "center"))  # fmt: skip
    for key, left, right, ha in groups:
        x = left if ha == "left" else (left + right) / 2
        words(ax, x, 8, t(f"chart.contact_matrix.{key}", lang), 10.5, weight="bold", ha=ha)
        if ha != "left":
            pen.line([(left, 18), (right, 18)], RULE, 0.9)
    for kind, x in at.types.items():
        words(ax, x, y - 8, t(f"chart.influence.letter_{kind}", lang), 10, weight="bold",
              ha="center", color=ACCENT)  # fmt: skip
    for key, x in (("influence", at.influence), ("support", at.support), ("count", at.count)):
        text = theme.wrap(t(f"chart.contact_matrix.{key}", lang), 46, 9)
        words(ax, x, y - 3, text, 9, ha="center", va="bottom", color=MUTED)
    for phase in contact_scheme().phases:
        text = fit_lines(phase.label[lang], _PHASE - 7 if lang == "zh" else _PHASE, 9, 3)
        words(ax, at.phases[phase.id], y - 3, text, 9, ha="center", va="bottom", color=MUTED)
    for member, x in at.members.items():
        if upright:
            words(ax, x, y - 4, fit(members[member], 84, 10), 10, ha="center", va="bottom",
                  rotation=90)  # fmt: skip
        else:
            text = fit_lines(members[member], at.member_width - 3, 10, 2)
            words(ax, x, y - 3, text, 10, ha="center", va="bottom")
    return y + 2


def _row(
    ax: Axes, pen: Pen, at: _Columns, y: float, row: Mapping[Any, Any], ties: Ties,
    names: Mapping[str, str] | None, lang: str, *, shade: bool,
) -> None:  # fmt: skip
    person = str(row["person_id"])
    middle = y + _ROW / 2
    if shade:
        pen.box(0, y, WIDTH, _ROW, "#F7F9FA")
    name = (names or {}).get(person) or row.get("name")
    words(ax, 4, middle - 5.5, fit(name if isinstance(name, str) and name else person, _NAME - 12,
          10.5, "bold"), 10.5, weight="bold")  # fmt: skip
    kinds = tags(row.get("buyer_types"))
    work = job(dict(row), lang)
    words(ax, 4, middle + 6.5, fit(work, _NAME - 34, 9) if work else "", 9, color=MUTED)
    # Kinds without a column of their own, such as a coach.
    others = letters([kind for kind in kinds if kind not in _TYPES], lang)
    words(ax, _NAME - 8, middle + 6.5, others, 9, weight="bold", ha="right", color=ACCENT)
    for kind, x in at.types.items():
        if kind in kinds:
            pen.box(x - 7, middle - 7, 14, 14, ACCENT)
            words(ax, x, middle - 0.3, letters([kind], lang), 9, weight="bold", ha="center",
                  color=PAPER)  # fmt: skip
        elif not kinds:
            words(ax, x, middle, "?", 9.5, ha="center", color=MUTED)
    level_pips(pen, at.influence - 14.3, middle, grade(row.get("influence")))
    phases = tags(row.get("phases"))
    for phase, x in at.phases.items():
        if phase in phases:
            pen.mark(x, middle, 9, INK)
        elif not phases:
            words(ax, x, middle, "?", 9.5, ha="center", color=MUTED)
    stance(pen, at.support, middle, grade(row.get("support")))
    _tie_cells(ax, pen, at, middle, person, ties)


def _tie_cells(ax: Axes, pen: Pen, at: _Columns, y: float, person: str, ties: Ties) -> None:
    own = {m: ties[(person, m)] for m in at.members if (person, m) in ties}
    for member, x in at.members.items():
        strength, bonds = own.get(member, (0, frozenset()))
        if not strength:
            pen.mark(x, y, 2.6, RULE)
            continue
        tie_sign(pen, x, y, strength, bonds)
        words(ax, x, y - 0.3, str(strength), 9.5, weight="bold", ha="center",
              color=ink_on(SEQUENTIAL(strength / 4)[:3]), z=8)  # fmt: skip
    live = sum(s >= _WORKING for (p, _), (s, _) in ties.items() if p == person)
    color = BAD if live == 0 else INK
    words(ax, at.count, y, str(live), 10.5, ha="center", color=color,
          weight="bold" if live < 2 else "normal")  # fmt: skip


def tie_sign(pen: Pen, x: float, y: float, strength: int, bonds: frozenset[str]) -> None:
    """A tie as a square (business value), a circle (personal), or one in the other."""
    fill = SEQUENTIAL(strength / 4)
    if bonds == {"personal"}:
        pen.mark(x, y, 17, fill, RULE, "o")
        return
    pen.box(x - 8.5, y - 8.5, 17, 17, fill, RULE, 0.8)
    if "personal" in bonds:
        pen.mark(x, y, 14.5, "none", ink_on(fill[:3]), "o")


def _grid(pen: Pen, at: _Columns, top: float, bottom: float) -> None:
    for y in (top, bottom):
        pen.line([(0, y), (WIDTH, y)], RULE, 1.0)
    edges = [min(at.types.values()) - 14, at.influence - _INFLUENCE / 2 - 3,
             at.influence + _INFLUENCE / 2 + 3, at.support - _SUPPORT / 2 - 3,
             at.support + _SUPPORT / 2 + 3, WIDTH - _COUNT]  # fmt: skip
    for x in edges:
        pen.line([(x, top), (x, bottom)], GRID, 0.9, z=4)


def _foot(
    ax: Axes, pen: Pen, at: _Columns, y: float, rows: Sequence[Mapping[Any, Any]], ties: Ties,
    lang: str,
) -> float:  # fmt: skip
    """How many of each column are covered; returns where the foot ends."""
    covered = _covered(ties)

    def write(x: float, column: str, key: str) -> None:
        own = [r for r in rows if key in tags(r.get(column))]
        live = sum(str(r["person_id"]) in covered for r in own)
        bad = not live
        words(ax, x, y + 12, f"{live}/{len(own)}", 9.5, ha="center", weight="bold" if bad else
              "normal", color=BAD if bad else INK)  # fmt: skip

    words(ax, 4, y + 12, t("chart.contact_matrix.foot", lang), 10, color=MUTED)
    for kind, x in at.types.items():
        write(x, "buyer_types", kind)
    for phase, x in at.phases.items():
        write(x, "phases", phase)
    people = {str(r["person_id"]) for r in rows}
    for member, x in at.members.items():
        live = sum(s >= _WORKING for (p, m), (s, _) in ties.items() if m == member and p in people)
        words(ax, x, y + 12, str(live), 10, ha="center")
    total = len(covered & people)
    words(ax, at.count, y + 12, f"{total}/{len(rows)}", 10, ha="center", weight="bold")
    return y + 24


def _legend_items(lang: str) -> list[tuple[Any, float, str]]:
    def square(pen: Pen, x: float, y: float) -> None:
        for i in range(1, 5):
            pen.box(x + 13 * (i - 1), y - 5.5, 11, 11, SEQUENTIAL(i / 4), RULE, 0.8)

    def tie(bonds: frozenset[str]) -> Any:
        return lambda pen, x, y: tie_sign(pen, x + 9, y, 3, bonds)

    def sign(key: int | None) -> Any:
        return lambda pen, x, y: stance(pen, x + 6, y, key)

    found: list[tuple[Any, float, str]] = [
        (square, 52.0, t("chart.influence.strength", lang)),
        (tie(frozenset({"value"})), 19.0, t("chart.influence.value", lang)),
        (tie(frozenset({"personal"})), 19.0, t("chart.influence.personal", lang)),
        (tie(frozenset({"personal", "value"})), 22.0, t("chart.contact_matrix.both", lang)),
    ]
    found += [(sign(k), 12.0, t(f"chart.influence.{n}", lang)) for n, k in STANCE_NAMES.items()]
    return found
