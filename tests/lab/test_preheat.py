"""Kernels in reserve: handed out warm, settled where they are wanted, hidden until then."""

from __future__ import annotations

import asyncio
import os

import psutil
import pytest
from warm_kernels import in_reserve, manager, said

# Jupyter's own code speaks of what it will change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


ASKED = (
    "__import__('json').dumps({'cwd': __import__('os').getcwd(), "
    "'query': __import__('os').environ.get('QUERY_STRING'), "
    "'warm': 'kamkit.i18n' in __import__('sys').modules, 'history': len(In), "
    "'names': [n for n in globals() if n.startswith('kamkit')]})"
)


def test_a_warm_kernel_is_settled_where_its_page_stands(tmp_path):
    async def story() -> None:
        (tmp_path / "中 文").mkdir()
        async with manager(tmp_path) as kernels:
            spare = await in_reserve(kernels)
            assert kernels.list_kernels() == []
            env = {**os.environ, "QUERY_STRING": "a='1'\n&b=\"二\""}
            given = await kernels.start_kernel(kernel_name="python3", path="中 文", env=env)
            assert given == spare
            assert [k["id"] for k in kernels.list_kernels()] == [given]
            found = await said(kernels, given, ASKED)
            assert found["warm"] and found["names"] == []
            assert found["cwd"] == str(tmp_path / "中 文")
            assert found["query"] == env["QUERY_STRING"]
            # After "restart kernel" it stands in the same place.
            await (await kernels.restart_kernel(given))
            found = await said(kernels, given, ASKED)
            assert found["cwd"] == str(tmp_path / "中 文")
            assert found["query"] == env["QUERY_STRING"] and not found["warm"]

    asyncio.run(story())


def test_the_reserve_is_filled_again_and_leaves_nothing_behind(tmp_path):
    processes = []

    async def story() -> None:
        async with manager(tmp_path) as kernels:
            first = await kernels.start_kernel(kernel_name="python3")
            second = await in_reserve(kernels)
            assert second != first
            assert await kernels.start_kernel() == second
            # A kernel of one's own naming, or of another kind, is started as ever.
            own = await kernels.start_kernel(kernel_id="own")
            assert own == "own"
            for name in kernels.list_kernel_ids():
                processes.append(kernels.get_kernel(name).provisioner.process.pid)

    asyncio.run(story())
    assert len(processes) >= 3
    assert not [pid for pid in processes if psutil.pid_exists(pid)]


def test_a_dead_spare_is_replaced_by_a_fresh_kernel(tmp_path):
    async def story() -> None:
        async with manager(tmp_path) as kernels:
            spare = await in_reserve(kernels)
            kernels.get_kernel(spare).stop_restarter()
            kernels.get_kernel(spare).provisioner.process.kill()
            kernels._settle_patience = 1.0
            given = await kernels.start_kernel(kernel_name="python3")
            assert given != spare
            assert (await said(kernels, given, ASKED))["query"] is None

    asyncio.run(story())


def test_kernels_in_reserve_are_not_culled(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, cull_idle_timeout=1, cull_connected=True) as kernels:
            spare = await in_reserve(kernels)
            await asyncio.sleep(1.5)
            await kernels.cull_kernels()
            assert spare in kernels
            given = await kernels.start_kernel()
            kernels.get_kernel(given).execution_state = "idle"
            await asyncio.sleep(1.5)
            await kernels.cull_kernels()
            assert given not in kernels

    asyncio.run(story())


def test_without_a_reserve_kernels_start_as_ever(tmp_path):
    async def story() -> None:
        async with manager(tmp_path, spares=0) as kernels:
            given = await kernels.start_kernel(kernel_name="python3")
            assert [k["id"] for k in kernels.list_kernels()] == [given]

    asyncio.run(story())
