"""Exercises without code: what is asked, how it is checked, what is kept."""
