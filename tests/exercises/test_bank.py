"""Exercise files: complete ones are read, faulty ones named with all their faults at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises import fakes
from kamkit.errors import KamkitError
from kamkit.exercises import bank
from kamkit.exercises.bank import load_bank, load_exercise, make_variant, read_exercise
from kamkit.exercises.bank.shape import FILE
from kamkit.exercises.check import check
from kamkit.exercises.kinds import KINDS
from kamkit.exercises.model import Accept, Variant
from kamkit.i18n import LANGUAGES, describe

FORMAT_1 = Path(__file__).parents[1] / "data" / "exercises" / "format_1.toml"


def faults(of="single", /, drop=(), **changes):
    """Codes and columns of what is wrong with a file, and that both languages can say it."""
    data = {k: v for k, v in (fakes.exercise_data(of) | changes).items() if k not in drop}
    with pytest.raises(KamkitError) as caught:
        bank.exercise_from(data, f"tiny_{of}")
    for lang in LANGUAGES:
        text = describe(caught.value, lang)
        assert "{" not in text.replace("{nothing}", "").replace("{ zh", "").replace("{ a", "")
        assert "Problem “" not in text
    assert all(p.table == f"tiny_{of}.toml" for p in caught.value.problems)
    return [(p.code, p.column) for p in caught.value.problems]


@pytest.mark.parametrize("kind", KINDS)
def test_complete_files_are_read(kind):
    made = fakes.exercise(kind)
    assert made.id == f"tiny_{kind}"
    assert make_variant(made, 5) == made.fixed


def mistake(**changes):
    base = {"id": "x", **fakes.said("错了", "Wrong"), "when": [{"wrong": ["*"]}]}
    return {**base, **changes}


NOTHING = [("exercise_unknown_name", "solution")] * 2
PLACE = {"id": "a", "text": fakes.said("甲", "A")}
FEW = [("exercise_too_few", "samples.right"), ("exercise_too_few", "samples.wrong")]
FAULTS = [
    ({"surprise": 1}, [("exercise_unknown_key", "surprise")]),
    ({"kind": "quiz"}, [("not_allowed", "kind")]),
    ({"behaviour": "exam"}, [("not_allowed", "behaviour")]),
    ({"format": 9}, [("not_allowed", "format")]),
    ({"minutes": 0}, [("option_out_of_range", "minutes")]),
    ({"minutes": 61}, [("option_out_of_range", "minutes")]),
    ({"minutes": True}, [("exercise_type", "minutes")]),
    ({"version": "1"}, [("exercise_type", "version")]),
    ({"s_numbers": ["s33"]}, [("exercise_form", "s_numbers[1]")]),
    ({"s_numbers": "S033"}, [("exercise_type", "s_numbers")]),
    ({"title": {"zh": "题"}}, [("exercise_language", "title")]),
    ({"title": {"zh": "题", "en": " "}}, [("exercise_language", "title")]),
    ({"title": {"zh": "题", "en": "T", "de": "T"}}, [("exercise_unknown_key", "title.de")]),
    ({"title": "题"}, [("exercise_type", "title")]),
    ({"task": {"zh": "Task", "en": "Task"}}, [("exercise_other_language", "task.zh")]),
    ({"task": {"zh": "题", "en": "题"}}, [("exercise_other_language", "task.en")]),
    ({"hints": [fakes.said("提示", "Hint")]}, [("exercise_too_few", "hints")]),
    ({"hints": [fakes.said("提示", "Hint"), {}]}, [("exercise_language", "hints[2]")] * 2),
    ({"mistakes": [mistake()]}, [("exercise_too_few", "mistakes")]),
    ({"id": "other_id"}, [("exercise_name", "id")]),
    ({"id": "../other"}, [("exercise_form", "id"), ("exercise_name", "id")]),
    ({"recipe": "os.system()"}, [("exercise_form", "recipe")]),
    ({"recipe": "no_such.recipe"}, [("exercise_recipe", "recipe")]),
    ({"variants": True}, [("exercise_missing_key", "recipe")]),
    ({"key": {}}, [("exercise_missing_key", "key")]),
    ({"key": {"choice": "z"}}, [("exercise_unknown_name", "key.choice")]),
    ({"key": {"other": "a"}}, [("exercise_unknown_name", "key.other")]),
    ({"traps": {"t": {"choice": "z"}}}, [("exercise_value", "traps.t.choice")]),
    ({"traps": {"t": {"nothing": "a"}}}, [("exercise_unknown_name", "traps.t")]),
    ({"task": fakes.said("{nothing}", "{nothing}")}, None),
    ({"solution": fakes.said("解 {nothing}", "{nothing}")}, NOTHING),
    ({"panel": {"choice": {"a": 0.5}}}, [("exercise_panel_sum", "panel.choice")]),
    ({"panel": {"origin": "guessed"}}, [("not_allowed", "panel")]),
    ({"places": [PLACE, PLACE]}, [("exercise_twice", "places[2]")]),
    ({"places": []}, [("exercise_missing_key", "places")]),
    ({"samples": []}, FEW),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), FAULTS)
def test_fault(changes, expected):
    found = faults(**changes)
    assert expected is None or found == expected


WHEN_FAULTS = [
    ({"trap": "nothing"}, "exercise_unknown_name"),
    ({"parts": {"nothing": "a"}}, "exercise_unknown_name"),
    ({"parts": {"choice": "z"}}, "exercise_value"),
    ({"wrong": ["nothing"]}, "exercise_unknown_name"),
    ({"blank": ["nothing"]}, "exercise_unknown_name"),
    ({"top": "nothing"}, "exercise_unknown_name"),
    ({"direction": "up"}, "exercise_value"),
    ({"scaled": [0]}, "exercise_value"),
    ({"scaled": 10}, "exercise_value"),
    ({"same": False}, "exercise_value"),
    ({"words_any": "x"}, "exercise_value"),
    ({"shorter": "x"}, "exercise_value"),
    ({"wrong": ["*"], "least": 0}, "exercise_value"),
    ({"guess": 1}, "exercise_unknown_key"),
    ({"least": 2}, "exercise_missing_key"),
    ({}, "exercise_missing_key"),
]


@pytest.mark.parametrize(("rule", "code"), WHEN_FAULTS)
def test_fault_of_a_condition(rule, code):
    rest = [mistake(id="y"), mistake(id="z")]
    found = faults(mistakes=[mistake(id="named", when=[rule]), *rest])
    assert code in [c for c, _ in found]


def test_all_faults_at_once():
    found = faults(minutes=99, kind="quiz", surprise=1, drop=("hints", "version"))
    assert {column for _, column in found} == {"minutes", "kind", "surprise", "hints", "version"}


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("number", {"value": {"low": 2, "high": 1}}),
        ("number", {"value": "x"}),
        ("rank", {"order": {"order": [["a"], ["b"]]}}),
        ("rank", {"order": {"order": [["a"], ["b", "c", "a"]]}}),
        ("text", {"text": {"best": "x"}}),
        ("many", {"a": True, "b": "yes"}),
    ],
)
def test_a_key_that_cannot_be_used(kind, key):
    assert "exercise_key" in [code for code, _ in faults(kind, key=key)]


def test_many_needs_a_right_choice():
    assert ("exercise_no_tick", "key") in faults("many", key={"a": False})


def test_an_essay_needs_a_rubric():
    assert faults("essay", rubric=[]) == [("exercise_too_few", "rubric")]


def test_a_poll_needs_no_mistakes():
    assert fakes.exercise("poll", mistakes=[], samples=[]).mistakes == ()


def test_expected_mistakes_and_traps_of_samples_exist():
    samples = fakes.exercise_data("single")["samples"]
    samples[1] = {**samples[1], "expects": "nothing"}
    samples[2] = {"name": "w", "use": "nothing"}
    assert faults(samples=samples) == [
        ("exercise_unknown_name", "samples[2].expects"),
        ("exercise_unknown_name", "samples[3].use"),
    ]


def test_what_hangs_on_a_recipe_is_checked_when_a_variant_is_made(monkeypatch):
    monkeypatch.setattr(bank, "_has_recipe", lambda _: True)
    made = fakes.exercise("single", recipe="fake.one", key={})
    monkeypatch.setattr(bank, "_recipe", lambda _: lambda draw, accounts: Variant(key={}))
    with pytest.raises(KamkitError) as caught:
        make_variant(made, 1)
    assert [p.code for p in caught.value.problems] == ["exercise_missing_key"]
    right = Variant(key={"choice": Accept(any=("b",))}, words={"n": 1})
    monkeypatch.setattr(bank, "_recipe", lambda _: lambda draw, accounts: right)
    assert make_variant(made, 1).places == made.fixed.places


def test_dotted_parts_may_be_written_without_quotes():
    text = "key = { a.profit = 120000, a.sign = 'gain', b.profit = -30000, b.sign = 'loss' }"
    made = fakes.exercise("table", **tomllib.loads(text))
    assert list(made.fixed.key) == ["a.profit", "a.sign", "b.profit", "b.sign"]


@pytest.mark.parametrize(
    "text",
    ["", "= x", "format = 1", "\x00", "[[items]]\nid = 1", "format = 1\nkey = [1]\nmistakes = [1]"],
)
def test_broken_files(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError):
        read_exercise(path)
    path.write_bytes("格式 = 1".encode("gbk"))
    with pytest.raises(KamkitError) as caught:
        read_exercise(path)
    assert caught.value.problems[0].details["reason_key"] == "not_utf8"
    with pytest.raises(KamkitError):
        read_exercise(tmp_path / "nothing.toml")


def test_a_sheet_of_an_odd_shape_is_a_problem_not_a_crash():
    column = {"id": "a", "text": fakes.said("列", "Column")}
    sheet = {"title": fakes.said("表", "Sheet"), "columns": [column], "rows": [1, "x"]}
    with pytest.raises(KamkitError):
        fakes.exercise("single", sheets=[sheet])


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["zh", "en", "id", "any", "order", "x"]), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(kind=st.sampled_from(list(KINDS)), data=st.data())
def test_junk_in_a_file_is_named_never_a_crash(kind, data):
    whole = fakes.exercise_data(kind)
    place = data.draw(st.sampled_from([*FILE]))
    inner = whole.get(place)
    junk = data.draw(JUNK)
    if isinstance(inner, dict) and data.draw(st.booleans()):
        whole[place] = {**inner, data.draw(st.sampled_from([*inner, "x"])): junk}
    elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
        first = {**inner[0], data.draw(st.sampled_from([*inner[0], "x"])): junk}
        whole[place] = [first, *inner[1:]]
    else:
        whole[place] = junk
    try:
        made = bank.exercise_from(whole, f"tiny_{kind}")
    except KamkitError as error:
        assert describe(error, "zh") and describe(error, "en")
        return
    check(made, made.fixed, {"parts": {}})


@pytest.fixture
def small_bank(tmp_path, monkeypatch):
    folder = tmp_path / "题 库" / "m01"
    folder.mkdir(parents=True)
    text = FORMAT_1.read_text(encoding="utf-8")
    for name in ("m01_one", "m01_two"):
        copy = text.replace('id = "format_1"', f'id = "{name}"')
        (folder / f"{name}.toml").write_text(copy, encoding="utf-8")
    monkeypatch.setenv("KAMKIT_BANK", str(folder.parent))
    return folder


def test_the_bank_by_id(small_bank):
    assert list(load_bank()) == ["m01_one", "m01_two"]
    assert load_exercise("m01_one") is load_exercise("m01_one")
    assert load_exercise("m01_two").id == "m01_two"


def test_a_changed_file_is_read_anew(small_bank):
    before = load_exercise("m01_one")
    path = small_bank / "m01_one.toml"
    text = path.read_text(encoding="utf-8").replace("minutes = 6", "minutes = 7")
    path.write_text(text, encoding="utf-8")
    assert (before.minutes, load_exercise("m01_one").minutes) == (6, 7)


@pytest.mark.parametrize("name", ["nothing", "../m01/m01_one", "m01_one.toml", "", "M01_ONE", "*"])
def test_unknown_ids(small_bank, name):
    with pytest.raises(KamkitError) as caught:
        load_exercise(name)
    assert caught.value.problems[0].code == "unknown_exercise"


def test_the_bank_names_the_faults_of_all_its_files(small_bank):
    for name in ("m01_one", "m01_two"):
        path = small_bank / f"{name}.toml"
        text = path.read_text(encoding="utf-8").replace("minutes = 6", "minutes = 0")
        path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        load_bank()
    assert [p.table for p in caught.value.problems] == ["m01_one.toml", "m01_two.toml"]
