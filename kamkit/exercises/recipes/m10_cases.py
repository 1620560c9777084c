"""Recipe of a win-back case to be written: what is known of one account that left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, money, names, sheet
from kamkit.exercises.recipes.m10_signs import chance_of, worth_of
from kamkit.exercises.recipes.parts import cell, pair, share, until

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

# Why it left, what happened, and an offer that answers it.
_STORIES = (
    (Text("交期屡次延误", "Late deliveries"),
     Text("去年 9 月起三批货各晚了两周，客户停过一次线，10 月起订单给了别家。",
          "Three deliveries were two weeks late each from September; their line stood still once, "
          "and orders went elsewhere from October."),
     Text("预留产能，交期写进合同", "reserved capacity, delivery times in the contract")),
    (Text("联系人离职", "Contact left"),
     Text("管我们的采购经理去年调走，接任者没见过我们的人，用了他熟悉的供应商。",
          "The purchasing manager we knew moved on; the successor never met us and took a supplier "
          "of his own."),
     Text("技术同事带试用件拜访接任者和生产总监",
          "an engineer visits the successor and operations with a trial part")),
    (Text("服务响应慢", "Slow service"),
     Text("两次设备故障都等了六天才有人到场，质量主管提过三次没有下文。",
          "Two faults waited six days for somebody to come; the quality lead asked three times "
          "without an answer."),
     Text("专属工程师，四小时内回复", "an engineer of their own, an answer within four hours")),
)  # fmt: skip


def win_back_case(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One account that left, with its figures, to write a win-back case on.

    Source: S130 (reason, offer, result); chance and worth as in ``m10_signs.win_back``.
    """
    reason, story, offer = draw.choice(_STORIES)

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
