"""The changes of a calibration session: added, safe on the disk, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.journal import SqliteJournal

if TYPE_CHECKING:
    import pandas as pd

KIND, OWNER = "calibration_change", "calibration"
COLUMNS = (
    *("change_id", "period", "member_id", "part", "before", "after", "reason"),
    *("changed_by", "changed_on"),
)
_FORMAT = 1


@dataclass(frozen=True)
class Change:
    """One row of calibration_changes; ``undoes`` names the change that it takes back."""

    change_id: str
    period: str
    member_id: str
    part: str
    before: float
    after: float
    reason: str
    changed_by: str
    changed_on: date
    undoes: str = ""


class CalibrationJournal:
    """The changes of one period in one SQLite file.

    The file is that of the exercise journal: ``record`` returns after the commit, several
    processes may write, a damaged file is recovered. Raises KamkitError as ``SqliteJournal``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = CalibrationJournal(Path(folder) / "c.sqlite", period="2026H1")
    ...     one = journal.record("M1", "duty", 90, 95, "took over two accounts")
    ...     back = journal.record("M1", "duty", 95, 90, "taken back by all", undoes=one.change_id)
    ...     rows = journal.table()
    ...     journal.close()
    >>> rows[["member_id", "before", "after"]].values.tolist()
    [['M1', 90.0, 95.0], ['M1', 95.0, 90.0]]
    """

    def __init__(self, path: str | Path, *, period: str) -> None:
        self.period = period
        self._journal = SqliteJournal(Path(path), cohort=period, trainee=OWNER)

    @property
    def folder(self) -> Path:
        """Where the file stands."""
        return self._journal.path.parent

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What had to be done to read the file."""
        return self._journal.problems

    def record(
        self,
        member_id: str,
        part: str,
        before: float,
        after: float,
        reason: str,
        *,
        changed_by: str = "",
        undoes: str = "",
    ) -> Change:
        """Add one change; it is safe on the disk when this returns."""
        data = {
            "format": _FORMAT, "member_id": member_id, "part": part, "before": float(before),
            "after": float(after), "reason": one_line(reason), "changed_by": changed_by,
            "changed_on": datetime.now().astimezone().date().isoformat(), "undoes": undoes,
        }  # fmt: skip
        event = self._journal.append(KIND, OWNER, _FORMAT, data)
        return _change(event.id, self.period, event.data)

    def changes(self) -> list[Change]:
        """All changes in their order; other processes' among them."""
        events = self._journal.events(OWNER)
        return [_change(e.id, self.period, e.data) for e in events if e.type == KIND]

    def table(self) -> pd.DataFrame:
        """The changes as rows of the table calibration_changes."""
        return changes_table(self.changes())

    def close(self) -> None:
        """Give the file free."""
        self._journal.close()


def one_line(text: str) -> str:
    """A reason as one line without control characters, its own signs kept.

    >>> one_line(" 接手了，\\n四月起 ")
    '接手了， 四月起'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _change(id: str, period: str, data: Any) -> Change:
    if data.get("format", 0) > _FORMAT:
        details = {"found": data["format"], "known": _FORMAT}
        raise KamkitError(Problem("journal_newer", value=period, details=details))
    named = {k: v for k, v in data.items() if k in Change.__dataclass_fields__}
    day = date.fromisoformat(named.pop("changed_on"))
    return Change(change_id=id, period=period, changed_on=day, **named)


def changes_table(changes: list[Change]) -> pd.DataFrame:
    """Changes as rows of calibration_changes: its columns, in its types."""
    import pandas as pd

    rows = pd.DataFrame([asdict(c) for c in changes], columns=list(COLUMNS))
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(("before", "after"), "float64")
    rows["changed_by"] = rows["changed_by"].replace("", None)
    return rows.astype(kinds | {"changed_on": "datetime64[us]"})


def undoable(changes: list[Change]) -> set[str]:
    """Ids of changes that may be taken back: the last one standing of each person and part."""
    standing: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        stack = standing.setdefault((change.member_id, change.part), [])
        if change.undoes in stack:
            stack.remove(change.undoes)
        elif not change.undoes:
            stack.append(change.change_id)
    return {stack[-1] for stack in standing.values() if stack}
