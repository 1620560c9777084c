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

from kamkit.charts.render import draw_svg
from kamkit.errors import KamkitError, Problem

if TYPE_CHECKING:
    from kamkit.charts.theme import Figure

_MISSING = re.compile(r"Glyph (\d+) .* missing from font")
_ID = re.compile(r"""(\bid="|href="#|url\(#)""")
_NOT_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


def _own_ids(svg: str, prefix: str) -> str:
    """Prefix every id, because several charts share one page."""
    return _ID.sub(rf"\1{prefix}-", svg)


def to_svg(fig: Figure) -> str:
    """One ``<svg>`` element that scales with its page and tells its alternative text.

    The same figure gives the same text. Raises KamkitError with one ``missing_glyph`` problem
    for each character that the fonts of the kit lack.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half", title="Two bars", alt="A is larger than B.")
    >>> to_svg(fig) == to_svg(fig), 'role="img"' in to_svg(fig)
    (True, True)
    """
    with _glyphs_held():
        body = draw_svg(fig)
    mark = "\0".join((body, fig.alt, fig.heading)).encode("utf-8", "replace")
    prefix = f"k{hashlib.sha256(mark).hexdigest()[:10]}"
    body = _own_ids(body, prefix)
    width, height = fig.get_size_inches() * 96
    told = (fig.heading.replace("\\$", "$") or fig.alt, fig.alt or fig.heading)
    title, alt = (escape(_NOT_XML.sub(" ", text)) for text in told)
    opening = (
        f'<svg id="{prefix}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{width:g}" '
        f'viewBox="0 0 {width * 0.75:g} {height * 0.75:g}" '
        f'style="max-width:100%;height:auto;stroke-linejoin:round" '
        f'preserveAspectRatio="xMinYMin meet" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" version="1.1">\n'
        f'<title id="{prefix}-title">{title}</title>\n<desc id="{prefix}-desc">{alt}</desc>'
    )
    return f"{opening}\n{body}</svg>\n"


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
