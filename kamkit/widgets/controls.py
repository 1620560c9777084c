"""Controls for a live recomputation: each gives one named value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as w

from kamkit.i18n import label, percent

_LABEL = {"description_width": "14em"}
_WIDE = "36em"


@dataclass(frozen=True)
class Control:
    """One input of a what-if: its widget, and how to read the value that the method takes.

    ``inputs`` are the widgets to watch.
    """

    name: str
    widget: w.Widget
    inputs: tuple[w.Widget, ...]
    read: Callable[[], Any]


def slider(
    name: str,
    text: str,
    *,
    low: float,
    high: float,
    value: float,
    step: float,
    share: bool = False,
) -> Control:
    """A number by mouse, touch or arrow keys; ``share`` shows 0–1 as a percentage."""
    kind = w.FloatSlider if isinstance(step, float) else w.IntSlider
    extra = (
        {"readout_format": ".0%" if share else ",.1f" if step >= 0.1 else ",.2f"}
        if kind is w.FloatSlider
        else {}
    )
    widget = kind(
        value=value,
        min=low,
        max=high,
        step=step,
        description=text,
        continuous_update=False,
        style=_LABEL,
        layout=w.Layout(width=_WIDE),
        **extra,
    )
    return Control(name, widget, (widget,), lambda: widget.value)


def choice(
    name: str, text: str, options: Mapping[Any, str] | Sequence[str], *, value: Any = None
) -> Control:
    """One of several values; a mapping gives value → words."""
    pairs = options.items() if isinstance(options, Mapping) else [(o, o) for o in options]
    listed = [(words, option) for option, words in pairs]
    widget = w.Dropdown(
        options=listed,
        value=listed[0][1] if value is None else value,
        description=text,
        style=_LABEL,
        layout=w.Layout(width=_WIDE),
    )
    return Control(name, widget, (widget,), lambda: widget.value)


def switch(name: str, text: str, *, value: bool = False) -> Control:
    """Yes or no."""
    widget = w.Checkbox(value=value, description=text, indent=False, layout=w.Layout(width=_WIDE))
    return Control(name, widget, (widget,), lambda: widget.value)


def weights(
    name: str, names: Mapping[str, str], *, lang: str, value: Mapping[str, float] | None = None
) -> Control:
    """Points per criterion, read as shares that add up to 1.

    ``names`` gives criterion → words. Each slider runs from 0 to 100; the share that its
    points come to is shown beside it. All at zero is read as equal weights.
    """
    start = value or dict.fromkeys(names, 1 / len(names))
    top = max(start.values()) or 1.0
    sliders = {
        key: w.IntSlider(
            value=round(50 * start[key] / top),
            min=0,
            max=100,
            description=words,
            readout=False,
            continuous_update=False,
            style=_LABEL,
            layout=w.Layout(width="30em"),
        )
        for key, words in names.items()
    }
    shown = {key: w.Label(layout=w.Layout(width="4em")) for key in names}

    def read() -> dict[str, float]:
        total = sum(s.value for s in sliders.values())
        if not total:
            return dict.fromkeys(sliders, 1 / len(sliders))
        return {key: s.value / total for key, s in sliders.items()}

    def show(_: Any = None) -> None:
        for key, share in read().items():
            shown[key].value = percent(share, lang, 0)

    for one in sliders.values():
        one.observe(show, names="value")
    show()
    rows = [w.HBox([sliders[key], shown[key]]) for key in names]
    box = w.VBox([w.HTML(f"<b>{label('widget.weights', lang)}</b>"), *rows])
    return Control(name, box, tuple(sliders.values()), read)
