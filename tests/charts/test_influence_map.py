"""The influence map: nothing overlaps or is clipped, unknown stays unknown, same each time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from decision_units import LONG, boxes, overlapping, people_and_links

from kamkit.charts import plot_influence_map, plot_map_change, theme
from kamkit.charts.influence_cast import GHOST, cast_of, scene_of
from kamkit.charts.influence_layout import arrange, columns_for, crossings
from kamkit.charts.influence_scene import CARD


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("n", [1, 8, 20, 40, 60])
def test_no_label_overlaps_or_is_clipped(n: int, lang: str) -> None:
    people, links = people_and_links(n, lang, us=min(n, 8))
    fig = plot_influence_map(people, links, lang=lang)
    found, (width, height) = boxes(fig)
    assert overlapping(found) == []
    for text, box in found:
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height, text
    assert fig.get_figwidth() == 10.0


@pytest.mark.parametrize("n", [20, 60])
def test_words_stay_within_their_card(n: int) -> None:
    people, links = people_and_links(n, "en")
    fig = plot_influence_map(people, links, lang="en")
    drawn = scene_of(cast_of(people, links, None, None, 60))
    found, _ = boxes(fig)
    ax = fig.axes[0]
    names = [(text, box) for text, box in found if text.endswith("…") or text in LONG["en"]]
    cards = [ax.transData.transform([(x, y + CARD), (x + drawn.card_width, y)]).ravel()
             for x, y in drawn.cards.values()]  # fmt: skip
    within = [any(c[0] <= b[0] and b[2] <= c[2] + 1 and c[1] <= b[1] + 2 and b[3] <= c[3] + 2
                  for c in cards) for _, b in names]  # fmt: skip
    assert sum(within) >= n  # the other ones are those of our people and the rivals


def test_cards_do_not_overlap_and_lines_end_on_cards() -> None:
    people, links = people_and_links(60)
    drawn = scene_of(cast_of(people, links, None, None, 60))
    places = list(drawn.cards.values())
    assert len(set(places)) == 60
    for i, (x, y) in enumerate(places):
        for u, v in places[i + 1 :]:
            assert abs(x - u) >= drawn.card_width or abs(y - v) >= CARD
    for x, y, tie in drawn.ends:
        left, top = drawn.cards[tie.person]
        assert left < x < left + drawn.card_width and y == top


def test_lines_never_cross_a_card() -> None:
    for seed in range(4):
        people, links = people_and_links(40, seed=seed)
        drawn = scene_of(cast_of(people, links, None, None, 60))
        for stroke in drawn.strokes:
            points = np.array(stroke.points)
            share = np.linspace(0, 1, 60)[:, None, None]
            along = (points[:-1] * (1 - share) + points[1:] * share).reshape(-1, 2)
            for left, top in drawn.cards.values():
                inside = (along > (left + 1, top + 1)).all(axis=1)
                inside &= (along < (left + drawn.card_width - 1, top + CARD - 1)).all(axis=1)
                assert not inside.any()


def test_order_saves_crossings_and_is_the_same_each_time() -> None:
    before = after = 0
    for seed in range(8):
        people, links = people_and_links(30, seed=seed)
        theirs = people[people["side"] == "customer"]
        ties = [(r.from_id, r.to_id, float(r.strength)) for r in links.itertuples() if r.strength]
        sides = {"us": ["M0", "M1", "M2", "M3"], "rivals": ["R0", "R1"]}
        plain = arrange(theirs, ties, sweeps=0, columns=4, **sides)
        better = arrange(theirs, ties, columns=4, **sides)
        before += crossings(plain, ties, **sides)
        after += crossings(better, ties, **sides)
        assert better == arrange(theirs, ties, columns=4, **sides)
    assert after < 0.85 * before


def test_shuffled_rows_give_the_same_picture() -> None:
    people, links = people_and_links(20)
    plain = theme.to_svg(plot_influence_map(people, links, lang="en"))
    us = people[people["side"] != "customer"]
    mixed = pd.concat([people[people["side"] == "customer"].sample(frac=1, random_state=1), us])
    one = scene_of(cast_of(people, links, None, None, 60))
    other = scene_of(cast_of(mixed, links.sample(frac=1, random_state=2), None, None, 60))
    assert one.cards == other.cards and one.edges == other.edges
    assert plain == theme.to_svg(plot_influence_map(people, links, lang="en"))


def test_levels_run_from_the_top_and_unknown_stands_last() -> None:
    people, links = people_and_links(20)
    drawn = scene_of(cast_of(people, links, None, None, 60))
    levels = [level for level, *_ in drawn.bands]
    assert levels == sorted(levels, reverse=True) and levels[-1] == -1


def test_width_is_strength_and_dashes_are_personal() -> None:
    people, links = people_and_links(8, us=2, rivals=0)
    few = links.iloc[:0]
    rows = [("M0", "C00", "us", "value", 4), ("M1", "C01", "us", "personal", 1)]
    links = pd.concat([few, pd.DataFrame(rows, columns=few.columns)])
    fig = plot_influence_map(people, links, lang="en")
    lines = [c for c in fig.axes[0].collections if type(c).__name__ == "LineCollection"]
    widths = {max(c.get_linewidths()) for c in lines}
    dashed = [c for c in lines if c.get_linestyles()[0][1] is not None]
    assert 3.5 in widths and dashed
    assert all(0.8 in c.get_linewidths() for c in dashed if c.get_zorder() == 5)


def test_unknown_is_not_neutral_and_an_unknown_buyer_is_drawn() -> None:
    people, links = people_and_links(8)
    people["buyer_types"] = "user"
    people["support"] = None
    fig = plot_influence_map(people, links, lang="en")
    texts = Counter(text.get_text() for text in fig.axes[0].texts)
    assert texts["Economic buyer?"] == 1 and "not yet identified" in fig.heading
    assert "stance of 8" in fig.alt
    assert GHOST not in fig.footer


def test_highlight_names_who_hangs_on_one_thread() -> None:
    people = pd.DataFrame({"person_id": ["C1", "C2", "M1", "M2"],
                           "side": ["customer", "customer", "us", "us"],
                           "name": ["Ann", "Ben", "Mia", "Max"]})  # fmt: skip
    links = pd.DataFrame({"from_id": ["M1", "M1", "M2"], "to_id": ["C1", "C2", "C2"],
                          "from_side": "us", "bond": "value", "strength": [3, 2, 1]})  # fmt: skip
    fig = plot_influence_map(people, links, lang="en", highlight="M1")
    assert fig.heading == "Contacts left without anybody of ours if Mia leaves: 1"
    assert "Ann" in fig.footer and "Ben" not in fig.footer
    safe = plot_influence_map(people, links, lang="zh", highlight="M2")
    assert "每位联系人" in safe.heading
    theirs = plot_influence_map(people, links, lang="en", highlight="C2")
    assert "2 of our people" in theirs.heading


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_who_left_and_dirty_ties(lang: str) -> None:
    people, links = people_and_links(9, lang)
    gone = pd.DataFrame({"person_id": ["G1"], "name": ["<script>$x^2$ \U0001f680"],
                         "function": ["finance"], "known_by": ["M0;nobody"],
                         "strongest": [3]})  # fmt: skip
    dirty = pd.DataFrame({"from_id": ["C01", "M0", "M0"], "to_id": ["C01", "ghost", "C01"],
                          "from_side": ["customer", "us", "alien"], "bond": "value",
                          "strength": [3, 3, 3]})  # fmt: skip
    fig = plot_influence_map(people, pd.concat([links, dirty, links]), lang=lang, gone=gone,
                             as_of="2026-06-30")  # fmt: skip
    svg = theme.to_svg(fig)
    assert "<script>" not in svg and "n = 9" in fig.footer
    assert overlapping(boxes(fig)[0]) == []


def test_too_many_people_are_counted_not_crowded() -> None:
    people, links = people_and_links(75)
    fig = plot_influence_map(people, links, lang="en")
    assert "60 people of most influence are drawn; 15 more" in fig.footer


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nobody_and_no_ties(lang: str) -> None:
    people, links = people_and_links(8, lang)
    for some in (people.iloc[:0], people[people["side"] == "us"]):
        assert theme.to_svg(plot_influence_map(some, links, lang=lang))
    alone = people[people["side"] == "customer"]
    fig = plot_influence_map(alone, links.iloc[:0], lang=lang)
    assert overlapping(boxes(fig)[0]) == []


def test_four_columns_only_for_short_names() -> None:
    assert columns_for([50.0] * 30) == 4 and columns_for([120.0] * 30) == 3


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_change_tells_each_kind_apart(lang: str) -> None:
    people, links = people_and_links(30, lang)
    kinds = ["new", "up", "same", "down", "ended", "person_left"]
    table = links[links["strength"] > 0].reset_index(drop=True)
    table["change"] = [kinds[i % 6] for i in range(len(table))]
    table["strength_before"] = table["strength"].where(table["change"] != "new")
    table["strength_after"] = table["strength"].where(
        ~table["change"].isin(["ended", "person_left"])
    )
    state = ["joined", "left", "stayed", "stayed"]
    changes = pd.DataFrame({
        "person_id": people["person_id"], "side": people["side"],
        "change": [state[i % 4] for i in range(len(people))],
        "support_before": -1.0, "support_after": 1.0,
        "stance": ["up" if i % 4 == 2 else "same" for i in range(len(people))],
    })  # fmt: skip
    measures = pd.DataFrame({"measure": ["weighted_coverage"], "before": [0.2], "after": [0.4],
                             "difference": [0.2], "separated": [False]})  # fmt: skip
    fig = plot_map_change(people, table, lang=lang, changes=changes, measures=measures,
                          before="2025-06-30", after="2026-06-30")  # fmt: skip
    found, (width, height) = boxes(fig)
    assert overlapping(found) == []
    assert all(b[0] >= 0 and b[2] <= width and b[1] >= 0 and b[3] <= height for _, b in found)
    assert any("−1 → +1" in text for text, _ in found)
    assert ("分不出" if lang == "zh" else "cannot be separated") in fig.footer
    assert theme.to_svg(fig)
    nothing = people.iloc[:0]
    assert theme.to_svg(plot_map_change(nothing, table, lang=lang, changes=changes))
