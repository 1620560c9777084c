"""The hand-in: what is on screen is what is handed in; reading takes nothing on trust."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from exercises.stories import STORIES, answered
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.exercises import handin as module
from kamkit.exercises.desk import Desk, Person
from kamkit.exercises.handin import (
    handin_name,
    handin_text,
    read_handin,
    shareable,
    write_handin,
)
from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.progress import progress
from kamkit.i18n import problem_table

OWN_ROWS = [{"name": "秘密客户"}]


class FakeDesk(Desk):
    """A desk whose journal is not shared with other tests of the process."""

    @property
    def journal(self) -> SqliteJournal:
        return SqliteJournal(self.file, cohort=self.cohort, trainee=self.trainee)


def desk_in(folder: str | Path, trainee: str = "李雷", alias: str = "小李") -> Desk:
    return FakeDesk(Path(folder), Person("2026-06", trainee, alias, "zh"), True)


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = desk_in(tmp_path)
    journal = desk.journal
    journal.append("opened", "m01", 1, {"variant": {"key": {}}, "seed": 4, "own": False})
    journal.append("draft", "m01", 1, {"answer": {"parts": {"a": "1\u2028"}}})
    journal.append("answered", "m01", 1, answered("partial", 0.5, "m_a"))
    journal.append("own_accounts", data={"rows": OWN_ROWS}, private=True)
    journal.append("opened", "m01", 1, {"variant": {"w": "秘密客户"}, "own": True}, private=True)
    journal.append("answered", "m01", 1, answered("correct", 1.0))
    journal.append("team", "m02", 1, {"name": "A 组", "members": ["李雷", "韩梅梅"]})
    by = {**answered("correct", 1.0)}
    by["answer"] = {**by["answer"], "by": "韩梅梅"}
    journal.append("answered", "m02", 1, by)
    return desk


def codes(problems) -> list[str]:
    for lang in ("zh", "en"):
        assert not problem_table(problems, lang).message.str.contains("{", regex=False).any()
    return [p.code for p in problems]


def refused(source) -> list[str]:
    with pytest.raises(KamkitError) as caught:
        read_handin(source)
    return codes(caught.value.problems)


@settings(max_examples=80, deadline=None)
@given(STORIES, st.booleans())
def test_what_is_on_screen_is_handed_in(story, own):
    with TemporaryDirectory() as folder:
        desk = desk_in(folder)
        for kind, exercise, data, private in story:
            desk.journal.append(kind, exercise, 1, data, private=private)
        found = read_handin(handin_text(desk, own=own))
        events = desk.journal.events()
        assert found.problems == ()
        assert list(found.events) == shareable(events, own=own)
        assert progress(found.events) == progress(shareable(events, own=own))
        without_own = all(not e.data.get("own") for e in events if e.type == "opened")
        if without_own:
            assert progress(found.events) == progress([e for e in events if own or not e.private])


def test_own_accounts_stay_unless_sent(desk):
    text = handin_text(desk)
    assert "秘密客户" not in text and len(read_handin(text).events) == 5
    whole = handin_text(desk, own=True)
    assert "秘密客户" in whole and len(read_handin(whole).events) == 8
    assert read_handin(whole).own and not read_handin(text).own


def test_an_exercise_on_sample_data_again_is_handed_in(desk):
    desk.journal.append("opened", "m01", 1, {"variant": {"key": {}}, "seed": 5, "own": False})
    desk.journal.append("answered", "m01", 1, answered("incorrect", 0.0))
    assert len(read_handin(handin_text(desk)).events) == 7


def test_under_an_alias_no_name_is_left(desk):
    text = handin_text(desk, own=True, named=False)
    assert "李雷" not in text and "韩梅梅" not in text
    found = read_handin(text)
    assert (found.trainee, found.alias, found.problems) == ("小李", "小李", ())
    team = progress(found.events)["m02"]
    assert team.team["members"] == ["1", "2"] and team.last.answer["by"] == "2"


def test_the_file_is_readable_and_whole(desk, tmp_path):
    target = write_handin(desk, tmp_path)
    assert target.name == handin_name(desk)
    assert target.name.startswith("handin_2026-06_小李_20")
    lines = target.read_bytes().decode("utf-8").splitlines
    assert read_handin(target) == read_handin(target.read_bytes())
    header = json.loads(target.read_text(encoding="utf-8").split("\n")[0])
    assert header["kind"] == "kamkit-handin" and header["events"] == 5 and lines
    body = target.read_bytes().split(b"\n", 1)[1]
    assert header["sha256"] == hashlib.sha256(body).hexdigest()
    again = write_handin(desk, tmp_path / "mine.jsonl")
    assert read_handin(again).events == read_handin(target).events
    assert not list(tmp_path.glob(".*"))


def test_two_of_one_alias_do_not_overwrite_each_other(tmp_path):
    names = {handin_name(desk_in(tmp_path, t, "小李")) for t in ("李雷", "李蕾")}
    assert len(names) == 2


def test_a_target_that_cant_be_written_is_told(desk, tmp_path):
    with pytest.raises(KamkitError) as caught:
        write_handin(desk, tmp_path / "no" / "such" / "a.jsonl")
    assert codes(caught.value.problems) == ["cannot_write"]


def test_mail_and_notepad_do_no_harm(desk):
    text = handin_text(desk)
    plain = read_handin(text)
    assert read_handin(b"\xef\xbb\xbf" + text.encode()) == plain
    assert read_handin(text.replace("\n", "\r\n")) == plain
    assert read_handin(text.rstrip("\n")) == plain


def test_a_file_cut_at_any_byte_is_read_as_far_as_it_goes(desk):
    content = handin_text(desk).encode("utf-8")
    whole = read_handin(content)
    first = content.index(b"\n")
    chance = random.Random(7)
    cuts = {*chance.sample(range(len(content)), 250), first, first + 1, len(content) - 1}
    for cut in sorted(cuts):
        if cut < first:
            assert refused(content[:cut]) == ["handin_no_header"]
            continue
        found = read_handin(content[:cut])
        assert list(found.events) == list(whole.events[: len(found.events)])
        complete = content[:cut].count(b"\n") - 1 if cut > first else 0
        assert len(found.events) in (complete, complete + 1)
        assert found.problems or found.events == whole.events


def line(**changes) -> str:
    event = {
        "format": 1, "id": "11111111-aaaa", "seq": 1, "at": "2026-06-30T08:00:00.000000+00:00",
        "cohort": "2026-06", "trainee": "李雷", "exercise": "m", "version": 1, "type": "draft",
        "private": False, "data": {"answer": {}},
    }  # fmt: skip
    return json.dumps({**event, **changes})


def header(**changes) -> str:
    said = {"format": 1, "kind": "kamkit-handin", "cohort": "2026-06", "trainee": "李雷"}
    return json.dumps({**said, "alias": "小李", **changes})


@pytest.mark.parametrize(
    "bad",
    [
        "", "{", "[]", "null", "7", "\x00", "[" * 100_000, '{"a":' * 50_000, '{"data": NaN}',
        line(seq=-1), line(seq=True), line(seq="1"), line(seq=2**60), line(seq=1.5),
        line(at="yesterday"), line(at="2026-06-30"), line(id="../../x"), line(id="'; DROP TABLE"),
        line(id=""), line(id=None), line(trainee="\u202eabc"), line(cohort=""), line(data=[]),
        line(data=None), line(private="no"), line(type=""), line(type="x" * 200), line(type=3),
        line(exercise="a\nb"), line(version=None), line(format="1"), line(data={}),
        line(type="answered", data={"answer": {}}),
        line(type="answered", data={"answer": {}, "outcome": {"status": "correct"}}),
        line(type="answered", data=answered("correct", 7.0)),
        line(type="answered", data=answered("perfect", 1.0)),
        line(type="answered", data={**answered("correct", 1.0), "answer": "x"}),
        line(type="hint", data={"n": "many"}), line(type="hint", data={"n": 1e999}),
        line(type="opened", data={"seed": "x"}), line(type="marked", data={}),
        line(data={"answer": {"a": "x" * 1_100_000}}),
        line(data={"n": 0}).replace('"n": 0', '"n": 1' + "0" * 5000),
    ],
    ids=lambda text: text[:24] or "empty",
)  # fmt: skip
def test_a_bad_line_is_named_and_the_good_ones_are_kept(bad):
    good = [line(id=f"1111111{n}-aaaa", seq=n) for n in (1, 3)]
    found = read_handin("\n".join([header(events=3), good[0], bad, good[1], ""]))
    assert [e.seq for e in found.events] == [1, 3]
    (first, *rest) = found.problems
    assert (first.code, first.row, first.level) == ("handin_bad_line", 3, "warning")
    assert codes(rest) == ["handin_changed"]


def test_types_of_later_versions_are_kept():
    found = read_handin(f"{header()}\n{line(type='levitated', data={'x': 1})}\n")
    assert [e.type for e in found.events] == ["levitated"]


def test_changed_and_borrowed_lines_are_named():
    text = "\n".join([header(events=3), line(), line(), line(id="22222222", trainee="韩梅梅"), ""])
    found = read_handin(text)
    assert codes(found.problems) == ["handin_twice", "handin_other_person", "handin_changed"]
    assert len(found.events) == 1


def test_a_changed_answer_is_noticed(desk):
    text = handin_text(desk)
    changed = text.replace('"score":0.5', '"score":0.9')
    assert changed != text
    assert codes(read_handin(changed).problems) == ["handin_changed"]


def test_many_bad_lines_are_counted():
    found = read_handin("\n".join([header(), *["x"] * 90]))
    assert len(found.problems) == 22 and "handin_more_bad" in codes(found.problems)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "handin_no_header"),
        (b"\xff\xfe\x00", "handin_no_header"),
        (b"[1]", "handin_no_header"),
        (b"PK\x03\x04 a zip", "handin_no_header"),
        (b"\x80\x04\x95 a pickle", "handin_no_header"),
        (header(kind="other").encode(), "handin_no_header"),
        (header(cohort="").encode(), "handin_no_header"),
        (header(trainee="x" * 200).encode(), "handin_no_header"),
        (header(format=2).encode(), "handin_newer"),
        (header(format="x").encode(), "handin_newer"),
    ],
)
def test_what_is_no_handin_is_refused(content, code):
    assert refused(content) == [code]


def test_sizes_are_limited(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILE_BYTES", 1000)
    with pytest.raises(KamkitError) as caught:
        handin_text(desk)
    assert codes(caught.value.problems) == ["handin_too_large"]
    (tmp_path / "big.jsonl").write_bytes(b"x" * 1001)
    assert refused(tmp_path / "big.jsonl") == ["handin_too_large"]
    assert refused(tmp_path / "none.jsonl") == ["unreadable_file"]
    assert refused(tmp_path) == ["unreadable_file"] or refused(tmp_path) == ["handin_too_large"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 5000), st.integers(0, 400))
def test_noise_in_a_file_never_stops_the_reader(noise, at, length):
    text = "\n".join([header(events=9), *[line(id=f"1111111{n}", seq=n) for n in range(9)], ""])
    content = text.encode()
    spoiled = content[:at] + noise + content[at + length :]
    try:
        found = read_handin(spoiled)
    except KamkitError as error:
        assert codes(error.problems)
    else:
        assert all(asdict(e)["trainee"] == "李雷" for e in found.events)
        assert found.problems or spoiled == content or len(found.events) <= 9
