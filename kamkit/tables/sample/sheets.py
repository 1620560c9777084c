"""Data sheets: what a sample is, for everybody, and what is planted in it, for trainers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pandas as pd

from kamkit.schemes.surveys import read_survey
from kamkit.tables.sample.truths import planted_truths
from kamkit.tables.sample.words import LANGUAGES
from kamkit.tables.sample.world import AS_OF, read_data

SURVEYS = {"relationship_quality": "customer", "quick": "customer", "dealer_loyalty": "us"}


class Figure(float):
    """A number that templates write as money (m), percent (p), whole (n), year (d), decimal (f)."""

    lang: str

    def __new__(cls, value: float, lang: str) -> Figure:
        self = super().__new__(cls, value)
        self.lang = lang
        return self

    def __format__(self, code: str) -> str:
        value = float(self)
        if code == "m" and self.lang == "zh":
            return f"{value / 1e4:,.1f} 万元"
        if code == "m":
            return f"CNY {value / 1e6:,.2f} million"
        if code == "p":
            return f"{value * 100:.1f}%"
        if code == "d":
            return f"{value:.0f}"
        return f"{value:,.0f}" if code == "n" else f"{value:.2f}"


def _template(name: str, lang: str) -> str:
    path = files("kamkit.tables.sample").joinpath(f"{name}.{lang}.txt")
    return path.read_text(encoding="utf-8")


def _pair_rows(pairs: Mapping[str, Any], lang: str, extra: Mapping[str, str]) -> str:
    place = LANGUAGES.index(lang)
    return "\n".join(f"| `{k}` | {extra.get(k, '')}{v[place]} |" for k, v in pairs.items())


def _item_rows(lang: str) -> str:
    """What each coded item asks, as its instrument words it: customers' side, dealers by us."""
    reverse = {"zh": "，反向", "en": ", reverse"}[lang]
    marks = {"zh": "（{}）", "en": " ({})"}[lang]
    rows = []
    for survey_id, side in SURVEYS.items():
        for item in read_survey(survey_id).asked(side):
            mark = f"{item.low:g}–{item.high:g}{reverse if item.reverse else ''}"
            rows.append(f"| `{item.id}` | {item.words[side][lang]}{marks.format(mark)} |")
    return "\n".join(rows)


def data_sheet(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any], lang: str) -> str:
    """The sheet for everybody; ``settings`` holds company, seed and accounts."""
    own, about = read_data(settings["company"])["company"], read_data("about")
    rows = {name: f"{len(table):,} | " for name, table in tables.items()}
    head = {"zh": ("表", "行数", "内容", "代码"), "en": ("table", "rows", "content", "code")}[lang]
    listed = {name: about["tables"][name] for name in tables}
    return _template("datasheet", lang).format(
        name=own[f"name_{lang}"],
        orders=f"{len(tables['orders']):,}",
        currency="CNY",
        as_of=AS_OF,
        overhead=f"{own['overhead'] * 100:.0f}%",
        tables=f"| {' | '.join(head[:3])} |\n|---|---:|---|\n" + _pair_rows(listed, lang, rows),
        items=f"| {head[3]} | {head[2]} |\n|---|---|\n" + _item_rows(lang),
        **settings,
    )


def _named(subject: str, tables: Mapping[str, pd.DataFrame], lang: str) -> str:
    """Ids with the names behind them, in one language."""
    names: dict[str, str] = {}
    for table, key in (
        ("accounts", "account_id"),
        ("members", "member_id"),
        ("contacts", "contact_id"),
        ("dealers", "dealer_id"),
    ):
        frame = tables[table]
        names |= dict(zip(frame[key], frame[f"name_{lang}"], strict=True))
    return "<br>".join(f"{i} {names.get(i, '')}".strip() for i in subject.split(";") if i)


def trainer_sheet(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any], lang: str
) -> str:
    """The sheet for trainers; every figure is looked up in the tables."""
    own = read_data(settings["company"])["company"]
    found = planted_truths(tables, key_cut=own["key_cut"], main_cut=own["main_cut"])
    values: dict[str, Any] = {
        f"{row.truth}__{row.figure}": Figure(float(str(row.value)), lang)
        for row in found.itertuples()
    }
    for row in found.drop_duplicates("truth").itertuples():
        values[f"{row.truth}__subject"] = _named(str(row.subject), tables, lang)
    chance = Figure(own["win_rate"], lang)
    return _template("trainer", lang).format(name=own[f"name_{lang}"], win_rate=chance, **values)
