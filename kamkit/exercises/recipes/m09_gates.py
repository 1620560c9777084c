"""Recipes of large projects: gate review, four skills, the question that matters, the contract."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Field, Item, Place, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, figure, listed, money, places, sheet
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.projects import (
    contract_check,
    gate_review,
    value_of_information,
)
from kamkit.schemes import QuestionSet, load_question_set

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_GATES = ("project_real", "four_answers", "project_fits", "decider_access", "chain_mapped",
          "team_named")  # fmt: skip
_SKILLS = ("core_team", "strict_reviews", "preferred_customers", "local_problems")
_STATES = places(
    ("document", "有，见书面", "Yes, on paper"),
    ("client", "有，客户说的", "Yes, the customer says so"),
    ("us", "只是我们自己说的", "Our own word only"),
    ("unknown", "不知道", "Not known"),
    ("no", "明确没有", "Clearly no"),
)
_DECISIONS = places(
    ("go", "放行", "Go"), ("hold", "暂缓，先补证据", "Hold, get the evidence first"),
    ("stop", "停止", "Stop"),
)  # fmt: skip


def _fact(section: str, name: str, state: str) -> Text:
    return read_text(pool("m09_facts")[section][name][state])


def _answers(states: dict[str, str]) -> pd.DataFrame:
    """States as rows of answers: what nobody knows is unknown, never no."""
    rows = [
        (q, "no" if s == "no" else "unknown" if s == "unknown" else "yes",
         "document" if s == "no" else "none" if s == "unknown" else s)
        for q, s in states.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "answer", "evidence"])


@cache
def _two_gates() -> QuestionSet:
    """The questions of the first two gates: the project stands at the second."""
    every = load_question_set("gates_large_project")
    return replace(every, questions=tuple(q for q in every.questions if q.id in _GATES))


def decided(states: dict[str, str]) -> dict[str, Any]:
    """The method's verdict on the first two gates."""
    review = gate_review(_answers(states), _two_gates(), phase="position")
    return dict(review.decision.iloc[0])


def _drawn_states(draw: Draw, wanted: str) -> dict[str, str]:
    """States that lead to the decision wanted, with our own word and an unknown among them."""
    solid = ("document", "client")
    states = {q: draw.choice(solid) for q in _GATES}
    states["four_answers"] = "document"  # ours to answer: no customer's word for it
    gates = ("project_real", "four_answers", "decider_access")
    others = ("project_fits", "chain_mapped")
    if wanted == "stop":
        states[draw.choice(("four_answers", "decider_access", "project_real"))] = "no"
        states[draw.choice(others)] = "us"
        states["team_named"] = draw.choice(("unknown", "us"))
    elif wanted == "hold":
        weak = draw.sample(gates, 2)
        states[weak[0]], states[weak[1]] = "us", draw.choice(("unknown", "document"))
        states[draw.choice(others)] = draw.choice(("us", "client"))
        states["team_named"] = draw.choice(("unknown", "client", "no"))
    else:
        states["chain_mapped"] = "us"
        states["team_named"] = "unknown"
        states["project_fits"] = draw.choice(("us", "client"))
    return states


@cache
def _label(question: str) -> Text:
    for name in ("gates_large_project", "four_skills"):
        for q in load_question_set(name).questions:
            if q.id == question:
                return Text(q.label["zh"], q.label["en"])
    raise KeyError(question)


