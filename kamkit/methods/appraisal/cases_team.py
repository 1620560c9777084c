"""What the team lesson recomputes: whose ratings, who leaves, which team, other hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.development import development_plan
from kamkit.methods.appraisal.diagnostic import climate, pitfall_profile
from kamkit.methods.appraisal.gaps import competence_gaps
from kamkit.methods.appraisal.load import KamLoad, kam_load
from kamkit.methods.appraisal.team_mix import TeamMix, team_mix
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.severity import Severity, rater_severity
from kamkit.methods.shares import wilson_ends
from kamkit.schemes.appraisal_policy import LoadRules, load_rules
from kamkit.schemes.competencies import Training, trainings

SOURCES = ("manager", "peer", "customer")
SORTED_RIGHT = 0.7  # share of managers who put an anchor where it belongs (house)


@dataclass(frozen=True)
class GapViews:
    """Gaps by (source, adjusted), worked out beforehand, and the severity that adjusts them.

    ``severity`` is None where raters can't be compared (one rater, nobody rated twice, no
    links); then the adjusted tables are the plain ones.
    """

    tables: Mapping[tuple[str, bool], pd.DataFrame]
    severity: Severity | None


def gap_views(
    ratings: pd.DataFrame, role_profiles: pd.DataFrame, members: pd.DataFrame
) -> GapViews:
    """The gaps of everybody who was rated, as each source sees them.

    Needs the tables of ``competence_gaps``. Managers' ratings also with their severity taken
    out. Raises KamkitError as ``competence_gaps``. Source: S205, S199; see there.

    >>> ratings = pd.DataFrame({"ratee_id": ["a"], "rater_id": ["m"], "source": ["manager"],
    ...     "competency": ["x"], "period": ["2025"], "score": [3]})
    >>> profile = pd.DataFrame({"role": ["kam"], "competency": ["x"], "target_level": [4]})
    >>> people = pd.DataFrame({"member_id": ["a", "b"], "role": ["kam", "kam"]})
    >>> len(gap_views(ratings, profile, people).tables["manager", False])
    1
    """
    rated = members[members["member_id"].isin(set(ratings["ratee_id"]))]
    bosses = ratings[ratings["source"] == "manager"]
    severity = _severity(bosses)
    tables = {
        (source, adjusted): competence_gaps(
            ratings, role_profiles, rated, source=source, severity=severity if adjusted else None
        )
        for source in SOURCES
        for adjusted in ((False, True) if source == "manager" else (False,))
    }
    tables |= {(s, True): tables[s, False] for s in SOURCES if s != "manager"}
    return GapViews(MappingProxyType(tables), severity)


def _severity(ratings: pd.DataFrame) -> Severity | None:
    """None where the raters share too little to be compared; that is no error here."""
    if ratings["rater_id"].nunique() < 2:
        return None
    try:
        return rater_severity(ratings)
    except KamkitError as error:
        if {p.code for p in error.problems} == {"raters_not_linked"}:
            return None
        raise


@dataclass(frozen=True)
class GapCase:
    """``gaps``: columns of ``competence_gaps``; ``member_id``: whom to look at, None for all."""

    gaps: pd.DataFrame
    member_id: str | None


def gap_case(
    views: GapViews, *, source: str = "manager", adjusted: bool = False, member_id: str = ""
) -> GapCase:
    """The gaps as one source sees them, with or without the raters' severity taken out.

    ``member_id``: "" is everybody. Returns :class:`GapCase`. Raises KamkitError ``not_allowed``
    (source). Source: S205, S199; see ``competence_gaps``.
    """
    _known("source", source, SOURCES)
    return GapCase(views.tables[source, adjusted], member_id or None)


def gap_counts(views: GapViews) -> pd.DataFrame:
    """How many cells each source sees as short, maybe short, maybe met, met and hidden.

    Returns one row a source, and managers a second time with their severity taken out: view
    (source, or manager_adjusted), gap_short, gap_maybe_short, gap_maybe_met, gap_met, gap_hidden.
    """
    kinds = ("short", "maybe_short", "maybe_met", "met", "hidden")
    rows = []
    for source, adjusted in (
        ("manager", False),
        ("manager", True),
        *((s, False) for s in SOURCES[1:]),
    ):
        status = views.tables[source, adjusted]["status"]
        counts = {f"gap_{kind}": int((status == kind).sum()) for kind in kinds}
        rows.append({"view": f"{source}_adjusted" if adjusted else source, **counts})
    return pd.DataFrame(rows)


def gap_kinds(gaps: pd.DataFrame) -> pd.DataFrame:
    """The gaps by competence, those with most sure ones first: is the requirement right?

    Needs the columns of ``competence_gaps``. Returns competency, required (the highest asked of
    anybody), rated, self_level (means), gap_short (people clearly short), n (people rated).
    """
    by = gaps.assign(sure=gaps["sure"].astype(bool)).groupby("competency", as_index=False)
    out = by.agg(
        required=("required", "max"), rated=("rated", "mean"), self_level=("self", "mean"),
        gap_short=("sure", "sum"), n=("rated", "count"),
    )  # fmt: skip
    order = ["gap_short", "competency"]
    return out.sort_values(order, ascending=[False, True]).reset_index(drop=True)


def duty_case(
    profiles: Mapping[str, pd.DataFrame], *, member_id: str, source: str = "manager"
) -> pd.DataFrame:
    """One person's seven duties as one source sees them.

    ``profiles``: results of ``duty_profile`` by source. Returns their columns, and self_level,
    self_minus (self, self_gap) and attained_share (attainment).
    Raises KamkitError ``not_allowed`` (source). Source: S200, S199.

    >>> from kamkit.methods.appraisal.duties import duty_profile
    >>> ratings = pd.DataFrame({"ratee_id": ["a"], "rater_id": ["m"], "source": ["manager"],
    ...     "duty": "study_needs", "period": "2026H1", "score": [3]})
    >>> duty_case({"manager": duty_profile(ratings)}, member_id="a")["duty"].tolist()
    ['study_needs']
    """
    _known("source", source, profiles)
    table = profiles[source]
    mine = table[table["member_id"] == member_id].reset_index(drop=True)
    return mine.assign(
        self_level=mine["self"],
        self_minus=mine["self_gap"],
        attained_share=mine["attainment"],
    )


def retranslation_case(
    *, managers: int, agreed: float, line: float = SORTED_RIGHT, level: float = 0.95
) -> pd.DataFrame:
    """How far some managers' sorting of an anchor can be trusted.

    ``managers`` sorted it, each alone; the share ``agreed`` (0-1) put it to its competence.
    Returns one row: sorted_right (managers), n, share, low, high (Wilson), verdict (keep: the
    interval lies above ``line``; rewrite: below; cannot_tell), variant, origin.
    Raises KamkitError ``out_of_range``. Source: Smith & Kendall 1963; line house.

    >>> retranslation_case(managers=5, agreed=0.8)[["sorted_right", "verdict"]].values.tolist()
    [[4, 'cannot_tell']]
    """
    details = {"allowed": "0–1"}
    if not 0 <= agreed <= 1:
        raise KamkitError(Problem("out_of_range", column="agreed", value=agreed, details=details))
    if managers < 1:
        details = {"allowed": "≥ 1"}
        problem = Problem("out_of_range", column="managers", value=managers, details=details)
        raise KamkitError(problem)
    right = round(agreed * managers)
    low, high = wilson_ends(right, managers, level)
    verdict = "keep" if low > line else "rewrite" if high < line else "cannot_tell"
    row: dict[str, object] = {"sorted_right": right, "n": managers, "share": right / managers}
    row |= {"low": low, "high": high, "verdict": verdict}
    origin = "field:Smith & Kendall 1963; field:Wilson 1927; house"
    return pd.DataFrame([{**row, "variant": "wilson", "origin": origin}])


def _known(name: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        details = {"allowed": ", ".join(allowed)}
        raise KamkitError(Problem("not_allowed", column=name, value=value, details=details))


@dataclass(frozen=True)
class MixCase:
    """``mix``: the mix of all teams, or of the leaver's team without the leaver; ``lost``: rows
    of coverage that the leaver alone held in the team (team, attribute, tag, elsewhere: people
    of other teams who have it)."""

    mix: TeamMix
    lost: pd.DataFrame


def mix_case(members: pd.DataFrame, today: TeamMix, *, leaver: str = "") -> MixCase:
    """What a team would lack if somebody left, measured against the tags that there are today.

    Needs the columns of ``team_mix``; ``today``: its result with tags (knowledge, skills).
    ``leaver``: a member_id, or "" for nobody. A tag that only the leaver had stays as a gap.
    Returns :class:`MixCase`. Raises KamkitError as ``team_mix``. Source: S183.

    >>> people = pd.DataFrame({"member_id": ["a", "b"], "team": "n", "skills": ["bid", "plan"]})
    >>> found = mix_case(people, team_mix(people), leaver="a")
    >>> found.lost["tag"].tolist(), found.mix.coverage["status"].tolist()
    (['bid'], ['gap', 'single_point'])
    """
    held = today.coverage
    mine = held[(held["who"] == leaver) & (held["status"] == "single_point")]
    lost = mine[["team", "attribute", "tag", "elsewhere"]].reset_index(drop=True)
    team = members.loc[members["member_id"] == leaver, "team"]
    if team.empty:
        return MixCase(_as_listed(today, members), lost)
    own = members[(members["team"] == team.iloc[0]) & (members["member_id"] != leaver)]
    if own.empty:
        return MixCase(TeamMix(held.iloc[:0], today.balance.iloc[:0]), lost)
    attributes = list(dict.fromkeys(held["attribute"]))
    wanted = {a: sorted(set(held.loc[held["attribute"] == a, "tag"])) for a in attributes}
    mix = team_mix(own, attributes, wanted=wanted)
    keys = ["team", "attribute", "tag"]
    elsewhere = held.set_index(keys)["elsewhere"].reindex(
        pd.MultiIndex.from_frame(mix.coverage[keys])
    )
    coverage = mix.coverage.assign(elsewhere=elsewhere.to_numpy())
    return MixCase(TeamMix(coverage, mix.balance), lost)


def _as_listed(mix: TeamMix, members: pd.DataFrame) -> TeamMix:
    """Teams in the order of the members' list, which readers know better than that of names."""
    teams = list(dict.fromkeys(members["team"].dropna().astype("str")))
    place = {team: i for i, team in enumerate(teams)}
    coverage, balance = (
        table.loc[table["team"].map(place).sort_values(kind="stable").index].reset_index(drop=True)
        for table in (mix.coverage, mix.balance)
    )
    return TeamMix(coverage, balance)


