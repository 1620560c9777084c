"""Write docs/tables.md from kamkit/tables/schemas.toml and the catalogs."""

from __future__ import annotations

from pathlib import Path

from kamkit.i18n import catalog
from kamkit.tables import tables_page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables.md"

if __name__ == "__main__":
    PAGE.write_text(tables_page(catalog("zh"), catalog("en")), encoding="utf-8")
