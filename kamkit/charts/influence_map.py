"""The influence map: who decides at the customer, for or against us, and who knows whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kamkit.charts import theme
from kamkit.charts.influence_cards import draw_card, draw_edges, draw_ground
from kamkit.charts.influence_cast import GHOST, LIMIT, Cast, cast_of, scene_of
from kamkit.charts.influence_routes import INSIDE_SHARE, WIDTHS, Stroke, Tie
from kamkit.charts.influence_scene import CARD, Scene
from kamkit.charts.influence_style import (
    FADED,
    INSIDE,
    OURS,
    RIVALS,
    end_mark,
    frame,
    grade,
    legend_items,
    tags,
)
from kamkit.charts.sheet import Pen, fit, legend, settle, sheet
from kamkit.charts.sources import blank, source_note
from kamkit.charts.theme import BAD, WARN, Figure
from kamkit.i18n import day, listed, number, t

_WORKING = 2  # a tie that can be worked with (house)


def plot_influence_map(
    people: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lang: str,
    gone: pd.DataFrame | None = None,
    highlight: str | None = None,
    names: Mapping[str, str] | None = None,
    as_of: object = None,
    limit: int = LIMIT,
) -> Figure:
    """People of a customer by level, with stance, influence, and ties to us and to rivals.

    Needs columns of ``people``: person_id, side (us, customer, competitor); level, influence,
    support, buyer_types, function, title, name where known; of ``links``: from_id, to_id,
    from_side, bond, strength. ``gone`` (person_id, known_by, strongest) adds those who left, in
    grey. ``highlight`` names one person: all other lines fade, and who hangs on that one thread
    is framed. What is not known is drawn as not known, never as neutral or nil.

    >>> empty = pd.DataFrame({"person_id": [], "side": []})
    >>> plot_influence_map(empty, pd.DataFrame(), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if people.empty or not (people["side"] == "customer").any():
        return blank(t("chart.influence.topic", lang), lang)
    cast = cast_of(people, links, gone, names, limit)
    drawn = scene_of(cast)
    said = _said(cast, highlight, lang)
    fig, ax = sheet(_title(cast, said, highlight, lang), t("chart.influence.alt", lang, **said))
    pen = Pen()
    alone = _alone(cast, highlight)
    open_buyers = _open_buyers(cast)
    draw_ground(ax, pen, drawn, lang, us=bool(cast.us), rivals=bool(cast.rivals))
    _lines(pen, drawn, cast, highlight)
    near = _near(cast, highlight)
    for person in cast.people["person_id"]:
        draw_card(ax, pen, drawn, cast, person, lang, faded=bool(near) and person not in near)
        if person in open_buyers:
            _ring(pen, drawn, person, WARN, dashed=True)
        if person in alone:
            _ring(pen, drawn, person, BAD, dashed=False)
    draw_edges(ax, pen, drawn, cast, lang, near)
    sides = [s for s in ("us", "competitor", "customer") if any(k.side == s for k in cast.ties)]
    items = legend_items(lang, sides, ring=bool(open_buyers), single=bool(alone))
    height = drawn.height + 16
    height += legend(ax, pen, height, items)
    pen.draw(ax)
    _notes(fig, cast, alone, as_of, lang)
    source_note(fig, lang, n=len(cast.staying), variant=["map_barycentre"],
                origin=["S092", "field:Sugiyama, Tagawa, Toda 1981"])  # fmt: skip
    settle(fig, ax, height)
    return fig


def _reached(cast: Cast, least: int = _WORKING) -> set[str]:
    return {k.person for k in cast.ties if k.side == "us" and k.strength >= least}


def _open_buyers(cast: Cast) -> set[str]:
    """Economic buyers without a working tie of ours; a stand-in where none is known."""
    buyers = {p for p in cast.staying if "economic" in tags(cast.rows[p].get("buyer_types"))}
    return buyers - _reached(cast) or ({GHOST} if not buyers else set())


def _alone(cast: Cast, highlight: str | None) -> set[str]:
    """Contacts whom only the highlighted one of our people knows."""
    if highlight not in cast.us:
        return set()
    others = {k.person for k in cast.ties if k.side == "us" and k.owner != highlight}
    own = {k.person for k in cast.ties if k.side == "us" and k.owner == highlight}
    return (own - others) - cast.gone


def _near(cast: Cast, highlight: str | None) -> set[str]:
    if highlight not in cast.rows:
        return set()
    ties = [k for k in cast.ties if highlight in (k.owner, k.person)]
    return {highlight} | {p for k in ties for p in (k.owner, k.person)}


def _said(cast: Cast, highlight: str | None, lang: str) -> dict[str, str]:
    support = [grade(cast.rows[p].get("support")) for p in cast.staying]
    ties = [k for k in cast.ties if highlight in (k.owner, k.person)]
    return {
        "n": number(len(cast.staying), lang),
        "covered": number(len(_reached(cast) & set(cast.staying)), lang),
        "against": number(sum(s is not None and s < 0 for s in support), lang),
        "unknown": number(sum(s is None for s in support), lang),
        "us": number(len(cast.us), lang),
        "rivals": number(len(cast.rivals), lang),
        "name": fit(cast.names.get(str(highlight), str(highlight)), 200, 18),
        "ours": number(len({k.owner for k in ties if k.side == "us"}), lang),
        "inside": number(sum(k.side == "customer" for k in ties), lang),
    }


def _title(cast: Cast, said: Mapping[str, str], highlight: str | None, lang: str) -> str:
    if highlight in cast.us:
        alone = _alone(cast, highlight)
        key = "title_leaves_us" if alone else "title_leaves_none"
        return t(f"chart.influence.{key}", lang, **{**said, "n": number(len(alone), lang)})
    if highlight in cast.rows and highlight not in cast.rivals:
        return t("chart.influence.title_leaves_customer", lang, **said)
    buyers = _open_buyers(cast)
    key = "economic_unknown" if GHOST in buyers else "economic_open"
    return t("chart.influence.title", lang, **said) + (
        t(f"chart.influence.{key}", lang) if buyers else ""
    )


def color_of(cast: Cast, tie: Tie) -> str:
    """The colour of a line: that of our person or of the rival; grey within the customer."""
    if tie.person in cast.gone:
        return INSIDE
    if tie.side == "customer":
        return INSIDE
    people, colors = (cast.us, OURS) if tie.side == "us" else (cast.rivals, RIVALS)
    return colors[people.index(tie.owner) % len(colors)]


def width_of(tie: Tie) -> float:
    """Width of a line in points."""
    return WIDTHS[tie.strength] * (INSIDE_SHARE if tie.side == "customer" else 1.0)


def _lines(pen: Pen, drawn: Scene, cast: Cast, highlight: str | None) -> None:
    def lit(stroke: Stroke) -> bool:
        return highlight not in cast.rows or any(
            highlight in (k.owner, k.person) for k in stroke.ties
        )

    for stroke in drawn.strokes:
        on = lit(stroke)
        z = (2 if stroke.tie.side == "customer" else 3) if on else 1
        color = color_of(cast, stroke.tie) if on else FADED
        pen.line(stroke.points, color, width_of(stroke.tie), z=z + 2, joined=True,
                 dashed=stroke.tie.bond == "personal")  # fmt: skip
    for x, y, tie in drawn.ends:
        on = highlight not in cast.rows or highlight in (tie.owner, tie.person)
        end_mark(pen, x, y, tie.side, color_of(cast, tie) if on else FADED)


def _ring(pen: Pen, drawn: Scene, person: str, color: str, *, dashed: bool) -> None:
    x, y = drawn.cards[person]
    grow = 3.0 if dashed else 0.0
    pen.line(frame(x - grow, y - grow, drawn.card_width + 2 * grow, CARD + 2 * grow), color, 2.0,
             dashed=dashed, z=4)  # fmt: skip


def _notes(fig: Figure, cast: Cast, alone: set[str], as_of: object, lang: str) -> None:
    lines: list[str] = []
    if alone:
        named = [fit(cast.names[p], 120, 11) for p in sorted(alone)]
        lines.append(t("chart.influence.alone", lang, names=listed(_few(named), lang)))
    lines.append(t("chart.influence.letters", lang))
    if as_of is not None:
        lines.append(t("chart.influence.as_of", lang, day=day(as_of, lang)))
    if cast.idle:
        lines.append(t("chart.influence.no_tie", lang, n=number(cast.idle, lang)))
    if cast.left_out:
        shown = number(len(cast.staying), lang)
        lines.append(t("chart.influence.left_out", lang, shown=shown,
                       left=number(cast.left_out, lang)))  # fmt: skip
    theme.note(fig, ("" if lang == "zh" else " ").join(lines))


def _few(named: Sequence[str], most: int = 8) -> list[str]:
    return [*named[:most], "…"] if len(named) > most else list(named)
