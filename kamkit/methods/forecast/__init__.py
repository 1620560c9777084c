"""What will close by when, how sure that is, and how good such statements were before."""

from kamkit.methods.forecast.backtest import Backtest, backtest
from kamkit.methods.forecast.calibration import (
    DriftCheck,
    calibration_table,
    coverage_table,
    drift_check,
)
from kamkit.methods.forecast.cases import (
    DealCase,
    RegimeCase,
    SmallSum,
    deal_case,
    regime_case,
    rule_figures,
    shorter_records,
    small_sum,
    usual_target,
)
from kamkit.methods.forecast.deal_reasons import (
    chance_now,
    deal_reasons,
    typical_deal,
    what_would_change,
)
from kamkit.methods.forecast.desk import (
    ForecastCase,
    ForecastDesk,
    WonByCase,
    forecast_case,
    forecast_desk,
    won_by_case,
)
from kamkit.methods.forecast.new_business import NewBusiness, expected_new_business
from kamkit.methods.forecast.period_forecast import Forecast, forecast_period
from kamkit.methods.forecast.prediction import Prediction
from kamkit.methods.forecast.probability import DealModel, fit_deal_model
from kamkit.methods.forecast.score_tables import chance_scores, error_scores, interval_scores
from kamkit.methods.forecast.simulate import portfolio_sum
from kamkit.methods.forecast.stability import stability_checks
from kamkit.methods.forecast.verdict import Verdict

__all__ = [
    "Backtest",
    "DealCase",
    "DealModel",
    "DriftCheck",
    "Forecast",
    "ForecastCase",
    "ForecastDesk",
    "NewBusiness",
    "Prediction",
    "RegimeCase",
    "SmallSum",
    "Verdict",
    "WonByCase",
    "backtest",
    "calibration_table",
    "chance_now",
    "chance_scores",
    "coverage_table",
    "deal_case",
    "deal_reasons",
    "drift_check",
    "error_scores",
    "expected_new_business",
    "fit_deal_model",
    "forecast_case",
    "forecast_desk",
    "forecast_period",
    "interval_scores",
    "portfolio_sum",
    "regime_case",
    "rule_figures",
    "shorter_records",
    "small_sum",
    "stability_checks",
    "typical_deal",
    "usual_target",
    "what_would_change",
    "won_by_case",
]
