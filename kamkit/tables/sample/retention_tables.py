"""The canonical tables of accounts that were simulated month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.tables.sample.finish import finish
from kamkit.tables.sample.world import read_data

if TYPE_CHECKING:
    from kamkit.tables.sample.retention import Run

Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]
CONTACTS = 4
MAIN_PART = 0.5  # of the meetings go to the main contact
_FUNCTIONS = ("purchasing", "engineering", "operations", "general_management")
_LEVELS = (3, 4, 3, 5)


def retention_tables(run: Run) -> dict[str, pd.DataFrame]:
    """All tables of a run by name, with canonical columns and types."""
    size = len(run.begin)
    ids = np.array([f"R{i:04d}" for i in range(1, size + 1)], dtype=object)
    lost_on = _lost_days(run)
    orders = _orders(run, ids, lost_on)
    contacts = _contacts(run, ids)
    interactions = _interactions(run, ids, lost_on, contacts)
    invitations, answers = _survey(run, ids, lost_on, contacts)
    tables = {
        "accounts": _accounts(run, ids),
        "orders": orders,
        "account_years": _years(run, ids, orders, lost_on),
        "contacts": contacts,
        "contact_roles": _roles(run, contacts),
        "ties": _ties(run, contacts),
        "interactions": interactions,
        "survey_invitations": invitations,
        "survey_responses": answers,
        "service_cases": _cases(run, ids, lost_on),
        "account_losses": _losses(run, ids, lost_on),
    }
    return {name: finish(table, name) for name, table in tables.items()}


def _first_days(run: Run) -> Days:
    return run.months.astype("datetime64[D]")


def _lengths(run: Run) -> Ints:
    ends = np.append(run.months[1:], run.months[-1] + 1).astype("datetime64[D]")
    lengths: Ints = (ends - _first_days(run)).astype(np.int64)
    return lengths


def _lost_days(run: Run) -> Days:
    """Day on which each account was lost, NaT where it was not."""
    rng, span = run.rng(1), len(run.months)
    month = np.minimum(run.lost_month, span - 1)
    offset = np.floor(rng.random(len(month)) * _lengths(run)[month]).astype("m8[D]")
    day = _first_days(run)[month] + offset
    return np.where(run.lost_month < span, day, np.datetime64("NaT"))


def _events(run: Run, rate: NDArray[np.float64], lost_on: Days, stream: int) -> tuple[Ints, Days]:
    """Poisson events of an account × month rate, up to the day of the loss: account, day."""
    rng = run.rng(stream)
    span = len(run.months)
    month = np.arange(span)
    here = (month >= run.begin[:, None]) & (month <= run.lost_month[:, None])
    count = rng.poisson(np.where(here, rate, 0.0))
    account = np.repeat(np.repeat(np.arange(len(run.begin)), span), count.ravel())
    at = np.repeat(np.tile(month, len(run.begin)), count.ravel())
    day = _first_days(run)[at] + np.floor(rng.random(len(at)) * _lengths(run)[at]).astype("m8[D]")
    keep = np.isnat(lost_on[account]) | (day < lost_on[account])
    account, day = account[keep], day[keep]
    order = np.lexsort((account, day))
    return account[order], day[order]


def _accounts(run: Run, ids: Ints) -> pd.DataFrame:
    pool = read_data("common")["names"]["animals"]
    names = [pool[i % len(pool)] for i in range(len(ids))]
    since = _first_days(run)[run.begin]
    old = run.begin == 0
    # Those there from the first day on are older than the records, by up to eight years.
    age = np.floor(run.rng(2).random(len(ids)) * 2900).astype("m8[D]")
    return pd.DataFrame(
        {
            "account_id": ids,
            "name_zh": [f"{n[0]}{i + 1:03d}" for i, n in enumerate(names)],
            "name_en": [f"{n[1]} {i + 1:03d}" for i, n in enumerate(names)],
            "name": [f"{n[1]} {i + 1:03d}" for i, n in enumerate(names)],
            "relation": "customer",
            "since": np.where(old, since - age, since),
        }
    )


def _orders(run: Run, ids: Ints, lost_on: Days) -> pd.DataFrame:
    rate = run.rates["orders"][:, None] * np.exp(0.45 * np.clip(run.state, -3, 1.5))
    account, day = _events(run, rate, lost_on, 3)
    amount = run.rates["size"][account] * np.exp(run.rng(4).normal(0, 0.5, len(account)))
    return pd.DataFrame(
        {
            "order_id": [f"SO{i:06d}" for i in range(1, len(account) + 1)],
            "line_no": 1,
            "account_id": ids[account],
            "date": day,
            "amount": np.round(amount, 2),
            "currency": "CNY",
        }
    )


def _years(run: Run, ids: Ints, orders: pd.DataFrame, lost_on: Days) -> pd.DataFrame:
    """Revenue of each finished year, and the account's spend that the share implies."""
    rng = run.rng(5)
    year = pd.to_datetime(orders["date"]).dt.year
    revenue = orders["amount"].groupby([orders["account_id"], year]).sum()
    table = revenue.rename_axis(["account_id", "year"]).rename("revenue").reset_index()
    place = {a: i for i, a in enumerate(ids)}
    account = table["account_id"].map(place).to_numpy()
    month_year = run.months.astype("datetime64[Y]").astype(int) + 1970
    years = np.unique(month_year)
    mean = np.stack([run.state[:, month_year == y].mean(axis=1) for y in years], axis=1)
    state = mean[account, np.searchsorted(years, table["year"].to_numpy())]
    share = run.rates["share"][account] + 0.05 * np.clip(state, -4, 2)
    share = np.clip(share + rng.normal(0, 0.025, len(table)), 0.05, 0.95)
    table["category_spend"] = np.round(table["revenue"] / share, 2)
    last = run.months[-1].astype("datetime64[D]").astype(object)
    finished = table["year"] < last.year + (last.month == 12)
    table["status"] = np.where(finished, "actual", "estimate")
    return table.assign(currency="CNY")


