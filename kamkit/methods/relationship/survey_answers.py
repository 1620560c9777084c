"""Answers to an instrument as a respondents × items table: checked, keyed, missing rule named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats, Ints
from kamkit.schemes.surveys import Survey, survey_item

KEYS = ("wave", "side", "account_id", "respondent_id")
# What a form may carry beside its answers; anything else in a wide table must be an item.
BESIDE = (
    *("wave", "side", "account_id", "respondent_id", "invited_on", "responded_on", "rated_on"),
    *("name", "name_zh", "name_en", "function", "title", "comment"),
)
MISSING_RULES = ("person_mean_half", "listwise")
TABLE = "survey_responses"


@dataclass(frozen=True)
class Answers:
    """What was answered, in one order whatever the order of the caller's rows.

    Attributes
    ----------
    people
        One row a respondent in a wave: wave, side, account_id, respondent_id.
    cells
        One row an account in a wave on a side: wave, side, account_id.
    cell
        Place in ``cells`` of each respondent.
    raw
        Respondents × items as they were ticked; NaN where nothing was.
    items
        The same keyed and put on 0–100; NaN where nothing was ticked, or where the missing rule
        leaves the dimension out.
    dimensions
        Respondents × dimensions, 0–100; NaN where the missing rule leaves none.
    set_aside
        Answers to items of other instruments, left out.
    """

    people: pd.DataFrame
    cells: pd.DataFrame
    cell: Ints
    raw: Floats
    items: Floats
    dimensions: Floats
    set_aside: int


def long_answers(responses: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Responses as wave, side, account_id, respondent_id, item, score.

    Takes that form, or one row a respondent with the item ids as columns (a form read back).
    A wide table's column that is no item of any instrument is refused: counts of activities and
    money are no answers, and have no place in the score. Without ``wave`` everything is one
    wave, without ``side`` everybody is the customer.

    >>> from kamkit.schemes.surveys import read_survey
    >>> form = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "trust_1": [6]})
    >>> long_answers(form, read_survey("relationship_quality"))[["item", "score"]].values.tolist()
    [['trust_1', 6]]
    """
    wide = "item" not in responses.columns and "score" not in responses.columns
    need_columns(responses, TABLE, ["account_id", "respondent_id"])
    table = responses.reset_index(drop=True)
    if wide:
        columns = [str(c) for c in responses.columns if c not in BESIDE]
        KamkitError.collect(
            Problem("survey_not_an_item", TABLE, c, value=c, details=_items_named(survey))
            for c in columns
            if survey_item(c) is None and c not in survey.item_ids
        )
        keys = [c for c in KEYS if c in responses.columns]
        form = responses.reset_index(drop=True)
        table = form.melt(keys, columns, "item", "score", ignore_index=False)
    need_columns(table, TABLE, ["item", "score"])
    out = table.loc[:, [c for c in (*KEYS, "item", "score") if c in table.columns]]
    out = out.copy()
    for column, default in (("wave", ""), ("side", "customer")):
        if column not in out.columns:
            out[column] = pd.Series(default, index=out.index, dtype="str")
    return out[[*KEYS, "item", "score"]]


def read_answers(
    responses: pd.DataFrame,
    survey: Survey,
    *,
    wave: str | None = None,
    missing: str = "person_mean_half",
) -> Answers:
    """Check, key and rescale the responses of one wave (None: all waves).

    Missing rule "person_mean_half": a dimension is scored where at least half of its items
    were answered, as the mean of those (a missing item so takes the person's mean). "listwise":
    only respondents who answered every item that anybody on their side was asked.
    Raises KamkitError missing_column, unknown_option, empty_cell, not_a_number, duplicate_key,
    survey_not_an_item, survey_off_scale.

    >>> from kamkit.schemes.surveys import read_survey
    >>> form = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"],
    ...     "trust_1": [6], "trust_2": [5], "trust_4": [2]})
    >>> found = read_answers(form, read_survey("relationship_quality"))
    >>> found.dimensions.round(1).tolist(), found.items[0, :4].round(1).tolist()
    ([[77.8, nan, nan]], [83.3, 66.7, nan, 83.3])
    """
    if missing not in MISSING_RULES:
        details = {"allowed": ", ".join(MISSING_RULES)}
        raise KamkitError(
            Problem("unknown_option", column="missing", value=missing, details=details)
        )
    table = long_answers(responses, survey)
    if wave is not None:
        table = pd.DataFrame(table[table["wave"] == wave])
    codes, names = _codes(table, survey)
    score = _scores(table, codes["item"], survey, "item" not in responses.columns)
    mine = codes["item"] >= 0
    set_aside = int((~mine & table["score"].notna().to_numpy()).sum())
    codes = {k: v[mine] for k, v in codes.items()}
    person, cell_of, keys = _people(codes, names)
    raw = _square(table[mine], person, codes["item"], score[mine], len(keys), survey)
    everyone = pd.DataFrame({k: names[k][keys[:, i]] for i, k in enumerate(KEYS)}).astype("str")
    answered = ~np.isnan(raw).all(axis=1)
    people = everyone.loc[np.flatnonzero(answered)].reset_index(drop=True)
    raw, cell_of = raw[answered], cell_of[answered]
    cells, cell = np.unique(cell_of, return_inverse=True)
    first = np.unique(cell, return_index=True)[1]
    items, dimensions = _scored(raw, people["side"].to_numpy(), survey, missing)
    return Answers(
        people, people.loc[first, list(KEYS[:3])].reset_index(drop=True),
        cell.astype(np.int64), raw, items, dimensions, set_aside,
    )  # fmt: skip


def _items_named(survey: Survey) -> dict[str, str]:
    return {"allowed": ", ".join(survey.item_ids)}


