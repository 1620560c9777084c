"""Which schemes a company works by, and what their classes are meant to get."""

from __future__ import annotations

import pytest

from kamkit.errors import KamkitError
from kamkit.schemes import load_scheme, scheme_ids, schemes_in_force, service_hours


def test_plain_order_of_sales_where_nothing_is_named():
    assert [s.id for s in schemes_in_force()] == ["sales_order"]


def test_first_leads_and_is_not_repeated():
    assert [s.id for s in schemes_in_force(["elevator", "guide"], "guide")] == ["guide", "elevator"]


def test_a_companys_own_file_leads(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("id = 1", encoding="utf-8")
    with pytest.raises(KamkitError):
        schemes_in_force([], str(own))


def test_unknown_scheme_is_refused():
    with pytest.raises(KamkitError) as caught:
        schemes_in_force(["no_such"])
    assert caught.value.problems[0].code == "unknown_scheme"


@pytest.mark.parametrize("scheme_id", scheme_ids())
def test_every_class_has_hours_and_none_gets_more_than_the_class_above(scheme_id):
    hours = list(service_hours(load_scheme(scheme_id)).values())
    assert hours == sorted(hours, reverse=True) and all(h > 0 for h in hours)
