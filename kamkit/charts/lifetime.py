"""Pictures of retention and lifetime value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.theme import INK, MUTED, SERIES, Figure, data_text, style
from kamkit.i18n import label, number, percent, t

_WITHOUT = ("too_little_history", "cost_missing", "not_active")
_NAMED = 6


def _words(kind: str, keys: Iterable[object], lang: str) -> str:
    """Variants or origins in the reader's words, each once."""
    parts = [part.strip() for key in keys for part in str(key).split(";") if part.strip()]
    words = [label(f"{kind}.{p}", lang, p.removeprefix("field:")) for p in dict.fromkeys(parts)]
    house = label("word.house", lang)
    return t("chart.lifetime.comma", lang).join(house if w == "house" else w for w in words)


def _footer(fig: Figure, table: pd.DataFrame, n: str, lang: str) -> None:
    variant = _words("variant", table["variant"].dropna().unique(), lang)
    origin = _words("origin", table["origin"].dropna().unique(), lang)
    key = "chart.lifetime.note"
    theme.note(fig, t(key, lang, n=n, variant=variant, origin=origin))


def _blank(title: str, lang: str) -> Figure:
    """A chart of nothing says so instead of showing bare axes."""
    fig, ax = theme.figure("half", title=title, alt=t("chart.lifetime.empty", lang))
    ax.set_axis_off()
    ax.text(0.5, 0.5, t("chart.lifetime.empty", lang), ha="center", color=MUTED)
    return fig


def _fit_panel(ax: Axes, curve: pd.DataFrame, names: tuple[str, ...], lang: str) -> None:
    observed, fitted, low, high = names
    shown = curve[curve[fitted].notna()]
    seen, model = style(0), style(1)
    ax.fill_between(shown["period"], shown[low], shown[high], color=model["color"], alpha=0.22)
    ax.plot(shown["period"], shown[fitted], color=model["color"], linestyle="--")
    ax.plot(shown["period"], shown[observed], color=seen["color"], marker="o", linestyle="none")
    theme.percent_axis(ax, "y", lang)
    ax.set_xlabel(t("chart.lifetime.period", lang))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    last = float(shown["period"].max())
    ax.set_xlim(float(shown["period"].min()) - 0.3, last + 0.3)


def plot_fitted_retention(
    curve: pd.DataFrame, *, lang: str, summary: pd.DataFrame | None = None
) -> Figure:
    """Accounts still there and retention by period: counted, and fitted with its band.

    Needs columns: those of ``SbgFit.curve``. ``summary``, ``SbgFit.summary``, gives the footer
    its variant and origin.

    >>> plot_fitted_retention(pd.DataFrame({"period": []}), lang="en").alt
    'Nothing to show: there is too little history.'
    """
    if curve.empty:
        return _blank(t("chart.lifetime.curve.topic", lang), lang)
    last = curve.iloc[-1]
    values = {"periods": int(last["period"]), "left": number(last["observed"] * 100, lang)}
    fig, (left, right) = theme.figure(
        "wide",
        cols=2,
        title=t("chart.lifetime.curve.title", lang, **values),
        alt=t("chart.lifetime.curve.alt", lang, **values),
    )
    _fit_panel(left, curve, ("observed", "fitted", "low", "high"), lang)
    ends = [f"retention_{end}" for end in ("observed", "fitted", "low", "high")]
    _fit_panel(right, curve, tuple(ends), lang)
    left.set_ylim(0, 1.04)
    left.set_title(t("chart.lifetime.curve.survival", lang))
    right.set_title(t("chart.lifetime.curve.retention", lang))
    handles = [*left.lines[::-1], *left.collections]
    names = [t(f"chart.lifetime.curve.{key}", lang) for key in ("counted", "fitted", "band")]
    fig.legend(handles, names, loc="outside lower center", ncols=3)
    if summary is not None:
        _footer(fig, summary, number(curve["at_start"].iloc[0], lang), lang)
    return fig


