"""What the recipes of account value share: made-up names, sheets, figures, own accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Column, Field, Item, Place, Sheet, Text
from kamkit.exercises.recipes import parts
from kamkit.exercises.recipes.parts import CURRENCY, cell, pair

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

WAN = 10_000
YEAR = 2026

# Firms that can't exist: a thing and an animal, with a trade.
_NAMES = (
    ("纸灯笼水泵", "Paper Lantern Pumps"), ("风铃鹿食品", "Wind Chime Deer Foods"),
    ("木马电机", "Rocking Horse Motors"), ("陶罐狐仓储", "Clay Jar Fox Storage"),
    ("铜铃熊冷链", "Brass Bell Bear Cold Chain"), ("竹帆船务", "Bamboo Sail Shipping"),
    ("雨靴印刷", "Rain Boot Printing"), ("绒线鲸医械", "Woollen Whale Medical"),
    ("石磨猫饲料", "Millstone Cat Feeds"), ("琉璃鹤照明", "Glass Crane Lighting"),
    ("茶壶象家电", "Teapot Elephant Appliances"), ("蓝围巾纺织", "Blue Scarf Textiles"),
    ("算盘鹅包装", "Abacus Goose Packaging"), ("沙漏蜂制药", "Hourglass Bee Pharma"),
    ("藤椅犀建材", "Wicker Rhino Building"), ("银哨轨交", "Silver Whistle Transit"),
    ("橡皮鸭化工", "Rubber Duck Chemicals"), ("月台刺猬物流", "Platform Hedgehog Freight"),
    ("麦秆虎农机", "Straw Tiger Farm Machines"), ("折伞獭环保", "Folding Umbrella Otter Water"),
    ("棉花龟玩具", "Cotton Turtle Toys"), ("秤砣鹰冶金", "Steelyard Eagle Metals"),
)  # fmt: skip


def names(draw: Draw, n: int) -> list[Text]:
    """Names of ``n`` made-up accounts.

    >>> len(_NAMES) == len({zh for zh, _ in _NAMES})
    True
    """
    return [Text(*pair) for pair in draw.sample(_NAMES, n)]


def within_sentence(text: Text) -> dict[str, str]:
    """A label as a word inside a sentence: no capital in English.

    >>> within_sentence(Text("我们", "We"))["en"]
    'we'
    """
    return {"zh": text.zh, "en": text.en[:1].lower() + text.en[1:]}


def listed(texts: Sequence[Text]) -> dict[str, str]:
    """Several names as one word, in both languages.

    >>> listed([Text("甲", "A"), Text("乙", "B")])
    {'zh': '甲、乙', 'en': 'A, B'}
    """
    if not texts:
        return pair("没有", "none")
    return pair("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def money(value: float, *, exact: bool = False) -> dict[str, Any]:
    """An amount for a placeholder, in steps that a reader takes in unless it must be exact.

    >>> money(1234567.8)["value"], money(1234567.8, exact=True)["value"]
    (1235000.0, 1234567.8)
    """
    size = abs(float(value))
    step = 1000.0 if size >= 1e5 else 100.0 if size >= 1e4 else 1.0
    shown = round(float(value), 2) if exact else round(float(value) / step) * step
    return parts.money(shown)


def score(value: float, digits: int = 1) -> str:
    """A score or a count with decimals for a placeholder.

    >>> score(1.50), score(4.0)
    ('1.5', '4')
    """
    return f"{round(float(value), digits):g}"


def columns(*given: tuple[str, str, str, str]) -> tuple[Column, ...]:
    """Columns of a sheet: id, zh, en, kind."""
    return tuple(Column(i, Text(zh, en), kind) for i, zh, en, kind in given)


def sheet(title: Text, cols: tuple[Column, ...], rows: Sequence[Sequence[Any]]) -> Sheet:
    """A sheet in the bank's currency; missing figures are None, numpy's become plain."""
    return Sheet(title, cols, tuple(tuple(_cell(v) for v in row) for row in rows), CURRENCY)


def _cell(value: Any) -> Any:
    if isinstance(value, Text):
        return cell(value)
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else round(float(value), 6)
    return value.item() if hasattr(value, "item") else value


def items(ids: Sequence[str], texts: Sequence[Text]) -> tuple[Item, ...]:
    """Things to judge, one an account."""
    return tuple(Item(i, t) for i, t in zip(ids, texts, strict=True))


def field(name: str, zh: str, en: str, unit: str = "", **more: Any) -> Field:
    """A column to fill in."""
    return Field(name, Text(zh, en), unit=unit, **more)


def places(*given: tuple[str, str, str]) -> tuple[Place, ...]:
    """Places: id, zh, en."""
    return tuple(Place(i, Text(zh, en)) for i, zh, en in given)


def figure(value: float, half: float = 0.0) -> Accept:
    """A figure as key, with as much slack either way as rounding on paper takes.

    >>> figure(0.5, 0.25).high
    0.75
    """
    value = float(value)
    slack = max(half, abs(value) * 0.005)
    return Accept(low=value - slack, high=value + slack, best=round(value, 6))


def ticks(ids: Iterable[str]) -> dict[str, Accept]:
    """The boxes to tick."""
    return {i: Accept(any=(True,)) for i in ids}


def ticked(ids: Iterable[str], every: Iterable[str]) -> dict[str, Any]:
    """Ticked boxes as an answer; the others are said to be off, so that a miss is seen too.

    >>> ticked(["a"], "ab")
    {'a': True, 'b': False}
    """
    chosen = set(ids)
    return {i: i in chosen for i in every}


def by_id(table: pd.DataFrame, column: str) -> dict[str, Any]:
    """One column of a per-account table as a mapping from account id."""
    return dict(zip(table["account_id"], table[column].tolist(), strict=True))


def own(
    accounts: pd.DataFrame | None, needed: Sequence[str], *, least: int = 5, most: int = 8
) -> pd.DataFrame | None:
    """The largest own accounts whose ``needed`` figures are known; None where too few are."""
    if accounts is None or any(c not in accounts.columns for c in ("name", *needed)):
        return None
    known = accounts.dropna(subset=["name", *needed])
    known = known[known["revenue"] > 0].nlargest(most, "revenue").reset_index(drop=True)
    if len(known) < least:
        return None
    known = known.assign(account_id=[chr(ord("a") + i) for i in range(len(known))])
    return known.astype({c: float for c in needed})


def own_names(table: pd.DataFrame) -> list[Text]:
    """Own accounts are called the same in both languages."""
    return [Text(str(n), str(n)) for n in table["name"]]


def slips(best: list[str]) -> dict[str, dict[str, list[str]]]:
    """The right order upside down, and with its first moved to the last place but one.

    >>> slips(["a", "b", "c"])["two_moved"]
    {'order': ['b', 'a', 'c']}
    """
    moved = [*best[1:-1], best[0], best[-1]]
    return {"upside_down": {"order": best[::-1]}, "two_moved": {"order": moved}}
