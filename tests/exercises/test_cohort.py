"""The cohort store, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from exercises.stories import answered, room

from exercises import postgres
from kamkit.errors import KamkitError
from kamkit.exercises.cohort import CohortStore, import_handins
from kamkit.exercises.cohort.export import export_cohort
from kamkit.exercises.cohort.views import attempts, mistakes, standing
from kamkit.exercises.handin import Handin, read_handin
from kamkit.exercises.journal.records import event_line
from kamkit.exercises.progress import Event, progress
from kamkit.i18n import describe

DATA = Path(__file__).resolve().parents[1] / "data" / "exercises"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    with postgres.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path) -> str:
    """A store of its own for each test: a file, or a database of the server."""
    if request.param == "sqlite":
        return str(tmp_path / "班 room" / "store.sqlite")
    address = request.getfixturevalue("server")
    login = f"{postgres.USER}:{quote(postgres.PASSWORD, safe='')}@{address}"
    name = f"d{abs(hash(request.node.name))}"
    import pg8000.native

    host, port = address.split(":")
    with pg8000.native.Connection(
        postgres.USER, host=host, port=int(port), password=postgres.PASSWORD, database="postgres"
    ) as admin:
        admin.run(f"DROP DATABASE IF EXISTS {name}")
        admin.run(f"CREATE DATABASE {name}")
    return f"postgresql://{login}/{name}"


@pytest.fixture
def store(where) -> Iterator[CohortStore]:
    with CohortStore(where) as opened:
        yield opened


def handin(events: list[Event], alias: str = "", made_at: str = "2026-06-30") -> Handin:
    cohort, trainee = events[0].cohort, events[0].trainee
    return Handin(cohort, trainee, alias or trainee, made_at, False, made_at, tuple(events))


def event(n: int, kind: str, data: dict, exercise: str = "m01", trainee: str = "李雷") -> Event:
    at = f"2026-06-30T08:00:{n:02d}.000000+00:00"
    sign = trainee.encode().hex()
    return Event(f"{sign}-{n:08d}", n, at, "2026-06", trainee, exercise, 1, kind, data)


def write(path: Path, events: list[Event], alias: str = "") -> Path:
    head = {"format": 1, "kind": "kamkit-handin", "cohort": events[0].cohort}
    head |= {"trainee": events[0].trainee, "alias": alias, "events": len(events)}
    lines = [json.dumps(head), *map(event_line, events)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def code_of(failing) -> str:
    with pytest.raises(KamkitError) as caught:
        failing()
    for lang in ("zh", "en"):
        assert "{" not in describe(caught.value, lang)
    return caught.value.problems[0].code


def test_what_comes_in_comes_out(store):
    events = [
        event(1, "opened", {"variant": {"w": "a\0b 😀 '; DROP TABLE kamkit_events; --"}}),
        event(2, "answered", answered("partial", 0.5, "m_a")),
        event(3, "of a later version", {"x": [1, 2.5, None, True]}),
    ]
    assert store.add(handin(events, "小李")).new == 3
    assert store.events("2026-06") == events
    assert progress(store.events()) == progress(events)
    assert store.cohorts() == ["2026-06"] and store.events("other") == []
    assert store.aliases() == {("2026-06", "李雷"): "小李"}


def test_importing_twice_changes_nothing(store, tmp_path):
    whole = room("2026-06", 3, 4)
    files = [write(tmp_path / f"{n}.jsonl", events) for n, events in enumerate(whole.values())]
    first = import_handins(store, files)
    before = store.events()
    again = import_handins(store, [*files, *files])
    assert [r.new for r in again] == [0] * 6
    assert sum(r.new for r in first) == sum(r.known for r in again[:3]) == len(before)
    assert store.events() == before
    longer = [*whole["学员00"], event(59, "hint", {"n": 1}, "x00", "学员00")]
    assert import_handins(store, [write(files[0], longer)])[0].new == 1


def test_a_bad_file_is_listed_and_the_others_come_in(store, tmp_path):
    whole = room("2026-06", 2, 2)
    files = [write(tmp_path / f"{n}.jsonl", events) for n, events in enumerate(whole.values())]
    (tmp_path / "bad.jsonl").write_bytes(b"\x80\x04 pickle")
    results = import_handins(store, [files[0], tmp_path / "bad.jsonl", tmp_path / "no", files[1]])
    assert [r.failed for r in results] == [False, True, True, False]
    assert [p.code for p in results[1].problems] == ["handin_no_header"]
    assert len(store.aliases()) == 2


def test_a_file_comes_in_wholly_or_not_at_all(store, monkeypatch):
    def fails(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(CohortStore, "_note", fails)
    with pytest.raises(sqlite3.OperationalError):
        store.add(handin([event(1, "hint", {"n": 1})]))
    assert store.events() == []


def test_several_imports_at_once(where):
    whole = list(room("2026-06", 8, 5).values())
    CohortStore(where).close()

    def bring(events: list[Event]) -> int:
        with CohortStore(where) as own:
            return own.add(handin(events)).new + own.add(handin(events)).new

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(bring, whole))
    with CohortStore(where) as own:
        assert sum(counts) == len(own.events()) == sum(map(len, whole))


def test_the_latest_alias_counts(store):
    events = [event(1, "hint", {"n": 1})]
    for made_at, alias in (("2026-06-02", "new"), ("2026-06-01", "old"), ("2026-06-03", "newest")):
        store.add(handin(events, alias, made_at))
    assert store.aliases() == {("2026-06", "李雷"): "newest"}


def test_two_laptops_of_one_trainee_join_by_time(store):
    one = [event(1, "opened", {"variant": {}}), event(4, "answered", answered("correct", 1.0))]
    two = [event(2, "hint", {"n": 1}), event(3, "answered", answered("incorrect", 0.0, "m_a"))]
    for events in (two, one):
        store.add(handin(events))
    assert [e.seq for e in store.events()] == [1, 2, 3, 4]
    assert progress(store.events())["m01"].last.outcome.status == "correct"


def test_standing(store):
    wrong = answered("incorrect", 0.0, "m_a")
    story = [("opened", {"variant": {}}, "a"), ("answered", wrong, "a"), ("hint", {"n": 1}, "a")]
    story += [("answered", wrong, "a"), ("answered", wrong, "a")]
    story += [
        ("answered", answered("partial", 0.5), "b"),
        ("answered", answered("correct", 1.0), "b"),
    ]
    story += [("answered", answered("needs_review", 0.0), "c"), ("draft", {"answer": {}}, "d")]
    store.add(handin([event(n, k, d, x) for n, (k, d, x) in enumerate(story, 1)], "小李"))
    (row,) = standing(store, "2026-06").to_dict("records")
    assert row["last_seen"].startswith("2026-06-30T08:00:09")
    assert (row["alias"], row["tried"], row["correct"], row["scored"]) == ("小李", 3, 1, 2)
    assert (row["mean_score"], row["hints"], row["stuck"]) == (0.5, 1, "a")
    assert list(standing(store, "none").columns) == list(row) and standing(store, "none").empty


def test_an_exercise_of_the_bank_scores_as_its_trainee_sees_it(store, monkeypatch):
    from exercises.fakes import exercise

    from kamkit.exercises.cohort import views

    made = exercise("single", behaviour="tries")
    monkeypatch.setattr(views, "load_exercise", lambda _: made)
    steps = [
        ("opened", {"variant": {"key": {"choice": "b"}}, "behaviour": "tries"}),
        ("hint", {"n": 1}),
    ]
    steps += [("answered", answered("correct", 1.0))]
    store.add(handin([event(n, k, d) for n, (k, d) in enumerate(steps, 1)]))
    assert standing(store).mean_score.tolist() == pytest.approx([0.85])


def test_mistakes_count_people_and_hide_their_names(store):
    for trainee, *outcomes in (
        ("甲", answered("incorrect", 0.0, "m_a", "m_b"), answered("incorrect", 0.0, "m_a")),
        ("乙", answered("incorrect", 0.0, "m_a"), answered("correct", 1.0)),
        ("丙", answered("correct", 1.0)),
        ("丁", answered("partial", 0.4, "m_b")),
    ):
        events = [event(n, "answered", o, "x", trainee) for n, o in enumerate(outcomes, 1)]
        store.add(handin(events))
    table = mistakes(store, "2026-06")
    assert "names" not in table.columns and not table.to_csv().count("甲")
    assert table.mistake.tolist() == ["m_a", "m_b"]
    assert table.trainees.tolist() == [2, 2] and table.tried.tolist() == [4, 4]
    assert table.share.tolist() == [0.5, 0.5] and table.still.tolist() == [1, 1]
    assert mistakes(store, "2026-06", names=True).names.tolist() == ["乙; 甲", "丁; 甲"]
    assert mistakes(store, "none").empty


def test_a_room_of_thirty_over_sixty_exercises(store):
    whole = room("2026-06", 30, 60)
    for events in whole.values():
        store.add(handin(events))
    store.add(handin(room("other", 1, 2, seed=2)["学员00"]))
    table = mistakes(store, "2026-06")
    assert set(table.exercise) == {f"x{x:02d}" for x in range(60)}
    assert table.tried.eq(30).all() and table.share.between(0, 1).all()
    assert len(standing(store, "2026-06")) == 30 and len(standing(store)) == 31
    tried = attempts(store, "2026-06")
    assert len(tried) == sum(e.type == "answered" for events in whole.values() for e in events)


HOSTILE = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", '",x\r\n"', "＝1", "😀", "a;b\tc"]


def test_csv_is_safe_in_a_spreadsheet(store, tmp_path):
    for n, name in enumerate(HOSTILE):
        outcome = answered("partial", 0.5, "m_a")
        outcome["answer"] = {"parts": {"a": name}, "reason": name}
        store.add(handin([event(1, "answered", outcome, "x", f"t{n}")], alias=name))
    out = tmp_path / "out.csv"
    assert export_cohort(store, out) == len(HOSTILE)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for name, cell in row.items() if name != "score"]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "＝"))]
    assert [r["reason"].removeprefix("'") for r in rows] == HOSTILE
    assert {r["score"] for r in rows} == {"0.5"}
    assert export_cohort(store, out, named=False) == len(HOSTILE)
    text = out.read_text(encoding="utf-8-sig")
    assert "t1" not in text and "alias" not in text


def test_jsonl_holds_every_event(store, tmp_path):
    events = [event(1, "team", {"members": ["李雷"]}), event(2, "hint", {"n": 1})]
    store.add(handin(events, "小李"))
    store.add(handin([event(1, "hint", {"n": 1}, "m", "韩梅梅")], "小李"))
    out = tmp_path / "out.jsonl"
    assert export_cohort(store, out, cohort="2026-06") == 3
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["kind"] == "kamkit-cohort" and lines[0]["events"] == 3
    assert [line["id"] for line in lines[1:3]] == [e.id for e in events]
    export_cohort(store, out, named=False)
    text = out.read_text(encoding="utf-8")
    trainees = {json.loads(line).get("trainee") for line in text.splitlines()}
    assert trainees == {None, "小李", "小李 (2)"} and '["1"]' in text
    assert code_of(lambda: export_cohort(store, tmp_path / "out.xls")) == "not_allowed"
    assert code_of(lambda: export_cohort(store, tmp_path / "no" / "o.csv")) == "cannot_write"


def test_a_wiped_cohort_leaves_nothing(where, tmp_path):
    with CohortStore(where) as store:
        for cohort in ("2026-06", "2026-07"):
            for events in room(cohort, 2, 3, seed=ord(cohort[-1])).values():
                store.add(handin(events, f"secret {cohort}"))
        count = len(store.events("2026-06"))
        assert store.wipe("2026-06") == count > 0
        assert store.cohorts() == ["2026-07"] and store.events("2026-06") == []
        assert store.wipe("2026-06") == 0
    if "://" not in where:
        for file in Path(where).parent.iterdir():
            assert b"secret 2026-06" not in file.read_bytes()
            assert file.read_bytes().count(b"secret 2026-07") or file.suffix != ".sqlite"


def test_a_newer_store_is_refused(where):
    with CohortStore(where) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE kamkit_about SET value = '2'")
    assert code_of(lambda: CohortStore(where)) == "store_newer"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("mysql://a:secret@b/c", "store_kind"),
        ("http://example.invalid/x", "store_kind"),
        ("://", "store_kind"),
        ("postgresql://trainer:secret@127.0.0.1:1/room", "store_failed"),
        ("postgresql://trainer:secret@127.0.0.1:port/room", "store_kind"),
    ],
)
def test_a_store_that_cant_be_is_told_without_its_password(where, code):
    with pytest.raises(KamkitError) as caught:
        CohortStore(where)
    assert caught.value.problems[0].code == code
    assert "secret" not in describe(caught.value, "zh") + str(caught.value.problems)


@pytest.mark.parametrize(
    ("login", "said"), [("wrong@{}/postgres", "密码"), ("{right}@{}/nowhere", "没有这个库")]
)
def test_a_login_that_fails_is_told(server, login, said):
    words = login.format(server, right=quote(postgres.PASSWORD, safe=""))
    with pytest.raises(KamkitError) as caught:
        CohortStore(f"postgresql://{postgres.USER}:{words}")
    assert said in describe(caught.value, "zh")


def test_a_file_that_is_no_store_is_told(tmp_path):
    (tmp_path / "letter.sqlite").write_text("Dear Sir, " * 500, encoding="utf-8")
    assert code_of(lambda: CohortStore(tmp_path / "letter.sqlite")) == "store_failed"
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert code_of(lambda: CohortStore(tmp_path / "file" / "a.sqlite")) == "store_failed"


def test_the_first_format_is_read_for_good(store):
    """A hand-in of format 1, as it was written in 2026."""
    found = read_handin(DATA / "handin_1.jsonl")
    assert found.problems == () and len(found.events) == 12
    store.add(found)
    assert progress(store.events()) == progress(found.events)
