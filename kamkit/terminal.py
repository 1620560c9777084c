"""How the command speaks: language, encoding, problems and usage errors on the terminal."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kamkit.errors import KamkitError, Problem, cause
from kamkit.i18n import LANGUAGES, plain_text, t
from kamkit.workshop import system_language

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

STOPPED = 130  # exit code of a command that Ctrl-C ended
# Typer's usage errors by class name: which sentence tells of them.
_USAGE = {
    "MissingParameter": "usage_missing",
    "NoSuchOption": "usage_no_option",
    "BadOptionUsage": "usage_needs_value",
    "BadParameter": "usage_bad_value",
}
# The help page's own words, as Typer writes them.
_HELP_WORDS = {
    "usage": "Usage:",
    "options": "Options:",
    "arguments": "Arguments:",
    "commands": "Commands:",
    "required": "[required]",
    "default": "[default:",
    "show": "Show this message and exit.",
    "some_options": "[OPTIONS]",
    "some_command": "COMMAND [ARGS]...",
}


def first_language() -> str:
    """Language before any option is read: --lang, else KAMKIT_LANG, else the computer's."""
    asked = [after for word, after in zip(sys.argv, sys.argv[1:], strict=False) if word == "--lang"]
    asked += [word.removeprefix("--lang=") for word in sys.argv if word.startswith("--lang=")]
    for chosen in (*asked, os.environ.get("KAMKIT_LANG")):
        if chosen in LANGUAGES:
            return chosen
    return system_language()


def say(key: str) -> str:
    """Help text of a command or option."""
    return t(f"cli.{key}", first_language())


def option(key: str, *names: str, **limits: Any) -> Any:
    """An option whose help stands in the catalogs."""
    return typer.Option(*names, help=say(key), **limits)


Lang = Annotated[str | None, option("lang")]
Out = Annotated[Path, option("out")]
Force = Annotated[bool, option("force")]


def language(lang: str | None) -> str:
    """The language asked for, else KAMKIT_LANG, else the computer's."""
    chosen = lang or first_language()
    if chosen not in LANGUAGES:
        raise typer.BadParameter(" | ".join(LANGUAGES), param_hint="--lang")
    os.environ["KAMKIT_LANG"] = chosen
    return chosen


def console(*, err: bool = False) -> Console:
    """A terminal writer that takes names from data literally."""
    from rich.console import Console

    return Console(stderr=err, markup=False, highlight=False, emoji=False)


def say_line(text: str, *, err: bool = False) -> None:
    """Print a text; only a true terminal has its lines broken, a file or pipe keeps them whole."""
    screen = console(err=err)
    screen.print(text, soft_wrap=not screen.is_terminal)


def print_problems(problems: tuple[Problem, ...], lang: str, *, err: bool = False) -> None:
    """Print problems, equal ones together: where and how often, then what to do."""
    from rich.padding import Padding
    from rich.text import Text

    from kamkit.i18n import problem_table
    from kamkit.tables import group_problems

    groups = group_problems(problems)
    sentences = problem_table([group.first for group in groups], lang)
    screen = console(err=err)
    whole = not screen.is_terminal
    for group, words in zip(groups, sentences.to_dict("records"), strict=True):
        rest = group.count - len(group.rows)
        more = t("check.more", lang, count=rest) if group.rows and rest else ""
        rows = ", ".join(map(str, group.rows)) + more
        place = ".".join(plain_text(part) for part in (words["table"], words["column"]) if part)
        head = [t(f"check.{words['level']}", lang), words["code"], place]
        head += [f"{t('check.row', lang)} {rows}"] if rows else []
        head += [plain_text(" | ".join(group.values[:3]))]
        screen.print(Text("  ".join(p for p in head if p), style="bold"), soft_wrap=whole)
        advice = Text(f"{words['message']} → {words['advice']}")
        if whole:
            screen.print(Text("    ") + advice, soft_wrap=True)
        else:
            screen.print(Padding(advice, (0, 0, 0, 4)))


