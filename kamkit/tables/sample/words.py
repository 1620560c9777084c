"""Words in the data: codes while the tables are made, Chinese or English in the files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from kamkit.tables.sample.world import read_data

LANGUAGES = ("zh", "en")
_COLUMNS = {
    "accounts": ["industry", "region", "city", "country"],
    "orders": ["product_line"],
    "category_spend": ["product_line"],
    "cost_drivers": ["unit"],
    "investments": ["item"],
    "contacts": ["title", "motivation", "deepen", "needs"],
    "opportunities": ["name", "product_line", "competitor", "next_step"],
    "interactions": ["topic"],
    "competitor_ratings": ["supplier"],
    "scheme_assignments": ["reason"],
    "ties": ["from_id"],
    "risks": ["name"],
    "actions": ["what"],
    "projects": ["name"],
    "milestones": ["milestone"],
    "dealers": ["region", "purpose"],
    "stage_views": ["reason"],
    "decision_profiles": ["criteria"],
    "entry_steps": ["message", "goal"],
    "feedback": ["topic", "action"],
    "service_uptake": ["service"],
    "account_losses": ["reason", "rival"],
    "winback_cases": ["reason", "offer"],
    "members": ["grade", "knowledge", "skills"],
    "ratings": ["evidence"],
    "duty_ratings": ["evidence"],
    "calibration_changes": ["reason"],
    "development_actions": ["what", "evidence"],
}
_NAMED = ("accounts", "contacts", "members", "territories", "dealers")


@cache
def sample_words(company: str, lang: str) -> Mapping[str, str]:
    """What each code of a sample company is called in one language.

    >>> sample_words("elevator", "en")["door_operator"]
    'Door operators'
    """
    own, common, place = read_data(company), read_data("common"), LANGUAGES.index(lang)
    words = {code: pair[place] for code, pair in common["words"].items()}
    words |= {code: pair[place] for code, pair in common["regions"].items()}
    for region, cities in common["cities"].items():
        words |= {f"{region}_{k}": pair[place] for k, pair in enumerate(cities)}
    for part in ("industries", "lines", "rivals"):
        words |= {code: entry[place] for code, entry in own[part].items()}
    words |= {f"project.{k}": v[place] for k, v in own["project_kinds"].items()}
    words |= {f"unit.{k}": v[1 + place] for k, v in own["drivers"].items()}
    joint = ("", ", ")[place]
    for line in own["lines"]:
        for kind in ("annual_supply", "new_model", "replacement"):
            words[f"{line}|{kind}"] = words[line] + joint + words[kind]
    return words


def _say(values: pd.Series, words: Mapping[str, str]) -> pd.Series:
    known = {
        v: ";".join(words.get(p, p) for p in str(v).split(";")) for v in values.dropna().unique()
    }
    return values.map(known)


def put_words(
    tables: Mapping[str, pd.DataFrame], words: Mapping[str, str], lang: str
) -> dict[str, pd.DataFrame]:
    """Tables with every known code replaced by its word; names in the same language."""
    spoken = {}
    for name, table in tables.items():
        columns = [c for c in _COLUMNS.get(name, []) if c in table.columns]
        changed = {c: _say(table[c], words) for c in columns}
        if name in _NAMED:
            changed["name"] = table[f"name_{lang}"]
        spoken[name] = table.assign(**changed)
    return spoken


def translate(
    tables: Mapping[str, pd.DataFrame], company: str, *, lang: str
) -> dict[str, pd.DataFrame]:
    """Tables of a sample company in the other language; ids and figures stay as they are.

    Columns needed: those of the canonical tables. Returns the same tables with the words
    (industry, product line, names …) in ``lang``. Words that are not from the sample stay.

    >>> orders = pd.DataFrame({"product_line": ["导轨"]})
    >>> translate({"orders": orders}, "elevator", lang="en")["orders"]["product_line"].tolist()
    ['Guide rails']
    """
    here = sample_words(company, lang)
    there: dict[str, str] = {}
    for other in LANGUAGES:
        there |= {word: here[code] for code, word in sample_words(company, other).items()}
    return put_words(tables, there, lang)
