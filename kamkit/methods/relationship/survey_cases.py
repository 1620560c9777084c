"""What a lesson's controls recompute of a survey: rules, respondents, waves, one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from kamkit.methods.relationship.cases import RelationshipDesk, known_wave
from kamkit.methods.relationship.indices_nps import adjusted_wald, nps
from kamkit.methods.relationship.reliability import Reliability
from kamkit.methods.relationship.survey_gap import TwoSidedGap, two_sided_gap
from kamkit.methods.relationship.survey_moves import WhatMoved, what_moved
from kamkit.methods.relationship.survey_reliability import survey_reliability
from kamkit.methods.relationship.survey_score import SurveyScore, survey_score
from kamkit.methods.relationship.survey_trend import survey_trend
from kamkit.schemes.surveys import Survey, read_survey

NOBODY, HIGHEST, LOWEST = "nobody", "highest", "lowest"


def scored_accounts(score: SurveyScore, *, most: int = 12) -> tuple[str, ...]:
    """Accounts of a score to look at: from those with the most respondents to those with one.

    Only accounts that somebody answered for. Source: house.

    >>> form = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "trust_1": [6],
    ...     "trust_2": [6]})
    >>> scored_accounts(survey_score(form))
    ('A',)
    """
    people = score.respondents.groupby("account_id").size()
    order = people.sort_values(ascending=False, kind="stable").index.tolist()
    if len(order) <= most:
        return tuple(order)
    return tuple(order[round(i)] for i in np.linspace(0, len(order) - 1, most))


def answer_sheet(
    desk: RelationshipDesk, *, account_id: str, wave: str = "", lang: str = "en"
) -> pd.DataFrame:
    """The raw ticks of one account: a row an item of the instrument, a column a respondent.

    Returns dimension, item_text (the customer's wording), reverse_keyed (bool), then one column
    a respondent (numbered by id) with the tick as it was made. Source: as ``survey_score``.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> len(answer_sheet(relationship_desk({}, as_of="2026-06-30"), account_id="A"))
    11
    """
    survey = read_survey("relationship_quality")
    rows = desk.tables["survey_responses"]
    mine = (rows["account_id"] == account_id) & (rows["wave"] == known_wave(desk, wave))
    rows = rows[mine & (rows["side"] == "customer")]
    ticks = rows.pivot_table(index="item", columns="respondent_id", values="score")
    ticks.columns = pd.Index([str(i + 1) for i in range(ticks.shape[1])])
    named = {d.id: d.label[lang] for d in survey.dimensions}
    head = pd.DataFrame(
        [(i.id, named[i.dimension], i.words["customer"][lang], i.reverse) for i in survey.items],
        columns=["item", "dimension", "item_text", "reverse_keyed"],
    )
    return head.join(ticks.astype(float), on="item").drop(columns="item")


@dataclass(frozen=True)
class ScoreCase:
    """``before``: the scores as the kit makes them; ``score``: under the rules to try; both of
    one wave. ``dimensions``: of the account, one row a dimension: dimension, before, after, low,
    high (of after), n (respondents)."""

    before: SurveyScore
    score: SurveyScore
    dimensions: pd.DataFrame


def score_case(
    desk: RelationshipDesk,
    *,
    account_id: str,
    wave: str = "",
    weights: Mapping[str, float] | None = None,
    weighting: Literal["equal", "influence", "function"] = "equal",
    missing: Literal["person_mean_half", "listwise"] = "person_mean_half",
    aggregate: Literal["arithmetic", "geometric"] = "arithmetic",
    leave_out: str = NOBODY,
    forget: bool = False,
    before: SurveyScore | None = None,
    draws: int = 200,
) -> ScoreCase:
    """The scores of one wave under other rules, or without one respondent of one account.

    ``weights``: of the dimensions in the total; ``leave_out``: "nobody", or the respondent of
    the account with the "highest" or "lowest" total; ``forget``: reverse-keyed items are not
    turned, as if somebody had forgotten; ``before``: the score of the wave under the kit's own
    rules, where it is at hand. Others as ``survey_score``.
    Returns :class:`ScoreCase`. Source: as ``survey_score``.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> len(score_case(relationship_desk({}, as_of="2026-06-30"), account_id="A").dimensions)
    0
    """
    survey = read_survey("relationship_quality")
    wave = known_wave(desk, wave)
    answers, asked = desk.tables["survey_responses"], desk.tables["survey_invitations"]
    if before is None:
        before = survey_score(answers, asked, instrument=survey, wave=wave, draws=draws)
    if leave_out != NOBODY:
        who = _extreme(before, account_id, leave_out)
        answers = answers[~((answers["wave"] == wave) & (answers["respondent_id"] == who))]
    if weights:
        parts = [replace(d, weight=float(weights[d.id])) for d in survey.dimensions]
        survey = replace(survey, dimensions=tuple(parts))
    roles = desk.tables["contacts" if weighting == "function" else "contact_roles"]
    score = survey_score(
        answers, asked, roles, instrument=unturned(survey) if forget else survey, wave=wave,
        weighting=weighting, missing=missing, aggregate=aggregate, as_of=desk.as_of, draws=draws,
    )  # fmt: skip
    first, after = (s.accounts[s.accounts["account_id"] == account_id] for s in (before, score))
    table = after[["dimension", "score", "low", "high", "n"]].rename(columns={"score": "after"})
    table = first[["dimension", "score"]].rename(columns={"score": "before"}).merge(
        table, on="dimension", how="left"
    )  # fmt: skip
    return ScoreCase(before, score, table)


def _extreme(score: SurveyScore, account_id: str, which: str) -> str:
    people = score.respondents[score.respondents["account_id"] == account_id]
    people = people.dropna(subset=["total"]).sort_values(["total", "respondent_id"])
    if people.empty:
        return ""
    return str(people["respondent_id"].iloc[0 if which == LOWEST else -1])


def unturned(survey: Survey) -> Survey:
    """The instrument as read by somebody who forgot which items are worded in reverse.

    >>> unturned(read_survey("relationship_quality")).reverse_ids
    ()
    """
    return replace(survey, items=tuple(replace(item, reverse=False) for item in survey.items))


def reliability_case(
    desk: RelationshipDesk,
    *,
    dimension: str,
    respondents: int = 0,
    forget: bool = False,
    wave: str = "",
    seed: int = 0,
) -> Reliability:
    """Alpha of one dimension on so many respondents, with the reverse-keyed items forgotten.

    ``respondents`` 0: all of the customer's side; fewer are drawn by chance.
    Returns Reliability of that dimension. Source: as ``survey_reliability``.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> found = reliability_case(relationship_desk({}, as_of="2026-06-30"), dimension="trust")
    >>> found.measures["value"].isna().all()
    np.True_
    """
    survey = read_survey("relationship_quality")
    rows = desk.tables["survey_responses"]
    rows = rows[(rows["wave"] == known_wave(desk, wave)) & (rows["side"] == "customer")]
    people = np.sort(rows["respondent_id"].unique())
    if 0 < respondents < len(people):
        chosen = np.random.default_rng(seed).permutation(people)[:respondents]
        rows = rows[rows["respondent_id"].isin(chosen)]
    own = [d for d in survey.dimensions if d.id == dimension]
    survey = replace(survey, dimensions=tuple(own), items=survey.items_of(dimension))
    return survey_reliability(rows, instrument=unturned(survey) if forget else survey, omega=False)


def one_wave(score: SurveyScore, wave: str) -> SurveyScore:
    """The part of a score of several waves that is of one."""
    tables = {
        name: table[table["wave"] == wave].reset_index(drop=True)
        for name in ("accounts", "items", "weakest", "gates", "respondents")
        if "wave" in (table := getattr(score, name)).columns
    }
    return replace(score, **tables)


@dataclass(frozen=True)
class MoveCase:
    """``trend``: of the account between the two waves, by dimension; ``moved``: its
    ``what_moved``, with ``effects`` and ``totals`` of the account only."""

    trend: pd.DataFrame
    moved: WhatMoved


def move_case(score: SurveyScore, *, account_id: str, step: tuple[str, str]) -> MoveCase:
    """What changed for one account between two waves, and by which item.

    ``score``: of several waves; ``step``: earlier and later wave.
    Returns :class:`MoveCase`. Source: as ``survey_trend`` and ``what_moved``.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> desk = relationship_desk({}, as_of="2026-06-30")
    >>> score = survey_score(desk.tables["survey_responses"], wave=None)
    >>> len(move_case(score, account_id="A", step=("1", "2")).trend)
    0
    """
    trend = survey_trend(score, waves=step)
    moved = what_moved(*(one_wave(score, wave) for wave in step))
    mine = [t[(t["account_id"] == account_id) & (t["side"] == "customer")].reset_index(drop=True)
            for t in (trend, moved.effects, moved.totals)]  # fmt: skip
    return MoveCase(mine[0], WhatMoved(mine[1], mine[2]))


def both_sides(desk: RelationshipDesk, *, wave: str = "") -> TwoSidedGap:
    """Our view less theirs in one wave; empty tables where one side was not asked.

    Source: as ``two_sided_gap``.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> len(both_sides(relationship_desk({}, as_of="2026-06-30")).accounts)
    0
    """
    asked = (desk.tables["survey_responses"], desk.tables["survey_invitations"])
    score = survey_score(*asked, wave=known_wave(desk, wave), side=None)
    answered = score.accounts[score.accounts["n"] > 0]
    if answered["side"].nunique() == 2:
        return two_sided_gap(score)
    nothing = score.accounts.head(0)
    return two_sided_gap(replace(score, accounts=nothing))


@dataclass(frozen=True)
class PromoterCase:
    """``accounts``: one row with counts, nps and its interval as ``nps_by_account`` gives;
    ``measures``: as ``nps``."""

    accounts: pd.DataFrame
    measures: pd.DataFrame


def promoter_case(*, promoters: int, passives: int, detractors: int) -> PromoterCase:
    """NPS of a handful of answers, drawn as that of an account.

    Returns :class:`PromoterCase`. Source: as ``nps``.

    >>> made = promoter_case(promoters=5, passives=0, detractors=0)
    >>> made.measures["low"].round(1).tolist()[:2]
    [17.5, 100.0]
    """
    n = promoters + passives + detractors
    low, high = adjusted_wald(promoters, detractors, n)
    row = {
        "wave": "", "account_id": "", "n_promoters": promoters, "n_passives": passives,
        "n_detractors": detractors, "n": n, "low": 100 * float(low), "high": 100 * float(high),
        "nps": 100 * (promoters - detractors) / n if n else np.nan,
        "invited": np.nan, "response_rate": np.nan, "cluster": 1, "variant": "adjusted_wald",
        "origin": "field:Reichheld 2003; field:Rocks 2016",
    }  # fmt: skip
    found = nps(promoters=promoters, passives=passives, detractors=detractors)
    return PromoterCase(pd.DataFrame([row]), found)


def mixed_in(desk: RelationshipDesk, *, add: str = "", wave: str = "") -> SurveyScore:
    """The score of a form to which a column was added that is no item of the survey.

    ``add``: "" nothing, else the name of the column, such as visits or revenue; it is refused.
    Raises KamkitError survey_not_an_item. Source: house.

    >>> from kamkit.methods.relationship.cases import relationship_desk
    >>> desk = relationship_desk({}, as_of="2026-06-30")
    >>> mixed_in(desk, add="visits")
    Traceback (most recent call last):
    ...
    kamkit.errors.KamkitError: ...
    """
    rows = desk.tables["survey_responses"]
    rows = rows[(rows["wave"] == known_wave(desk, wave)) & (rows["side"] == "customer")]
    form = rows.pivot_table(
        index=["account_id", "respondent_id"], columns="item", values="score"
    ).reset_index()
    if add:
        form[add] = 7.0
    return survey_score(form, draws=100)
