"""Figures as SVG text and PNG bytes: same figure, same bytes, no missing glyph."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from kamkit.errors import KamkitError, Problem

if TYPE_CHECKING:
    from kamkit.charts.theme import Figure

_MISSING = re.compile(r"Glyph (\d+) .* missing from font")
_HASHED = re.compile(r'\bid="([a-z][0-9a-f]{10})"')
_NOT_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def _glyphs_held() -> Iterator[None]:
    """Turn matplotlib's warnings about missing glyphs into one error; pass other warnings on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    missing: dict[str, None] = {}
    for warning in caught:
        found = _MISSING.search(str(warning.message))
        if found:
            missing[chr(int(found[1]))] = None
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    KamkitError.collect(
        Problem("missing_glyph", value=char, details={"code_point": f"U+{ord(char):04X}"})
        for char in missing
    )


def _number_ids(svg: str) -> str:
    """Count the ids that matplotlib hashes: rounding in the layout would change the hashes."""
    for number, old in enumerate(dict.fromkeys(_HASHED.findall(svg))):
        svg = svg.replace(old, f"n{number}")
    return svg


def _own_ids(svg: str, prefix: str) -> str:
    """Prefix every id, because several charts share one page."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)


def to_svg(fig: Figure) -> str:
    """One ``<svg>`` element that scales with its page and tells its alternative text.

    The same figure gives the same text. Raises KamkitError with one ``missing_glyph`` problem
    for each character that the fonts of the kit lack.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half", title="Two bars", alt="A is larger than B.")
    >>> to_svg(fig) == to_svg(fig), 'role="img"' in to_svg(fig)
    (True, True)
    """
    buffer = io.StringIO()
    with _glyphs_held():
        fig.print_svg(buffer, metadata=_NO_METADATA)
    body = buffer.getvalue()
    body = re.sub(r"<!--.*?-->\s*", "", body[body.index("<svg") :], flags=re.DOTALL)
    body = _number_ids(body)
    mark = "\0".join((body, fig.alt, fig.heading)).encode("utf-8", "replace")
    prefix = f"k{hashlib.sha256(mark).hexdigest()[:10]}"
    body = _own_ids(body, prefix)
    body = body.replace("*{stroke-", f"#{prefix} *{{stroke-")
    width, height = fig.get_size_inches() * 96
    told = (fig.heading.replace("\\$", "$") or fig.alt, fig.alt or fig.heading)
    title, alt = (escape(_NOT_XML.sub(" ", text)) for text in told)
    opening = (
        f'<svg id="{prefix}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{width:g}" '
        f'viewBox="0 0 {width * 0.75:g} {height * 0.75:g}" '
        f'style="max-width:100%;height:auto" preserveAspectRatio="xMinYMin meet" '
        f'role="img" aria-labelledby="{prefix}-title {prefix}-desc" version="1.1">\n'
        f'<title id="{prefix}-title">{title}</title>\n<desc id="{prefix}-desc">{alt}</desc>'
    )
    return opening + body[body.index(">") + 1 :]


def to_png(fig: Figure, dpi: float = 144) -> bytes:
    """The figure as PNG; the same figure gives the same bytes. Raises as :func:`to_svg` does.

    >>> from kamkit.charts.theme import figure
    >>> to_png(figure("half")[0])[:4]
    b'\\x89PNG'
    """
    buffer = io.BytesIO()
    with _glyphs_held():
        fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()
