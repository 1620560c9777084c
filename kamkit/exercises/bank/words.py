"""Placeholders of exercise texts."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def placeholders(text: str) -> list[str]:
    """Names in braces, in order.

    >>> placeholders("{n} of {total}")
    ['n', 'total']
    """
    return _PLACEHOLDER.findall(text)


def answer_name(part: str) -> str:
    """Placeholder that a part's best answer fills; dots become underscores.

    >>> answer_name("a.revenue")
    'answer_a_revenue'
    """
    return "answer_" + part.replace(".", "_")
