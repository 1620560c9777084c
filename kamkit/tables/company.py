"""One company: its settings, its tables, and what was found wrong while loading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kamkit.errors import KamkitError, Problem
from kamkit.tables.config import Config
from kamkit.tables.schemas import TABLES, spec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Company:
    """A loaded folder. Tables are attributes: ``company.orders``.

    An absent table raises KamkitError ``table_absent``, which names the modules that need it;
    ``company.has("orders")`` asks first. ``problems`` holds the warnings of a strict load, and
    errors too of a lenient one.
    """

    folder: Path
    config: Config
    tables: Mapping[str, pd.DataFrame]
    problems: tuple[Problem, ...] = ()

    def has(self, *names: str) -> bool:
        """Whether all of these tables are present and hold any row.

        A table without rows is as good as none: nothing can be computed from it.
        """
        return all(name in self.tables and len(self.tables[name]) for name in names)

    @property
    def filled(self) -> dict[str, pd.DataFrame]:
        """The tables that hold any row, by name."""
        return {name: self.table(name) for name in self.tables if self.has(name)}

    def table(self, name: str) -> pd.DataFrame:
        """One table by name; a copy on write, so the company itself never changes."""
        if name in self.tables:
            return self.tables[name].copy(deep=False)
        details = {"modules": ", ".join(spec(name).modules)}
        raise KamkitError(Problem("table_absent", name, details=details))

    def account_names(self, lang: str) -> dict[str, str]:
        """Account id → name in one language, else the name as recorded."""
        return _names(self.accounts, "account_id", lang)

    def member_names(self, lang: str) -> dict[str, str]:
        """Member id → name, likewise; empty where the table is absent."""
        return _names(self.members, "member_id", lang) if self.has("members") else {}

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in TABLES:
            return self.table(name)
        raise AttributeError(f"'Company' object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.tables])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the settings and the table contents.

        The same content gives the same fingerprint from CSV, Parquet and XLSX: it covers
        typed values, not file bytes. Row order counts; column order and the ``[import]`` and
        ``[tables]`` blocks, which say where files came from, don't.
        """
        total = hashlib.sha256(_settings(self.config))
        for name in sorted(self.tables):
            total.update(f"\x00{name}".encode())
            total.update(_contents(self.tables[name]))
        return total.hexdigest()


def _names(table: pd.DataFrame, key: str, lang: str) -> dict[str, str]:
    own = table["name"]
    named = table.get(f"name_{lang}", own)
    return dict(zip(table[key], named.fillna(own), strict=True))


def _settings(config: Config) -> bytes:
    parts = {
        "id": config.id,
        "name_zh": config.name_zh,
        "name_en": config.name_en,
        "currency": config.currency,
        "fiscal_year_start": config.fiscal_year_start,
        "as_of": str(config.as_of),
        "language": config.language,
        "schemes": [_scheme_mark(scheme) for scheme in config.schemes],
        "period": [str(day) for day in config.period or ()],
    }
    return json.dumps(parts, sort_keys=True).encode()


def _scheme_mark(scheme: str) -> str:
    """A scheme by its id, or by the contents of the company's own file."""
    file = Path(scheme)
    if file.suffix != ".toml" or not file.is_file():
        return scheme
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _contents(frame: pd.DataFrame) -> bytes:
    total = hashlib.sha256(str(len(frame)).encode())
    for name in sorted(frame.columns):
        total.update(f"\x00{name}\x00".encode())
        cells = frame[name]
        total.update(cells.isna().to_numpy(dtype="uint8").tobytes())
        if cells.dtype == "str":
            # Lengths before the text: no joining sign could be told from the text itself.
            values = cells.fillna("").tolist()
            total.update(",".join(str(len(v)) for v in values).encode())
            total.update("".join(values).encode("utf-8", "surrogatepass"))
        elif cells.dtype.kind == "M":
            days = cells.astype("datetime64[us]").fillna("1970-01-01").astype("int64")
            total.update(days.to_numpy(dtype="<i8").tobytes())
        else:
            # Adding 0.0 makes -0.0 and 0.0 the same bytes.
            total.update((cells.fillna(0).to_numpy(dtype="<f8") + 0.0).tobytes())
    return total.digest()
