"""The picture of ladders beside each other."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle

from kamkit.charts import plot_stage_crosswalk
from kamkit.charts.theme import characters, to_svg
from kamkit.i18n import LANGUAGES
from kamkit.schemes import CANONICAL, ladder_ids, load_ladder


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_stage_stands_in_its_box(lang):
    ladders = [load_ladder(k) for k in ladder_ids()]
    fig = plot_stage_crosswalk(ladders, lang=lang)
    ax = fig.axes[0]
    n = sum(len(ladder.stages) for ladder in ladders)
    assert len(ax.texts) == n and f"n = {n}" in fig.footer
    assert len(ax.get_xticklabels()) == len(CANONICAL)
    assert len(ax.get_yticklabels()) == len(ladders)
    words = "".join(text.get_text() for text in ax.texts)
    assert set(words) - {"\n"} <= characters()
    assert "<svg" in to_svg(fig)
    boxes = [b for b in ax.patches if isinstance(b, Rectangle) and not b.get_fill()]
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    for box, text in zip(boxes, ax.texts, strict=True):
        room, taken = box.get_window_extent(renderer), text.get_window_extent(renderer)
        assert taken.width <= room.width * 1.02 and taken.height <= room.height, text.get_text()


def test_nothing_to_show():
    assert "empty" in plot_stage_crosswalk([], lang="en").alt
