"""Rendering with stock papermill: one page per job, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.reports.content import blocks_of
from kamkit.reports.html import to_html
from kamkit.reports.jobs import Job

MANIFEST = "manifest.json"
HEAD_BYTES = 2000


@dataclass(frozen=True)
class Rendered:
    """What became of a job: status is done, unchanged or failed."""

    target: str
    status: str
    seconds: float = 0.0
    account_id: str = ""
    key: str = ""
    error: str = ""


def is_current(job: Job) -> bool:
    """Whether the job's page is there and carries its key."""
    path = Path(job.target)
    if not path.exists():
        return False
    with path.open(encoding="utf-8") as page:
        return f'name="kamkit-key" content="{job.key}"' in page.read(HEAD_BYTES)


def render(job: Job) -> Rendered:
    """Execute the template with papermill and write its page.

    The executed notebook is kept beside the page. Raises KamkitError when a cell fails.
    """
    import nbformat

    start = time.monotonic()
    target = Path(job.target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".render-") as room:
        executed = Path(room) / "executed.ipynb"
        _execute(job, executed)
        notebook = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
        replace_text(target, to_html(blocks_of(notebook), job.lang, key=job.key))
        Path(executed).replace(target.with_suffix(".ipynb"))
    seconds = round(time.monotonic() - start, 2)
    return Rendered(str(target), "done", seconds, job.account_id, job.key)


def _execute(job: Job, executed: Path) -> None:
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    # Files instead of ports between papermill and its kernel, where the system has them.
    transport = "tcp" if os.name == "nt" else "ipc"
    try:
        papermill.execute_notebook(
            job.template,
            str(executed),
            parameters=dict(job.parameters),
            progress_bar=False,
            request_save_on_cell_execute=False,
            config=Config({"KernelManager": {"transport": transport}}),
        )
    except PapermillExecutionError as error:
        value = f"{error.ename}: {error.evalue}"
        details = {"cell": error.exec_count}
        raise KamkitError(Problem("template_failed", value=value, details=details)) from error


def render_accounts(
    jobs: Iterable[Job],
    out: Path,
    *,
    workers: int = 2,
    force: bool = False,
    progress: Callable[[Rendered], None] | None = None,
) -> list[Rendered]:
    """Render many pages side by side; a failed one is listed and the rest finished.

    Pages that are current are left as they are unless ``force``. ``out/manifest.json`` is
    written after every page, so a run that was cut off goes on where it stopped.
    """
    jobs = list(jobs)
    out.mkdir(parents=True, exist_ok=True)
    todo = [job for job in jobs if force or not is_current(job)]
    done = {
        job.target: Rendered(job.target, "unchanged", account_id=job.account_id, key=job.key)
        for job in jobs
        if job not in todo
    }
    tell = progress or (lambda _: None)
    for result in done.values():
        tell(result)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_attempt, job) for job in todo]):
            result = future.result()
            done[result.target] = result
            _write_manifest(out, done.values())
            tell(result)
    _write_manifest(out, done.values())
    return [done[job.target] for job in jobs]


def _attempt(job: Job) -> Rendered:
    start = time.monotonic()
    try:
        return render(job)
    except KamkitError as error:
        seconds = round(time.monotonic() - start, 2)
        return Rendered(job.target, "failed", seconds, job.account_id, error=str(error))


def _write_manifest(out: Path, results: Iterable[Rendered]) -> None:
    pages: list[dict[str, Any]] = [asdict(result) for result in results]
    for page in pages:
        page["target"] = Path(page["target"]).name
    text = json.dumps({"format": 1, "pages": pages}, indent=1, ensure_ascii=False)
    replace_text(out / MANIFEST, text + "\n")


def replace_text(target: Path, text: str) -> None:
    """Write a text file in one step: readers see the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".write-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    Path(name).replace(target)
