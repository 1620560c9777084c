"""Picture of the individuals chart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.charts import plot_control_chart, theme
from kamkit.charts.theme import Figure
from kamkit.methods.projects import control_chart
from kamkit.methods.projects.control_chart import RULES

HOSTILE = ["云杉电梯（虚构）有限责任公司", "<script>alert(1)</script>", "$x^2$ \n" + "x" * 300]


def values(n: int = 40, jump: float = 5.0) -> pd.DataFrame:
    y = np.random.default_rng(4).normal(10, 1, n)
    y[n * 2 // 3 :] += jump
    return pd.DataFrame({"at": pd.date_range("2025-01-31", periods=n, freq="ME"), "value": y})


def draw(table: pd.DataFrame, *, lang: str, name: str = "", **options: Any) -> Figure:
    found = control_chart(table, rules=RULES, draws=100, **options)
    names = {"all": name} if name else None
    return plot_control_chart(found.points, lang=lang, series=found.series, names=names)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", HOSTILE)
def test_draws_with_hostile_names(name: str, lang: str) -> None:
    fig = draw(values(), lang=lang, name=name, baseline=20)
    svg = theme.to_svg(fig)
    words = fig.heading + fig.footer + fig.alt
    assert "<script>" not in svg and "n = " in fig.footer
    assert "{" not in words and "chart." not in words and "xmr_" not in words


def test_signals_carry_the_sign_of_their_rule() -> None:
    fig = draw(values(), lang="en", baseline=20)
    marks = {line.get_marker() for line in fig.axes[0].lines if line.get_linestyle() == "None"}
    assert "D" in marks
    named = {text.get_text() for text in fig.legends[0].get_texts()}
    assert "beyond a limit" in named
    steady = draw(values(jump=0.0).assign(value=[9.0, 10.0] * 20), lang="en")
    assert "no signal" in steady.heading
    assert not any(line.get_marker() in "D^vs" for line in steady.axes[0].lines
                   if line.get_linestyle() == "None")  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_limits_are_drawn_where_there_are_none(lang: str) -> None:
    for table in (values(4), values().assign(value=3.0)):
        fig = draw(table, lang=lang)
        theme.to_svg(fig)
        assert len(fig.axes[0].lines) == 1 and not fig.legends


def test_the_series_with_most_signals_is_shown() -> None:
    table = pd.concat([values(jump=0).assign(stage="calm"), values().assign(stage="wild")])
    found = control_chart(table, by="stage", baseline=20, draws=20)
    fig = plot_control_chart(found.points, lang="en", series=found.series)
    assert fig.heading.startswith("wild")
    other = plot_control_chart(found.points, lang="en", series=found.series, shown="calm")
    assert other.heading.startswith("calm")
