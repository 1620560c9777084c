"""Hand-in and the trainer's cohort store, on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kamkit import terminal
from kamkit.i18n import label, number, percent, plain_text, t

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.cohort import CohortStore, Imported

cohort_app = typer.Typer(
    help=terminal.say("cohort"), cls=terminal.Commands, no_args_is_help=True, rich_markup_mode=None
)
Store = Annotated[str | None, terminal.option("store")]
Cohort = Annotated[str, terminal.option("cohort_code")]
EveryCohort = Annotated[str, terminal.option("cohort_code_or_all", "--cohort")]
_EVERY = ""
_STANDING = ["cohort", "trainee", "alias", "last_seen", "tried", "correct", "scored", "mean_score"]
_WHOLE, _MOST_TEXT = 2000, 200


def handin(
    out: Annotated[Path, terminal.option("handin_out")] = Path(),
    own: Annotated[bool, terminal.option("handin_own", "--own")] = False,
    alias: Annotated[bool, terminal.option("handin_alias", "--alias")] = False,
    everyone: Annotated[bool, terminal.option("handin_all", "--all")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Write the hand-in of who sits here, or of everyone on this computer."""
    from kamkit.exercises.desk import desk_of, open_desk, people
    from kamkit.exercises.handin import write_handin

    lang = terminal.language(lang)
    with terminal.told(lang):
        desks = [desk_of(person) for person in people()] if everyone else [open_desk()]
        if everyone:
            out.mkdir(parents=True, exist_ok=True)
        files = [write_handin(desk, out, own=own, named=not alias) for desk in desks]
    for desk, file in zip(desks, files, strict=True):
        terminal.say_line(t("handin.done", lang, who=plain_text(desk.alias), file=file))
    if not files:
        terminal.say_line(t("handin.nobody", lang), err=True)
    raise typer.Exit(0 if files else 1)


def _store(where: str | None) -> CohortStore:
    from kamkit.exercises.cohort import CohortStore
    from kamkit.exercises.desk import home

    return CohortStore(where or os.environ.get("KAMKIT_STORE") or home() / "cohorts.sqlite")


@cohort_app.command(name="import", help=terminal.say("cohort_import"), cls=terminal.Command)
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILES")],
    store: Store = None,
    lang: terminal.Lang = None,
) -> None:
    """Take hand-in files into the store; a bad file is listed, the others come in."""
    from kamkit.exercises.cohort import import_handins

    lang = terminal.language(lang)
    with terminal.told(lang), _store(store) as opened:
        results = import_handins(opened, terminal.files_named(files, "jsonl"))
        where = opened.name
    for result in results:
        _say_imported(result, lang)
    failed = sum(r.failed for r in results)
    new = sum(r.new for r in results)
    done = len(results) - failed
    terminal.say_line(t("cohort.imported", lang, files=done, failed=failed, new=new, store=where))
    raise typer.Exit(1 if failed or not results else 0)


def _say_imported(result: Imported, lang: str) -> None:
    values = {"file": plain_text(result.file), "new": result.new, "known": result.known}
    key = "cohort.file_failed" if result.failed else "cohort.file_done"
    terminal.say_line(t(key, lang, **values, who=plain_text(result.alias)))
    if result.problems:
        terminal.print_problems(result.problems, lang, err=True)


@cohort_app.command(name="list", help=terminal.say("cohort_list"), cls=terminal.Command)
def list_(store: Store = None, cohort: EveryCohort = _EVERY, lang: terminal.Lang = None) -> None:
    """How far everyone is, and who is stuck."""
    from kamkit.exercises.cohort.views import standing

    lang = terminal.language(lang)
    with terminal.told(lang), _store(store) as opened:
        table = standing(opened, cohort)
    several = table["cohort"].nunique() > 1
    _print(table[[c for c in _STANDING if several or c != "cohort"]], lang)
    for row in table[table["stuck"] != ""].to_dict("records"):
        values = {"who": plain_text(row["trainee"]), "exercises": plain_text(row["stuck"])}
        terminal.say_line(t("cohort.stuck", lang, **values))
    terminal.say_line(t("cohort.list_note", lang, n=len(table)))


