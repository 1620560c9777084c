"""What the team review and the personal sheets say in words: people, items, codes, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamkit.charts.people import key_name
from kamkit.i18n import label, percent, plain_text, records, sentence_values, t
from kamkit.i18n.problems import problem_table
from kamkit.reports.relationship import classes_of, names_of
from kamkit.schemes import fairness_wording

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.errors import Problem

__all__ = ["KINDS", "READ", "TeamWords", "classes_of", "has", "names_of", "tiers_of"]

# Column -> section of the catalogs that holds its words.
_SECTIONS = {
    "grade": "grade",
    **dict.fromkeys(["status", "verdict", "reason", "source", "team"], ""),
    "state": "action_state",
    "trend": "climate_trend",
    "part": "appraisal_part",
    "kind": "sheet_kind",
    "step": "plan_step",
    "rule": "goal_rule",
    "likely_cell": "nine_cell",
    "decision": "advancement",
    "note": "appraisal_note",
    "topic": "sheet_topic",
    "signer": "sheet_role",
}
_PEOPLE = (
    *("member_id", "ratee_id", "rater_id", "owner_id", "scope_id", "manager_id"),
    *("worst_leaver", "changed_by"),
)
_NAMED = ("competency", "duty", "kpi", "training", "pitfall", "remedy", "role", "attribute")
_LISTED = {
    "able": "",
    "others": "training",
    "done_before": "training",
    "missing": "kpi",
    "kpis": "kpi",
}
# Columns whose name leaves their kind open, in the tables of these reports.
KINDS = {
    **dict.fromkeys(["gap", "self_gap", "score", "total", "value", "amount"], "plain"),
    **dict.fromkeys(["attained", "load", "shrink", "p_weak", "p_strong", "grade_p"], "share"),
    **dict.fromkeys(["low_pct", "high_pct", "effect_pct", "sureness", "weight"], "share"),
    **dict.fromkeys(["chance", "chance_low", "chance_high", "pace"], "share"),
    **dict.fromkeys(["load_low", "load_high"], "share"),
    **dict.fromkeys(["due", "finished_on", "done_on"], "day"),
    "target": "money",
}
# Tables that the review reads; those that are absent are named at its end.
READ = (
    *("members", "role_profiles", "ratings", "duty_ratings", "targets", "kpi_values"),
    *("territories", "goals", "actions", "pay_plans", "advancement", "team_pulse"),
    *("development_actions", "trainings", "calibration_changes", "scheme_assignments"),
)


def tiers_of(tiers: pd.DataFrame | None) -> dict[str, str]:
    """The load rule's tier of each account, from its service tier; empty without classes."""
    if tiers is None:
        return {}
    return {str(a): str(v) for a, v in zip(tiers["account_id"], tiers["tier"], strict=True)}


