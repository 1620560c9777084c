"""Colours, markers and hatches of the house: calm, and never the only sign."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb

INK = "#1B2733"
MUTED = "#55616D"
GRID = "#E1E6EA"
RULE = "#9AA6B1"
PAPER = "#FFFFFF"
GOOD = "#14806F"
WARN = "#A65E00"
BAD = "#9B1C31"
ACCENT = "#16455C"

# Chosen by search so that neighbours, and all pairs, stay apart for protan and deutan eyes
# (Machado, Oliveira and Fernandes 2009, severity 1); each reaches 3:1 against the paper.
SERIES = (
    "#16455C",
    "#C07F24",
    "#3B93D0",
    "#72388A",
    "#7E9A78",
    "#6E3B14",
    "#C06C9B",
    "#5E6268",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
LINES = (
    "-",
    "--",
    (0, (1, 1.2)),
    "-.",
    (0, (6, 1.5, 1, 1.5, 1, 1.5)),
    (0, (3, 1)),
    (0, (8, 2)),
    ":",
)
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "|||")

SEQUENTIAL = LinearSegmentedColormap.from_list(
    "kamkit_sequential", ["#F3F7F8", "#C3DAE0", "#86B4C1", "#46879B", "#1D5D74", "#0E3A4E"]
)
DIVERGING = LinearSegmentedColormap.from_list(
    "kamkit_diverging",
    ["#7A3E0C", "#B9792F", "#E4C08C", "#F6F4F0", "#A3C9D6", "#3F88A3", "#0E4A63"],
)


Colour = str | tuple[float, float, float] | tuple[float, float, float, float]
# Paper behind a text, so that lines under it don't cut the letters. An outline of the letters
# would draw each text twice more as plain paths and make a picture five times as heavy.
BACKING = {"boxstyle": "square,pad=0.06", "facecolor": PAPER, "alpha": 0.8, "linewidth": 0}


class SeriesStyle(TypedDict):
    """What tells one series from another, with colour and without."""

    color: str
    marker: str
    linestyle: str | tuple[int, tuple[float, ...]]
    hatch: str


def style(i: int) -> SeriesStyle:
    """Signs of series ``i``; after the last colour, the markers and hatches move on by one.

    >>> style(0)["color"] == SERIES[0], style(0)["marker"] != style(8)["marker"]
    (True, True)
    """
    turn, place = divmod(i, len(SERIES))
    sign = (place + turn) % len(MARKERS)
    return {
        "color": SERIES[place],
        "marker": MARKERS[sign],
        "linestyle": LINES[sign],
        "hatch": HATCHES[sign],
    }


def line_style(i: int) -> dict[str, object]:
    """Signs of series ``i`` as keywords of ``Axes.plot``.

    >>> sorted(line_style(1))
    ['color', 'linestyle', 'marker']
    """
    return {key: value for key, value in style(i).items() if key != "hatch"}


def fill_style(i: int) -> dict[str, object]:
    """Signs of series ``i`` as keywords of ``Axes.bar``, ``barh`` and ``fill_between``.

    >>> sorted(fill_style(1))
    ['edgecolor', 'facecolor', 'hatch', 'hatchcolor']
    """
    signs = style(i)
    return {
        "facecolor": signs["color"],
        "edgecolor": PAPER,
        "hatch": signs["hatch"],
        "hatchcolor": "#FFFFFF99",
    }


def luminance(color: Colour) -> float:
    """Relative luminance 0–1 (WCAG 2.2).

    >>> round(luminance(PAPER), 3)
    1.0
    """
    channels: np.ndarray = np.array(to_rgb(color), dtype=np.float64)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio 1–21 of two colours (WCAG 2.2).

    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(color: Colour) -> str:
    """A text colour that reads well (4.5:1 or more) on a filled area.

    >>> ink_on(SERIES[0]) == PAPER, ink_on(PAPER) == INK
    (True, True)
    """
    # Between the shades where our ink or the paper suffice, only pure black reaches 4.5:1.
    enough = [ink for ink in (INK, PAPER, "#000000") if contrast(ink, color) >= 4.5]
    return enough[0]
