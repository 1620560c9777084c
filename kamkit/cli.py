"""The kamkit command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kamkit.cli_cohort import cohort_app, handin
from kamkit.cli_survey import survey_app
from kamkit.errors import KamkitError, Problem
from kamkit.i18n import plain_text, t
from kamkit.terminal import (
    Command,
    Commands,
    Force,
    Lang,
    Out,
    console,
    language,
    option,
    print_problems,
    say,
    say_line,
    told,
)

if TYPE_CHECKING:
    from kamkit.reports import Job, Rendered


app = typer.Typer(
    help=say("app"),
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(name="handin", help=say("handin"), cls=Command)(handin)
app.add_typer(cohort_app, name="cohort")
app.add_typer(survey_app, name="survey")


@app.command(help=say("check"), cls=Command)
def check(folder: Path, lang: Lang = None) -> None:
    """Check a company folder: all problems at once; exit code 1 if there are errors."""
    from kamkit.tables import check_folder

    lang = language(lang)
    with told(lang):
        problems = check_folder(folder)
    if problems:
        print_problems(problems, lang)
    errors = sum(p.level == "error" for p in problems)
    warnings = len(problems) - errors
    say_line(t("check.result", lang, errors=errors, warnings=warnings))
    raise typer.Exit(1 if errors else 0)


@app.command(help=say("sample"), cls=Command)
def sample(
    out: Out,
    company: Annotated[str, option("company")] = "elevator",
    seed: Annotated[int, option("seed")] = 7,
    accounts: Annotated[int, option("accounts")] = 120,
    force: Force = False,
    lang: Lang = None,
) -> None:
    """Write a sample company with planted truths."""
    from kamkit.tables.sample import write_sample

    lang = language(lang)
    with told(lang):
        folder = write_sample(company, seed=seed, accounts=accounts, out=out, force=force)
    say_line(t("sample.done", lang, folder=folder))


@app.command(name="import", help=say("import"), cls=Command)
def import_(
    source: Path,
    target: Path,
    profile: Annotated[str, option("profile")],
    force: Force = False,
    lang: Lang = None,
) -> None:
    """Convert a system's export into a company folder; repairs are listed."""
    from kamkit.tables import import_folder

    lang = language(lang)
    with told(lang):
        result = import_folder(profile, source, target, force=force)
    rows = sum(result.rows.values())
    if result.problems:
        print_problems(result.problems, lang)
    say_line(t("import.done", lang, folder=target, rows=rows, repairs=result.repairs))


@app.command(help=say("report"), cls=Command)
def report(
    folder: Path,
    out: Out,
    template: Annotated[str, option("template")] = "key_accounts",
    lang: Lang = None,
    account: Annotated[str | None, option("account")] = None,
    all_accounts: Annotated[bool, option("all_accounts")] = False,
    workers: Annotated[int, option("workers", min=1, max=61)] = 2,
    force: Force = False,
    set_: Annotated[list[str] | None, option("set", "--set")] = None,
) -> None:
    """Render a report of a company folder with papermill."""
    from kamkit.reports import accounts_jobs, check_template, company_job, render, render_accounts

    lang = language(lang)
    with told(lang):
        extra = parameters(set_ or [])
        check_template(template, one_account=all_accounts)
        if not all_accounts:
            job = company_job(folder, out, lang, account=account, template=template, extra=extra)
            done = render(job)
            say_line(t("report.done", lang, page=done.target, seconds=done.seconds))
            return
        jobs = accounts_jobs(folder, out, lang, extra=extra)
        with progress_bar(jobs) as tick:
            results = render_accounts(
                jobs,
                out,
                workers=workers,
                force=force,
                progress=tick,
                stopping=lambda: say_line(t("cli.wrap_up", lang), err=True),
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
    with Progress(*columns, console=console(err=True)) as bar:
        task = bar.add_task("", total=len(jobs))
        yield lambda _: bar.advance(task)


def finish(results: list[Rendered], lang: str) -> None:
    """Say how many pages are done, list the failed ones, exit with 1 if there are any."""
    failed = [r for r in results if r.status == "failed"]
    counts = {s: sum(r.status == s for r in results) for s in ("done", "unchanged", "failed")}
    say_line(t("report.all_done", lang, **counts))
    for result in failed:
        lines = [plain_text(line, most=2000) for line in result.error.splitlines()]
        say_line(f"{plain_text(result.account_id)}: " + "\n    ".join(lines), err=True)
    raise typer.Exit(1 if failed else 0)


@app.command(help=say("workshop"), cls=Command)
def workshop(
    browser: Annotated[bool, option("browser")] = True,
    port: Annotated[int | None, option("port")] = None,
    lang: Lang = None,
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

    lang = language(lang or remembered_language())
    with told(lang):
        root = project_root()
        job = company_job(root / "datasets" / SAMPLE, root / "out" / SAMPLE, lang)
        if not is_current(job):
            say_line(t("workshop.rendering", lang))
            render(job)
        copied = copy_lessons(root, root / "out" / "workshop")
    say_line(t("workshop.ready", lang, page=job.target, lessons=len(copied)))
    raise typer.Exit(serve(lab_command(root, lang, browser=browser, port=port), lang))
