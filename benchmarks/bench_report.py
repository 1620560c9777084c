"""Time of a report, split: rendering, and the same page's exporter alone; of the check and load."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from kamkit.reports import accounts_jobs, blocks_of, company_job, render, render_accounts, to_html
from kamkit.tables import check_folder, load

DATASETS = Path(__file__).resolve().parent.parent / "datasets"


def timed(what: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def main() -> None:
    """Print seconds and ratios of one run."""
    folder = DATASETS / "elevator"
    with tempfile.TemporaryDirectory() as room:
        out = Path(room)
        job = company_job(folder, out, "zh")
        whole = min(timed(lambda: render(job)) for _ in range(2))
        notebook = nbformat.read(Path(job.target).with_suffix(".ipynb"), as_version=4)
        export = min(timed(lambda: to_html(blocks_of(notebook), "zh")) for _ in range(3))
        loading = min(timed(lambda: load(folder)) for _ in range(3))
        checking = min(timed(lambda: check_folder(folder)) for _ in range(3))
        jobs = accounts_jobs(folder, out, "zh")[:8]
        one = timed(lambda: render_accounts(jobs, out, workers=1)) / len(jobs)
        two = timed(lambda: render_accounts(jobs, out, workers=2, force=True)) / len(jobs)
        again = timed(lambda: render_accounts(jobs, out, workers=2)) / len(jobs)
    print(f"company report        {whole:6.2f} s")
    print(f"  exporter alone      {export:6.3f} s   {export / whole:6.1%} of it")
    print(f"load / check          {loading:6.2f} s / {checking:.2f} s")
    print(
        f"account page          {one:6.2f} s with one worker, "
        f"{two:.2f} s with two ({one / two:.2f}x)"
    )
    print(f"unchanged page        {again:6.3f} s   {again / one:6.2%} of a page")


if __name__ == "__main__":
    main()
