"""What a lesson's controls recompute: a stage without the manager, a score without one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.contacts.book import ContactBook, contact_book
from kamkit.methods.contacts.known import Day, as_day
from kamkit.methods.contacts.network import network_of
from kamkit.methods.relationship.bonds import Bonds, bonds
from kamkit.methods.relationship.stage import RelationshipStage, Stages, relationship_stage
from kamkit.methods.relationship.stage import stages_of as all_stages
from kamkit.methods.relationship.stage_indicators import alive_teams, stage_indicators
from kamkit.methods.relationship.stage_worksheet import StageWorksheet, stage_worksheet
from kamkit.schemes.relationship import relationship_scheme
from kamkit.tables.schemas import spec

TABLES = (
    *("contacts", "ties", "joint_teams", "stage_views", "survey_responses"),
    *("survey_invitations", "dealer_ratings", "dealer_years"),
)
BESIDE = ("accounts", "members", "contact_roles", "actions", "dealers")
PER_STAGE, MOST = 2, 16


@dataclass(frozen=True)
class RelationshipDesk:
    """Tables and stages of a company, ready for the questions of a lesson.

    ``tables``: every table that relationship methods read, empty where the company has none;
    ``missing``: names of those absent; ``stages``: of all accounts; ``examples``: accounts to
    look at (those that somebody judged, two a stage, all that come apart); ``waves``: survey
    waves known by the day, in order; ``book``: people and ties of the day, ``past`` of a year
    before; ``cases``: those of ``stage_case`` asked for so far, so that a control that leaves
    the stage alone doesn't work it out again.
    """

    tables: Mapping[str, pd.DataFrame]
    missing: tuple[str, ...]
    as_of: pd.Timestamp
    stages: Stages
    examples: tuple[str, ...]
    waves: tuple[str, ...]
    book: ContactBook
    past: ContactBook
    cases: dict[tuple[str, int, bool, int], StageCase] = field(default_factory=dict, repr=False)

    def names(self, lang: str) -> dict[str, str]:
        """Names of our people, of theirs and of dealers, by id: in ``lang`` where recorded.

        >>> relationship_desk({}, as_of="2026-06-30").names("zh")
        {}
        """
        found: dict[str, str] = {}
        keys = {"members": "member_id", "contacts": "contact_id", "dealers": "dealer_id"}
        for table, key in keys.items():
            rows = self.tables[table]
            shown = rows[key].astype("str")
            for column in ("name", f"name_{lang}"):
                if column in rows.columns:
                    shown = rows[column].astype("str").fillna(shown)
            found |= dict(zip(rows[key].astype("str"), shown, strict=True))
        return found


def relationship_desk(tables: Mapping[str, pd.DataFrame], *, as_of: Day) -> RelationshipDesk:
    """What the relationship methods need of a company, whatever tables it has.

    Survey answers, dealer ratings and dealer years after the day are left out.
    Returns :class:`RelationshipDesk`. Raises KamkitError missing_column, bad_date. Source: house.

    >>> desk = relationship_desk({}, as_of="2026-06-30")
    >>> desk.waves, desk.missing[:2]
    ((), ('contacts', 'ties'))
    """
    day = as_day(as_of)
    held = {
        name: tables.get(name, pd.DataFrame(columns=list(spec(name).names)))
        for name in (*TABLES, *BESIDE)
    }
    held |= _until(held, day)
    company = {k: v for k, v in held.items() if k in tables or k == "contacts"}
    found = all_stages(company, as_of=day)
    then = day - pd.Timedelta(days=relationship_scheme().limits["look_back_days"])
    seen = [held["contacts"], held["contact_roles"], held["ties"], held["members"]]
    return RelationshipDesk(
        tables=held,
        missing=tuple(name for name in TABLES if name not in tables or tables[name].empty),
        as_of=day,
        stages=found,
        examples=_examples(found.stages, held["stage_views"]),
        waves=tuple(sorted(held["survey_responses"]["wave"].dropna().unique())),
        book=contact_book(*seen, as_of=day),
        past=contact_book(*seen, as_of=then),
    )


def _until(held: Mapping[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The tables that carry a day, without what came after it."""
    asked = held["survey_invitations"]
    on = pd.to_datetime(asked["responded_on"]).fillna(pd.to_datetime(asked["invited_on"]))
    late = set(asked.loc[(on > day).to_numpy(), "wave"])
    rated, years = held["dealer_ratings"], held["dealer_years"]
    kept = {
        name: held[name][~held[name]["wave"].isin(late)]
        for name in ("survey_responses", "survey_invitations")
    }
    kept["dealer_ratings"] = rated[~(pd.to_datetime(rated["rated_on"]) > day).to_numpy()]
    kept["dealer_years"] = years[~(years["year"].astype(float) > day.year).to_numpy()]
    return {k: v.reset_index(drop=True) for k, v in kept.items()}


