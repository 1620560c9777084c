"""What changed on an influence map between two days: people, stances, ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.influence_cards import draw_card, draw_edges, draw_ground
from kamkit.charts.influence_cast import LIMIT, Cast, cast_of, scene_of
from kamkit.charts.influence_routes import INSIDE_SHARE, WIDTHS, Tie
from kamkit.charts.influence_scene import CARD, Scene
from kamkit.charts.influence_style import STANCE_NAMES, frame, grade, stance
from kamkit.charts.sheet import Pen, legend, settle, sheet, words
from kamkit.charts.sources import blank, source_note
from kamkit.charts.theme import BAD, GOOD, PAPER, WARN, Figure
from kamkit.i18n import day, number, percent, t

# Colour, dashes and the sign where the line ends: none of them alone.
_CHANGES: dict[str, tuple[str, bool, str]] = {
    "new": (GOOD, False, "P"), "up": (GOOD, False, "^"), "same": ("#B7C0C9", False, "o"),
    "down": (WARN, False, "v"), "ended": (BAD, True, "X"), "person_left": (BAD, True, "X"),
}  # fmt: skip
_LOSSES = ("down", "ended", "person_left")


def plot_map_change(
    people: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lang: str,
    changes: pd.DataFrame,
    measures: pd.DataFrame | None = None,
    before: object = None,
    after: object = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Two maps of one account in one: who came and went, whose stance moved, which ties changed.

    Needs: ``links``, ``changes`` (its people) and ``measures`` of ``compare_networks``;
    ``people``: those of both networks one below the other (the later row of a person counts).

    >>> empty = pd.DataFrame({"person_id": [], "side": []})
    >>> plot_map_change(empty, empty, lang="en", changes=empty).alt
    'Nothing to show: the table is empty.'
    """
    if people.empty or not (people["side"] == "customer").any():
        return blank(t("chart.map_change.topic", lang), lang)
    cast, kinds = _both(people, links, names)
    moves = {str(r["person_id"]): r for r in changes.to_dict("records")}
    drawn = scene_of(cast)
    said = _said(cast, kinds, moves, lang)
    fig, ax = sheet(t("chart.map_change.title", lang, **said),
                    t("chart.map_change.alt", lang, **said))  # fmt: skip
    pen = Pen()
    draw_ground(ax, pen, drawn, lang, us=bool(cast.us), rivals=bool(cast.rivals))
    _lines(pen, drawn, kinds)
    for person in cast.people["person_id"]:
        _person(ax, pen, drawn, cast, person, moves.get(person, {}), lang)
    draw_edges(ax, pen, drawn, cast, lang, set())
    _edge_moves(ax, pen, drawn, cast, moves)
    height = drawn.height + 16
    height += legend(ax, pen, height, _legend_items(lang, set(kinds.values())))
    pen.draw(ax)
    _notes(fig, measures, before, after, lang)
    source_note(fig, lang, n=len(cast.people), variant=["map_barycentre"],
                origin=["S092", "house"])  # fmt: skip
    settle(fig, ax, height)
    return fig


def _both(
    people: pd.DataFrame, links: pd.DataFrame, names: Mapping[str, str] | None
) -> tuple[Cast, dict[Tie, str]]:
    """People of both days, and each tie at its greater strength with what became of it."""
    latest = people.drop_duplicates("person_id", keep="last").reset_index(drop=True)
    found = links.copy()
    ends = found[["strength_before", "strength_after"]].astype(float)
    found["strength"] = ends["strength_after"].where(ends["strength_after"] > 0,
                                                     ends["strength_before"])  # fmt: skip
    cast = cast_of(latest, found, None, names, LIMIT, ghost=False)
    change = {
        (*sorted((str(r["from_id"]), str(r["to_id"]))), str(r["bond"])): str(r["change"])
        for r in found.to_dict("records")
    }
    return cast, {k: change[(*sorted((k.owner, k.person)), k.bond)] for k in cast.ties}


def _said(
    cast: Cast, kinds: Mapping[Tie, str], moves: Mapping[str, Mapping[Any, Any]], lang: str
) -> dict[str, str]:
    here = [moves[p] for p in cast.people["person_id"] if p in moves]
    ours = [kind for tie, kind in kinds.items() if tie.side == "us"]
    return {
        "n": number(len(cast.people), lang),
        "joined": number(sum(m["change"] == "joined" for m in here), lang),
        "left": number(sum(m["change"] == "left" for m in here), lang),
        "better": number(sum(m["stance"] == "up" for m in here), lang),
        "worse": number(sum(m["stance"] == "down" for m in here), lang),
        "gained": number(sum(k in ("new", "up") for k in ours), lang),
        "lost": number(sum(k in _LOSSES for k in ours), lang),
    }


