"""The planted truths, looked up in the tables alone: nothing here knows how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.tables.sample.read_ties import ties_on
from kamkit.tables.sample.signals import churn_signals
from kamkit.tables.sample.truths_people import people_truths
from kamkit.tables.sample.truths_people import truth_rows as _rows
from kamkit.tables.sample.truths_team import team_truths

Tables = Mapping[str, pd.DataFrame]
YEAR = 2025
GATES = (
    "famous_brand",
    "strategic_cooperation",
    "supply_leap",
    "global_sourcing_entry",
    "no_component_competition",
)
COLUMNS = ["truth", "subject", "holds", "figure", "value"]


def profits(tables: Tables, year: int = YEAR) -> pd.DataFrame:
    """Revenue and profit of every account in a year, by account_id.

    Profit is revenue less direct and indirect cost, that is after cost to serve.
    """
    years = tables["account_years"]
    table = years[years["year"] == year].set_index("account_id")
    profit = (table["revenue"] - table["direct_cost"] - table["indirect_cost"]).round(2)
    return pd.DataFrame({"revenue": table["revenue"], "profit": profit})


def mean_ratings(tables: Tables) -> pd.DataFrame:
    """Accounts × criteria, the mean over raters."""
    return tables["criterion_ratings"].pivot_table("score", "account_id", "criterion", "mean")


def _largest(tables: Tables) -> list[tuple[Any, ...]]:
    table = profits(tables)
    sales, profit = table["revenue"], table["profit"]
    first, best = str(sales.idxmax()), str(profit.idxmax())
    return _rows(
        "largest_not_best",
        [first, best],
        first != best,
        revenue=sales[first],
        profit=profit[first],
        profit_rank=profit.rank(ascending=False)[first],
        best_revenue=sales[best],
        best_profit=profit[best],
    )


def _losers(tables: Tables) -> list[tuple[Any, ...]]:
    table = profits(tables)
    lost = table[table["profit"] < 0].sort_values("profit")
    whale = str(lost["revenue"].idxmax())
    return _rows(
        "five_lose_money",
        lost.index,
        len(lost) == 5,
        accounts=len(lost),
        loss=-lost["profit"].sum(),
        whale_revenue=lost["revenue"][whale],
        whale_loss=-lost["profit"][whale],
        whale_rank=table["revenue"].rank(ascending=False)[whale],
    )


def _group(tables: Tables, key_cut: float) -> list[tuple[Any, ...]]:
    accounts = tables["accounts"].set_index("account_id")
    sales = profits(tables)["revenue"].reindex(accounts.index).fillna(0.0)
    head = accounts["parent_id"].fillna(pd.Series(accounts.index, index=accounts.index))
    size = pd.DataFrame({"head": head, "sales": sales}).groupby("head")["sales"]
    found = size.agg(["sum", "max", "count"])
    found = found[(found["sum"] >= key_cut) & (found["max"] < key_cut)]
    parent = found.index[0] if len(found) else ""
    parts = accounts.index[head == parent].drop(parent, errors="ignore")
    return _rows(
        "group_only_together",
        [parent, *parts],
        len(found) == 1,
        groups=len(found),
        together=found["sum"].max(),
        largest_part=found["max"].max(),
        parts=len(parts),
    )


def verdicts(tables: Tables, key_cut: float) -> pd.DataFrame:
    """Class of the rated accounts by four schemes (S037, S036, S038, S035), as written.

    Cut-offs other than the sales limit are those of the scheme files (house).
    """
    money = profits(tables)
    marks = mean_ratings(tables).reindex(money.index)
    top = money["profit"].rank(ascending=False, method="min").sub(1) / len(money)
    high = (marks["regional_share"] >= 4) & (marks["local_need"] >= 4)
    leads = (marks["industry_leadership"] >= 4) & (marks["product_dependence"] >= 3)
    table = pd.DataFrame(index=money.index)
    is_key = (money["revenue"] >= key_cut) & (marks["industry_level"] >= 3.5)
    table["elevator"] = np.where(is_key, "key", "not key")
    table["guide"] = np.select([top < 0.05, top < 0.2], ["strategic", "key"], "ordinary")
    growable = marks["potential_need"] >= 4
    table["value_tiers"] = np.select(
        [(top < 0.2) & (money["profit"] > 0), money["profit"] < 0, growable],
        ["mvc", "bz", "mgc"],
        "others",
    )
    table["account_types"] = np.select([leads, high], ["industry", "regional"], "none")
    return table[marks["industry_level"].notna()]


def _disputed(tables: Tables, key_cut: float) -> list[tuple[Any, ...]]:
    table = verdicts(tables, key_cut)
    wanted = ["key", "ordinary", "bz", "regional"]
    found = table.index[(table == wanted).all(axis=1)]
    money = profits(tables).loc[found]
    return _rows(
        "four_schemes",
        found,
        len(found) == 1,
        accounts=len(found),
        revenue=money["revenue"].sum(),
        profit=money["profit"].sum(),
    )


def _lone(tables: Tables) -> list[tuple[Any, ...]]:
    money = profits(tables)
    number = int(np.clip(len(money) // 6, 5, 10))
    top = money["profit"].nlargest(number).index
    ours = ties_on(tables)
    ours = ours[ours["strength"] >= 2]
    ours = ours[ours["account_id"].isin(top)]
    threads = ours.groupby("account_id")["to_id"].nunique().reindex(top, fill_value=0)
    found = threads.index[threads == 1]
    subject = found[0] if len(found) else ""
    contact = ours.loc[ours["account_id"] == subject, "to_id"].unique()
    return _rows(
        "one_contact",
        [subject, *contact],
        len(found) == 1,
        accounts=len(found),
        profit=money["profit"].get(subject, np.nan),
        profit_rank=money["profit"].rank(ascending=False).get(subject, np.nan),
        known=(tables["contacts"]["account_id"] == subject).sum(),
        others_least=threads.drop(found).min(),
    )


def _territory(tables: Tables) -> list[tuple[Any, ...]]:
    orders, members = tables["orders"], tables["members"]
    crew = members[members["territory_id"].notna()].set_index("member_id")
    sold = orders[orders["date"].dt.year == YEAR].groupby("member_id")["amount"].sum()
    sold = sold.reindex(crew.index).fillna(0.0)
    potential = tables["territories"].set_index("territory_id")["potential"]
    room = crew["territory_id"].map(potential)
    taken = sold / room
    targets = tables["targets"].query(
        f"scope == 'member' and period == '{YEAR}' and kpi == 'sales'"
    )
    met = sold / targets.set_index("scope_id")["value"].reindex(crew.index)
    weak = sold.idxmin()
    holds = met.idxmin() == weak and taken[weak] >= taken.median()
    return _rows(
        "poor_territory",
        weak,
        holds,
        sales=sold[weak],
        sales_mean=sold.mean(),
        attainment=met[weak],
        attainment_median=met.median(),
        potential=room[weak],
        potential_mean=room.mean(),
        penetration=taken[weak],
        penetration_median=taken.median(),
        penetration_rank=taken.rank(ascending=False)[weak],
        reps=len(crew),
    )


def rater_leniency(tables: Tables) -> pd.DataFrame:
    """Each rater's mean distance from the other raters of the same person, item and period."""
    table = tables["ratings"]
    table = table[table["source"] != "self"]
    cell = table.groupby(["ratee_id", "competency", "period"])["score"]
    others = (cell.transform("sum") - table["score"]) / (cell.transform("count") - 1)
    gap = (table["score"] - others).groupby(table["rater_id"])
    return gap.agg(["mean", "count"]).rename(columns={"mean": "leniency", "count": "scores"})


