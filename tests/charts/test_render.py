"""Charts drawn fast look as matplotlib draws them, and say so when a glyph is lacking."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from kamkit.charts import theme
from kamkit.charts.render import Renderer, line_path
from kamkit.charts.text import FAMILY, characters, holds
from kamkit.errors import KamkitError

LINES = ["大客户收入（万元）", "Sales “per” year", "−12.5 %", "Łódź, Győr"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("weight", ["normal", "bold", 600])
def test_words_are_as_wide_as_matplotlib_measures_them(line: str, weight: str) -> None:
    prop = FontProperties(family=FAMILY, weight=weight, size=13.5)
    with theme.themed():
        plain = RendererSVG(100, 100, io.StringIO())
        ours = Renderer(100, 100, io.StringIO(), 72)
        expected = plain.get_text_width_height_descent(line, prop, False)
        assert ours.get_text_width_height_descent(line, prop, False) == pytest.approx(expected)
        boxes = []
        for renderer in (plain, ours):
            fig, ax = theme.figure("half")
            fig.dpi = 72
            words = ax.text(0.5, 0.5, f"{line}\n{line}", fontproperties=prop)
            boxes.append(words.get_window_extent(renderer, dpi=72).bounds)
        assert boxes[0] == pytest.approx(boxes[1])


@pytest.mark.parametrize("line", LINES)
def test_an_outline_covers_what_the_line_measures(line: str) -> None:
    path = line_path(line, "normal")
    starts = np.array([list(map(int, p.split())) for p in re.findall(r"M(-?\d+ -?\d+)", path)])
    assert set(re.sub(r"[-\d ]", "", path)) <= set("Mlqcz")
    prop = FontProperties(family=FAMILY, size=1000)
    with theme.themed():
        width, *_ = Renderer(9, 9, io.StringIO(), 72).get_text_width_height_descent(
            line, prop, False
        )
    assert starts[:, 0].min() >= 0 and starts[:, 0].max() <= width
    assert starts[:, 1].min() >= -1000 and starts[:, 1].max() <= 300


def test_a_lacking_glyph_is_told_each_time() -> None:
    for _ in range(2):
        fig, ax = theme.figure("half", title="fox 🦊")
        with pytest.raises(KamkitError):
            theme.to_svg(fig)
    assert not holds("🦊") and all(map(holds, sorted(characters())[:200]))


def test_an_svg_is_lean() -> None:
    fig, ax = theme.figure("half", title="大客户", alt="x")
    ax.plot([0, 1], [0, 1], marker="o")
    ax.text(0.5, 0.5, "x < & > 大", rotation=30, alpha=0.5)
    svg = theme.to_svg(fig)
    assert "<style" not in svg and "<!--" not in svg and "axes_1" not in svg
    assert "rotate(-30)" in svg and 'opacity="0.5"' in svg
    assert "url(#p" not in svg and 'href="#m' not in svg


def test_mathematics_stays_with_matplotlib() -> None:
    fig, ax = theme.figure("half", alt="x")
    ax.text(0.5, 0.5, "$x^2$")
    assert "<use" in theme.to_svg(fig)


def test_texts_from_elsewhere_wear_the_house_font() -> None:
    fig, ax = theme.figure("half")
    ax.add_artist(Text(0.5, 0.5, "elsewhere", fontfamily="serif"))
    ax.set_xticks([0, 1], ["“a”", "“大”"])
    theme.to_svg(fig)
    assert {words.get_fontfamily()[0] for words in fig.findobj(Text)} == {FAMILY}
    narrow = [tick.label1.get_fontfeatures() for tick in ax.xaxis.get_major_ticks()]
    assert narrow == [("pwid",), None]


def test_leaders_end_short_of_label_and_point() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0.4, 0.6, (2, 30))
    fig, ax = theme.figure("wide")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.scatter(x, y)
    theme.label_points(ax, x, y, [f"Northstar {i}" for i in range(30)])
    theme.to_svg(fig)
    (leaders,) = (p for p in ax.patches if p.get_zorder() == 4.9)
    ends = leaders.get_path().vertices
    assert len(ends) >= 10
    points = ax.transData.transform(np.column_stack([x, y]))
    nearest = np.linalg.norm(ends[1::2, None] - points[None], axis=2).min(axis=1)
    assert (nearest <= 4.01).all()
