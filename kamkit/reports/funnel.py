"""What the funnel review says in words: stages, people, deals and codes of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamkit.charts.stages import stage_name
from kamkit.i18n import cell_text, label, plain_text, records, sentence_values, t
from kamkit.schemes import (
    Ladder,
    QuestionSet,
    ladder_for,
    load_ladder,
    read_ladder,
    read_stage_mapping,
)

if TYPE_CHECKING:
    import pandas as pd

# Column -> section of the catalogs that holds its words.
_SECTIONS = {
    "flag": "age_flag",
    "reason": "close_reason",
    "source": "lead_source",
    "rule": "chart.rule",
    "method": "chart.rule",
    "standing": "standing",
    "part": "forecast_part",
    "step": "step",
    "handled": "handled",
    "unit": "hygiene_unit",
    "state": "assumption_status",
    "assumption": "assumption",
    "score": "report.funnel.score",
    "check": "hygiene",
}

# Measures whose bare name doesn't say that they are money, or a multiple.
_MEASURES = {
    **{name: f"{name}_amount" for name in ("p05", "p10", "p25", "p50", "p75", "p90", "p95")},
    **{name: f"{name}_amount" for name in ("target", "booked", "gap")},
    "mean": "forecast_mean_amount",
    "coverage": "coverage_times",
}


def review_ladder(*tables: pd.DataFrame | None, ladder: str = "") -> Ladder:
    """The ladder of a review: named, from a TOML file, or the one that fits the stages best.

    Raises KamkitError for an unknown name or a faulty file.
    """
    if ladder:
        return read_ladder(ladder) if ladder.endswith(".toml") else load_ladder(ladder)
    given = [table["stage"].dropna().unique() for table in tables if table is not None]
    found, _ = ladder_for(name for names in given for name in names)
    return found or load_ladder("house")


def stage_mapping(path: str) -> Mapping[str, str] | None:
    """The company's own stage names from a mapping file; None without one."""
    return read_stage_mapping(path) if path else None


def money_of(deals: pd.DataFrame, otherwise: str) -> str:
    """The currency that the deals are in, else that of the company."""
    known = list(deals["currency"].dropna()) if "currency" in deals.columns else []
    return str(known[0]) if known else otherwise


def decided(deals: pd.DataFrame) -> bool:
    """Whether any deal is known to be won or lost; those that only vanished don't tell."""
    closed = deals["status"].isin(["won", "lost"])
    if "vanished" in deals.columns:
        closed &= ~deals["vanished"].eq(True)
    return bool(closed.any())


def closing_days_known(quality: pd.DataFrame, deals: pd.DataFrame) -> bool:
    """Whether most closed deals have a closing day of their own."""
    filled = quality.loc[quality["code"] == "closed_without_day", "n"].sum()
    return bool(filled <= deals["status"].isin(["won", "lost"]).sum() / 2)


def known_levels(deals: pd.DataFrame) -> list[str]:
    """Levels of concentration that the deals tell of."""
    levels = ("opportunity_id", "account_id", "owner_id")
    return [column for column in levels if deals[column].notna().any()]