def _severe(tables: Tables) -> list[tuple[Any, ...]]:
    table = rater_leniency(tables)
    table = table[table["scores"] >= 32].sort_values("leniency")
    rater, gap = table.index[0], table["leniency"].iloc[0]
    next_ = table["leniency"].iloc[1]
    return _rows(
        "severe_rater",
        rater,
        -1.35 <= gap <= -0.7 and next_ > -0.55,
        leniency=gap,
        next_lowest=next_,
        scores=table["scores"].iloc[0],
        ratees=tables["ratings"].query("rater_id == @rater")["ratee_id"].nunique(),
    )


def _leaving(tables: Tables) -> list[tuple[Any, ...]]:
    table = churn_signals(tables)
    found = table.index[table["signals"] == 5]
    subject = found[0] if len(found) else ""
    row = table.reindex([subject]).iloc[0]
    second = table["signals"].drop(found).max()
    return _rows(
        "churn_coming",
        found,
        len(found) == 1,
        accounts=len(found),
        second_most=second,
        usual_gap=row["usual_gap"],
        silent_days=row["silent_days"],
        share_before=row["share_before"],
        share_now=row["share_now"],
        cases_before=row["cases_before"],
        cases_now=row["cases_now"],
        score_before=row["score_before"],
        score_now=row["score_now"],
    )


