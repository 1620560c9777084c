"""The canonical tables as data: what columns each holds, of what type, key and range."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kamkit.errors import KamkitError, Problem

_LINE = re.compile(
    r"^(?P<type>id|text|date|money|number|int|share|bool|tags|enum:(?P<options>[\w|]+?))"
    r"(?P<must>!?)"
    r"(?:\s+\[(?P<low>[^,\]]*),(?P<high>[^\]]*)\])?"
    r"(?:\s+->\s+(?P<table>\w+)\.(?P<column>\w+))?$"
)
_DTYPES = {
    "id": "str",
    "text": "str",
    "tags": "str",
    "enum": "str",
    "date": "datetime64[us]",
    "money": "float64",
    "number": "float64",
    "share": "float64",
}

# Modules of the kit that compute with a table; see the module map.
_MODULES = {
    "accounts": "M1 M5 M6 M8 M13 M14",
    "account_years": "M1 M5 M8",
    "orders": "M1 M5 M10 M13",
    "category_spend": "M5",
    "cost_drivers": "M5",
    "investments": "M5",
    "contacts": "M4 M6 M13",
    "contact_roles": "M6",
    "ties": "M4 M6 M13",
    "joint_teams": "M4",
    "sponsors": "M4 M6",
    "stage_views": "M4",
    "decision_profiles": "M6",
    "entry_steps": "M6",
    "members": "M2 M3 M8 M15",
    "territories": "M3 M8",
    "opportunities": "M2 M8 M9",
    "stage_events": "M2",
    "snapshots": "M2",
    "interactions": "M4 M6 M10",
    "survey_invitations": "M4 M10",
    "survey_responses": "M4 M10",
    "service_cases": "M10",
    "feedback": "M10 M12",
    "care_plan": "M10",
    "service_uptake": "M10",
    "account_losses": "M10",
    "winback_cases": "M10",
    "criterion_ratings": "M1 M5",
    "competitor_ratings": "M5 M7",
    "scheme_assignments": "M1 M14",
    "ratings": "M3",
    "duty_ratings": "M3",
    "calibration_changes": "M3",
    "development_actions": "M3",
    "trainings": "M3",
    "team_pulse": "M3 M15",
    "efficacy": "M3",
    "advancement": "M3",
    "role_profiles": "M3",
    "targets": "M3 M8",
    "kpi_values": "M3 M8",
    "goals": "M8",
    "actions": "M8 M13",
    "pay_plans": "M3",
    "risks": "M13",
    "projects": "M9",
    "milestones": "M9",
    "gate_answers": "M9",
    "contracts": "M9",
    "dealers": "M12",
    "dealer_ratings": "M12",
    "dealer_years": "M12",
    "dealer_events": "M12",
}


@dataclass(frozen=True)
class ColumnSpec:
    """One column: its type, whether every cell must be filled, allowed values, reference."""

    name: str
    kind: str
    must: bool = False
    options: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    refers: tuple[str, str] | None = None

    @property
    def dtype(self) -> str:
        """The pandas type: whole numbers and yes/no are nullable where cells may be empty.

        >>> spec("account_years").column("year").dtype, spec("contacts").column("level").dtype
        ('int64', 'Int64')
        """
        if self.kind == "int":
            return "int64" if self.must else "Int64"
        if self.kind == "bool":
            return "bool" if self.must else "boolean"
        return _DTYPES[self.kind]

    @property
    def allowed(self) -> str:
        """What a cell may hold, in signs rather than words; empty where anything goes.

        >>> spec("contacts").column("level").allowed, spec("ties").column("bond").allowed
        ('1 … 5', 'personal, value')
        """
        if self.options:
            return ", ".join(self.options)
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"≥ {self.low:g}"
        return f"≤ {self.high:g}" if self.low is None else f"{self.low:g} … {self.high:g}"


@dataclass(frozen=True)
class TableSpec:
    """One table: its key and its columns."""

    name: str
    key: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    modules: tuple[str, ...] = ()

    def column(self, name: str) -> ColumnSpec | None:
        """The column of that name, or None.

        >>> spec("orders").column("amount").kind
        'money'
        """
        return next((c for c in self.columns if c.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in order.

        >>> spec("milestones").names
        ('project_id', 'milestone', 'planned_on', 'actual_on')
        """
        return tuple(c.name for c in self.columns)


def _end(text: str | None) -> float | None:
    return float(text) if text and text.strip() else None


def parse_column(name: str, line: str) -> ColumnSpec:
    """One line of schemas.toml.

    >>> parse_column("support", "int [-2,2]").low
    -2.0
    """
    found = _LINE.match(line)
    if found is None:
        raise KamkitError(Problem("bad_schema", column=name, value=line))
    kind = "enum" if found["options"] else found["type"]
    low, high = _end(found["low"]), _end(found["high"])
    if kind == "share":
        low, high = 0.0 if low is None else low, 1.0 if high is None else high
    return ColumnSpec(
        name=name,
        kind=kind,
        must=bool(found["must"]),
        options=tuple(found["options"].split("|")) if found["options"] else (),
        low=low,
        high=high,
        refers=(found["table"], found["column"]) if found["table"] else None,
    )


def parse_tables(tree: Mapping[str, Any]) -> dict[str, TableSpec]:
    """All tables of a parsed schema file, by name.

    >>> parse_tables({"a": {"key": ["id"], "columns": {"id": "id!"}}})["a"].key
    ('id',)
    """
    return {
        name: TableSpec(
            name=name,
            key=tuple(body["key"]),
            columns=tuple(parse_column(c, line) for c, line in body["columns"].items()),
            modules=tuple(_MODULES.get(name, "").split()),
        )
        for name, body in tree.items()
    }


@cache
def _all() -> dict[str, TableSpec]:
    text = files("kamkit.tables").joinpath("schemas.toml").read_text(encoding="utf-8")
    return parse_tables(tomllib.loads(text))


TABLES: tuple[str, ...] = tuple(_all())


def spec(name: str) -> TableSpec:
    """What table ``name`` holds.

    Raises KamkitError ``unknown_table`` for a name that is no canonical table.

    >>> spec("orders").key
    ('order_id', 'line_no')
    """
    if name not in _all():
        raise KamkitError(
            Problem("unknown_table", table=name, details={"allowed": ", ".join(TABLES)})
        )
    return _all()[name]


def split_tags(value: object) -> tuple[str, ...]:
    """The parts of a tags cell; none for a missing one.

    >>> split_tags("user;economic"), split_tags(float("nan"))
    (('user', 'economic'), ())
    """
    if not isinstance(value, str):
        return ()
    return tuple(part for part in (p.strip() for p in value.split(";")) if part)