@dataclass(frozen=True)
class PulseCase:
    """One team's pulse: ``items`` and ``remedies`` as in ``PitfallProfile``, ``climate`` and
    ``index`` as in ``Climate.items`` and ``Climate.index``."""

    items: pd.DataFrame
    remedies: pd.DataFrame
    climate: pd.DataFrame
    index: pd.DataFrame


def pulse_case(team_pulse: pd.DataFrame, *, team: str = "", min_n: int = 4) -> PulseCase:
    """Pitfalls and climate of one team, hidden where fewer than ``min_n`` answered.

    Needs the columns of ``pitfall_profile``. ``team``: "" is the first by name. Variances are
    pooled over all teams that are shown. Returns :class:`PulseCase`; an unknown team has no rows.
    Raises KamkitError as ``pitfall_profile``. Source: S192, S193, S189, S190.

    >>> pulse = pd.DataFrame({"team": "a", "wave": "1", "respondent_id": list("pqrs"),
    ...     "item": "pitfall_chaos", "score": [4, 5, 5, 5]})
    >>> pulse_case(pulse, min_n=5).items["hidden"].tolist()
    [True]
    """
    found = pitfall_profile(team_pulse, min_n=min_n)
    mood = climate(team_pulse, min_n=min_n)
    teams = sorted(set(found.items["team"].astype("str")))
    wanted = team or next(iter(teams), "")
    parts = (found.items, found.remedies, mood.items, mood.index)
    return PulseCase(*(p[p["team"].astype("str") == wanted].reset_index(drop=True) for p in parts))


