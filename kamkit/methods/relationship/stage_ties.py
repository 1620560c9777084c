"""What the ties of many accounts say about their structure, for many variants of them at once."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TIE_INDICATORS = (
    *("any_ties", "threads", "main_tie", "our_people", "their_people", "functions_known"),
    *("functions_them", "functions_us", "direct_functions", "levels_them", "levels_us"),
    *("top_linked", "broker_share", "main_contact_share", "personal_only"),
)
BOARD = "board"


@dataclass(frozen=True)
class Part:
    """Things within accounts (people, functions, levels) and the thread that leads to each.

    ``code`` is -1 where the thread's own is not recorded; ``known`` says for each account
    whether it is recorded anywhere.
    """

    code: Ints
    account: Ints
    known: Flags


@dataclass(frozen=True)
class StageTies:
    """Ties between us and the customers, sorted by account, our person, contact and bond.

    ``thread`` numbers the pairs of people; the parts hold one code a thread. ``owner`` is the
    code of the account manager among ``ours``, -1 where none is named or tied.
    """

    accounts: tuple[str, ...]
    links: pd.DataFrame
    strength: Floats
    personal: Flags
    value: Flags
    link_account: Ints
    thread_start: Ints
    thread_account: Ints
    ours: Part
    theirs: Part
    functions: Part
    functions_us: Part
    levels: Part
    levels_us: Part
    top: Flags
    top_known: Flags
    owner: Ints
    functions_known: Floats


def stage_ties(
    people: pd.DataFrame,
    links: pd.DataFrame,
    accounts: Sequence[str],
    *,
    owners: Mapping[str, str] | None = None,
    top_level: float = 5,
) -> StageTies:
    """Ties of us with the customers' people as arrays.

    Needs columns: people account_id, person_id, side, function, level; links account_id,
    from_id, to_id, from_side, bond, strength, last_contact (as of ``contact_book``).
    ``owners``: the account manager's id by account.

    >>> people = pd.DataFrame({"account_id": "A", "person_id": ["C1", "M1"],
    ...     "side": ["customer", "us"], "function": ["quality", None], "level": [2.0, None]})
    >>> links = pd.DataFrame({"account_id": ["A"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "bond": ["value"], "strength": [3.0], "last_contact": [pd.NaT]})
    >>> stage_ties(people, links, ["A"]).functions.code.tolist()
    [0]
    """
    names = tuple(accounts)
    mine = links[(links["from_side"] == "us") & links["account_id"].isin(names)]
    mine = mine.assign(_a=pd.Index(names).get_indexer(pd.Index(mine["account_id"])))
    mine = mine.sort_values(["_a", "from_id", "to_id", "bond"]).reset_index(drop=True)
    pair = mine[["_a", "from_id", "to_id"]]
    start = np.flatnonzero(~pair.duplicated().to_numpy())
    threads = mine.iloc[start]
    account = threads["_a"].to_numpy(np.int64)
    here = people[people["account_id"].isin(names)]
    customers = here[here["side"] == "customer"]
    them = _looked_up(customers, threads["account_id"], threads["to_id"])
    us = _looked_up(here[here["side"] == "us"], threads["account_id"], threads["from_id"])
    ours = _part(account, threads["from_id"], len(names))
    top_known = _known(customers, names, "level") | _known(customers, names, "function")
    known = customers.groupby("account_id")["function"].nunique().reindex(list(names))
    some = _known(customers, names, "function") | ~_known(customers, names, "person_id")
    return StageTies(
        accounts=names,
        links=mine.drop(columns="_a"),
        strength=mine["strength"].to_numpy(float),
        personal=(mine["bond"] == "personal").to_numpy(bool),
        value=(mine["bond"] == "value").to_numpy(bool),
        link_account=mine["_a"].to_numpy(np.int64),
        thread_start=start,
        thread_account=account,
        ours=ours,
        theirs=_part(account, threads["to_id"], len(names)),
        functions=_part(account, them["function"], len(names)),
        functions_us=_part(account, us["function"], len(names)),
        levels=_part(account, them["level"], len(names)),
        levels_us=_part(account, us["level"], len(names)),
        top=(them["level"].ge(top_level) | them["function"].eq(BOARD)).to_numpy(bool),
        top_known=top_known,
        owner=_owner(account, threads["from_id"], ours, names, owners or {}),
        functions_known=np.where(some, known.fillna(0).to_numpy(float), np.nan),
    )


def _looked_up(people: pd.DataFrame, account: pd.Series, person: pd.Series) -> pd.DataFrame:
    """Function and level of the people at one end of the threads."""
    index = pd.MultiIndex.from_frame(people[["account_id", "person_id"]])
    at = index.get_indexer(pd.MultiIndex.from_arrays([account, person]))
    found = people[["function", "level"]].reset_index(drop=True).reindex(at)
    return found.reset_index(drop=True)


def _part(account: Ints, name: pd.Series, accounts: int) -> Part:
    """Codes of the pairs (account, name), in the order of accounts and names."""
    given = name.notna().to_numpy()
    keys = pd.MultiIndex.from_arrays([account[given], name[given].astype("str")])
    code = np.full(len(account), -1, dtype=np.int64)
    codes, found = pd.factorize(keys, sort=True)
    code[given] = codes
    places = np.asarray([a for a, _ in found], dtype=np.int64)
    known, tied = np.zeros(accounts, dtype=bool), np.zeros(accounts, dtype=bool)
    known[places], tied[account] = True, True
    return Part(code, places, known | ~tied)


def _known(people: pd.DataFrame, names: tuple[str, ...], column: str) -> Flags:
    held = people.loc[people[column].notna(), "account_id"].unique()
    return np.asarray(pd.Index(names, dtype="str").isin(held), dtype=bool)


def _owner(
    account: Ints,
    person: pd.Series,
    ours: Part,
    names: tuple[str, ...],
    owners: Mapping[str, str],
) -> Ints:
    found = np.full(len(names), -1, dtype=np.int64)
    wanted = np.array([owners.get(name) for name in names], dtype=object)
    hit = person.to_numpy(object) == wanted[account]
    found[account[hit]] = ours.code[hit]
    return found


def structure(ties: StageTies, strength: Floats, live_from: float) -> dict[str, Floats]:
    """Each indicator as accounts × variants, for strengths given as ties × variants.

    A thread is as strong as the strongest tie of its pair. Unknown is NaN: shares without a
    thread, and counts of functions or levels where none is recorded for the account.

    Source: S103 (what the drawings show); what is counted, house.
    """
    size, width = len(ties.accounts), strength.shape[1]
    if not len(ties.strength):
        return _nothing(ties, size, width)
    best = np.maximum.reduceat(strength, ties.thread_start, axis=0)
    live, whole = best >= live_from, _sums(ties.thread_account, size)
    threads = whole @ live.astype(float)
    ours = _sums(ties.ours.code, len(ties.ours.account)) @ live.astype(float)
    theirs = _sums(ties.theirs.code, len(ties.theirs.account)) @ live.astype(float)
    broker = _broker(ties, ours)
    direct = live & ~broker[ties.ours.code]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            "broker_share": whole_of(ties.ours.account, ours * broker, size) / threads,
            "main_contact_share": _largest(ties.theirs.account, theirs, size) / threads,
            "personal_only": _personal_only(ties, strength, live_from, whole),
        }
    found = {
        "any_ties": whole @ (best >= 1).astype(float),
        "threads": threads,
        "main_tie": _largest(ties.thread_account, best, size),
        "our_people": whole_of(ties.ours.account, ours > 0, size),
        "their_people": whole_of(ties.theirs.account, theirs > 0, size),
        "functions_known": np.repeat(ties.functions_known[:, None], width, axis=1),
        "functions_them": _distinct(ties.functions, live, size),
        "functions_us": _distinct(ties.functions_us, live, size),
        "direct_functions": _distinct(ties.functions, direct, size),
        "levels_them": _distinct(ties.levels, live, size),
        "levels_us": _distinct(ties.levels_us, live, size),
    }
    top = whole @ (live & ties.top[:, None]).astype(float) > 0
    found["top_linked"] = np.where(ties.top_known[:, None] | top, top.astype(float), np.nan)
    return {key: (found | shares)[key] for key in TIE_INDICATORS}


def _nothing(ties: StageTies, size: int, width: int) -> dict[str, Floats]:
    """No tie of ours is recorded anywhere: counts are 0, shares unknown."""
    none = {key: np.zeros((size, width)) for key in TIE_INDICATORS}
    for key in ("broker_share", "main_contact_share", "personal_only"):
        none[key] = np.full((size, width), np.nan)
    none["functions_known"] = np.repeat(ties.functions_known[:, None], width, axis=1)
    return none


def _sums(code: Ints, size: int) -> csr_array:
    """A matrix that adds up rows by their code; code -1 is left out."""
    at = np.flatnonzero(code >= 0)
    return csr_array((np.ones(len(at)), (code[at], at)), shape=(size, len(code)))


def whole_of(account: Ints, rows: npt.NDArray[np.generic], size: int) -> Floats:
    """Rows added up by account.

    >>> whole_of(np.array([0, 0, 1]), np.array([[1.0], [2.0], [5.0]]), 2).ravel().tolist()
    [3.0, 5.0]
    """
    found: Floats = _sums(account, size) @ rows.astype(float)
    return found


def _distinct(part: Part, live: Flags, size: int) -> Floats:
    """How many different codes have a live thread; NaN where none is recorded."""
    linked = _sums(part.code, len(part.account)) @ live.astype(float) > 0
    return np.where(part.known[:, None], whole_of(part.account, linked, size), np.nan)


def _largest(account: Ints, rows: Floats, size: int) -> Floats:
    """The largest row of each account (rows are sorted by account); 0 where it has none."""
    found = np.zeros((size, rows.shape[1]))
    if len(account):
        start = np.flatnonzero(np.r_[True, np.diff(account) > 0])
        found[account[start]] = np.maximum.reduceat(rows, start, axis=0)
    return found


def _broker(ties: StageTies, counts: Floats) -> Flags:
    """Who of ours is the account manager: the one named if tied, else the one with most threads.

    Of several with as many threads the first id counts, so that one person is meant.
    """
    people = len(counts)
    rank = counts * people - np.arange(people)[:, None] % people
    named = ties.owner[ties.owner >= 0]
    rank[named] += np.where(counts[named] > 0, (people + 1.0) * (counts.max() + 1), 0)
    size = len(ties.accounts)
    top = np.full((size, counts.shape[1]), -np.inf)
    start = np.flatnonzero(np.r_[True, np.diff(ties.ours.account) > 0])
    top[ties.ours.account[start]] = np.maximum.reduceat(rank, start, axis=0)
    found: Flags = rank == top[ties.ours.account]
    return found


def _personal_only(ties: StageTies, strength: Floats, live_from: float, whole: csr_array) -> Floats:
    """Share of live threads that only a personal tie keeps alive, of those of a known bond."""
    warm = strength >= live_from
    personal = np.maximum.reduceat(warm & ties.personal[:, None], ties.thread_start, axis=0)
    value = np.maximum.reduceat(warm & ties.value[:, None], ties.thread_start, axis=0)
    found: Floats = (whole @ (personal & ~value).astype(float)) / (
        whole @ (personal | value).astype(float)
    )
    return found


def judged_again(
    strength: Floats, account: Ints, names: Sequence[str], draws: int, seed: int
) -> Floats:
    """Strengths as another judge might give them: a grade less, the same or a grade more.

    Each is equally likely; what is recorded as 0 stays 0. Rows are sorted by ``account`` (places
    in ``names``). Every account has draws of its own, so that others change nothing.

    >>> judged_again(np.array([0.0, 2.0]), np.array([0, 0]), ["A"], 4, 0).shape
    (2, 4)
    """
    shift = np.zeros((len(strength), draws), dtype=np.int8)
    held = np.unique(account)
    ends = np.searchsorted(account, held, side="right")
    for place, high in zip(held, ends, strict=True):
        low = int(np.searchsorted(account, place))
        rng = np.random.default_rng([seed, zlib.crc32(names[place].encode())])
        shift[low:high] = rng.integers(-1, 2, (high - low, draws), dtype=np.int8)
    found = strength[:, None] + shift
    np.clip(found, 0, 4, out=found)
    found[strength == 0] = 0
    return found


def one_left_out(ties: StageTies) -> tuple[Floats, Ints]:
    """Strengths with one tie of each account taken away, and which variant takes a tie away.

    Variant j takes away the j-th tie of every account that has as many; an account's further
    variants leave it as it is.
    """
    size = len(ties.strength)
    first = np.searchsorted(ties.link_account, ties.link_account)
    place = np.arange(size) - first
    found = np.repeat(ties.strength[:, None], place.max(initial=-1) + 1, axis=1)
    found[np.arange(size), place] = 0
    return found, place