@cohort_app.command(help=terminal.say("cohort_mistakes"), cls=terminal.Command)
def mistakes(
    cohort: Cohort,
    store: Store = None,
    names: Annotated[bool, terminal.option("names", "--names")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Which named mistakes the room made; names only where they are asked for."""
    from kamkit.exercises.cohort import views

    lang = terminal.language(lang)
    with terminal.told(lang), _store(store) as opened:
        table = views.mistakes(opened, cohort, names=names)
    for row in table.to_dict("records"):
        _say_mistake({str(name): value for name, value in row.items()}, lang)
    terminal.say_line(t("cohort.mistakes_note", lang, n=len(table)))


def _say_mistake(row: dict[str, Any], lang: str) -> None:
    """One mistake: where, how many, in words, and whose if names were asked for."""
    values = {**row, "share": percent(row["share"], lang, 0)}
    terminal.say_line(t("cohort.mistake", lang, **values))
    text = _mistake_text(row["exercise"], row["mistake"], lang)
    for line in (text, plain_text(row.get("names", ""))):
        if line:
            terminal.say_line(f"    {line}")


def _mistake_text(exercise: str, mistake: str, lang: str) -> str:
    """The mistake in words, where the bank (still) has it; figures of a variant are left open."""
    from kamkit.errors import KamkitError
    from kamkit.exercises.bank import load_exercise

    try:
        found = {m.id: m.text.said(lang) for m in load_exercise(exercise).mistakes}
    except KamkitError:
        return ""
    return plain_text(re.sub(r"\{[^{}]*\}", "…", found.get(mistake, "")), most=_MOST_TEXT)


def _print(table: pd.DataFrame, lang: str) -> None:
    """A table on the terminal; in a file or pipe its lines stay whole."""
    from rich.table import Table

    shown = Table(box=None, padding=(0, 2, 0, 0))
    for name in table.columns:
        shown.add_column(label(f"cohort.column.{name}", lang, name), overflow="fold")
    cells = _texts(lang)
    for row in table.to_dict("records"):
        shown.add_row(*(cells(str(name), value) for name, value in row.items()))
    screen = terminal.console()
    if not screen.is_terminal:
        screen.width = _WHOLE
    screen.print(shown)


def _texts(lang: str) -> Callable[[str, Any], str]:
    def text(name: str, value: Any) -> str:
        if name == "mean_score":
            return percent(value, lang) if value == value else number(None, lang)
        if name == "last_seen":
            return str(value)[:16].replace("T", " ")
        return plain_text(value)

    return text


@cohort_app.command(help=terminal.say("cohort_export"), cls=terminal.Command)
def export(
    out: Annotated[Path, terminal.option("export_out")],
    store: Store = None,
    cohort: EveryCohort = _EVERY,
    alias: Annotated[bool, terminal.option("export_alias", "--alias")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Write all attempts as CSV, or all events as JSON lines, by the file's suffix."""
    from kamkit.exercises.cohort.export import export_cohort

    lang = terminal.language(lang)
    with terminal.told(lang), _store(store) as opened:
        rows = export_cohort(opened, out, cohort=cohort, named=not alias)
    terminal.say_line(t("cohort.exported", lang, rows=rows, file=out))


@cohort_app.command(help=terminal.say("cohort_release"), cls=terminal.Command)
def release(exercise: str, cohort: Cohort, lang: terminal.Lang = None) -> None:
    """The code with which trainees see the feedback of an assessed exercise."""
    from kamkit.exercises.bank import load_exercise
    from kamkit.exercises.behaviours import release_code
    from kamkit.exercises.journal.names import identity

    lang = terminal.language(lang)
    with terminal.told(lang):
        found = load_exercise(exercise)
        code = release_code(identity(cohort, "cohort"), found.id)
    title = plain_text(found.title.said(lang))
    terminal.say_line(t("cohort.release", lang, code=code, title=title, cohort=plain_text(cohort)))


@cohort_app.command(help=terminal.say("cohort_wipe"), cls=terminal.Command)
def wipe(
    cohort: str,
    store: Store = None,
    yes: Annotated[bool, terminal.option("yes", "--yes")] = False,
    lang: terminal.Lang = None,
) -> None:
    """Remove a cohort from the store for good."""
    lang = terminal.language(lang)
    with terminal.told(lang), _store(store) as opened:
        held = cohort in opened.cohorts()
        if held and yes:
            count = opened.wipe(cohort)
        where = opened.name
    values = {"cohort": plain_text(cohort), "store": where}
    if not held:
        terminal.say_line(t("cohort.unknown", lang, **values), err=True)
    elif not yes:
        terminal.say_line(t("cohort.wipe_sure", lang, **values), err=True)
    else:
        terminal.say_line(t("cohort.wiped", lang, count=count, **values))
    raise typer.Exit(0 if held and yes else 1)
