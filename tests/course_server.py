"""The course server for tests: a folder of its own, a port of its own, no token, no browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workroom import free_port

from kamkit.workshop import copy_lessons, lab_command, lab_environment

STARTS = 60  # seconds that a busy machine may take


@dataclass(frozen=True)
class Course:
    """A running course server: its address, the project folder it shows, where records go."""

    url: str
    root: Path
    desk: Path
    process: subprocess.Popen[bytes]

    def page(self, path: str) -> str:
        """Address of a notebook's page."""
        return f"{self.url}voila/render/{path}"

    def home(self, lang: str) -> str:
        """Address of the course home."""
        return self.page(f"notebooks/home/{lang}/home.ipynb")

    def get(self, path: str) -> Any:
        """What an address of Jupyter's interface says."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)

    def kernels(self) -> list[str]:
        """Ids of the kernels in use."""
        return [kernel["id"] for kernel in self.get("api/kernels")]

    def end_kernel(self, kernel: str) -> None:
        """End a kernel under its page."""
        request = urllib.request.Request(f"{self.url}api/kernels/{kernel}", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()


def course_folder(source: Path, target: Path) -> Path:
    """A project folder with the course's pages: what the server shows, and no code."""
    for part in ("notebooks/home", "exercises/zh", "exercises/en"):
        shutil.copytree(source / part, target / part)
    copy_lessons(source, target / "out" / "workshop")
    return target


@contextmanager
def course_server(root: Path, desk: Path, *options: str, lang: str = "zh") -> Iterator[Course]:
    """A course server that is answering; it ends with the block."""
    port = free_port()
    command = lab_command(root, lang, browser=False, port=port)
    # Pages are opened by address and kernels are ended by a bare request.
    command += ["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", *options]
    environment = {**lab_environment(lang), "KAMKIT_HOME": str(desk)}
    log = desk.with_name("server.log")
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
        course = Course(f"http://127.0.0.1:{port}/", root, desk, process)
        try:
            _wait(course)
            yield course
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(course: Course) -> None:
    for _ in range(STARTS * 10):
        if course.process.poll() is not None:
            break
        try:
            course.get("api")
            return
        except urllib.error.HTTPError:
            return  # it answers, under another base address
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the course server does not answer")
