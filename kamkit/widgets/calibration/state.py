"""What a calibration session shows: people with what is sure, and what the changes do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kamkit.i18n import interval, label, number, percent, plain_text, records, t
from kamkit.schemes.appraisal_policy import appraisal_parts
from kamkit.widgets.calibration.journal import Change, changes_table, undoable

if TYPE_CHECKING:
    import pandas as pd

_NEAR = 20.0  # points to another grade that are worth a word
FEWEST = 3  # a manager of fewer people is shown without a mean (house)


def signed(value: float, lang: str) -> str:
    """A difference with its sign.

    >>> signed(-1.25, "en"), signed(0.01, "en")
    ('−1.2', '0.0')
    """
    words = number(abs(value), lang, 1)
    return words if abs(value) < 0.05 else ("+" if value > 0 else "−") + words


def arrow(before: str, after: str) -> str:
    """Before and after, or the one that both are."""
    return before if before == after else f"{before} → {after}"


def part_word(part: str, lang: str) -> str:
    """A part of the appraisal in words; one that the kit doesn't know keeps its id.

    >>> part_word("competence", "en"), part_word("x", "en")
    ('Competence', 'x')
    """
    return next((p.label[lang] for p in appraisal_parts().parts if p.id == part), part)


def grade_word(grade: str, lang: str) -> str:
    """A grade in words; one of the company's own keeps its id.

    >>> grade_word("good", "en"), grade_word("A", "en")
    ('Good', 'A')
    """
    return next((g.label[lang] for g in appraisal_parts().grades if g.id == grade), grade)


def grade_arrow(before: str, after: str, lang: str) -> str:
    """Grade before and after in words."""
    return arrow(grade_word(before, lang), grade_word(after, lang))


def chance_words(chances: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """Grades with the probability of each that is not next to nothing."""
    return [
        f"{grade_word(c['grade'], lang)} {percent(c['probability'], lang, 0)}"
        for c in chances
        if _known(c["probability"]) and c["probability"] >= 0.005
    ]


def people_data(
    first: Any, effect: Any, changes: Sequence[Change], names: Mapping[str, str], lang: str
) -> list[dict[str, Any]]:
    """One entry a person, the highest total first: total, interval, grades, parts."""
    now = effect.combined
    chances = _by_person(now.probabilities)
    parts = _by_person(now.parts.merge(now.changes, on=["member_id", "part"], how="left"))
    was = {str(r["member_id"]): r for r in records(first.members)}
    found = []
    for row in records(now.members.sort_values("total", ascending=False, kind="stable")):
        who = str(row["member_id"])
        before = was[who]
        found.append(
            {
                "id": who,
                "name": plain_text(names.get(who, who)),
                "total": row["total"],
                "low": row["low"],
                "high": row["high"],
                "said": number(row["total"], lang, 1),
                "range": interval(row["low"], row["high"], lang, 1),
                "settled": bool(row["settled"]),
                "chances": [
                    [c["grade"], c["probability"], percent(c["probability"], lang, 0)]
                    for c in chances.get(who, [])
                ],
                "spoken": label("chart.source.comma", lang).join(
                    chance_words(chances.get(who, []), lang)
                ),
                "was": before["total"],
                "moved": grade_arrow(before["grade"], row["grade"], lang),
                "changes": sum(c.member_id == who for c in changes),
                "parts": [_part(p, lang) for p in parts.get(who, [])],
            }
        )
    return found


def _by_person(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in records(table):
        found.setdefault(str(row["member_id"]), []).append(row)
    return found


def _part(row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    up, down = row.get("up"), row.get("down")
    hints = []
    if _known(up) and float(up or 0) <= _NEAR and row.get("possible"):
        hints.append(t("calibration.needs", lang, points=signed(float(up or 0), lang)))
    if _known(down) and float(down or 0) <= _NEAR:
        hints.append(t("calibration.may_lose", lang, points=number(down, lang, 1)))
    return {
        "id": row["part"],
        "label": part_word(row["part"], lang),
        "value": round(float(row["value"]), 1),
        "said": number(row["value"], lang, 1),
        "weight": percent(row["weight"], lang, 0),
        "hint": label("chart.source.comma", lang).join(hints),
    }


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def effect_data(
    effect: Any, names: Mapping[str, str], letters: Mapping[str, str], lang: str
) -> dict[str, Any]:
    """Before and after: who moved, grades, managers, fairness screen, leniency."""
    return {
        "moves": _moves(effect.members, names, lang),
        "grades": _grades(effect, lang),
        "managers": _managers(effect.managers, letters, lang),
        "fairness": _fairness(effect.fairness, lang),
        "raters": _raters(effect.raters, letters, lang),
    }


def _table(heads: Sequence[str], rows: list[list[str]], lang: str) -> dict[str, Any]:
    return {"heads": [t(f"calibration.head_{h}", lang) for h in heads], "rows": rows}


def _moves(members: pd.DataFrame, names: Mapping[str, str], lang: str) -> list[dict[str, str]]:
    found = []
    for row in records(members[members["moved"] != 0]):
        who = str(row["member_id"])
        found.append(
            {
                "name": plain_text(names.get(who, who)),
                "grade": grade_arrow(row["grade_before"], row["grade_after"], lang),
                "total": arrow(
                    number(row["total_before"], lang, 1), number(row["total_after"], lang, 1)
                ),
                "way": "up" if row["moved"] > 0 else "down",
            }
        )
    return found


def _grades(effect: Any, lang: str) -> dict[str, Any]:
    rows = []
    for grade, cut in effect.combined.grades:
        counts = [(effect.members[f"grade_{w}"] == grade).sum() for w in ("before", "after")]
        floor = number(cut, lang) if math.isfinite(cut) else t("calibration.below", lang)
        rows.append([grade_word(str(grade), lang), floor, *(number(int(c), lang) for c in counts)])
    return _table(["grade", "from", "before", "after"], rows, lang)


def _managers(table: pd.DataFrame, letters: Mapping[str, str], lang: str) -> dict[str, Any]:
    rows = []
    for row in records(table):
        letter = letters.get(str(row["manager_id"]), "?")
        if row["n"] < FEWEST:
            hidden = t("calibration.too_few", lang)
            rows.append([letter, number(row["n"], lang), hidden, hidden, ""])
            continue
        means = [number(row[f"mean_{w}"], lang, 1) for w in ("before", "after")]
        change = signed(row["mean_after"] - row["mean_before"], lang)
        rows.append([letter, number(row["n"], lang), *means, change])
    heads = ["manager", "people", "mean_before", "mean_after", "change"]
    return _table(heads, sorted(rows), lang)


def _fairness(table: pd.DataFrame, lang: str) -> dict[str, Any]:
    if table.empty:
        return _table([], [], lang)
    sides = {
        when: {str(r["group"]): r for r in records(rows)} for when, rows in table.groupby("when")
    }
    rows = []
    for group, after in sides["after"].items():
        both = [sides["before"].get(group, after), after]
        share = [_share(r, lang) for r in both]
        ratio = [_ratio(r, lang) for r in both]
        rows.append([plain_text(label(f"group.{group}", lang, group)), *share, *ratio])
    heads = ["group", "top_before", "top_after", "ratio_before", "ratio_after"]
    return _table(heads, rows, lang)


def _share(row: Mapping[str, Any], lang: str) -> str:
    """How many got the top grade; groups too small to judge aren't shown apart."""
    if row["note"] == "too_few":
        return t("calibration.few", lang)
    counts = f"{number(row['selected'], lang)}/{number(row['total'], lang)}"
    return f"{counts} ({percent(row['rate'], lang, 0)})"