@dataclass(frozen=True)
class TeamWords:
    """Words for the keys in the tables of an appraisal, in one language.

    ``people``: names of members by id. Whoever is not among them is shown by id.
    """

    lang: str
    people: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, table: pd.DataFrame, **sections: str) -> pd.DataFrame:
        """A copy in words; ``sections`` names the catalog section of further columns."""
        worded = table.copy()
        for column in worded.columns:
            name, cells = str(column), table[column].astype(object).tolist()
            if name in sections:
                worded[column] = [self.word(sections[name], value) for value in cells]
            elif name in _PEOPLE:
                worded[column] = [self.person(value) for value in cells]
            elif name in _LISTED:
                worded[column] = [self._list(_LISTED[name], value) for value in cells]
            elif name in _SECTIONS:
                section = _SECTIONS[name] or name
                worded[column] = [self.word(section, value) for value in cells]
            elif name in _NAMED:
                worded[column] = [self._named(name, value) for value in cells]
            elif name == "item":
                worded[column] = [self.item(value) for value in cells]
        return worded

    def figures(self, measures: pd.DataFrame | None, *wanted: str) -> pd.DataFrame:
        """The wanted rows of a measure table (all, unless told) whose value is known."""
        import pandas as pd

        columns = ["measure", "value", "low", "high", "n", "variant", "origin"]
        if measures is None:
            return pd.DataFrame(columns=columns)
        rows = measures[measures["measure"].isin(wanted)] if wanted else measures
        return rows.loc[rows["value"].notna(), columns]

    def findings(self, found: pd.DataFrame) -> pd.DataFrame:
        """The findings as a table: topic, whom it concerns, evidence, rule, how sure."""
        rows = records(self.in_words(found))
        worded = found.copy()
        worded["topic"] = [self._part(row, "topic") for row in rows]
        worded["evidence"] = [self._part(row, "title") for row in rows]
        worded["fired"] = [self._part(row, "rule") for row in rows]
        worded["sure"] = [label(f"report.funnel.sure.{row['sure']}", self.lang) for row in rows]
        return worded

    def in_words(self, found: pd.DataFrame) -> pd.DataFrame:
        """The findings with the keys among their figures written as words."""
        worded = found.copy()
        worded["values"] = found["values"].map(self._said)
        return worded

    def hit(self, members: pd.DataFrame) -> pd.DataFrame:
        """People with the topics that speak of them."""
        topics = [
            self.joined(label(f"finding.{k}.topic", self.lang) for k in value.split(";"))
            for value in members["which"].tolist()
        ]
        return self(members.assign(topics=topics))

    def blind(self, not_assessed: pd.DataFrame) -> pd.DataFrame:
        """What could not be judged, and what it lacks."""
        lack = [
            self.joined(label(f"report.team.input.{k}", self.lang) for k in value.split("; "))
            for value in not_assessed["missing"]
        ]
        topics = [label(f"finding.{key}.topic", self.lang) for key in not_assessed["finding"]]
        return not_assessed.assign(topic=topics, lack=lack)

    def refused(self, problems: Iterable[Problem]) -> pd.DataFrame:
        """Methods that could say nothing, with what would help."""
        return problem_table(problems, self.lang)

    def fairness(self) -> dict[str, str]:
        """The wording that stands beside every four-fifths figure."""
        return {key: str(text[self.lang]) for key, text in fairness_wording().items()}

    def joined(self, words: Iterable[str]) -> str:
        """Words in a row."""
        return t("report.semicolon", self.lang).join(words)

    def person(self, value: object) -> str:
        """A member's name; a company, team or unknown id as it is."""
        if value is None or value != value or value == "":
            return "–"
        own = label(f"team.{value}", self.lang, "")
        return self.people.get(str(value), "") or own or plain_text(value)

    def item(self, key: object) -> str:
        """A competency, duty, KPI or pulse item in words."""
        if key is None or key != key or key == "":
            return "–"
        for kind in ("competency", "duty", "kpi", "pitfall", "pulse_item"):
            found = key_name(kind, key, self.lang, 60)
            if found != key:
                return found
        return plain_text(key)

    def word(self, section: str, key: object) -> str:
        """One key of a section."""
        if key is None or key != key or key == "":
            return "–"
        return label(f"{section}.{key}", self.lang, plain_text(key))

    def _named(self, kind: str, key: object) -> str:
        if kind == "role":
            return self.word("member_role", key)
        blank = key is None or key != key or key == ""
        return "–" if blank else key_name(kind, key, self.lang, 60)

    def _list(self, kind: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            return "–"
        keys = [key.strip() for key in value.split(";") if key.strip()]
        return self.joined(self._named(kind, k) if kind else self.person(k) for k in keys)

    def _said(self, values: Mapping[str, Any]) -> dict[str, Any]:
        told = dict(values)
        for name, section in (("decision", "advancement"), ("team", "team"), ("leaning", "status")):
            if name in told:
                told[name] = self.word(section, told[name])
        if "pitfall" in told:
            told["pitfall"] = self._named("pitfall", told["pitfall"])
        return told

    def _part(self, row: Mapping[str, Any], part: str) -> str:
        values = sentence_values(row["values"], self.lang, "")
        return t(f"finding.{row['finding']}.{part}", self.lang, **values)


def has(tables: Mapping[str, pd.DataFrame], name: str, *columns: str) -> bool:
    """Whether a table is there with something in each of these columns."""
    table = tables.get(name)
    if table is None:
        return False
    return all(c in table.columns and bool(table[c].notna().any()) for c in columns)


def in_percent(people: pd.DataFrame) -> pd.DataFrame:
    """Effects on the logarithmic scale as shares above or below expectation."""
    import numpy as np

    names = {"effect": "effect_pct", "low": "low_pct", "high": "high_pct"}
    return people.assign(**{new: np.expm1(people[old]) for old, new in names.items()})


def with_ground(members: pd.DataFrame, ground: pd.DataFrame | None) -> pd.DataFrame:
    """The combined result beside the one with the territory taken out."""
    if ground is None:
        return members
    own = ground[["member_id", "total", "grade"]]
    own = own.rename(columns={"total": "ground_total", "grade": "ground_grade"})
    return members.merge(own, how="left", on="member_id")


def last_wave(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last wave that aren't hidden."""
    last = table["wave"] == table["wave"].max()
    return table.reindex(table.index[last & ~table["hidden"].astype(bool)])


def in_sight(groups: pd.DataFrame | None) -> pd.DataFrame | None:
    """Groups of the fairness screen that are large enough to be shown."""
    return None if groups is None else groups[groups["note"] != "too_few"]


def named_goals(goals: pd.DataFrame, words: TeamWords) -> dict[str, str]:
    """Whose goal it is and for which KPI, by goal id."""
    return {
        str(row["goal_id"]): t(
            "report.team.goal", words.lang, who=words.person(row["scope_id"]),
            kpi=words.item(row["kpi"]),
        )
        for row in records(goals)
    }  # fmt: skip


def heads(**kinds: str) -> dict[str, Any]:
    """Headings and kinds of a table of these reports, some kinds changed."""
    return {"headings": "team_column", "kinds": {**KINDS, **kinds}}


def share(value: float, lang: str) -> str:
    """A share in a sentence."""
    return percent(value, lang, 0)


def load_ends(members: pd.DataFrame) -> pd.DataFrame:
    """Loads of people who hold accounts, their ends under headings of their own."""
    rows = members[members["member_id"].astype("str") != ""]
    return rows.rename(columns={"low": "load_low", "high": "load_high"})


def first_flagged(screen: pd.DataFrame) -> str:
    """The decision to draw: one with a group below four fifths, else the last."""
    flagged = screen.loc[screen["flagged"].astype(bool), "decision"]
    return str((flagged if len(flagged) else screen["decision"]).iloc[-1])


def groups(screen: pd.DataFrame, words: TeamWords) -> dict[str, str]:
    """Names of groups and decisions, for the picture of the screen."""
    named = {str(d): words.word("advancement", d) for d in screen["decision"].unique()}
    return named | {str(g): words.word("member_group", g) for g in screen["group"].unique()}


def worst_team(items: pd.DataFrame) -> str:
    """The team whose highest pitfall of the last wave is the highest; one in sight."""
    rows = last_wave(items)
    if rows.empty:
        return str(items["team"].iloc[0])
    return str(rows.sort_values(["mean", "team"], ascending=[False, True])["team"].iloc[0])


def goal_rows(pace: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """Goals by whose they are, the least likely ones first."""
    rows = pace.assign(goal=[called.get(str(g), str(g)) for g in pace["goal"]])
    return rows.sort_values("chance", na_position="last", kind="stable")


def plan_rows(plans: pd.DataFrame) -> pd.DataFrame:
    """What a director decides on: cost, chance to exceed the budget, share of luck."""
    wanted = ["pay_cost", "pay_budget", "pay_over_budget", "pay_luck_share"]
    return plans[plans["measure"].isin(wanted)]


def assumed(figures: Mapping[str, float], lang: str) -> dict[str, str]:
    """What the pay simulation assumes, for its sentence."""
    return {k: percent(v, lang, 0) for k, v in figures.items()}


@dataclass(frozen=True)
class Paid:
    """Pay plans of the role that most people with targets have, and these people."""

    plans: pd.DataFrame
    members: pd.DataFrame


def paid_roles(tables: Mapping[str, pd.DataFrame]) -> Paid | None:
    """Plans and people for the pay simulation; None where plans or people are missing."""
    if not has(tables, "pay_plans", "role") or not has(tables, "members", "role"):
        return None
    aimed = set(tables["targets"].loc[tables["targets"]["scope"] == "member", "scope_id"])
    members = tables["members"]
    mine = members[members["member_id"].isin(aimed)]
    role = mine["role"].mode().iloc[:1].tolist()
    plans = tables["pay_plans"][tables["pay_plans"]["role"].isin(role)]
    mine = mine[mine["role"].isin(role)]
    if plans.empty or mine.empty:
        return None
    columns = [c for c in ("member_id", "role", "group") if c in mine.columns]
    return Paid(plans.reset_index(drop=True), mine[columns].reset_index(drop=True))


MIXED = ("knowledge", "skills", "experience_years")  # columns that a team's mix is read from


def has_any(tables: Mapping[str, pd.DataFrame], name: str, *columns: str) -> bool:
    """Whether a table has something in one of these columns at least."""
    return any(has(tables, name, column) for column in columns)


def teams(table: pd.DataFrame, words: TeamWords) -> pd.DataFrame:
    """A table whose teams are named, for a picture."""
    return table.assign(team=[words.word("team", value) for value in table["team"]])
