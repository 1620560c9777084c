"""A page that fails says so: Voila's own renderer would keep its reader waiting for ever."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from html import escape
from typing import Any

from jupyter_core.utils import ensure_async
from voila.execute import VoilaExecutor  # type: ignore[import-untyped]
from voila.notebook_renderer import NotebookRenderer  # type: ignore[import-untyped]

from kamkit.i18n import LANGUAGES, t
from kamkit.lab.preheat import WarmKernels


class PageRenderer(NotebookRenderer):  # type: ignore[misc]
    """Voila's renderer, whose faults end the page with words and the way back."""

    async def generate_content_generator(
        self, kernel_id: str | None = None, kernel_future: Any = None
    ) -> AsyncGenerator[tuple[str, Any], None]:
        """The page piece by piece; after a fault, the piece that tells of it."""
        try:
            async for piece in super().generate_content_generator(kernel_id, kernel_future):
                yield piece
        except Exception:
            self.log.exception("Page not shown: %s", self.notebook_path)
            yield fault(self.notebook["metadata"].get("kamkit", {})), {}

    async def _jinja_kernel_start(self, nb: Any, kernel_id: str, kernel_future: Any) -> str:
        """Take over the open line to a warm kernel; any other kernel is waited for."""
        manager = self.request_handler.kernel_manager
        line = manager.open_line(kernel_id) if isinstance(manager, WarmKernels) else None
        if line is None:
            started: str = await super()._jinja_kernel_start(nb, kernel_id, kernel_future)
            return started
        self.executor = VoilaExecutor(
            nb,
            km=await ensure_async(kernel_future),
            config=self.traitlet_config,
            show_tracebacks=self.voila_configuration.show_tracebacks,
        )
        self.executor.kc = line
        line.allow_stdin = False
        self.kernel_started = True
        return kernel_id


def fault(page: dict[str, Any]) -> str:
    """The last piece of a page that could not be shown.

    >>> "kk-fault" in fault({"lang": "en", "home": "/home"})
    True
    """
    lang = page.get("lang", LANGUAGES[0])
    text, reload, home = (t(f"page.{key}", lang) for key in ("cell_error", "reload", "home"))
    link = escape(str(page.get("home", "")))
    return (
        f'<div class="kk-fault" role="alert"><p>{escape(text)}</p>'
        f'<p><a class="kk-button" href="">{escape(reload)}</a> <a href="{link}">{escape(home)}</a>'
        "</p></div><style>.kk-loading,.kk-progress{display:none!important}</style></body></html>"
    )
