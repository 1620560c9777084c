"""Stage ladders side by side against the canonical stages."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.sources import blank, key_words
from kamkit.charts.theme import ACCENT, BAD, GOOD, GRID, INK, MUTED, Figure, data_text
from kamkit.i18n import number, percent, t
from kamkit.schemes import CANONICAL, Ladder, Stage, load_ladder

_COLUMN = 78.0  # points a canonical stage takes
_SIDE = 130.0  # points for the names of the ladders
_SIZE = 10.5
_LINE = 15.0  # points a line of text takes
_PAD = 0.05
_COLOURS = {"open": ACCENT, "won": GOOD, "lost": BAD}


def _span(stage: Stage) -> tuple[int, int]:
    places = [CANONICAL.index(c) for c in stage.covers or (stage.canonical,)]
    return min(places), max(places)


def _breakable(text: str, room: float) -> str:
    """A place to break a line after a slash, where a word is wider than its box."""
    wide = any(theme.text_width(word, _SIZE) > room for word in text.split())
    return text.replace("/", "/ ") if wide else text


def _balanced(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Text in as few lines as the room allows, of like length: no single character below."""
    widest = theme.wrap(text, room, size, weight)
    tries = (theme.wrap(text, room * share / 10, size, weight) for share in range(5, 10))
    return next((w for w in tries if w.count("\n") == widest.count("\n")), widest)


def _words(stage: Stage, lang: str) -> str:
    first, last = _span(stage)
    room = (last - first + 1 - 2 * _PAD) * _COLUMN - 6
    lines = _balanced(_breakable(data_text(stage.label[lang], 60), room), room, _SIZE)
    chance = stage.probability
    shown = "" if math.isnan(chance) or stage.outcome != "open" else percent(chance, lang, 0)
    return f"{lines}\n{shown}" if shown else lines


def _lanes(ladder: Ladder) -> list[list[Stage]]:
    """Stages in as few rows as possible, so that none covers another; order is kept."""
    lanes: list[list[Stage]] = []
    for stage in ladder.stages:
        first, last = _span(stage)
        for lane in lanes:
            if all(last < _span(s)[0] or first > _span(s)[1] for s in lane):
                lane.append(stage)
                break
        else:
            lanes.append([stage])
    return lanes


def _box(ax: Axes, stage: Stage, top: float, height: float, words: str, dashed: bool) -> None:
    first, last = _span(stage)
    colour = _COLOURS[stage.outcome]
    width = last - first + 1 - 2 * _PAD
    corner = (first + _PAD, top)
    line = "--" if dashed else "-"
    ax.add_patch(Rectangle(corner, width, height, facecolor=colour, alpha=0.12, lw=0))
    ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, ls=line))
    ax.text((first + last + 1) / 2, top + height / 2, words, ha="center", va="center",
            color=INK, fontsize=_SIZE, linespacing=1.25)  # fmt: skip


def plot_stage_crosswalk(ladders: Sequence[Ladder], *, lang: str) -> Figure:
    """Stages of several ladders, each over the canonical stages that it spans.

    Needs ladders (``load_ladder``, ``read_ladder``); the canonical stages are the columns.

    >>> fig = plot_stage_crosswalk([load_ladder("hubspot"), load_ladder("cordys")], lang="en")
    >>> "2 ladders with 14 stages" in fig.alt
    True
    """
    title = t("chart.stage_crosswalk.title", lang)
    if not ladders:
        return blank(title, lang)
    rows = [(ladder, _lanes(ladder)) for ladder in ladders]
    texts = {id(s): _words(s, lang) for ladder in ladders for s in ladder.stages}
    names = [_balanced(data_text(ladder.label[lang], 60), _SIDE, 11) for ladder in ladders]
    tall = [_heights(lanes, texts, name) for (_, lanes), name in zip(rows, names, strict=True)]
    total = sum(map(sum, tall))
    n = sum(len(ladder.stages) for ladder in ladders)
    size = ((_COLUMN * len(CANONICAL) + _SIDE) / 72 + 0.6, total / 72 + 2.6)
    alt = t("chart.stage_crosswalk.alt", lang, ladders=len(ladders), n=number(n, lang))
    fig, ax = theme.figure(size, title=title, alt=alt)
    _frame(ax, lang, total)
    y, middles = 0.0, []
    for (ladder, lanes), heights in zip(rows, tall, strict=True):
        middles.append(y + sum(heights) / 2)
        for lane, height in zip(lanes, heights, strict=False):
            for stage in lane:
                _box(ax, stage, y + 3, height - 6, texts[id(stage)], ladder.kind == "plan")
            y += height
        y += sum(heights[len(lanes) :])
        ax.axhline(y, color=GRID, lw=1)
    ax.set_yticks(middles, names, fontsize=11)
    origin = key_words("origin", [ladder.origin for ladder in ladders], lang)
    theme.note(fig, t("chart.stage_crosswalk.key", lang))
    theme.note(fig, t("chart.stage_crosswalk.note", lang, n=number(n, lang), origin=origin))
    return fig


def _heights(lanes: list[list[Stage]], texts: dict[int, str], name: str) -> list[float]:
    """Height of each lane in points; a last one where the ladder's name needs more room."""
    found = [(max(texts[id(s)].count("\n") for s in lane) + 1) * _LINE + 14 for lane in lanes]
    missing = (name.count("\n") + 1) * 16 + 8 - sum(found)
    return [*found, missing] if missing > 0 else found


def _frame(ax: Axes, lang: str, total: float) -> None:
    canonical = load_ladder("house")
    heads = [
        _balanced(canonical.stage(c).label[lang], _COLUMN - 6, 10.5, "bold") for c in CANONICAL
    ]
    theme.value_grid(ax, "none")
    ax.set_xlim(0, len(CANONICAL))
    ax.set_ylim(total, 0)
    ax.set_xticks([i + 0.5 for i in range(len(CANONICAL))], heads, fontsize=10.5, weight="bold")
    ax.xaxis.set_ticks_position("top")
    ax.xaxis.set_label_position("top")
    ax.set_xlabel(t("chart.stage_crosswalk.axis", lang), color=MUTED)
    ax.tick_params(length=0)
    for i in range(1, len(CANONICAL)):
        ax.axvline(i, color=GRID, lw=0.8, zorder=0)
    for side in ax.spines.values():
        side.set_visible(False)
