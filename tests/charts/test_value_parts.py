"""Pictures of the parts of account value: bubbles, cost to serve, allocation, scores, capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.charts import (
    plot_allocation,
    plot_attractiveness,
    plot_capacity,
    plot_cost_to_serve,
    plot_portfolio_bubbles,
    plot_premium_income,
    plot_relative_strength,
    theme,
)
from kamkit.charts.theme import Figure
from kamkit.methods.portfolio import (
    account_pnl,
    allocate_indirect,
    attractiveness,
    cost_to_serve,
    portfolio_bubbles,
    premium_income,
    relative_strength,
)
from kamkit.methods.selection import capacity_check, capacity_limits
from kamkit.schemes import load_scheme

IDS = [f"A{i:02d}" for i in range(24)]
NAMES = {
    "A00": "云杉电梯（虚构）有限责任公司",
    "A01": "<script>alert(1)</script>",
    "A02": "$x^2$ \n" + "x" * 300,
    "A03": "喆堃赟 \U0001f680",
    "A04": "",
}


def years() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"account_id": IDS, "year": 2025})
    table["revenue"] = rng.lognormal(14, 1.2, len(table))
    table["direct_cost"] = table["revenue"] * 0.7
    table["indirect_cost"] = table["revenue"] * rng.uniform(0.1, 0.5, len(table))
    return table


def costs() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    kinds = ["visit", "rush", "return", "order", "delivery_km", "credit_days", "own_$_driver"]
    grid = [(i, d) for i in IDS for d in kinds]
    table = pd.DataFrame(grid, columns=["account_id", "driver"]).assign(year=2025, rate=900.0)
    return table.assign(quantity=rng.integers(1, 90, len(table)))


def outlook() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"account_id": IDS, "growth_potential": rng.lognormal(13, 1.5, 24)})
    table["growth_low"], table["growth_high"] = 0.5 * table.iloc[:, 1], 2 * table.iloc[:, 1]
    table.loc[:5, ["growth_potential", "growth_low", "growth_high"]] = np.nan
    table["years_to_realise"] = [2.0 if i % 3 else np.nan for i in range(24)]
    table["orientation"] = ["strategic", "transactional", None] * 8
    return table


def bubbles(**more: Any) -> Figure:
    return plot_portfolio_bubbles(
        portfolio_bubbles(account_pnl(years(), past=0, future=0), outlook()), names=NAMES, **more
    )


def served(**more: Any) -> Figure:
    found = cost_to_serve(years(), costs(), year=2025)
    return plot_cost_to_serve(found.drivers, names=NAMES, **more)


def allocation(**more: Any) -> Figure:
    rules = ["recorded", "revenue", "drivers", "equal"]
    found = allocate_indirect(years(), year=2025, rules=rules, cost_drivers=costs())
    return plot_allocation(found.amounts, names=NAMES, **more)


def premium(**more: Any) -> Figure:
    table = years().assign(net_income=lambda t: t.revenue - t.direct_cost - t.indirect_cost)
    return plot_premium_income(premium_income(table), names=NAMES, **more)


def attractive(**more: Any) -> Figure:
    rng = np.random.default_rng(7)
    grid = [(i, f) for i in IDS for f in ("size", "growth_potential", "own factor $")]
    table = pd.DataFrame(grid, columns=["account_id", "criterion"])
    table["score"] = rng.integers(1, 6, len(table))
    found = attractiveness(table.drop(index=[4]), dict.fromkeys(table["criterion"].unique(), 1.0))
    return plot_attractiveness(found.factors, accounts=found.accounts, names=NAMES, **more)


def rivals(us: float = 5) -> pd.DataFrame:
    rows = [(f, s, s == "us", us if s == "us" else 6) for f in ("price", "own $")
            for s in ("us", "$r_1$", "r2")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["factor", "supplier", "is_us", "score"])
    return table.assign(account_id="A02")


def strength(**more: Any) -> Figure:
    found = relative_strength(rivals(), draws=100)
    return plot_relative_strength(found.factors, accounts=found.accounts, names=NAMES, **more)


def capacity(lang: str, currency: str = "", hours: float = 500) -> Figure:
    scheme = load_scheme("elevator")
    classes = pd.DataFrame({"account_id": IDS, "sales": range(24)})
    classes["member"] = ["strategic", "key", "main", "general"] * 6
    found = capacity_check(classes, capacity_limits(scheme), hours=hours)
    return plot_capacity(found.summary, lang=lang, scheme=scheme)


ALL = [bubbles, served, allocation, premium, attractive, strength, capacity]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", ALL, ids=lambda f: f.__name__)
def test_draws_with_hostile_names(draw: Callable[..., Figure], lang: str) -> None:
    fig = draw(lang=lang, currency="CNY")
    assert theme.to_svg(fig).startswith("<svg") and fig.alt and fig.heading
    assert "n = " in fig.footer and "nan" not in fig.heading + fig.alt + fig.footer


def test_unknown_potential_has_a_strip_of_its_own() -> None:
    top, strip = bubbles(lang="en").axes
    shown = sum(len(c.get_offsets()) for c in top.collections if hasattr(c, "get_sizes"))
    aside = sum(len(c.get_offsets()) for c in strip.collections if hasattr(c, "get_sizes"))
    assert aside == 6 and shown >= 18


def test_nothing_is_put_at_nil_where_no_potential_is_known() -> None:
    found = portfolio_bubbles(account_pnl(years(), past=0, future=0))
    fig = plot_portfolio_bubbles(found, lang="en")
    assert "24" in fig.heading and fig.axes[0].get_yticks().size == 0


def test_strength_says_when_nothing_trails_and_when_nobody_is_rated() -> None:
    ahead = relative_strength(rivals(us=8), draws=100)
    words = plot_relative_strength(ahead.factors, accounts=ahead.accounts, lang="en").heading
    assert "behind on nothing" in words
    alone = relative_strength(rivals().query("is_us"), draws=100)
    fig = plot_relative_strength(alone.factors, accounts=alone.accounts, lang="en")
    assert "can't be told" in fig.heading


def test_capacity_says_what_falls_out() -> None:
    assert "fall out" in capacity("en").heading
    assert "more than their class may hold" in capacity("en", hours=9000).heading


def test_one_rule_alone_is_no_comparison() -> None:
    found = allocate_indirect(years(), year=2025, rules=["recorded"])
    assert "One sharing rule" in plot_allocation(found.amounts, lang="en").heading


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_draw(lang: str) -> None:
    none = pd.DataFrame({"account_id": [], "total": [], "cost": [], "net_income": [],
                         "premium_money": [], "status": [], "order": []})  # fmt: skip
    figures = [
        plot_portfolio_bubbles(none, lang=lang),
        plot_cost_to_serve(none, lang=lang),
        plot_allocation(none, lang=lang),
        plot_premium_income(none, lang=lang),
        plot_attractiveness(none, accounts=none, lang=lang),
        plot_relative_strength(none, accounts=none, lang=lang),
        plot_capacity(none, lang=lang),
    ]
    assert len({fig.alt for fig in figures}) == 1
