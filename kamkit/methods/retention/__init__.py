"""Who may leave, how well that is foretold, and what is done about it."""

from kamkit.methods.retention.action import action_threshold, threshold_gains
from kamkit.methods.retention.backtest import ScoreBacktest, ScoreVerdict, backtest_score
from kamkit.methods.retention.bands import RiskBands, risk_bands
from kamkit.methods.retention.cases import (
    SignsCase,
    ThresholdCase,
    signs_case,
    threshold_case,
    trial_case,
    winback_case,
)
from kamkit.methods.retention.curves import RetentionCurve, retention_curve, retention_rates
from kamkit.methods.retention.disposition import disposition_with_risk
from kamkit.methods.retention.known import known_on
from kamkit.methods.retention.losses import losses
from kamkit.methods.retention.rhythm import rhythm
from kamkit.methods.retention.signs import Signs, sign_count, sign_figure, warning_signs
from kamkit.methods.retention.trial import SignTrial, try_signs
from kamkit.methods.retention.winback import WinBack, winback_ranking

__all__ = [
    "RetentionCurve",
    "RiskBands",
    "ScoreBacktest",
    "ScoreVerdict",
    "SignTrial",
    "Signs",
    "SignsCase",
    "ThresholdCase",
    "WinBack",
    "action_threshold",
    "backtest_score",
    "disposition_with_risk",
    "known_on",
    "losses",
    "retention_curve",
    "retention_rates",
    "rhythm",
    "risk_bands",
    "sign_count",
    "sign_figure",
    "signs_case",
    "threshold_case",
    "threshold_gains",
    "trial_case",
    "try_signs",
    "warning_signs",
    "winback_case",
    "winback_ranking",
]