def load_case(
    accounts: pd.DataFrame,
    members: pd.DataFrame,
    rules: LoadRules | None = None,
    *,
    tiers: Mapping[str, str] | pd.Series,
    territories: pd.DataFrame | None = None,
    account_share: float | None = None,
    travel: bool = True,
    **hours: float,
) -> KamLoad:
    """Everybody's load with other hours per tier, or another share of the year for accounts.

    Needs the tables of ``kam_load``. ``hours``: tier -> hours a year for one account; tiers not
    named keep the rule's. How many accounts one person could hold follows from them.
    ``travel`` False leaves travelling out. Returns ``KamLoad``.
    Raises KamkitError ``not_allowed`` (tier), ``out_of_range``. Source: S203; figures house.

    >>> accounts = pd.DataFrame({"account_id": ["x"], "owner_id": "a"})
    >>> people = pd.DataFrame({"member_id": ["a"], "hours_per_year": [1000]})
    >>> found = load_case(accounts, people, tiers={"x": "tier_1"}, tier_1=325.0)
    >>> found.members["load"].tolist()
    [0.5]
    """
    rule = load_rules() if rules is None else rules
    share = rule.account_share if account_share is None else account_share
    details = {"allowed": ", ".join(rule.tiers)}
    problems = [
        Problem("not_allowed", column="tier", value=t, details=details)
        for t in hours
        if t not in rule.tiers
    ]
    problems += [
        Problem("out_of_range", column=name, value=value, details={"allowed": "> 0"})
        for name, value in {**hours, "account_share": share}.items()
        if value <= 0
    ]
    KamkitError.collect(problems)
    year = rule.hours_per_year * share
    changed = {}
    for key, tier in rule.tiers.items():
        each = float(hours.get(key, tier.hours))
        changed[key] = replace(tier, hours=each, accounts=max(int(year / each), 1))
    rule = replace(rule, tiers=MappingProxyType(changed), account_share=share)
    there = territories if travel else None
    return kam_load(accounts, members, rule, tiers=tiers, territories=there)


