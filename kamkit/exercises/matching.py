"""Words in typed text: found whatever the width, case, blanks or punctuation, unless negated."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

_HAN = "一-鿿㐀-䶿"
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_CLAUSE_END = re.compile(r"[,;:!?。、…\n]|\.(?=\s|$|[" + _HAN + "])")
_JUNK = re.compile(rf"[^a-z0-9{_HAN}|]+")
_AROUND_HAN = re.compile(rf" (?=[{_HAN}|])|(?<=[{_HAN}|]) ")
_CLOSE = 24  # characters before a word in which its negation may stand


@lru_cache(maxsize=1)
def _negations() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a negation at the end of what stands before a word, Chinese and English."""
    text = files("kamkit.exercises").joinpath("negation.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    zh, en = data["zh"], data["en"]
    guarded = [f"(?<![{before}]){word}" for word, before in zh["not_unless_after"].items()]
    said = f"(?:{'|'.join([*guarded, *zh['not']])})(?:{'|'.join(zh['between'])}){{0,3}}$"
    fillers = f"(?: (?:{'|'.join(en['between'])})){{0,3}}"
    return re.compile(said), re.compile(f"(?:^|[ |])(?:{'|'.join(en['not'])}){fillers} ?$")


@lru_cache(maxsize=256)
def normal(text: str) -> str:
    """Text in one width and case, without blanks beside Chinese; clauses are parted by ``|``.

    >>> normal("ＲＯＩ 不是 关键，Share-of-Wallet!")
    'roi不是关键|share of wallet|'
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("|", " ")
    text = _CLAUSE_END.sub("|", _APOSTROPHES.sub("", text))
    return _AROUND_HAN.sub("", _JUNK.sub(" ", text)).strip()


@lru_cache(maxsize=2048)
def _pattern(word: str) -> re.Pattern[str] | None:
    plain = normal(word).replace("|", " ").strip()
    if not plain:
        return None
    body = " ?".join(re.escape(piece) for piece in plain.split())
    latin_start, latin_end = plain[0].isascii(), plain[-1].isascii()
    start = "(?<![a-z0-9])" if latin_start else ""
    end = "(?:e?s)?(?![a-z0-9])" if latin_end else ""
    return re.compile(start + body + end)


def holds(text: str, word: str) -> bool:
    """Whether a text holds a word that is not negated right before it.

    >>> holds("应该看客户的净利润。", "净利润"), holds("不是净利润", "净利润")
    (True, False)
    >>> holds("Not the margin, but share of wallet", "Share-of-wallet")
    True
    """
    pattern = _pattern(word)
    if pattern is None:
        return False
    plain = normal(text)
    for hit in pattern.finditer(plain):
        before = plain[max(0, hit.start() - _CLOSE) : hit.start()]
        if not any(negation.search(before) for negation in _negations()):
            return True
    return False


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether a text holds one of the words.

    >>> holds_any("毛利 30%", ["毛利", "margin"])
    True
    """
    return any(holds(text, word) for word in words)


def length(text: str) -> float:
    """Length in Chinese characters; two and a half Latin letters or digits make one.

    >>> length("客户 abcde")
    4.0
    """
    folded = unicodedata.normalize("NFKC", text)
    han = sum(1 for c in folded if unicodedata.category(c) == "Lo")
    other = sum(1 for c in folded if c.isalnum()) - han
    return han + other / 2.5
