"""Axes that read as money or shares, with the unit where a reader looks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import Formatter, NullFormatter, NullLocator

from kamkit import i18n

if TYPE_CHECKING:
    from kamkit.charts.theme import Figure

Side = Literal["x", "y"]
_MOST_DIGITS = 4


class StepFormatter(Formatter):
    """Ticks as text, with just the decimals that the distance between ticks needs."""

    def __init__(self, write: Callable[[float, int], str], divisor: float = 1.0) -> None:
        self.write = write
        self.divisor = divisor
        self.digits = 0

    def set_locs(self, locs: Any) -> None:
        """Learn the ticks and choose the decimals."""
        super().set_locs(locs)
        ticks = np.unique(np.asarray(locs, dtype=float)) / self.divisor
        self.digits = _digits(ticks)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.write(x / self.divisor, self.digits)


def _digits(ticks: Sequence[float] | np.ndarray) -> int:
    """Fewest decimals that write every tick exactly, within reason."""
    for digits in range(_MOST_DIGITS):
        if np.allclose(np.round(ticks, digits), ticks, rtol=1e-9, atol=1e-9):
            return digits
    return _MOST_DIGITS


def with_unit(text: str, unit: str, lang: str) -> str:
    """An axis label with its unit in brackets.

    >>> with_unit("Sales cycle", "days", "en"), with_unit("成交周期", "天", "zh")
    ('Sales cycle (days)', '成交周期（天）')
    """
    if not text or not unit:
        return text or unit
    return i18n.t("chart.axis.with_unit", lang, label=text, unit=unit)


def money_word(unit: str, currency: str, lang: str) -> str:
    """How a currency and a unit are written together beside an axis.

    >>> money_word("万", "CNY", "zh"), money_word("m", "EUR", "en"), money_word("", "USD", "zh")
    ('万元', 'EUR m', '美元')
    """
    name = i18n.label(f"currency.{currency}", lang, currency) if currency else ""
    return i18n.t("chart.axis.money", lang, currency=name, unit=unit).strip()


def _side(ax: Axes, axis: Side) -> Axis:
    return ax.xaxis if axis == "x" else ax.yaxis


def money_axis(ax: Axes, axis: Side, currency: str, lang: str) -> None:
    """Write the ticks of an axis in 万/亿 or k/m/bn and its unit behind the axis label.

    The unit follows the limits at the time of drawing, so this may be called before or after
    plotting and labelling.

    >>> from kamkit.charts.theme import figure, to_svg
    >>> fig, ax = figure("half")
    >>> _ = ax.barh(["A"], [23_000_000]), ax.set_xlabel("Revenue")
    >>> money_axis(ax, "x", "EUR", "en")
    >>> _ = to_svg(fig)
    >>> ax.get_xlabel(), ax.xaxis.get_major_formatter()(20_000_000)
    ('Revenue (EUR m)', '20')
    """
    side = _side(ax, axis)
    words = {"base": "", "shown": ""}

    def rule() -> None:
        low, high = side.get_view_interval()
        size, unit = i18n.money_unit([low, high], lang)
        side.set_major_formatter(
            StepFormatter(lambda value, digits: i18n.number(value, lang, digits), size)
        )
        if side.get_scale() == "log":
            # Minor ticks have neither length nor label here; making them takes time.
            side.set_minor_formatter(NullFormatter())
            side.set_minor_locator(NullLocator())
        if side.get_label_text() != words["shown"]:
            words["base"] = side.get_label_text()
        words["shown"] = with_unit(words["base"], money_word(unit, currency, lang), lang)
        side.set_label_text(words["shown"])

    _before_draw(ax, rule)


def percent_axis(ax: Axes, axis: Side, lang: str) -> None:
    """Write the ticks of an axis of shares 0–1 as percentages.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half")
    >>> percent_axis(ax, "y", "en")
    >>> ax.yaxis.get_major_formatter()(0.25)
    '25%'
    """
    side = _side(ax, axis)

    def write(value: float, digits: int) -> str:
        return i18n.percent(value / 100, lang, digits)

    side.set_major_formatter(StepFormatter(write, 0.01))


def value_grid(ax: Axes, axis: Literal["x", "y", "both", "none"]) -> None:
    """Choose the grid lines: "x" for horizontal bars, "both" for scatters, "none" for maps.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half")
    >>> value_grid(ax, "x")
    """
    ax.grid(False)
    if axis != "none":
        ax.grid(True, axis=axis)
    for side in ("left", "bottom"):
        crossing = {"x": "left", "y": "bottom"}.get(axis)
        ax.spines[side].set_visible(axis == "both" or side == crossing)


def turn_outward(ax: PolarAxes) -> None:
    """Let the names around a polar chart grow away from it instead of across its rim.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half", subplot_kw={"projection": "polar"})
    >>> turn_outward(ax)
    >>> ax.get_xticklabels()[0].get_horizontalalignment()
    'left'
    """
    turn, start = ax.get_theta_direction(), ax.get_theta_offset()
    for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=False):
        across = math.cos(place * turn + start)
        label.set_horizontalalignment(
            "center" if abs(across) < 0.2 else "left" if across > 0 else "right"
        )


def _before_draw(ax: Axes, rule: Callable[[], None]) -> None:
    fig: Figure = ax.get_figure(root=True)  # type: ignore[assignment]
    fig.before_draw(rule)
    if math.isfinite(ax.dataLim.width):
        rule()
