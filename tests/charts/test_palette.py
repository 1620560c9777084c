"""Colours that everybody can read and tell apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import Colormap, to_rgb

from kamkit.charts import palette

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(color: object, sight: str = "normal") -> np.ndarray:
    """CIELAB (D65) of a colour as an eye of this kind sees it."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHT[sight] @ linear, 0, 1)
    part = TO_XYZ @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, sight: str) -> float:
    """Delta E 1976; about 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


@pytest.mark.parametrize("name", ["INK", "MUTED", "GOOD", "WARN", "BAD", "ACCENT"])
def test_text_colours_reach_the_contrast_of_body_text(name: str) -> None:
    assert palette.contrast(getattr(palette, name), palette.PAPER) >= 4.5


@pytest.mark.parametrize("color", palette.SERIES)
def test_series_colours_stand_out_from_the_paper(color: str) -> None:
    assert palette.contrast(color, palette.PAPER) >= 3.0


@pytest.mark.parametrize("sight", SIGHT)
def test_neighbouring_and_all_series_stay_apart(sight: str) -> None:
    series = palette.SERIES
    around = zip(series, series[1:] + series[:1], strict=True)
    assert min(distance(a, b, sight) for a, b in around) >= 15
    assert min(distance(a, b, sight) for a, b in combinations(series, 2)) >= 15


@pytest.mark.parametrize("sight", SIGHT)
def test_good_warn_and_bad_stay_apart(sight: str) -> None:
    signals = (palette.GOOD, palette.WARN, palette.BAD)
    assert min(distance(a, b, sight) for a, b in combinations(signals, 2)) >= 15


def lightness(colours: Colormap, low: float, high: float) -> np.ndarray:
    return np.array([lab(colours(x))[0] for x in np.linspace(low, high, 33)])


def test_colour_scales_grow_darker_all_the_way() -> None:
    assert (np.diff(lightness(palette.SEQUENTIAL, 0, 1)) < 0).all()
    assert (np.diff(lightness(palette.DIVERGING, 0, 0.5)) > 0).all()
    assert (np.diff(lightness(palette.DIVERGING, 0.5, 1)) < 0).all()


def test_text_on_any_shade_is_readable() -> None:
    for colours in (palette.SEQUENTIAL, palette.DIVERGING):
        for x in np.linspace(0, 1, 41):
            shade = colours(x)
            assert palette.contrast(palette.ink_on(shade), shade) >= 4.5


def test_series_differ_without_colour() -> None:
    seen = {(s["marker"], str(s["linestyle"]), s["hatch"]) for s in map(palette.style, range(8))}
    assert len(seen) == 8
    whole = {(s["color"], s["marker"]) for s in map(palette.style, range(24))}
    assert len(whole) == 24
