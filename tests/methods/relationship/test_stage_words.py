"""Every key and column that the tables of stage, bonds and partners return has its words."""

from __future__ import annotations

import pandas as pd
import pytest
from methods.relationship.drawings import DAY, drawing

from kamkit.i18n import catalog
from kamkit.methods.contacts.network import contact_network
from kamkit.methods.relationship import bonds as bonds_room
from kamkit.methods.relationship import (
    bonds_of,
    relationship_stage,
    stage_indicators,
    stage_views_gap,
    stage_worksheet,
    stages_of,
)
from kamkit.methods.relationship.exclusivity import LOOP, TRENDS, YEARS, exclusivity
from kamkit.methods.relationship.loyalty import SCORES, loyalty
from kamkit.methods.relationship.loyalty_change import CHANGES, GAPS
from kamkit.methods.relationship.partners import FORMS, REGISTER, TYPES
from kamkit.methods.relationship.partners_channel import COVERAGE, PIPELINE
from kamkit.methods.relationship.partners_history import HISTORY, NEEDS, STEPS, SUGGESTIONS
from kamkit.methods.relationship.stage_decay import SIGNS

WORDS = set(catalog("en"))
KEYS = {
    "verdict": [
        *("agree", "we_see_more", "we_see_less", "cannot_be_separated", "one_side_only", "no_view"),
        *("says_more_than_does", "does_more_than_says", "too_little_data", "up", "down", "rising"),
        "falling",
    ],
    "quadrant": [
        *("personal_without_value", "both_high", "value_led", "both_low", "between", "unknown"),
    ],
    "bond_kind": ["both", "personal_only", "value_only", "unknown_bond", "none"],
    "worksheet_issue": [
        *("no_target", "target_passed", "target_below", "too_fast", "fewer_than_five", "no_owner"),
        *("no_due", "due_after_target", "late_actions", "sides_differ", "coming_apart"),
    ],
    "partner_issue": [
        *("no_purpose", "no_form", "no_start", "no_review", "review_overdue", "unknown_type"),
        *("rival_partner", "ends_before_start"),
    ],
    "loyalty_standing": [
        *("both_up", "words_only", "deeds_only", "both_down", "cannot_be_separated"),
    ],
    "need_standing": ["common", "conflict", "ours_only", "theirs_only"],
    "loyalty_dimension": ["attitude", "behaviour", "loyalty", "gap"],
    "partner_type": TYPES,
    "partner_form": FORMS,
    "suggestion_step": STEPS,
    "decay_sign": SIGNS,
    "variant": [
        *("one_rater_whole_scale", "pooled_raters", "own_raters", "grade_width", "paired_raters"),
        *("unpaired_raters", "over_subjects", "pooled_line", "own_line", "too_few_years"),
        *("within_dealers", "illustration", "half_life", "last_contact_only", "last_ties"),
        *("two_dates", "last_meeting", "not_recorded", "no_tie_recorded", "last_view"),
        *("middle_of_raters", "one_rater_a_side", "weights_equal", "by_influence", "given"),
    ],
    "relation": ["at_least", "at_most"],
}


@pytest.mark.parametrize("section", KEYS)
def test_keys_have_words(section):
    assert [k for k in KEYS[section] if f"{section}.{k}" not in WORDS] == []


def _tables():
    tables = drawing("partnership")
    network = contact_network(
        tables["contacts"], ties=tables["ties"], members=tables["members"], account_id="A1",
        as_of=DAY,
    )  # fmt: skip
    found = relationship_stage(stage_indicators(network), network)
    everybody = stages_of(tables, as_of=DAY)
    sheet = stage_worksheet(found, target_stage="synergistic")
    views = pd.DataFrame(columns=["account_id", "side", "rater_id", "stage", "rated_on"])
    one = bonds_room(network)
    years = pd.DataFrame({"dealer_id": ["D1"], "year": [2025], "our_share": [0.5]})
    ratings = pd.DataFrame(columns=["dealer_id", "rater_id", "item", "score", "rated_on"])
    yield from (everybody.stages, everybody.indicators, everybody.evidence, everybody.signs)
    yield from (everybody.fragile, found.measures, sheet.where, sheet.actions, sheet.suggestions)
    yield from (sheet.issues, sheet.progress, stage_views_gap(views, as_of=DAY), one.measures)
    yield from (one.people, one.ours, bonds_of(tables, as_of=DAY), loyalty(ratings).overall)
    yield exclusivity(years).overall


def test_columns_figures_and_variants_have_words():
    for table in _tables():
        assert [c for c in table.columns if f"column.{c}" not in WORDS] == []
        if "measure" in table.columns:
            assert [m for m in table["measure"] if f"measure.{m}" not in WORDS] == []
        if "variant" in table.columns:
            parts = {p for v in table["variant"] for p in str(v).split("; ")}
            assert [p for p in parts if f"variant.{p}" not in WORDS] == []


def test_columns_of_partners_have_words():
    lists = (SCORES, GAPS, CHANGES, TRENDS, YEARS, LOOP, REGISTER, PIPELINE, COVERAGE, HISTORY)
    columns = {c for part in (*lists, NEEDS, SUGGESTIONS) for c in part} - {"subject"}
    assert sorted(c for c in columns if f"column.{c}" not in WORDS) == []
