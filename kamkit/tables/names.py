"""Company names without legal form, width, case and punctuation: to find look-alikes."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

import pandas as pd

_NOISE = re.compile(r"[\W_]+")


@cache
def _words() -> dict[str, re.Pattern[str]]:
    """Legal forms at the end of a name, and names that stand for nobody (names.toml)."""
    text = files("kamkit.tables").joinpath("names.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    ends, apart, nobody = ("|".join(lists[k]) for k in ("forms_zh", "forms", "nobody"))
    return {
        "form": re.compile(rf"(?:{ends})$|\b(?:{apart})\b\.?$"),
        "nobody": re.compile(nobody),
    }


def name_key(name: object) -> str:
    """What two spellings of one firm have in common; empty for a missing name.

    >>> name_key("Acme Trading Co., Ltd."), name_key("ＡＣＭＥ trading")
    ('acmetrading', 'acmetrading')
    >>> name_key("银杏机电（上海）股份有限公司") == name_key("银杏机电(上海)有限公司")
    True
    """
    if not isinstance(name, str):
        return ""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    bare, form = text, _words()["form"]
    while True:
        shorter = form.sub("", bare).rstrip(" ,.")
        if shorter == bare:
            break
        bare = shorter
    return _NOISE.sub("", bare) or _NOISE.sub("", text)


def nobody(text: object) -> bool:
    """Whether an id or name is a stand-in, such as 0, unknown or 散客.

    >>> nobody("000"), nobody("散客"), nobody("007")
    (True, True, False)
    """
    if not isinstance(text, str):
        return False
    bare = unicodedata.normalize("NFKC", text).casefold().strip()
    return _words()["nobody"].fullmatch(bare) is not None


def look_alikes(accounts: pd.DataFrame) -> pd.DataFrame:
    """Accounts whose names are the same but for legal form and spelling.

    Needs columns: account_id, name. Returns columns: account_id, name, name_key, sorted by
    key; accounts without a look-alike are left out.
    """
    keys = accounts["name"].map(name_key)
    twins = keys.ne("") & keys.duplicated(keep=False)
    found = accounts.loc[twins, ["account_id", "name"]].assign(name_key=keys[twins])
    return found.sort_values(["name_key", "account_id"], ignore_index=True)
