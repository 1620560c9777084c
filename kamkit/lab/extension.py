"""What the workshop adds to Jupyter's server: pages in the reader's language, without code."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import RedirectHandler
from voila import handler  # type: ignore[import-untyped]
from voila.utils import get_voila_labextensions_path  # type: ignore[import-untyped]

from kamkit.i18n import LANGUAGES, catalog, default_language
from kamkit.lab.renderer import PageRenderer

TEMPLATE = "kamkit"
HOME = "notebooks/home/{lang}/home.ipynb"
RENDER = "voila/render/"
HASHED = r"/voila/labextensions/(.+\.[0-9a-f]{8,}\.js)"
# What a page needs of JupyterLab's extensions; the others only make it slower.
FRONT_END = [
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "kamkit.lab.extension"}]


def _link_jupyter_server_extension(server: Any) -> None:
    """Settings stand before Voila loads; extensions are linked before any of them loads."""
    handler.NotebookRenderer = PageRenderer
    pages = server.config.VoilaConfiguration
    pages.template = TEMPLATE
    pages.allow_template_override = "NO"
    pages.allow_theme_override = "NO"
    pages.show_tracebacks = False
    pages.file_allowlist = [r".*\.(png|jpg|gif|svg)"]
    pages.extension_allowlist = FRONT_END
    pages.http_keep_alive_timeout = 5
    pages.prelaunch_hook = with_page
    pages.page_config_hook = without_outside
    pages.resources = {"kamkit": {lang: words(lang) for lang in LANGUAGES}}


class Kept(FileFindHandler):
    """The front end's files, which a browser may keep: their names change with their content."""

    def set_headers(self) -> None:
        """Allow to keep the file for a month."""
        super().set_headers()
        self.set_header("Cache-Control", "max-age=2592000, immutable")


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"]
    kept = {"path": get_voila_labextensions_path(), "no_cache_paths": []}
    home = {"url": url_path_join(base, RENDER, HOME.format(lang=default_language()))}
    handlers = [
        (url_path_join(base, HASHED), Kept, kept),
        # Voila's own list of files is no place for trainees.
        (
            url_path_join(base, "/voila(?:/tree.*|/)?$"),
            RedirectHandler,
            {**home, "permanent": False},
        ),
    ]
    server.web_app.add_handlers(".*$", handlers)
    IOLoop.current().add_callback(_tell_error_pages, server)


def _tell_error_pages(server: Any) -> None:
    """Voila makes its template environment when it loads, which is after us."""
    environment = server.web_app.settings.get("voila_jinja2_env")
    if environment is not None:
        environment.globals["kamkit"] = {lang: words(lang) for lang in LANGUAGES}
        environment.globals["kamkit_home"] = HOME


def words(lang: str) -> dict[str, str]:
    """The words of a page's frame.

    >>> words("en")["home"]
    'Course home'
    """
    start = "page."
    return {k.removeprefix(start): v for k, v in catalog(lang).items() if k.startswith(start)}


def language_of(path: str) -> str:
    """Language of a page by the folder it stands in.

    >>> language_of("out/workshop/zh/01_key_accounts.ipynb")
    'zh'
    """
    folders = path.split("/")[:-1]
    found = [folder for folder in folders if folder in LANGUAGES]
    return found[-1] if found else default_language()


def in_other_language(path: str) -> str:
    """Path of the same page in the other language, "" where the path names no language.

    >>> in_other_language("exercises/en/m01_who.ipynb")
    'exercises/zh/m01_who.ipynb'
    """
    folders, name = path.split("/")[:-1], path.split("/")[-1]
    for place in reversed(range(len(folders))):
        if folders[place] in LANGUAGES:
            folders[place] = next(lang for lang in LANGUAGES if lang != folders[place])
            return "/".join([*folders, name])
    return ""


def title_of(notebook: Any) -> str:
    """Title of a page: its first heading.

    >>> title_of({"cells": [{"cell_type": "markdown", "source": "# Lesson 1\\n\\nText"}]})
    'Lesson 1'
    """
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("# "):
            return str(cell["source"].splitlines()[0][2:].strip())
    return ""


def with_page(request: Any, notebook: Any, cwd: str) -> Any:
    """Tell the template which page this is: language, title, and where its links lead."""
    base = request.base_url
    _ = request.xsrf_token  # sets the cookie without which a closed page could not end its kernel
    path = unquote(request.request.path).removeprefix(base).removeprefix(RENDER).strip("/")
    root = Path(request.settings["server_root_dir"]).expanduser()
    lang, other = language_of(path), in_other_language(path)
    home = HOME.format(lang=lang)
    notebook["metadata"]["kamkit"] = {
        "lang": lang,
        "title": title_of(notebook),
        "home": f"{base}{RENDER}{home}",
        "other": f"{base}{RENDER}{other}" if other and (root / other).is_file() else "",
        "is_home": path == home,
        "lab": f"{base}lab",
        "kind": notebook["metadata"].get("kamkit", {}).get("kind", "page"),
    }
    return notebook


def without_outside(page_config: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Formulas are set by the copy that Voila brings along, not by one from a public server."""
    return {**page_config, "fullMathjaxUrl": None, "mathjaxConfig": None}
