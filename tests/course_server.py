"""The course server for tests: a folder of its own, a port of its own, no token, no browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_server import free_port, running

from kamkit.workshop import copy_lessons, lab_command, lab_environment


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
    command = [*lab_command(root, lang, browser=False, port=port), *options]
    environment = {**lab_environment(lang), "KAMKIT_HOME": str(desk)}
    url = f"http://127.0.0.1:{port}/"
    with running(command, environment, url, desk.with_name("server.log")) as process:
        yield Course(url, root, desk, process)
