"""The picture that opens a calibration meeting: how each rater used the scale, under letters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from on_paper import stands_inside

from kamkit import charts
from kamkit.charts import theme
from kamkit.i18n import LANGUAGES, number, t
from kamkit.methods.appraisal.calibration_view import calibration_view
from kamkit.methods.appraisal.combined import combined_result

ITEMS = ("sales_skill", "communication", "need_insight")


def spreads(managers: int, *, marked: bool = True, people: int = 5) -> pd.DataFrame:
    """Managers from strict to lenient; the last one of three or more led only two people."""
    rng = np.random.default_rng(managers)
    rows = []
    for i in range(managers):
        led = 2 if managers > 2 and i == managers - 1 else people
        for j in range(led):
            scores = np.clip(np.round(rng.normal(2.5 + 2 * i / managers, 0.8, len(ITEMS))), 1, 5)
            rows += [
                (f"M{i:02d}{j}", f"B{i:02d}", "manager", item, "2026H1", score)
                for item, score in zip(ITEMS, scores, strict=True)
            ]
    columns = ["ratee_id", "rater_id", "source", "competency", "period", "score"]
    ratings = pd.DataFrame(rows, columns=columns)
    who = sorted(ratings["ratee_id"].unique())
    parts = pd.DataFrame({"member_id": who, "part": "kpi", "value": 70.0, "se": 3.0})
    raters = sorted(ratings["rater_id"].unique())
    severity = pd.DataFrame(
        {"rater_id": raters, "severity": np.linspace(0.9, -0.9, len(raters)),
         "flagged": [True, *[False] * (len(raters) - 1)]}
    )  # fmt: skip
    combined = combined_result(parts)
    return calibration_view(combined, ratings, severity if marked else None).spreads


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("managers", [1, 2, 12])
def test_it_says_how_sure_and_fits(managers, marked, lang):
    table = spreads(managers, marked=marked)
    fig = charts.plot_calibration_spread(table, lang=lang)
    words = fig.heading + fig.alt + fig.footer
    assert fig.heading and fig.alt and "{" not in words and "nan" not in words
    assert f"n = {number(table['n_scores'].sum(), lang)}" in fig.footer
    assert len(fig.axes[0].get_yticklabels()) == managers
    shown = " ".join(text.get_text() for text in fig.axes[0].texts) + words
    assert "B0" not in shown and "M0" not in shown and "nan" not in shown
    assert (t("chart.calibration_spread.strict", lang) in shown) == marked
    stands_inside(fig)
    first, second = (charts.plot_calibration_spread(table, lang=lang) for _ in range(2))
    assert theme.to_svg(first) == theme.to_svg(second)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_raters_of_few_people_stand_last_without_figures(lang):
    table = spreads(12)
    hidden = table.loc[table["hidden"], "label"].tolist()
    assert len(hidden) == 1
    fig = charts.plot_calibration_spread(table, lang=lang)
    names = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert names[-1] == t("chart.calibration_spread.rater", lang, label=hidden[0])
    said = [text.get_text() for text in fig.axes[0].texts]
    assert said.count(t("chart.calibration_spread.hidden", lang)) == 1
    diamonds = [line for line in fig.axes[0].lines if line.get_marker() == "D"]
    assert len(diamonds) == 11


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nobody_with_enough_people(lang):
    fig = charts.plot_calibration_spread(spreads(2, people=2), lang=lang)
    assert fig.heading and "nan" not in fig.heading + fig.alt + fig.footer
    stands_inside(fig)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_to_draw_is_a_sentence(lang):
    fig = charts.plot_calibration_spread(pd.DataFrame(), lang=lang)
    assert fig.heading and fig.alt and not fig.footer
    stands_inside(fig)
