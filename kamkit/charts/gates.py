"""Pictures of large projects: gates with the evidence behind them, and qualification cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GOOD, GRID, INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import label, number, percent, t
from kamkit.schemes.question_sets import QuestionSet

_EVIDENCE = ("none", "us", "client", "document")
_UNKNOWN = ("unknown", "stale", "contradicted")
# Filled with a sign for what is known, hollow and dashed for what is not.
_SIGNS: dict[str, tuple[str, str]] = {
    "met": ("o", GOOD), "partly": ("h", WARN), "no": ("X", BAD), "thin": ("o", WARN),
    "unknown": ("$?$", MUTED), "stale": ("$?$", MUTED), "contradicted": ("$?$", MUTED),
    "not_applicable": ("_", RULE),
}  # fmt: skip
_DECISION = {"go": GOOD, "hold": WARN, "stop": BAD, "not_applicable": MUTED}


def question_names(
    question_set: QuestionSet | None, names: Mapping[str, str] | None, lang: str
) -> dict[str, str]:
    """Questions and groups in words: those given, else those of the set.

    >>> question_names(None, {"budget": "Budget"}, "en")
    {'budget': 'Budget'}
    """
    found: dict[str, str] = {}
    if question_set is not None:
        found |= {g.id: g.label[lang] for g in question_set.groups}
        found |= {q.id: q.label[lang] for q in question_set.questions}
    return found | dict(names or {})


def plot_gate_review(
    questions: pd.DataFrame,
    *,
    lang: str,
    phases: pd.DataFrame,
    question_set: QuestionSet | None = None,
    names: Mapping[str, str] | None = None,
    currency: str = "",
) -> Figure:
    """Each question of each phase: what is answered, and on whose word.

    Needs columns: those of ``GateReview.questions``; ``phases`` is ``GateReview.phases``. What
    isn't known is a hollow "?" on a dashed line, a no a filled cross: they never look alike.

    >>> empty = pd.DataFrame({"question": []})
    >>> plot_gate_review(empty, lang="en", phases=empty).alt
    'Nothing to show: the table is empty.'
    """
    if questions.empty:
        return blank(t("chart.gates.topic", lang), lang)
    words = question_names(question_set, names, lang)
    said = _gate_words(questions, phases, words, lang)
    lines = len(questions) + 1.1 * len(phases)
    fig, ax = theme.figure(
        (10.0, 2.6 + 0.44 * lines), title=t("chart.gates.title", lang, **said),
        alt=t("chart.gates.alt", lang, **said),
    )  # fmt: skip
    y, ticks, later = 0.0, [], False
    held = phases.loc[phases["decision"].isin(("stop", "hold")), "group"]
    waiting = held.iloc[0] if len(held) else None
    for phase in phases.to_dict("records"):
        later = later or waiting == phase["group"]
        _phase_head(ax, y, phase, words, lang, ahead=later and waiting != phase["group"])
        y += 1.0
        for row in questions[questions["group"] == phase["group"]].to_dict("records"):
            _question_row(ax, y, row, lang)
            mark = t("chart.gates.must", lang) if row["gate"] else ""
            text = mark + shown_name(row["question"], words, 96)
            ticks.append((y, theme.wrap(text, 275, 10)))
            y += 1.0
        y += 0.1
    ax.set_yticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=10)
    ax.set_ylim(y - 0.4, -0.7)
    ax.set_xlim(-0.5, 4.85)
    ax.set_xticks(range(4), [label(f"evidence.{e}", lang) for e in _EVIDENCE],
                  fontsize=10)  # fmt: skip
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    theme.value_grid(ax, "none")
    ax.spines[:].set_visible(False)
    theme.note(fig, t("chart.gates.reading", lang))
    source_note(fig, lang, n=len(questions), variant=constant(phases, "variant"),
                origin=constant(phases, "origin"))  # fmt: skip
    return fig


def _gate_words(
    questions: pd.DataFrame, phases: pd.DataFrame, words: Mapping[str, str], lang: str
) -> dict[str, str]:
    waiting = phases[phases["decision"].isin(("stop", "hold"))]
    at = (waiting if len(waiting) else phases).iloc[0 if len(waiting) else -1]
    upto = phases["decision"].tolist()[: phases["group"].tolist().index(at["group"]) + 1]
    verdict = "stop" if "stop" in upto else "hold" if "hold" in upto else "go"
    asked = questions[questions["state"] != "not_applicable"]
    return {
        "phase": shown_name(at["group"], words, 40),
        "decision": label(f"decision.{verdict}", lang),
        "met": number((asked["state"] == "met").sum(), lang),
        "no": number((asked["state"] == "no").sum(), lang),
        "unknown": number(asked["state"].isin(_UNKNOWN).sum(), lang),
        "thin": number((asked["state"] == "thin").sum(), lang),
        "all": number(len(asked), lang),
    }


def _phase_head(
    ax: Axes,
    y: float,
    phase: Mapping[Any, Any],
    words: Mapping[str, str],
    lang: str,
    *,
    ahead: bool,
) -> None:
    ax.add_patch(Rectangle((-0.5, y - 0.45), 5.35, 0.9, color=GRID, lw=0, zorder=0))
    color = _DECISION[str(phase["decision"])]
    ax.annotate(shown_name(phase["group"], words, 40), (-0.42, y), va="center", weight="bold",
                color=INK)  # fmt: skip
    ends = (percent(phase["low"], lang, 0), percent(phase["high"], lang, 0))
    share = ends[0] if ends[0] == ends[1] else t("chart.gates.range", lang, low=ends[0],
                                                 high=ends[1])  # fmt: skip
    text = t("chart.gates.head", lang, share=share,
             decision=label(f"decision.{phase['decision']}", lang))  # fmt: skip
    # A gate that nobody has come to yet isn't held up: it is still to come.
    if ahead and not any(phase[c] for c in ("met", "thin", "partly", "no")):
        text, color = t("chart.gates.later", lang), MUTED
    ax.annotate(text, (4.78, y), va="center", ha="right", weight="bold", color=color)


def _question_row(ax: Axes, y: float, row: Mapping[Any, Any], lang: str) -> None:
    state = str(row["state"])
    marker, color = _SIGNS[state]
    at = int(row["grade"]) if state not in ("unknown", "not_applicable") else 0
    known = state not in (*_UNKNOWN, "not_applicable")
    if known:
        ax.plot([0, at], [y, y], color=color, lw=2.2, zorder=2, solid_capstyle="round")
    else:
        ax.plot([0, 3], [y, y], color=RULE, lw=1.1, ls=(0, (2, 3)), zorder=1)
    ax.plot(range(4), [y] * 4, ls="none", marker="|", ms=6, mec=RULE, mew=1.1, zorder=1)
    hollow = state == "thin"
    if state in _UNKNOWN:
        ax.plot([at], [y], marker="s", ms=15, mfc=PAPER, mec=MUTED, mew=1.1, zorder=3)
    # House markers have a paper-coloured edge, in which a hollow mark or a letter would vanish.
    ax.plot([at], [y], marker=marker, ms=10 if hollow else 12 if known else 7, color=color,
            zorder=4, mfc=PAPER if hollow else color, mew=2.0 if hollow else 0.5,
            mec=color if hollow or not known else PAPER)  # fmt: skip
    ax.annotate(label(f"state.{state}", lang), (3.35, y), va="center",
                color=color if known else MUTED)  # fmt: skip


def plot_qualification(
    groups: pd.DataFrame,
    *,
    lang: str,
    kind: str = "bars",
    pass_score: float = 60.0,
    question_set: QuestionSet | None = None,
    names: Mapping[str, str] | None = None,
    currency: str = "",
) -> Figure:
    """A qualification card by factor, as bars or as radar, with what is not known left open.

    Needs columns: those of ``Qualification.groups``. ``kind`` is "bars" or "radar"; below three
    factors a radar has no area and bars are drawn. Bars compare lengths and show ranges best;
    the radar is for those who know the card by its shape.

    >>> plot_qualification(pd.DataFrame({"group": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if groups.empty:
        return blank(t("chart.qualification.topic", lang), lang)
    words = question_names(question_set, names, lang)
    said = _card_words(groups, words, lang)
    key = "title" if groups["score"].notna().any() else "title_blank"
    title, alt = (t(f"chart.qualification.{k}", lang, **said) for k in (key, "alt"))
    if kind == "radar" and len(groups) > 2:
        fig, ax = theme.figure((8.2, 7.4), title=title, alt=alt,
                               subplot_kw={"projection": "polar"})  # fmt: skip
        _radar(ax, groups, words, pass_score, lang)
    else:
        fig, ax = theme.figure((10.0, 2.9 + 0.62 * len(groups)), title=title, alt=alt)
        _bars(ax, groups, words, pass_score, lang)
    fig.legend(loc="outside lower left", ncols=4 if kind == "bars" else 2)
    theme.note(fig, t("chart.qualification.reading", lang))
    source_note(fig, lang, n=groups["questions"].sum(), variant=constant(groups, "variant"),
                origin=constant(groups, "origin"))  # fmt: skip
    return fig


def _card_words(groups: pd.DataFrame, words: Mapping[str, str], lang: str) -> dict[str, str]:
    known = groups[groups["score"].notna()]
    weakest = known["group"].iloc[int(known["score"].argmin())] if len(known) else ""
    return {
        "weakest": shown_name(weakest, words, 40),
        "score": number(known["score"].min() if len(known) else None, lang),
        "passed": number((groups["passed"] == "yes").sum(), lang),
        "unknown": number(groups["unknown"].sum(), lang),
        "questions": number(groups["questions"].sum(), lang),
        "all": number(len(groups), lang),
    }


def _bars(
    ax: Axes, groups: pd.DataFrame, words: Mapping[str, str], pass_score: float, lang: str
) -> None:
    at = np.arange(len(groups))
    low, high = groups["bound_low"].fillna(0), groups["bound_high"].fillna(100)
    open_ = (groups["unknown"] > 0).to_numpy()
    if open_.any():
        ax.barh(at[open_], (high - low)[open_], 0.6, left=low[open_], facecolor=PAPER,
                edgecolor=MUTED, hatch="///", hatchcolor=RULE, lw=1, ls="--", zorder=2,
                label=t("chart.qualification.open", lang))  # fmt: skip
    fill: dict[str, Any] = theme.fill_style(0)
    ax.barh(at, low, 0.6, **fill, zorder=3, label=t("chart.qualification.sure", lang))
    spans = groups["low"].notna().to_numpy()
    ends = groups.loc[spans, ["low", "high"]].to_numpy(float).T
    ax.hlines(at[spans], *ends, color=PAPER, lw=4.5, zorder=4)
    said = t("chart.qualification.range", lang)
    ax.hlines(at[spans], *ends, color=INK, lw=1.6, zorder=4, label=said)
    said = t("chart.qualification.line", lang, score=number(pass_score, lang))
    ax.axvline(pass_score, color=BAD, lw=1.5, ls=(0, (6, 3)), zorder=5, label=said)
    for y, row in enumerate(groups.to_dict("records")):
        ax.annotate(_factor_text(row, lang), (100, y), xytext=(10, 0), va="center",
                    textcoords="offset points", color=INK, annotation_clip=False)  # fmt: skip
    ax.set_yticks(at, [theme.wrap(shown_name(g, words, 60), 190, 11) for g in groups["group"]])
    ax.set_ylim(len(groups) - 0.45, -0.6)
    ax.set_xlim(0, 150)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    ax.set_xlabel(t("chart.qualification.x", lang))
    theme.value_grid(ax, "x")


def _factor_text(row: Mapping[Any, Any], lang: str) -> str:
    score = "?" if row["score"] != row["score"] else number(row["score"], lang)
    key = "mark_open" if row["unknown"] else "mark"
    words = label("chart.qualification.gate_failed", lang) if row["gate_failed"] else label(
        f"passed.{row['passed']}", lang)  # fmt: skip
    return t(f"chart.qualification.{key}", lang, score=score, passed=words,
             unknown=number(row["unknown"], lang), of=number(row["questions"], lang))  # fmt: skip


def _radar(
    ax: Any, groups: pd.DataFrame, words: Mapping[str, str], pass_score: float, lang: str
) -> None:
    n = len(groups)
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = np.append(angle, angle[0])
    low, high = groups["low"].fillna(0).to_numpy(float), groups["high"].fillna(100).to_numpy(float)
    score = groups["score"].to_numpy(float)
    ax.set_theta_offset(np.pi / 2)
    ax.set_theta_direction(-1)
    ax.fill_between(ring, np.append(low, low[0]), np.append(high, high[0]), color=SERIES[2],
                    alpha=0.25, lw=0, label=t("chart.qualification.range", lang))  # fmt: skip
    around = np.linspace(0, 2 * np.pi, 181)
    ax.plot(around, np.full(181, pass_score), color=BAD, lw=1.5, ls=(0, (6, 3)),
            label=t("chart.qualification.line", lang, score=number(pass_score, lang)))  # fmt: skip
    for i in range(n):
        j = (i + 1) % n
        # No line is drawn through a factor that nobody knows.
        if score[i] == score[i] and score[j] == score[j]:
            ax.plot([angle[i], ring[i + 1]], [score[i], score[j]], color=SERIES[0], lw=2.2)
    known = score == score
    ax.plot(angle[known], score[known], ls="none", marker="o", ms=8, color=SERIES[0], zorder=4,
            label=t("chart.qualification.known", lang))  # fmt: skip
    if (~known).any():
        ax.plot(angle[~known], np.full((~known).sum(), 50.0), ls="none", marker="s", ms=17,
                mfc=PAPER, mec=MUTED, zorder=4)  # fmt: skip
        ax.plot(angle[~known], np.full((~known).sum(), 50.0), ls="none", marker="$?$", ms=9,
                color=MUTED, mec=MUTED, mew=0.5, zorder=5,
                label=label("state.unknown", lang))  # fmt: skip
    names = []
    for row in groups.to_dict("records"):
        value = "?" if row["score"] != row["score"] else number(row["score"], lang)
        names.append(theme.wrap(f"{shown_name(row['group'], words, 48)} {value}", 130, 11))
    ax.set_xticks(angle, names)
    ax.set_ylim(0, 100)
    ax.set_yticks([20, 40, 60, 80, 100])
