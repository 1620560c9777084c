"""What a kernel in reserve does ahead: load what every page of the course needs."""

from __future__ import annotations

from importlib import import_module

# Recipes, lessons and charts draw on these; the heavier parts load where they are used.
_NEEDED = (
    "pandas",
    "scipy.special",
    "kamkit.tables",
    "kamkit.widgets.exercise",
    "kamkit.widgets.home",
)


def warm_up() -> None:
    """Load the kit, the bank and the home's templates, so that a page finds them in memory."""
    for name in _NEEDED:
        import_module(name)
    from kamkit.errors import KamkitError
    from kamkit.exercises.bank import load_bank
    from kamkit.i18n import LANGUAGES, catalog
    from kamkit.widgets.home.templates import template

    for lang in LANGUAGES:
        catalog(lang)
    for page in ("home", "result"):
        template(page)
    try:
        load_bank()
    except KamkitError:
        return  # the page that needs the bank says what is wrong with it
