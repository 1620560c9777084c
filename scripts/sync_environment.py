"""Write environment.yml from pyproject.toml and requirements.lock.

The conda part holds python and pip only; everything else stands in the pip part at the
version that the lock names for the Python minor version of that environment.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.12"

HEAD = f"""\
# Windows and macOS: conda env create -f environment.yml, then kamkit workshop.
# Written by scripts/sync_environment.py from pyproject.toml and requirements.lock.
name: kamkit
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python {PYTHON}.*
  - pip >=24
  - pip:
"""


def locked_versions(lock: str) -> dict[str, str]:
    """Version per package for PYTHON; a line with a marker counts where the marker holds."""
    versions = {}
    for line in lock.splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; (.*?))? *\\?$", line)
        if found and _holds(found[3]):
            versions[_canonical(found[1])] = found[2]
    return versions


def _holds(marker: str | None) -> bool:
    from packaging.markers import Marker

    if not marker:
        return True
    place = {"python_full_version": f"{PYTHON}.0", "python_version": PYTHON}
    return Marker(marker).evaluate({**place, "sys_platform": "win32", "platform_system": "Windows"})


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def environment() -> str:
    """The text of environment.yml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = locked_versions((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    names = sorted(_canonical(re.match(r"[A-Za-z0-9._-]+", d)[0]) for d in project["dependencies"])
    lines = [f"      - {name}=={versions[name]}" for name in names]
    return HEAD + "\n".join([*lines, "      - -e ."]) + "\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
