"""A process that has loaded the kit once; kernels are forked from it and share its memory.

Thirty trainees on one server would otherwise load pandas and matplotlib thirty times. Run as
``python -m kamkit.lab.nursery module:function module ...``: each call is made once and each
module loaded; then every line of JSON on standard input (``argv``, ``cwd``, ``env``) starts a
kernel, whose process id is the answer. It ends with its input. Only for systems that fork; see
``forked``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, BinaryIO


def load(names: Sequence[str]) -> None:
    """Load what every kernel needs, and keep the collector from touching it ever after."""
    for name in ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", *names):
        module, _, function = name.partition(":")
        loaded = import_module(module)
        if function:
            getattr(loaded, function)()
    gc.collect()
    gc.freeze()


def serve(orders: BinaryIO, answers: BinaryIO) -> dict[str, Any] | None:
    """Fork a kernel for each order; returns the order in the child, None at the end of input."""
    for line in orders:
        order: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            return order
        try:
            answers.write(f"{pid}\n".encode())
            answers.flush()
        except BrokenPipeError:  # the server has ended, and nobody waits for this kernel
            os.kill(pid, signal.SIGKILL)
            break
    return None


def become_kernel(order: dict[str, Any]) -> None:
    """Turn this child into the kernel that was ordered; returns when the kernel ends."""
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # The lines to the server belong to the nursery alone.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    # The kernel ends with the nursery; it read its environment for that when it was imported.
    sys.argv = [*order["argv"], f"--IPKernelApp.parent_handle={os.getppid()}"]
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def main(names: Sequence[str]) -> None:
    """Load, then serve; a child leaves the loop and becomes a kernel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to wait for a kernel that ended
    load(names)
    order = serve(sys.stdin.buffer, sys.stdout.buffer)
    if order is not None:
        become_kernel(order)


if __name__ == "__main__":
    main(sys.argv[1:])
