"""TOPSIS and RFM pictures: every account named, every count written, no glyph missing."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.charts import plot_rfm, plot_topsis, theme
from kamkit.i18n import LANGUAGES
from kamkit.methods import selection

MATRIX = pd.DataFrame(
    {"account_id": ["a", "b", "c"], "value": [80.0, 40.0, 60.0], "fit": [50.0, 90.0, 60.0]}
)
ORDERS = pd.DataFrame(
    {
        "account_id": ["a", "a", "b", "c"],
        "date": pd.to_datetime(["2026-06-01", "2026-06-20", "2025-01-05", "2026-03-01"]),
        "amount": [10.0, 20.0, 5.0, 7.0],
        "order_id": ["1", "2", "3", "4"],
    }
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_topsis_names_and_ranks_every_account(lang):
    scores = selection.topsis(MATRIX, {"value": 0.5, "fit": 0.5})
    fig = plot_topsis(scores, lang=lang, names={"a": "<b>Aurora</b>", "b": "银杏", "c": "c"})
    assert len(fig.axes[0].get_yticklabels()) == 3
    assert len(fig.axes[0].texts) == 3
    assert "<b>" not in theme.to_svg(fig)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rfm_counts_every_account_once(lang):
    fig = plot_rfm(selection.rfm_scores(ORDERS, as_of="2026-06-30"), lang=lang)
    assert sum(int(text.get_text()) for text in fig.axes[0].texts) == 3
    theme.to_svg(fig)