def _ratio(row: Mapping[str, Any], lang: str) -> str:
    if row["note"] == "too_few":
        return ""
    ratio: Any = row["ratio"]
    known = ratio is not None and ratio == ratio
    words = number(float(ratio) if known else None, lang, 2)
    return f"{words}  {t('calibration.flagged', lang)}" if row["flagged"] else words


def _raters(table: pd.DataFrame, letters: Mapping[str, str], lang: str) -> dict[str, Any]:
    rows = [
        [letters[str(r["rater_id"])],
         *(signed(r[f"leniency_{w}"], lang) for w in ("before", "after"))]
        for r in records(table)
        if str(r["rater_id"]) in letters and _known(r["leniency_before"])
    ]  # fmt: skip
    return _table(["manager", "leniency_before", "leniency_after"], sorted(rows), lang)


def change_rows(
    changes: Sequence[Change], names: Mapping[str, str], deciders: Mapping[str, str], lang: str
) -> list[dict[str, Any]]:
    """The list of changes, the latest first; ``undo`` where one may be taken back."""
    free = undoable(list(changes))
    found = []
    for place, change in enumerate(changes, start=1):
        found.append(
            {
                "id": change.change_id,
                "number": place,
                "day": change.changed_on.isoformat(),
                "name": plain_text(names.get(change.member_id, change.member_id)),
                "part": part_word(change.part, lang),
                "change": arrow(number(change.before, lang, 1), number(change.after, lang, 1)),
                "reason": change.reason,
                "by": plain_text(deciders.get(change.changed_by, change.changed_by)),
                "undo": change.change_id in free,
                "back": bool(change.undoes),
            }
        )
    return found[::-1]


def csv_text(changes: Sequence[Change]) -> str:
    """The changes as the file calibration_changes.csv holds them."""
    rows = changes_table(list(changes))
    return str(rows.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d"))


def score_scale(members: pd.DataFrame) -> list[float]:
    """Ends of the drawn scale: all intervals, with some room.

    >>> import pandas as pd
    >>> score_scale(pd.DataFrame({"total": [90.0], "low": [84.0], "high": [float("nan")]}))
    [80.0, 95.0]
    """
    ends = [float(v) for c in ("total", "low", "high") for v in members[c] if _known(v)]
    if not ends:
        return [0.0, 100.0]
    low, high = 5 * math.floor(min(ends) / 5), 5 * math.ceil(max(ends) / 5)
    low -= 5 if min(ends) - low < 1 or low == high else 0
    return [float(max(0, low)), float(high + (5 if high - max(ends) < 1 else 0))]
