"""Qualification cards."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import open_questions, qualification, qualification_list
from kamkit.schemes.question_sets import load_question_set, question_set_ids


def card(**ratings: float) -> pd.DataFrame:
    return pd.DataFrame({"question": list(ratings), "rating": list(ratings.values()),
                         "evidence": "client"})  # fmt: skip


def question(key: str, group: str, weight: float = 1.0, gate: bool = False) -> SimpleNamespace:
    return SimpleNamespace(id=key, group=group, weight=weight, gate=gate, origin="house")


OWN = SimpleNamespace(
    id="own",
    origin="house",
    questions=(question("need", "fit", 2), question("budget", "fit", gate=True),
               question("rival", "win")),
)  # fmt: skip


def test_by_hand() -> None:
    found = qualification(card(need=5, budget=3, rival=1), OWN)
    m = found.measures.set_index("measure")
    assert m.loc["score_known", "value"] == pytest.approx((2 * 100 + 50 + 0) / 4)
    assert found.questions["contribution"].sum() == pytest.approx(62.5)
    fit = found.groups.set_index("group").loc["fit"]
    assert fit["score"] == pytest.approx(250 / 3) and fit["known_share"] == 1
    assert m.loc["score", "low"] < 62.5 < m.loc["score", "high"]


def test_unknown_widens_never_counts_as_nil() -> None:
    found = qualification(card(need=5), OWN)
    m = found.measures.set_index("measure")
    known = m.loc["score_known"]
    assert known["value"] == 100 and (known["low"], known["high"]) == (50, 100)
    full = qualification(card(need=5, budget=5, rival=5), OWN).measures.set_index("measure")
    width = m.loc["score", "high"] - m.loc["score", "low"]
    assert width > 2 * (full.loc["score", "high"] - full.loc["score", "low"])
    assert m.loc["gates_open", "value"] == 1 and m.loc["gates_failed", "value"] == 0


def test_evidence_narrows() -> None:
    widths = []
    for evidence in ("us", "client", "document"):
        answers = card(need=3, budget=3, rival=3).assign(evidence=evidence)
        row = qualification(answers, OWN).measures.set_index("measure").loc["score"]
        widths.append(row["high"] - row["low"])
    assert widths == sorted(widths, reverse=True)


def test_gate_stops_a_high_score() -> None:
    found = qualification(card(need=5, budget=1, rival=5), OWN, pass_score=60)
    assert "verdict_stop" in set(found.measures["measure"])
    good = qualification(card(need=5, budget=5, rival=5), OWN)
    assert "verdict_go" in set(good.measures["measure"])
    unsure = qualification(card(need=4, budget=3, rival=2), OWN, pass_score=60)
    assert "verdict_cannot_tell" in set(unsure.measures["measure"])
    weighty = qualification(card(need=5, rival=5), OWN, weights={"budget": 0.01})
    assert "verdict_hold" in set(weighty.measures["measure"])


def test_weights_and_raters() -> None:
    heavy = qualification(card(need=5, budget=5, rival=1), OWN, weights={"rival": 9})
    assert heavy.measures.set_index("measure").loc["score_known", "value"] == pytest.approx(25)
    two = pd.concat([card(need=5), card(need=3)], ignore_index=True)
    assert qualification(two, OWN).questions.loc[0, "score"] == 75
    with pytest.raises(KamkitError):
        qualification(card(need=5), OWN, weights={"nobody": 1})
    with pytest.raises(KamkitError):
        qualification(card(need=9), OWN)


def test_four_viability_questions() -> None:
    four = load_question_set("viability_four")
    answers = pd.DataFrame({"question": ["opportunity", "compete"], "answer": ["yes", "no"],
                            "evidence": "client"})  # fmt: skip
    found = qualification(answers, four)
    assert found.groups["group"].tolist() == list(four.question_ids)
    assert found.groups["passed"].tolist()[:2] == ["yes", "no"]
    assert "verdict_stop" in set(found.measures["measure"])
    rows = qualification_list(answers.assign(opportunity_id="O1"), four)
    assert rows["first_open"].item() == "compete" and rows["verdict"].item() == "stop"


def test_list_clusters() -> None:
    rows = []
    for name, rating in (("O1", 5), ("O2", 4.8), ("O3", 1)):
        rows.append(card(need=rating, budget=rating, rival=rating).assign(opportunity_id=name))
    found = qualification_list(pd.concat(rows), OWN).set_index("opportunity_id")
    assert found.loc["O1", "cluster"] == found.loc["O2", "cluster"] != found.loc["O3", "cluster"]
    assert found["score"].between(0, 100).all()


def test_what_to_ask_next() -> None:
    found = open_questions(qualification(card(rival=3), OWN))
    assert found["question"].tolist() == ["budget", "need"]
    assert found["swing"].tolist() == [25, 50]


@pytest.mark.parametrize("set_id", question_set_ids())
def test_every_shipped_set_and_empty(set_id: str) -> None:
    questions = load_question_set(set_id)
    empty = pd.DataFrame({"question": [], "answer": []})
    found = qualification(empty, questions)
    m = found.measures.set_index("measure")
    assert np.isnan(m.loc["score_known", "value"]) and m.loc["share_known", "value"] == 0
    assert found.groups["bound_low"].eq(0).all() and found.groups["bound_high"].eq(100).all()
    assert not {"verdict_go", "verdict_hold"} & set(m.index)


def test_no_questions() -> None:
    bare = SimpleNamespace(id="none", origin="house", questions=())
    found = qualification(pd.DataFrame({"question": [], "answer": []}), bare)
    assert found.groups.empty and set(found.measures["variant"]) == {"too_little_data"}
