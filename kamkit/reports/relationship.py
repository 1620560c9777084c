"""What the relationship review says in words: stages, people, items and codes of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamkit.i18n import cell_text, label, plain_text, records, sentence_values, t
from kamkit.schemes import load_service_scheme
from kamkit.schemes.surveys import Survey

if TYPE_CHECKING:
    import pandas as pd

# Column -> section of the catalogs that holds its words.
_SECTIONS = {
    **dict.fromkeys(
        ["stage", "stage_low", "stage_high", "next_stage", "our_view", "customer_view"],
        "relationship_stage",
    ),
    "structure": "relationship_stage",
    "type": "relationship_type",
    "quadrant": "quadrant",
    "side": "side",
    "status": "status",
    "economic_buyer": "state",
    "warning": "warning_sign",
    "sign_worth": "sign_worth",
    "group": "case_category",
    "partner_type": "partner_type",
    "form": "partner_form",
    "code": "partner_issue",
    "cause": "driver",
    "proposal": "disposition",
    "sign": "sign",
    "caution": "caution",
}
_PEOPLE = ("cut_person", "top_person", "contact_id", "member_id", "person_id")
_LISTED = {
    "which": "warning_sign",
    "missing": "report.relationship.input",
    "weakest": "tactic",
}


def last_wave(answers: pd.DataFrame, wanted: str = "", side: str = "customer") -> str:
    """The wave to look at: the one wanted, else the last one answered (by this side first)."""
    if wanted:
        return wanted
    mine = answers[answers["side"] == side]
    waves = sorted((mine if len(mine) else answers)["wave"].dropna().unique())
    return str(waves[-1]) if waves else ""


def classes_of(tables: Mapping[str, pd.DataFrame], scheme: str) -> pd.DataFrame | None:
    """The class that each account was last given under a scheme; None where none was."""
    if "scheme_assignments" not in tables:
        return None
    given = tables["scheme_assignments"]
    mine = given[given["scheme"] == scheme]
    if mine.empty:
        return None
    order = mine.sort_values("as_of", kind="stable") if "as_of" in mine.columns else mine
    return order.drop_duplicates("account_id", keep="last")


def answers_to(responses: pd.DataFrame, item: str, wave: str) -> pd.Series:
    """The customers' ticks at one item in one wave."""
    mine = responses[(responses["item"] == item) & (responses["side"] == "customer")]
    return mine.loc[mine["wave"] == wave, "score"].dropna()


def both_sides(answers: pd.DataFrame, wave: str) -> bool:
    """Whether customers and our own people answered in a wave."""
    return set(answers.loc[answers["wave"] == wave, "side"]) >= {"customer", "us"}


def waves_of(answers: pd.DataFrame, upto: str) -> list[str]:
    """Waves that customers answered, up to one of them, in order."""
    mine = answers.loc[answers["side"] == "customer", "wave"].dropna().unique()
    return [str(wave) for wave in sorted(mine) if str(wave) <= upto]


def any_of(tables: Mapping[str, Any], *names: str) -> bool:
    """Whether at least one of these tables is there."""
    return any(name in tables for name in names)


def rows_of(table: pd.DataFrame | None, key: str) -> bool:
    """Whether a measure table knows one figure."""
    if table is None:
        return False
    return bool(table.loc[table["measure"] == key, "value"].notna().any())


