"""Controls that a scheme brings along, and the form of the self-audit."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.i18n import LANGUAGES
from kamkit.methods import selection
from kamkit.schemes import load_scheme, scheme_ids
from kamkit.widgets import audit_form, hour_sliders, judgement, rule_controls, what_if

BASIS = pd.DataFrame(
    {"account_id": ["A"], "sales": [25e6], "rating:industry_level": [3.0], "profit": [1.0]}
)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", scheme_ids())
def test_untouched_controls_leave_the_rule_as_it_is(name, lang):
    scheme = load_scheme(name)
    controls = rule_controls(scheme, lang=lang, currency="CNY")
    values = {c.name: c.read() for c in controls}
    case = selection.rule_case(BASIS, scheme, **values)
    assert case.scheme.version == scheme.version
    assert all(c.widget.description for c in controls)


def test_a_chosen_class_closes_an_open_case():
    scheme = load_scheme("elevator")
    controls = {c.name: c for c in rule_controls(scheme, lang="en")}
    shown = []
    what_if(
        lambda **values: selection.rule_case(BASIS, scheme, **values),
        list(controls.values()),
        [lambda case: shown.append(case.assignments["member"].tolist()) or ""],
        lang="en",
    )
    controls["big_not_leading"].widget.value = "main"
    assert shown == [[""], ["main"]]


def test_a_cutoff_that_the_accounts_set_has_no_control():
    assert rule_controls(load_scheme("attractiveness_strength"), lang="en", cutoffs=[]) == []
    names = [c.name for c in rule_controls(load_scheme("attractiveness_strength"), lang="en")]
    assert "attractiveness" not in names


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unrated_points_are_not_zero(lang):
    form = audit_form("ratings", lang=lang)
    assert len(form.inputs) == 31
    assert selection.self_audit(form.read()).functions["score"].isna().all()
    form.inputs[0].value = 0
    form.inputs[1].value = 4
    assert form.read()["score"].tolist() == [0.0, 4.0]
    assert selection.self_audit(form.read()).functions["score"].dropna().tolist() == [50.0]


def test_judgements_cover_the_scale_both_ways():
    control = judgement("first_second", "solvency", "flexibility", lang="zh", value=1 / 9)
    assert control.read() == pytest.approx(1 / 9)
    levels = [value for _, value in control.widget.options]
    assert sorted(levels) == pytest.approx(sorted(1 / level for level in levels))


def test_hours_are_read_by_name():
    assert [c.name for c in hour_sliders("zh")] == ["hours_key", "hours_other", "share"]
