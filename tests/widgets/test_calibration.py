"""The calibration session: what it refuses, records, shows, and takes back."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest
from calibration_case import IDS, NAMES, REASON, session

from kamkit.errors import KamkitError
from kamkit.i18n import LANGUAGES, catalog
from kamkit.tables.schemas import spec
from kamkit.tables.validate import table_problems
from kamkit.widgets.calibration import CalibrationJournal, changes_table
from kamkit.widgets.calibration.journal import COLUMNS, undoable


@pytest.fixture(params=LANGUAGES)
def lang(request):
    return request.param


@pytest.fixture
def meeting(tmp_path, lang):
    found = session(tmp_path / "c.sqlite", lang)
    yield found
    found._journal.close()


def say(meeting, type, **given):
    """One message of the browser and the state that answers it."""
    number = f"{type}{len(meeting.changes)}"
    meeting._heard(None, {"n": number, "type": type, **given}, None)
    assert meeting.state["ack"] == number
    return meeting.state


def record(meeting, after=90, lang="en", **more):
    given = {"member": IDS[2], "part": "duty", "after": after, "by": "B1", "reason": REASON[lang]}
    return say(meeting, "record", **(given | more))


def test_a_change_is_recorded_and_shown(meeting, lang):
    before = {p["id"]: p for p in meeting.state["people"]}
    state = record(meeting, lang=lang)
    assert NAMES[lang][IDS[2]] in state["saved"] and "problem" not in state
    (row,) = meeting.changes.to_dict("records")
    assert (row["member_id"], row["part"], row["after"], row["reason"]) == (
        IDS[2], "duty", 90, REASON[lang],
    )  # fmt: skip
    after = {p["id"]: p for p in state["people"]}
    assert after[IDS[2]]["total"] > before[IDS[2]]["total"]
    assert after[IDS[2]]["was"] == before[IDS[2]]["total"]
    assert after[IDS[0]] == before[IDS[0]]
    assert meeting.result.members.set_index("member_id")["n_changes"][IDS[2]] == 1
    assert len(state["effect"]["managers"]["rows"]) == 3
    assert not any(w in str(state["effect"]["managers"]) for w in NAMES[lang].values())


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"reason": ""}, {"reason"}),
        ({"reason": "too short"}, {"reason"}),
        ({"reason": " \n\t x \u200b"}, {"reason"}),
        ({"after": 101}, {"after"}),
        ({"after": "-1"}, {"after"}),
        ({"after": "nan", "reason": None}, {"after", "reason"}),
        ({"after": {"a": 1}}, {"after"}),
        ({"by": "somebody"}, {"by"}),
        ({"member": "nobody"}, {"after"}),
        ({"part": "kpi"}, {"after"}),
        ({"before": 12.0}, {"after"}),
    ],
)
def test_what_is_missing_is_asked_and_nothing_written(meeting, lang, given, fields):
    state = record(meeting, **given)
    assert set(state["asked"]) == fields
    assert all("{" not in words for words in state["asked"].values())
    assert meeting.changes.empty and "saved" not in state
    (nothing,) = [record(meeting, after=_value(meeting, IDS[2], "duty"))["asked"]]
    assert set(nothing) == {"after"}


def _value(meeting, who, part):
    person = next(p for p in meeting.state["people"] if p["id"] == who)
    return next(p["value"] for p in person["parts"] if p["id"] == part)


def test_a_preview_writes_nothing(meeting):
    state = say(meeting, "preview", member=IDS[2], part="duty", after=95)
    assert "→" in state["preview"] and state["trial"] != state["effect"]
    assert meeting.changes.empty
    assert say(meeting, "preview", member=IDS[2], part="duty", after="")["preview"] is None


def test_taking_back_is_a_row_of_its_own(meeting, lang):
    first = meeting.state["people"]
    record(meeting, after=90)
    record(meeting, after=95)
    older, newer = (c["id"] for c in meeting.state["changes"][::-1])
    assert "→" in say(meeting, "undo", change=older)["problem"]
    assert "saved" in say(meeting, "undo", change=newer)
    assert "problem" in say(meeting, "undo", change=newer)
    assert "saved" in say(meeting, "undo", change=older)
    rows = meeting.changes
    assert rows["after"].tolist()[1:3] == [95, 90] and len(rows) == 4
    assert (rows["reason"].str.len() >= 10).all()
    assert [p["total"] for p in meeting.state["people"]] == [p["total"] for p in first]
    assert [c["undo"] for c in meeting.state["changes"]] == [False] * 4


def test_a_session_goes_on_where_it_was(tmp_path, lang):
    first = session(tmp_path / "c.sqlite", lang)
    record(first)
    second = session(tmp_path / "c.sqlite", lang)
    assert second.state["people"] == first.state["people"]
    record(second, after=80, member=IDS[5])
    record(first, after=70, member=IDS[7])
    assert len(first.changes) == 3 and len(first.state["changes"]) == 3
    stale = record(second, after=60, member=IDS[7], before=_value(second, IDS[7], "duty"))
    assert set(stale["asked"]) == {"after"}


def test_rows_fit_the_table_and_are_never_changed(meeting, tmp_path):
    record(meeting)
    rows = meeting.changes
    assert (
        tuple(rows.columns) == COLUMNS == tuple(c.name for c in spec("calibration_changes").columns)
    )
    assert table_problems(rows, "calibration_changes") == []
    back = pd.read_csv(_csv(meeting, tmp_path))
    assert back["after"].tolist() == [90] and back["reason"].tolist() == rows["reason"].tolist()
    assert changes_table([]).dtypes.to_dict() == rows.dtypes.to_dict()
    with sqlite3.connect(tmp_path / "c.sqlite") as file, pytest.raises(sqlite3.IntegrityError):
        file.execute("UPDATE events SET data = '{}'")
    file.close()


def _csv(meeting, folder):
    path = folder / "c.csv"
    path.write_text(meeting.state["csv"], encoding="utf-8")
    return path


def test_a_fault_of_the_method_writes_nothing(meeting, monkeypatch):
    def refuse(_):
        raise ZeroDivisionError

    monkeypatch.setattr(meeting, "_recompute", refuse)
    assert record(meeting)["problem"]
    assert meeting.changes.empty and (meeting._journal.folder / "kamkit.log").exists()


def test_nobody_is_named_beside_a_letter(meeting, lang):
    page = str(meeting.page)
    assert "B0" not in meeting.page["strip"] and NAMES[lang]["B0"] not in meeting.page["strip"]
    assert set(meeting.page["words"]) >= {
        key.removeprefix("calibration.") for key in catalog(lang) if key.startswith("calibration.")
    }
    assert "{" not in meeting.page["title"] and page


def test_another_period_and_language_are_refused(tmp_path):
    session(tmp_path / "c.sqlite", "en")._journal.close()
    for more in ({"period": "2027H1"}, {"lang": "fr"}):
        with pytest.raises(KamkitError):
            session(tmp_path / "c.sqlite", **({"lang": "en"} | more))


def test_without_deciders_nobody_is_asked(tmp_path):
    meeting = session(tmp_path / "c.sqlite", "en", deciders={})
    assert "saved" in record(meeting, by="")
    assert meeting.changes["changed_by"].isna().all()


def test_undoable_is_the_last_standing_change(tmp_path):
    journal = CalibrationJournal(tmp_path / "c.sqlite", period="p")
    one = journal.record("a", "duty", 1, 2, "r" * 10)
    two = journal.record("a", "duty", 2, 3, "r" * 10)
    other = journal.record("a", "competence", 2, 3, "r" * 10)
    assert undoable(journal.changes()) == {two.change_id, other.change_id}
    journal.record("a", "duty", 3, 2, "r" * 10, undoes=two.change_id)
    assert undoable(journal.changes()) == {one.change_id, other.change_id}
    journal.close()
