"""Pictures of classification: classes, two schemes against each other, screening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, key_words
from kamkit.charts.theme import INK, MUTED, PAPER, SEQUENTIAL, Figure, data_text, fill_style, ink_on
from kamkit.i18n import interval, label, number, percent, t
from kamkit.schemes import Scheme, load_scheme, scheme_ids

_UNDECIDED = ("open", "unknown")


def scheme_named(scheme_id: str, schemes: Sequence[Scheme] = ()) -> Scheme | None:
    """A scheme by id, a company's own before those that ship; None where there is none.

    >>> scheme_named("elevator").id
    'elevator'
    """
    own = {s.id: s for s in schemes}
    if scheme_id in own:
        return own[scheme_id]
    return load_scheme(scheme_id) if scheme_id in scheme_ids() else None


def member_label(scheme: Scheme | None, member: str, lang: str, width: int = 22) -> str:
    """Label of a class, of several joined by " + ", or of an undecided status.

    >>> member_label(load_scheme("elevator"), "key", "en")
    'Key'
    """
    names = {m.id: m.labels[lang] for m in scheme.members} if scheme else {}
    parts = [names.get(p) or label(f"class_status.{p}", lang, p) for p in member.split(" + ")]
    return data_text(" + ".join(parts), width)


def class_order(scheme: Scheme | None, found: Sequence[str]) -> list[str]:
    """Classes in the order of the scheme, combinations after, undecided last."""
    places = {m: i for i, m in enumerate(scheme.member_ids)} if scheme else {}

    def place(member: str) -> tuple[int, str]:
        last = len(places) + 2 if member in _UNDECIDED else len(places) + 1
        return places.get(member, last), member

    return sorted(dict.fromkeys(found), key=place)


def scheme_label(scheme: Scheme | None, scheme_id: str, lang: str) -> str:
    """Name of a scheme, or its id where nobody knows it, safe to draw."""
    return data_text(scheme.labels[lang] if scheme else scheme_id, 44)


def plot_crosswalk(
    cells: pd.DataFrame,
    *,
    lang: str,
    a: str | None = None,
    b: str | None = None,
    pairs: pd.DataFrame | None = None,
    schemes: Sequence[Scheme] = (),
) -> Figure:
    """Accounts in every combination of the classes of two schemes.

    Needs columns: scheme_a, member_a, scheme_b, member_b, n (``Crosswalk.cells``). ``a`` and
    ``b`` choose the pair (the first one unless told); ``pairs`` adds the agreement; ``schemes``
    are a company's own, for their labels.

    >>> plot_crosswalk(pd.DataFrame({"scheme_a": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    chosen = cells
    if not cells.empty:
        a, b = a or cells["scheme_a"].iloc[0], b or cells["scheme_b"].iloc[0]
        turned = cells.rename(columns=lambda c: {"a": c[:-1] + "b", "b": c[:-1] + "a"}.get(c[-1], c)
                              if c.startswith(("scheme_", "member_")) else c)  # fmt: skip
        both = pd.concat([cells, turned[cells.columns]], ignore_index=True)
        chosen = both[(both["scheme_a"] == a) & (both["scheme_b"] == b)]
    if chosen.empty or a is None or b is None:
        return blank("", lang)
    one, other = scheme_named(a, schemes), scheme_named(b, schemes)
    names = {"a": scheme_label(one, a, lang), "b": scheme_label(other, b, lang)}
    rows = class_order(one, chosen["member_a"].tolist())
    columns = class_order(other, chosen["member_b"].tolist())
    table = chosen.pivot_table(index="member_a", columns="member_b", values="n", aggfunc="sum")
    grid = table.reindex(index=rows, columns=columns).fillna(0).to_numpy(dtype=float)
    total = number(grid.sum(), lang)
    fig, ax = theme.figure(
        (10.0, max(4.0, 2.6 + 0.55 * len(rows))),
        title=t("chart.crosswalk.title", lang, **names),
        alt=t("chart.crosswalk.alt", lang, n=total, **names),
    )
    heat(ax, grid, [[number(v, lang) if v else "" for v in line] for line in grid])
    sides = [theme.wrap(member_label(one, m, lang, 60), 150, 12) for m in rows]
    ax.set_yticks(range(len(rows)), sides)
    room = 640 / len(columns)
    words = [theme.wrap(member_label(other, m, lang, 60), room, 12) for m in columns]
    ax.set_xticks(range(len(columns)), words)
    ax.set_ylabel(names["a"])
    ax.set_xlabel(names["b"])
    theme.note(fig, _agreement(pairs, a, b, lang))
    origins = [s.origin for s in (one, other) if s]
    words_of = key_words("origin", ["X01", *origins], lang)
    theme.note(fig, t("chart.source.note", lang, n=total,
                      variant=label("variant.key_reading", lang), origin=words_of))  # fmt: skip
    return fig


def _agreement(pairs: pd.DataFrame | None, a: str, b: str, lang: str) -> str:
    if pairs is None or pairs.empty:
        return ""
    fits = pairs[pairs["scheme_a"].isin([a, b]) & pairs["scheme_b"].isin([a, b])]
    if fits.empty or not int(fits["n"].iloc[0]):
        return t("chart.crosswalk.no_reading", lang)
    row = fits.iloc[0]
    return t(
        "chart.crosswalk.agree",
        lang,
        share=percent(row["agreement"], lang, 0),
        interval=interval(row["low"], row["high"], lang, 0, share=True),
        n=number(row["n"], lang),
    )


def heat(ax: Axes, grid: np.ndarray, texts: Sequence[Sequence[str]], top: float = 0.0) -> None:
    """Cells shaded by their figure, which stands in each of them."""
    known = grid[~np.isnan(grid)]
    highest = max(top, float(known.max()) if len(known) else 0.0, 1e-9)
    shades = SEQUENTIAL.with_extremes(bad=PAPER)
    ax.imshow(np.ma.masked_invalid(grid), cmap=shades, vmin=0, vmax=highest, aspect="auto")
    for (i, j), value in np.ndenumerate(grid):
        shade = PAPER if np.isnan(value) else SEQUENTIAL(float(value) / highest)
        ax.text(j, i, texts[i][j], ha="center", va="center", color=ink_on(shade))
    theme.value_grid(ax, "none")
    ax.set_xticks(np.arange(-0.5, grid.shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, grid.shape[0]), minor=True)
    ax.grid(True, which="minor", color=PAPER, linewidth=2)
    for side in ax.spines.values():
        side.set_visible(False)


def plot_class_counts(
    assignments: pd.DataFrame, *, lang: str, scheme: Scheme | None = None
) -> Figure:
    """Accounts per class, and how many of them a change of 10 % would move.

    Needs columns: account_id, scheme, version, member, status, flips (:func:`classify`).

    >>> plot_class_counts(pd.DataFrame({"scheme": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if assignments.empty:
        return blank("", lang)
    scheme = scheme or scheme_named(str(assignments["scheme"].iloc[0]))
    version = data_text(assignments["version"].iloc[0], 40)
    table = assignments.assign(
        shown=assignments["member"].where(assignments["member"] != "", assignments["status"]),
        turning=assignments["flips"] != "",
    )
    found = class_order(scheme, [*(scheme.member_ids if scheme else ()), *table["shown"]])
    accounts = assignments["account_id"].nunique()
    name = scheme_label(scheme, str(assignments["scheme"].iloc[0]), lang)
    said = {"n": number(accounts, lang), "scheme": name, "version": version}
    fig, ax = theme.figure(
        (10.0, max(3.6, 2.0 + 0.56 * len(found))),
        title=t("chart.classes.title", lang, scheme=name),
        alt=t("chart.classes.alt", lang, **said),
    )
    counts = table.groupby(["shown", "turning"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=found, columns=[False, True], fill_value=0)
    at = np.arange(len(found), dtype=float)
    firm, turning = counts[False].to_numpy(float), counts[True].to_numpy(float)
    ax.barh(at, firm, height=0.62, label=t("chart.classes.stable", lang), **fill_style(0))
    ax.barh(at, turning, left=firm, height=0.62, label=t("chart.classes.turning", lang),
            **fill_style(1))  # fmt: skip
    for y, total in zip(at, firm + turning, strict=True):
        ax.annotate(number(total, lang), (total, y), xytext=(7, 0), textcoords="offset points",
                    va="center", color=INK)  # fmt: skip
    ax.set_yticks(at, [member_label(scheme, m, lang, 30) for m in found])
    ax.invert_yaxis()
    ax.set_xlim(0, max(1.0, float((firm + turning).max())) * 1.12)
    ax.set_xlabel(t("chart.classes.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=2)
    origin = key_words("origin", [scheme.origin] if scheme else [], lang)
    theme.note(fig, t("chart.classes.note", lang, origin=origin, **said))
    if scheme and scheme.multi:
        theme.note(fig, t("chart.classes.multi", lang))
    return fig


def plot_screening(
    funnel: pd.DataFrame, *, lang: str, names: Mapping[str, str] | None = None
) -> Figure:
    """How many accounts each screening step keeps, drops and sets aside.

    Needs columns: step, name, entered, kept, dropped, set_aside (``Screening.funnel``);
    ``names`` gives steps their names in the reader's language.

    >>> plot_screening(pd.DataFrame({"step": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if funnel.empty:
        return blank("", lang)
    start, end = int(funnel["entered"].iloc[0]), int(funnel["kept"].iloc[-1])
    said = {"start": number(start, lang), "end": number(end, lang)}
    aside = number(funnel["set_aside"].sum(), lang)
    steps = number(len(funnel), lang)
    fig, ax = theme.figure(
        (10.0, max(3.8, 2.4 + 0.62 * len(funnel))),
        title=t("chart.screening.title", lang, **said),
        alt=t("chart.screening.alt", lang, steps=steps, aside=aside, **said),
    )
    at = np.arange(len(funnel), dtype=float)
    left = np.zeros(len(funnel))
    for i, column in enumerate(("kept", "set_aside", "dropped")):
        values = funnel[column].to_numpy(dtype=float)
        ax.barh(at, values, left=left, height=0.62, label=label(f"screen_verdict.{column}", lang),
                **fill_style((0, 1, 7)[i]))  # fmt: skip
        _inside(ax, at, values, left, start, (0, 1, 7)[i], lang)
        left += values
    shown = [data_text((names or {}).get(str(n), str(n)), 30) for n in funnel["name"]]
    ax.set_yticks(at, [f"{i}  {n}" for i, n in enumerate(shown, 1)])
    ax.invert_yaxis()
    ax.set_xlim(0, start * 1.03)
    ax.set_xlabel(t("chart.screening.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.screening.note", lang, n=said["start"]))
    return fig


def _inside(
    ax: Axes, at: np.ndarray, values: np.ndarray, left: np.ndarray, total: float, i: int, lang: str
) -> None:
    """Figures inside the bars that are long enough to hold them, on a patch of plain colour."""
    shade = theme.SERIES[i]
    for y, value, begin in zip(at, values, left, strict=True):
        if value >= 0.035 * total:
            ax.text(begin + value / 2, y, number(value, lang), ha="center", va="center",
                    color=ink_on(shade),
                    bbox={"facecolor": shade, "edgecolor": "none", "pad": 2})  # fmt: skip
        elif value:
            ax.annotate(number(value, lang), (begin + value / 2, y), xytext=(0, 15),
                        textcoords="offset points", ha="center", va="center", color=MUTED,
                        fontsize=10)  # fmt: skip
