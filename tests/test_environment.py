"""The locks, environment.yml and pyproject.toml agree."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import rattler
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

spec = importlib.util.spec_from_file_location("sync", ROOT / "scripts/sync_environment.py")
sync = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sync)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCKS = [
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-dev.lock")
]
THE_CARD = {"jupyterlab", "ipywidgets", "pandas", "matplotlib", "nbval", "papermill"}


def pip_part() -> list[str]:
    return next(entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))


def test_environment_is_up_to_date():
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == sync.environment()


def test_conda_part_is_python_and_pip_only():
    specs = [rattler.MatchSpec(entry) for entry in CONDA["dependencies"] if isinstance(entry, str)]
    assert [s.name.normalized for s in specs] == ["python", "pip"]


def test_pip_part_meets_pyproject():
    pinned = {canonicalize_name(r.name): r for r in map(Requirement, pip_part()[:-1])}
    assert pinned.keys() >= THE_CARD
    for wanted in map(Requirement, PROJECT["dependencies"]):
        (version,) = pinned[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(version.version), wanted


def test_locks_hold_hashes_and_no_address():
    for lock in LOCKS:
        assert "://" not in lock and "file:" not in lock
        entries = re.split(r"\n(?=[a-zA-Z])", lock.strip())
        assert all("--hash=sha256:" in entry for entry in entries)


def test_dev_lock_extends_the_lock():
    def pins(lock):
        return set(re.findall(r"^([A-Za-z0-9._\[\]-]+==\S+)", lock, flags=re.M))

    assert pins(LOCKS[0]) <= pins(LOCKS[1])


def test_jsonschema_stays_below_the_slow_releases():
    assert Requirement("jsonschema<4.25").specifier.contains(
        sync.locked_versions(LOCKS[0])["jsonschema"]
    )
