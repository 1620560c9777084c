"""Recipes of indirect cost: one pool, several rules, and whose loss survives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    YEAR,
    columns,
    field,
    figure,
    items,
    listed,
    money,
    names,
    places,
    sheet,
    ticked,
    ticks,
)
from kamkit.exercises.recipes.parts import one_of, pair, until

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw


def _verdict(by_revenue: float, by_hours: float) -> str:
    """Under which rule an account earns a profit.

    >>> _verdict(1.0, -1.0)
    'by_revenue'
    """
    if by_revenue >= 0:
        return "both" if by_hours >= 0 else "by_revenue"
    return "by_hours" if by_hours >= 0 else "neither"


def _three(draw: Draw) -> dict[str, Any]:
    """A large, a middling and a small account (a, b, c); the small one takes the most service."""
    total = draw.choice([2000, 2400, 3000, 4000])
    sales = np.array(draw.choice([(50, 30, 20), (60, 25, 15), (45, 35, 20), (55, 30, 15)]))
    hours = np.array(draw.choice([(20, 30, 50), (15, 25, 60), (25, 20, 55), (30, 20, 50)]))
    pool = total * draw.choice([0.10, 0.12, 0.15])
    margin = np.array([draw.integer(3, 22), draw.integer(17, 28), draw.integer(16, 40)])
    revenue = total * sales / 100
    contribution = np.round(revenue * margin / 100)
    nets = {
        "revenue": contribution - pool * sales / 100,
        "hours": contribution - pool * hours / 100,
        "equal": contribution - pool / 3,
        "none": contribution,
        "whole": contribution - pool,
    }
    return {"pool": pool, "revenue": revenue, "contribution": contribution,
            "hours": hours * draw.choice([10, 20, 40]), "nets": nets}  # fmt: skip


def _three_good(drawn: dict[str, Any]) -> bool:
    by_revenue, by_hours = drawn["nets"]["revenue"], drawn["nets"]["hours"]
    clear = min(np.abs(by_revenue).min(), np.abs(by_hours).min()) >= 4
    turns = (by_revenue >= 0) != (by_hours >= 0)
    apart = all(
        np.abs(drawn["nets"][a] - drawn["nets"][b]).min() >= 4
        for a, b in (("revenue", "hours"), ("equal", "revenue"), ("equal", "hours"))
    )
    return bool(clear and turns.any() and not turns.all() and apart)


def allocate_two_rules(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Three accounts, one pool, two rules: net income by each, and who turns negative.

    Source: S077, S078; Horngren, Cooper & Kaplan 1991 (rules revenue and drivers of
    :func:`kamkit.methods.portfolio.allocate_indirect`; a test holds both equal).
    """
    drawn = until(lambda: _three(draw), _three_good, 60)
    ids = ["a", "b", "c"]
    called = names(draw, 3)
    years = pd.DataFrame({"account_id": ids, "year": YEAR, "revenue": drawn["revenue"] * WAN})
    years["direct_cost"] = years["revenue"] - drawn["contribution"] * WAN
    nets = {r: dict(zip(ids, drawn["nets"][r] * WAN, strict=True)) for r in ("revenue", "hours")}
    verdicts = {i: _verdict(nets["revenue"][i], nets["hours"][i]) for i in ids}
    key = {}
    for i in ids:
        key[f"{i}.by_revenue"] = figure(nets["revenue"][i], WAN / 2)
        key[f"{i}.by_hours"] = figure(nets["hours"][i], WAN / 2)
        key[f"{i}.verdict"] = one_of(verdicts[i])
    order = draw.shuffled(range(3))
    rows = [(called[k], years["revenue"][k], years["direct_cost"][k], drawn["hours"][k])
            for k in order]  # fmt: skip
    turned = [called[k] for k in order if verdicts[ids[k]] in ("by_revenue", "by_hours")]
    cols = columns(("name", "客户", "Account", "text"), ("revenue", "销售额", "Revenue", "money"),
                   ("direct", "直接成本", "Direct cost", "money"),
                   ("hours", "服务工时", "Service hours", "number"))  # fmt: skip
    return Variant(
        key=key,
        words={"pool": money(drawn["pool"] * WAN), "turned": listed(turned),
               "n_turned": len(turned), "hours": int(drawn["hours"].sum()),
               "sales": money(drawn["revenue"].sum() * WAN),
               **_net_words(ids, called, nets, order)},
        items=items([ids[k] for k in order], [called[k] for k in order]),
        fields=_two_rule_fields(),
        sheets=(sheet(Text("今年三家客户", "Three accounts this year"), cols, rows),),
        traps=_three_traps(ids, drawn),
    )  # fmt: skip


