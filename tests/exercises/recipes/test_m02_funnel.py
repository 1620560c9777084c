"""Funnel recipes: their quick arithmetic is that of the methods, on the data that is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m02_compare, m02_flow, m02_process, m02_rates, m02_time
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.funnel import (
    criteria_that_decide,
    cycle_time,
    deal_history,
    funnel_path,
    hygiene,
    stage_conversion,
    waterfall,
    win_rate,
    win_rate_kinds,
)
from kamkit.methods.funnel.coverage import coverage_rows
from kamkit.schemes import load_ladder

SEEDS = range(4)
LADDER = load_ladder("sample")


def zh(cell):
    return cell["zh"]


def best(variant, part):
    return variant.key[part].best


def measures(table):
    return dict(zip(table["measure"], table["value"], strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_four_win_rates_are_those_of_the_method(seed):
    variant = m02_rates.which_win_rate(Draw(seed), None)
    status = {"赢": "won", "丢": "lost", "未结": "open"}

    def day(month, of):
        return pd.Timestamp(2026, int(month.split()[0]), of) if month != "—" else pd.NaT

    rows = [
        {
            "opportunity_id": zh(name), "created_on": day(zh(made), 1),
            "closed_on": day(zh(shut), 20), "status": status[zh(state)], "amount": amount,
        }
        for name, made, shut, state, amount in variant.sheets[0].rows
    ]  # fmt: skip
    history = deal_history(pd.DataFrame(rows), ladder=LADDER, as_of="2026-06-30")
    found = measures(win_rate_kinds(history, start="2026-04-01", end="2026-06-30"))
    for part, name in (
        ("closed", "win_rate_closed"), ("value", "win_rate_value"),
        ("created", "win_rate_created"), ("cohort", "win_rate_cohort"),
    ):  # fmt: skip
        assert best(variant, f"{part}.rate") == pytest.approx(found[name], abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_path_of_a_cohort(seed):
    variant = m02_rates.open_deals(Draw(seed), None)
    events, deals = [], []
    stages = m02_rates._STAGES
    start = pd.Timestamp("2026-01-05")
    alive = [f"D{k}" for k in range(variant.sheets[0].rows[0][1])]
    for depth, (_, entered, went, lost, _) in enumerate(variant.sheets[0].rows):
        assert entered == len(alive)
        on = start + pd.Timedelta(days=7 * depth)
        events += [{"opportunity_id": d, "stage": stages[depth], "entered_on": on} for d in alive]
        gone, rest = alive[went : went + lost], alive[went + lost :]
        deals += [(d, "lost", on + pd.Timedelta(days=3)) for d in gone]
        deals += [(d, "open", pd.NaT) for d in rest]
        alive = alive[:went]
    deals += [(d, "won", start + pd.Timedelta(days=40)) for d in alive]
    table = pd.DataFrame(deals, columns=["opportunity_id", "status", "closed_on"])
    table["created_on"] = start
    history = deal_history(table, pd.DataFrame(events), ladder=stages, as_of="2026-06-30")
    found = measures(funnel_path(stage_conversion(history, view="cohort"), draws=100))
    assert best(variant, "value") == pytest.approx(found["path_conversion"], abs=1e-6)
    assert variant.traps["with_open"]["value"] == pytest.approx(found["path_with_open"])


@pytest.mark.parametrize("seed", [0, 2, 4, 5])
def test_who_can_be_named(seed):
    variant = m02_compare.league_table(Draw(seed), None)
    rows = variant.sheets[0].rows
    deals = pd.DataFrame(
        [
            (zh(rep), status)
            for rep, won, lost, *_ in rows
            for status in ["won"] * won + ["lost"] * lost
        ],
        columns=["owner_id", "status"],
    ).assign(closed_on="2026-01-15")
    deals["opportunity_id"] = [f"D{k}" for k in range(len(deals))]
    found = win_rate(deals, by="owner_id")
    test = measures(found.test)
    cluster = dict(zip(found.groups["group"], found.groups["cluster"], strict=True))
    first, last = zh(rows[0][0]), zh(rows[-1][0])
    middle = {cluster[zh(r[0])] for r in rows[1:-1]}
    shown = {
        "none": len(set(cluster.values())) == 1,
        "best": cluster[first] not in middle and cluster[last] in middle,
        "worst": cluster[last] not in middle and cluster[first] in middle,
    }
    assert [name for name, holds in shown.items() if holds] == [best(variant, "choice")]
    assert bool(test["league_table"]) == (best(variant, "choice") != "none")
    team = [(won, won + lost) for _, won, lost, *_ in rows]
    assert m02_compare.told_apart(team)[0] == pytest.approx(test["groups_p"])


@pytest.mark.parametrize("seed", SEEDS)
def test_criteria_as_the_method_judges_them(seed):
    draw = Draw(seed)
    scores = {role: m02_compare._scores(draw, role) for role in m02_compare._ROLES}
    rows, deals = [], {}
    for role, sides in scores.items():
        for status, counts in zip(("won", "lost"), sides, strict=True):
            given = np.repeat(np.arange(1, 6), counts)
            for k, score in enumerate(given):
                deals[f"{status}{k}"] = status
                rows.append((f"{status}{k}", role, float(score)))
    ratings = pd.DataFrame(rows, columns=["opportunity_id", "criterion", "score"])
    table = pd.DataFrame({"opportunity_id": list(deals), "status": list(deals.values())})
    found = criteria_that_decide(table, ratings).set_index("criterion")
    verdicts = {"decides": "tells", "same_for_all": "same", "never_discriminates": "same",
                "too_little_data": "few"}  # fmt: skip
    for role, sides in scores.items():
        quick, row = m02_compare.welch(*sides), found.loc[role]
        assert [quick["gap"], quick["low"], quick["high"]] == pytest.approx(
            [row["difference"], row["low"], row["high"]], abs=1e-9, nan_ok=True
        )
        assert verdicts[row["verdict"]] == m02_compare._PLACE[role], role


@pytest.mark.parametrize("seed", SEEDS)
def test_stays_from_exports(seed):
    funnel = m02_time._funnel(Draw(seed))
    names = {-1: None, 4: "won", 5: "lost", **dict(enumerate(m02_time.STAGES))}
    rows = [
        {"snapshot_on": on, "opportunity_id": f"D{n:02d}", "stage": names[stage]}
        for n, deal in enumerate(funnel.deals)
        for on, stage in zip(m02_time.MONTH_ENDS, deal.path, strict=True)
        if 0 <= stage < 4
    ]
    history = deal_history(None, None, pd.DataFrame(rows), ladder=LADDER, as_of="2026-06-30")
    now = history.stays[history.stays["left_on"].isna()].set_index("deal")
    ids = history.deals["opportunity_id"]
    age = {ids[deal]: days for deal, days in now["days"].items()}
    still = [f"D{n:02d}" for n, deal in enumerate(funnel.deals) if deal.stage < 4]
    assert {d: age[d] for d in still} == {
        f"D{n:02d}": deal.age for n, deal in enumerate(funnel.deals) if deal.stage < 4
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_all_deals(seed):
    variant = m02_time.length_bias(Draw(seed), None)
    today = pd.Timestamp("2026-06-30")
    rows = []
    for name, state, days in variant.sheets[0].rows:
        shut = zh(state) == "已有结果"
        created = today - pd.Timedelta(days=days)
        rows.append((zh(name), created, "won" if shut else "open", today if shut else pd.NaT))
    deals = pd.DataFrame(rows, columns=["opportunity_id", "created_on", "status", "closed_on"])
    found = measures(cycle_time(deal_history(deals, ladder=LADDER, as_of=today)).measures)
    assert best(variant, "value") == found["cycle_median"]
    assert variant.traps["closed_mean"]["value"] == pytest.approx(found["closed_mean"], abs=0.06)


@pytest.mark.parametrize("seed", SEEDS)
def test_waterfall_is_that_of_the_method(seed):
    draw = Draw(seed)
    quarter = m02_flow.until(lambda: m02_flow._quarter(draw), m02_flow._good)
    deals = {k: [v, pd.Timestamp("2026-02-01"), "open", pd.NaT] for k, v in quarter.opening.items()}
    book = [("2026-03-31", k, v) for k, v in quarter.opening.items()]
    for event in quarter.log:
        on = pd.Timestamp(2026, event.month, event.day)
        if event.what == "created":
            deals[event.deal] = [event.amount, on, "open", pd.NaT]
        deals[event.deal][0] = event.amount
        if event.what in ("won", "lost"):
            deals[event.deal][2:] = [event.what, on]
        else:
            book.append((on, event.deal, event.amount))
    table = pd.DataFrame.from_dict(
        deals, orient="index", columns=["amount", "created_on", "status", "closed_on"]
    )
    table = table.rename_axis("opportunity_id").reset_index().assign(stage="quote")
    dated = pd.DataFrame(book, columns=["snapshot_on", "opportunity_id", "amount"])
    dated["snapshot_on"], dated["stage"] = pd.to_datetime(dated["snapshot_on"]), "quote"
    history = deal_history(table, None, dated, ladder=LADDER, as_of="2026-06-30")
    found = waterfall(history, start="2026-03-31", end="2026-06-30")
    amount = dict(zip(found.steps["step"], found.steps["amount"].abs(), strict=True))
    right = m02_flow.steps(quarter)
    for step, name in (("up", "amount_up"), ("down", "amount_down")):
        right[name] = right.pop(step)
    assert {name: amount[name] for name in right} == right
    assert found.residual == (0, 0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_coverage_of_the_history(seed):
    variant = m02_flow.coverage(Draw(seed), None)
    _, opening, booked, everything = zip(*variant.sheets[0].rows, strict=True)
    assert best(variant, "value") == round(sum(opening) / sum(booked), 1)
    with_new = coverage_rows(m02_flow.Past(list(opening), list(booked), list(everything)).rows())
    assert variant.traps["with_new"]["value"] == pytest.approx(with_new[1]["value"], abs=0.001)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_findings_is_that_of_the_method(seed):
    variant = m02_process.hygiene_order(Draw(seed), None)
    today = pd.Timestamp("2026-06-30")
    by_name = {item.text.zh: item.id for item in variant.items}
    rows = []
    for name, status, amount, found, late in variant.sheets[0].rows:
        said, shut = zh(found), zh(status) == "已丢单"
        rows.append(
            {
                "opportunity_id": by_name[zh(name)], "created_on": pd.Timestamp("2025-06-01"),
                "status": "lost" if shut else "open", "closed_on": today if shut else pd.NaT,
                "amount": np.nan if amount is None else amount, "stage": "quote",
                "close_date": today - pd.Timedelta(days=late) if late else today,
                "next_step": None if "下一步" in said or "停留" in said else "call",
                "owner_id": "M1", "reason": None,
            }
        )  # fmt: skip
    history = deal_history(pd.DataFrame(rows), ladder=LADDER, as_of=today)
    order = hygiene(history, ladder=LADDER)["opportunity_id"].drop_duplicates().tolist()
    assert order == list(best(variant, "order"))


@pytest.mark.parametrize("seed", SEEDS)
def test_stages_follow_the_documents(seed):
    variant = m02_process.move_deals(Draw(seed), None)
    written = {f["zh"] for facts in pool("m02_evidence")["brief"]["doc"].values() for f in facts}
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        facts = [zh(fact) in written for fact in row[1:5]]
        expected = facts.index(False) if False in facts else 4
        assert best(variant, item.id) == LADDER.open_ids[expected]


@pytest.mark.parametrize("seed", SEEDS)
def test_grades_are_those_of_the_sentences(seed):
    variant = m02_process.exit_evidence(Draw(seed), None)
    grade = {
        said["zh"]: kind
        for kind, sentences in pool("m02_evidence")["known"].items()
        for said in sentences.values()
    }
    assert {i.id: grade[i.detail.zh] for i in variant.items} == {
        i: accept.best for i, accept in variant.key.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_stand_under_their_fields(seed):
    variant = m02_process.stage_card(Draw(seed), None)
    fields = {
        line["zh"]: name
        for stage in load_ladder("house").stages
        for name, lines in stage.card.items()
        for line in lines
    }
    assert {i.id: fields[i.text.zh] for i in variant.items} == {
        i: accept.best for i, accept in variant.key.items()
    }
    assert set(fields.values()) == {accept.best for accept in variant.key.values()}
