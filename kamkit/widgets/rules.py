"""Controls that a scheme brings along: one per cut-off, one per case its rule leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as w

from kamkit.i18n import label, money, t
from kamkit.schemes import field_labels
from kamkit.widgets.controls import Control, choice, slider

if TYPE_CHECKING:
    from kamkit.schemes import Cutoff, OpenCase, Scheme

_LABEL = {"description_width": "27em"}
_WIDE = "52em"


def roomy(control: Control) -> Control:
    """The same control with room for a label of a dozen words."""
    for widget in control.inputs:
        widget.style.description_width = _LABEL["description_width"]
        widget.layout.width = _WIDE
    return control


def money_slider(
    name: str,
    text: str,
    *,
    low: float,
    high: float,
    step: float,
    value: float,
    lang: str,
    currency: str = "",
) -> Control:
    """An amount by steps, written in 万 or in thousands and millions.

    >>> control = money_slider("cut", "Limit", low=0, high=2e6, step=1e6, value=1e6, lang="en")
    >>> control.read()
    1000000.0
    """
    count = round((high - low) / step)
    amounts = sorted({*(low + i * step for i in range(count + 1)), float(value)})
    widget = w.SelectionSlider(
        options=[(money(a, currency, lang), float(a)) for a in amounts],
        value=float(value),
        description=text,
        continuous_update=False,
        style=_LABEL,
        layout=w.Layout(width=_WIDE),
    )
    return Control(name, widget, (widget,), lambda: widget.value)


def _cutoff_control(cut: Cutoff, lang: str, currency: str) -> Control | None:
    """A control for a cut-off; none where the accounts alone set it, or at zero money, which
    gives no hint of a sensible step."""
    value, text = cut.value, cut.labels[lang]
    if value is None or (cut.unit == "money" and cut.rule != "quantile" and value <= 0):
        return None
    if cut.rule == "quantile" or cut.unit == "share":
        high = max(1.0, value)
        return roomy(slider(cut.id, text, low=0.0, high=high, value=value, step=0.05, share=True))
    if cut.unit == "money":
        steps = {"low": value / 5, "high": value * 2.5, "step": value / 10}
        return money_slider(cut.id, text, value=value, lang=lang, currency=currency, **steps)
    if cut.unit in ("rating", "score") and value <= 5:
        return roomy(slider(cut.id, text, low=1.0, high=5.0, value=value, step=0.5))
    if cut.unit in ("count", "rank", "years") and value == round(value):
        top = max(10, round(2 * value))
        return roomy(slider(cut.id, text, low=0, high=top, value=round(value), step=1))
    return roomy(
        slider(cut.id, text, low=0.0, high=max(2 * value, 1.0), value=value, step=value / 20 or 0.1)
    )


def _case_control(case: OpenCase, scheme: Scheme, lang: str) -> Control:
    options = {"": label("reading.leave_open", lang)}
    options |= {m: scheme.member(m).labels[lang] for m in case.between}
    text = scheme.conditions[case.when].labels[lang]
    return roomy(choice(case.when, text, options, value=""))


def rule_controls(
    scheme: Scheme,
    *,
    lang: str,
    currency: str = "",
    cutoffs: Sequence[str] | None = None,
    cases: bool = True,
) -> list[Control]:
    """The controls of a scheme: its cut-offs, then the cases that its rule leaves open.

    ``cutoffs`` chooses some of them, and what the scheme lacks is left out. A cut-off that is
    the average or median of the accounts has no control.

    >>> from kamkit.schemes import load_scheme
    >>> [c.name for c in rule_controls(load_scheme("guide"), lang="en")]
    ['strategic_top', 'key_top']
    """
    wanted = [c for c in scheme.cutoffs.values() if cutoffs is None or c.id in cutoffs]
    found = [_cutoff_control(c, lang, currency) for c in wanted]
    controls = [c for c in found if c is not None]
    if cases:
        controls += [_case_control(case, scheme, lang) for case in scheme.open]
    return controls


def scheme_choice(
    name: str, text: str, schemes: Sequence[Scheme], *, lang: str, value: str | None = None
) -> Control:
    """One of several schemes, by name; read as its id.

    >>> from kamkit.schemes import load_scheme
    >>> scheme_choice("a", "Scheme", [load_scheme("guide")], lang="en").read()
    'guide'
    """
    return roomy(choice(name, text, {s.id: s.labels[lang] for s in schemes}, value=value))


def hour_sliders(
    lang: str, *, hours_key: float = 300, hours_other: float = 10, share: float = 0.5
) -> list[Control]:
    """Hours a year for a key account, for any other one, and the share of hours for accounts.

    >>> [c.read() for c in hour_sliders("en")]
    [300, 10, 0.5]
    """
    top = max(1800, round(hours_key))
    sliders = (
        slider("hours_key", t("widget.hours_key", lang), low=20, high=top, value=hours_key,
               step=20),
        slider("hours_other", t("widget.hours_other", lang), low=1, high=60, value=hours_other,
               step=1),
        slider("share", t("widget.hours_share", lang), low=0.1, high=1.0, value=share, step=0.05,
               share=True),
    )  # fmt: skip
    return [roomy(one) for one in sliders]


def judgement(name: str, first: str, second: str, *, lang: str, value: float = 1.0) -> Control:
    """How many times as important the first of two criteria is, on the scale of one to nine.

    >>> judgement("first_second", "solvency", "flexibility", lang="en", value=3).read()
    3.0
    """
    one, two = (field_labels(f"rating:{c}")[lang] for c in (first, second))
    options: dict[float, str] = {}
    for level in (9, 7, 5, 3, 2):
        options[float(level)] = t("reading.times", lang, first=one, second=two, times=level)
    options[1.0] = t("reading.equal", lang, first=one, second=two)
    for level in (2, 3, 5, 7, 9):
        options[1 / level] = t("reading.times", lang, first=two, second=one, times=level)
    return roomy(choice(name, "", options, value=float(value)))