def plot_retention(retention: pd.DataFrame, *, lang: str) -> Figure:
    """Retention by period with its interval and the number of accounts behind it.

    Needs columns: those of ``retention_by_period``.

    >>> plot_retention(pd.DataFrame({"rate": []}), lang="en").alt
    'Nothing to show: there is too little history.'
    """
    shown = retention.dropna(subset=["rate"])
    if shown.empty:
        return _blank(t("chart.lifetime.retention.topic", lang), lang)
    last = shown.iloc[-1]
    values = {"rate": percent(last["rate"], lang, 0), "low": percent(last["low"], lang, 0)}
    values |= {"high": percent(last["high"], lang, 0), "n": number(last["at_start"], lang)}
    fig, ax = theme.figure(
        "wide",
        title=t("chart.lifetime.retention.title", lang, **values),
        alt=t("chart.lifetime.retention.alt", lang, periods=len(shown), **values),
    )
    at = np.arange(len(shown))
    ax.vlines(at, shown["low"], shown["high"], color=SERIES[0], lw=3, alpha=0.45)
    ax.plot(at, shown["rate"], linestyle="none", marker="o", markersize=10, color=SERIES[0])
    ends = pd.to_datetime(shown["period_end"]).dt.strftime("%Y-%m")
    names = [
        t("chart.lifetime.retention.tick", lang, end=end, kept=int(kept), start=int(start))
        for end, kept, start in zip(ends, shown["retained"], shown["at_start"], strict=True)
    ]
    ax.set_xticks(at, names)
    ax.set_xlim(-0.6, len(shown) - 0.4)
    ax.set_ylim(0, 1.04)
    theme.percent_axis(ax, "y", lang)
    ax.set_ylabel(t("chart.lifetime.retention.y", lang))
    for x, rate in zip(at, shown["rate"], strict=True):
        place = {"xytext": (12, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(percent(rate, lang, 0), (x, rate), color=INK, **place)
    n = t("chart.lifetime.retention.n", lang, n=number(shown["at_start"].sum(), lang))
    _footer(fig, shown, n, lang)
    return fig


def _without_value(values: pd.DataFrame, names: pd.Series, lang: str) -> Iterable[str]:
    """One sentence per reason for which accounts have no value; names up to a few."""
    for status in _WITHOUT:
        hit = names[values["status"] == status]
        if len(hit):
            listed = t("chart.lifetime.comma", lang).join(
                data_text(name, 14) for name in hit[:_NAMED]
            )
            more = "" if len(hit) <= _NAMED else t("chart.lifetime.value.more", lang)
            key = f"chart.lifetime.value.{status}"
            yield t(key, lang, count=len(hit), names=listed + more)


def _group_shades(ax: Axes, groups: pd.Series, lang: str) -> None:
    """Shade and label the accounts that can't be separated."""
    for rows in groups.groupby(groups).groups.values():
        first, last = min(rows), max(rows)
        if first < last:
            ax.axhspan(first - 0.42, last + 0.42, color=MUTED, alpha=0.12, lw=0)
            place: dict[str, Any] = {
                "transform": ax.get_yaxis_transform(),
                "va": "center",
                "ha": "left",
            }
            text = t("chart.lifetime.value.group", lang)
            ax.text(1.01, (first + last) / 2, text, color=MUTED, fontsize=11, **place)


def plot_lifetime_value(
    values: pd.DataFrame, *, lang: str, currency: str = "", most: int = 15
) -> Figure:
    """Lifetime value per account as dot and interval, and who has none and why.

    Needs columns: those of ``lifetime_value``; ``name`` is shown where it is there.

    >>> empty = pd.DataFrame(columns=["account_id", "value", "status"])
    >>> plot_lifetime_value(empty, lang="en").alt
    'Nothing to show: there is too little history.'
    """
    names = values["name"] if "name" in values.columns else values["account_id"]
    known = values[values["value"].notna()]
    if known.empty:
        fig = _blank(t("chart.lifetime.value.topic", lang), lang)
    else:
        fig = _values_figure(known.head(most).reset_index(drop=True), len(known), lang, currency)
    for sentence in _without_value(values, names, lang):
        theme.note(fig, sentence)
    if not known.empty:
        theme.note(fig, t("chart.lifetime.value.bars", lang))
        _footer(fig, known, number(known["n"].max(), lang), lang)
    return fig


def _values_figure(shown: pd.DataFrame, known: int, lang: str, currency: str) -> Figure:
    named = shown["name"] if "name" in shown.columns else shown["account_id"]
    names = [data_text(name) for name in named]
    tied = int((shown["group"] == shown["group"].iloc[0]).sum())
    key = "chart.lifetime.value.title" if tied == 1 else "chart.lifetime.value.title_tied"
    fig, ax = theme.figure(
        "wide" if len(shown) <= 9 else (10.0, 2.6 + 0.42 * len(shown)),
        title=t(key, lang, name=names[0], count=tied),
        alt=t("chart.lifetime.value.alt", lang, name=names[0], shown=len(shown), known=known),
    )
    at = np.arange(len(shown))
    loss = (shown["value"] < 0).to_numpy()
    for mask, mark, color in ((~loss, "o", SERIES[0]), (loss, "X", theme.BAD)):
        part = shown[mask]
        ax.hlines(at[mask], part["low"], part["high"], color=color, lw=3, alpha=0.45)
        ax.plot(part["value"], at[mask], linestyle="none", marker=mark, ms=10, color=color)
    ax.axvline(0, color=theme.RULE, lw=1)
    ax.set_yticks(at, names)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlabel(t("chart.lifetime.value.x", lang))
    theme.value_grid(ax, "x")
    theme.money_axis(ax, "x", currency, lang)
    _group_shades(ax, shown["group"], lang)
    return fig


def plot_alive_matrix(matrix: pd.DataFrame, *, lang: str, unit: str = "week") -> Figure:
    """P(alive) by number of repeat orders and time of the last one.

    Needs columns: x, t_x, T, p_alive (see ``alive_matrix``).

    >>> plot_alive_matrix(pd.DataFrame({"p_alive": []}), lang="en").alt
    'Nothing to show: there is too little history.'
    """
    if matrix["p_alive"].isna().all():
        return _blank(t("chart.lifetime.alive.topic", lang), lang)
    table = matrix.pivot(index="x", columns="t_x", values="p_alive")
    word = t(f"chart.lifetime.unit.{unit}", lang)
    age = number(matrix["T"].iloc[0], lang)
    fig, ax = theme.figure(
        "wide",
        title=t("chart.lifetime.alive.title", lang, age=age, unit=word),
        alt=t("chart.lifetime.alive.alt", lang, age=age, unit=word),
    )
    ax.imshow(table, cmap=theme.SEQUENTIAL, vmin=0, vmax=1, aspect="auto", origin="lower")
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if not np.isnan(value):
            ink = theme.ink_on(theme.SEQUENTIAL(float(value)))
            text = percent(value, lang, 0)
            ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=11)
    ax.set_xticks(range(table.shape[1]), [number(c, lang) for c in table.columns])
    ax.set_yticks(range(table.shape[0]), [str(r) for r in table.index])
    ax.set_xlabel(t("chart.lifetime.alive.x", lang, unit=word))
    ax.set_ylabel(t("chart.lifetime.alive.y", lang))
    theme.value_grid(ax, "none")
    theme.note(fig, t("chart.lifetime.alive.note", lang))
    return fig


def plot_repeat_check(check: pd.DataFrame, *, lang: str) -> Figure:
    """Customers by number of repeat orders: counted beside what the model expects.

    Needs columns: x, observed, expected (see ``bgnbd_check``).

    >>> plot_repeat_check(pd.DataFrame({"x": []}), lang="en").alt
    'Nothing to show: there is too little history.'
    """
    if check.empty:
        return _blank(t("chart.lifetime.check.topic", lang), lang)
    total = number(check["observed"].sum(), lang)
    fig, ax = theme.figure(
        "wide",
        title=t("chart.lifetime.check.title", lang),
        alt=t("chart.lifetime.check.alt", lang, n=total),
    )
    at = np.arange(len(check))
    for i, (key, side) in enumerate((("observed", -0.2), ("expected", 0.2))):
        name = t(f"chart.lifetime.check.{key}", lang)
        ax.bar(at + side, check[key], width=0.38, label=name, **theme.fill_style(i))
    names = [str(x) for x in check["x"]]
    names[-1] = t("chart.lifetime.check.or_more", lang, x=names[-1])
    ax.set_xticks(at, names)
    ax.set_xlabel(t("chart.lifetime.check.x", lang))
    ax.set_ylabel(t("chart.lifetime.check.y", lang))
    ax.legend()
    theme.note(fig, t("chart.lifetime.check.note", lang, n=total))
    return fig
