"""The network of one account: what was known on a day, who is gone, what is wrong with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import DAY, frames, network_of, random_tables

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.contacts import contact_book, contact_network
from kamkit.methods.contacts import network_of as of_book

TABLES = ("people", "links", "gone", "quality")


def codes(network):
    return network.quality.set_index("code")["n"].to_dict()


def test_the_last_row_up_to_the_day_counts():
    contacts, _, _ = frames({"C1": {}})
    ties = pd.DataFrame(
        {"account_id": "A1", "from_id": "M1", "to_id": "C1", "from_side": "us", "bond": "value",
         "strength": [1, 2, 3, 4], "as_of": [None, "2025-01-01", "2026-01-01", "2027-01-01"]}
    )  # fmt: skip
    roles = pd.DataFrame(
        {"contact_id": "C1", "influence": [2, 5], "as_of": ["2025-01-01", "2026-01-01"]}
    )
    found = {}
    for day in ("2020-01-01", "2025-01-01", "2025-12-31", "2026-06-30"):
        network = contact_network(contacts, roles, ties, account_id="A1", as_of=day)
        found[day] = (network.links["strength"].iloc[0], network.people["influence"].iloc[0])
    assert found["2020-01-01"][0] == 1 and np.isnan(found["2020-01-01"][1])
    assert found["2025-01-01"] == (2, 2) and found["2025-12-31"] == (2, 2)
    assert found["2026-06-30"] == (3, 5)


def test_roles_of_an_opportunity_go_first_where_it_is_asked_for():
    contacts, _, _ = frames({"C1": {}, "C2": {}, "C3": {}})
    roles = pd.DataFrame(
        {"contact_id": ["C1", "C1", "C2", "C3"], "influence": [2, 4, 5, 3],
         "opportunity_id": [None, "O1", "O1", None], "as_of": "2026-05-01"}
    )  # fmt: skip
    plain = contact_network(contacts, roles, account_id="A1", as_of=DAY)
    assert plain.people["influence"].tolist() == [2, 5, 3]
    assert codes(plain)["role_of_opportunity"] == 1
    deal = contact_network(contacts, roles, account_id="A1", as_of=DAY, opportunity_id="O1")
    assert deal.people["influence"].tolist() == [4, 5, 3]
    assert codes(deal)["role_of_account"] == 1
    other = contact_network(contacts, roles, account_id="A1", as_of=DAY, opportunity_id="O2")
    assert np.isnan(other.people["influence"].iloc[1])


def test_who_left_is_gone_with_the_ties():
    roles = {
        "C1": {"influence": 3, "left_on": DAY},
        "C2": {"influence": 3, "left_on": "2026-07-01"},
    }
    ties = [("M1", "C1", 3), ("M2", "C1", 1), ("M1", "C2", 2), ("C1", "C2", 4)]
    network = network_of(roles, ties)
    assert network.people["person_id"].tolist() == ["C2", "M1"]
    assert network.links[["from_id", "to_id"]].values.tolist() == [["M1", "C2"]]
    gone = network.gone.set_index("person_id").loc["C1"]
    assert (gone["ties"], gone["strongest"], gone["known_by"]) == (3, 4, "C2;M1;M2")
    assert codes(network)["tie_to_gone"] == 3


def test_our_people_take_function_and_level_from_the_role_and_leave_too():
    members = pd.DataFrame(
        {"member_id": ["M1", "M2"], "role": ["sales_director", "service_engineer"],
         "left_on": [None, "2026-01-01"]}
    )  # fmt: skip
    network = network_of({"C1": {}}, [("M1", "C1", 1), ("M2", "C1", 2)], members=members)
    ours = network.side("us").iloc[0]
    assert (ours["person_id"], ours["function"], ours["level"]) == ("M1", "sales", 4)
    assert network.gone["person_id"].tolist() == ["M2"]
    assert network.strengths().to_numpy().tolist() == [[1]]


def test_what_is_wrong_is_counted_and_named():
    roles = {
        "C1": {"influence": 9, "support": 0, "as_of": "2025-01-01"},
        "C2": {"influence": 3, "buyer_types": "user", "level": 2, "as_of": "2026-06-01"},
    }
    ties = [("C1", "C1", 3), ("M1", "C9", 2), ("C8", "C1", 2), ("M1", "C1", 7), ("M9", "C2", 1)]
    ties.append(ties[-1])
    members = pd.DataFrame({"member_id": ["M1"]})
    network = network_of(roles, ties, members=members)
    found = codes(network)
    assert found["influence_missing"] == 1 and np.isnan(network.people["influence"].iloc[0])
    assert found["support_missing"] == 1 and found["role_stale"] == 1
    assert found["level_missing"] == 1 and found["buyer_type_missing"] == 1
    assert found["self_tie"] == 1 and found["bad_strength"] == 1 and found["double_tie"] == 1
    assert found["unknown_person"] == 3  # C9, C8 and M9, who stays as ours
    assert set(network.people["person_id"]) == {"C1", "C2", "M9"}
    for code in found:
        assert kamkit.i18n.t(f"network_issue.{code}", "zh", n=1)


def test_nobody_and_one_person():
    empty = contact_network(pd.DataFrame({"contact_id": [], "account_id": []}),
                            account_id="A1", as_of=DAY)  # fmt: skip
    assert empty.people.empty and empty.links.empty and codes(empty) == {"no_people": 1}
    assert empty.strengths().shape == (0, 0)
    one = network_of({"C1": {}})
    assert one.people["person_id"].tolist() == ["C1"] and one.people["influence"].isna().all()
    assert one.people.dtypes.equals(empty.people.dtypes)
    assert one.links.dtypes.equals(empty.links.dtypes) and one.gone.dtypes.equals(empty.gone.dtypes)


def test_errors_name_everything():
    with pytest.raises(KamkitError) as error:
        contact_network(pd.DataFrame({"name": ["x"]}), account_id="A1", as_of=DAY)
    assert {p.column for p in error.value.problems} == {"contact_id", "account_id"}
    contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})
    for day in ("soon", None):
        with pytest.raises(KamkitError):
            contact_network(contacts, account_id="A1", as_of=day)
    with pytest.raises(KamkitError):
        contact_network(contacts, ties=contacts, account_id="A1", as_of=DAY)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_rows_and_later_rows_change_nothing(seed):
    tables = random_tables(seed)
    network = contact_network(*tables.values(), account_id="A1", as_of=DAY)
    mixed = {k: t.sample(frac=1, random_state=seed) for k, t in tables.items()}
    later = mixed["ties"].assign(as_of=pd.Timestamp("2026-07-01"), strength=4)
    mixed["ties"] = pd.concat([mixed["ties"], later])
    before = {k: t.copy() for k, t in mixed.items()}
    again = contact_network(*mixed.values(), account_id="A1", as_of=DAY)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(network, name), getattr(again, name))
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, mixed[name])


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_the_book_of_all_accounts_holds_the_same(seed):
    tables = random_tables(seed)
    book = contact_book(*tables.values(), as_of=DAY)
    for account in ("A0", "A1", "A2"):
        one = contact_network(*tables.values(), account_id=account, as_of=DAY)
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(one, name), getattr(of_book(book, account), name))


def test_the_sample_company():
    company = kamkit.load("elevator")
    book = contact_book(
        company.contacts, company.contact_roles, company.ties, company.members, as_of=DAY
    )
    here = company.contacts["left_on"].isna() | (company.contacts["left_on"] > DAY)
    assert (book.people["side"] == "customer").sum() == here.sum()
    assert book.people["influence"].dropna().between(1, 5).all()
