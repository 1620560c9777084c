"""Which meeting would add most to our coverage, and what else it would bring."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kamkit.methods.contacts.coverage import grid_of_network
from kamkit.methods.contacts.grid import STRONGEST, Floats, Grades, as_graded, drawn
from kamkit.methods.contacts.hosts import hosts_of
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.paths import warm_paths
from kamkit.schemes.contacts import contact_scheme

_COLUMNS = [
    *(
        "contact_id",
        "member_id",
        "why",
        "tie_now",
        "tie_after",
        "coverage_gain",
        "low",
        "high",
        "adds",
    ),
    *("introducer_id", "rank", "top_share", "n", "variant", "origin"),
]
_BLANK = 1e-9  # gains closer than this are the same


def next_meetings(
    network: ContactNetwork,
    members: pd.DataFrame | None = None,
    *,
    draws: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Candidate meetings by what one of them adds to the weighted coverage.

    One prepared meeting is taken to raise a tie by one grade (house); a second one counts again
    from there, so the list is for the next meeting, not for a year. Hosts: those of ours who
    have ties here, and of ``members`` (member_id, role; left_on, function, level) those whose
    function faces the contact's or who may meet a senior contact on equal terms.

    Returns one row a contact and host, largest gain first: contact_id, member_id, why (tie,
    mirror, executive, colleague), tie_now, tie_after (0–4), coverage_gain (points of weighted
    coverage, 0–1; NaN: the contact's influence is unknown), low, high (quantiles over ``draws``
    with every grade one lower, the same or one higher, unknown influence 1–5), adds (";": covers,
    economic_buyer, second_thread, first_tie, function, phase_<id>), introducer_id (whom to ask,
    where we have no tie), rank (equal gains share one), top_share (share of draws in which nothing
    gains more), n (contacts of known influence), variant, origin. Meetings of one gain are ordered
    by how much else they add; those that add nothing are left out.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1", "C2"], "influence": [5, 3]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C2"],
    ...     "from_side": ["us"], "strength": [1]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> next_meetings(network)[["contact_id", "coverage_gain", "adds"]].values.tolist()
    [['C1', 0.15625, 'first_tie'], ['C2', 0.09375, 'covers']]
    """
    grid = grid_of_network(network)
    step = contact_scheme().limit("meeting_gain")
    hosts = hosts_of(network, members)
    if hosts.empty:
        return pd.DataFrame(columns=_COLUMNS)
    place = {c: i for i, c in enumerate(grid.contacts)}
    contact = hosts["contact_id"].map(place).to_numpy(np.int64)
    threads = {
        (c, grid.ours[w][1]): i
        for i, (c, w) in enumerate(zip(grid.contact.tolist(), grid.who.tolist(), strict=True))
    }
    thread = np.array(
        [threads.get(k, -1) for k in zip(contact.tolist(), hosts["member_id"], strict=True)]
    )
    desk = _Desk(network, contact, thread, step)
    gain = desk.gains(as_graded(grid))[0]
    redrawn = desk.gains(drawn(grid, draws, np.random.default_rng(seed)))
    tail = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(redrawn, tail, axis=0)
    known = ~np.isnan(gain)
    out = hosts.assign(
        tie_now=desk.now(grid.strength[None])[0],
        tie_after=desk.after(grid.strength[None])[0],
        coverage_gain=gain,
        low=np.where(known, np.fmin(low, gain), low),
        high=np.where(known, np.fmax(high, gain), high),
        adds=[";".join(found) for found in desk.adds()],
        top_share=(redrawn >= redrawn.max(axis=1, keepdims=True) - _BLANK).mean(axis=0),
        n=int((~np.isnan(grid.influence)).sum()),
        variant=np.where(known, "one_grade_a_meeting", "influence_unknown"),
        origin="house",
    )
    return _ranked(out, network, [len(found) for found in desk.adds()])