def gate(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six gate questions with what is known of each: evidence, weakest skill, go, hold or stop.

    Source: S152, S153, S156; Cooper 1990 (gate_review); evidence grades are house. The weakest
    skill is the one that is clearly missing (skills_audit; a test holds both equal).
    """
    wanted = draw.choice(["go", "hold", "hold", "stop"])
    states = until(lambda: _drawn_states(draw, wanted), lambda s: _telling(s, wanted))
    verdict = decided(states)
    weak = draw.choice(_SKILLS)
    skills = {s: "no" if s == weak else "document" for s in _SKILLS}
    labels = {s: _fact("skills", s, "name") for s in _SKILLS}
    short = {q: _fact("gates", q, "name") for q in states}
    key = {f"{q}.known": one_of(s) for q, s in states.items()}
    key["skill.weakest"] = one_of(weak)
    key["decision.verdict"] = one_of(str(verdict["decision"]))
    thin = [short[q] for q, s in states.items() if s == "us"]
    hidden = [short[q] for q, s in states.items() if s == "unknown"]
    refused = [short[q] for q, s in states.items() if s == "no"]
    first = str(verdict["first_missing"])
    believed = _believed(states)
    doubt = {q: "no" if s == "unknown" else s for q, s in states.items()}
    return Variant(
        key=key,
        words={
            "thin": listed(thin), "unknown": listed(hidden), "refused": listed(refused),
            "decision": cell(next(p.text for p in _DECISIONS if p.id == verdict["decision"])),
            "first": cell(short[first] if first else Text("没有", "nothing")),
            "weakest": cell(labels[weak]), "missing": int(verdict["missing"]),
            "low": share(float(verdict["low"])), "high": share(float(verdict["high"])),
        },
        items=(
            *(Item(q, short[q]) for q in states),
            Item("skill", Text("部门四项技能里最弱的", "Our weakest of the four skills")),
            Item("decision", Text("关口二的结论", "Verdict at gate 2")),
        ),
        fields=(
            Field("known", Text("知道到什么程度", "What is known"), "choice", options=_STATES,
                  items=_GATES),
            Field("weakest", Text("最弱的技能", "Weakest skill"), "choice",
                  options=tuple(Place(s, labels[s]) for s in _SKILLS), items=("skill",)),
            Field("verdict", Text("结论", "Verdict"), "choice", options=_DECISIONS,
                  items=("decision",)),
        ),
        sheets=(_fact_sheet(states), _skill_sheet(skills)),
        traps={
            "we_think": {f"{q}.known": s for q, s in believed.items() if states[q] == "us"},
            "unknown_is_no": {f"{q}.known": s for q, s in doubt.items() if states[q] == "unknown"},
            "word_is_paper": {f"{q}.known": "document" for q, s in states.items()
                              if s == "client"},
            "too_soft": {"decision.verdict": {"stop": "hold", "hold": "go", "go": "hold"}[
                str(verdict["decision"])]},
            "other_skill": {"skill.weakest": next(s for s in _SKILLS if s != weak)},
        },
    )  # fmt: skip


def _telling(states: dict[str, str], wanted: str) -> bool:
    """Whether every trap is there: our own word, a customer's word, something unknown."""
    shown = {"us", "client", "unknown"} <= set(states.values())
    fooled = wanted != "hold" or _quick(_believed(states)) == "go"
    return shown and fooled and _quick(states) == wanted


def _believed(states: dict[str, str]) -> dict[str, str]:
    """The same with our own word taken for the customer's, and unknown for fine."""
    return {q: "client" if s in ("us", "unknown") else s for q, s in states.items()}


def _quick(states: dict[str, str]) -> str:
    """The decision by the method's rule on plain states; the method itself is run once."""
    gates = ("project_real", "four_answers", "decider_access")
    weight = {"project_real": 2, "project_fits": 1, "four_answers": 2, "chain_mapped": 2,
              "decider_access": 2, "team_named": 1}  # fmt: skip
    if any(states[q] == "no" for q in gates):
        return "stop"
    held = any(states[q] not in ("document", "client") for q in gates)
    for phase in (("project_real", "project_fits", "four_answers"),
                  ("decider_access", "chain_mapped", "team_named")):  # fmt: skip
        met = sum(weight[q] for q in phase if states[q] in ("document", "client", "us"))
        held = held or met / sum(weight[q] for q in phase) < 0.70
    return "hold" if held else "go"


def _fact_sheet(states: dict[str, str]) -> Any:
    cols = columns(("gate", "关口", "Gate", "text"),
                   ("question", "问题", "Question", "text"),
                   ("weight", "权重", "Weight", "number"),
                   ("must", "一票否决", "Must pass", "text"),
                   ("known", "目前知道的", "What we have", "text"))  # fmt: skip
    yes, no = Text("是", "yes"), Text("否", "no")
    asked = {q.id: q for q in load_question_set("gates_large_project").questions}
    at = {"pursue": Text("关口一", "Gate 1"), "position": Text("关口二", "Gate 2")}
    rows = [
        (at[asked[q].group], _label(q), int(asked[q].weight), yes if asked[q].gate else no,
         _fact("gates", q, s))
        for q, s in states.items()
    ]  # fmt: skip
    return sheet(Text("关口一、关口二", "Gates 1 and 2"), cols, rows)


def _skill_sheet(skills: dict[str, str]) -> Any:
    cols = columns(("skill", "技能", "Skill", "text"), ("known", "查到的", "Found", "text"))
    rows = [(_label(s), _fact("skills", s, "no" if v == "no" else "met")) for s, v in
            skills.items()]  # fmt: skip
    return sheet(
        Text("四项技能自查：部门上一个大项目", "Audit of the four skills: our last large project"),
        cols,
        rows,
    )


# -- which unanswered question matters most -------------------------------------------------------
_FOUR = ("opportunity", "compete", "win", "worth_winning")
_NAMES = {
    "opportunity": Text("机会是真的吗", "Is it real"),
    "compete": Text("我们能争吗", "Can we compete"),
    "win": Text("我们能赢吗", "Can we win"),
    "worth_winning": Text("赢了值吗", "Is it worth winning"),
}


def _beliefs(draw: Draw) -> dict[str, Any]:
    """Four doubts, today's chance and money; what each answer would do."""
    table = pd.DataFrame({
        "question": _FOUR,
        "p_yes": [draw.integer(14, 19) / 20, draw.integer(11, 18) / 20, draw.integer(9, 15) / 20,
                  draw.integer(9, 17) / 20],
        "odds_ratio": [1.0, 1.0, float(draw.integer(6, 14)), 1.0],
        "margin_ratio": [1.0, 1.0, 1.0, float(draw.integer(3, 9))],
        "gate": [True, True, False, False],
        "ask_cost": [WAN * draw.integer(1, 3) for _ in _FOUR],
    })  # fmt: skip
    p = draw.integer(6, 9) / 20
    margin = 10.0 * WAN * draw.integer(20, 60)
    cost = round(p * margin * draw.integer(55, 95) / 100 / WAN) * WAN
    # Today's chance can't exceed that of passing both gates.
    passed = table["p_yes"].to_list()[0] * table["p_yes"].to_list()[1]
    found = value_of_information(
        table, p=min(p, 0.99 * passed), margin=margin, pursuit_cost=cost, draws=0
    )
    rows = found.questions.set_index("question").loc[list(_FOUR)]
    return {"table": table, "rows": rows, "cost": cost, "margin": margin, "p": p}


def _beliefs_good(f: dict[str, Any]) -> bool:
    rows = f["rows"]
    net = rows["net"].sort_values(ascending=False)
    first = str(net.index[0])
    clear = net.iloc[0] > 3 * WAN and net.iloc[0] > 1.3 * net.iloc[1]
    now = (rows["decision_now"] == "bid").all()
    doubtful = str((rows["p_yes"] - 0.5).abs().idxmin())
    worst = str(rows["gain_if_no"].idxmin())
    traps = first != "opportunity" and not first == doubtful == worst
    return bool(clear and now and traps)


def viability(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four viability questions: what is it worth to know each answer before going on?

    Source: Raiffa & Schlaifer 1961, Howard 1966 (value_of_information); S154 (name only).
    """
    f = until(lambda: _beliefs(draw), _beliefs_good)
    rows = f["rows"]
    net, value = rows["net"], rows["value"]
    first = str(net.idxmax())
    doubtful, worst = str((rows["p_yes"] - 0.5).abs().idxmin()), str(rows["gain_if_no"].idxmin())
    shown = rows[["gain_if_yes", "gain_if_no"]].round(-3)
    cols = columns(("question", "还没问清的", "Not known yet", "text"),
                   ("p", "估计答“是”的可能性", "Chance that it is yes", "share"),
                   ("yes", "若答“是”：继续追的预期得失", "If yes: expected gain", "money"),
                   ("no", "若答“否”：继续追的预期得失", "If no: expected gain", "money"),
                   ("ask", "问清楚要花", "Cost of asking", "money"))  # fmt: skip
    lines = [
        (_NAMES[q], float(rows["p_yes"][q]), float(shown["gain_if_yes"][q]),
         float(shown["gain_if_no"][q]), float(rows["ask_cost"][q]))
        for q in _FOUR
    ]  # fmt: skip
    no = 1 - rows["p_yes"]
    saved = {q: float(value[q]) for q in _FOUR}
    swing = {q: float(shown["gain_if_yes"][q] - shown["gain_if_no"][q]) for q in _FOUR}
    traps: dict[str, dict[str, Any]] = {
        "whole_loss": {f"{q}.worth": max(0.0, -float(shown["gain_if_no"][q])) for q in _FOUR},
        "swing": {f"{q}.worth": swing[q] for q in _FOUR},
        "expected": {
            f"{q}.worth": float(rows["p_yes"][q] * shown["gain_if_yes"][q]
                                + no[q] * shown["gain_if_no"][q]) for q in _FOUR
        },
        "in_order": {"first.ask": "opportunity"},
        "doubtful": {"first.ask": doubtful if doubtful != first else worst},
    }  # fmt: skip
    return Variant(
        key={
            **{f"{q}.worth": figure(v, max(0.02 * v, 1000.0)) for q, v in saved.items()},
            "first.ask": one_of(first),
        },
        words={
            "first": cell(_NAMES[first]), "first_value": money(saved[first]),
            "first_no": share(float(no[first])), "first_net": money(float(net[first])),
            "first_loss": money(-float(shown["gain_if_no"][first])),
            "doubtful": cell(_NAMES[doubtful]), "doubt_value": money(saved[doubtful]),
            "worst": cell(_NAMES[worst]), "worst_value": money(saved[worst]),
            "cost": money(f["cost"]), "margin": money(f["margin"]),
            "idle": listed([_NAMES[q] for q in _FOUR if saved[q] < 1]),
        },
        items=(*(Item(q, _NAMES[q]) for q in _FOUR),
               Item("first", Text("先去问清哪一条", "Which one first"))),
        fields=(
            Field("worth", Text("知道答案值多少", "What knowing is worth"), unit="money",
                  items=_FOUR),
            Field("ask", Text("先问", "Ask first"), "choice",
                  options=tuple(Place(q, _NAMES[q]) for q in _FOUR), items=("first",)),
        ),
        sheets=(sheet(Text("可行性四问，今天的估计", "The four questions, as of today"), cols,
                      lines),),
        traps=traps,
    )  # fmt: skip


# -- the contract ---------------------------------------------------------------------------------
_CLAUSES = ("specification", "delivery_time", "acceptance", "customer_duties", "price_total",
            "payment", "negotiated", "breach", "disputes", "change_procedure")  # fmt: skip
_MUST = ("specification", "delivery_time", "price_total", "payment", "breach")


def _clauses(draw: Draw) -> dict[str, str]:
    """Eight clauses: sound ones, gaps that must be closed, gaps for the risk register."""
    must = draw.sample(_MUST, draw.integer(3, 4))
    other = draw.sample([c for c in _CLAUSES if c not in _MUST], 8 - len(must))
    states: dict[str, str] = {}
    for part in (must, other):
        shuffled = draw.shuffled(["client", draw.choice(["partly", "no"]),
                                  *["document"] * (len(part) - 2)])  # fmt: skip
        states |= dict(zip(part, shuffled, strict=True))
    loose = [c for c in other if states[c] == "document"]
    states[draw.choice(loose)] = "unknown"
    return {c: states[c] for c in _CLAUSES if c in states}


def contract(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Eight clauses of a draft: sound, to be closed before signing, or a line of the register.

    Source: S163 (three steps), S250 (gaps become risk lines) by contract_check; which must be
    closed is house.
    """
    states = _clauses(draw)
    rows = [
        (c, {"partly": "partly", "no": "no", "unknown": "unknown"}.get(s, "yes"),
         {"document": "document", "client": "client", "partly": "document", "no": "document"}.get(
             s, "none"))
        for c, s in states.items()
    ]  # fmt: skip
    said = pd.DataFrame(rows, columns=["question", "answer", "evidence"])
    check = contract_check(said, load_question_set("contract_three_steps"))
    gaps = check.risks.set_index("question")["must"]
    right = {c: ("must" if gaps[c] else "line") if c in gaps.index else "ok" for c in states}
    called = {c: read_text(pool("m09_facts")["contract"][c]["name"]) for c in states}
    order = draw.shuffled(list(states))
    # Which clauses are asked differs between variants, so items are lettered.
    at = dict(zip(order, "abcdefgh", strict=True))

    def named(place: str) -> dict[str, str]:
        return listed([called[c] for c in states if right[c] == place])

    return Variant(
        key={at[c]: one_of(p) for c, p in right.items()},
        words={
            "n": len(states), "n_all": len(load_question_set("contract_three_steps").questions),
            "must": named("must"), "line": named("line"), "ok": named("ok"),
            "n_must": sum(p == "must" for p in right.values()),
            "word": listed([called[c] for c, s in states.items() if s == "client"]),
            "unchecked": listed([called[c] for c, s in states.items() if s == "unknown"]),
            "open": sum(p != "ok" for p in right.values()),
            "rest": len(check.items) - len(states),
        },
        items=tuple(Item(at[c], called[c], _fact("contract", c, states[c])) for c in order),
        traps={
            "word_is_clause": {at[c]: "ok" for c, s in states.items() if s == "client"},
            "partly_is_fine": {at[c]: "ok" for c, s in states.items() if s in ("partly", "no")},
            "all_must": {at[c]: "must" for c, p in right.items() if p == "line"},
            "sign_now": {at[c]: "line" for c, p in right.items() if p == "must"},
            "unread_is_fine": {at[c]: "ok" for c, s in states.items() if s == "unknown"},
        },
    )  # fmt: skip
