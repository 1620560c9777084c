"""The workshop's kernel manager without a server, and questions to its kernels."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kamkit.lab.preheat import WarmKernels


@asynccontextmanager
async def manager(root, **options) -> AsyncIterator[WarmKernels]:
    settings = {"spares": 1, "refill_pause": 0.0, "warm_up": ["kamkit.i18n:default_language"]}
    kernels = WarmKernels(root_dir=str(root), connection_dir=str(root), **{**settings, **options})
    try:
        yield kernels
    finally:
        await kernels.shutdown_all(now=True)


async def in_reserve(kernels: WarmKernels) -> str:
    """Wait for the warm kernel and name it."""
    for _ in range(600):
        if kernels._reserve and kernels._reserve[0].done():
            return kernels._reserve[0].result().id
        await asyncio.sleep(0.1)
    raise AssertionError("no kernel in reserve")


async def said(kernels: WarmKernels, kernel_id: str, code: str) -> dict:
    client = kernels.get_kernel(kernel_id).client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    expressions = {"found": code}
    reply = await client.execute("", user_expressions=expressions, reply=True, timeout=30)
    client.stop_channels()
    text = reply["content"]["user_expressions"]["found"]["data"]["text/plain"]
    return json.loads(ast.literal_eval(text))
