"""Recipe of a win-back case to be written: what is known of one account that left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, money, names, sheet
from kamkit.exercises.recipes.m10_signs import chance_of, worth_of
from kamkit.exercises.recipes.parts import cell, pair, share, until
from kamkit.exercises.recipes.wordings import pool

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw


def win_back_case(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One account that left, with its figures, to write a win-back case on.

    Source: S130 (reason, offer, result); chance and worth as in ``m10_signs.win_back``.
    """
    told = draw.choice(pool("m10_cases")["stories"])
    reason, story, offer = (Text(**told[part]) for part in ("reason", "story", "offer"))

    def facts() -> tuple[float, int, int, float, float]:
        tried = draw.integer(8, 16)
        value = float(draw.integer(40, 120) * WAN)
        cost = round(value * draw.integer(6, 16) / 100 / WAN) * float(WAN)
        judged = draw.integer(6, 12) * 5 / 100
        return judged, round(tried * draw.integer(18, 45) / 100), tried, value, cost

    case = until(facts, lambda c: worth_of(c) > 2.0 * WAN)
    judged, back, tried, value, cost = case
    cols = columns(("what", "已知", "Known", "text"), ("money", "金额", "Amount", "money"),
                   ("text", "说明", "Details", "text"))  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (Text("流失原因（客户自己说的）", "Reason, as the customer put it"), None, reason),
        (Text("经过", "What happened"), None, story),
        (Text("回来后的年毛利", "Yearly margin if back"), value, None),
        (Text("可用方案的费用", "Cost of the offer at hand"), cost, offer),
        (Text("销售估的机会", "Rep's chance of return"), None, f"{judged:.0%}"),
        (Text("同因旧案", "Cases with that reason"), None,
         Text(f"{tried} 件，回来 {back} 件", f"{tried}, of which {back} came back")),
    ]  # fmt: skip
    return Variant(
        key={},
        words={
            "name": cell(names(draw, 1)[0]), "reason": pair(reason.zh, reason.en.lower()),
            "offer": cell(offer), "value": money(value), "cost": money(cost),
            "judged": share(judged), "p": share(chance_of(case)), "worth": money(worth_of(case)),
            "line": share(cost / value), "back": back, "tried": tried,
        },
        sheets=(sheet(Text("案卷", "The file"), cols, rows),),
    )  # fmt: skip
