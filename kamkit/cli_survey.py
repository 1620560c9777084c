"""Survey forms on the command line: write them for those who are asked, read them back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamkit import terminal
from kamkit.errors import KamkitError, Problem
from kamkit.i18n import t

survey_app = typer.Typer(
    help=terminal.say("survey"), cls=terminal.Commands, no_args_is_help=True, rich_markup_mode=None
)
SIDES, PER = ("customer", "us"), ("respondent", "account")
Instrument = Annotated[str, terminal.option("survey_instrument", "--survey")]
Day = Annotated[str | None, terminal.option("survey_day", "--day")]


@survey_app.command(name="form", help=terminal.say("survey_form"), cls=terminal.Command)
def form(
    company: str,
    wave: Annotated[str, terminal.option("survey_wave", "--wave")],
    out: Annotated[Path, terminal.option("out")],
    side: Annotated[str, terminal.option("survey_side", "--side")] = "customer",
    survey: Instrument = "relationship_quality",
    per: Annotated[str, terminal.option("survey_per", "--per")] = "respondent",
    account: Annotated[list[str] | None, terminal.option("survey_account", "--account")] = None,
    most: Annotated[int, terminal.option("survey_most", "--most", min=1, max=40)] = 5,
    day: Day = None,
    force: terminal.Force = False,
    lang: terminal.Lang = None,
) -> None:
    """Write one form a respondent (or an account), and note who was asked."""
    from kamkit.schemes.surveys import read_survey
    from kamkit.tables.forms.store import is_sample
    from kamkit.tables.forms.survey_form import asked_items, write_survey_forms
    from kamkit.tables.forms.survey_people import survey_guests
    from kamkit.tables.forms.survey_store import record_invitations, survey_company

    lang = terminal.language(lang)
    with terminal.told(lang):
        terminal.allowed(side=(side, SIDES), per=(per, PER))
        today, asked = terminal.day_named(day), read_survey(_instrument(survey))
        found = survey_company(company)
        accounts = account or ()
        guests = survey_guests(
            found, wave=wave, side=side, day=today, lang=lang, accounts=accounts, most=most,
            items=[key for key, _, _ in asked_items(asked, side)],
        )  # fmt: skip
        files = write_survey_forms(
            asked, guests.people, out, side=side, wave=wave, day=today, lang=lang, per=per,
            force=force, company=found.config.id,
        )  # fmt: skip
        sample = is_sample(found)
        noted = 0
        if not sample:
            noted = record_invitations(found, guests.people, wave=wave, side=side, day=today)
    values = {"files": len(files), "people": len(guests.people), "folder": out}
    terminal.say_line(t("survey.written", lang, **values))
    terminal.say_line(
        t(f"survey.rule_{guests.rule}", lang, most=most, answered=guests.answered, wave=wave)
    )
    terminal.say_line(t("survey.not_noted" if sample else "survey.noted", lang, count=noted))


@survey_app.command(name="read", help=terminal.say("survey_read"), cls=terminal.Command)
def read(
    files: Annotated[list[str], typer.Argument(metavar="FILES")],
    company: Annotated[str, terminal.option("survey_company", "--company")],
    survey: Instrument = "relationship_quality",
    day: Day = None,
    replace: Annotated[bool, terminal.option("survey_replace", "--replace")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Take answers into the company: all or none; reading twice changes nothing."""
    from kamkit.schemes.surveys import read_survey
    from kamkit.tables.forms.survey_store import add_answers, survey_company

    lang = terminal.language(lang)
    with terminal.told(lang):
        paths = terminal.files_named(files, "xlsx")
        if not paths:
            raise KamkitError(Problem("survey_no_files", value=", ".join(files)))
        today, asked = terminal.day_named(day), read_survey(_instrument(survey))
        found = survey_company(company)
        added = add_answers(found, paths, asked, day=today, overwrite=replace)
    if added.problems:
        terminal.print_problems(added.problems, lang)
    values = {"files": len(paths), "people": added.people, "new": added.new}
    terminal.say_line(t("survey.read", lang, **values, changed=added.changed, known=added.known))
    if today.date() > found.config.as_of and added.new + added.changed:
        terminal.say_line(t("survey.after_as_of", lang, as_of=found.config.as_of.isoformat()))


def _instrument(name: str) -> str | Path:
    return Path(name) if name.endswith(".toml") else name
