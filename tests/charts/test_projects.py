"""Pictures of orders, bids, gates and delivery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.charts import theme
from kamkit.charts.bids import plot_bid_economics, plot_value_of_information
from kamkit.charts.gates import plot_gate_review, plot_qualification
from kamkit.charts.priority import plot_delivery, plot_late_change, plot_order_priority
from kamkit.charts.theme import Figure
from kamkit.methods.projects import (
    bid_economics,
    delivery_status,
    gate_review,
    late_change,
    order_priority,
    qualification,
    value_of_information,
)
from kamkit.schemes.question_sets import load_question_set

HOSTILE = ["云杉电梯（虚构）有限责任公司", "<script>alert(1)</script>", "$x^2$ \n" + "x" * 300,
           "喆堃赟 \U0001f680", ""]  # fmt: skip
GATES, CARD = load_question_set("gates_large_project"), load_question_set("six_factors")


def bids(**more: Any) -> Figure:
    table = pd.DataFrame({
        "bid_id": HOSTILE, "p": [0.5, 0.2, 0.05, 0.9, np.nan], "margin_amount": 1e6,
        "margin_amount_low": 8e5, "margin_amount_high": 1.4e6, "pursuit_cost": 2.4e5,
    })  # fmt: skip
    found = bid_economics(table, draws=500)
    return plot_bid_economics(found.curve, bids=found.bids, **more)


def voi(**more: Any) -> Figure:
    table = pd.DataFrame({"question": HOSTILE, "p_yes": 0.5, "odds_ratio": [1, 2, 3, 5, 9],
                          "ask_cost": 1e4})  # fmt: skip
    found = value_of_information(table, p=0.3, margin=1e6, pursuit_cost=2.8e5, draws=20)
    return plot_value_of_information(found.questions, **more)


def answers(ids: tuple[str, ...]) -> pd.DataFrame:
    cycle = [("yes", "document"), ("yes", "us"), ("partly", "client"), ("no", "client"),
             ("unknown", ""), ("not_applicable", "")]  # fmt: skip
    rows = [(q, *cycle[i % len(cycle)]) for i, q in enumerate(ids)]
    rows += [(ids[0], "no", "document")]
    return pd.DataFrame(rows, columns=["question", "answer", "evidence"])


def gates(**more: Any) -> Figure:
    found = gate_review(answers(GATES.question_ids), GATES)
    return plot_gate_review(found.questions, phases=found.phases, question_set=GATES, **more)


def card(kind: str = "bars", **more: Any) -> Figure:
    found = qualification(answers(CARD.question_ids[:9]), CARD, draws=100)
    return plot_qualification(found.groups, kind=kind, question_set=CARD, **more)


def radar(**more: Any) -> Figure:
    return card("radar", **more)


def orders(**more: Any) -> Figure:
    rng = np.random.default_rng(1)
    n = 40
    table = pd.DataFrame({
        "opportunity_id": [f"O{i:02d}" for i in range(n)], "amount": rng.lognormal(12, 1, n),
        "p": 0.6, "p_without": rng.uniform(0, 0.7, n), "effort_hours": rng.uniform(5, 90, n),
    })  # fmt: skip
    table.loc[0, "p"] = np.nan
    found = order_priority(table, capacity=500, draws=30)
    names = dict(zip(table["opportunity_id"], HOSTILE, strict=False))
    return plot_order_priority(found.deals, measures=found.measures, names=names, **more)


def changes(**more: Any) -> Figure:
    table = pd.DataFrame({
        "option": HOSTILE, "value": [3e5, 2e6, 1e6, 1e5, 5e4], "cost": [0, 9e5, 4e5, 1e5, 2e5],
        "cost_low": [0, 8e5, 3e5, 0, 0], "cost_high": [1e5, 1e6, 9e5, 2e5, 3e5],
        "time": [0.0, 60, 30, 10, 20], "relationship": [-2.0, 2, 1, -1, -2],
    })  # fmt: skip
    weights = {"value": 4, "cost": 3, "time": 2, "relationship": 1}
    found = late_change(table, weights=weights, draws=200)
    return plot_late_change(found.options, switches=found.switches, **more)


def plan() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for i in range(6):
        for step in range(4):
            day = pd.Timestamp("2025-02-01") + pd.Timedelta(days=40 * step + 30 * i)
            rows.append((f"P{i}", f"M{step}", day, day + pd.Timedelta(days=int(rng.normal(8, 9)))))
    return pd.DataFrame(rows, columns=["project_id", "milestone", "planned_on", "actual_on"])


def delivery(**more: Any) -> Figure:
    table = plan()
    table.loc[table.index[-6:], "actual_on"] = pd.NaT
    found = delivery_status(table, as_of="2025-09-01", draws=100)
    names = {f"P{i}": name for i, name in enumerate(HOSTILE)}
    return plot_delivery(
        found.milestones, projects=found.projects, as_of="2025-09-01", names=names, **more
    )


ALL = [bids, voi, gates, card, radar, orders, changes, delivery]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", ALL, ids=lambda f: f.__name__)
def test_draws_with_hostile_names(draw: Callable[..., Figure], lang: str) -> None:
    fig = draw(lang=lang, currency="CNY")
    svg = theme.to_svg(fig)
    assert fig.alt and fig.heading and "n = " in fig.footer
    assert "<script>" not in svg
    words = fig.heading + fig.footer + fig.alt
    assert "{" not in words and "chart." not in words


def signs(fig: Figure, axes: int = 0) -> list[tuple[Any, Any, Any]]:
    return [(line.get_marker(), line.get_markerfacecolor(), line.get_linestyle())
            for line in fig.axes[axes].lines]  # fmt: skip


def test_unknown_never_looks_like_no() -> None:
    def drawn(answer: str) -> set[Any]:
        said = pd.DataFrame({"question": GATES.question_ids, "answer": answer,
                             "evidence": "client"})  # fmt: skip
        found = gate_review(said, GATES)
        fig = plot_gate_review(found.questions, phases=found.phases, lang="en", question_set=GATES)
        return {m for m, *_ in signs(fig)}

    assert "X" in drawn("no") and "$?$" not in drawn("no")
    assert "$?$" in drawn("unknown") and "X" not in drawn("unknown")
    texts = {text.get_text() for text in gates(lang="en").axes[0].texts}
    assert {"not known", "not met", "met"} <= texts


def test_thin_answer_is_hollow() -> None:
    said = pd.DataFrame({"question": [GATES.question_ids[0]], "answer": ["yes"],
                         "evidence": ["us"]})  # fmt: skip
    found = gate_review(said, GATES)
    fig = plot_gate_review(found.questions, phases=found.phases, lang="zh", question_set=GATES)
    hollow = [face for marker, face, _ in signs(fig) if marker == "o"]
    assert hollow == [theme.PAPER]


def test_no_line_through_an_unknown_factor() -> None:
    fig = radar(lang="en")
    found = qualification(answers(CARD.question_ids[:9]), CARD, draws=100).groups
    edges = [line for line in fig.axes[0].lines if len(line.get_xdata()) == 2
             and line.get_linestyle() == "-"]  # fmt: skip
    known = found["score"].notna().to_numpy()
    assert (~known).any() and len(edges) == int((known & np.roll(known, -1)).sum())


def test_break_even_is_marked() -> None:
    fig = bids(lang="en")
    words = [text.get_text() for text in fig.axes[0].texts]
    assert any("24%" in word or "23%" in word for word in words)
    assert len([ax for ax in fig.axes if ax.has_data()]) == 4


def test_cut_line_and_left_orders() -> None:
    fig = orders(lang="en")
    assert any("stops here" in text.get_text() for text in fig.legends[0].get_texts())
    hatches = {bar.get_hatch() for bar in fig.axes[0].patches}
    assert "///" in hatches and len(hatches) > 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_draw_and_single_rows(lang: str) -> None:
    empty = pd.DataFrame({"bid_id": [], "question": [], "group": [], "option": []})
    for fig in (
        plot_bid_economics(empty, bids=empty, lang=lang),
        plot_value_of_information(empty, lang=lang),
        plot_gate_review(empty, phases=empty, lang=lang),
        plot_qualification(empty, lang=lang),
        plot_order_priority(empty, measures=empty, lang=lang),
        plot_late_change(empty, lang=lang),
        plot_delivery(empty, projects=empty, as_of="2026-01-01", lang=lang),
    ):
        assert fig.alt and theme.to_svg(fig)
    one = delivery_status(plan().iloc[:1], as_of="2025-09-01")
    theme.to_svg(plot_delivery(one.milestones, projects=one.projects, as_of="2025-09-01",
                               lang=lang))  # fmt: skip
    blank = qualification(pd.DataFrame({"question": [], "answer": []}), CARD, draws=50).groups
    for kind in ("bars", "radar"):
        theme.to_svg(plot_qualification(blank, lang=lang, kind=kind, question_set=CARD))
    none = order_priority(pd.DataFrame({"opportunity_id": ["a"], "amount": [1.0], "p": [0.5],
                                        "p_without": [0.5], "effort_hours": [2.0]}),
                          capacity=0, draws=5)  # fmt: skip
    theme.to_svg(plot_order_priority(none.deals, measures=none.measures, lang=lang))