def _win_rates(tables: Tables) -> list[tuple[Any, ...]]:
    deals = tables["opportunities"]
    closed = deals[deals["status"] != "open"]
    won = (closed["status"] == "won").groupby(closed["owner_id"]).agg(["sum", "count"])
    share = won["sum"] / won["count"]
    pooled = won["sum"].sum() / won["count"].sum()
    spread = (won["count"] * (share - pooled) ** 2).sum() / (pooled * (1 - pooled))
    freedom = len(won) - 1
    holds = spread / freedom <= 1.2 and share.max() - share.min() >= 0.25
    return _rows(
        "same_win_rate",
        [share.idxmax(), share.idxmin()],
        holds,
        best=share.max(),
        worst=share.min(),
        pooled=pooled,
        chi_square=spread,
        freedom=freedom,
        closed=won["count"].sum(),
        least_closed=won["count"].min(),
    )


def _open_cases(tables: Tables, key_cut: float, main_cut: float) -> list[tuple[Any, ...]]:
    sales, marks = profits(tables)["revenue"], mean_ratings(tables)
    level = marks["industry_level"].reindex(sales.index)
    rated = sales.index.isin(marks.index)
    gates = (marks[list(GATES)] >= 4).sum(axis=1).reindex(sales.index)
    found = {
        "high_middle": sales.index[(sales >= key_cut) & (level < 3.5)],
        "leading_mid": sales.index[(sales < key_cut) & (sales >= main_cut) & (level >= 3.5)],
        "missing": sales.index[(sales >= main_cut) & level.isna() & rated],
        "partly": sales.index[gates.isin([3, 4])],
    }
    number = {name: len(ids) for name, ids in found.items()}
    subject = [str(i) for ids in found.values() for i in ids]
    return _rows("rule_leaves_open", subject, min(number.values()) > 0, **number)


def _odd_figures(tables: Tables) -> list[tuple[Any, ...]]:
    sales = profits(tables)["revenue"]
    zero = sales.index[sales == 0]
    back = tables["orders"].query("amount < 0")
    relation = tables["accounts"]["relation"].value_counts()
    return _rows(
        "odd_figures",
        zero,
        len(zero) == 1 and len(back) >= 3,
        zero_net=len(zero),
        credit_lines=len(back),
        credit_money=-back["amount"].sum(),
        prospects=relation.get("prospect", 0),
        former=relation.get("former", 0),
    )


def planted_truths(tables: Tables, *, key_cut: float = 2e7, main_cut: float = 5e6) -> pd.DataFrame:
    """What a careful analyst should find in a sample company.

    Tables needed: those of a sample company.
    Returns columns: truth, subject (ids joined by ``;``), holds (bool), figure, value
    (money in the company's currency, shares 0-1, counts, days). One row per figure.
    Source: house.

    >>> from kamkit.tables.sample import generate
    >>> found = planted_truths(generate("elevator", seed=7, accounts=40))
    >>> bool(found["holds"].all()), found["truth"].nunique()
    (True, 29)
    """
    rows = [
        *_largest(tables),
        *_losers(tables),
        *_group(tables, key_cut),
        *_disputed(tables, key_cut),
        *_lone(tables),
        *_territory(tables),
        *_severe(tables),
        *_leaving(tables),
        *_win_rates(tables),
        *_open_cases(tables, key_cut, main_cut),
        *_odd_figures(tables),
        *people_truths(tables),
        *team_truths(tables),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