@dataclass(frozen=True)
class FunnelWords:
    """Words for the keys in a review's tables, in one language.

    ``members`` and ``accounts`` give names by id; ``deals`` is the history's table.
    """

    lang: str
    ladder: Ladder
    members: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, table: pd.DataFrame, *, code: str = "", status: str = "", **renamed: str
    ) -> pd.DataFrame:
        """A copy in words; ``renamed`` gives columns new names (old=new).

        ``code`` and ``status`` name the catalog sections of the columns so called.
        """
        worded = table.copy()
        sections = _SECTIONS | ({"code": code} if code else {})
        sections |= {"status": status} if status else {}
        for column in worded.columns:
            if column == "stage":
                cells = [self.stage(v) for v in table[column].astype(object)]
            elif column in ("owner_id", "group_owner"):
                cells = [self.members.get(str(v), plain_text(v)) if v == v and v else "–"
                         for v in table[column].astype(object)]  # fmt: skip
            elif column in sections:
                cells = [self._word(sections[str(column)], v) for v in table[column]]
            else:
                continue
            worded[column] = cells
        return worded.rename(columns=renamed)

    def figures(self, measures: pd.DataFrame, *wanted: str, counted: bool = False) -> pd.DataFrame:
        """The wanted rows of a measure table (all, unless told), known ones, named in full.

        ``counted``: only those that rest on at least one deal.
        """
        rows = measures if not wanted else measures[measures["measure"].isin(wanted)]
        rows = (
            rows[rows["value"].notna() & (rows["n"] > 0)]
            if counted
            else rows[rows["value"].notna()]
        )
        return rows.assign(measure=rows["measure"].replace(_MEASURES))

    def middle(self, total: pd.DataFrame) -> pd.DataFrame:
        """The middle of a forecast with P10 and P90 as its range, and the chance of the target.

        The rows' own ends are the error of drawing only, which is no range of what may come.
        """
        known = total.set_index("measure")["value"]
        rows = total[total["measure"].isin(["p50", "prob_ge_target"])].copy()
        ends = {"low": known.get("p10"), "high": known.get("p90")}
        for part, value in ends.items():
            rows[part] = rows[part].where(rows["measure"] != "p50", value)
            rows[part] = rows[part].where(rows["measure"] == "p50")
        rows["measure"] = rows["measure"].replace({"p50": "forecast_p50_amount"})
        return self.figures(rows)

    def stage(self, key: object) -> str:
        """A stage's name; a dash where none is known."""
        blank = key is None or key != key or key == ""
        return "–" if blank else stage_name(key, self.lang, self.ladder)

    def _word(self, section: str, key: object) -> str:
        if key is None or key != key:
            return "–"
        return label(f"{section}.{key}", self.lang, plain_text(key))

    def names(self, deals: pd.DataFrame) -> dict[str, str]:
        """Names by id of deals (with their account), accounts and members."""
        told = deals["name"] if "name" in deals.columns else deals["opportunity_id"]
        told = told.fillna(deals["opportunity_id"])
        whose = deals["account_id"].map(lambda i: self.accounts.get(i, i))
        named = {
            str(key): t("report.funnel.deal", self.lang, name=name, account=account)
            if account == account and account
            else str(name)
            for key, name, account in zip(deals["opportunity_id"], told, whose, strict=True)
        }
        return {**named, **self.accounts, **self.members}

    def short_names(self, deals: pd.DataFrame) -> dict[str, str]:
        """The same for charts, where a name is cut: a deal by its id and its account."""
        pairs = zip(deals["opportunity_id"], deals["account_id"], strict=True)
        named = {str(key): f"{key} {self.accounts.get(account, '')}" for key, account in pairs}
        return {**{key: name.strip() for key, name in named.items()}, **self.accounts,
                **self.members}  # fmt: skip

    def findings(self, found: pd.DataFrame, currency: str) -> pd.DataFrame:
        """The findings as a table: topic, money, figure, rule that fired, how sure."""
        worded = found.copy()
        rows = records(found)
        worded["finding"] = [self._part(row, "topic", currency) for row in rows]
        worded["fired"] = [self._part(row, "rule", currency) for row in rows]
        worded["sure"] = [label(f"report.funnel.sure.{row['sure']}", self.lang) for row in rows]
        return worded

    def in_words(self, found: pd.DataFrame) -> pd.DataFrame:
        """The findings with the stages and drifts of their sentences in words."""
        worded = found.copy()
        worded["values"] = found["values"].map(self._worded)
        return worded

    def _worded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        own = dict(values)
        if "stage" in own:
            own["stage"] = self.stage(own["stage"])
        if "drift" in own:
            own["drift"] = label(f"drift.{own['drift']}", self.lang, "–")
        return own

    def _part(self, row: Mapping[str, Any], part: str, currency: str) -> str:
        values = sentence_values(self._worded(row["values"]), self.lang, currency)
        return t(f"finding.{row['finding']}.{part}", self.lang, **values)

    def money(self, value: float, currency: str) -> str:
        """An amount as its reader writes it."""
        return cell_text("amount", value, {}, self.lang, currency)

    def owners(self, groups: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
        """Win rates by owner: in order of names where the test allows no ranking."""
        named = groups.assign(owner_id=[self.members.get(str(g), str(g)) for g in groups["group"]])
        named = named.rename(columns={"rate": "won_share"})
        return named if ranks(test) else named.sort_values("owner_id")

    def checks(self, checks: pd.DataFrame) -> pd.DataFrame:
        """The checks and what they found; a check that could not run shows what it lacks."""
        worded = self(checks.rename(columns={"code": "check", "deals": "deals_checked"}))
        ran = checks["checked"].astype(bool)
        return worded.assign(
            found=worded["found"].where(ran), missing=checks["missing"].map(self._column)
        )

    def levels(self, measures: pd.DataFrame) -> pd.DataFrame:
        """Concentration with its level (deal, account, owner) as a column of its own."""
        level = [label(f"variant.{key}", self.lang) for key in measures["variant"]]
        return self.figures(measures.assign(level=level))

    def trust(self, verdict: Any) -> dict[str, str]:
        """What the sentence of a verdict names, in words."""
        shares = {"coverage_share": verdict.coverage, "low_share": verdict.low}
        shares["high_share"] = verdict.high
        said = sentence_values(shares, self.lang, "")
        said |= {"n": str(verdict.n), "needed": str(verdict.needed)}
        said["rule"] = label(f"chart.rule.{verdict.rule}", self.lang, str(verdict.rule))
        said["standing"] = label(f"standing.{verdict.standing}", self.lang, "–")
        said["drift"] = label(f"drift.{verdict.direction}", self.lang, "–")
        return said

    def chances(self, deals: pd.DataFrame) -> pd.DataFrame:
        """Open deals with their chances, largest first, under short headings."""
        short = {"p_win": "win_share", "p_in_period": "period_share"}
        ordered = deals.sort_values(["amount", "opportunity_id"], ascending=[False, True])
        return self(ordered, expected_amount="expected_money", **short)

    def needed(self, stages: pd.DataFrame) -> pd.DataFrame:
        """New deals needed, under short headings."""
        short = {"p_by_date": "by_date_share", "mean_won_amount": "won_amount"}
        short |= {"needed_p50": "half_needed", "needed_p80": "most_needed"}
        return self(stages, status="needed_status", **short)

    def choice(self, orders: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
        """Orders in order of gain per hour, with their accounts."""
        own = deals[["opportunity_id", "account_id"]]
        named = orders.rename(columns={"p": "win_share", "chosen_share": "drawn_share"})
        named["chosen"] = named["chosen"].astype(bool)
        return named.merge(own, on="opportunity_id", how="left")

    def projects(self, projects: pd.DataFrame | None) -> dict[str, str]:
        """Names of projects by id, with their account."""
        if projects is None:
            return {}
        renamed = projects.rename(columns={"project_id": "opportunity_id"})
        return self.names(renamed)

    def delivery(self, status: pd.DataFrame, projects: pd.DataFrame | None) -> pd.DataFrame:
        """Progress of projects, with their names."""
        named = self.projects(projects)
        ids = [named.get(str(i), str(i)) for i in status["project_id"]]
        state = [label(f"status.{key}", self.lang) for key in status["status"]]
        return status.assign(project_id=ids, state=state)

    def gates(
        self, reviews: Iterable[Any], questions: QuestionSet, named: Mapping[str, str]
    ) -> pd.DataFrame:
        """Decisions at gates of deals and projects, in words; those that stop come first."""
        import pandas as pd

        parts = [review.decisions.rename(columns={review.by: "gate_of"}) for review in reviews]
        found: pd.DataFrame = pd.concat([p for p in parts if len(p)] or parts[:1])
        found = found.reset_index(drop=True)
        place = found["decision"].map({"stop": 0, "hold": 1}).fillna(2)
        found = found.loc[place.sort_values(kind="stable").index]
        asked = {question.id: question.label[self.lang] for question in questions.questions}
        phases = {group.id: group.label[self.lang] for group in questions.groups}
        worded: pd.DataFrame = found.assign(
            gate_of=[named.get(str(key), str(key)) for key in found["gate_of"]],
            phase=found["phase"].map(phases).fillna(found["phase"]),
            gate_open=found["missing"],
            first_open=found["first_missing"].map(asked).fillna("–"),
        )
        return worded

    def blind(self, not_assessed: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
        """Topics that could not be judged, and checks that could not run, with what they lack."""
        import pandas as pd

        topics = [label(f"finding.{c}.topic", self.lang) for c in not_assessed["finding"]]
        failed = checks[~checks["checked"].astype(bool)]
        tests = [label(f"hygiene.{c}", self.lang) for c in failed["code"]]
        rows = [*zip(topics, not_assessed["missing"].map(self._lacking), strict=True)]
        rows += zip(tests, failed["missing"].map(self._column), strict=True)
        return pd.DataFrame(rows, columns=["finding", "missing"])

    def _column(self, name: object) -> str:
        """A table or column that is missing; what stands in no table is named in words."""
        return label(f"report.funnel.lack.{name}", self.lang, plain_text(name))

    def _lacking(self, needs: str) -> str:
        """Inputs of a finding, by the section of the report that would have made them."""
        keys = dict.fromkeys(need.split(":")[0] for need in needs.split("; "))
        words = (label(f"report.funnel.input.{key}", self.lang) for key in keys)
        return t("report.semicolon", self.lang).join(words)


def ranks(test: pd.DataFrame) -> bool:
    """Whether the test of groups allows a ranking."""
    return bool((test.loc[test["measure"] == "league_table", "value"] == 1).any())


def rules_beside(measures: pd.DataFrame) -> dict[str, float]:
    """The CRM's weighted pipeline and the committed deals, for a forecast's picture."""
    known = dict(zip(measures["measure"], measures["value"], strict=True))
    told = {"weighted_pipeline": known["weighted_due"], "committed": known["committed_due"]}
    return {key: float(value) for key, value in told.items() if value == value}
