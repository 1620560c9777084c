"""The kamkit command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kamkit import terminal
from kamkit.cli_appraisal import appraisal_app
from kamkit.cli_cohort import cohort_app, handin
from kamkit.cli_survey import survey_app
from kamkit.errors import KamkitError, Problem
from kamkit.i18n import plain_text, t

if TYPE_CHECKING:
    from kamkit.reports import Job, Rendered


app = typer.Typer(
    help=terminal.say("app"),
    cls=terminal.Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(name="handin", help=terminal.say("handin"), cls=terminal.Command)(handin)
app.add_typer(cohort_app, name="cohort")
app.add_typer(survey_app, name="survey")
app.add_typer(appraisal_app, name="appraisal")


@app.command(help=terminal.say("check"), cls=terminal.Command)
def check(folder: Path, lang: terminal.Lang = None) -> None:
    """Check a company folder: all problems at once; exit code 1 if there are errors."""
    from kamkit.tables import check_folder

    lang = terminal.language(lang)
    with terminal.told(lang):
        problems = check_folder(folder)
    if problems:
        terminal.print_problems(problems, lang)
    errors = sum(p.level == "error" for p in problems)
    warnings = len(problems) - errors
    terminal.say_line(t("check.result", lang, errors=errors, warnings=warnings))
    raise typer.Exit(1 if errors else 0)


@app.command(help=terminal.say("sample"), cls=terminal.Command)
def sample(
    out: terminal.Out,
    company: Annotated[str, terminal.option("company")] = "elevator",
    seed: Annotated[int, terminal.option("seed")] = 7,
    accounts: Annotated[int, terminal.option("accounts")] = 120,
    force: terminal.Force = False,
    lang: terminal.Lang = None,
) -> None:
    """Write a sample company with planted truths."""
    from kamkit.tables.sample import write_sample

    lang = terminal.language(lang)
    with terminal.told(lang):
        folder = write_sample(company, seed=seed, accounts=accounts, out=out, force=force)
    terminal.say_line(t("sample.done", lang, folder=folder))


@app.command(name="import", help=terminal.say("import"), cls=terminal.Command)
def import_(
    source: Path,
    target: Path,
    profile: Annotated[str, terminal.option("profile")],
    force: terminal.Force = False,
    lang: terminal.Lang = None,
) -> None:
    """Convert a system's export into a company folder; repairs are listed."""
    from kamkit.tables import import_folder

    lang = terminal.language(lang)
    with terminal.told(lang):
        result = import_folder(profile, source, target, force=force)
    rows = sum(result.rows.values())
    if result.problems:
        terminal.print_problems(result.problems, lang)
    terminal.say_line(t("import.done", lang, folder=target, rows=rows, repairs=result.repairs))


@app.command(help=terminal.say("report"), cls=terminal.Command)
def report(
    folder: Path,
    out: terminal.Out,
    template: Annotated[str, terminal.option("template")] = "key_accounts",
    lang: terminal.Lang = None,
    account: Annotated[str | None, terminal.option("account")] = None,
    all_accounts: Annotated[bool, terminal.option("all_accounts")] = False,
    all_members: Annotated[bool, terminal.option("all_members")] = False,
    workers: Annotated[int, terminal.option("workers", min=1, max=61)] = 2,
    force: terminal.Force = False,
    set_: Annotated[list[str] | None, terminal.option("set", "--set", "-p")] = None,
) -> None:
    """Render a report of a company folder with papermill."""
    from kamkit.reports import (
        accounts_jobs,
        check_template,
        company_job,
        members_jobs,
        render,
        render_accounts,
    )

    lang = terminal.language(lang)
    with terminal.told(lang):
        extra = parameters(set_ or [])
        check_template(template, one_account=all_accounts, one_member=all_members)
        if not (all_accounts or all_members):
            job = company_job(folder, out, lang, account=account, template=template, extra=extra)
            done = render(job)
            terminal.say_line(t("report.done", lang, page=done.target, seconds=done.seconds))
            return
        many = members_jobs if all_members else accounts_jobs
        jobs = many(folder, out, lang, extra=extra)
        with progress_bar(jobs) as tick:
            results = render_accounts(
                jobs,
                out,
                workers=workers,
                force=force,
                progress=tick,
                stopping=lambda: terminal.say_line(t("cli.wrap_up", lang), err=True),
            )
    finish(results, lang)


def parameters(pairs: list[str]) -> dict[str, str]:
    """Parameters from name=value words, as text: the template says what type each has."""
    found: dict[str, str] = {}
    problems = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            problems.append(Problem("bad_parameter", value=pair))
        found[name.strip()] = value.strip()
    KamkitError.collect(problems)
    return found


@contextmanager
def progress_bar(jobs: list[Job]) -> Iterator[Callable[[Rendered], None]]:
    """A bar that moves with every finished page."""
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = [*Progress.get_default_columns()[1:2], MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=terminal.console(err=True)) as bar:
        task = bar.add_task("", total=len(jobs))
        yield lambda _: bar.advance(task)


def finish(results: list[Rendered], lang: str) -> None:
    """Say how many pages are done, list the failed ones, exit with 1 if there are any."""
    failed = [r for r in results if r.status == "failed"]
    counts = {s: sum(r.status == s for r in results) for s in ("done", "unchanged", "failed")}
    terminal.say_line(t("report.all_done", lang, **counts))
    for result in failed:
        lines = [plain_text(line, most=2000) for line in result.error.splitlines()]
        terminal.say_line(f"{plain_text(result.account_id)}: " + "\n    ".join(lines), err=True)
    raise typer.Exit(1 if failed else 0)


@app.command(help=terminal.say("workshop"), cls=terminal.Command)
def workshop(
    browser: Annotated[bool, terminal.option("browser")] = True,
    port: Annotated[int | None, terminal.option("port")] = None,
    lang: terminal.Lang = None,
) -> None:
    """Render the sample report and open the course home; Ctrl-C ends it."""
    from kamkit.reports import company_job, is_current, render
    from kamkit.workshop import (
        SAMPLE,
        copy_lessons,
        lab_command,
        project_root,
        remembered_language,
        serve,
    )

    lang = terminal.language(lang or remembered_language())
    with terminal.told(lang):
        root = project_root()
        job = company_job(root / "datasets" / SAMPLE, root / "out" / SAMPLE, lang)
        if not is_current(job):
            terminal.say_line(t("workshop.rendering", lang))
            render(job)
        copied = copy_lessons(root, root / "out" / "workshop")
    terminal.say_line(t("workshop.ready", lang, page=job.target, lessons=len(copied)))
    raise typer.Exit(serve(lab_command(root, lang, browser=browser, port=port), lang))
