"""Tables of a company that forms write to: all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import pandas as pd

from kamkit.errors import KamkitError, Problem, writing
from kamkit.tables.company import Company
from kamkit.tables.loader import DATASETS, find_folder, load, table_file
from kamkit.tables.read import WORKBOOK
from kamkit.tables.write import write_table

_KINDS = {"invited_on": "datetime64[us]", "responded_on": "datetime64[us]",
          "rated_on": "datetime64[us]", "score": "float64"}  # fmt: skip


def company_for(folder: str | Path, needed: Collection[str]) -> Company:
    """A company of which these tables must be sound; errors elsewhere don't matter.

    Raises KamkitError with the errors of those tables.
    """
    company = load(find_folder(folder), strict=False)
    matter = {*needed, Path(WORKBOOK).stem}
    KamkitError.collect(p for p in company.problems if Path(p.table).stem in matter)
    return company


def refuse_sample(company: Company) -> None:
    """Keep the shipped sample companies as they are: KamkitError ``survey_sample``."""
    if is_sample(company):
        raise KamkitError(Problem("survey_sample", value=company.folder.name))


def is_sample(company: Company) -> bool:
    """Whether the company is one of those that the kit ships."""
    return company.folder.resolve().parent == DATASETS.resolve()


class Form(Protocol):
    """A form read back: its file and the id of the company it was made for, if it names one."""

    @property
    def file(self) -> str: ...

    @property
    def company(self) -> str: ...


F = TypeVar("F", bound=Form)


def made_for(company: Company, forms: Iterable[F]) -> tuple[list[F], list[Problem]]:
    """The forms made for this company, and a problem for each other file.

    Two companies may use one id for different people: M001 is somebody else in another one.
    """
    own: list[F] = []
    foreign: dict[str, str] = {}
    for form in forms:
        if form.company in ("", company.config.id):
            own.append(form)
        else:
            foreign[form.file] = form.company
    details = {"company": company.config.id}
    return own, [
        Problem("form_other_company", file, value=other, details=details)
        for file, other in foreign.items()
    ]


def table_or_empty(company: Company, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """A table of the company, or one of these columns without rows."""
    if company.has(name):
        return company.table(name)
    return pd.DataFrame({c: pd.Series([], dtype=_KINDS.get(c, "str")) for c in columns})


def joined(old: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Old rows and new ones; a column that only the new ones have is added.

    >>> old = pd.DataFrame({"a": ["x"]})
    >>> joined(old, pd.DataFrame({"a": ["y"], "b": [1.0]})).to_dict("list")
    {'a': ['x', 'y'], 'b': [nan, 1.0]}
    """
    if rows.empty:
        return old
    more = [c for c in rows.columns if c not in old.columns]
    fresh = rows.reindex(columns=[*old.columns, *more])
    fresh = fresh.astype({c: old[c].dtype for c in old.columns if c in rows.columns})
    if old.empty:
        return fresh
    before = old.copy()
    for name in more:
        before[name] = pd.Series(index=old.index, dtype=fresh[name].dtype)
    return pd.concat([before, fresh], ignore_index=True)


def replace_tables(company: Company, changes: Mapping[str, pd.DataFrame]) -> None:
    """All tables take the place of their files, or none does.

    A sheet of a shared workbook can't be replaced alone: KamkitError ``survey_workbook``.
    """
    targets = {name: table_file(company.folder, name) for name in changes}
    KamkitError.collect(
        Problem("survey_workbook", name) for name, path in targets.items() if path is None
    )
    paths = {name: path for name, path in targets.items() if path is not None}
    parts = {n: p.with_name(f".{p.stem}.part{p.suffix}") for n, p in paths.items()}
    olds = {n: p.with_name(f".{p.stem}.old{p.suffix}") for n, p in paths.items()}
    moved: list[str] = []
    with writing(company.folder):
        try:
            for name, frame in changes.items():
                write_table(frame, parts[name])
            for name, path in paths.items():
                if path.exists():
                    path.replace(olds[name])
                moved.append(name)
                parts[name].replace(path)
        except OSError:
            for name in moved:
                paths[name].unlink(missing_ok=True)
                if olds[name].exists():
                    olds[name].replace(paths[name])
            raise
        finally:
            for leftover in (*parts.values(), *olds.values()):
                leftover.unlink(missing_ok=True)