def _contacts(run: Run, ids: Ints) -> pd.DataFrame:
    rng, span = run.rng(6), len(run.months)
    size = len(ids)
    account = np.repeat(np.arange(size), CONTACTS)
    number = np.tile(np.arange(CONTACTS), size)
    # The others leave now and then, which does the relationship no harm.
    leaves = rng.random((size, CONTACTS)) < 0.08
    month = np.where(leaves, rng.integers(0, span, (size, CONTACTS)), span)
    month[:, 0] = run.contact_left
    month = month.ravel()
    day = _first_days(run)[np.minimum(month, span - 1)] + rng.integers(0, 27, len(month)).astype(
        "m8[D]"
    )
    never = (month >= span) | (month > run.lost_month[account])
    return pd.DataFrame(
        {
            "contact_id": [f"{ids[a]}-C{n + 1}" for a, n in zip(account, number, strict=True)],
            "account_id": ids[account],
            "name": [f"{ids[a]}-C{n + 1}" for a, n in zip(account, number, strict=True)],
            "function": np.asarray(_FUNCTIONS, dtype=object)[number],
            "level": np.asarray(_LEVELS)[number],
            "left_on": np.where(never, np.datetime64("NaT"), day),
        }
    )


def _roles(run: Run, contacts: pd.DataFrame) -> pd.DataFrame:
    """Influence and support as judged in the middle of each year."""
    parts = []
    for day in _judged_on(run):
        left = contacts["left_on"].to_numpy().astype("datetime64[D]")
        here = contacts[np.isnat(left) | (left > day)]
        parts.append(
            pd.DataFrame(
                {
                    "account_id": here["account_id"],
                    "contact_id": here["contact_id"],
                    "influence": here["level"],
                    "support": run.rng(7).integers(-1, 3, len(here)),
                    "as_of": day,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _ties(run: Run, contacts: pd.DataFrame) -> pd.DataFrame:
    parts = []
    main = contacts["contact_id"].str.endswith("-C1").to_numpy()
    for day in _judged_on(run):
        left = contacts["left_on"].to_numpy().astype("datetime64[D]")
        there = np.isnat(left) | (left > day)
        here = contacts[there]
        strength = run.rng(8).integers(1, 4, len(contacts)) + main
        parts.append(
            pd.DataFrame(
                {
                    "account_id": here["account_id"],
                    "from_id": "M001",
                    "to_id": here["contact_id"],
                    "from_side": "us",
                    "strength": strength[there],
                    "bond": "value",
                    "as_of": day,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _judged_on(run: Run) -> list[np.datetime64]:
    month = run.months.astype(int) % 12
    return [np.datetime64(m, "D") for m in run.months[month == 5]]


def _interactions(run: Run, ids: Ints, lost_on: Days, contacts: pd.DataFrame) -> pd.DataFrame:
    rate = run.rates["meetings"][:, None] * np.exp(0.5 * np.clip(run.state, -3, 1.5))
    account, day = _events(run, rate, lost_on, 9)
    rng = run.rng(10)
    number = np.where(rng.random(len(account)) < MAIN_PART, 0, rng.integers(1, CONTACTS, len(day)))
    spot = account * CONTACTS + number
    left = contacts["left_on"].to_numpy().astype("datetime64[D]")[spot]
    there = np.isnat(left) | (left > day)
    contact = contacts["contact_id"].to_numpy(object)[spot]
    contact[~there] = None
    channel = np.asarray(["visit", "phone", "email"], dtype=object)[rng.integers(0, 3, len(day))]
    return pd.DataFrame(
        {
            "interaction_id": [f"I{i:06d}" for i in range(1, len(day) + 1)],
            "account_id": ids[account],
            "contact_id": contact,
            "member_id": "M001",
            "date": day,
            "channel": channel,
            "made_by": "human",
        }
    )


def _survey(
    run: Run, ids: Ints, lost_on: Days, contacts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two waves a year, May and November; the customer's side only."""
    rng = run.rng(11)
    lists = read_data("common")["lists"]
    items, reverse = np.asarray(lists["survey_items"], dtype=object), lists["reverse_items"]
    habit = rng.normal(0, 0.4, len(contacts))
    account = np.repeat(np.arange(len(ids)), CONTACTS)
    left = contacts["left_on"].to_numpy().astype("datetime64[D]")
    asked, given = [], []
    for at, month in enumerate(run.months):
        if int(month.astype(int)) % 12 not in (4, 10):
            continue
        day = np.datetime64(month, "D") + np.timedelta64(10, "D")
        there = (np.isnat(left) | (left > day)) & (run.begin[account] < at)
        gone = lost_on[account]
        there &= np.isnat(gone) | (gone > day)
        answers = rng.random(len(contacts)) < 0.6
        wait = rng.integers(1, 18, len(contacts)).astype("m8[D]")
        level = run.rates["mood"][account] + habit + 0.6 * run.state[account, at]
        score = np.clip(np.rint(level[:, None] + rng.normal(0, 0.65, (len(level), 11))), 1, 7)
        score[:, np.isin(items, reverse)] = 8 - score[:, np.isin(items, reverse)]
        wave = f"{str(month)[:4]}H{1 if int(month.astype(int)) % 12 == 4 else 2}"
        asked.append(_invited(contacts, wave, day, answers, wait)[there])
        given.append(_answered(contacts, wave, items, score, there & answers))
    if not asked:
        return _invited(contacts.iloc[:0], "", np.datetime64("NaT"), *_NOBODY), pd.DataFrame(
            columns=["wave", "account_id", "respondent_id", "side", "item", "score"]
        )
    return pd.concat(asked, ignore_index=True), pd.concat(given, ignore_index=True)


_NOBODY = (np.zeros(0, dtype=bool), np.zeros(0, dtype="m8[D]"))


def _invited(
    contacts: pd.DataFrame, wave: str, day: np.datetime64, answers: NDArray[np.bool_], wait: Ints
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "wave": wave,
            "account_id": contacts["account_id"],
            "respondent_id": contacts["contact_id"],
            "side": "customer",
            "invited_on": day,
            "responded_on": np.where(answers, day + wait, np.datetime64("NaT")),
        }
    )


def _answered(
    contacts: pd.DataFrame, wave: str, items: Ints, score: NDArray[np.float64], who: Ints
) -> pd.DataFrame:
    mine = contacts[who]
    return pd.DataFrame(
        {
            "wave": wave,
            "account_id": np.repeat(mine["account_id"].to_numpy(), len(items)),
            "respondent_id": np.repeat(mine["contact_id"].to_numpy(), len(items)),
            "side": "customer",
            "item": np.tile(items, len(mine)),
            "score": score[who].ravel(),
        }
    )


def _cases(run: Run, ids: Ints, lost_on: Days) -> pd.DataFrame:
    rate = run.rates["cases"][:, None] * np.exp(-0.7 * np.clip(run.state, -4, 1.5))
    account, day = _events(run, rate, lost_on, 12)
    rng = run.rng(13)
    close = day + rng.geometric(0.09, len(day)).astype("m8[D]")
    found = np.where(rng.random(len(day)) < 0.3, "us", "customer")
    last = (run.months[-1] + 1).astype("datetime64[D]") - 1
    return pd.DataFrame(
        {
            "case_id": [f"S{i:05d}" for i in range(1, len(day) + 1)],
            "account_id": ids[account],
            "opened_on": day,
            "closed_on": np.where(close <= last, close, np.datetime64("NaT")),
            "severity": rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1], size=len(day)),
            "detected_by": found,
        }
    )


def _losses(run: Run, ids: Ints, lost_on: Days) -> pd.DataFrame:
    at = np.flatnonzero(~np.isnat(lost_on))
    at = at[np.argsort(lost_on[at], kind="stable")]
    reasons = np.asarray(["price", "service", "rival_offer", "own_production"], dtype=object)
    return pd.DataFrame(
        {
            "account_id": ids[at].astype("str"),
            "lost_on": lost_on[at].astype("datetime64[us]"),
            "kind": "full",
            "reason": reasons[run.rng(14).integers(0, len(reasons), len(at))],
        }
    )
