"""Sample companies as folders."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.config import FILE, Config, config_text
from kamkit.tables.sample.make import generate
from kamkit.tables.sample.sheets import data_sheet, trainer_sheet
from kamkit.tables.sample.words import LANGUAGES
from kamkit.tables.sample.world import AS_OF, read_data
from kamkit.tables.schemas import spec
from kamkit.tables.write import fill_folder, write_table

FORMATS = ("csv", "parquet", "xlsx")


def _short(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _fixed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Numbers as text: money with two decimals, the rest as short as it goes."""
    write = {"money": "{:.2f}".format, "number": _short, "share": _short}
    changed = {}
    for column in spec(name).columns:
        if column.name in table.columns and column.kind in write:
            changed[column.name] = table[column.name].map(write[column.kind], na_action="ignore")
    return table.assign(**changed)


def write_sample(
    company: str = "elevator",
    seed: int = 7,
    accounts: int = 120,
    out: str | Path = "sample",
    *,
    format: str = "csv",
    orders: int | None = None,
    language: str = "zh",
    force: bool = False,
) -> Path:
    """Make a sample company and write it as a folder; see :func:`generate` for the options.

    The folder holds ``kamkit.toml``, one file per table, DATASHEET and TRAINER in Chinese and
    English. It appears whole or not at all; a folder that holds anything is refused
    (``folder_not_empty``) unless ``force``. Same options, same bytes (CSV).
    Returns the folder.
    Raises KamkitError for wishes that can't be met.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write_sample("it", 3, 20, Path(place) / "it")
    ...     sorted(p.name for p in folder.glob("*.md"))
    ['DATASHEET.en.md', 'DATASHEET.zh.md', 'TRAINER.en.md', 'TRAINER.zh.md']
    """
    if format not in FORMATS:
        allowed = ", ".join(FORMATS)
        raise KamkitError(Problem("sample_format", value=format, details={"allowed": allowed}))
    tables = generate(company, seed=seed, accounts=accounts, orders=orders, language=language)
    own = read_data(company)["company"]
    config = Config(
        id=own["id"],
        currency="CNY",
        as_of=dt.date.fromisoformat(AS_OF),
        name_zh=own["name_zh"],
        name_en=own["name_en"],
        fiscal_year_start=1,
        language=language,
        schemes=tuple(own["schemes"]),
    )
    settings = {"company": company, "seed": seed, "accounts": accounts}

    def fill(folder: Path) -> None:
        (folder / FILE).write_text(config_text(config), encoding="utf-8", newline="\n")
        for name, table in tables.items():
            shown = _fixed(table, name) if format == "csv" else table
            write_table(shown, folder / f"{name}.{format}")
        for lang in LANGUAGES:
            for sheet, text in (("DATASHEET", data_sheet), ("TRAINER", trainer_sheet)):
                path = folder / f"{sheet}.{lang}.md"
                path.write_text(text(tables, settings, lang), encoding="utf-8", newline="\n")

    return fill_folder(Path(out), fill, force=force)
