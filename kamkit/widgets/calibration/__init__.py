"""The calibration session: spreads, people, changes with reasons, before and after."""

from kamkit.widgets.calibration.journal import CalibrationJournal, Change, changes_table
from kamkit.widgets.calibration.view import CalibrationSession, calibration_session

__all__ = [
    "CalibrationJournal",
    "CalibrationSession",
    "Change",
    "calibration_session",
    "changes_table",
]