@dataclass(frozen=True)
class RelationWords:
    """Words for the keys in a review's tables, in one language.

    ``people`` gives names of contacts, members and dealers by id; ``survey`` words its items.
    """

    lang: str
    survey: Survey
    people: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, table: pd.DataFrame, **sections: str) -> pd.DataFrame:
        """A copy in words; ``sections`` names the catalog section of further columns."""
        worded = table.copy()
        known = {**_SECTIONS, **sections}
        for column in worded.columns:
            cells = table[column].astype(object).tolist()
            if column in _PEOPLE or column == "dealer_id":
                worded[column] = [self._person(value) for value in cells]
            elif column == "dimension":
                worded[column] = [self.dimension(value) for value in cells]
            elif column == "item":
                worded[column] = [self.item(value) for value in cells]
            elif column == "tier":
                worded[column] = [self.tier(value) for value in cells]
            elif column in _LISTED:
                worded[column] = [self._list(_LISTED[str(column)], value) for value in cells]
            elif column in known:
                worded[column] = [self._word(known[str(column)], value) for value in cells]
        return worded

    def figures(self, measures: pd.DataFrame | None, *wanted: str) -> pd.DataFrame:
        """The wanted rows of a measure table (all, unless told) whose value is known."""
        import pandas as pd

        if measures is None:
            columns = ["measure", "value", "low", "high", "n", "variant", "origin"]
            return pd.DataFrame(columns=columns)
        rows = measures[measures["measure"].isin(wanted)] if wanted else measures
        return rows[rows["value"].notna()]

    def findings(self, found: pd.DataFrame, currency: str) -> pd.DataFrame:
        """The findings as a table: topic, money, accounts, first account, rule, how sure."""
        worded = found.copy()
        rows = records(found)
        worded["finding"] = [self._part(row, "topic", currency) for row in rows]
        worded["fired"] = [self._part(row, "rule", currency) for row in rows]
        worded["sure"] = [label(f"report.funnel.sure.{row['sure']}", self.lang) for row in rows]
        worded["accounts"] = [row["values"].get("accounts") for row in rows]
        worded["first_name"] = [row["values"].get("name", "–") for row in rows]
        return worded

    def in_words(self, found: pd.DataFrame, currency: str) -> pd.DataFrame:
        """The findings with a sentence about the money, where money is known."""
        worded = found.copy()
        worded["values"] = found["values"].map(lambda values: self._said(values, currency))
        return worded

    def hit(self, accounts: pd.DataFrame) -> pd.DataFrame:
        """Accounts with the topics that speak of them."""
        topics = [
            self._list("finding", value, part=".topic") for value in accounts["which"].tolist()
        ]
        return accounts.assign(topics=topics)

    def blind(self, not_assessed: pd.DataFrame) -> pd.DataFrame:
        """What could not be judged, and what it lacks."""
        worded = self(not_assessed[["missing"]])
        topics = [label(f"finding.{key}.topic", self.lang) for key in not_assessed["finding"]]
        worded.insert(0, "finding", topics)
        return worded

    def notes(self, notes: pd.DataFrame) -> pd.DataFrame:
        """Survey notes with their counts and names, as a notes table."""
        return notes.rename(columns={"code": "note"})

    def verdict(self, verdict: Any) -> dict[str, str]:
        """What the sentence of a score's verdict names."""
        shown = {key: getattr(verdict, key) for key in ("auc", "low", "high", "events", "needed")}
        return {k: cell_text("value", v, {}, self.lang, "") for k, v in shown.items()}

    def dimension(self, key: object) -> str:
        """A dimension's name, the total among them."""
        for one in self.survey.dimensions:
            if one.id == key:
                return str(one.label[self.lang])
        return self._word("survey_dimension", key)

    def item(self, key: object) -> str:
        """An item as customers read it."""
        for one in self.survey.items:
            if one.id == key:
                words = one.words.get("customer") or next(iter(one.words.values()))
                return str(words[self.lang])
        return plain_text(key)

    def tier(self, key: object) -> str:
        """A service tier's name."""
        for one in load_service_scheme().tiers:
            if one.id == key:
                return str(one.label[self.lang])
        return self._word("report.relationship.tier", key)

    def _said(self, values: Mapping[str, Any], currency: str) -> dict[str, Any]:
        stake = values.get("at_stake", float("nan"))
        known = stake == stake and stake is not None
        figures = {k: values.get(k) for k in ("at_stake", "money_share")}
        told = sentence_values(figures, self.lang, currency) if known else {}
        money = t("report.relationship.money", self.lang, **told) if known else ""
        return {**values, "money_said": money}

    def _part(self, row: Mapping[str, Any], part: str, currency: str) -> str:
        values = sentence_values(self._said(row["values"], currency), self.lang, currency)
        return t(f"finding.{row['finding']}.{part}", self.lang, **values)

    def _person(self, value: object) -> str:
        blank = value is None or value != value or value == ""
        return "–" if blank else self.people.get(str(value), plain_text(value))

    def _word(self, section: str, key: object) -> str:
        if key is None or key != key or key == "":
            return "–"
        return label(f"{section}.{key}", self.lang, plain_text(key))

    def _list(self, section: str, value: object, part: str = "") -> str:
        if not isinstance(value, str) or not value:
            return "–"
        keys = [key.strip() for key in value.split(";")]
        words = [label(f"{section}.{k}{part}", self.lang, k) for k in keys if k]
        return t("report.semicolon", self.lang).join(words)


