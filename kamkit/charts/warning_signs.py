"""Warning signs by account: there, absent, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, RULE, WARN, Figure
from kamkit.i18n import interval, label, number, percent, t
from kamkit.schemes.retention import RetentionPolicy, retention_policy

_NAMES, _ROW, _HEAD = 124.0, 25.0, 46.0
_RIGHT = {"signs": 52.0, "band": 68.0, "share": 104.0}
_BANDS = {"high": ("v", BAD, PAPER), "watch": ("D", WARN, PAPER), "low": ("o", PAPER, MUTED),
          "unknown": ("s", PAPER, MUTED)}  # fmt: skip


def plot_warning_signs(
    accounts: pd.DataFrame,
    *,
    lang: str,
    bands: pd.DataFrame | None = None,
    base_rate: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    policy: RetentionPolicy | None = None,
    limit: int = 25,
) -> Figure:
    """Active accounts by signs, most first: a filled square is there, a dot is not, ? unknown.

    Needs columns: those of ``Signs.accounts``; ``bands`` is ``RiskBands.accounts`` and
    ``base_rate`` its ``measures``. The last row counts each sign among accounts where it is
    known. Accounts without any sign follow those with unknown ones as far as ``limit`` allows.

    >>> plot_warning_signs(pd.DataFrame({"status": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    active = accounts[accounts["status"] == "active"] if len(accounts) else accounts
    if active.empty:
        return blank(t("chart.signs.topic", lang), lang)
    rules = policy or retention_policy()
    kinds = [k for k in rules.signs if k in active.columns]
    ranked = _ranked(active, bands)
    shown = ranked.head(limit).to_dict("records")
    said = _said(active, base_rate, kinds, len(shown), lang)
    fig, ax = sheet(t(f"chart.signs.{said.pop('key')}", lang, **said),
                    t("chart.signs.alt", lang, **said))  # fmt: skip
    pen = Pen()
    columns = [c for c in _RIGHT if c == "signs" or bands is not None]
    wide = (WIDTH - _NAMES - sum(_RIGHT[c] for c in columns)) / len(kinds)
    _heads(ax, kinds, columns, wide, rules, lang)
    y = _HEAD
    for i, row in enumerate(shown):
        if i % 2 == 0:
            pen.box(0, y, WIDTH, _ROW, "#F6F8F9")
        words(ax, 4, y + _ROW / 2, fit(shown_name(row["account_id"], names, 40), _NAMES - 8, 10.5),
              10.5)  # fmt: skip
        for k, kind in enumerate(kinds):
            _sign(ax, pen, _NAMES + (k + 0.5) * wide, y + _ROW / 2, row[kind])
        _facts(ax, pen, y + _ROW / 2, row, columns, lang)
        y += _ROW
    y = _counts(ax, pen, y, active, kinds, wide, lang) + 14
    y += legend(ax, pen, y, _signs(columns, lang))
    pen.draw(ax)
    theme.note(fig, t("chart.signs.reading", lang))
    if base_rate is not None and said["base"] != "–":
        theme.note(fig, t("chart.signs.base", lang, **said))
    if len(shown) < len(active):
        theme.note(fig, t("chart.signs.shown", lang, **said))
    sure = [] if bands is None else constant(bands, "variant")
    rule = [rules.origin, *(constant(bands, "origin") if bands is not None else [])]
    source_note(fig, lang, n=len(active), variant=sure or ["own"], origin=rule)
    settle(fig, ax, y)
    return fig


def _ranked(active: pd.DataFrame, bands: pd.DataFrame | None) -> pd.DataFrame:
    table = active
    if bands is not None:
        facts = ["account_id", "risk_band", "past_loss_share", "low", "high", "variant"]
        table = active.merge(bands[facts].drop_duplicates("account_id"), on="account_id",
                             how="left")  # fmt: skip
    return table.sort_values(["signs", "unknown", "account_id"], ascending=[False, False, True],
                             kind="stable", ignore_index=True)  # fmt: skip


def _said(
    active: pd.DataFrame, base_rate: pd.DataFrame | None, kinds: list[str], shown: int, lang: str
) -> dict[str, str]:
    limits = retention_policy().bands
    said = {
        "key": "title" if (active["signs"] > 0).any() else "title_none",
        "n": number(len(active), lang), "some": number((active["signs"] > 0).sum(), lang),
        "several": number((active["signs"] >= limits["watch"]).sum(), lang),
        "watch": number(limits["watch"], lang), "shown": number(shown, lang),
        "unknown": percent(active[kinds].isna().to_numpy().mean(), lang, 0),
        "base": "–", "range": "–",
    }  # fmt: skip
    if base_rate is not None and len(base_rate):
        row = base_rate[base_rate["measure"] == "base_rate"]
        if len(row) and row["value"].notna().all():
            said |= {"base": percent(row["value"].iloc[0], lang),
                     "range": interval(row["low"].iloc[0], row["high"].iloc[0], lang, 1,
                                       share=True)}  # fmt: skip
    return said


def _heads(
    ax: Axes, kinds: list[str], columns: list[str], wide: float, rules: RetentionPolicy, lang: str
) -> None:
    for k, kind in enumerate(kinds):
        text = fit_lines(name := rules.signs[kind].label[lang], wide - 1, 10, 2, "bold")
        if "\n" in text and lang == "zh":
            # Two lines of about the same length read better than one with a single character left.
            text = fit_lines(name, 10.4 * -(-len(name) // 2), 10, 2, "bold")
        words(ax, _NAMES + (k + 0.5) * wide, _HEAD / 2, text, 10, weight="bold", ha="center")
    x = WIDTH - sum(_RIGHT[c] for c in columns)
    for column in columns:
        text = fit_lines(t(f"chart.signs.head_{column}", lang), _RIGHT[column] - 6, 10, 2)
        words(ax, x + 8, _HEAD / 2, text, 10, color=MUTED)
        x += _RIGHT[column]


def _sign(ax: Axes, pen: Pen, x: float, y: float, value: Any) -> None:
    if value is None or value is pd.NA or value != value:
        words(ax, x, y, "?", 11, color=MUTED, ha="center")
    elif bool(value):
        pen.mark(x, y, 13, BAD, PAPER, "s")
    else:
        pen.mark(x, y, 5, PAPER, RULE)


def _facts(
    ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], columns: list[str], lang: str
) -> None:
    x = WIDTH - sum(_RIGHT[c] for c in columns)
    text = t("chart.signs.count", lang, signs=number(row["signs"], lang),
             known=number(row["known"], lang))  # fmt: skip
    words(ax, x + 8, y, text, 10.5, weight="bold" if row["signs"] else "normal")
    if "band" not in columns:
        return
    x += _RIGHT["signs"]
    band = str(row["risk_band"])
    if band in _BANDS:
        marker, face, edge = _BANDS[band]
        pen.mark(x + 13, y, 9, face, edge, marker)
    name = label(f"risk_band.{band}", lang, "–")
    room = _RIGHT["band"] - 18
    words(ax, x + 22, y, name if theme.text_width(name, 10.5) <= room else "?", 10.5)
    x += _RIGHT["band"]
    share = row["past_loss_share"]
    if row["variant"] == "base_rate_only":
        text = t("chart.signs.base_only", lang)
    elif share != share:
        text = "–"
    else:
        text = t("chart.signs.share", lang, share=percent(share, lang, 0),
                 range=interval(row["low"], row["high"], lang, 0, share=True))  # fmt: skip
    words(ax, x + 8, y, fit(text, _RIGHT["share"] - 8, 10), 10, color=INK)


def _counts(
    ax: Axes, pen: Pen, y: float, active: pd.DataFrame, kinds: list[str], wide: float, lang: str
) -> float:
    """How many accounts show each sign, of those where it is known."""
    pen.line([(0, y + 4), (WIDTH, y + 4)], RULE, 1)
    words(ax, 4, y + 20, fit(t("chart.signs.all", lang), _NAMES - 8, 10.5, "bold"), 10.5,
          weight="bold")  # fmt: skip
    for k, kind in enumerate(kinds):
        text = f"{number(active[kind].fillna(False).sum(), lang)}/" + number(
            active[kind].notna().sum(), lang
        )
        words(ax, _NAMES + (k + 0.5) * wide, y + 20, text, 10.5, ha="center")
    return y + 36


def _signs(columns: list[str], lang: str) -> list[tuple[Any, float, str]]:
    def mark(size: float, face: str, edge: str, shape: str) -> Any:
        return lambda pen, x, y: pen.mark(x + 6, y, size, face, edge, shape)

    items = [
        (mark(13, BAD, PAPER, "s"), 13.0, t("chart.signs.yes", lang)),
        (mark(5, PAPER, RULE, "o"), 13.0, t("chart.signs.no", lang)),
        (lambda pen, x, y: pen.box(x, y - 6, 0.1, 0.1, GRID), 0.0,
         t("chart.signs.not_known", lang)),
    ]  # fmt: skip
    if "band" in columns:
        items += [
            (mark(9, face, edge, shape), 13.0,
             t("chart.signs.band", lang, band=label(f"risk_band.{key}", lang)))
            for key, (shape, face, edge) in _BANDS.items()
        ]  # fmt: skip
    return items
