"""Forked kernels: they share their memory, and are else like any other kernel."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest
from warm_kernels import manager, said

from kamkit.lab import nursery
from kamkit.lab.forked import ForkedProcess, can_fork

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forked kernels are for Linux"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PARENT = "__import__('json').dumps({'parent': __import__('os').getppid()})"
CHILD = "__import__('json').dumps({'code': __import__('subprocess').run(['false']).returncode})"
KIT = "kamkit.widgets.home:warm_up"


def private(pid: int) -> float:
    """Megabytes that a process shares with nobody."""
    return psutil.Process(pid).memory_full_info().uss / 2**20


def process_of(kernels, name: str) -> ForkedProcess:
    return kernels.get_kernel(name).provisioner.process


def test_a_kernel_shares_what_the_nursery_has_loaded(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, warm_up=[KIT]) as kernels:
            forked = await kernels.start_kernel()
            alone = await kernels.start_kernel(kernel_id="alone")
            nursery_id = kernels.nursery._process.pid
            assert (await said(kernels, forked, PARENT))["parent"] == nursery_id
            await (await kernels.restart_kernel(alone))  # a restart loads everything anew
            assert (await said(kernels, alone, PARENT))["parent"] == os.getpid()
            client = kernels.get_kernel(alone).client()
            client.start_channels()
            code = "import kamkit.widgets.home as h; h.warm_up()"
            await client.execute(code, reply=True, timeout=60)
            client.stop_channels()
            lean, full = (private(process_of(kernels, name).pid) for name in (forked, alone))
            assert lean < 0.75 * full

    asyncio.run(story())


def test_a_forked_kernel_is_interrupted_and_ends_like_any_other(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, warm_up=["kamkit.i18n:default_language"]) as kernels:
            name = await kernels.start_kernel()
            kernel = kernels.get_kernel(name)
            client = kernel.client()
            client.start_channels()
            await client.wait_for_ready(timeout=60)
            slow = asyncio.create_task(
                client.execute("import time; time.sleep(60)", reply=True, timeout=30)
            )
            await asyncio.sleep(1.0)
            await kernel.interrupt_kernel()
            assert (await slow)["content"]["ename"] == "KeyboardInterrupt"
            client.stop_channels()
            # A kernel's own children are waited for.
            assert (await said(kernels, name, CHILD))["code"] == 1
            process = process_of(kernels, name)
            await kernels.shutdown_kernel(name)
            assert process.poll() == 0 and not psutil.pid_exists(process.pid)

    asyncio.run(story())


def test_without_its_nursery_a_kernel_starts_as_ever(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, warm_up=[]) as kernels:
            await kernels.start_kernel()
            os.kill(kernels.nursery._process.pid, signal.SIGKILL)
            await kernels.nursery._process.wait()
            own = await kernels.start_kernel(kernel_id="own")
            assert (await said(kernels, own, PARENT))["parent"] == os.getpid()

    asyncio.run(story())


def test_the_nursery_may_be_switched_off(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, fork=False, spares=0) as kernels:
            assert kernels.nursery is None
            own = await kernels.start_kernel()
            assert (await said(kernels, own, PARENT))["parent"] == os.getpid()

    asyncio.run(story())


def test_nothing_that_is_loaded_starts_a_thread():
    code = (
        "import threading; from kamkit.lab import nursery; "
        f"nursery.load(['{KIT}']); print(threading.active_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.stdout.strip() == "1", done.stderr


def test_a_process_that_is_gone_counts_as_ended():
    assert can_fork()
    child = os.fork()
    if child == 0:
        os._exit(3)
    os.waitpid(child, 0)
    gone = ForkedProcess(child)
    assert gone.poll() == 0 and gone.wait() == 0
    gone.kill()


def test_orders_are_read_to_the_end():
    assert nursery.serve(iter(()), None) is None
