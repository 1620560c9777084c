"""Which stage a relationship has reached, by whom people on both sides are tied to (S103)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.book import contact_book
from kamkit.methods.contacts.known import Day, as_day
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.stage_decay import decay_signs, disintegrating
from kamkit.methods.relationship.stage_indicators import (
    TEAM_INDICATORS,
    StageIndicators,
    all_indicators,
)
from kamkit.methods.relationship.stage_rules import (
    evidence,
    least_slack,
    missing_needs,
    named,
    steps_met,
)
from kamkit.methods.relationship.stage_ties import Ints, one_left_out, structure
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

COLUMNS = [
    *("account_id", "stage", "stage_highest", "stage_low", "stage_high", "same_share"),
    *("next_stage", "needs_missing", "open_needs", "slack", "slack_indicator", "fragile_ties"),
    *("ties", "met_above", "type", "type_by_stage", "types_agree", "threads", "target_threads"),
    *("disintegrating", "signs", "as_of", "variant", "origin"),
]
FRAGILE = ["account_id", "from_id", "to_id", "bond", "strength", "stage_without"]
ORIGIN = "S103; field:Millman & Wilson 1995; house"
_CHUNK = 64


@dataclass(frozen=True)
class Stages:
    """Stages of many accounts.

    Attributes
    ----------
    stages
        One row an account: account_id, stage ("" where no tie of ours is recorded),
        stage_highest (if every unknown need turned out met), stage_low, stage_high (2.5% and
        97.5% of judgements one grade off), same_share (share of them with the same stage, 0–1),
        next_stage, needs_missing, open_needs (open needs of the next stage: count, ids by ";"),
        slack, slack_indicator (the need closest to failing, in people, functions or grades, a
        share in tenths), fragile_ties (ties whose single loss lowers the stage), ties, met_above
        (stages above whose own needs are met: ties may be missing from the records), type (S105
        by its own needs), type_by_stage (crosswalk), types_agree, threads, target_threads
        (X15), disintegrating (NA unknown), signs (of decay that stand), as_of, variant, origin.
    indicators
        As ``StageIndicators.table``.
    evidence
        One row a need of each stage and type (see ``relationship_stage``).
    signs
        As ``decay_signs``.
    fragile
        Ties whose single loss lowers the stage: account_id, from_id, to_id, bond, strength,
        stage_without.
    """

    stages: pd.DataFrame
    indicators: pd.DataFrame
    evidence: pd.DataFrame
    signs: pd.DataFrame
    fragile: pd.DataFrame


@dataclass(frozen=True)
class RelationshipStage:
    """The stage of one account with its evidence; the tables are those of ``Stages``.

    ``measures`` is a measure table of stage_same_share, stage_needs_missing, stage_slack,
    stage_fragile_ties, stage_threads, stage_target_threads and stage_decay_signs.
    """

    account_id: str
    as_of: pd.Timestamp
    stage: str
    stage_highest: str
    stage_low: str
    stage_high: str
    next_stage: str
    type: str
    type_by_stage: str
    disintegrating: bool | None
    measures: pd.DataFrame
    evidence: pd.DataFrame
    indicators: pd.DataFrame
    signs: pd.DataFrame
    fragile: pd.DataFrame
    variant: str
    origin: str


def relationship_stage(
    indicators: StageIndicators,
    network: ContactNetwork | None = None,
    *,
    before: ContactNetwork | None = None,
    joint_teams: pd.DataFrame | None = None,
    scheme: RelationshipScheme | None = None,
) -> RelationshipStage:
    """The stage of one account: the last whose needs, and those of all before it, are met.

    ``indicators`` from ``stage_indicators``. ``network`` (with ``before``, the same account's
    network one year earlier, and ``joint_teams``) lets signs of disintegration be read; without
    it they are unknown. Figures that are not recorded leave a need open: ``stage`` counts them
    as not met, ``stage_highest`` as met.

    Returns RelationshipStage. ``evidence`` has one row a need: account_id, ladder (stages,
    types), stage, indicator, relation (at_least, at_most), needed, value, met (NA unknown),
    lacking, slack, origin.
    Source: S103 (structures), S105 (types), X12 (both side by side); Millman & Wilson 1995;
    McDonald, Millman & Rogers 1997; every threshold is house.

    >>> from kamkit.methods.contacts.network import contact_network
    >>> from kamkit.methods.relationship.stage_indicators import stage_indicators
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1",
    ...     "function": ["quality", "finance"], "level": [2, 3]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [3], "bond": ["value"]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-06-30")
    >>> found = relationship_stage(stage_indicators(network), network)
    >>> found.stage, found.next_stage, found.type
    ('early', 'mid', 'ordinary')
    """
    scheme = scheme or relationship_scheme()
    name = indicators.accounts[0]
    tables: list[pd.DataFrame | None] = [None, None, None, None]
    if network is not None:
        held = (network.people, network.links, network.gone, before.links if before else None)
        tables = [t if t is None else t.assign(account_id=name) for t in held]
    signs = _signs(tables, joint_teams, indicators, scheme)
    found = _judged(indicators, signs, scheme)
    row = found.stages.iloc[0]
    decay = None if row["disintegrating"] is pd.NA else bool(row["disintegrating"])
    words = ("stage", "stage_highest", "stage_low", "stage_high", "next_stage", "type")
    return RelationshipStage(
        account_id=name,
        as_of=indicators.as_of,
        **{key: str(row[key]) for key in (*words, "type_by_stage")},
        disintegrating=decay,
        measures=_measures(row, found, scheme),
        evidence=found.evidence,
        indicators=found.indicators,
        signs=found.signs,
        fragile=found.fragile,
        variant=str(row["variant"]),
        origin=ORIGIN,
    )


def stages_of(
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: Day,
    accounts: Sequence[str] | None = None,
    scheme: RelationshipScheme | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Stages:
    """The stages of all accounts of a company at once, as known on one day.

    ``tables``: contacts; ties, members, joint_teams, accounts (account_id, owner_id: the account
    manager) where there are any. ``accounts``: ids, else those of ``accounts`` or ``contacts``.
    Ties, people and teams are read as of the day and one look-back (house: 365 days) earlier.

    Returns Stages. Raises KamkitError missing_column, bad_date.
    Source: as ``relationship_stage``.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})
    >>> stages_of({"contacts": contacts}, as_of="2026-06-30").stages["stage"].tolist()
    ['']
    """
    scheme, day = scheme or relationship_scheme(), as_day(as_of)
    contacts, ties, members = tables["contacts"], tables.get("ties"), tables.get("members")
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    owned = tables.get("accounts")
    listed = contacts if owned is None else owned
    names = list(accounts) if accounts is not None else sorted(set(listed["account_id"]))
    owners: dict[str, str] = {}
    if owned is not None and "owner_id" in owned.columns:
        given = owned[owned["owner_id"].notna()]
        owners = dict(zip(given["account_id"], given["owner_id"], strict=True))
    book = contact_book(contacts, None, ties, members, as_of=day)
    then = day - pd.Timedelta(days=scheme.limits["look_back_days"])
    past = contact_book(contacts, None, ties, members, as_of=then).links
    teams = tables.get("joint_teams")
    indicators = all_indicators(
        book.people, book.links, teams, names, day,
        owners=owners, scheme=scheme, draws=draws, seed=seed,
    )  # fmt: skip
    signs = _signs([book.people, book.links, book.gone, past], teams, indicators, scheme)
    return _judged(indicators, signs, scheme)


def _signs(
    tables: Sequence[pd.DataFrame | None],
    teams: pd.DataFrame | None,
    indicators: StageIndicators,
    scheme: RelationshipScheme,
) -> pd.DataFrame:
    people, links, gone, past = tables
    if people is None or links is None or gone is None:
        nobody = pd.DataFrame(columns=["contact_id", "account_id"])
        book = contact_book(nobody, as_of=indicators.as_of)
        people, links, gone, past = book.people, book.links, book.gone, None
    return decay_signs(
        people, links, gone, past, teams, indicators.accounts, indicators.as_of, scheme
    )


def _judged(found: StageIndicators, signs: pd.DataFrame, scheme: RelationshipScheme) -> Stages:
    """Stages and all that stands beside them."""
    names, values, steps = found.accounts, found.values, scheme.stages
    place, most = steps_met(steps, values), steps_met(steps, values, unknown=True)
    most = np.where(place > 0, most, 0)
    low, high, same = _under_draws(found, place, scheme)
    fragile = _fragile(found, place, scheme)
    missing = _next_needs(place, found, scheme)
    slack, which = _slack(place, found, scheme)
    own_type = named(scheme.types, steps_met(scheme.types, values))
    cross = np.array([scheme.type_of(s) for s in named(steps, place)], dtype=object)
    target = np.array([0, *(s.target_threads for s in steps)])
    decay = disintegrating(signs, names, scheme.limits["signs_needed"])
    stood = signs.groupby("account_id")["flag"].sum().reindex(list(names)).fillna(0)
    counts = fragile.groupby("account_id").size().reindex(list(names)).fillna(0)
    table = pd.DataFrame(
        {
            "account_id": pd.Series(names, dtype="str"),
            "stage": named(steps, place),
            "stage_highest": named(steps, most),
            "stage_low": named(steps, low),
            "stage_high": named(steps, high),
            "same_share": same,
            "next_stage": np.array([*scheme.stage_ids, ""], dtype=object)[place],
            "needs_missing": missing[0],
            "open_needs": missing[1],
            "slack": slack,
            "slack_indicator": which,
            "fragile_ties": counts.to_numpy(int),
            "ties": np.bincount(found.ties.link_account, minlength=len(names)),
            "met_above": _met_above(place, found, scheme),
            "type": own_type,
            "type_by_stage": cross,
            "types_agree": own_type == cross,
            "threads": values["threads"].astype(int),
            "target_threads": target[place],
            "disintegrating": decay.array,
            "signs": stood.to_numpy(int),
            "as_of": found.as_of,
            "variant": np.where(place > 0, "all_needs_in_order", "no_tie_recorded"),
            "origin": ORIGIN,
        },
        columns=COLUMNS,
    )
    words = [c for c in COLUMNS if table[c].dtype == object]
    table = table.astype(dict.fromkeys(words, "str"))
    return Stages(table, found.table, evidence(names, values, scheme), signs, fragile)


def _under_draws(
    found: StageIndicators, place: Ints, scheme: RelationshipScheme
) -> tuple[Ints, Ints, np.ndarray]:
    """Middle 95% of the stages over the draws, and how often the stage stays."""
    if not found.drawn:
        return place, place, np.full(len(place), np.nan)
    drawn = steps_met(scheme.stages, found.drawn)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=1, method="inverted_cdf")
    same = (drawn == place[:, None]).mean(axis=1)
    counted = np.bincount(found.ties.link_account, minlength=len(place)) > 0
    return low.astype(int), high.astype(int), np.where(counted, same, np.nan)


def _fragile(found: StageIndicators, place: Ints, scheme: RelationshipScheme) -> pd.DataFrame:
    """Ties whose single loss lowers the stage, and the stage without each."""
    ties = found.ties
    left_out, order = one_left_out(ties)
    without = np.zeros(len(order), dtype=np.int64)
    for at in range(0, left_out.shape[1], _CHUNK):
        part = structure(ties, left_out[:, at : at + _CHUNK], scheme.limits["live_strength"])
        for key in TEAM_INDICATORS:
            part[key] = np.repeat(found.values[key][:, None], part["threads"].shape[1], axis=1)
        reached = steps_met(scheme.stages, part)
        here = (order >= at) & (order < at + _CHUNK)
        without[here] = reached[ties.link_account[here], order[here] - at]
    hit = without < place[ties.link_account]
    table = ties.links[hit].assign(stage_without=named(scheme.stages, without[hit]))
    return table[FRAGILE].astype({"stage_without": "str"}).reset_index(drop=True)


def _next_needs(
    place: Ints, found: StageIndicators, scheme: RelationshipScheme
) -> tuple[Ints, list[str]]:
    counts, names = np.zeros(len(place), dtype=np.int64), [""] * len(place)
    for i, step in enumerate([*scheme.stages, None]):
        open_, which = missing_needs(step, found.values)
        for row in np.flatnonzero(place == i):
            counts[row], names[row] = open_[row], which[row]
    return counts, names


def _slack(
    place: Ints, found: StageIndicators, scheme: RelationshipScheme
) -> tuple[np.ndarray, list[str]]:
    slack, which = np.full(len(place), np.nan), [""] * len(place)
    for i in range(1, len(scheme.stages) + 1):
        room, names = least_slack(scheme.stages[:i], found.values)
        for row in np.flatnonzero(place == i):
            slack[row], which[row] = room[row], names[row]
    return slack, which


def _met_above(place: Ints, found: StageIndicators, scheme: RelationshipScheme) -> list[str]:
    """Stages above the one reached whose own needs are met, by ";"."""
    own = np.array([missing_needs(step, found.values)[0] == 0 for step in scheme.stages])
    names = scheme.stage_ids
    return [
        ";".join(names[j] for j in range(p, len(names)) if own[j, i]) for i, p in enumerate(place)
    ]


def _measures(row: pd.Series, found: Stages, scheme: RelationshipScheme) -> pd.DataFrame:
    ties = int(row["ties"])
    needs = {s.id: len(s.needs) for s in scheme.stages}
    known = int(found.signs["flag"].notna().sum())
    drawn = "grades_one_off" if row["same_share"] == row["same_share"] else "no_interval"
    rows = [
        ("stage_same_share", row["same_share"], ties, drawn),
        ("stage_needs_missing", row["needs_missing"], needs.get(row["next_stage"], 0), "count"),
        ("stage_slack", row["slack"], ties, "least_slack"),
        ("stage_fragile_ties", row["fragile_ties"], ties, "one_tie_left_out"),
        ("stage_threads", row["threads"], ties, "count"),
        ("stage_target_threads", row["target_threads"], ties, "by_stage"),
        ("stage_decay_signs", row["signs"], known, "count"),
    ]
    origins = {"stage_target_threads": "X15; house"}
    return measure_table(
        measure_row(key, value, n, variant=variant, origin=origins.get(key, ORIGIN))
        for key, value, n, variant in rows
    )