@contextmanager
def told(lang: str) -> Iterator[None]:
    """Turn an error into its table of problems, on stderr, and exit code 1."""
    try:
        yield
    except KamkitError as error:
        print_problems(error.problems, lang, err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise  # the reader of a pipe went away: Typer ends quietly
    except OSError as error:
        problem = Problem("file_system", value=error.filename, details=cause(error))
        print_problems((problem,), lang, err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say_line(t("cli.stopped", lang), err=True)
        raise typer.Exit(STOPPED) from None


def files_named(words: Iterable[str], suffix: str) -> list[Path]:
    """Files named, in folders named, or meant by a pattern (Windows leaves that to us).

    What a program keeps beside an open file is none of them.
    """
    found: list[Path] = []
    for word in words:
        path = Path(word)
        if path.is_dir():
            found += sorted(path.glob(f"*.{suffix}"))
        elif any(sign in path.name for sign in "*?") and not path.exists():
            found += sorted(path.parent.glob(path.name))
        else:
            found.append(path)
    return [p for p in dict.fromkeys(found) if not p.name.startswith(("~$", "."))]


def day_named(said: str | None) -> pd.Timestamp:
    """The day that --day names, else today; KamkitError ``bad_date``."""
    import pandas as pd

    if said is None:
        return pd.Timestamp(dt.date.today())
    try:
        return pd.Timestamp(dt.date.fromisoformat(said))
    except ValueError:
        raise KamkitError(Problem("bad_date", column="--day", value=said)) from None


def allowed(**choices: tuple[str, Iterable[str]]) -> None:
    """Check words given to options: name=(word, allowed words); KamkitError ``unknown_option``."""
    KamkitError.collect(
        Problem("unknown_option", column=f"--{name}", value=value,
                details={"allowed": ", ".join(words)})
        for name, (value, words) in choices.items()
        if value not in words
    )  # fmt: skip


def unstoppable_output() -> None:
    """Write a sign for what the terminal's character set lacks, rather than stop.

    A character set that holds no Chinese at all gives way to UTF-8.
    """
    for stream in (sys.stdout, sys.stderr):
        if not hasattr(stream, "reconfigure"):
            continue
        try:
            "客户".encode(stream.encoding)
            stream.reconfigure(errors="replace")
        except UnicodeEncodeError:
            stream.reconfigure(encoding="utf-8", errors="replace")


def _help(text: str) -> str:
    lang = first_language()
    for key, words in _HELP_WORDS.items():
        text = text.replace(words, t(f"cli_help.{key}", lang))
    return text


class Command(TyperCommand):
    """A command whose help page is in the user's language throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return _help(super().get_help(ctx))


class Commands(TyperGroup):
    """The command line as a whole: usage errors in the user's language, exit code 2."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return _help(super().get_help(ctx))

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line."""
        unstoppable_output()
        if not extra.get("standalone_mode", True):
            return super().main(*args, **extra)
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            _tell_usage(error)
            sys.exit(2)


def _tell_usage(error: Any) -> None:
    lang = first_language()
    if type(error).__name__ == "NoArgsIsHelpError":
        say_line(error.format_message(), err=True)
        return
    key = _USAGE.get(type(error).__name__, "usage_other")
    param = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None) or getattr(error, "option_name", None)
    name = hint or (param.get_error_hint() if param is not None else "")
    # Typer's own sentence is English; the last word that it quotes is the user's.
    quoted = re.findall(r"['(]([^'()]*)[')]", error.message)
    said = error.message if hint else quoted[-1] if quoted else ""
    if param is not None and not hint:
        said = t("cli.whole_number", lang)
    values = {"name": plain_text(name).replace("'", ""), "said": plain_text(said)}
    path = error.ctx.command_path if error.ctx else "kamkit"
    say_line(t(f"cli.{key}", lang, **values), err=True)
    say_line(t("cli.usage_help", lang, command=path), err=True)
