"""Kernels from the nursery: how Jupyter's server starts and ends a forked kernel."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "kamkit-forked"
_LAUNCHER = ["-m", "ipykernel_launcher"]


def can_fork() -> bool:
    """Whether this system forks and lets a process that isn't its child be watched: Linux."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class ForkedProcess:
    """A kernel of the nursery, with the part of ``Popen`` that Jupyter asks for.

    It is the nursery's child, so its exit code is not known: one that ended counts as 0.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle: int | None = None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return  # ended already

    def _ended(self, seconds: float | None) -> bool:
        if self._handle is not None and select.select([self._handle], [], [], seconds)[0]:
            os.close(self._handle)
            self._handle = None
        return self._handle is None

    def poll(self) -> int | None:
        """0 once it has ended."""
        return 0 if self._ended(0) else None

    def wait(self) -> int:
        """Wait for its end."""
        self._ended(None)
        return 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if not self._ended(0):
            signal.pidfd_send_signal(self._handle, number)  # type: ignore[arg-type]

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process from which kernels are forked; started with the first of them."""

    def __init__(self, names: Sequence[str], env: Mapping[str, str]) -> None:
        self._names, self._env = list(names), dict(env)
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def fork(self, argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> ForkedProcess:
        """A new kernel; OSError where there is none to be had."""
        order = json.dumps({"argv": list(argv), "cwd": cwd, "env": dict(env)})
        async with self._turn:
            process = await self._running()
            orders, answers = process.stdin, process.stdout
            if orders is None or answers is None:
                raise OSError("the nursery of kernels has no lines")
            orders.write(order.encode() + b"\n")
            await orders.drain()
            answer = await answers.readline()
        if not answer.strip():
            raise OSError("the nursery of kernels has ended")
        return ForkedProcess(int(answer))

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "kamkit.lab.nursery", *self._names),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
        return self._process

    async def close(self) -> None:
        """End the nursery; kernels that still run end after it."""
        async with self._turn:
            if self._process is None or self._process.returncode is not None:
                return
            self._process.kill()
            await self._process.wait()


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel in the nursery of its manager, or as ever where there is none.

    Only the first start is forked: "restart kernel" means that everything is loaded anew.
    """

    _first = True

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel, and say how to reach it."""
        nursery = getattr(getattr(self.parent, "parent", None), "nursery", None)
        if nursery is None or cmd[-4:-2] != _LAUNCHER or not self._first:
            return await super().launch_kernel(cmd, **kwargs)
        self._first = False
        cwd = str(kwargs.get("cwd") or pathlib.Path.cwd())
        env = kwargs.get("env") or os.environ
        try:
            self.process = await nursery.fork(cmd[-3:], cwd, env)
        except OSError as error:
            self.log.warning("A kernel could not be forked: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        # It leads a group of its own from its first breath on.
        self.pid = self.pgid = self.process.pid
        self.cwd = cwd
        return self.connection_info


def fork_kernels_by_default() -> None:
    """Make the provisioner known to Jupyter, and the one it takes unless a kernel names another."""
    factory = KernelProvisionerFactory.instance()
    place = f"{ForkedProvisioner.__module__}:{ForkedProvisioner.__qualname__}"
    factory.provisioners[NAME] = EntryPoint(NAME, place, factory.GROUP_NAME)
    factory.default_provisioner_name = NAME