@dataclass(frozen=True)
class PlanCase:
    """``plan``: the actions of one person, or of all; ``measures``: plan_actions, plan_people,
    plan_sure_share and plan_hours (of the trainings named first) of the whole team."""

    plan: pd.DataFrame
    measures: pd.DataFrame


def plan_case(
    gaps: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    done: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    scheme: Sequence[Training] | None = None,
    member_id: str = "",
    most: int = 3,
    sure_only: bool = False,
) -> PlanCase:
    """The development plan with more or fewer actions, for all gaps or for sure ones only.

    Needs the tables of ``development_plan``; gaps with ``sure``. ``member_id``: "" is all.
    Returns :class:`PlanCase`. Raises KamkitError as ``development_plan``.
    Source: S205, S212; priority and dates house.
    """
    kept = gaps[gaps["sure"].astype(bool)] if sure_only else gaps
    courses = trainings() if scheme is None else scheme
    plan = development_plan(kept, courses, done, members, as_of=as_of, most=most)
    hours = plan["training"].map({t.id: t.hours for t in courses}).astype(float)
    people = int(plan["member_id"].nunique())
    sure = float((plan["step"] == "act").mean()) if len(plan) else float("nan")
    figures = {
        "plan_actions": float(len(plan)),
        "plan_people": float(people),
        "plan_sure_share": sure,
        "plan_hours": float(hours.sum()),
    }
    rows = [
        measure_row(k, v, people, variant="gap_weight_sureness", origin="S205; S212; house")
        for k, v in figures.items()
    ]
    mine = plan[plan["member_id"] == member_id].reset_index(drop=True) if member_id else plan
    return PlanCase(mine, measure_table(rows))
