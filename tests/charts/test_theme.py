"""The house style: nothing leaks, nothing is clipped, nothing is drawn twice, no glyph is lost."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from matplotlib.text import Text
from matplotlib_inline.backend_inline import flush_figures

from kamkit.charts import theme
from kamkit.charts.text import columns_of
from kamkit.errors import KamkitError

HOSTILE = [
    "<script>alert(1)</script>",
    "x" * 500,
    "客" * 500,
    "🦊 Fuchs & Söhne 👨‍👩‍👧",
    "$x^2$ and $\\frac{1}{2}$",
    "line one\r\nline two\ttab\x00\x1b[31m",
    "\u202egnp.exe",
    "ب شركة",
    "\ud800 lone",
    "]]> --> &amp; \"quoted\" 'x'",
    "",
]


def specimen(lang: str = "en") -> theme.Figure:
    """One chart that uses most of the theme."""
    words = {"zh": ("大客户收入", "财年", "收入"), "en": ("Key account revenue", "Year", "Revenue")}
    heading, year, revenue = words[lang]
    fig, ax = theme.figure("wide", title=heading, alt=f"{heading}: 3")
    for i in range(3):
        ax.plot([2024, 2025, 2026], np.array([1, 2, 3]) * 1e7 + i * 4e6, **theme.line_style(i))
    ax.set(xlabel=year, ylabel=revenue)
    theme.money_axis(ax, "y", "CNY", lang)
    theme.note(fig, "n = 3; S033")
    return fig


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_data_are_one_short_line_that_draws(name: str) -> None:
    shown = theme.data_text(name)
    assert sum(map(columns_of, shown.replace("\\$", "$"))) <= 18
    assert not re.search(r"[\x00-\x1f\u202e\ud800]", shown)
    fig, ax = theme.figure("half", title=shown, alt=name)
    ax.text(0.5, 0.5, shown)
    ax.bar([shown or " "], [1])
    theme.note(fig, shown)
    svg = theme.to_svg(fig)
    ElementTree.fromstring(svg)
    assert "<script" not in svg


def test_a_missing_name_is_a_dash_and_mathematics_never_starts() -> None:
    assert {theme.data_text(x) for x in (None, float("nan"))} == {"–"}
    assert theme.data_text("$x^2$") == "\\$x^2\\$"
    assert theme.data_text("星河🦊") == "星河〓"
    assert theme.data_text(4711) == "4711"


@pytest.mark.parametrize("draw", [theme.to_svg, theme.to_png])
def test_a_glyph_that_the_font_lacks_is_an_error(draw: Any) -> None:
    fig, ax = theme.figure("half", title="fox 🦊")
    ax.set_xlabel("שלום")
    with pytest.raises(KamkitError) as caught:
        draw(fig)
    found = {problem.value for problem in caught.value.problems}
    assert {p.code for p in caught.value.problems} == {"missing_glyph"}
    assert {"🦊", "ש"} <= found
    assert "U+1F98A" in str(caught.value)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", [theme.to_svg, theme.to_png])
def test_the_same_figure_gives_the_same_bytes(draw: Any, lang: str) -> None:
    assert draw(specimen(lang)) == draw(specimen(lang))
    once = specimen(lang)
    assert draw(once) == draw(once)


def test_svg_scales_and_tells_its_alternative_text() -> None:
    fig = specimen()
    fig.alt = 'a < b & "c"'
    svg = theme.to_svg(fig)
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("width") == "960" and "max-width:100%" in root.get("style", "")
    assert root.get("viewBox") == "0 0 720 403.2"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}desc") == fig.alt
    assert root.findtext(f"{space}title") == "Key account revenue"
    assert f"{space}text" not in {node.tag for node in root.iter()}
    assert "date" not in svg.lower()


def test_two_charts_on_a_page_share_no_id() -> None:
    ids = [re.findall(r'\bid="([^"]+)"', theme.to_svg(specimen(lang))) for lang in ("zh", "en")]
    assert not set(ids[0]) & set(ids[1])
    assert len(ids[0]) == len(set(ids[0]))


def test_settings_of_the_user_neither_change_nor_shine_through() -> None:
    plain = theme.to_svg(specimen())
    before = dict(mpl.rcParams)
    with mpl.rc_context({"font.size": 30, "text.color": "red", "axes.grid": False}):
        mpl.rcParams["lines.linewidth"] = 9
        inside = dict(mpl.rcParams)
        assert theme.to_svg(specimen()) == plain
        assert dict(mpl.rcParams) == inside
    assert dict(mpl.rcParams) == before


def test_what_is_added_later_has_the_house_font_and_size() -> None:
    fig, ax = theme.figure("half")
    late = [ax.text(0.5, 0.5, "late"), ax.annotate("x", (0, 0)), ax.twinx().set_ylabel("b")]
    late += ax.legend(handles=ax.plot([0, 1], label="line")).get_texts()
    theme.to_svg(fig)
    assert {text.get_fontfamily()[0] for text in fig.findobj(Text)} == {theme.FAMILY}
    assert {round(text.get_fontsize()) for text in late} <= {12, 13}


@pytest.mark.parametrize("size", list(theme.SIZES))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_heading_footer_and_axes_keep_clear_of_each_other(size: str, lang: str) -> None:
    long = {
        "zh": "华东区大客户收入逐年增长，其余持平。" * 4,
        "en": "Revenue grew year by year. " * 6,
    }
    fig, ax = theme.figure(size, title=long[lang], alt="x")
    ax.plot([0, 1e6], [0, 5e8], label="A")
    ax.set(xlabel=long[lang][:12], ylabel=long[lang][:6])
    fig.legend(loc="outside right upper")
    theme.note(fig, long[lang])
    theme.note(fig, "n = 2")
    theme.to_png(fig, dpi=100)
    heading, footer = fig._heading.get_window_extent(), fig._footer.get_window_extent()
    body = ax.get_tightbbox()
    legend = fig.legends[0].get_window_extent()
    assert body is not None
    assert footer.y1 <= body.y0 + 1
    assert max(body.y1, legend.y1) <= heading.y0 + 1
    assert body.x1 <= legend.x0 + 1
    for box in (heading, footer, body, legend):
        assert box.x0 >= -1
        assert box.x1 <= fig.bbox.x1 + 1
    assert footer.y0 >= 0
    assert heading.y1 <= fig.bbox.y1


def test_labels_do_not_overlap_and_stay_inside() -> None:
    rng = np.random.default_rng(11)
    x, y = rng.uniform(0, 1, (2, 40))
    x[7] = np.nan
    fig, ax = theme.figure("wide")
    ax.scatter(x, y)
    labels = theme.label_points(ax, x, y, [f"Northstar {i}" for i in range(40)], max_labels=30)
    theme.to_png(fig, dpi=100)
    assert len(labels) == 30
    boxes = [Text.get_window_extent(label) for label in labels if label.get_visible()]
    frame = ax.get_window_extent()
    assert len(boxes) >= 20
    for i, box in enumerate(boxes):
        assert frame.x0 - 1 <= box.x0
        assert box.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= box.y0
        assert box.y1 <= frame.y1 + 1
        assert not any(box.padded(-1.5).overlaps(other.padded(-1.5)) for other in boxes[:i])


def test_labels_of_nothing_and_of_dates_are_no_trouble() -> None:
    fig, ax = theme.figure("half")
    assert theme.label_points(ax, [], [], []) == []
    days = np.array(["2026-01-01", "2026-06-01"], dtype="datetime64[D]")
    ax.plot(days, [1, 2])
    assert len(theme.label_points(ax, days, [1, 2], ["A", "B"])) == 2
    theme.to_svg(fig)


@pytest.mark.parametrize(
    ("lang", "top", "currency", "label"),
    [
        ("zh", 3.2e7, "CNY", "收入（万元）"),
        ("zh", 3.2e10, "USD", "收入（亿美元）"),
        ("zh", 900, "CNY", "收入（元）"),
        ("en", 3.2e7, "CNY", "收入 (CNY m)"),
        ("en", 900, "EUR", "收入 (EUR)"),
        ("en", 4.5e9, "XAU", "收入 (XAU bn)"),
    ],
)
def test_money_axes_name_their_unit(lang: str, top: float, currency: str, label: str) -> None:
    fig, ax = theme.figure("half")
    theme.money_axis(ax, "y", currency, lang)
    ax.plot([0, 1], [0, top])
    ax.set_ylabel("收入")
    for _ in range(2):
        theme.to_svg(fig)
        assert ax.get_ylabel() == label
    shown = [tick.get_text() for tick in ax.get_yticklabels()]
    assert len(set(shown)) == len(shown)


def test_percent_axes_show_the_decimals_that_the_ticks_need() -> None:
    fig, ax = theme.figure("half")
    ax.plot([0, 1], [0.10, 0.112])
    theme.percent_axis(ax, "y", "en")
    theme.to_svg(fig)
    assert "10.2%" in [tick.get_text() for tick in ax.get_yticklabels()]


def test_a_notebook_shows_a_figure_once_as_svg() -> None:
    shell = InteractiveShell.instance()
    try:
        select_figure_formats(shell, {"png"})
        with capture_output() as shown:
            shell.display_formatter.format(specimen())
            flush_figures()
        kinds = [sorted(output.data) for output in shown.outputs]
    finally:
        InteractiveShell.clear_instance()
    assert kinds == [["image/svg+xml", "text/plain"]]


@pytest.mark.parametrize("projection", [None, "polar"])
def test_panels_come_as_subplots_returns_them(projection: str | None) -> None:
    fig, axes = theme.figure("wide", rows=2, cols=2, subplot_kw={"projection": projection})
    assert axes.shape == (2, 2)
    axes[0, 0].plot([0, 1, 2], [1, 2, 3])
    assert theme.to_svg(fig).startswith("<svg")