def _two_rule_fields() -> tuple[Any, ...]:
    options = places(
        ("both", "两种摊法都赚", "Profit under both"),
        ("by_revenue", "只有按销售额摊才赚", "Profit by revenue only"),
        ("by_hours", "只有按工时摊才赚", "Profit by hours only"),
        ("neither", "两种摊法都亏", "Loss under both"),
    )
    return (
        field("by_revenue", "净利（按销售额摊）", "Net income, shared by revenue", "money"),
        field("by_hours", "净利（按工时摊）", "Net income, shared by hours", "money"),
        field("verdict", "盈亏判断", "Verdict", type="choice", options=options),
    )


def _net_words(
    ids: list[str], called: list[Text], nets: dict[Any, dict[str, Any]], order: list[int]
) -> dict[str, Any]:
    """Names and figures of the accounts in the order shown, for the solution."""
    words: dict[str, Any] = {}
    for place, k in enumerate(order, 1):
        words[f"name{place}"] = pair(called[k].zh, called[k].en)
        words[f"revenue{place}"] = money(nets["revenue"][ids[k]])
        words[f"hours{place}"] = money(nets["hours"][ids[k]])
    return words


def _three_traps(ids: list[str], drawn: dict[str, Any]) -> dict[str, dict[str, Any]]:
    nets = {
        rule: dict(zip(ids, values * WAN, strict=True)) for rule, values in drawn["nets"].items()
    }

    def answer(first: str, second: str, sign: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for i in ids:
            pairs = (nets[first][i], nets[second][i])
            found[f"{i}.by_revenue"], found[f"{i}.by_hours"] = (
                float(round(v if sign else abs(v), 2)) for v in pairs
            )
            found[f"{i}.verdict"] = _verdict(*pairs)
        return found

    return {
        "swapped": answer("hours", "revenue"),
        "equal": answer("equal", "equal"),
        "not_shared": answer("none", "none"),
        "whole_pool": answer("whole", "whole"),
        "sign_lost": answer("revenue", "hours", sign=False),
    }


def _six(draw: Draw) -> dict[str, Any]:
    """Six accounts and three rules: one or two lose under each, two or three under some."""
    pool = draw.choice([500, 600, 800, 1000])
    shares = np.array([draw.shuffled([28, 22, 18, 14, 10, 8]) for _ in range(3)])
    cost = pool * shares / 100
    ranked = np.sort(cost, axis=0)
    kinds = draw.choice([(3, 2, 1, 1, 0, 0), (3, 2, 2, 1, 0, 0), (3, 3, 2, 1, 0, 0),
                         (3, 2, 1, 1, 1, 0), (3, 3, 2, 1, 1, 0), (3, 3, 1, 1, 1, 0)])  # fmt: skip
    contribution = np.empty(6)
    # Losing under so many rules means: more than the cheaper rules charge, less than the others.
    for k, losses in enumerate(kinds):
        part = draw.integer(30, 70) / 100
        low = ranked[2 - losses, k] if losses < 3 else 0.0
        high = ranked[3 - losses, k] if losses else 1.6 * low
        contribution[k] = round(low + (high - low) * part)
    return {"pool": pool, "cost": cost, "shares": shares, "kinds": kinds,
            "contribution": contribution, "net": contribution - cost}  # fmt: skip


def _six_good(drawn: dict[str, Any]) -> bool:
    net, kinds = drawn["net"], np.array(drawn["kinds"])
    as_meant = bool(((net < 0).sum(axis=0) == kinds).all()) and bool(np.abs(net).min() >= 3)
    under = {frozenset(np.flatnonzero(row < 0)) for row in net}
    return as_meant and len(under) == 3 and frozenset(np.flatnonzero(kinds == 3)) not in under


def sharpen(drawn: dict[str, Any]) -> dict[str, Any]:
    """The same signs, with small losses that stand and deep ones that turn with the rule.

    Otherwise whoever looks for the deepest loss would be right by luck.
    """
    kinds, net = np.array(drawn["kinds"]), drawn["net"]
    near = np.minimum(np.abs(net).min(axis=0), 4.0 + np.arange(6))
    least = np.where(net > 0, net, np.inf).min(axis=0)  # smallest profit
    moved = np.where(kinds == 3, -near - net.max(axis=0), 0.0)
    moved = np.where((kinds > 0) & (kinds < 3), np.minimum(near - least, 0.0), moved)
    return {**drawn, "contribution": drawn["contribution"] + moved, "net": net + moved}


def _deceptive(drawn: dict[str, Any]) -> bool:
    """The deepest loss and the largest sum of losses belong to accounts that turn."""
    net, turns = drawn["net"], np.array(drawn["kinds"]) < 3
    return bool(turns[net.min(axis=0).argmin()] and turns[net.sum(axis=0).argmin()])


def losses_that_stand(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six accounts under three rules: whose loss would survive an argument about the rule.

    Source: S077; Horngren, Cooper & Kaplan 1991 (rules recorded, orders and drivers of
    allocate_indirect; a test holds both equal).
    """
    six = until(lambda: _six(draw), lambda d: _six_good(d) and _deceptive(sharpen(d)), 500)
    drawn = sharpen(six)
    ids = list("abcdef")
    called = names(draw, 6)
    rules = ("recorded", "orders", "drivers")
    nets = {rule: dict(zip(ids, net * WAN, strict=True))
            for rule, net in zip(rules, drawn["net"], strict=True)}  # fmt: skip
    lost = {rule: [i for i in ids if nets[rule][i] < 0] for rule in nets}
    always = [i for i in ids if all(i in lost[rule] for rule in lost)]
    ever = [i for i in ids if any(i in lost[rule] for rule in lost)]
    order = draw.shuffled(range(6))
    rows = [(called[k], *(nets[r][ids[k]] for r in nets)) for k in order]
    cols = columns(("name", "客户", "Account", "text"),
                   ("booked", "按财务现行摊法", "Finance's present rule", "money"),
                   ("orders", "按订单数", "By orders", "money"),
                   ("hours", "按服务工时", "By service hours", "money"))  # fmt: skip
    title = Text("净利：同一个成本池，三种摊法", "Net income: one pool, three rules")
    traps = {"any_rule": ever, "booked_only": lost["recorded"], "orders_only": lost["orders"],
             "hours_only": lost["drivers"], "deepest": [_deepest(nets)],
             "turning": [i for i in ever if i not in always]}  # fmt: skip
    return Variant(
        key=ticks(always),
        words={"pool": money(drawn["pool"] * WAN), "always": listed(_called(always, called)),
               "depends": listed(_called([i for i in ever if i not in always], called)),
               "n_always": len(always), "n_ever": len(ever), "n_booked": len(lost["recorded"])},
        places=places(*((ids[k], called[k].zh, called[k].en) for k in order)),
        sheets=(sheet(title, cols, rows),),
        traps={w: ticked(chosen, ids) for w, chosen in traps.items()}
        | {"never": dict.fromkeys([i for i in ids if i not in ever], True)},
    )  # fmt: skip


def _deepest(nets: dict[str, dict[str, float]]) -> str:
    """The account with the largest single loss."""
    return min(nets["recorded"], key=lambda i: min(net[i] for net in nets.values()))


def _called(ids: list[str], called: list[Text]) -> list[Text]:
    return [called["abcdefgh".index(i)] for i in ids]
