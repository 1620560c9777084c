"""Golden files: values that must never change, written anew only on purpose."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from conftest import ROOT

FOLDER = ROOT / "tests/data/exercises"
# Set to 1 to write the files anew, after a change that is meant to change them.
WRITE = os.environ.get("KAMKIT_WRITE_GOLDEN") == "1"


def _settled(data: Any) -> Any:
    """Figures to nine digits: the last bits may differ between processors."""
    if isinstance(data, dict):
        return {key: _settled(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_settled(value) for value in data]
    return f"{data:.9g}" if isinstance(data, float) else data


def fingerprint(data: Any) -> str:
    """A short hash of JSON data, the same on every machine."""
    text = json.dumps(_settled(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]


def golden(name: str) -> dict[str, Any]:
    """What a golden file holds; empty where there is none yet."""
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def keep(name: str, key: str, value: Any) -> None:
    """Write one entry of a golden file; other entries stay."""
    entries = {**golden(name), key: value}
    lines = json.dumps(dict(sorted(entries.items())), ensure_ascii=False, indent=1)
    (FOLDER / name).write_text(lines + "\n", encoding="utf-8", newline="\n")
