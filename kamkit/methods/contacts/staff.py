"""Our own people: what function and level each stands for."""

from __future__ import annotations

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import dates, grades, texts
from kamkit.schemes.contacts import contact_scheme


def staff(members: pd.DataFrame | None) -> pd.DataFrame:
    """Members with function and level, by role where the table doesn't give them.

    Needs member_id; name, role, function, level, left_on where there are. Returns person_id,
    side, name, title, function, level, left_on. Raises KamkitError missing_column.

    >>> members = pd.DataFrame({"member_id": ["M1"], "role": ["sales_director"]})
    >>> staff(members)[["function", "level"]].values.tolist()
    [['sales', 4.0]]
    """
    own = pd.DataFrame({"member_id": []}) if members is None else members
    need_columns(own, "members", ["member_id"])
    role = texts(own, "role")
    roles = contact_scheme().member_roles
    function = role.map({k: r.function for k, r in roles.items()}).astype("str")
    level = role.map({k: float(r.level) for k, r in roles.items()}).astype(float)
    out = pd.DataFrame(
        {
            "person_id": own["member_id"].astype("str"),
            "side": "us",
            "name": texts(own, "name"),
            "title": role,
            "function": texts(own, "function").fillna(function),
            "level": grades(own, "level", 1, 5).fillna(level),
            "left_on": dates(own, "left_on"),
        }
    ).astype({"side": "str"})
    return out.sort_values(["person_id", "left_on"], na_position="first").drop_duplicates(
        "person_id", keep="last", ignore_index=True
    )


def our_people(members: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    """The staff who are still with us at the end of a day."""
    out = staff(members)
    here = out["left_on"].isna() | (out["left_on"] > as_of)
    return out[here].reset_index(drop=True)
