"""What a report says, before any format: a list of content blocks.

A template notebook makes one :class:`Report` and adds to it. Each call displays one block
as JSON (see :data:`MIME`) beside a short HTML view, so that stock papermill keeps the whole
report in the executed notebook, and any exporter can read it back with :func:`blocks_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from kamkit.i18n import (
    cell_text,
    column_texts,
    is_number_column,
    label,
    plain_text,
    records,
    sentence_values,
    t,
)

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.charts import theme

MIME = "application/vnd.kamkit.block+json"
FORMAT = 1


@dataclass(frozen=True)
class Block:
    """One piece of content; ``kind`` is cover, headline, section, text, table or chart.

    ``data`` holds JSON values only, already in the report's language.
    """

    kind: str
    section: str
    data: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown = self.data.get("svg") or escape(str(self.data.get("title", "")))
        return {MIME: asdict(self), "text/html": f"<div>{shown}</div>"}


@dataclass
class Report:
    """Collects the blocks of one report, in one language and for one company.

    ``currency`` is the money of the tables; ``scheme`` and ``fingerprint`` are printed in
    the appendix beside every figure. ``names`` turns account ids into names.
    """

    lang: str
    company: str
    currency: str = ""
    scheme: str = ""
    fingerprint: str = ""
    as_of: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    section_key: str = ""
    counters: dict[str, int] = field(default_factory=dict)

    def cover(self, template: str, **values: Any) -> None:
        """Title page: company, day of the data, versions; facts that are missing are left out."""
        data = {
            "template": template,
            "title": t(f"report.{template}.name", self.lang),
            "company": self.company,
            "as_of": self.as_of,
            "scheme": self.scheme,
            "fingerprint": self.fingerprint,
            "lang": self.lang,
            "facts": [
                [label(f"report.fact.{k}", self.lang), plain_text(v)]
                for k, v in values.items()
                if v is not None and v == v
            ],
        }
        self._show("cover", data)

    def headline(
        self,
        findings: pd.DataFrame,
        measures: pd.DataFrame,
        *,
        most: int = 3,
        not_assessed: Iterable[str] = (),
    ) -> None:
        """One-page summary: the first finding is its title, the next ones follow.

        ``findings`` needs columns: finding, values (a mapping for the sentence).
        ``measures`` is a measure table; its rows become the key figures.
        """
        rows = records(findings)
        data = {
            "title": self._finding(rows[0], "title"),
            "findings": [
                {part: self._finding(row, part) for part in ("title", "body", "action")}
                | {"sure": self._sureness(row)}
                for row in rows[:most]
            ],
            "figures": [self._figure(row) for row in records(measures)],
            "not_assessed": list(
                dict.fromkeys(label(f"finding.{c}.topic", self.lang) for c in not_assessed)
            ),
        }
        self._show("headline", data)

    def section(self, key: str, **values: Any) -> None:
        """Start a section: heading ``report.section.<key>``, lead ``report.lead.<key>``."""
        self.section_key = key
        lead = label(f"report.lead.{key}", self.lang, "")
        data = {"title": t(f"report.section.{key}", self.lang), "lead": lead.format(**values)}
        self._show("section", data)

    def text(self, key: str, **values: Any) -> None:
        """One paragraph: sentence ``report.text.<key>``."""
        self._show("text", {"title": "", "text": t(f"report.text.{key}", self.lang, **values)})

    def table(
        self,
        key: str,
        table: pd.DataFrame,
        *,
        columns: Sequence[str] | None = None,
        most: int | None = None,
        kinds: Mapping[str, str] | None = None,
        headings: str = "column",
        variant: str = "",
        origin: str = "",
        n: int | None = None,
    ) -> None:
        """A table titled ``report.table.<key>``; its variant and origin columns go to the appendix.

        ``columns`` picks and orders, ``most`` cuts, ``kinds`` names the kind (money, share) of
        columns whose name leaves it open, ``headings`` the catalog section of their names.
        """
        shown = table if columns is None else table[[c for c in columns if c in table.columns]]
        cut = shown if most is None else shown.head(most)
        source = self._source(table, variant, origin, n)
        cut = cut.drop(columns=[c for c in ("variant", "origin") if c in cut.columns])
        if "account_id" in cut.columns and self.names:
            named = cut["account_id"].map(lambda i: self.names.get(i, i))
            cut = cut.assign(account_id=named).rename(columns={"account_id": "account"})
        written = [
            column_texts(
                cut, label(f"{headings}.{c}", self.lang), c, self.lang, self.currency, kinds
            )
            for c in cut.columns
        ]
        data = {
            "title": t(f"report.table.{key}", self.lang),
            "number": self._count("table"),
            "columns": [heading for heading, _ in written],
            "numeric": [is_number_column(cut[c]) for c in cut.columns],
            "rows": [list(row) for row in zip(*(cells for _, cells in written), strict=True)],
            "left_out": len(shown) - len(cut),
            **source,
        }
        self._show("table", data)

    def chart(
        self,
        key: str,
        figure: theme.Figure,
        *,
        measures: pd.DataFrame | None = None,
        variant: str = "",
        origin: str = "",
        n: int | None = None,
    ) -> None:
        """A figure titled ``report.chart.<key>``; ``measures`` supplies variant and origin."""
        from kamkit.charts import theme

        data = {
            "title": t(f"report.chart.{key}", self.lang),
            "number": self._count("chart"),
            "svg": theme.to_svg(figure),
            "alt": figure.alt,
            **self._source(measures, variant, origin, n),
        }
        self._show("chart", data)

    def notes(self, section: str, table: pd.DataFrame) -> None:
        """One line per row of a notes table: sentence ``<section>.<note>`` with its figures.

        A row that names its own currency has its money written in that.
        """
        for row in records(table):
            own = str(row.get("currency") or self.currency)
            values = {
                k: label(f"currency.{v}", self.lang, str(v))
                if k.endswith("currency")
                else cell_text(k, v, row, self.lang, own, {"value": "money"})
                for k, v in row.items()
            }
            self._show(
                "text", {"title": "", "text": t(f"{section}.{row['note']}", self.lang, **values)}
            )

    def missing(self, key: str, table: str) -> None:
        """Say what can't be computed because a table is absent."""
        what = t(f"report.chart.{key}", self.lang)
        text = t("report.absent", self.lang, what=what, table=table)
        self._show("text", {"title": "", "text": text})

    def absent(self, tables: Iterable[str]) -> None:
        """The canonical tables that were not supplied, and what each would hold."""
        import pandas as pd

        held = [label(f"table.{name}", self.lang) for name in tables]
        listed = pd.DataFrame({"table": list(tables), "holds": held})
        if len(listed):
            self.table("absent", listed, variant="as_recorded", origin="house")

    def _finding(self, row: Mapping[str, Any], part: str) -> str:
        values = sentence_values(row["values"], self.lang, self.currency)
        return t(f"finding.{row['finding']}.{part}", self.lang, **values)

    def _sureness(self, row: Mapping[str, Any]) -> str:
        """Words for a finding that is only likely; nothing for a clear one."""
        likely = row.get("sure") == "likely"
        return label("finding.sure.likely", self.lang) if likely else ""

    def _figure(self, row: Mapping[str, Any]) -> dict[str, str]:
        name = str(row["measure"])
        return {
            "name": label(f"measure.{name}", self.lang),
            "value": cell_text("value", row["value"], row, self.lang, self.currency),
            "interval": cell_text("interval", None, row, self.lang, self.currency),
            "note": self._words("variant", str(row["variant"])),
            "n": cell_text("n", row["n"], row, self.lang, self.currency),
        }

    def _source(
        self, table: pd.DataFrame | None, variant: str, origin: str, n: int | None
    ) -> dict[str, Any]:
        """Variant, origin and n of a block, in the reader's words."""
        if table is not None:
            variant = variant or _joined(table, "variant")
            origin = origin or _joined(table, "origin")
            n = _size(table) if n is None else n
        return {
            "variant": self._words("variant", variant),
            "origin": self._words("origin", origin),
            "n": n,
        }

    def _words(self, kind: str, keys: str) -> str:
        parts = [part.strip() for part in keys.split(";") if part.strip()]
        words = (label(f"{kind}.{part}", self.lang, part.removeprefix("field:")) for part in parts)
        return t("report.semicolon", self.lang).join(words)

    def _count(self, kind: str) -> int:
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]

    def _show(self, kind: str, data: dict[str, Any]) -> None:
        from IPython.display import display

        display(Block(kind, self.section_key, data))  # type: ignore[no-untyped-call]


def _size(table: pd.DataFrame) -> int:
    """Number of items behind a table: its largest n, else its rows."""
    if "n" in table.columns and table["n"].notna().any():
        return int(table["n"].max())
    return len(table)


def _joined(table: pd.DataFrame, column: str) -> str:
    if column not in table.columns:
        return ""
    parts = table[column].dropna().astype(str).str.split(";").explode().str.strip()
    return "; ".join(dict.fromkeys(part for part in parts if part))


def blocks_of(notebook: Any) -> list[Block]:
    """The content blocks of an executed notebook, in order.

    Raises ValueError for a block of a format that this version does not know.
    """
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            raw = output.get("data", {}).get(MIME)
            if raw is None:
                continue
            if raw["format"] != FORMAT:
                raise ValueError(f"content block of unknown format {raw['format']}")
            found.append(Block(raw["kind"], raw["section"], raw["data"], raw["format"]))
    return found
