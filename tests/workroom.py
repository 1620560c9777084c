"""The workshop's own server over a few exercise notebooks, for tests in a real browser."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from conftest import ROOT
from lab_server import free_port, running

from kamkit.workshop import lab_command, lab_environment

KINDS = (
    "single",
    "many",
    "number",
    "text",
    "rank",
    "match",
    "stages",
    "matrix",
    "allocate",
    "table",
    "essay",
    "poll",
)
BANK = ROOT / "tests/data/exercises"


@dataclass(frozen=True)
class Room:
    """A running server: its address, the folder of its notebooks and that of the journals."""

    url: str
    folder: Path
    home: Path

    def page(self, name: str) -> str:
        """Address of a notebook as Voila renders it."""
        return f"{self.url}/voila/render/{name}.ipynb"

    def api(self, path: str, method: str = "GET") -> Any:
        """Ask the server itself."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def kill_kernels(self) -> int:
        """End every kernel, as a crash or an idle server would; how many there were."""
        kernels = self.api("kernels")
        for kernel in kernels:
            self.api(f"kernels/{kernel['id']}", "DELETE")
        return len(kernels)


def write_notebook(
    path: Path, exercises: Sequence[str], lang: str, behaviour: str | None = None
) -> None:
    """A notebook that shows these exercises, one a cell."""
    more = f', behaviour="{behaviour}"' if behaviour else ""
    calls = [f'exercise("{name}", lang="{lang}"{more})' for name in exercises]
    sources = ["from kamkit.widgets.exercise import exercise", *calls]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(book), encoding="utf-8")


@contextmanager
def open_room(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Room]:
    """Start the server in ``folder`` and end it afterwards."""
    port, home = free_port(), folder / "home"
    books = folder / "books"
    books.mkdir(parents=True, exist_ok=True)
    places = {"KAMKIT_HOME": str(home), "KAMKIT_BANK": str(BANK), **(more or {})}
    env = {**lab_environment("zh"), **places}
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        env[f"JUPYTER_{name}"] = str(folder / name.lower())
    command = lab_command(books, "zh", browser=False, port=port)
    command += ["--ServerApp.port_retries=0", "--WarmKernels.spares=1"]
    room = Room(f"http://127.0.0.1:{port}", books, home)
    with running(command, env, room.url, folder / "server.log", cwd=books):
        yield room