def _ranked(out: pd.DataFrame, network: ContactNetwork, many: list[int]) -> pd.DataFrame:
    ways = warm_paths(network, draws=0).set_index("to_id")["introducer_id"]
    asked = out["contact_id"].map(ways).astype("str")
    gain = out["coverage_gain"].round(9)
    kinds = {"tie": 0, "mirror": 1, "executive": 2, "colleague": 3}
    out = out.assign(
        introducer_id=asked.where(out["tie_now"] == 0),
        rank=gain.rank(method="min", ascending=False),
        _gain=gain.fillna(-1),
        _many=many,
        _why=out["why"].map(kinds),
    )
    order = ["_gain", "_many", "_why", "contact_id", "member_id"]
    out = out.sort_values(order, ascending=[False, False, True, True, True])
    out = out[(out["coverage_gain"] != 0) | (out["_many"] > 0)]
    return out[_COLUMNS].reset_index(drop=True)


@dataclass
class _Desk:
    """Candidates as places of their contact and thread (-1: no thread yet)."""

    network: ContactNetwork
    contact: np.ndarray
    thread: np.ndarray
    step: float
    found: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grid = grid_of_network(self.network)

    def now(self, strength: Floats) -> Floats:
        """The host's tie (draws × candidates)."""
        padded = np.concatenate([strength, np.zeros((len(strength), 1))], axis=1)
        held: Floats = padded[:, self.thread]
        return held

    def after(self, strength: Floats) -> Floats:
        """The host's tie after one meeting."""
        raised: Floats = np.minimum(self.now(strength) + self.step, STRONGEST)
        return raised

    def best(self, strength: Floats) -> Floats:
        """Strongest tie of each contact (draws × contacts)."""
        best = np.zeros((len(strength), len(self.grid.contacts)))
        for thread, contact in enumerate(self.grid.contact):
            best[:, contact] = np.maximum(best[:, contact], strength[:, thread])
        return best

    def gains(self, grades: Grades) -> Floats:
        """Points of weighted coverage that each candidate adds."""
        more = self.after(grades.strength) - self.best(grades.strength)[:, self.contact]
        total = np.nansum(grades.influence, axis=1, keepdims=True)
        weight = grades.influence[:, self.contact]
        with np.errstate(divide="ignore", invalid="ignore"):
            share: Floats = weight * np.maximum(more, 0) / (STRONGEST * total)
        return share

    def adds(self) -> list[list[str]]:
        """What else each candidate brings."""
        if not self.found:
            self.found = [self._adds(k) for k in range(len(self.contact))]
        return self.found

    def _adds(self, k: int) -> list[str]:
        grid, scheme = self.grid, contact_scheme()
        enough = scheme.limit("covered_strength")
        strength = grid.strength[None]
        best, c = self.best(strength)[0], int(self.contact[k])
        now, after = float(self.now(strength)[0, k]), float(self.after(strength)[0, k])
        covered = best >= enough
        own = grid.strength[grid.contact == c]
        out = []
        if not covered[c] and after >= enough:
            out.append("covers")
            economic = grid.types[:, scheme.buyer_type_ids.index("economic")]
            weight = np.nan_to_num(grid.influence)
            if economic[c] and weight[c] == weight[economic].max():
                out.append("economic_buyer")
            if grid.function[c] >= 0 and not covered[grid.function == grid.function[c]].any():
                out.append("function")
            for i, phase in enumerate(scheme.phase_ids):
                if grid.phases[c, i] and not (covered & grid.phases[:, i]).any():
                    out.append(f"phase_{phase}")
        elif (own >= enough).sum() == 1 and now < enough <= after:
            out.append("second_thread")
        if best[c] == 0:
            out.append("first_tie")
        return out


def coverage_after(network: ContactNetwork, meetings: pd.DataFrame) -> float:
    """The weighted coverage once some meetings were held, each raising its tie by one grade.

    ``meetings``: rows of :func:`next_meetings` (contact_id, member_id); a pair that stands in it
    twice is met twice. NaN where no contact's influence is known.
    """
    grid = grid_of_network(network)
    step = contact_scheme().limit("meeting_gain")
    ties = network.strengths("us")
    best = ties.reindex(columns=sorted({*ties.columns, *meetings["member_id"]}), fill_value=0.0)
    for contact, member in zip(meetings["contact_id"], meetings["member_id"], strict=True):
        best.loc[contact, member] = min(STRONGEST, best.loc[contact, member] + step)
    top = best.max(axis=1).reindex(grid.contacts).fillna(0).to_numpy(float)
    weight = np.nan_to_num(grid.influence)
    total = float(weight.sum())
    return float(weight @ top / (STRONGEST * total)) if total else float("nan")
