"""Sample companies: made-up data with known truths, for lessons, exercises and tests."""

from __future__ import annotations

from kamkit.tables.sample.make import generate, latent_relationship
from kamkit.tables.sample.team_history import simulate_team
from kamkit.tables.sample.truths import planted_truths
from kamkit.tables.sample.words import sample_words, translate
from kamkit.tables.sample.world import COMPANIES, MIN_ACCOUNTS
from kamkit.tables.sample.write import write_sample

__all__ = [
    "COMPANIES",
    "MIN_ACCOUNTS",
    "generate",
    "latent_relationship",
    "planted_truths",
    "sample_words",
    "simulate_team",
    "translate",
    "write_sample",
]
