"""Contact recipes: their quick arithmetic is that of the methods, on the data that is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m06_entry, m06_matrix, m06_people, m06_ties, m06_touch
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.contacts import (
    cadence,
    contact_matrix,
    contact_network,
    coverage,
    cut_people,
    entry_plan,
    if_leaves,
    next_meetings,
    phase_coverage,
    sponsor_pairs,
    wheel,
)
from kamkit.schemes.contacts import contact_scheme

SEEDS = range(4)
DAY = "2026-06-30"


def zh(cell):
    return cell["zh"]


def best(variant, part):
    return variant.key[part].best


def network(people, ties, inside=(), **more):
    """A network of one account: people as rows by contact_id, ties as (ours, contact, strength)."""
    rows = pd.DataFrame(people).assign(account_id="A")
    links = [("A", m, c, "us", s) for m, c, s in ties if s]
    links += [("A", a, b, "customer", s) for a, b, s in inside]
    links += [("A", "rival", c, "competitor", s) for c, s in more.pop("rivals", ()) if s]
    columns = ["account_id", "from_id", "to_id", "from_side", "strength"]
    return contact_network(
        rows, rows, pd.DataFrame(links, columns=columns), account_id="A", as_of=DAY, **more
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_matrix_finds_the_bare_phase_and_the_blocker(seed):
    variant = m06_matrix.contact_matrix(Draw(seed), None)
    ids = [i.id for i in variant.items if i.id != "all"]
    shown = variant.sheets[0].rows
    people = {
        "contact_id": ids,
        "influence": [row[2] for row in shown],
        "support": [m06_matrix.SUPPORT[best(variant, f"{i}.stance")] for i in ids],
        "phases": [best(variant, f"{i}.phase") for i in ids],
        "buyer_types": [best(variant, f"{i}.type") for i in ids],
    }
    made = network(people, [("m", i, row[3]) for i, row in zip(ids, shown, strict=True)])
    phases = phase_coverage(made).set_index("phase")["state"]
    assert phases.index[phases.isin(["uncovered"])].tolist() == [best(variant, "all.bare")]
    assert "nobody_known" not in set(phases)
    found = contact_matrix(made).contacts
    flagged = found.loc[found["flags"].str.contains("blocker"), "person_id"].tolist()
    assert flagged == [best(variant, "all.block")]


@pytest.mark.parametrize("seed", SEEDS)
def test_notes_say_what_the_key_says(seed):
    variant = m06_matrix.contact_matrix(Draw(seed), None)
    data = pool("m06_notes")
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=False):
        for part, kind in (("type", "type"), ("phase", "phase"), ("stance", "support")):
            lines = data[kind][best(variant, f"{item.id}.{part}")]
            assert sum(line["zh"] in zh(row[1]) for line in lines) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_wheel_gaps_are_those_of_the_method(seed):
    variant = m06_matrix.influencers_wheel(Draw(seed), None)
    spoke = {s.label["zh"]: s for s in contact_scheme().spokes}
    rows = variant.sheets[0].rows
    ids = [f"c{k}" for k in range(len(rows))]
    people = {
        "contact_id": ids,
        "function": [spoke[zh(row[1])].functions[-1] for row in rows],
        "title": [zh(row[0]) for row in rows],
        "influence": [row[2] for row in rows],
    }
    named = list(zip(ids, rows, strict=True))
    made = network(people, [("m", i, r[3]) for i, r in named], rivals=[(i, r[4]) for i, r in named])
    found = wheel(made).dropna(subset="gap").set_index("spoke")["gap"]
    assert set(found.index) == {p.id for p in variant.places}
    assert set(found.nlargest(3).index) == set(variant.key)
    assert found.nlargest(4).iloc[2] > found.nlargest(4).iloc[3]


@pytest.mark.parametrize("seed", SEEDS)
def test_leavers_cost_what_the_method_says(seed):
    variant = m06_ties.single_thread(Draw(seed), None)
    ids = list("abcdef")
    grid, inner = variant.sheets
    place = {zh(row[0]).split("（")[0]: i for i, row in zip(ids, grid.rows, strict=True)}
    people = {"contact_id": ids, "influence": [row[1] for row in grid.rows]}
    ties = [
        (m, i, s)
        for i, row in zip(ids, grid.rows, strict=True)
        for m, s in zip(m06_ties.OURS, row[2:], strict=True)
    ]
    made = network(people, ties, [(place[zh(a)], place[zh(b)], s) for a, b, s in inner.rows])
    now = coverage(made, draws=1).set_index("measure")["value"]["weighted_coverage"]
    assert best(variant, "now.coverage") == pytest.approx(now, abs=1e-4)
    left = if_leaves(made).set_index("person_id")["coverage_after"]
    for m in m06_ties.OURS:
        assert best(variant, f"{m}.coverage") == pytest.approx(left[m], abs=1e-4)
    assert left[list(m06_ties.OURS)].idxmin() == best(variant, "all.worst")
    cut = cut_people(made, draws=0)
    cut = cut[(cut["side"] == "customer") & cut["is_cut"]]
    assert cut["person_id"].tolist() == [best(variant, "all.cut")]


@pytest.mark.parametrize("seed", SEEDS)
def test_meetings_stand_in_the_order_of_the_method(seed):
    variant = m06_ties.next_meeting(Draw(seed), None)
    sheet = variant.sheets[0]
    hosts = [c.text.zh for c in sheet.columns[2:]]
    contacts = [zh(row[0]).split("（")[0] for row in sheet.rows]
    people = {"contact_id": contacts, "influence": [row[1] for row in sheet.rows]}
    ties = [
        (h, c, s)
        for c, row in zip(contacts, sheet.rows, strict=True)
        for h, s in zip(hosts, row[2:], strict=True)
    ]
    members = pd.DataFrame({"member_id": hosts, "function": "sales", "level": 5})
    found = next_meetings(network(people, ties), members, draws=1)
    gain = {(r["member_id"], r["contact_id"]): r["coverage_gain"] for _, r in found.iterrows()}
    tiers = variant.key["order"].order
    by_item = {i.id: round(gain.get(tuple(i.text.zh.split("见")), 0.0), 9) for i in variant.items}
    levels = [{by_item[i] for i in tier} for tier in tiers]
    assert all(len(level) == 1 for level in levels)
    assert [min(level) for level in levels] == sorted(set(by_item.values()), reverse=True)
    assert min(levels[-1]) == 0


@pytest.mark.parametrize("mode", m06_entry.ORDER)
@pytest.mark.parametrize("seed", range(3))
def test_entry_plan_is_that_of_the_method(mode, seed):
    people = m06_entry.people_of(Draw(seed))
    table = pd.DataFrame(
        {
            "contact_id": list(people),
            "function": [m06_entry._FUNCTIONS[p] for p in people],
            "level": [m06_entry._LEVELS[p] for p in people],
            "influence": [x.influence for x in people.values()],
            "support": [x.support for x in people.values()],
        }
    )
    members = pd.DataFrame(
        {"member_id": [m for m, _, _ in m06_entry.MEMBERS],
         "role": [r for _, r, _ in m06_entry.MEMBERS]}
    )  # fmt: skip
    made = network(
        table, [(x.who, p, x.tie) for p, x in people.items()], [("opener", "boss", 4)],
        members=members,
    )  # fmt: skip
    how = pd.DataFrame(
        {"account_id": ["A"], "mode": [mode], "decider_id": ["boss"],
         "approvers": [";".join(m06_entry.APPROVERS)], "as_of": [DAY]}
    )  # fmt: skip
    steps = entry_plan(made, how, members).steps
    assert "friend" not in set(steps["contact_id"])
    # Whoever opens a door is seen for that, however secure.
    settled = steps["secured"] & ~steps["reasons"].str.contains("opens:")
    assert steps.loc[settled, "contact_id"].tolist() == ["secured"]
    todo = steps[~settled].reset_index(drop=True)
    allowed = m06_entry.steps(mode)
    assert set(todo["contact_id"]) == set(allowed)
    for place, row in enumerate(todo.to_dict("records"), 1):
        low, high = allowed[row["contact_id"]]
        assert low <= place <= high
        assert row["member_id"] == m06_entry.host(row["contact_id"], people)


def cadence_tables(touches, ids):
    """The contacts and interactions that the sheet shows."""
    contacts = pd.DataFrame(
        {
            "contact_id": ids,
            "account_id": "A",
            "wished_contact_days": [np.nan if t.wish is None else float(t.wish) for t in touches],
        }
    )
    rows = [
        (i, m06_touch.TODAY - pd.Timedelta(days=days), who)
        for i, t in zip(ids, touches, strict=True)
        for days, who in ((t.human, "human"), (t.system, "system"))
        if days is not None
    ]
    return contacts, pd.DataFrame(rows, columns=["contact_id", "date", "made_by"])


def sponsor_tables(pairs):
    """Sponsors, members and contacts as the sheet shows them."""

    def day(days):
        return pd.NaT if days is None else m06_touch.TODAY - pd.Timedelta(days=days)

    n = range(len(pairs))
    sponsors = pd.DataFrame(
        {
            "account_id": [f"A{k}" for k in n],
            "member_id": [f"M{k}" for k in n],
            "contact_id": [None if p.kind == "no_contact" else f"C{k}"
                           for k, p in zip(n, pairs, strict=True)],
            "since": [day(p.since) for p in pairs],
            "last_meeting": [day(p.met) for p in pairs],
        }
    )  # fmt: skip
    left = [day(p.left) if p.kind == "member_left" else pd.NaT for p in pairs]
    gone = [day(p.left) if p.kind == "contact_left" else pd.NaT for p in pairs]
    members = pd.DataFrame({"member_id": [f"M{k}" for k in n], "left_on": left})
    contacts = pd.DataFrame({"contact_id": [f"C{k}" for k in n], "left_on": gone})
    dated = {"left_on": "datetime64[us]"}
    return sponsors, members.astype(dated), contacts.astype(dated)


@pytest.mark.parametrize("seed", SEEDS)
def test_overdue_is_that_of_the_method(seed):
    draw = Draw(seed)
    m06_touch._talk(draw)
    touches = m06_touch._touches(draw)
    variant = m06_touch.profile(Draw(seed), None)
    ids = [f"c{k}" for k in range(1, len(touches) + 1)]
    found = cadence(*cadence_tables(touches, ids), as_of=DAY).set_index("contact_id")
    for i in ids:
        assert best(variant, f"{i}.overdue") == ("yes" if found["overdue"][i] else "no")
    assert best(variant, "worst.days") == found["gap_days"].max()


@pytest.mark.parametrize("seed", SEEDS)
def test_sponsor_states_are_those_of_the_method(seed):
    pairs = m06_touch._pairs(Draw(seed))
    variant = m06_touch.sponsors(Draw(seed), None)
    own, members, contacts = sponsor_tables(pairs)
    found = sponsor_pairs(own, members, contacts, as_of=DAY).pairs.set_index("account_id")["state"]
    keys = [a.best for a in variant.key.values()]
    assert keys == [found[f"A{k}"] for k in range(len(pairs))]


@pytest.mark.parametrize("seed", SEEDS)
def test_touch_follows_the_wish(seed):
    variant = m06_touch.profile(Draw(seed), None)
    rows = variant.sheets[1].rows
    for k, (_, wish, human, _) in enumerate(rows, 1):
        overdue = best(variant, f"c{k}.overdue")
        if zh(human) == "没有":
            assert overdue == "yes"
            continue
        days = int(zh(human).split("（")[1].split(" ")[0])
        wished = 90 if zh(wish) == "没问过" else int(zh(wish).split(" ")[0])
        assert overdue == ("yes" if days > wished else "no")
        assert days - wished <= best(variant, "worst.days")


def test_every_sponsor_state_occurs_once_at_least():
    for seed in SEEDS:
        variant = m06_touch.sponsors(Draw(seed), None)
        assert {a.best for a in variant.key.values()} == {p.id for p in variant.places}


def test_names_are_of_different_people():
    names = m06_people.people_names(Draw(1), 16)
    assert len({n.zh for n in names}) == len({n.en for n in names}) == 16
