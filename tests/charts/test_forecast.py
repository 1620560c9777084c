"""Pictures of forecasts: fan, spread of the total, deals, calibration, backtest."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from on_paper import stands_inside

from kamkit import charts
from kamkit.charts import theme
from kamkit.charts.forecast import chance_word
from kamkit.i18n import LANGUAGES

LONG = "苏州工业园区星河精密仪器与电梯部件（虚构）有限责任公司"
GRID = np.round(np.arange(1, 200) * 0.005, 3)
RNG = np.random.default_rng(7)
METHODS = ("model", "weighted_pipeline", "committed", "last_period", "一个很长的自定义经验法则名称")


def made(start: str, end: str, *, known: bool = True) -> SimpleNamespace:
    """A forecast as ``forecast_period`` gives it, as far as a picture reads it."""
    total = np.quantile(RNG.gamma(6, 5e6, 4000), GRID) if known else np.full(199, np.nan)
    draws = pd.DataFrame({"q": GRID, "total": total, "opening": total * 0.8})
    measures = pd.DataFrame(
        {"measure": ["p50"], "value": [1.0], "n": [332], "variant": "predictive_draws",
         "origin": "house; field:Allison 1982"}
    )  # fmt: skip
    return SimpleNamespace(
        draws=draws, total=measures, start=pd.Timestamp(start), end=pd.Timestamp(end),
        as_of=pd.Timestamp("2026-06-30"), status="ok" if known else "too_little_history",
    )  # fmt: skip


Q3, Q4 = made("2026-07-01", "2026-09-30"), made("2026-10-01", "2026-12-31")
NONE = made("2026-07-01", "2026-09-30", known=False)
ENDS = pd.date_range("2023-12-31", periods=10, freq="QE")
PAST = pd.DataFrame({"start": ENDS[:-1], "end": ENDS[1:], "bookings": RNG.gamma(4, 5e6, 9)})
OTHERS = {"weighted_pipeline": 31e6, "committed": 30.5e6, "manager_call": 30e6, "自定义": 1e6}
PARTS = pd.DataFrame(
    {
        "part": ["booked", "opening", "new_business", "total"],
        "mean": [0.0, 25e6, 5e6, 30e6], "p10": [0.0, 12e6, 1e6, 15e6],
        "p50": [0.0, 24e6, 4e6, 29e6], "p90": [0.0, 40e6, 11e6, 48e6], "n": [0, 89, 9, 332],
        "variant": ["booked"] + ["predictive_draws"] * 3, "origin": "house",
    }
)  # fmt: skip
DEALS = pd.DataFrame(
    {
        "opportunity_id": [f"O{i}" for i in range(40)], "stage": "quote",
        "amount": RNG.gamma(0.6, 3e6, 40), "p_win": RNG.uniform(0.1, 0.9, 40), "n": 160,
        "variant": "laplace_draws", "origin": "house",
    }
).assign(
    low=lambda f: f["p_win"] * 0.6, high=lambda f: (f["p_win"] * 1.3).clip(upper=1),
    p_in_period=lambda f: f["p_win"] / 2, in_period_low=lambda f: f["p_win"] * 0.2,
    in_period_high=lambda f: f["p_win"] * 0.8,
)  # fmt: skip
CRM = pd.DataFrame(
    {"opportunity_id": DEALS["opportunity_id"], "probability": [np.nan, 0.05, 0.5, 0.95] * 10}
)
BINS = pd.DataFrame(
    {"p_low": [0.0, 0.2, 0.4, 0.6, 0.8], "p_high": [0.2, 0.4, 0.6, 0.8, 1.0],
     "n": [80, 60, 40, 12, 1], "mean_p": [0.1, 0.31, 0.52, 0.69, 0.9],
     "observed": [0.3, 0.33, 0.5, 0.6, 1.0], "low": [0.2, 0.22, 0.35, 0.3, 0.2],
     "high": [0.41, 0.46, 0.65, 0.83, 1.0], "off": [True, False, False, False, False]}
)  # fmt: skip
CALIBRATION = pd.concat(
    [BINS.assign(chance=c) for c in ("p_win", "crm_probability", "p_in_period", "weighted_p")]
)
NAMES = {i: LONG for i in DEALS["opportunity_id"]}


def trials(periods: int, *, known: bool = True) -> pd.DataFrame:
    rows, rng = [], np.random.default_rng(3)
    for end in ENDS[-periods:]:
        start = end - pd.offsets.QuarterBegin(startingMonth=1)
        actual = float(rng.gamma(4, 5e6))
        for method in METHODS:
            row = {"origin": start, "period_start": start, "period_end": end, "method": method}
            row |= {"mean": float(rng.gamma(4, 5e6)), "actual": actual}
            row |= dict.fromkeys(("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"), np.nan)
            if method == "model" and known:
                cuts = np.quantile(
                    rng.gamma(4, 5e6, 500), [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
                )
                row |= dict(
                    zip(("p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"), cuts, strict=True)
                )
            rows.append(row)
    return pd.DataFrame(rows)


SCORES = pd.DataFrame(
    [
        {"method": m, "measure": key, "value": v, "low": v - 0.2, "high": v + 0.3, "n": 9,
         "variant": "bootstrap_periods", "origin": "house"}
        for i, m in enumerate(METHODS)
        for key, v in (("wape", 0.3 + 0.1 * i), ("bias", 0.4 - 0.25 * i))
    ]
)  # fmt: skip


def verdict(key: str, standing: str = "cannot_be_separated") -> SimpleNamespace:
    return SimpleNamespace(
        key=key, rule="last_period", standing=standing, direction="too_high", n=6, needed=6
    )


CHARTS: dict[str, Callable[[str], theme.Figure]] = {
    "fan": lambda lang: charts.plot_forecast_fan(
        [Q3, Q4], lang=lang, past=PAST, target=20e6, others=OTHERS, currency="CNY"
    ),
    "fan_one": lambda lang: charts.plot_forecast_fan(Q3, lang=lang, past=trials(6), currency="CNY"),
    "fan_two_calls": lambda lang: charts.plot_forecast_fan(
        [Q3, Q4], lang=lang, target=90e6, others=[OTHERS, {"committed": 2e7}], currency="USD"
    ),
    "fan_none": lambda lang: charts.plot_forecast_fan(
        NONE, lang=lang, past=PAST, target=20e6, others=OTHERS, currency="CNY"
    ),
    "spread": lambda lang: charts.plot_forecast_distribution(
        Q3.draws, lang=lang, parts=PARTS, target=20e6, currency="CNY"
    ),
    "spread_plain": lambda lang: charts.plot_forecast_distribution(Q3.draws, lang=lang),
    "deals": lambda lang: charts.plot_deal_probabilities(
        DEALS, lang=lang, crm=CRM, currency="CNY", names=NAMES, limit=30
    ),
    "deals_period": lambda lang: charts.plot_deal_probabilities(DEALS, lang=lang, chance="period"),
    "calibration": lambda lang: charts.plot_calibration(CALIBRATION, lang=lang),
    "calibration_one": lambda lang: charts.plot_calibration(BINS, lang=lang),
    "backtest": lambda lang: charts.plot_backtest(
        trials(9), lang=lang, scores=SCORES, verdict=verdict("reliable"), currency="CNY"
    ),
    "backtest_none": lambda lang: charts.plot_backtest(
        trials(2, known=False), lang=lang, scores=SCORES.head(0),
        verdict=verdict("too_little_history"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_chart_says_what_and_how_sure_and_fits(name, lang):
    fig = CHARTS[name](lang)
    words = fig.heading + fig.alt + fig.footer
    assert fig.heading and fig.alt and "n = " in fig.footer and "{" not in words
    stands_inside(fig)
    assert theme.to_svg(CHARTS[name](lang)) == theme.to_svg(CHARTS[name](lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_to_draw_is_a_sentence(lang):
    empty = pd.DataFrame({"q": [], "total": [], "method": [], "n": []})
    for fig in (
        charts.plot_forecast_fan([], lang=lang),
        charts.plot_forecast_distribution(empty, lang=lang),
        charts.plot_forecast_distribution(NONE.draws, lang=lang, target=1e6),
        charts.plot_deal_probabilities(empty, lang=lang),
        charts.plot_deal_probabilities(DEALS.assign(p_win=np.nan), lang=lang),
        charts.plot_calibration(empty, lang=lang),
        charts.plot_backtest(empty, lang=lang, scores=empty),
    ):
        assert fig.alt and not fig.footer


def test_all_figures_of_a_period_stand_in_one_picture():
    fig = CHARTS["fan"]("en")
    names = {text.get_text() for text in fig.legends[0].get_texts()}
    assert {"booked", "median (P50)", "50% range", "80% range", "95% range", "target CNY 20.0m",
            "CRM weighted pipeline", "committed", "manager's call", "自定义"} == names  # fmt: skip
    assert "likely" in fig.heading or "even" in fig.heading


def test_without_history_no_figure_is_made_up():
    fig = CHARTS["fan_none"]("en")
    assert "too little history" in fig.heading
    assert not any("range" in t.get_text() for t in fig.legends[0].get_texts())


def test_chances_in_words():
    words = [chance_word(p, "en") for p in (0.95, 0.7, 0.5, 0.2, 0.05)]
    assert [w.split(", ")[1] for w in words] == [
        "very likely", "likely", "about even", "unlikely", "very unlikely"
    ]  # fmt: skip


def test_the_chance_in_the_title_is_that_of_the_draws():
    fig = charts.plot_forecast_distribution(
        pd.DataFrame({"q": GRID, "total": GRID * 4e6}), lang="en", target=2e6
    )
    assert "50%, about even" in fig.heading
    above = sum(p.get_height() for p in fig.axes[0].containers[1])
    assert above == pytest.approx(0.5, abs=0.01)


def test_a_crm_chance_outside_the_interval_is_filled():
    fig = charts.plot_deal_probabilities(DEALS, lang="en", crm=CRM, limit=40)
    lines = {str(line.get_label()): line for line in fig.axes[0].lines}
    merged = DEALS.merge(CRM, on="opportunity_id").dropna(subset=["probability"])
    off = ~merged["probability"].between(merged["low"], merged["high"])
    assert len(lines["CRM, outside"].get_xdata()) == off.sum()
    assert f"{off.sum()} of {len(merged)}" in fig.heading


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_verdict_has_its_title(lang):
    keys = ("reliable", "not_better_than", "calibration_lost", "too_little_history")
    found = set()
    for key in keys:
        for standing in ("better", "cannot_be_separated"):
            fig = charts.plot_backtest(
                trials(6), lang=lang, scores=SCORES, verdict=verdict(key, standing)
            )
            found.add(fig.heading.split("（")[0][:60])
    assert len(found) >= 5
