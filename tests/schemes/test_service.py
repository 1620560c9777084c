"""Service schemes: the kit's, a company's own, and what can be wrong in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kamkit.errors import KamkitError
from kamkit.schemes import (
    load_scheme,
    load_service_scheme,
    read_service_scheme,
    service_hours,
)
from kamkit.schemes.criteria import DATA

SHIPPED = DATA.joinpath("service.toml").read_text(encoding="utf-8")


def own(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SHIPPED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_hours_of_the_levels_add_up_to_those_of_the_tier() -> None:
    scheme = load_service_scheme()
    assert [scheme.hours(t) for t in scheme.tier_ids] == [240, 120, 40, 8]
    assert list(service_hours(load_scheme("elevator")).values()) == [240, 120, 40, 8]


def test_every_figure_says_that_it_is_ours_and_both_languages_are_there() -> None:
    scheme = load_service_scheme()
    parts = (*scheme.dimensions, *scheme.cadences)
    assert all("house" in p.origin or "X28" in p.origin for p in parts)
    for lang in ("zh", "en"):
        assert all(scheme.names(lang).values()) and all(scheme.level_names(lang).values())
    assert "X25" in scheme.note["en"]


def test_floor_holds_and_higher_tiers_never_get_less() -> None:
    for dimension in load_service_scheme().dimensions:
        ids = dimension.level_ids
        places = [ids.index(level) for level in dimension.wanted.values()]
        assert places == sorted(places, reverse=True)
        assert places[-1] >= ids.index(dimension.floor)


def test_cadence_of_visits_follows_the_level() -> None:
    scheme = load_service_scheme()
    visits = scheme.dimension("visits")
    days = {t: visits.level(visits.wanted[t]).days for t in scheme.tier_ids}
    assert dict(scheme.cadence("visit").days) == days
    assert "tier_4" not in scheme.cadence("joint_plan").days


def test_tiers_by_place_and_by_name(tmp_path: Path) -> None:
    scheme = load_service_scheme()
    assert scheme.tier_of(("a", "b", "c", "d", "e"))["e"] == "tier_4"
    named = read_service_scheme(own(tmp_path, ("weight = 2\n", 'weight = 2\nmembers = ["a"]\n')))
    assert named.tier_of(("a", "b")) == {"a": "tier_3", "b": "tier_2"}


def test_a_company_changes_its_figures(tmp_path: Path) -> None:
    path = own(tmp_path, ("hours = 34", "hours = 44"), ("days = 31", "days = 21"))
    scheme = read_service_scheme(path)
    assert scheme.hours("tier_1") == 250 and scheme.cadence("visit").days["tier_1"] == 21
    assert service_hours(load_scheme("elevator"), scheme)["strategic"] == 250


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('floor = "half_year"', 'floor = "quarter"', "service_order"),
        ('wanted = ["month", "six_weeks"', 'wanted = ["quarter", "six_weeks"', "service_order"),
        ('floor = "half_year"', 'floor = "weekly"', "scheme_unknown_reference"),
        ("hours = 34", "hours = -1", "scheme_bad_value"),
        ("respond_days = [5, 4, 3, 2]", "respond_days = [5, 4]", "scheme_bad_value"),
        ('dimension = "visits"\n', 'dimension = "calls"\n', "scheme_unknown_reference"),
        ("days = [14, 30, 60, 120]", "days = [0, 30]", "scheme_bad_value"),
        ("answer_days = 5", "answer_days = -5", "scheme_bad_value"),
        ('id = "tier_2"', 'id = "tier_1"', "scheme_duplicate"),
        ('origin = "S121; house"', 'origin = "the boss"', "scheme_bad_value"),
        ("format = 1", "format = 9", "scheme_format"),
        ('currency = "CNY"\n', "", "scheme_missing_key"),
        ("hours = 34", "hours = 34\ncolour = 1", "scheme_unknown_key"),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, code: str) -> None:
    with pytest.raises(KamkitError) as caught:
        read_service_scheme(own(tmp_path, (old, new)))
    assert code in {p.code for p in caught.value.problems}


def test_unreadable_file_and_unknown_ids(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("id = ", encoding="utf-8")
    with pytest.raises(KamkitError):
        read_service_scheme(path)
    scheme = load_service_scheme()
    for wrong in (lambda: scheme.dimension("x"), lambda: scheme.cadence("x"),
                  lambda: scheme.hours("x"), lambda: scheme.dimensions[0].level("x")):  # fmt: skip
        with pytest.raises(KamkitError):
            wrong()
