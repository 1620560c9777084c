"""What stands on an influence map: levels, cards of people, our people and the rivals."""

from __future__ import annotations

from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.influence_cast import GHOST, GONE_LEVEL, Cast
from kamkit.charts.influence_layout import UNKNOWN_LEVEL
from kamkit.charts.influence_scene import CARD, EDGE_CARD, Scene, edge_width
from kamkit.charts.influence_style import (
    FADED,
    OURS,
    RIVALS,
    TINTS,
    UNKNOWN_TINT,
    grade,
    job,
    letters,
    pips,
    stance,
    tags,
)
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, words
from kamkit.charts.theme import ACCENT, BACKING, GRID, INK, MUTED, PAPER, RULE, WARN
from kamkit.i18n import t

_BAND = ("#F7F9FA", "#FFFFFF")


def draw_ground(ax: Axes, pen: Pen, drawn: Scene, lang: str, *, us: bool, rivals: bool) -> None:
    """Bands of the levels with their names, and what stands at which edge."""
    left, right = drawn.left - 8, drawn.right + 8
    for i, (level, top, bottom) in enumerate(drawn.bands):
        pen.box(left, top, right - left, bottom - top, _BAND[i % 2])
        pen.line([(left, top), (right, top)], GRID, 0.8, z=1)
        key = {UNKNOWN_LEVEL: "unknown", GONE_LEVEL: "gone"}.get(level, str(level))
        words(ax, left + 6, top + 9, t(f"chart.influence.level_{key}", lang), 9.0, color=MUTED,
              weight="bold", bbox={**BACKING, "facecolor": _BAND[i % 2], "alpha": 1})  # fmt: skip
    heads = [("customer", (left + right) / 2, "center")]
    heads += [("us", 0.0, "left")] * us + [("competitor", WIDTH, "right")] * rivals
    colors = {"us": ACCENT, "competitor": RIVALS[1], "customer": INK}
    for key, x, ha in heads:
        words(ax, x, 5, t(f"chart.influence.head_{key}", lang), 10.5, weight="bold", ha=ha,
              color=colors[key])  # fmt: skip


def draw_card(
    ax: Axes, pen: Pen, drawn: Scene, cast: Cast, person: str, lang: str, *, faded: bool,
    second: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """One person: stance, name, function and buyer types, influence.

    ``second`` (words, colour) stands in place of the function.
    """
    row = cast.rows[person]
    (x, y), width = drawn.cards[person], drawn.card_width
    ghost, left = person == GHOST, person in cast.gone
    if ghost:
        pen.box(x, y, width, CARD, PAPER)
        words(ax, x + width / 2, y + 11, t("chart.influence.ghost", lang), 10, weight="bold",
              ha="center", color=WARN)  # fmt: skip
        words(ax, x + width / 2, y + 24, t("chart.influence.ghost_job", lang), 9, ha="center",
              color=MUTED)  # fmt: skip
        return
    support = grade(row.get("support"))
    dim = faded or left
    pen.box(x, y, width, CARD, FADED if left else PAPER, RULE, 0.9)
    tint = UNKNOWN_TINT if support is None else TINTS[max(-2, min(2, support))]
    pen.box(x + 0.5, y + 0.5, 19, CARD - 1, GRID if left else tint)
    if left:
        pen.mark(x + 10, y + CARD / 2, 9, MUTED, MUTED, "x")
    else:
        stance(pen, x + 10, y + CARD / 2, support)
        pips(pen, x + width - 8, y + CARD - 3, grade(row.get("influence")), faded=faded)
    room = width - 23 - 11
    mark = "" if left else letters(tags(row.get("buyer_types")), lang)
    wide = theme.text_width(mark, 9, "bold") + 4 if mark else 0.0
    ink, soft = (MUTED, RULE) if dim else (INK, MUTED)
    words(ax, x + 23, y + 10, fit(cast.names[person], room, 10, "bold"), 10, weight="bold",
          color=ink)  # fmt: skip
    text, color = second or (job(row, lang), MUTED)
    words(ax, x + 23, y + 22.5, fit(text, room - wide, 9) if text else "", 9, color=color,
          weight="bold" if second else "normal")  # fmt: skip
    words(ax, x + 23 + room, y + 22.5, mark, 9, weight="bold", ha="right",
          color=soft if dim else ACCENT)  # fmt: skip


def draw_edges(ax: Axes, pen: Pen, drawn: Scene, cast: Cast, lang: str, near: set[str]) -> None:
    """Our people and the rivals, told apart by side, colour and sign."""
    for side, people in (("us", cast.us), ("competitor", cast.rivals)):
        wide = edge_width(side)
        for i, person in enumerate(people):
            x, y = drawn.edges[person]
            colors = OURS if side == "us" else RIVALS
            color = FADED if near and person not in near else colors[i % len(colors)]
            pen.box(x, y, wide, EDGE_CARD, "#F3F6F8" if side == "us" else "#FBF5EE", color, 1.4)
            bar = x + wide - 4 if side == "us" else x
            pen.box(bar, y, 4, EDGE_CARD, color)
            start = x + (5 if side == "us" else 9)
            role = job(cast.rows[person], lang)
            shift = 5.5 if role else 0.0
            ink = MUTED if near and person not in near else INK
            name = fit_lines(cast.names[person], wide - 13, 10, 1 if role else 2, "bold")
            words(ax, start, y + EDGE_CARD / 2 - shift, name, 10, weight="bold", color=ink)
            words(ax, start, y + EDGE_CARD / 2 + 7, fit(role, wide - 13, 9) if role else "", 9,
                  color=MUTED)  # fmt: skip
