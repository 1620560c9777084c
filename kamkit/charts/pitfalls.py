"""The pitfalls of leading a team as its members see them, with linked remedies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, row_chart
from kamkit.charts.rows import chosen_wave, column_words, name_rows, signed, whiskers
from kamkit.charts.sources import blank
from kamkit.charts.stages import legend_below, short_list
from kamkit.charts.theme import BAD, GOOD, INK, PAPER, SERIES, Figure
from kamkit.i18n import number, t

_SIGNS = {"present": ("v", BAD, BAD), "maybe": ("o", PAPER, INK), "absent": ("^", GOOD, GOOD)}
_MIDDLE = 3.0  # middle of the scale, above which an item is present


def plot_pitfalls(
    items: pd.DataFrame,
    *,
    lang: str,
    remedies: pd.DataFrame | None = None,
    team: str | None = None,
    wave: str | None = None,
) -> Figure:
    """Means of a team's pitfalls with intervals, worst on top, and what may help.

    Needs columns: those of ``PitfallProfile.items``; ``remedies`` is its other table. ``team``:
    default the first; ``wave``: the last. Items with too few answers keep their row, unfilled.

    >>> plot_pitfalls(pd.DataFrame({"item": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.pitfalls.topic", lang)
    if items.empty:
        return blank(topic, lang)
    wanted = items["team"].iloc[0] if team is None else team
    here = chosen_wave(items[items["team"].astype(str) == str(wanted)], wave)
    if here.empty:
        return blank(topic, lang)
    shown = here.sort_values(["mean", "item"], ascending=[False, True], kind="stable",
                             na_position="last").reset_index(drop=True)  # fmt: skip
    present = shown[shown["status"] == "present"]
    said = {
        "team": theme.data_text(wanted, 24), "n": number(len(shown), lang),
        "present": number(len(present), lang), "wave": theme.data_text(shown["wave"].iloc[0]),
        "people": number(shown["n"].max(), lang),
        "worst": key_name("pitfall", shown["item"].iloc[0], lang, 40),
        "hidden": number(shown["mean"].isna().sum(), lang),
    }  # fmt: skip
    key = "title_hidden" if shown["mean"].isna().all() else "title" if len(present) else (
        "title_none")  # fmt: skip
    fig, ax = row_chart("pitfalls", len(shown), said, lang, key=key, per=0.44)
    _rows(ax, shown, lang)
    names = [theme.wrap(key_name("pitfall", i, lang, 40), 170, 12) for i in shown["item"]]
    name_rows(ax, names)
    _beside(ax, shown, remedies, lang)
    ax.set_xlim(0.9, 5.1)
    ax.set_xticks([1, 2, 3, 4, 5])
    ax.set_xlabel(t("chart.pitfalls.x", lang))
    legend_below(fig, [ax], [], 4)
    hidden = t("chart.pitfalls.hidden", lang, **said) if said["hidden"] != "0" else ""
    return close(fig, lang, here, shown["n"].max(), t("chart.pitfalls.reading", lang), hidden)


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    ax.axvline(_MIDDLE, color=INK, lw=1.2, zorder=1, label=t("chart.pitfalls.middle", lang))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0], 5)
    for key, (marker, face, edge) in _SIGNS.items():
        here = (shown["status"] == key).to_numpy()
        if here.any():
            ax.plot(shown["mean"].to_numpy(float)[here], at[here], ls="none", marker=marker, ms=10,
                    mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.pitfalls.{key}", lang))  # fmt: skip


def _beside(ax: Axes, shown: pd.DataFrame, remedies: pd.DataFrame | None, lang: str) -> None:
    at = range(len(shown))
    rows = shown.to_dict("records")
    counts = [t("chart.pitfalls.too_few", lang) if r["mean"] != r["mean"] else
              number(r["n"], lang) for r in rows]  # fmt: skip
    right = column_words(ax, at, counts, 10, t("chart.pitfalls.head_n", lang))
    if "change" in shown.columns and shown["change"].notna().any():
        moves = [_change(r, lang) for r in rows]
        right = column_words(ax, at, moves, right, t("chart.pitfalls.head_change", lang))
    if remedies is not None and len(remedies):
        first = remedies[(remedies["team"] == rows[0]["team"])
                         & (remedies["wave"] == rows[0]["wave"])]  # fmt: skip
        comma = t("chart.source.comma", lang)
        texts = []
        for row in rows:
            own = first[first["pitfall"] == row["item"]].sort_values("place")["remedy"]
            names = [key_name("remedy", k, lang, 40) for k in own]
            texts.append(theme.wrap(short_list(names, comma, 1), 130, 11) if names else "–")
        column_words(ax, at, texts, right, t("chart.pitfalls.head_remedy", lang))


def _change(row: Mapping[object, float], lang: str) -> str:
    change = float(row["change"])
    if change != change:
        return "–"
    # A change whose interval holds 0 may be nothing.
    sure = row["change_low"] > 0 or row["change_high"] < 0
    return signed(change, lang) + ("" if sure else "?")
