"""Signs that a relationship comes apart: ties gone cold, people gone, teams that stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.methods.relationship.stage_indicators import alive_teams
from kamkit.schemes.relationship import RelationshipScheme

SIGNS = ("ties_cooled", "people_left", "teams_ended")
COLUMNS = ["account_id", "decay_sign", "share", "hits", "n", "limit", "flag", "variant", "origin"]
ORIGIN = "field:McDonald & Woodburn 2007; house"
_PAIR = ["account_id", "from_id", "to_id"]


def decay_signs(
    people: pd.DataFrame,
    links: pd.DataFrame,
    gone: pd.DataFrame,
    before: pd.DataFrame | None,
    joint_teams: pd.DataFrame | None,
    accounts: Sequence[str],
    as_of: pd.Timestamp,
    scheme: RelationshipScheme,
) -> pd.DataFrame:
    """Three signs of decay an account, each a share with its house limit.

    ``people``, ``links``, ``gone`` from a ``contact_book`` of the day; ``before``: links of a
    book one look-back earlier, where there is one. ties_cooled: threads live then or now that
    have fallen below live or had no contact for too long. people_left: threads that ended with
    contacts who left in between; it also counts where the strongest tie went with them.
    teams_ended: joint teams alive then or begun since that ended or stopped meeting.

    Where ties are recorded and none was live there was nothing to lose, which is no sign.

    Returns columns account_id, decay_sign, share (0–1), hits, n (threads, teams), limit, flag
    (NA where nothing is known), variant, origin.
    """
    limits = scheme.limits
    now = _threads(links)
    past = _threads(before) if before is not None else now.iloc[:0]
    staff = people[people["side"] != "competitor"]
    parts = [
        _cooled(now, past, staff, accounts, as_of, limits["live_strength"], limits["stale_days"]),
        _left(now, past, gone, accounts, as_of, limits["live_strength"], limits["look_back_days"]),
        _teams(joint_teams, accounts, as_of, limits["stale_days"], limits["look_back_days"]),
    ]
    shares = ("cooled_share", "left_share", "team_share")
    out = []
    for sign, part, key in zip(SIGNS, parts, shares, strict=True):
        hits, n = part["hits"].to_numpy(float), part["n"].to_numpy(float)
        share = np.divide(hits, n, out=np.full(len(n), np.nan), where=n > 0)
        flag = pd.array(part["main"].to_numpy(bool) | (share >= limits[key]), dtype="boolean")
        flag[np.isnan(share)] = pd.NA
        flag[(n == 0) & part["nothing"].to_numpy(bool)] = False
        out.append(
            pd.DataFrame(
                {
                    "account_id": pd.Series(list(accounts), dtype="str"), "decay_sign": sign,
                    "share": share, "hits": hits.astype(int), "n": n.astype(int),
                    "limit": float(limits[key]), "flag": flag, "variant": part["variant"],
                    "origin": ORIGIN,
                }
            )
        )  # fmt: skip
    table = pd.concat(out, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(accounts)), len(SIGNS)), kind="stable")
    return table.iloc[order].reset_index(drop=True)[COLUMNS]


def disintegrating(signs: pd.DataFrame, accounts: Sequence[str], needed: float) -> pd.Series:
    """Whether enough signs of decay stand; NA where unknown signs could decide it."""
    flags = signs["flag"]
    found = pd.DataFrame(
        {
            "account_id": signs["account_id"],
            "yes": flags.fillna(False).astype(int),
            "maybe": flags.fillna(True).astype(int),
        }
    )
    counts = found.groupby("account_id")[["yes", "maybe"]].sum().reindex(list(accounts))
    result = (counts["yes"] >= needed).astype("boolean")
    unsure = (counts["yes"] < needed) & (counts["maybe"] >= needed)
    return result.mask(unsure).reset_index(drop=True)


def _threads(links: pd.DataFrame) -> pd.DataFrame:
    """Our threads: strongest tie and last contact of each pair."""
    ours = links[links["from_side"] == "us"]
    best = ours.groupby(_PAIR).agg(strength=("strength", "max"), last=("last_contact", "max"))
    return best.reset_index()


def _cooled(
    now: pd.DataFrame,
    past: pd.DataFrame,
    staff: pd.DataFrame,
    accounts: Sequence[str],
    as_of: pd.Timestamp,
    live: float,
    stale: float,
) -> pd.DataFrame:
    """Threads between people who are both still there that were live and no longer are."""
    both = now.merge(past, on=_PAIR, how="outer", suffixes=("", "_then"))
    recorded = set(both["account_id"])
    here = set(zip(staff["account_id"], staff["person_id"], strict=True))
    for end in ("from_id", "to_id"):
        ends = zip(both["account_id"], both[end], strict=True)
        both = both[np.fromiter((e in here for e in ends), bool, len(both))]
    was, still = both["strength_then"] >= live, both["strength"] >= live
    silent = (as_of - both["last"]).dt.days > stale
    fell = was & ~still
    known = fell | (still & (both["last"].notna() | was))
    hit = fell | (still & silent)
    counted = pd.DataFrame({"account_id": both["account_id"], "hits": hit & known, "n": known})
    variant = "two_dates" if len(past) else "last_contact_only"
    found = _by_account(counted, accounts, variant)
    warm = set(both.loc[was | still, "account_id"])
    return found.assign(nothing=[a in recorded and a not in warm for a in accounts])


def _left(
    now: pd.DataFrame,
    past: pd.DataFrame,
    gone: pd.DataFrame,
    accounts: Sequence[str],
    as_of: pd.Timestamp,
    live: float,
    look_back: float,
) -> pd.DataFrame:
    """Threads that ended with contacts who left within the look-back."""
    days = (as_of - gone["left_on"]).dt.days
    leavers = gone[(gone["side"] == "customer") & days.between(0, look_back)]
    lost = leavers[["account_id", "person_id", "ties", "strongest"]]
    warm = past[past["strength"] >= live].groupby(["account_id", "to_id"])["strength"]
    then = warm.agg(threads="size", best="max").reset_index()
    lost = lost.merge(
        then, left_on=["account_id", "person_id"], right_on=["account_id", "to_id"], how="left"
    )
    recorded = np.where(lost["strongest"] >= live, lost["ties"], 0)
    lost["hits"] = lost["threads"].fillna(pd.Series(recorded, index=lost.index))
    lost["best"] = lost["best"].fillna(lost["strongest"])
    alive = now[now["strength"] >= live].groupby("account_id")["strength"].agg(["size", "max"])
    alive = alive.reindex(list(accounts)).fillna(0)
    ended = lost.groupby("account_id").agg(hits=("hits", "sum"), best=("best", "max"))
    ended = ended.reindex(list(accounts)).fillna(0)
    return pd.DataFrame(
        {
            "hits": ended["hits"],
            "n": ended["hits"] + alive["size"],
            "main": (ended["best"] > alive["max"]) & (ended["hits"] > 0),
            "nothing": pd.Index(accounts).isin([*now["account_id"], *past["account_id"]]),
            "variant": "two_dates" if len(past) else "last_ties",
        }
    ).reset_index(drop=True)


def _teams(
    joint_teams: pd.DataFrame | None,
    accounts: Sequence[str],
    as_of: pd.Timestamp,
    stale: float,
    look_back: float,
) -> pd.DataFrame:
    """Joint teams that ended or stopped meeting since the look-back."""
    if joint_teams is None:
        none = pd.DataFrame({"account_id": pd.Series(dtype="str"), "hits": [], "n": []})
        return _by_account(none, accounts, "not_recorded")
    teams = alive_teams(joint_teams, as_of, int(stale))
    since = as_of - pd.Timedelta(days=look_back)
    ended = pd.to_datetime(teams["ended_on"]) if "ended_on" in teams.columns else pd.NaT
    recent = pd.Series(ended, index=teams.index).isna() | (pd.Series(ended, teams.index) > since)
    counted = recent & (teams["alive"] | (teams["last"] > since - pd.Timedelta(days=stale)))
    hits = counted & ~teams["alive"]
    table = pd.DataFrame({"account_id": teams["account_id"], "hits": hits, "n": counted})
    return _by_account(table, accounts, "last_meeting").assign(nothing=True)


def _by_account(rows: pd.DataFrame, accounts: Sequence[str], variant: str) -> pd.DataFrame:
    sums = rows.groupby("account_id")[["hits", "n"]].sum().reindex(list(accounts)).fillna(0)
    return sums.reset_index(drop=True).assign(main=False, nothing=False, variant=variant)
