"""The figures behind the warning signs; each from tables that hold nothing after the day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import nbinom

from kamkit.methods.retention.known import Tables, dates_of
from kamkit.methods.retention.rhythm import RHYTHM_COLUMNS, rhythm
from kamkit.schemes.surveys import Survey

Limits = Mapping[str, float]
SPREAD_FLOOR = 0.25  # house: cases of accounts differ at least so much (squared coefficient)


def order_events(tables: Tables) -> pd.DataFrame:
    """Account and day of everything bought; credit notes are no orders.

    >>> order_events({}).columns.tolist()
    ['account_id', 'date']
    """
    orders = tables.get("orders")
    if orders is None or not len(orders):
        return pd.DataFrame({"account_id": pd.Series(dtype="str"), "date": _no_dates()})
    on = dates_of(orders, "date")
    keep = on.notna() & orders["account_id"].notna()
    if "amount" in orders.columns:
        keep &= pd.to_numeric(orders["amount"], errors="coerce") > 0
    return pd.DataFrame({"account_id": orders["account_id"], "date": on})[keep]


def human_events(tables: Tables) -> pd.DataFrame:
    """Account, contact and day of what people did; what a system sent does not count.

    >>> human_events({}).columns.tolist()
    ['account_id', 'contact_id', 'date']
    """
    table = tables.get("interactions")
    if table is None or not len(table):
        empty = pd.Series(dtype="str")
        return pd.DataFrame({"account_id": empty, "contact_id": empty, "date": _no_dates()})
    on = dates_of(table, "date")
    keep = on.notna() & table["account_id"].notna()
    if "made_by" in table.columns:
        keep &= ~(table["made_by"] == "system").fillna(False).astype(bool)
    contact = table.get("contact_id", pd.Series(np.nan, index=table.index, dtype="str"))
    frame = {"account_id": table["account_id"], "contact_id": contact, "date": on}
    return pd.DataFrame(frame)[keep]


def _no_dates() -> pd.Series:
    return pd.Series(dtype="datetime64[us]")


def silence_figures(events: pd.DataFrame, day: pd.Timestamp, limits: Limits) -> pd.DataFrame:
    """Rhythm of orders or of dealings, by account_id (the columns of ``rhythm``)."""
    if not len(events):
        return pd.DataFrame(columns=RHYTHM_COLUMNS).set_index("account_id")
    table = rhythm(events, day, years=limits["years"], few=limits["few"])
    return table.set_index("account_id")


def share_figures(tables: Tables) -> pd.DataFrame:
    """Share of wallet in the last finished year and the one before, by account_id.

    Columns: share_before, share_now (0–1), share_year (the last one known of the account). Both
    years must be there, one right after the other; a spend of 0 says nothing.
    """
    years = tables.get("account_years")
    columns = ["share_before", "share_now", "share_year"]
    if years is None or not len(years) or "category_spend" not in years.columns:
        return pd.DataFrame(columns=columns, dtype=float)
    spend = pd.to_numeric(years["category_spend"], errors="coerce")
    revenue = pd.to_numeric(years["revenue"], errors="coerce")
    table = pd.DataFrame(
        {
            "account_id": years["account_id"],
            "year": years["year"].astype(float),
            "share": (revenue / spend.where(spend > 0)).clip(lower=0),
        }
    ).dropna()
    table = table.drop_duplicates(["account_id", "year"], keep="last")
    table = table.sort_values(["account_id", "year"], kind="stable")
    before = table.groupby("account_id")[["year", "share"]].shift()
    newest = float(years["year"].max())
    fit = (table["year"] == newest) & (before["year"] == table["year"] - 1)
    out = table.assign(share_before=before["share"])[fit].set_index("account_id")
    out = out.rename(columns={"share": "share_now", "year": "share_year"})
    return out[columns]


def contact_figures(tables: Tables, day: pd.Timestamp, limits: Limits) -> pd.DataFrame:
    """What part of our dealings went through people who left lately, by account_id.

    A contact counts one, and one more for each meeting, call or mail of ours in the last
    ``meeting_days``. Who left before the window is no longer counted.
    Columns: contacts_left, contacts_known, contact_share_lost (0–1).
    """
    contacts = tables.get("contacts")
    columns = ["contacts_left", "contacts_known", "contact_share_lost"]
    if contacts is None or not len(contacts):
        return pd.DataFrame(columns=columns, dtype=float)
    left = dates_of(contacts, "left_on")
    since = day - pd.Timedelta(days=limits["window_days"])
    there = contacts["account_id"].notna() & (left.isna() | (left > since))
    people = contacts.loc[there, ["contact_id", "account_id"]].assign(gone=left[there].notna())
    people = people.drop_duplicates("contact_id", keep="last")
    met = human_events(tables)
    met = met[met["date"] > day - pd.Timedelta(days=limits["meeting_days"])]
    times = met["contact_id"].dropna().value_counts()
    weight = 1.0 + people["contact_id"].map(times).fillna(0.0).astype(float)
    frame = people.assign(weight=weight, lost=weight.where(people["gone"], 0.0))
    sums = frame.groupby("account_id").agg(
        contacts_left=("gone", "sum"), contacts_known=("gone", "size"),
        weight=("weight", "sum"), lost=("lost", "sum"),
    )  # fmt: skip
    sums["contact_share_lost"] = sums["lost"] / sums["weight"]
    return sums[columns].astype(float)


def complaint_figures(
    tables: Tables, since: pd.Series, day: pd.Timestamp, limits: Limits
) -> pd.DataFrame:
    """Cases raised by the customer lately, beside what its own past lets expect, by account_id.

    ``since``: first day on which each account is on record; it is all that may be expected from.
    The expected number is that of a gamma–Poisson model: the account's own past rate, drawn to
    the company's as if ``few_days`` of it had been seen.
    Columns: cases_now, cases_before, cases_expected, cases_chance (so many or more).
    """
    columns = ["cases_now", "cases_before", "cases_expected", "cases_chance"]
    cases = tables.get("service_cases")
    if cases is None or not len(cases) or not len(since):
        return pd.DataFrame(columns=columns, dtype=float)
    raised = cases
    if "detected_by" in cases.columns:
        raised = cases[~(cases["detected_by"] == "us").fillna(False).to_numpy(bool)]
    age = (day - dates_of(raised, "opened_on")).dt.days
    window, past = limits["window_days"], limits["before_days"]
    ids = since.index
    now = raised.loc[(age >= 0) & (age < window), "account_id"].value_counts()
    older = (age >= window) & (age < window + past)
    earlier = raised.loc[older, "account_id"].value_counts()
    out = pd.DataFrame(
        {
            "cases_now": now.reindex(ids).fillna(0.0).astype(float),
            "cases_before": earlier.reindex(ids).fillna(0.0).astype(float),
        },
        index=ids,
    )
    first = dates_of(cases, "opened_on").min()
    begin = since.clip(lower=first) if pd.notna(first) else since
    seen = ((day - begin).dt.days - window).clip(0, past).astype(float).to_numpy()
    expected, chance = _expected(
        out["cases_now"].to_numpy(), out["cases_before"].to_numpy(), seen, window,
        limits["few_days"],
    )  # fmt: skip
    return out.assign(cases_expected=expected, cases_chance=chance)


def _expected(
    now: NDArray[np.float64], before: NDArray[np.float64], seen: NDArray[np.float64],
    window: float, few_days: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Expected cases in the window and the chance of so many or more (negative binomial)."""
    days = float(seen.sum())
    rate = (float(before.sum()) + 0.5) / max(days, window)  # half a case: a rate is never 0
    shape = rate * few_days
    shape = min(max(shape, 1e-6), 1.0 / SPREAD_FLOOR)
    own_shape, own_days = before + shape, seen + shape / rate
    expected = own_shape / own_days * window
    chance = nbinom.sf(now - 1, own_shape, own_days / (own_days + window))
    # With nothing but a window on record, all there is would be compared with a guess.
    known = seen > 0
    return np.where(known, expected, np.nan), np.where(known, chance, np.nan)


