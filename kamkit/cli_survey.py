"""Survey forms on the command line: write them for those who are asked, read them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kamkit.errors import KamkitError, Problem
from kamkit.i18n import t
from kamkit.terminal import (
    Command,
    Commands,
    Force,
    Lang,
    language,
    option,
    print_problems,
    say,
    say_line,
    told,
)

if TYPE_CHECKING:
    import pandas as pd

survey_app = typer.Typer(
    help=say("survey"), cls=Commands, no_args_is_help=True, rich_markup_mode=None
)
SIDES, PER = ("customer", "us"), ("respondent", "account")
Instrument = Annotated[str, option("survey_instrument", "--survey")]
Day = Annotated[str | None, option("survey_day", "--day")]


@survey_app.command(name="form", help=say("survey_form"), cls=Command)
def form(
    company: str,
    wave: Annotated[str, option("survey_wave", "--wave")],
    out: Annotated[Path, option("out")],
    side: Annotated[str, option("survey_side", "--side")] = "customer",
    survey: Instrument = "relationship_quality",
    per: Annotated[str, option("survey_per", "--per")] = "respondent",
    account: Annotated[list[str] | None, option("survey_account", "--account")] = None,
    most: Annotated[int, option("survey_most", "--most", min=1, max=40)] = 5,
    day: Day = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    """Write one form a respondent (or an account), and note who was asked."""
    from kamkit.schemes.surveys import read_survey
    from kamkit.tables.forms.survey_form import asked_items, write_survey_forms
    from kamkit.tables.forms.survey_people import survey_guests
    from kamkit.tables.forms.survey_store import is_sample, record_invitations, survey_company

    lang = language(lang)
    with told(lang):
        _allowed(side=(side, SIDES), per=(per, PER))
        today, asked = _day(day), read_survey(_instrument(survey))
        found = survey_company(company)
        accounts = account or ()
        guests = survey_guests(
            found, wave=wave, side=side, day=today, lang=lang, accounts=accounts, most=most,
            items=[key for key, _, _ in asked_items(asked, side)],
        )  # fmt: skip
        files = write_survey_forms(
            asked, guests.people, out, side=side, wave=wave, day=today, lang=lang, per=per,
            force=force,
        )  # fmt: skip
        sample = is_sample(found)
        noted = 0
        if not sample:
            noted = record_invitations(found, guests.people, wave=wave, side=side, day=today)
    values = {"files": len(files), "people": len(guests.people), "folder": out}
    say_line(t("survey.written", lang, **values))
    say_line(t(f"survey.rule_{guests.rule}", lang, most=most, answered=guests.answered, wave=wave))
    say_line(t("survey.not_noted" if sample else "survey.noted", lang, count=noted))


@survey_app.command(name="read", help=say("survey_read"), cls=Command)
def read(
    files: Annotated[list[str], typer.Argument(metavar="FILES")],
    company: Annotated[str, option("survey_company", "--company")],
    survey: Instrument = "relationship_quality",
    day: Day = None,
    replace: Annotated[bool, option("survey_replace", "--replace")] = False,
    lang: Lang = None,
) -> None:
    """Take answers into the company: all or none; reading twice changes nothing."""
    from kamkit.schemes.surveys import read_survey
    from kamkit.tables.forms.survey_store import add_answers, survey_company

    lang = language(lang)
    with told(lang):
        paths = _files(files)
        if not paths:
            raise KamkitError(Problem("survey_no_files", value=", ".join(files)))
        today, asked = _day(day), read_survey(_instrument(survey))
        found = survey_company(company)
        added = add_answers(found, paths, asked, day=today, overwrite=replace)
    if added.problems:
        print_problems(added.problems, lang)
    values = {"files": len(paths), "people": added.people, "new": added.new}
    say_line(t("survey.read", lang, **values, changed=added.changed, known=added.known))
    if today.date() > found.config.as_of and added.new + added.changed:
        say_line(t("survey.after_as_of", lang, as_of=found.config.as_of.isoformat()))


def _instrument(name: str) -> str | Path:
    return Path(name) if name.endswith(".toml") else name


def _allowed(**choices: tuple[str, Iterable[str]]) -> None:
    KamkitError.collect(
        Problem("unknown_option", column=f"--{name}", value=value,
                details={"allowed": ", ".join(allowed)})
        for name, (value, allowed) in choices.items()
        if value not in allowed
    )  # fmt: skip


def _day(said: str | None) -> pd.Timestamp:
    """The day named, else today."""
    import pandas as pd

    if said is None:
        return pd.Timestamp(dt.date.today())
    try:
        return pd.Timestamp(dt.date.fromisoformat(said))
    except ValueError:
        raise KamkitError(Problem("bad_date", column="--day", value=said)) from None


def _files(words: Iterable[str]) -> list[Path]:
    """Forms named, in folders named, or meant by a pattern; a program's lock files are none."""
    found: list[Path] = []
    for word in words:
        path = Path(word)
        if path.is_dir():
            found += sorted(path.glob("*.xlsx"))
        elif any(sign in path.name for sign in "*?") and not path.exists():
            found += sorted(path.parent.glob(path.name))
        else:
            found.append(path)
    return [p for p in dict.fromkeys(found) if not p.name.startswith(("~$", "."))]
