"""Every key that goals return has words in both languages, and every refusal can be read."""

from __future__ import annotations

import importlib
import re

import pandas as pd
import pytest
from conftest import ROOT

from kamkit.errors import KamkitError
from kamkit.i18n import catalog, describe
from kamkit.methods.goals import (
    apportion,
    cascade,
    cascade_tree,
    mbo_status,
    pay_plan,
    programme_goals,
    reassign_accounts,
    simulate_pay,
    transport,
    weights_from,
)

FILES = sorted((ROOT / "kamkit/methods/goals").glob("*.py"))
SOURCE = "\n".join(f.read_text(encoding="utf-8") for f in FILES)
ONE = pd.DataFrame({"account_id": ["A"], "hours": [1.0], "owner_id": ["m"]})
PLAN = pd.DataFrame({"plan_id": ["P"], "kpi": "s", "base": 1.0, "variable_target": 1.0,
                     "weight": 0.5, "threshold": 2.0, "cap": 1.0})  # fmt: skip
GOALS = pd.DataFrame({"goal_id": ["A", "B"], "parent_id": ["B", "A"], "scope": "team",
                      "scope_id": "t", "kpi": "s", "target": 1.0})  # fmt: skip
BASIS = pd.DataFrame({"member_id": ["a"], "history": [0.0], "potential": [1.0]})
PRICE = pd.DataFrame({"x": [1.0]}, index=["a"])


def columns():
    for file in FILES:
        module = importlib.import_module(f"kamkit.methods.goals.{file.stem}")
        for name, value in vars(module).items():
            if name.endswith("_COLUMNS"):
                yield from value


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_are_there(lang):
    words = catalog(lang)
    codes = re.findall(r'Problem\(\s*"(\w+)"', SOURCE)
    measures = re.findall(
        r'measure_row\(\s*"(\w+)"|"(pay_\w+_share|cascade_(?:total|sum))"', SOURCE
    )
    keys = {f"column.{c}" for c in columns()}
    keys |= {f"problem.{c}" for c in codes} | {f"advice.{c}" for c in codes}
    keys |= {f"measure.{a or b}" for a, b in measures}
    assert sorted(k for k in keys if k not in words) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "call",
    [
        lambda: cascade(10, {"a": 1}, floors={"a": 9.5}, caps={"a": 3}),
        lambda: cascade(10, {"a": 1, "b": 1}, floors=6),
        lambda: cascade(2, {"a": 1, "b": 1, "c": 1}, floors=1),
        lambda: cascade(10, {"a": 1, "b": 1}, caps=4, unit="0.5"),
        lambda: cascade(10.5, {"a": 0, "b": "x"}),
        lambda: cascade(1e17, {"a": 1}),
        lambda: cascade(1, {"a": 0}),
        lambda: cascade(1, {"a": 1}, caps={"z": 1}),
        lambda: apportion([1], 1, quota="d"),
        lambda: cascade_tree(GOALS),
        lambda: cascade_tree(GOALS.assign(parent_id=[None, "A"]), {"x": 1}),
        lambda: weights_from(BASIS, "history"),
        lambda: weights_from(BASIS, "hope"),
        lambda: mbo_status(GOALS, ONE.assign(action_id="1", goal_id="Z", status="done"), GOALS,
                           as_of="2026-01-01"),
        lambda: pay_plan(PLAN, PLAN, cap_on="x"),
        lambda: pay_plan(pd.concat([PLAN, PLAN.assign(kpi="t", base=2.0)]), PLAN),
        lambda: simulate_pay(PLAN.assign(weight=1.0, cap=3.0), correlation=3.0, draws=2),
        lambda: simulate_pay(PLAN.assign(weight=1.0, cap=3.0),
                             ONE.assign(member_id="m", period="1", kpi="s", attainment=1.0)),
        lambda: simulate_pay(PLAN.assign(weight=1.0, cap=3.0), potential_effect=1.0,
                             members=pd.DataFrame({"member_id": ["a", "b"]})),
        lambda: programme_goals(pd.DataFrame({"goal": ["g"], "kind": "x", "target": 0,
                                              "start": "2026-02-01", "due": "2026-01-01"}),
                                as_of="2026-01-01"),
        lambda: transport({"a": 1}, {"x": 2}, PRICE),
        lambda: transport({"a": 3}, {"x": 2}, PRICE * float("nan")),
        lambda: transport({"b": -1}, {"x": 2}, PRICE),
        lambda: reassign_accounts(ONE, ONE.assign(member_id="m", hours=0.0)),
        lambda: reassign_accounts(ONE, ONE.assign(member_id="m"), costs=PRICE),
    ],
)  # fmt: skip
def test_refusals_can_be_read(call, lang):
    with pytest.raises(KamkitError) as caught:
        call()
    said = describe(caught.value, lang)
    assert "{" not in said and said.strip()
    words = catalog(lang)
    for problem in caught.value.problems:
        assert f"problem.{problem.code}" in words and f"advice.{problem.code}" in words
