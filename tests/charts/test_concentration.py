"""Charts of concentration: words, marks, glyphs in both languages, hostile names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.charts.concentration import plot_abc, plot_basis_change, plot_concentration
from kamkit.charts.theme import to_svg
from kamkit.methods.selection import basis_change, concentration

LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"account_id": [f"<b>$客户{i}" for i in range(40)]})
    table["revenue"] = rng.lognormal(13, 1.3, 40)
    table["profit"] = table["revenue"] * rng.normal(0.15, 0.15, 40)
    return table


def texts(fig) -> str:
    words = [a.get_text() for axes in fig.axes for a in axes.texts]
    return "\n".join([fig.heading, fig.footer, *words])


@pytest.mark.parametrize("lang", LANGS)
def test_curve(values, lang):
    found = concentration(values)
    fig = plot_concentration(found.curve, lang=lang, currency="CNY", summary=found.summary)
    axes = fig.axes[0]
    share = found.summary.set_index("measure").loc["share_top_20", "value"]
    assert f"{share:.1%}" in texts(fig).replace(" ", "")
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert marks[0].get_ydata()[0] == pytest.approx(share)
    assert len(axes.collections) == 1
    assert fig.alt
    assert "n" in fig.footer
    assert "<desc" in to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_curve_of_profit_leaves_room_above_one(values, lang):
    found = concentration(values, value="profit")
    fig = plot_concentration(found.curve, lang=lang, value="profit", summary=found.summary)
    assert fig.axes[0].get_ylim()[1] > found.curve["cumulative_share"].max()
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_abc_bars(values, lang):
    found = concentration(values)
    fig = plot_abc(found.totals, lang=lang, currency="CNY")
    bars = fig.axes[0].patches
    assert len(bars) == 6
    assert len({bar.get_hatch() for bar in bars}) == 2
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_basis_change_shows_losses_without_colour(values, lang):
    values = values.copy()
    values.loc[values["revenue"].idxmax(), "profit"] = -5e6
    found = basis_change(values, values)
    fig = plot_basis_change(found.accounts, lang=lang, currency="CNY")
    styles = {line.get_linestyle() for line in fig.axes[0].lines}
    assert "--" in styles
    word = {"zh": "亏损", "en": "loss"}[lang]
    assert any(word in a.get_text() for a in fig.axes[0].texts)
    assert "$" not in texts(fig).replace("\\$", "")
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_empty_tables_say_so(lang):
    empty = concentration(pd.DataFrame({"account_id": [], "revenue": []}))
    for fig in (
        plot_concentration(empty.curve, lang=lang),
        plot_abc(empty.totals, lang=lang),
        plot_basis_change(
            basis_change(
                *[pd.DataFrame({"account_id": [], "revenue": [], "profit": []})] * 2
            ).accounts,
            lang=lang,
        ),
    ):
        assert fig.alt
        to_svg(fig)


def test_one_account(values):
    found = concentration(values.head(1))
    to_svg(plot_concentration(found.curve, lang="en", summary=found.summary))