def survey_figures(
    tables: Tables, day: pd.Timestamp, limits: Limits, survey: Survey
) -> pd.DataFrame:
    """How far the customer's scores fell against its earlier waves, by account_id.

    Scores run 0–100 (mean of a respondent's items, reverse-keyed ones turned round). Where
    respondents of the last wave answered before, they are compared with themselves, else all
    with all. The standard error rests on how much respondents of all accounts vary.
    Columns: survey_before, survey_now, survey_fall (points), survey_error, survey_n
    (respondents compared), survey_wave, survey_paired.
    """
    columns = ["survey_before", "survey_now", "survey_fall", "survey_error", "survey_n"]
    columns += ["survey_wave", "survey_paired"]
    people = _respondents(tables, survey)
    waves = _wave_days(tables, day)
    if not len(people) or not len(waves):
        return pd.DataFrame(columns=columns)
    people = people.assign(on=people["wave"].map(waves)).dropna(subset=["on"])
    last = people.groupby("account_id")["on"].transform("max")
    recent = (day - last).dt.days <= limits["latest_days"]
    old_enough = (last - people["on"]).dt.days <= limits["before_days"]
    people = people[recent & old_enough]
    is_last = people["on"] == last[people.index]
    now = people[is_last].drop_duplicates(["account_id", "respondent_id"], keep="last")
    keys = ["account_id", "respondent_id"]
    past = people[~is_last].groupby(keys)["score"].mean().rename("before").reset_index()
    pairs = now.merge(past, on=keys, how="left")
    out = _falls(pairs, past)
    out["survey_wave"] = pairs.groupby("account_id")["wave"].first()
    return out[columns]


