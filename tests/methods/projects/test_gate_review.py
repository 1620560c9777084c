"""Gate review, evidence grades and the four skills."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import answer_table, gate_review, skills_audit
from kamkit.schemes.question_sets import load_question_set


def question(key: str, group: str, weight: float = 1.0, gate: bool = False) -> SimpleNamespace:
    return SimpleNamespace(id=key, group=group, weight=weight, gate=gate, origin="house")


OWN = SimpleNamespace(
    id="own",
    origin="house",
    questions=(
        question("budget", "start", 2, gate=True), question("fit", "start"),
        question("team", "start"), question("price", "bid", gate=True), question("risk", "bid"),
    ),
)  # fmt: skip


def said(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["question", "answer", "evidence"])


FULL = said(("budget", "yes", "document"), ("fit", "yes", "us"), ("team", "yes", "client"),
            ("price", "yes", "client"), ("risk", "yes", "us"))  # fmt: skip


def test_all_met_goes() -> None:
    found = gate_review(FULL, OWN)
    assert found.phases["decision"].tolist() == ["go", "go"]
    row = found.decision.iloc[0]
    assert row["decision"] == "go" and row["missing"] == 0 and row["phase"] == "bid"


def test_unknown_is_neither_no_nor_yes() -> None:
    unknown = gate_review(FULL[FULL["question"] != "budget"], OWN)
    no = gate_review(said(("budget", "no", "client"), *FULL.iloc[1:].itertuples(index=False)), OWN)
    assert unknown.decision["decision"].item() == "hold"
    assert no.decision["decision"].item() == "stop"
    start = unknown.phases.iloc[0]
    assert (start["low"], start["share"], start["high"]) == (0.5, 1.0, 1.0)
    assert (start["unknown"], start["no"]) == (1, 0)
    assert no.phases.iloc[0]["no"] == 1


def test_own_word_is_thin_at_a_gate() -> None:
    weak = FULL.assign(evidence="us")
    found = gate_review(weak, OWN)
    states = found.questions.set_index("question")["state"]
    assert states["budget"] == "thin" and states["fit"] == "met"
    assert found.decision["first_missing"].item() == "budget"
    strict = gate_review(FULL, OWN, evidence="document")
    assert strict.questions["state"].tolist().count("thin") == 3
    lax = gate_review(weak, OWN, gate_evidence="us")
    assert lax.decision["decision"].item() == "go"


def test_best_evidence_counts_and_clashes_show() -> None:
    rows = said(("budget", "yes", "us"), ("budget", "no", "client"), ("fit", "yes", "client"),
                ("fit", "no", "client"))  # fmt: skip
    states = answer_table(rows, OWN).set_index("question")["state"]
    assert states["budget"] == "no" and states["fit"] == "contradicted"
    dated = rows.assign(answered_on=["2026-01-01"] * 3 + ["2026-02-01"])
    assert answer_table(dated, OWN).set_index("question").loc["fit", "state"] == "no"
    early = answer_table(dated, OWN, as_of="2026-01-15").set_index("question")
    assert early.loc["fit", "state"] == "met"
    old = answer_table(dated, OWN, as_of="2026-06-30", stale_days=60).set_index("question")
    assert old.loc["budget", "state"] == "stale"


def test_phase_named_and_partly() -> None:
    rows = said(("budget", "yes", "client"), ("fit", "partly", "us"), ("team", "partly", "us"))
    found = gate_review(rows, OWN, phase="start", required=0.75)
    assert found.phases.iloc[0]["share"] == pytest.approx(0.75)
    assert found.decision["decision"].item() == "go"
    assert gate_review(rows, OWN, phase="start", required=0.8).decision.decision.item() == "hold"
    assert gate_review(rows, OWN, phase="bid", required=0.7).decision.decision.item() == "hold"


def test_not_applicable_drops_out() -> None:
    rows = said(("price", "not_applicable", ""), ("risk", "not_applicable", ""),
                *FULL.iloc[:3].itertuples(index=False))  # fmt: skip
    found = gate_review(rows, OWN)
    assert found.phases["decision"].tolist() == ["go", "not_applicable"]
    assert np.isnan(found.phases.iloc[1]["share"])


def test_bounds_hold_for_any_answers() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        rows = said(
            *[
                (
                    q.id,
                    str(rng.choice(["yes", "no", "partly", "unknown", ""])),
                    str(rng.choice(["", "us", "client", "document"])),
                )
                for q in OWN.questions
            ]
        )
        found = gate_review(rows, OWN)
        share = found.phases[["low", "share", "high"]].dropna()
        assert (share["low"] <= share["share"] + 1e-12).all()
        assert (share["share"] <= share["high"] + 1e-12).all()
        shuffled = gate_review(rows.sample(frac=1, random_state=1), OWN)
        pd.testing.assert_frame_equal(found.phases, shuffled.phases)


def test_dirty_and_empty() -> None:
    with pytest.raises(KamkitError) as caught:
        gate_review(said(("nobody", "maybe", "rumour")), OWN)
    assert len(caught.value.problems) == 3
    with pytest.raises(KamkitError):
        gate_review(FULL, OWN, phase="later")
    nothing = gate_review(said(), OWN)
    assert nothing.decision["decision"].item() == "hold"
    assert nothing.measures.set_index("measure").loc["share_known", "value"] == 0
    bare = SimpleNamespace(id="none", origin="house", questions=())
    assert gate_review(said(), bare).decision.empty


def test_shipped_gates() -> None:
    gates = load_question_set("gates_large_project")
    answers = pd.DataFrame({"question": gates.question_ids, "answer": "yes",
                            "evidence": "document"})  # fmt: skip
    assert gate_review(answers, gates).decision["decision"].item() == "go"


def test_four_skills() -> None:
    skills = load_question_set("four_skills")
    first, *others = skills.question_ids
    rows = [("P1", q, "yes", "client") for q in others] + [("P1", first, "no", "us")]
    rows += [("P2", q, "unknown", "") for q in skills.question_ids]
    found = skills_audit(
        pd.DataFrame(rows, columns=["project_id", "question", "answer", "evidence"]), skills
    )
    one = found[found["project_id"] == "P1"].set_index("group")
    assert one.loc[first, "weakest"] and one["weakest"].sum() == 1
    two = found[found["project_id"] == "P2"]
    assert not two["weakest"].any() and two["low"].eq(0).all() and two["high"].eq(1).all()
    assert found[found["project_id"] == ""]["projects"].eq(2).all()
    assert skills_audit(pd.DataFrame(columns=["project_id", "question", "answer"]), skills).empty
