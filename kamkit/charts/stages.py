"""Names of stages, and small parts that the pictures of deals share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from kamkit.charts.theme import Figure, data_text, text_width
from kamkit.i18n import label
from kamkit.schemes import Ladder, ladder_for

_WIDTH = 26
_SAMPLE = 62.0  # points that a legend's sample and the gap behind its words take


def stage_name(stage: object, lang: str, ladder: Ladder | None = None) -> str:
    """A stage in the reader's words: those of the ladder, else our own, else as the data has it.

    >>> stage_name("quote", "zh"), stage_name("quote", "en"), stage_name("angebot", "en")
    ('报价', 'Quote', 'angebot')
    """
    key = str(stage)
    found = ladder.find(key) if ladder is not None else None
    ours = found.label[lang] if found is not None else label(f"stage.{key}", lang, "")
    return data_text(ours[:1].upper() + ours[1:] if ours else key, _WIDTH)


def stage_order(stages: pd.Series, ladder: Ladder | None = None) -> list[Any]:
    """Stages that occur: in the ladder's order, the column's own, or the best-known ladder's.

    >>> stage_order(pd.Series(["b", "a"])), stage_order(pd.Series(["quote", "needs"]))
    (['b', 'a'], ['needs', 'quote'])
    """
    found = list(stages.dropna().unique())
    if ladder is None and isinstance(stages.dtype, pd.CategoricalDtype):
        place = {key: i for i, key in enumerate(stages.cat.categories)}
    else:
        own = ladder_for(found)[0] if ladder is None else ladder
        ids = own.stage_ids if own is not None else ()
        hits = {key: own.find(key) if own is not None else None for key in found}
        place = {key: ids.index(stage.id) for key, stage in hits.items() if stage is not None}
    return sorted(found, key=lambda key: place.get(key, len(found) + len(place)))


def spread(places: Iterable[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved apart to at least ``gap``, in their order, kept between low and high.

    >>> spread([0.5, 0.5], 0.2, 0.0, 1.0)
    [0.4, 0.6]
    """
    wanted = np.asarray(list(places), dtype=float)
    order = np.argsort(wanted, kind="stable")
    at = wanted[order]
    for _ in range(60):
        close = gap - np.diff(at)
        if not (close > 1e-9).any():
            break
        push = np.where(close > 0, close / 2, 0)
        at[:-1] -= push
        at[1:] += push
        at = np.clip(at, low, high)
    out = np.empty(len(at))
    out[order] = at
    return [round(float(y), 6) for y in out]


def period_name(start: object, end: object) -> str:
    """A period as its readers write it: a quarter, a month, a year, else both days.

    >>> period_name("2026-07-01", "2026-09-30"), period_name("2026-07-01", "2026-07-31")
    ('2026 Q3', '2026-07')
    """
    first, last = pd.Timestamp(str(start)), pd.Timestamp(str(end))
    after = last + pd.Timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    if first.day != 1 or after.day != 1:
        return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    if months == 1:
        return f"{first:%Y-%m}"
    if months == 3 and first.month % 3 == 1:
        return f"{first.year} Q{first.quarter}"
    if months == 12 and first.month == 1:
        return f"{first.year}"
    return f"{first:%Y-%m} – {last:%Y-%m}"


def legend_below(fig: Figure, axes: Iterable[Axes], keys: Sequence[str], ncols: int) -> None:
    """A legend under the chart whose entries read row by row, first those of ``keys``.

    >>> from kamkit.charts import theme
    >>> fig, ax = theme.figure("half")
    >>> _ = ax.bar([0], [1], label="b"), ax.bar([1], [1], label="a")
    >>> legend_below(fig, [ax], ["a"], 2)
    >>> [text.get_text() for text in fig.legends[0].get_texts()]
    ['a', 'b']
    """
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, words in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(words, handle)
    words = [k for k in keys if k in found] + [k for k in found if k not in keys]
    if not words:
        return
    room = fig.get_figwidth() * 72 - 30
    columns = [words]
    for count in range(min(ncols, len(words)), 0, -1):
        columns = [words[i::count] for i in range(count)]
        widths = [max(text_width(word, 12) for word in column) for column in columns]
        if sum(widths) + _SAMPLE * count <= room:
            break
    # Legends are filled column by column.
    order = [word for column in columns for word in column]
    handles = [found[k] for k in order]
    fig.legend(handles, order, loc="outside lower left", ncols=len(columns))


def beside(ax: Axes, points: float = 0.0) -> Any:
    """A transform right of the axes: x in axes widths plus some points, y in the axes' data.

    >>> from kamkit.charts import theme
    >>> fig, ax = theme.figure("half")
    >>> ax.text(1, 0.5, "a", transform=beside(ax, 10)).get_position()
    (1, 0.5)
    """
    shift = ScaledTranslation(points / 72, 0, ax.get_figure(root=True).dpi_scale_trans)  # type: ignore[union-attr]
    return ax.get_yaxis_transform() + shift


def short_list(names: Sequence[str], joiner: str, most: int = 3) -> str:
    """The first few names in a row, with "…" where there are more.

    >>> short_list(["a", "b", "c", "d"], ", ")
    'a, b, c …'
    """
    return joiner.join(names[:most]) + (" …" if len(names) > most else "")
