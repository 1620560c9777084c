"""Limits in money that a source fixed in one currency, held against a company's own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kamkit.schemes import Cutoff, Scheme

NOTE_COLUMNS = ["note", "scheme", "version", "cutoff", "value", "currency", "company_currency"]


def _foreign(cut: Cutoff, currency: str) -> bool:
    fixed = cut.unit == "money" and cut.rule == "fixed" and bool(cut.value)
    return fixed and cut.currency not in ("", currency)


def currency_notes(schemes: Scheme | Sequence[Scheme], currency: str) -> pd.DataFrame:
    """Cut-offs in money whose currency is not the company's: :func:`classify` does not convert.

    Needs one scheme or several, and the currency of the company's tables. A limit of zero is
    the same in every currency; one that the company set itself (``with_cutoffs``) or that a
    rule takes from its own accounts is in the company's money.
    Returns columns: note (cutoff_currency), scheme, version, cutoff, value (money in the
    cut-off's currency), currency (of the cut-off), company_currency; empty where all is well.
    Source: X03 (a cut-off has a unit and a basis); house.

    >>> from kamkit.schemes import load_scheme
    >>> currency_notes(load_scheme("elevator"), "USD")["cutoff"].tolist()
    ['key_sales', 'main_sales']
    >>> currency_notes(load_scheme("elevator"), "CNY").empty
    True
    """
    listed = [schemes] if isinstance(schemes, Scheme) else list(schemes)
    rows = [
        ["cutoff_currency", s.id, s.version, key, cut.value, cut.currency, currency]
        for s in listed
        for key, cut in s.cutoffs.items()
        if currency and _foreign(cut, currency)
    ]
    return pd.DataFrame(rows, columns=NOTE_COLUMNS)
