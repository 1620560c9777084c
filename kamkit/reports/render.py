"""Rendering with stock papermill: one page per job, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem, writing
from kamkit.reports.content import blocks_of
from kamkit.reports.html import to_html
from kamkit.reports.jobs import Job

MANIFEST = "manifest.json"
HEAD_BYTES = 2000
# A socket's path may be about a hundred characters long; its name follows the folder's.
LONGEST_SOCKET_FOLDER = 80


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
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as page:
        return f'name="kamkit-key" content="{job.key}"' in page.read(HEAD_BYTES)


def render(job: Job) -> Rendered:
    """Execute the template with papermill and write its page.

    The executed notebook is kept beside the page. Raises KamkitError when a cell fails, and
    where the folder can't be written, before anything runs.
    """
    import nbformat

    start = time.monotonic()
    target = Path(job.target)
    make_folder(target.parent)
    new_room = partial(tempfile.TemporaryDirectory, dir=target.parent, prefix=".render-")
    with writing(target), new_room() as room:
        executed = Path(room) / "executed.ipynb"
        _execute(job, executed)
        notebook = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
        replace_text(target, to_html(blocks_of(notebook), job.lang, key=job.key))
        Path(executed).replace(target.with_suffix(".ipynb"))
    seconds = round(time.monotonic() - start, 2)
    return Rendered(str(target), "done", seconds, job.account_id, job.key)


def make_folder(folder: Path) -> None:
    """Make the folder for pages; raises KamkitError ``cannot_write`` where that is refused."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _execute(job: Job, executed: Path) -> None:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        with _private_kernel() as config:
            papermill.execute_notebook(
                job.template,
                str(executed),
                parameters=dict(job.parameters),
                progress_bar=False,
                request_save_on_cell_execute=False,
                config=config,
            )
    except PapermillExecutionError as error:
        raise KamkitError(_cell_problem(error)) from error
    except (RuntimeError, TimeoutError) as error:  # how nbclient tells of a dead or mute kernel
        raise KamkitError(Problem("kernel_stopped", value=str(error))) from error


def _cell_problem(error: Any) -> Problem:
    """A refusal of our own keeps its words; anything else is a fault of the template."""
    details = {"cell": error.exec_count}
    if error.ename == KamkitError.__name__:
        return Problem("template_refused", details={**details, "reason": error.evalue})
    return Problem("template_failed", value=f"{error.ename}: {error.evalue}", details=details)


@contextmanager
def _private_kernel() -> Iterator[Any]:
    """Settings of a kernel with its connection in a folder of its own.

    Sockets are files where the system has them, so that no port is open. By default their
    names are counted up in the working folder, where two reports would take each other's.
    """
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="kamkit-", ignore_cleanup_errors=True) as room:
        # A socket's name is taken as UTF-8, whatever the system calls its folders in.
        files = os.name != "nt" and room.isascii() and len(room) <= LONGEST_SOCKET_FOLDER
        connection = str(Path(room) / "kernel.json")
        manager = {"transport": "ipc" if files else "tcp", "connection_file": connection}
        quiet = {"extra_arguments": ["--log-level=50"]}  # its own log would end up on the screen
        yield Config({"KernelManager": manager, "NotebookClient": quiet})


def render_accounts(
    jobs: Iterable[Job],
    out: Path,
    *,
    workers: int = 2,
    force: bool = False,
    progress: Callable[[Rendered], None] | None = None,
    stopping: Callable[[], None] | None = None,
) -> list[Rendered]:
    """Render many pages side by side; a failed one is listed and the rest finished.

    Pages that are current are left as they are unless ``force``. ``out/manifest.json`` is
    written after every page, so a run that was cut off goes on where it stopped. Ctrl-C calls
    ``stopping``, lets the pages in hand be finished, lists them and goes on to the caller.
    """
    jobs = list(jobs)
    make_folder(out)
    done = {}
    for job in jobs:
        if not force and is_current(job):
            done[job.target] = _unchanged(job)
    todo = [job for job in jobs if job.target not in done]
    tell = progress or (lambda _: None)

    def take(result: Rendered) -> None:
        done[result.target] = result
        _write_manifest(out, done.values())
        tell(result)

    for result in tuple(done.values()):
        tell(result)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_leave_ctrl_c) as pool:
        futures = {pool.submit(_attempt, job): job for job in todo}
        try:
            for future in as_completed(futures):
                take(_outcome(future, futures.pop(future)))
        except KeyboardInterrupt:
            if stopping is not None:
                stopping()
            pool.shutdown(wait=True, cancel_futures=True)
            for future, job in futures.items():
                if not future.cancelled():
                    take(_outcome(future, job))
            raise
    _write_manifest(out, done.values())
    return [done[job.target] for job in jobs]


def _unchanged(job: Job) -> Rendered:
    return Rendered(job.target, "unchanged", account_id=job.account_id, key=job.key)


def _leave_ctrl_c() -> None:
    """In a worker: Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _outcome(future: Future[Rendered], job: Job) -> Rendered:
    """What a worker returned, or a failure where the worker itself was ended."""
    try:
        return future.result()
    except BrokenProcessPool as error:
        ended = KamkitError(Problem("kernel_stopped", value=str(error)))
        return Rendered(job.target, "failed", account_id=job.account_id, error=str(ended))


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
    """Write a text file in one step: readers see the old one or the new one.

    Raises KamkitError ``cannot_write`` and leaves nothing behind where that is refused.
    """
    fresh = target.with_name(f".write-{uuid.uuid4().hex}")
    with writing(target):
        try:
            fresh.write_text(text, encoding="utf-8", newline="\n")
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
