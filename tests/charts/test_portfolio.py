"""Pictures of account value: whale curve, P&L, number × quality, wallet, hours, returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.effort import plot_priority, plot_returns
from kamkit.charts.portfolio import plot_number_quality, plot_pnl, plot_whale_curve
from kamkit.charts.theme import Figure
from kamkit.charts.wallet import plot_share_of_wallet, plot_white_space
from kamkit.methods.portfolio import (
    account_pnl,
    customer_returns,
    number_quality,
    priority_ranking,
    share_of_wallet,
    whale_curve,
    white_space,
)

IDS = [f"A{i:02d}" for i in range(30)]
NAMES = {
    "A00": "云杉电梯（虚构）有限责任公司",
    "A01": "<script>alert(1)</script>",
    "A02": "$x^2$ \n" + "x" * 300,
    "A03": "喆堃赟 \U0001f680",
    "A04": "",
}


def years() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    status = {2024: "actual", 2025: "actual", 2026: "estimate", 2027: "forecast"}
    grid = [(i, y) for i in IDS for y in status]
    table = pd.DataFrame(grid, columns=["account_id", "year"])
    table["status"] = table["year"].map(status)
    table["revenue"] = rng.lognormal(14, 1, len(table))
    table["direct_cost"] = table["revenue"] * 0.7
    table["indirect_cost"] = table["revenue"] * rng.uniform(0.1, 0.5, len(table))
    table["category_spend"] = table["revenue"] * rng.uniform(0.9, 6, len(table))
    table.loc[5, "category_spend"] = np.nan
    late = (table["year"] == 2024) & table["account_id"].isin(IDS[18:])
    return table[~late].reset_index(drop=True)


def whale(**more: Any) -> Figure:
    now = years().query("year == 2026")
    net = now["revenue"] - now["direct_cost"] - now["indirect_cost"]
    found = whale_curve(pd.DataFrame({"account_id": now["account_id"], "operating_income": net}))
    return plot_whale_curve(found.curve, summary=found.summary, names=NAMES, **more)


def pnl(**more: Any) -> Figure:
    lines = account_pnl(years(), future=1).lines
    return plot_pnl(lines[lines["account_id"] == "A00"], name=NAMES["A01"], **more)


def quality(**more: Any) -> Figure:
    found = number_quality(years(), draws=200)
    return plot_number_quality(found.years, found.bands, alarms=found.alarms, **more)


def space(**more: Any) -> Figure:
    rng = np.random.default_rng(2)
    grid = [(i, line) for i in IDS for line in ("doors", "motors", "service")]
    spend = pd.DataFrame(grid, columns=["account_id", "product_line"]).assign(year=2025)
    spend["spend_base"] = rng.lognormal(13, 1, len(spend))
    orders = spend.sample(frac=0.6, random_state=1).assign(date="2025-12-30")
    orders["amount"] = orders["spend_base"] * rng.uniform(0, 1.2, len(orders))
    found = white_space(orders, spend.drop(index=[1, 4, 7]))
    return plot_white_space(found.cells, names=NAMES, **more)


def wallet(**more: Any) -> Figure:
    found = share_of_wallet(years(), year=2026, market=(1e8, 2e8, 3e8))
    return plot_share_of_wallet(found.accounts, summary=found.summary, names=NAMES, **more)


def priority(**more: Any) -> Figure:
    rng = np.random.default_rng(3)
    scores = pd.DataFrame({"account_id": IDS})
    for name in ("value", "potential", "size", "importance"):
        scores[name] = rng.uniform(0, 100, len(scores))
    scores.loc[3, ["value", "potential", "size", "importance"]] = np.nan
    spent = pd.DataFrame({"account_id": IDS[:20], "hours": rng.uniform(1, 90, 20)})
    found = priority_ranking(scores, hours=900, floor=5, spent=spent, draws=200)
    return plot_priority(found.accounts, names=NAMES, **more)


def returns(**more: Any) -> Figure:
    rows = [
        ("A00", 2024, "us", "team", 100.0, None), ("A00", 2025, "us", "team", None, 180.0),
        ("A00", 2024, "customer", "line", 50.0, 20.0), ("A01", 2024, "us", "team", 90.0, 10.0),
        ("A02", 2024, "us", "team", 9.0, None),
    ]  # fmt: skip
    columns = ["account_id", "year", "side", "item", "cost", "benefit"]
    found = customer_returns(pd.DataFrame(rows, columns=columns), rate=0.1)
    return plot_returns(found.accounts, names=NAMES, **more)


ALL = [whale, pnl, quality, space, wallet, priority, returns]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", ALL, ids=lambda f: f.__name__)
def test_draws_with_hostile_names(draw: Callable[..., Figure], lang: str) -> None:
    fig = draw(lang=lang, currency="CNY")
    svg = theme.to_svg(fig)
    assert fig.alt and fig.heading and "n" in fig.footer
    assert "<script>" not in svg
    assert theme.to_svg(draw(lang=lang, currency="CNY")) == svg


def test_loss_makers_are_crossed_not_only_red() -> None:
    ax = whale(lang="en").axes[0]
    crosses = [line for line in ax.lines if line.get_marker() == "X"]
    assert len(crosses) == 1 and len(crosses[0].get_xdata()) > 0
    assert [line for line in ax.lines if line.get_marker() == "D"]


def test_forecast_is_hollow_and_estimate_hatched() -> None:
    bars = [p for p in pnl(lang="en").axes[0].patches if isinstance(p, Rectangle)]
    hatches = {bar.get_hatch() for bar in bars}
    assert "///" in hatches
    assert any(bar.get_facecolor()[:3] == (1.0, 1.0, 1.0) for bar in bars)


def test_unknown_cells_carry_a_sign() -> None:
    texts = [text.get_text() for text in space(lang="en").axes[0].texts]
    assert "?" in texts and any(text.startswith("!") for text in texts)


def test_over_spend_stays_in_sight() -> None:
    found = share_of_wallet(years(), year=2026)
    over = int((found.accounts["status"] == "over_spend").sum())
    assert over
    ax = plot_share_of_wallet(found.accounts, lang="en", limit=5).axes[0]
    crosses = next(line for line in ax.lines if line.get_marker() == "X")
    assert len(crosses.get_xdata()) == min(over, 3)


def test_money_only_title() -> None:
    table = pd.DataFrame({"account_id": list("ABC"), "operating_income": [100.0, 2.0, -101.0]})
    found = whale_curve(table)
    fig = plot_whale_curve(found.curve, lang="en", currency="CNY", summary=found.summary)
    assert "%" not in fig.heading and "money only" in fig.footer


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_draw(lang: str) -> None:
    empty = pd.DataFrame({"share_base": [], "account_id": [], "profit": [], "item": [], "year": []})
    for fig in (
        plot_whale_curve(empty, lang=lang),
        plot_pnl(empty, lang=lang),
        plot_number_quality(empty, empty, lang=lang),
        plot_white_space(empty, lang=lang),
        plot_share_of_wallet(empty, lang=lang),
        plot_priority(empty, lang=lang),
        plot_returns(empty, lang=lang),
    ):
        assert fig.alt and theme.to_svg(fig)


def test_one_account() -> None:
    one = whale_curve(pd.DataFrame({"account_id": ["A"], "operating_income": [-4.0]}))
    theme.to_svg(plot_whale_curve(one.curve, lang="zh", summary=one.summary))
    few = years().query("account_id == 'A00' and year == 2026")
    found = number_quality(few, draws=100)
    theme.to_svg(plot_number_quality(found.years, found.bands, lang="zh"))
