"""Pictures of contacts and of the stage of a relationship."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from decision_units import boxes, overlapping, people_and_links
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kamkit.charts import (
    plot_bonds,
    plot_contact_matrix,
    plot_function_mirror,
    plot_relationship_stages,
    plot_stage_evidence,
    plot_stage_worksheet,
    plot_wheel,
    theme,
)
from kamkit.charts.sheet import fit, fit_lines
from kamkit.charts.stage_drawings import STAGES
from kamkit.charts.theme import Figure
from kamkit.methods.contacts import contact_matrix, contact_network, function_mirror, wheel
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.relationship.bonds import bonds_of
from kamkit.methods.relationship.stage import RelationshipStage, relationship_stage
from kamkit.methods.relationship.stage_indicators import stage_indicators
from kamkit.methods.relationship.stage_worksheet import stage_worksheet
from kamkit.schemes.relationship import relationship_scheme

HOSTILE = "<script>alert(1)</script> $x^2$ \U0001f680\n客户客户客户客户客户客户客户客户客户"
DAY = "2026-06-30"


def tables(n: int = 12, us: int = 3, lang: str = "zh") -> dict[str, pd.DataFrame]:
    """The same made-up decision unit as canonical tables."""
    people, links = people_and_links(n, lang, us=us)
    theirs = people[people["side"] == "customer"].rename(columns={"person_id": "contact_id"})
    contacts = theirs[["contact_id", "name", "function", "level"]].assign(account_id="A1")
    contacts.loc[contacts.index[0], "name"] = HOSTILE
    roles = theirs[["contact_id", "influence", "support", "buyer_types"]].assign(account_id="A1")
    roles["phases"] = ["recognise;compare" if i % 3 else None for i in range(len(roles))]
    ours = people[people["side"] == "us"]
    members = pd.DataFrame({"member_id": ours["person_id"], "name": ours["name"],
                            "role": ours["title"]})  # fmt: skip
    ties = links.assign(account_id="A1", last_contact=pd.Timestamp("2026-06-01"))
    return {"contacts": contacts, "contact_roles": roles, "ties": ties, "members": members}


def network(n: int = 12, us: int = 3, lang: str = "zh") -> ContactNetwork:
    found = tables(n, us, lang)
    return contact_network(found["contacts"], found["contact_roles"], found["ties"],
                           found["members"], account_id="A1", as_of=DAY)  # fmt: skip


def teams() -> pd.DataFrame:
    return pd.DataFrame({"account_id": "A1", "team": ["npd", "she", "joint_board", "own_team"],
                         "started_on": pd.Timestamp("2026-01-01")})  # fmt: skip


def names(people: pd.DataFrame) -> dict[str, str]:
    return dict(zip(people["person_id"], people["name"], strict=True))


def stage(n: int = 12) -> tuple[ContactNetwork, RelationshipStage]:
    known = network(n)
    return known, relationship_stage(stage_indicators(known, teams(), draws=50), known)


def matrix_picture(lang: str, n: int = 12, us: int = 3) -> Figure:
    known = network(n, us, lang)
    found = contact_matrix(known)
    return plot_contact_matrix(found.contacts, found.threads, lang=lang, names=names(known.people))


def wheel_picture(lang: str) -> Figure:
    return plot_wheel(wheel(network()), lang=lang)


def mirror_picture(lang: str) -> Figure:
    known = network(30, 6, lang)
    return plot_function_mirror(function_mirror(known).pairs, lang=lang, names=names(known.people))


def stages_picture(lang: str) -> Figure:
    known, found = stage(20)
    return plot_relationship_stages(
        known.people, known.links, lang=lang, stage=found.stage, stage_low=found.stage_low,
        stage_high=found.stage_high, type=found.type, disintegrating=True, joint_teams=teams(),
    )  # fmt: skip


def evidence_picture(lang: str, ladder: str = "stages") -> Figure:
    _, found = stage()
    return plot_stage_evidence(found.evidence, lang=lang, indicators=found.indicators,
                               stage=found.stage, ladder=ladder)  # fmt: skip


def types_picture(lang: str) -> Figure:
    return evidence_picture(lang, "types")


def worksheet_picture(lang: str) -> Figure:
    _, found = stage()
    actions = pd.DataFrame({
        "account_id": "A1", "action_id": ["1", "2", "3"], "what": [HOSTILE, "x" * 300, "b"],
        "owner_id": ["M0", None, "M1"], "due": pd.to_datetime(["2026-01-01", None, "2026-09-01"]),
        "done_on": pd.to_datetime([None, None, "2026-05-01"]),
        "status": ["planned", "doing", "done"],
    })  # fmt: skip
    views = pd.DataFrame({"account_id": "A1", "side": ["us", "customer"], "rater_id": ["M0", "C1"],
                          "stage": ["partnership", "disintegrating"], "rated_on": "2026-05-01",
                          "target_stage": ["synergistic", None],
                          "target_on": ["2027-03-31", None]})  # fmt: skip
    sheet = stage_worksheet(found, actions=actions, stage_views=views)
    return plot_stage_worksheet(sheet.where, sheet.actions, lang=lang,
                                suggestions=sheet.suggestions)  # fmt: skip


def bonds_picture(lang: str) -> Figure:
    found = bonds_of(tables(), as_of=DAY, draws=50)
    more = pd.concat([found.assign(account_id=f"A{i}", value=found["value"] + i % 3,
                                   quadrant="personal_without_value" if i % 2 else "between")
                      for i in range(30)], ignore_index=True)  # fmt: skip
    return plot_bonds(more, lang=lang, names={"A1": HOSTILE})


SHEETS = [matrix_picture, mirror_picture, stages_picture, evidence_picture, types_picture,
          worksheet_picture]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", [*SHEETS, wheel_picture, bonds_picture], ids=lambda f: f.__name__)
def test_draws_with_hostile_names(draw: Callable[[str], Figure], lang: str) -> None:
    fig = draw(lang)
    svg = theme.to_svg(fig)
    assert fig.alt and fig.heading and "n = " in fig.footer
    assert "<script>" not in svg
    words = fig.heading + fig.footer + fig.alt
    assert "{" not in words and "chart." not in words
    assert svg == theme.to_svg(draw(lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("draw", SHEETS, ids=lambda f: f.__name__)
def test_words_neither_overlap_nor_leave_the_sheet(
    draw: Callable[[str], Figure], lang: str
) -> None:
    found, (width, height) = boxes(draw(lang))
    assert overlapping(found) == []
    for text, box in found:
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height, text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_large_matrix(lang: str) -> None:
    fig = matrix_picture(lang, 60, 12)
    assert overlapping(boxes(fig)[0]) == []
    assert "8" in fig.footer and "4" in fig.footer  # eight of ours drawn, four not


def test_unknown_is_a_question_mark_in_the_matrix() -> None:
    known = network()
    found = contact_matrix(known)
    contacts = found.contacts.assign(phases=None, buyer_types=None, influence=np.nan)
    fig = plot_contact_matrix(contacts, found.threads, lang="en")
    marks = [text.get_text() for text in fig.axes[0].texts].count("?")
    assert marks == 7 * len(contacts)


def test_wheel_breaks_its_line_where_nobody_is_known() -> None:
    found = wheel(network())
    fig = plot_wheel(found, lang="en")
    line = fig.axes[0].lines[0]
    heights = np.asarray(line.get_ydata(), dtype=float)
    assert np.isnan(heights[:-1]).sum() == found["influence"].isna().sum()


def test_gap_that_another_judge_may_close_is_hollow() -> None:
    table = pd.DataFrame({"spoke": ["ceo", "finance", "purchasing"], "people": 1,
                          "influence": [8.0, 6.0, 5.0], "our_strength": [0.0, 4.0, 5.0],
                          "rival_strength": np.nan, "gap": [8.0, 2.0, 0.0],
                          "state": ["gap", "matched", "matched"], "variant": "lead_person",
                          "origin": "S094"})  # fmt: skip
    sure, unsure = (
        [line for line in plot_wheel(t, lang="en").axes[0].lines
         if line.get_color() == theme.PAPER and len(line.get_xdata()) == 2]
        for t in (table.iloc[[0, 2]], table.iloc[1:])
    )  # fmt: skip
    assert not sure and len(unsure) == 1
    assert "may close it" in plot_wheel(table.iloc[1:], lang="en").heading


def test_mirror_says_why_a_pair_is_open() -> None:
    pairs = pd.DataFrame({
        "pair": ["board", "finance", "logistics", "r_and_d"], "customers": [1, 1, 0, 2],
        "ours": [1, 0, 0, 1], "available": [1.0, 0.0, 2.0, 3.0], "strongest": [0.0, 0.0, 0.0, 1.0],
        "links": [0, 0, 0, 1], "linked": [0, 0, 0, 0], "customer_ids": ["", "", "", "C1"],
        "our_ids": ["", "", "", "M1"], "origin": "S101; house",
        "state": ["not_linked", "nobody_ours", "nobody_there", "weak"],
    })  # fmt: skip
    texts = {text.get_text() for text in plot_function_mirror(pairs, lang="en").axes[0].texts}
    assert {"people on both sides, no tie", "nobody of ours", "nobody known there",
            "too weak (below 2)", "in the company: 2, none tied here"} <= texts  # fmt: skip


def test_every_stage_has_its_drawing_and_the_one_reached_is_named() -> None:
    assert [s.id for s in relationship_scheme().stages] == list(STAGES)
    known, _ = stage()
    for key in STAGES:
        fig = plot_relationship_stages(known.people, known.links, lang="en", stage=key)
        assert f'"{relationship_scheme().stages[STAGES.index(key)].label["en"]}"' in fig.heading
        assert any(text.get_text() == "▲ now" for text in fig.axes[0].texts)


def test_people_who_are_not_drawn_are_counted() -> None:
    known, found = stage(20)
    fig = plot_relationship_stages(known.people, known.links, lang="en", stage=found.stage)
    more = (known.people["side"] == "customer").sum() - 14
    assert more > 0 and f"{more} more aren't drawn" in fig.footer


def test_evidence_marks_met_open_and_unknown_apart() -> None:
    rows = pd.DataFrame({
        "ladder": "stages", "stage": "mid", "indicator": ["threads", "our_people", "joint_teams"],
        "relation": "at_least", "needed": [3.0, 2.0, 2.0], "value": [5.0, 1.0, np.nan],
        "met": pd.array([True, False, pd.NA], dtype="boolean"), "origin": "house",
    })  # fmt: skip
    fig = plot_stage_evidence(rows, lang="en")
    assert "1 of 3" in fig.heading and "?" in {t.get_text() for t in fig.axes[0].texts}
    shapes = [c for c in fig.axes[0].collections if len(c.get_offsets()) == 1]
    assert len(shapes) >= 3


def test_worksheet_has_five_lines_and_tells_late_and_missing() -> None:
    fig = worksheet_picture("en")
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert {"1", "2", "3", "4", "5"} <= set(texts)
    assert {"late", "nobody yet", "no date", "done"} <= set(texts)
    assert any(text.startswith("Suggested:") for text in texts)
    assert any("coming apart" in text.lower() or "disintegrating" in text.lower()
               for text in texts)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_draw(lang: str) -> None:
    empty = pd.DataFrame({"person_id": [], "side": [], "spoke": [], "pair": [], "quadrant": [],
                          "ladder": []})  # fmt: skip
    for fig in (
        plot_contact_matrix(empty, empty, lang=lang),
        plot_wheel(empty, lang=lang),
        plot_function_mirror(empty, lang=lang),
        plot_bonds(empty, lang=lang),
        plot_relationship_stages(empty, empty, lang=lang, stage=""),
        plot_stage_evidence(empty, lang=lang),
        plot_stage_worksheet(empty, empty, lang=lang),
    ):
        assert fig.alt and theme.to_svg(fig)
    known = network(1, 0)
    found = contact_matrix(known)
    assert theme.to_svg(plot_contact_matrix(found.contacts, found.threads, lang=lang))
    assert theme.to_svg(plot_wheel(wheel(known), lang=lang))
    assert theme.to_svg(plot_relationship_stages(known.people, known.links, lang=lang, stage=""))


def test_names_are_cut_to_the_room_they_have() -> None:
    for text in (HOSTILE, "x" * 99, "客户" * 30, "", "$$$$$$$$$$$$$$$$$$$$$$$$"):
        shown = fit(text, 60, 10)
        assert theme.text_width(shown.replace("\\$", "$"), 10) <= 60
        assert not shown.endswith("\\")
    assert fit_lines("one two three four five six", 40, 10, 2).count("\n") == 1


def test_sheet_units_are_points() -> None:
    fig = matrix_picture("en")
    FigureCanvasAgg(fig).draw()
    ax = fig.axes[0]
    (x0, y0), (x1, y1) = ax.transData.transform([(0, 0), (100, 100)])
    scale = fig.dpi / 72
    assert (x1 - x0) / scale == pytest.approx(100) and (y0 - y1) / scale == pytest.approx(100)