def _codes(table: pd.DataFrame, survey: Survey) -> tuple[dict[str, Ints], dict[str, np.ndarray]]:
    """Integer codes of the keys; ids of an item that the instrument lacks become -1."""
    codes: dict[str, Ints] = {}
    names: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    rows = table.index.to_numpy()
    for key in (*KEYS, "item"):
        found, values = pd.factorize(table[key].astype("str"), sort=True)
        codes[key], names[key] = found.astype(np.int64), np.asarray(values, dtype=object)
        problems += [
            Problem("empty_cell", TABLE, key, row + 1)
            for row in np.unique(rows[table[key].isna().to_numpy()]).tolist()
        ]
    place = {item: i for i, item in enumerate(survey.item_ids)}
    for name in names["item"].tolist():
        if name not in place and survey_item(str(name)) is None:
            problems.append(
                Problem("survey_not_an_item", TABLE, "item", value=name,
                        details=_items_named(survey))
            )  # fmt: skip
    KamkitError.collect(problems)
    known = np.array([place.get(name, -1) for name in names["item"]], dtype=np.int64)
    codes["item"] = known[codes["item"]] if len(known) else codes["item"]
    return codes, names


def _scores(table: pd.DataFrame, item: Ints, survey: Survey, wide: bool) -> Floats:
    """The ticks as numbers; text and ticks off the scale are refused, all at once.

    Of a form (``wide``) the item is the column that a message names.
    """
    score = pd.to_numeric(table["score"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    blank = table["score"].isna().to_numpy()
    if table["score"].dtype.kind not in "iufb":
        blank = blank | (table["score"].astype("str").str.strip() == "").to_numpy()
    score = np.where(np.isfinite(score), score, np.nan)
    mine = item >= 0
    low = np.array([i.low for i in survey.items])[item]
    high = np.array([i.high for i in survey.items])[item]
    off = mine & ~np.isnan(score) & ((score < low) | (score > high))
    text = mine & np.isnan(score) & ~blank
    rows = table.index.to_numpy()
    KamkitError.collect(
        Problem(
            "not_a_number" if text[i] else "survey_off_scale", TABLE,
            str(table["item"].iloc[i]) if wide else "score", int(rows[i]) + 1,
            table["score"].iloc[i], details={"allowed": f"{low[i]:g}–{high[i]:g}"},
        )
        for i in np.flatnonzero(text | off)
    )  # fmt: skip
    return score


def _people(codes: dict[str, Ints], names: dict[str, np.ndarray]) -> tuple[Ints, Ints, np.ndarray]:
    """Respondent of each row, cell of each respondent, and the key codes of each respondent."""
    sizes = [max(len(names[k]), 1) for k in KEYS]
    key = np.zeros(len(codes["wave"]), dtype=np.int64)
    for name, size in zip(KEYS, sizes, strict=True):
        key = key * size + codes[name]
    unique, person = np.unique(key, return_inverse=True)
    parts = np.empty((len(unique), len(KEYS)), dtype=np.int64)
    rest = unique
    for i in range(len(KEYS) - 1, -1, -1):
        rest, parts[:, i] = np.divmod(rest, sizes[i])
    return person.astype(np.int64), (unique // sizes[-1]).astype(np.int64), parts


def _square(
    table: pd.DataFrame, person: Ints, item: Ints, score: Floats, people: int, survey: Survey
) -> Floats:
    width = len(survey.items)
    at = person * width + item
    twice = np.flatnonzero(np.bincount(at, minlength=people * width)[at] > 1)
    later = twice[pd.Series(at[twice]).duplicated().to_numpy()]
    # A person entered twice in a form repeats every item: said once a row.
    once = later[~pd.Index(table.index[later]).duplicated()]
    KamkitError.collect(
        Problem("duplicate_key", TABLE, "wave, respondent_id, item", int(table.index[i]) + 1,
                " / ".join(str(table[k].iloc[i]) for k in ("wave", "respondent_id", "item")))
        for i in once
    )  # fmt: skip
    raw = np.full(people * width, np.nan)
    raw[at] = score
    return raw.reshape(people, width)


def keyed(raw: Floats, survey: Survey) -> Floats:
    """Ticks on 0–100, reverse-keyed items turned.

    >>> from kamkit.schemes.surveys import read_survey
    >>> keyed(np.full((1, 11), 7.0), read_survey("relationship_quality"))[0, 3]
    np.float64(0.0)
    """
    low = np.array([i.low for i in survey.items])
    high = np.array([i.high for i in survey.items])
    points = 100 * (raw - low) / (high - low)
    turned: Floats = np.where([i.reverse for i in survey.items], 100 - points, points)
    return turned


def _scored(raw: Floats, side: np.ndarray, survey: Survey, missing: str) -> tuple[Floats, Floats]:
    items, known = keyed(raw, survey), ~np.isnan(raw)
    dimensions = np.full((len(raw), len(survey.dimensions)), np.nan)
    whole = np.ones(len(raw), dtype=bool)
    if missing == "listwise":
        for one in np.unique(side):
            here = side == one
            asked = known[here].any(axis=0)
            whole[here] = known[here][:, asked].all(axis=1)
    for d, dimension in enumerate(survey.dimension_ids):
        own = np.array([i.dimension == dimension for i in survey.items])
        count = known[:, own].sum(axis=1)
        scored = (2 * count >= own.sum()) & whole
        mean = np.where(known[:, own], items[:, own], 0.0).sum(axis=1) / np.maximum(count, 1)
        mean = np.where(scored, mean, np.nan)
        dimensions[:, d] = mean
        items[:, own] = np.where(scored[:, None], items[:, own], np.nan)
    return items, dimensions
