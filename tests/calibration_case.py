"""A small calibration meeting: twelve people of three managers, for tests and their notebooks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.calibration import apply_changes
from kamkit.methods.appraisal.calibration_view import calibration_view
from kamkit.methods.appraisal.combined import combined_result
from kamkit.widgets.calibration import CalibrationSession, calibration_session

IDS = [f"M{i:02d}" for i in range(1, 13)]
MANAGERS = {who: f"B{i % 3}" for i, who in enumerate(IDS)}
NAMES = {
    "zh": {who: f"成员{who}" for who in IDS} | {"B0": "白经理", "B1": "何经理", "B2": "陆经理"},
    "en": {who: f"Member {who}" for who in IDS} | {"B0": "Ms Bai", "B1": "Mr He", "B2": "Ms Lu"},
}
REASON = {
    "zh": "四月起独立负责两家新客户，见合同 A12",
    "en": "led two new accounts alone since April, contract A12",
}


def result():
    """The combined result that the meeting starts from; nearly the same on every run."""
    rng = np.random.default_rng(5)
    rows = [
        (who, part, np.round(rng.normal(68 + 9 * (MANAGERS[who] == "B0"), 7), 1), se)
        for who in IDS
        for part, se in (("kpi", 2.0), ("competence", 4.0), ("duty", 4.0))
    ]
    return combined_result(pd.DataFrame(rows, columns=["member_id", "part", "value", "se"]))


def ratings() -> pd.DataFrame:
    """Two competencies each, B0 a level more lenient."""
    rng = np.random.default_rng(6)
    rows = [
        (who, MANAGERS[who], "manager", item, "2026H1",
         int(np.clip(rng.integers(2, 5) + (MANAGERS[who] == "B0"), 1, 5)))
        for who in IDS
        for item in ("communication", "sales_skill")
    ]  # fmt: skip
    columns = ["ratee_id", "rater_id", "source", "competency", "period", "score"]
    return pd.DataFrame(rows, columns=columns)


def session(journal: Path, lang: str, **more) -> CalibrationSession:
    """A session of that case."""
    combined, said = result(), ratings()
    members = pd.DataFrame(
        {"member_id": IDS, "manager_id": [MANAGERS[w] for w in IDS],
         "group": ["north", "south"] * 6}
    )  # fmt: skip
    severity = pd.DataFrame(
        {"rater_id": ["B0", "B1", "B2"], "severity": [-0.8, 0.5, 0.3],
         "flagged": [True, False, False]}
    )  # fmt: skip
    recompute = partial(
        apply_changes, combined, members=members, ratings=said, severity=severity,
        top=("outstanding", "good"),
    )  # fmt: skip
    names = NAMES.get(lang, {})
    options = {"names": names, "period": "2026H1", "lang": lang}
    options |= {"deciders": {k: v for k, v in names.items() if k.startswith("B")}} | more
    view = calibration_view(combined, said, severity)
    return calibration_session(combined, recompute, view=view, journal=journal, **options)
