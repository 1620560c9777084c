"""A period forecast of some 20,000 open deals with 10,000 draws: the fit, the draws, the memory."""

from __future__ import annotations

import os
import resource
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from kamkit.methods.forecast import fit_deal_model, forecast_period
from kamkit.methods.funnel import deal_history
from kamkit.tables.sample.pipeline import simulate_pipeline

DEALS_PER_MONTH, MONTHS, DRAWS = 7800.0, 36, 10_000


def main() -> None:
    """Print seconds for each step."""
    made = simulate_pipeline(seed=1, months=MONTHS, deals_per_month=DEALS_PER_MONTH, owners=200)
    tables = made.tables
    start = time.perf_counter()
    history = deal_history(
        tables["opportunities"],
        tables["stage_events"],
        tables["snapshots"],
        ladder=made.stages,
        as_of=made.as_of,
    )
    built = time.perf_counter()
    model = fit_deal_model(history)
    fitted = time.perf_counter()
    found = forecast_period(history, start="2026-07-01", end="2026-09-30", draws=DRAWS, model=model)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    fit, drawn = fitted - built, done - fitted
    sys.stdout.write(
        f"{len(history.deals):,} deals, {len(found.deals):,} of them open, {DRAWS:,} draws\n"
        f"deal_history     {built - start:6.2f} s\n"
        f"fit_deal_model   {fit:6.2f} s\n"
        f"forecast_period  {drawn:6.2f} s   against the fit {drawn / fit:.2f}\n"
        f"peak memory {peak:.1f} GB\n"
    )


if __name__ == "__main__":
    main()
