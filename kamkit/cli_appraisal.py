"""Rating forms on the command line: write them for raters, read the filled-in ones back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamkit import terminal
from kamkit.errors import KamkitError, Problem
from kamkit.i18n import t

appraisal_app = typer.Typer(
    help=terminal.say("appraisal"),
    cls=terminal.Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
)
Day = Annotated[str | None, terminal.option("survey_day", "--day")]


@appraisal_app.command(name="form", help=terminal.say("appraisal_form"), cls=terminal.Command)
def form(
    company: str,
    period: Annotated[str, terminal.option("appraisal_period", "--period")],
    out: Annotated[Path, terminal.option("appraisal_out", "--out")],
    rater: Annotated[list[str] | None, terminal.option("appraisal_rater", "--rater")] = None,
    own: Annotated[bool, terminal.option("appraisal_self", "--self")] = False,
    source: Annotated[str | None, terminal.option("appraisal_source", "--source")] = None,
    member: Annotated[list[str] | None, terminal.option("appraisal_member", "--member")] = None,
    day: Day = None,
    force: terminal.Force = False,
    lang: terminal.Lang = None,
) -> None:
    """Write one form a rater."""
    from kamkit.tables.forms.appraisal_form import write_appraisal_forms
    from kamkit.tables.forms.appraisal_items import SOURCES
    from kamkit.tables.forms.appraisal_people import appraisal_pairs
    from kamkit.tables.forms.appraisal_store import appraisal_company

    lang = terminal.language(lang)
    with terminal.told(lang):
        asked = source or ("self" if own else "manager")
        terminal.allowed(source=(asked, ("self",) if own else SOURCES))
        found = appraisal_company(company)
        pairs = appraisal_pairs(
            found, asked, day=terminal.day_named(day), lang=lang,
            raters=rater or (), members=member or (),
        )  # fmt: skip
        files = write_appraisal_forms(
            pairs, out, source=asked, period=period, lang=lang, force=force,
            company=found.config.id,
        )  # fmt: skip
    values = {"files": len(files), "people": pairs["ratee_id"].nunique(), "folder": out}
    terminal.say_line(t("appraisal.written", lang, **values))


@appraisal_app.command(name="read", help=terminal.say("appraisal_read"), cls=terminal.Command)
def read(
    files: Annotated[list[str], typer.Argument(metavar="FILES")],
    company: Annotated[str, terminal.option("survey_company", "--company")],
    day: Day = None,
    replace: Annotated[bool, terminal.option("appraisal_replace", "--replace")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Take ratings into the company: all or none; reading twice changes nothing."""
    from kamkit.tables.forms.appraisal_store import add_ratings, appraisal_company

    lang = terminal.language(lang)
    with terminal.told(lang):
        paths = terminal.files_named(files, "xlsx")
        if not paths:
            raise KamkitError(Problem("survey_no_files", value=", ".join(files)))
        found = appraisal_company(company)
        done = add_ratings(found, paths, day=terminal.day_named(day), overwrite=replace)
    if done.problems:
        terminal.print_problems(done.problems, lang)
    values = {"files": len(paths), "forms": done.forms, "new": done.new}
    terminal.say_line(t("appraisal.read", lang, **values, changed=done.changed, known=done.known))