def _lines(pen: Pen, drawn: Scene, kinds: Mapping[Tie, str]) -> None:
    for stroke in drawn.strokes:
        # A shared piece shows the change of the strongest tie in it.
        color, dashed, _ = _CHANGES[kinds[stroke.tie]]
        share = INSIDE_SHARE if stroke.tie.side == "customer" else 1.0
        z = 4 if kinds[stroke.tie] == "same" else 5
        pen.line(stroke.points, color, WIDTHS[stroke.tie.strength] * share, dashed=dashed, z=z,
                 joined=True)  # fmt: skip
    for x, y, tie in drawn.ends:
        color, _, shape = _CHANGES[kinds[tie]]
        size = 5.0 if kinds[tie] == "same" else 9.0
        pen.mark(x, y - (0 if size < 6 else 1), size, color, PAPER, shape, 6)


def _person(
    ax: Axes, pen: Pen, drawn: Scene, cast: Cast, person: str, move: Mapping[Any, Any], lang: str
) -> None:
    change = move.get("change")
    if change == "left":
        cast.gone.add(person)
    second = None
    if move.get("stance") in ("up", "down"):
        was, now = grade(move["support_before"]), grade(move["support_after"])
        text = t("chart.map_change.stance", lang, before=_signed(was), after=_signed(now))
        second = (text, GOOD if move["stance"] == "up" else BAD)
    draw_card(ax, pen, drawn, cast, person, lang, faded=False, second=second)
    x, y = drawn.cards[person]
    if change in ("joined", "left"):
        color = GOOD if change == "joined" else BAD
        dashed = change == "left"
        pen.line(frame(x, y, drawn.card_width, CARD), color, 1.8, dashed=dashed, z=4)
        _badge(ax, pen, x, y + CARD, "+" if change == "joined" else "−", color)


def _signed(value: int | None) -> str:
    return "?" if value is None else f"+{value}" if value > 0 else str(value).replace("-", "−")


def _badge(ax: Axes, pen: Pen, x: float, y: float, sign: str, color: str) -> None:
    """A plus or minus on the lower left corner of a card."""
    pen.mark(x, y, 14, color, PAPER, "o", 8)
    words(ax, x, y - 0.4, sign, 11, color=PAPER, weight="bold", ha="center", z=9)


def _edge_moves(
    ax: Axes, pen: Pen, drawn: Scene, cast: Cast, moves: Mapping[str, Mapping[Any, Any]]
) -> None:
    for person in (*cast.us, *cast.rivals):
        change = moves.get(person, {}).get("change")
        if change in ("joined", "left"):
            x, y = drawn.edges[person]
            _badge(ax, pen, x + 2, y + 2, "+" if change == "joined" else "−",
                   GOOD if change == "joined" else BAD)  # fmt: skip


def _legend_items(lang: str, kinds: set[str]) -> list[tuple[Any, float, str]]:
    def line(kind: str) -> Any:
        color, dashed, shape = _CHANGES[kind]

        def draw(pen: Pen, x: float, y: float) -> None:
            pen.line([(x, y), (x + 26, y)], color, 2.2, dashed=dashed)
            pen.mark(x + 26, y, 5.0 if kind == "same" else 9.0, color, PAPER, shape)

        return draw

    def sign(key: int | None) -> Any:
        return lambda pen, x, y: stance(pen, x + 6, y, key)

    shown = dict.fromkeys("ended" if k == "person_left" else k for k in _CHANGES if k in kinds)
    found = [(line(k), 32.0, t(f"chart.map_change.{k}", lang)) for k in shown]
    return found + [
        (sign(k), 12.0, t(f"chart.influence.{n}", lang)) for n, k in STANCE_NAMES.items()
    ]


def _notes(
    fig: Figure, measures: pd.DataFrame | None, before: object, after: object, lang: str
) -> None:
    lines = [t("chart.map_change.reading", lang)]
    if before is not None and after is not None:
        lines.insert(0, t("chart.map_change.days", lang, before=day(before, lang),
                          after=day(after, lang)))  # fmt: skip
    if measures is not None:
        row = measures[measures["measure"] == "weighted_coverage"]
        if len(row) and row["difference"].notna().all():
            one = row.iloc[0]
            key = "coverage" if bool(one["separated"]) else "coverage_unsure"
            lines.append(t(f"chart.map_change.{key}", lang, before=percent(one["before"], lang, 0),
                           after=percent(one["after"], lang, 0)))  # fmt: skip
    theme.note(fig, ("" if lang == "zh" else " ").join(lines))
