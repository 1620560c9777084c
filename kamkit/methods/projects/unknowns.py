"""Value of information: which unanswered question would change the decision most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import figures, within
from kamkit.methods.projects.beliefs import STRENGTH, SURE, Floats, clusters, expit, spread

_ORIGIN = "field:Raiffa & Schlaifer 1961; field:Howard 1966; house"
_EXACT = 10
_STATES = 2048


@dataclass(frozen=True)
class ValueOfInformation:
    """The parts of :func:`value_of_information`."""

    questions: pd.DataFrame
    measures: pd.DataFrame


@dataclass(frozen=True)
class _Case:
    """One set of beliefs: what the answers do to the chance and to the margin."""

    yes: Floats
    odds: Floats
    margins: Floats
    accuracy: Floats
    gate: Any
    p: float
    margin: float
    cost: float


def value_of_information(
    questions: pd.DataFrame,
    *,
    p: float,
    margin: float,
    pursuit_cost: float,
    strength: float = STRENGTH,
    effect_error: float = 0.3,
    margin_error: float = 0.15,
    draws: int = 300,
    seed: int = 0,
) -> ValueOfInformation:
    """What an answer is worth before going on: gain from being able to decide with it.

    Needs columns: question, p_yes (belief that the answer will be yes, 0–1), and what the
    answer does: odds_ratio (odds of winning with a yes against a no, default 1) and/or
    margin_ratio (margin with a yes against a no, default 1); optional: gate (a no means the bid
    can't be won), accuracy (chance that what we hear is true, 0.5–1, default 1), ask_cost
    (money), cases (that p_yes rests on, default ``strength``). Without a column that says what
    the answer does its value is nil.
    ``p``, ``margin`` and ``pursuit_cost`` are today's figures over all answers; the chances and
    margins behind each answer are set so that they average to them. The choice is between going
    on and stopping, which brings nil.
    Returns ``questions`` (question, p_yes, gain_if_yes, gain_if_no: expected gain once we know,
    decision_now, decision_if_yes, decision_if_no: bid or no_bid, changes: whether an answer
    turns the decision, change_chance, value = expected gain from knowing (money), low, high:
    95 % over beliefs, effects and margin, ask_cost, net = value − ask_cost, first_share = share
    of draws in which its net value is the highest, rank, cluster, variant, origin), most
    valuable first; ``measures`` (gain_now, value_of_all = knowing every answer, value_first,
    questions_that_matter).
    Up to 10 questions every combination of answers is counted exactly; beyond, 2048 seeded
    combinations. Answers are taken as independent of each other.
    Raises KamkitError for chances outside 0–1, ratios below 0, and a ``p`` above the chance that
    every gate is passed.
    Source: Raiffa & Schlaifer 1961; Howard 1966; strength and errors house.

    >>> asked = pd.DataFrame({"question": ["budget"], "p_yes": [0.5], "gate": [True]})
    >>> found = value_of_information(asked, p=0.3, margin=100.0, pursuit_cost=20.0, draws=10)
    >>> found.questions[["gain_if_yes", "gain_if_no", "value"]].round(6).values.tolist()
    [[40.0, -20.0, 10.0]]
    """
    within(p, "p", 0.0, 1.0)
    within(effect_error, "effect_error", 0.0, 3.0)
    within(margin_error, "margin_error", 0.0, 2.0)
    table = _checked(questions, strength)
    base = _case(table, p, margin, pursuit_cost)
    most = float(base.yes[base.gate].prod())
    if p > most + 1e-9:
        allowed = {"allowed": f"0–{most:.3g}"}
        raise KamkitError(Problem("chance_above_gates", column="p", value=p, details=allowed))
    states, weights = _states(base, np.random.default_rng(seed))
    now, yes, no = _gains(base, states, weights)
    out = table[["question", "p_yes"]].copy()
    out["gain_if_yes"], out["gain_if_no"] = _heard(base, yes, no)
    values = _values(base, now, yes, no)
    out["value"] = values
    drawn = _drawn(table, base, strength, effect_error, margin_error, draws, seed)
    return _answer(table, out, base, now, drawn, _all(base, states, weights, now))


def _checked(questions: pd.DataFrame, strength: float) -> pd.DataFrame:
    optional = ("odds_ratio", "margin_ratio", "accuracy", "ask_cost", "cases")
    table = figures(questions, "questions", ["p_yes"], keys=("question",), optional=optional)
    table["question"] = table["question"].astype(str)
    defaults = {"odds_ratio": 1.0, "margin_ratio": 1.0, "accuracy": 1.0, "ask_cost": 0.0}
    table = table.fillna(defaults | {"cases": strength})
    gate = questions["gate"] if "gate" in questions else pd.Series(False, questions.index)
    table["gate"] = gate.astype("boolean").fillna(False).to_numpy(bool)
    problems = [
        Problem("not_a_share", "questions", "p_yes", int(i) + 1, table["p_yes"].iloc[i])
        for i in np.flatnonzero(~table["p_yes"].between(0, 1))
    ]
    limits = {"odds_ratio": (0.0, np.inf), "margin_ratio": (0.0, np.inf), "accuracy": (0.5, 1.0),
              "ask_cost": (0.0, np.inf)}  # fmt: skip
    problems += [
        Problem("out_of_range", "questions", column, int(i) + 1, table[column].iloc[i],
                details={"allowed": f"{low:g}–{high:g}"})
        for column, (low, high) in limits.items()
        for i in np.flatnonzero(~table[column].between(low, high))
    ]  # fmt: skip
    KamkitError.collect(problems)
    return table


def _case(table: pd.DataFrame, p: float, margin: float, cost: float) -> _Case:
    yes, odds, margins, accuracy = (
        table[c].to_numpy(float) for c in ("p_yes", "odds_ratio", "margin_ratio", "accuracy")
    )
    odds = np.clip(odds, 1e-9, 1e9)
    return _Case(yes, odds, margins, accuracy, table["gate"].to_numpy(bool), p, margin, cost)


def _states(case: _Case, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Combinations of answers (yes = 1) and their chances."""
    k = len(case.yes)
    if k <= _EXACT:
        grid = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
        states = grid.astype(np.float64)
        chance = np.where(states == 1, case.yes, 1 - case.yes).prod(axis=1)
        return states, chance
    states = (rng.uniform(size=(_STATES, k)) < case.yes).astype(np.float64)
    return states, np.full(_STATES, 1 / _STATES)


def _tilt(case: _Case, states: Floats) -> tuple[Any, Floats]:
    """Whether each state is still in the race, and what its answers add to the log odds."""
    alive = ~(case.gate & (states == 0)).any(axis=1)
    # A gate's yes needs no further effect: its no is already the end.
    shift: Floats = (states * np.where(case.gate, 0.0, np.log(case.odds))).sum(axis=1)
    return alive, shift


def _win(case: _Case, states: Floats, base: float) -> Floats:
    """Chance to win in each state, for a base of log odds."""
    alive, shift = _tilt(case, states)
    chance: Floats = np.where(alive, expit(base + shift), 0.0)
    return chance


def _base(case: _Case, states: Floats, weights: Floats) -> float:
    """Log odds that make the chances average to today's, found by bisection."""
    alive, shift = _tilt(case, states)
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(weights @ np.where(alive, expit(middle + shift), 0.0)) < case.p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _worth(case: _Case, states: Floats, weights: Floats) -> Any:
    """Gain in each state as a function, with chance and margin averaging to today's."""
    base = _base(case, states, weights)
    shape = 1 - case.yes + case.yes * case.margins
    scale = case.margin / float(np.prod(np.where(shape > 0, shape, 1.0)))

    def gain(at: Floats) -> Floats:
        margin = scale * np.where(at == 1, case.margins, 1.0).prod(axis=1)
        worth: Floats = _win(case, at, base) * margin - case.cost
        return worth

    return gain


def _gains(case: _Case, states: Floats, weights: Floats) -> tuple[float, Floats, Floats]:
    """Expected gain now, and given a true yes or no to each question."""
    gain = _worth(case, states, weights)
    k = states.shape[1]
    yes, no = np.empty(k), np.empty(k)
    for i in range(k):
        for answer, into in ((1.0, yes), (0.0, no)):
            forced = states.copy()
            forced[:, i] = answer
            into[i] = float(weights @ gain(forced))
    return float(weights @ gain(states)), yes, no


def _heard(case: _Case, yes: Floats, no: Floats) -> tuple[Floats, Floats]:
    """Expected gain after hearing yes or no, where what is heard may be wrong."""
    said_yes = case.yes * case.accuracy + (1 - case.yes) * (1 - case.accuracy)
    true_yes = np.divide(case.yes * case.accuracy, said_yes, out=np.zeros_like(said_yes),
                         where=said_yes > 0)  # fmt: skip
    said_no = 1 - said_yes
    still_yes = np.divide(case.yes * (1 - case.accuracy), said_no, out=np.zeros_like(said_no),
                          where=said_no > 0)  # fmt: skip
    return true_yes * yes + (1 - true_yes) * no, still_yes * yes + (1 - still_yes) * no


def _values(case: _Case, now: float, yes: Floats, no: Floats) -> Floats:
    heard_yes, heard_no = _heard(case, yes, no)
    said_yes = case.yes * case.accuracy + (1 - case.yes) * (1 - case.accuracy)
    informed = said_yes * np.maximum(heard_yes, 0) + (1 - said_yes) * np.maximum(heard_no, 0)
    # The gain now as these figures give it, so that rounding never makes a value negative.
    same = said_yes * heard_yes + (1 - said_yes) * heard_no
    return np.asarray(np.maximum(informed - np.maximum(same, 0.0), 0.0))


def _all(case: _Case, states: Floats, weights: Floats, now: float) -> float:
    gains = _worth(case, states, weights)(states)
    return max(0.0, float(weights @ np.maximum(gains, 0.0)) - max(now, 0.0))


def _drawn(
    table: pd.DataFrame,
    case: _Case,
    strength: float,
    effect_error: float,
    margin_error: float,
    draws: int,
    seed: int,
) -> Floats:
    """Values of information under other beliefs that today's knowledge allows."""
    rng = np.random.default_rng(seed + 1)
    k = len(case.yes)
    out = np.zeros((draws, k))
    cases = table["cases"].to_numpy(float)
    for row in range(draws):
        inside = (case.yes > 0) & (case.yes < 1)
        a, b = np.where(inside, case.yes * cases, 1.0), np.where(inside, (1 - case.yes) * cases, 1)
        yes = np.where(inside, rng.beta(a, b), case.yes)
        odds = np.exp(np.log(case.odds) * (1 + effect_error * rng.standard_normal(k)))
        logs = np.log(np.where(case.margins > 0, case.margins, 1.0))
        spread_margins = np.exp(logs * (1 + effect_error * rng.standard_normal(k)))
        margins = np.where(case.margins > 0, spread_margins, 0.0)
        p = float(rng.beta(case.p * strength, (1 - case.p) * strength)) if 0 < case.p < 1 else (
            case.p)  # fmt: skip
        p = min(p, float(yes[case.gate].prod()) * (1 - 1e-9))
        margin = case.margin * float(np.exp(margin_error * rng.standard_normal()))
        one = _Case(yes, odds, margins, case.accuracy, case.gate, p, margin, case.cost)
        states, weights = _states(one, rng)
        out[row] = _values(one, *_gains(one, states, weights))
    return out


def _answer(
    table: pd.DataFrame,
    out: pd.DataFrame,
    case: _Case,
    now: float,
    drawn: Floats,
    everything: float,
) -> ValueOfInformation:
    k = len(out)
    said_yes = case.yes * case.accuracy + (1 - case.yes) * (1 - case.accuracy)
    words = {True: "bid", False: "no_bid"}
    go = now > 0
    out["decision_now"] = words[go]
    turns = {}
    for end, chance in (("yes", said_yes), ("no", 1 - said_yes)):
        then = out[f"gain_if_{end}"].to_numpy(float) > 1e-9
        possible = chance > 0
        out[f"decision_if_{end}"] = [words[bool(x)] for x in np.where(possible, then, go)]
        turns[end] = (then != go) & possible
    out["changes"] = turns["yes"] | turns["no"]
    out["change_chance"] = turns["yes"] * said_yes + turns["no"] * (1 - said_yes)
    out["ask_cost"] = table["ask_cost"]
    out["net"] = out["value"] - out["ask_cost"]
    if k and len(drawn):
        out["low"], out["high"] = spread(drawn)
        net = drawn - table["ask_cost"].to_numpy(float)
        first = np.argmax(net, axis=1)
        some = net.max(axis=1) > 0
        out["first_share"] = np.bincount(first[some], minlength=k) / len(net)
        out["cluster"] = clusters(net, SURE)
    else:
        out = out.assign(low=np.nan, high=np.nan, first_share=np.nan, cluster=0)
    out["rank"] = out["net"].round(6).rank(method="min", ascending=False).astype("Int64")
    exact = "all_answer_combinations" if k <= _EXACT else "sampled_answer_combinations"
    out["variant"], out["origin"] = f"answers_independent; {exact}", _ORIGIN
    out = out.sort_values(["net", "question"], ascending=[False, True], ignore_index=True)
    out["cluster"] = out["cluster"].rank(method="dense").astype(int) if k else out["cluster"]
    return ValueOfInformation(out[_COLUMNS], _measures(out, now, everything, k))


_COLUMNS = [
    *("question", "p_yes", "gain_if_yes", "gain_if_no", "decision_now", "decision_if_yes"),
    *("decision_if_no", "changes", "change_chance", "value", "low", "high", "ask_cost", "net"),
    *("first_share", "rank", "cluster", "variant", "origin"),
]


def _measures(out: pd.DataFrame, now: float, everything: float, k: int) -> pd.DataFrame:
    how = str(out["variant"].iloc[0]) if k else "too_little_data"

    def row(key: str, value: float, **ends: float) -> dict[str, Any]:
        return measure_row(key, value if k else np.nan, k, variant=how, origin=_ORIGIN, **ends)

    first = out.iloc[0] if k else {"value": np.nan, "low": np.nan, "high": np.nan}
    return measure_table(
        [
            measure_row("gain_now", now, k, variant="expected_gain", origin=_ORIGIN),
            row("value_of_all", everything),
            row("value_first", first["value"], low=first["low"], high=first["high"]),
            row("questions_that_matter", int(out["changes"].sum())),
        ]
    )
