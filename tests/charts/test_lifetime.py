"""Pictures of retention and lifetime value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from kamkit.charts import theme
from kamkit.charts.lifetime import (
    plot_alive_matrix,
    plot_fitted_retention,
    plot_lifetime_value,
    plot_repeat_check,
    plot_retention,
)

CURVE = pd.DataFrame(
    {
        "period": [0, 1, 2, 3],
        "at_start": [100.0, 100, 70, 55],
        "observed": [1.0, 0.7, 0.55, 0.48],
        "fitted": [1.0, 0.69, 0.56, 0.48],
        "low": [1.0, 0.62, 0.47, 0.38],
        "high": [1.0, 0.77, 0.64, 0.58],
        "retention_observed": [np.nan, 0.7, 0.79, 0.87],
        "retention_fitted": [np.nan, 0.69, 0.80, 0.86],
        "retention_low": [np.nan, 0.62, 0.74, 0.80],
        "retention_high": [np.nan, 0.77, 0.86, 0.91],
    }
)
SUMMARY = pd.DataFrame({"variant": ["sbg_bootstrap"], "origin": ["S088; house"]})
RETENTION = pd.DataFrame(
    {
        "period_end": pd.to_datetime(["2024-12-31", "2025-12-31"]),
        "at_start": [40, 37],
        "retained": [36, 30],
        "rate": [0.9, 30 / 37],
        "low": [0.77, 0.66],
        "high": [0.96, 0.91],
        "variant": "wilson",
        "origin": "field:Wilson 1927; house",
    }
)
VALUES = pd.DataFrame(
    {
        "account_id": list("ABCDE"),
        "name": ["云杉（虚构）", "<script>$x^2$", "Ünïcode\nLtd " + "x" * 300, "喆堃", "无成本"],
        "value": [5e7, 4e7, -1e6, np.nan, np.nan],
        "low": [3e7, 2e7, -2e6, np.nan, np.nan],
        "high": [8e7, 7e7, -5e5, np.nan, np.nan],
        "group": [1.0, 1.0, 2.0, np.nan, np.nan],
        "n": 60,
        "status": ["ok", "ok", "ok", "too_little_history", "cost_missing"],
        "variant": "first_payment_t1",
        "origin": "field:Gupta & Lehmann 2003; S088",
    }
)
MATRIX = pd.DataFrame(
    {"x": [0, 0, 1, 1], "t_x": [0.0, 9, 0, 9], "T": 9.0, "p_alive": [1.0, np.nan, np.nan, 0.6]}
)
CHECK = pd.DataFrame({"x": [0, 1, 2], "observed": [50, 20, 9], "expected": [48.0, 22.5, 8.5]})
CHARTS: dict[str, Callable[[str], theme.Figure]] = {
    "curve": lambda lang: plot_fitted_retention(CURVE, lang=lang, summary=SUMMARY),
    "retention": lambda lang: plot_retention(RETENTION, lang=lang),
    "value": lambda lang: plot_lifetime_value(VALUES, lang=lang, currency="CNY"),
    "alive": lambda lang: plot_alive_matrix(MATRIX, lang=lang),
    "check": lambda lang: plot_repeat_check(CHECK, lang=lang),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_chart_draws_with_heading_footer_and_alt(name: str, lang: str) -> None:
    fig = CHARTS[name](lang)
    assert fig.heading and fig.alt and fig.footer
    assert "{" not in fig.heading + fig.alt + fig.footer
    svg = theme.to_svg(fig)
    assert "<desc" in svg and "<script>" not in svg


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_show_is_said(lang: str) -> None:
    for fig in (
        plot_fitted_retention(CURVE.iloc[:0], lang=lang, summary=SUMMARY.iloc[:0]),
        plot_retention(RETENTION.iloc[:0], lang=lang),
        plot_lifetime_value(VALUES.iloc[:0], lang=lang),
        plot_alive_matrix(MATRIX.iloc[:0], lang=lang),
        plot_repeat_check(CHECK.iloc[:0], lang=lang),
    ):
        assert any(text.get_text() == fig.alt for text in fig.axes[0].texts)
        theme.to_svg(fig)


def test_marks_say_without_colour_what_loses_money() -> None:
    ax = plot_lifetime_value(VALUES, lang="en").axes[0]
    markers = {line.get_marker(): len(line.get_xdata()) for line in ax.lines[:2]}
    assert markers == {"o": 2, "X": 1}
    ends = [c.get_segments() for c in ax.collections[:2]]
    assert ends[0][0][:, 0].tolist() == [3e7, 8e7]
    assert [tick.get_text() for tick in ax.get_yticklabels()][0].startswith("云杉")


def test_tied_accounts_are_shaded_and_the_title_says_so() -> None:
    tied = plot_lifetime_value(VALUES, lang="en")
    assert "2 accounts" in tied.heading
    assert [x.get_text() for x in tied.axes[0].texts] == ["too close\nto call"]
    alone = plot_lifetime_value(VALUES.assign(group=[1.0, 2, 3, np.nan, np.nan]), lang="en")
    assert "too close to call" not in alone.heading and not alone.axes[0].texts


def test_accounts_without_value_are_listed_with_the_reason() -> None:
    fig = plot_lifetime_value(VALUES, lang="zh")
    assert "喆堃" in fig.footer and "无成本" in fig.footer
    none = plot_lifetime_value(VALUES.iloc[3:], lang="en")
    assert "too little history" in none.footer
    many = pd.concat([VALUES.iloc[[3]]] * 9).assign(name=[f"N{i}" for i in range(9)])
    assert "N5" in plot_lifetime_value(many, lang="en").footer
    assert "N6" not in plot_lifetime_value(many, lang="en").footer


def test_curve_shows_counts_beside_the_fit() -> None:
    left = plot_fitted_retention(CURVE, lang="en").axes[0]
    assert left.lines[1].get_ydata().tolist() == CURVE["observed"].tolist()
    assert left.lines[0].get_linestyle() == "--"
    assert len(left.collections) == 1
