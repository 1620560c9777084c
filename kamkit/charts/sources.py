"""The footer under a chart: how many, which rule, where the rule comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from kamkit.charts import theme
from kamkit.charts.theme import MUTED, Figure, data_text
from kamkit.i18n import label, listed, number, t


def key_words(kind: str, keys: Iterable[object], lang: str) -> str:
    """Variants or origins in the reader's words, each once.

    >>> key_words("origin", ["field:Gini 1912; house"], "en")
    'Gini 1912, house default'
    """
    parts = [part.strip() for key in keys for part in str(key).split(";") if part.strip()]
    words = [label(f"{kind}.{p}", lang, p.removeprefix("field:")) for p in dict.fromkeys(parts)]
    house = label("word.house", lang)
    return listed((house if w == "house" else w for w in words), lang)


def source_note(
    fig: Figure, lang: str, *, n: float, variant: Iterable[object], origin: Iterable[object]
) -> None:
    """Write n, variant and origin under a chart.

    >>> fig, ax = theme.figure("half")
    >>> source_note(fig, "en", n=89, variant=["gini_population"], origin=["S033"])
    >>> fig.footer.startswith("n = 89")
    True
    """
    words = key_words("variant", variant, lang)
    rules = key_words("origin", origin, lang)
    theme.note(fig, t("chart.source.note", lang, n=number(n, lang), variant=words, origin=rules))


def blank(title: str, lang: str) -> Figure:
    """A chart of nothing says so instead of showing bare axes.

    >>> blank("Concentration", "en").alt
    'Nothing to show: the table is empty.'
    """
    words = t("chart.source.empty", lang)
    fig, ax = theme.figure("half", title=title, alt=words)
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, ha="center", color=MUTED, transform=ax.transAxes)
    return fig


def shown_name(key: object, names: Mapping[str, str] | None, width: int = 24) -> str:
    """Display name of an id, safe to draw.

    >>> shown_name("a1", {"a1": "Aurora Lifts"}), shown_name("a2", None)
    ('Aurora Lifts', 'a2')
    """
    return data_text((names or {}).get(str(key), str(key)), width)


def constant(table: pd.DataFrame, column: str) -> list[str]:
    """The distinct keys of a column, in their order of appearance.

    >>> constant(pd.DataFrame({"variant": ["a", "a", None]}), "variant")
    ['a']
    """
    return [str(v) for v in table[column].dropna().unique()] if column in table.columns else []