def _falls(pairs: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    both = pairs.dropna(subset=["before"])
    paired = both.groupby("account_id").agg(
        survey_before=("before", "mean"), survey_now=("score", "mean"), survey_n=("score", "size")
    )
    change = both["score"] - both["before"]
    noise = _noise(change, both["account_id"])
    paired["survey_error"] = noise / np.sqrt(paired["survey_n"])
    paired["survey_paired"] = True
    rest = pairs[~pairs["account_id"].isin(paired.index)]
    now = rest.groupby("account_id")["score"].agg(["mean", "size"])
    old = past.groupby("account_id")["before"].agg(["mean", "size"])
    both_sides = now.add_suffix("_now").join(old.add_suffix("_old"), how="inner")
    spread = _noise(past["before"], past["account_id"])
    other = pd.DataFrame(
        {
            "survey_before": both_sides["mean_old"],
            "survey_now": both_sides["mean_now"],
            "survey_n": both_sides["size_now"],
            "survey_error": spread
            * np.sqrt(1 / both_sides["size_now"] + 1 / both_sides["size_old"]),
            "survey_paired": False,
        }
    )
    parts = [part for part in (paired, other) if len(part)]
    out = pd.concat(parts) if parts else paired
    out["survey_fall"] = out["survey_before"] - out["survey_now"]
    return out


def _noise(values: pd.Series, account: pd.Series) -> float:
    """Standard deviation within accounts, over all accounts; NaN with fewer than two to pool.

    Where no account holds two respondents, the spread between accounts stands in: too large
    rather than too small.
    """
    mean = values.groupby(account).transform("mean")
    size = values.groupby(account).transform("size")
    freedom = float((1 - 1 / size).sum()) if len(values) else 0.0
    if freedom >= 1:
        return float(np.sqrt(((values - mean) ** 2).sum() / freedom))
    return float(values.std()) if len(values) > 1 else float("nan")


def _respondents(tables: Tables, survey: Survey) -> pd.DataFrame:
    """Score 0–100 of each customer respondent in each wave, from at least half of the items."""
    answers = tables.get("survey_responses")
    empty = pd.DataFrame(columns=["account_id", "respondent_id", "wave", "score"])
    if answers is None or not len(answers):
        return empty
    used = answers["item"].isin(survey.item_ids).to_numpy()
    mine = used & (answers["side"] == "customer").to_numpy()
    table = answers[mine]
    raw = pd.to_numeric(table["score"], errors="coerce")
    low = table["item"].map({item.id: item.low for item in survey.items}).astype(float)
    high = table["item"].map({item.id: item.high for item in survey.items}).astype(float)
    raw = raw.where((raw >= low) & (raw <= high))
    turned = table["item"].isin(survey.reverse_ids)
    point = (raw.mask(turned, low + high - raw) - low) / (high - low) * 100
    keys = ["account_id", "respondent_id", "wave"]
    found = point.groupby([table[k] for k in keys]).agg(["mean", "count"]).reset_index()
    asked = table.groupby("wave")["item"].nunique()
    enough = found["count"] * 2 >= found["wave"].map(asked)
    return found[enough & (found["count"] > 0)].rename(columns={"mean": "score"})[[*keys, "score"]]


def _wave_days(tables: Tables, day: pd.Timestamp) -> pd.Series:
    """First day on which each wave was asked."""
    asked = tables.get("survey_invitations")
    if asked is None or not len(asked):
        return pd.Series(dtype="datetime64[us]")
    on = dates_of(asked, "invited_on")
    return on[on <= day].groupby(asked["wave"]).min()
