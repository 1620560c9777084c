"""The kernels of a server that this benchmark started, forked ones included."""

from __future__ import annotations

import psutil

NURSERY = "kamkit.lab.nursery"


def kernels_below() -> list[psutil.Process]:
    """Every kernel below this process."""
    return [process for process in _below() if _is_kernel(process)]


def nursery_below() -> psutil.Process | None:
    """The process from which kernels are forked, where there is one."""
    rest = [process for process in _below() if not _is_kernel(process)]
    return next((process for process in rest if NURSERY in _words(process)), None)


def _below() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _words(process: psutil.Process | None) -> list[str]:
    try:
        return process.cmdline() if process is not None else []
    except psutil.Error:
        return []


def _is_kernel(process: psutil.Process) -> bool:
    words = _words(process)
    if NURSERY not in words:
        return any("ipykernel" in word for word in words)
    # A forked kernel has kept the command line of its parent.
    return NURSERY in _words(process.parent())