def _examples(stages: pd.DataFrame, views: pd.DataFrame) -> tuple[str, ...]:
    tied = stages[stages["ties"] > 0].sort_values(
        ["threads", "account_id"], ascending=[False, True]
    )
    falling = tied.loc[tied["disintegrating"].fillna(False).astype(bool), "account_id"]
    judged = tied.loc[tied["account_id"].isin(views["account_id"]), "account_id"]
    first = tied.groupby("stage", sort=False).head(PER_STAGE)["account_id"]
    chosen = list(dict.fromkeys([*falling, *judged, *first]))[:MOST]
    order = tied[tied["account_id"].isin(chosen)]["account_id"]
    return tuple(order)


@dataclass(frozen=True)
class StageCase:
    """One account as drawn and judged: ``people`` and ``links`` of its network, living joint
    ``teams``, ``kam_id``; ``found``: its ``relationship_stage``; ``figures``: its measures."""

    people: pd.DataFrame
    links: pd.DataFrame
    teams: pd.DataFrame
    kam_id: str | None
    found: RelationshipStage
    figures: pd.DataFrame


def stage_case(
    desk: RelationshipDesk,
    *,
    account_id: str,
    live: int = 2,
    without_manager: bool = False,
    draws: int = 60,
) -> StageCase:
    """The stage of one account under another limit for a live tie, or without its manager.

    ``live``: grade (0–4) from which a tie counts as live; ``without_manager``: the ties of our
    account manager are gone. Returns :class:`StageCase`. Source: as ``relationship_stage``.

    >>> desk = relationship_desk({}, as_of="2026-06-30")
    >>> stage_case(desk, account_id="").found.stage
    ''
    """
    key = (account_id, live, without_manager, draws)
    if key not in desk.cases:
        desk.cases[key] = _worked_out(desk, *key)
    return desk.cases[key]


def _worked_out(
    desk: RelationshipDesk, account_id: str, live: int, without_manager: bool, draws: int
) -> StageCase:
    scheme = relationship_scheme()
    scheme = replace(scheme, limits={**scheme.limits, "live_strength": live})
    network, kam = network_of(desk.book, account_id), _manager(desk, account_id)
    teams = None if "joint_teams" in desk.missing else desk.tables["joint_teams"]
    if without_manager and kam:
        people, links = network.people, network.links
        kept = links[(links["from_id"] != kam) & (links["to_id"] != kam)].reset_index(drop=True)
        others = people[people["person_id"] != kam].reset_index(drop=True)
        network, kam = replace(network, people=others, links=kept), None
    shown = stage_indicators(network, teams, kam_id=kam, scheme=scheme, draws=draws)
    before = network_of(desk.past, account_id)
    found = relationship_stage(shown, network, before=before, joint_teams=teams, scheme=scheme)
    alive = desk.tables["joint_teams"]
    alive = alive[alive["account_id"] == account_id]
    if len(alive):
        alive = alive_teams(alive, desk.as_of, int(scheme.limits["stale_days"]))
        alive = alive[alive["alive"]]
    return StageCase(network.people, network.links, alive, kam, found, found.measures)


