"""Recipes of the communication clinic in which scenes and sentences are sorted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kamkit.exercises.model import Variant
from kamkit.exercises.recipes.m15_common import leaning, one_each, scenes
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

STORIES = ("goal", "climate", "window", "readback")
REMEDIES = ("ability", "learn", "wholeview", "decide", "resistance", "focus")
PARTS = ("goal", "information", "thought", "feeling", "agreement")


def fables(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six scenes of a team, each with the story behind it and its remedy.

    Source: S187 (broken window), S188 (hound and hare), S189-S190 (crab basket and the four
    climate measures), S191 (interface misread); which scene shows which is of the house.
    """
    entries = pool("m15_scenes")["fables"]
    chosen = one_each(draw, entries, "place")
    chosen += draw.sample([e for e in entries if e not in chosen], 2)
    variant = scenes(draw, chosen)
    traps = {**variant.traps, **leaning(variant.key, STORIES)}
    return replace(variant, traps=traps)


def remedies(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One scene for each of the seven pitfalls (S192), to be met by the six remedies (S193).

    The seeds list both and do not link them: the link is of the house, several are defensible.
    """
    variant = scenes(draw, one_each(draw, pool("m15_scenes")["remedies"], "by"))
    return replace(variant, traps={**variant.traps, **leaning(variant.key, REMEDIES)})


def labels(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Sentences of a talk to label: goal, information, thought, feeling, agreement.

    Source: S216 (definition), S217 (three elements). Two more thoughts or feelings are drawn,
    as these are mixed up most.
    """
    entries = pool("m15_scenes")["labels"]
    chosen = one_each(draw, entries, "place")
    inner = [e for e in entries if e["place"] in ("thought", "feeling") and e not in chosen]
    variant = scenes(draw, [*chosen, *draw.sample(inner, 2)])
    return replace(variant, traps={**variant.traps, **leaning(variant.key, PARTS)})
