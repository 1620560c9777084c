"""Kernels kept warm: a page gets one that has loaded the kit already."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from traitlets import Bool, Float, Integer, List, Unicode, default

from kamkit.lab.forked import Nursery, can_fork, fork_kernels_by_default

_GIGABYTE = 2**30
# Arrow's own allocator keeps some 10 MB for good after the tables of a company are read.
_LEAN = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
_Manager: Any = AsyncMappingKernelManager  # Jupyter's own types don't agree with each other


def spares_for(processors: int, memory: float) -> int:
    """How many kernels to keep in reserve: two, one on a small machine, more on a large one.

    ``memory`` is the machine's, in gigabytes.

    >>> [spares_for(p, m) for p, m in ((2, 3.5), (2, 8), (4, 16), (16, 64))]
    [1, 2, 3, 4]
    """
    if memory < 4 or processors < 2:
        return 1
    return 2 + (processors >= 4 and memory >= 12) + (processors >= 8 and memory >= 24)


@dataclass
class Spare:
    """A warm kernel that nobody uses yet, with an open line to it."""

    id: str
    client: Any


class WarmKernels(_Manager):  # type: ignore[misc]
    """Kernel manager with a few warm kernels in reserve.

    Whoever asks for a kernel gets a warm one, with the environment and the folder asked for
    set inside it; the reserve is filled up again in the background, after a pause that leaves
    the processor to the page. A kernel in reserve is in no list and is never culled.
    """

    spares = Integer(config=True, help="Number of warm kernels in reserve; 0 switches it off.")
    refill_pause = Float(3.0, config=True, help="Seconds to wait before the reserve is refilled.")
    warm_up = List(Unicode(), config=True, help="What a kernel does in reserve: module:function.")
    fork = Bool(config=True, help="Fork kernels from one process, so that they share memory.")
    shared = List(Unicode(), config=True, help="Modules that a forked kernel finds loaded.")
    patience = Float(60.0, config=True, help="Seconds that warming up may take.")

    _settle_patience = 10.0  # seconds

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._reserve: deque[asyncio.Task[Spare]] = deque()
        self._hidden: set[str] = set()
        self._lines: dict[str, Any] = {}
        self._filling: asyncio.Task[None] | None = None
        self._launching: set[asyncio.Task[str]] = set()
        self._closing = False
        self.nursery: Nursery | None = None
        if self.spares > 0 and self.fork:
            fork_kernels_by_default()
            self.nursery = Nursery([*self.warm_up, *self.shared], {**_LEAN, **os.environ})
        if self.spares > 0:
            IOLoop.current().add_callback(self._fill, 0.0)

    @default("spares")
    def _default_spares(self) -> int:
        return spares_for(os.cpu_count() or 1, psutil.virtual_memory().total / _GIGABYTE)

    @default("fork")
    def _default_fork(self) -> bool:
        return can_fork()

    async def _async_start_kernel(
        self, *, kernel_id: str | None = None, path: str | None = None, **kwargs: Any
    ) -> str:
        """Hand out a warm kernel, or start one where none fits."""
        if kernel_id is None and self._fits(kwargs):
            spare = await self._take()
            if spare and await self._settle(spare, path, kwargs.get("env") or {}):
                self.log.info("Warm kernel handed out: %s", spare.id)
                return spare.id
        started: str = await super()._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)
        return started

    start_kernel = _async_start_kernel

    def list_kernels(self) -> list[dict[str, Any]]:
        """The kernels in use."""
        return [model for model in super().list_kernels() if model["id"] not in self._hidden]

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody uses any more; those in reserve stay."""
        if kernel_id not in self._hidden:
            await super().cull_kernel_if_idle(kernel_id)

    async def shutdown_all(self, now: bool = False) -> None:
        """End all kernels, those in reserve and those on their way included."""
        self._closing = True
        if self._filling:
            self._filling.cancel()
        for warming in self._reserve:
            warming.cancel()
        # Launching a process is never cut short: it would be left behind.
        await asyncio.gather(*self._launching, return_exceptions=True)
        for spare in await asyncio.gather(*self._reserve, return_exceptions=True):
            if isinstance(spare, Spare):
                spare.client.stop_channels()
        self._reserve.clear()
        # Asked politely, a kernel that is still loading would complain on the terminal.
        for kernel_id in self._hidden & set(self.list_kernel_ids()):
            kernel = self.get_kernel(kernel_id)
            kernel.stop_restarter()
            await kernel._async_kill_kernel()
        for kernel_id in list(self._lines):
            self._hang_up(kernel_id)
        await super()._async_shutdown_all(now=now)
        if self.nursery is not None:
            await self.nursery.close()

    def _fits(self, kwargs: Mapping[str, Any]) -> bool:
        name = kwargs.get("kernel_name") or self.default_kernel_name
        return name == self.default_kernel_name and set(kwargs) <= {"kernel_name", "env"}

    async def _take(self) -> Spare | None:
        """The oldest warm kernel, or the one that is just warming up."""
        if not self._reserve:
            return None
        waiting = self._reserve.popleft()
        self._refill()
        try:
            return await waiting
        except (RuntimeError, OSError) as error:
            self.log.warning("A kernel in reserve did not start: %s", error)
            return None

    async def _settle(self, spare: Spare, path: str | None, env: Mapping[str, str]) -> bool:
        """Set environment and folder inside the kernel; from then on it is like any other."""
        folder = Path.cwd() if path is None else self.cwd_for_path(path, env=env)
        wanted = {str(name): str(value) for name, value in env.items()}
        wanted["VOILA_KERNEL_ID"] = spare.id
        new = {name: value for name, value in wanted.items() if os.environ.get(name) != value}
        code = (
            f"(lambda o: (o.environ.update({new!r}), o.chdir({str(folder)!r})))(__import__('os'))"
        )
        done = spare.id in self and await self._ask(spare.client, code, self._settle_patience)
        self._hidden.discard(spare.id)
        if not done:
            self.log.warning("A kernel in reserve did not answer: %s", spare.id)
            spare.client.stop_channels()
            if spare.id in self:
                await self.shutdown_kernel(spare.id, now=True)
            return False
        kernel = self.get_kernel(spare.id)
        # A restart from the menu starts the kernel where its page stands, not where it waited.
        kernel.update_env(env=wanted)
        kernel._launch_args["cwd"] = str(folder)
        self._lines[spare.id] = spare.client
        IOLoop.current().call_later(60, self._hang_up, spare.id)
        return True

    def open_line(self, kernel_id: str) -> Any:
        """The open line to a kernel that was just handed out, for the one who asks first.

        A new line takes a quarter of a second to prove itself; this one has.
        """
        return self._lines.pop(kernel_id, None)

    def _hang_up(self, kernel_id: str) -> None:
        client = self.open_line(kernel_id)
        if client is not None:
            client.stop_channels()

    def _refill(self) -> None:
        if not self._closing and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._fill(self.refill_pause))

    async def _fill(self, pause: float) -> None:
        await asyncio.sleep(pause)
        # One at a time: two cores have a page to draw meanwhile.
        while len(self._reserve) < self.spares and not self._closing:
            task = asyncio.create_task(self._start_spare())
            self._reserve.append(task)
            await asyncio.wait([task])
            if task.cancelled() or task.exception() is not None:
                self.log.warning("No kernel in reserve: %s", task.exception())
                if task in self._reserve:
                    self._reserve.remove(task)
                return

    async def _start_spare(self) -> Spare:
        name = self.new_kernel_id()
        self._hidden.add(name)
        client: Any = None
        try:
            launch = asyncio.create_task(
                super()._async_start_kernel(kernel_id=name, env={**_LEAN, **os.environ})
            )
            self._launching.add(launch)
            launch.add_done_callback(self._launching.discard)
            await asyncio.shield(launch)
            client = self.get_kernel(name).client()
            client.start_channels()
            await client.wait_for_ready(timeout=self.patience)
            for call in self.warm_up:
                module, _, function = call.partition(":")
                code = f"__import__({module!r}, fromlist=['_']).{function}()"
                if not await self._ask(client, code, self.patience):
                    self.log.warning("Warming up failed: %s", call)
        except BaseException as error:
            if client is not None:
                client.stop_channels()
            if isinstance(error, Exception):  # else the server ends, and with it all kernels
                self._hidden.discard(name)
                if name in self:
                    await self.shutdown_kernel(name, now=True)
            raise
        return Spare(name, client)

    @staticmethod
    async def _ask(client: Any, code: str, patience: float) -> bool:
        """Run code that leaves no trace in the kernel's history; whether it went well."""
        try:
            reply = await client.execute(
                code, silent=True, store_history=False, reply=True, timeout=patience
            )
        except (TimeoutError, RuntimeError):
            return False
        return bool(reply["content"]["status"] == "ok")
