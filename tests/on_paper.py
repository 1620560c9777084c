"""Whether everything that a chart writes lies on its paper."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from kamkit.charts import theme


def stands_inside(fig: theme.Figure) -> None:
    """Every text that is drawn lies on the paper and has no foreign character."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    # An axis keeps ticks beyond its limits, which it doesn't draw.
    ticks = {
        id(words): tick
        for ax in fig.axes
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim()))
        for tick in axis.majorTicks
        for words in (tick.label1, tick.label2)
        if not min(limits) <= tick.get_loc() <= max(limits)
    }
    for words in fig.findobj(Text):
        if not words.get_visible() or not words.get_text().strip() or id(words) in ticks:
            continue
        box, paper = words.get_window_extent(renderer), fig.bbox
        inside = box.x0 >= -1 and box.y0 >= -1
        inside = inside and box.x1 <= paper.x1 + 1 and box.y1 <= paper.y1 + 1
        assert inside, (words.get_text(), box.bounds, paper.bounds)
        assert set(words.get_text()) - {"\n"} <= theme.characters(), words.get_text()