def _manager(desk: RelationshipDesk, account_id: str) -> str | None:
    """The account's owner, else whoever of us has most ties there."""
    accounts = desk.tables["accounts"]
    mine = accounts[(accounts["account_id"] == account_id).to_numpy()]
    owners = mine.get("owner_id", mine["account_id"].iloc[:0]).dropna()
    if len(owners):
        return str(owners.iloc[0])
    links = network_of(desk.book, account_id).links
    ours = links.loc[links["from_side"] == "us", "from_id"]
    return str(ours.mode().iloc[0]) if len(ours) else None


def bond_case(
    desk: RelationshipDesk, *, account_id: str, names: Mapping[str, str] | None = None
) -> Bonds:
    """Personal and value-based ties of one account, and what each of our people would take.

    ``names``: id → name, shown in place of our people's ids. Source: as ``bonds``.

    >>> bond_case(relationship_desk({}, as_of="2026-06-30"), account_id="A").quadrant
    'unknown'
    """
    found = bonds(network_of(desk.book, account_id), draws=200)
    shown = found.ours["person_id"].map(lambda i: (names or {}).get(i, i)).astype("str")
    return replace(found, ours=found.ours.assign(person_id=shown))


def worksheet_case(
    desk: RelationshipDesk, *, account_id: str, target_stage: str = "", months: int = 12
) -> StageWorksheet:
    """The stage worksheet of one account, with the target of our last view or one to try on.

    Source: as ``stage_worksheet``.

    >>> desk = relationship_desk({}, as_of="2026-06-30")
    >>> worksheet_case(desk, account_id="", target_stage="early").where["stages_up"].tolist()
    [2]
    """
    found = stage_case(desk, account_id=account_id).found
    actions, views = desk.tables["actions"], desk.tables["stage_views"]
    if not target_stage:
        return stage_worksheet(found, actions=actions, stage_views=views)
    until = desk.as_of + pd.DateOffset(months=months)
    return stage_worksheet(
        found, actions=actions, stage_views=views, target_stage=target_stage, target_on=until
    )


def stage_counts(desk: RelationshipDesk) -> pd.DataFrame:
    """How many accounts stand at each stage, and how firmly.

    Returns stage, accounts, share (0–1), same_share (mean share of judgements one grade off that
    give the same stage), fragile (accounts that one lost tie would lower), disintegrating
    (accounts with at least two signs of decay). Source: house.

    >>> stage_counts(relationship_desk({}, as_of="2026-06-30"))["accounts"].tolist()
    [0, 0, 0, 0, 0]
    """
    table = desk.stages.stages
    rows = []
    for stage in relationship_scheme().stage_ids:
        own = table[table["stage"] == stage]
        falling = own["disintegrating"].fillna(False).astype(bool)
        rows.append(
            (stage, len(own), len(own) / len(table) if len(table) else np.nan,
             own["same_share"].mean(), int((own["fragile_ties"] > 0).sum()), int(falling.sum()))
        )  # fmt: skip
    columns = ["stage", "accounts", "share", "same_share", "fragile", "disintegrating"]
    return pd.DataFrame(rows, columns=columns)


def known_wave(desk: RelationshipDesk, wave: str) -> str:
    """The wave itself, or the last one where none is named. KamkitError not_allowed otherwise.

    >>> known_wave(relationship_desk({}, as_of="2026-06-30"), "")
    ''
    """
    if not wave:
        return desk.waves[-1] if desk.waves else ""
    if wave not in desk.waves:
        details = {"allowed": ", ".join(desk.waves)}
        raise KamkitError(Problem("not_allowed", column="wave", value=wave, details=details))
    return wave