def names_of(tables: Mapping[str, pd.DataFrame], lang: str) -> dict[str, str]:
    """Names of contacts, members and dealers by id, in one language where recorded."""
    keys: Sequence[tuple[str, str]] = (
        ("contacts", "contact_id"),
        ("members", "member_id"),
        ("dealers", "dealer_id"),
    )
    found: dict[str, str] = {}
    for name, key in keys:
        if name not in tables or "name" not in tables[name].columns:
            continue
        own = tables[name]["name"]
        told = tables[name].get(f"name_{lang}", own).fillna(own)
        pairs = zip(tables[name][key], told, strict=True)
        found |= {str(i): plain_text(n) for i, n in pairs if n == n and n}
    return found


# Tables that the review reads; those that are absent are named at its end.
READ = (
    *("contacts", "contact_roles", "ties", "members", "sponsors", "stage_views", "joint_teams"),
    *("survey_invitations", "survey_responses", "service_cases", "feedback", "care_plan"),
    *("interactions", "scheme_assignments", "orders", "account_losses", "winback_cases"),
    *("dealers", "dealer_ratings", "dealer_years"),
)


def coverage_lines(coverage: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One figure of every account, lowest first, under a heading of its own."""
    rows = coverage[(coverage["measure"] == measure) & coverage["value"].notna()]
    rows = rows.sort_values(["value", "account_id"]).drop(columns="measure")
    return rows.rename(columns={"value": "weighted"})


def totals(accounts: pd.DataFrame) -> pd.DataFrame:
    """Totals of the accounts that answered, lowest first."""
    rows = accounts[(accounts["dimension"] == "total") & accounts["score"].notna()]
    return grouped(rows.sort_values(["score", "account_id"]))


def survey_notes(
    notes: pd.DataFrame, side: str, names: Mapping[str, str], lang: str
) -> pd.DataFrame:
    """The notes of one side, as a notes table with accounts by name."""
    mine = notes[notes["side"] == side].rename(columns={"code": "note"})
    told = [
        t("report.semicolon", lang).join(names.get(i.strip(), i.strip()) for i in ids.split(";"))
        for ids in mine["names"].astype("str")
    ]
    return mine.assign(names=told)


def changes(trend: pd.DataFrame) -> pd.DataFrame:
    """Changes beyond chance, with the figures that the verdict rests on.

    Where the same people answered both times it is their change that counts, not the plain one.
    """
    rows = trend[trend["status"].isin(["up", "down"])].copy()
    same = rows["basis"] == "paired"
    for name in ("change", "low", "high"):
        own = rows["paired_change" if name == "change" else f"paired_{name}"]
        rows[name] = rows[name].where(~same, own)
    return rows


def win_back(cases: pd.DataFrame) -> pd.DataFrame:
    """Win-back cases with their chance and group under headings of their own."""
    return cases.rename(columns={"p": "chance", "group": "tie_group"})


def grouped(table: pd.DataFrame) -> pd.DataFrame:
    """The number that inseparable rows share, and ends of response rates, under short headings."""
    short = {"cluster": "tie_group", "rate_low": "answered_low", "rate_high": "answered_high"}
    return table.rename(columns=short)


def promises(groups: pd.DataFrame) -> pd.DataFrame:
    """Promises kept over all severities, under headings of their own."""
    return groups[groups["severity"] == "all"].rename(columns={"kept": "promise_kept"})


def visiting(table: pd.DataFrame) -> pd.DataFrame:
    """Visits with the days of their tier under a heading of its own."""
    return table.rename(columns={"limit_days": "rhythm_days"})


def judged(verdict: str | None) -> bool:
    """Whether a trial of the signs had losses enough to speak of shares."""
    return verdict not in (None, "too_few_losses")


def sign_columns(verdict: str | None) -> list[str]:
    """Columns of the accounts with signs; shares lost before only where losses allow it."""
    columns = ["account_id", "signs", "known", "unknown", "risk_band", "which"]
    return [*columns, *(["past_loss_share", "low", "high"] if judged(verdict) else [])]


def base_rate(verdict: str | None) -> tuple[str, ...]:
    """The base rate among the figures, where losses allow it; otherwise a figure never there."""
    return ("base_rate",) if judged(verdict) else ("none",)
