"""Tables to files: whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from kamkit.errors import KamkitError, Problem, writing
from kamkit.tables.config import FILE, Config, config_text


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells as the loader reads them back: ISO days, shortest exact numbers, true/false."""
    out = {}
    for name in frame.columns:
        cells = frame[name]
        if cells.dtype.kind == "M":
            out[name] = cells.dt.strftime("%Y-%m-%d")
        elif cells.dtype.kind == "b":
            out[name] = cells.map({True: "true", False: "false"})
        else:
            out[name] = cells
    return pd.DataFrame(out, index=frame.index)


def _write_xlsx(frame: pd.DataFrame, path: Path, sheet: str) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(list(frame.columns))
    for row in frame.astype(object).itertuples(index=False):
        cells = []
        for value in row:
            cell = WriteOnlyCell(page, value=None if pd.isna(value) else value)
            if isinstance(value, str):
                cell.data_type = "s"  # a name that begins with "=" is no formula
            elif isinstance(value, pd.Timestamp):
                cell.number_format = "yyyy-mm-dd"
            elif isinstance(value, float) and cell.value is not None:
                cell.value, cell.data_type = repr(value), "n"  # openpyxl would cut to 16 digits
            cells.append(cell)
        page.append(cells)
    book.save(path)


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """One table as CSV, Parquet or XLSX, by the suffix of ``path``.

    CSV is UTF-8 with a byte-order mark: spreadsheets on Chinese Windows take a file without
    one for GBK and spoil every Chinese name in it. The loader drops the mark.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        _as_text(frame).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
    elif suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif suffix == ".xlsx":
        _write_xlsx(frame, path, path.stem)
    else:
        raise KamkitError(
            Problem("not_allowed", value=path.suffix, details={"allowed": ".csv, .parquet, .xlsx"})
        )
    return path


def fill_folder(out: Path, fill: Callable[[Path], None], *, force: bool = False) -> Path:
    """Let ``fill`` write into a new folder, which takes the place of ``out`` at the end.

    Nothing half-written is ever seen under ``out``. A folder with anything in it is refused
    (``folder_not_empty``) unless ``force``: then it is replaced, if it is a company folder
    and nothing else; any other one is kept (``folder_not_ours``).
    """
    out = out.absolute()
    if out.is_file():
        raise KamkitError(Problem("not_a_folder", value=str(out)))
    if out.is_dir() and any(out.iterdir()) and not force:
        raise KamkitError(Problem("folder_not_empty", value=str(out)))
    if out.is_dir() and not _replaceable(out):
        raise KamkitError(Problem("folder_not_ours", value=str(out)))
    with writing(out):
        return _filled(out, fill)


def _replaceable(folder: Path) -> bool:
    """Whether a folder is empty, or holds a company's settings and no folder of its own."""
    entries = list(folder.iterdir())
    ours = any(entry.name == FILE for entry in entries)
    return not entries or (ours and not any(entry.is_dir() for entry in entries))


def _filled(out: Path, fill: Callable[[Path], None]) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fresh = work / "new"
        fresh.mkdir()
        fill(fresh)
        if out.exists():
            out.rename(work / "old")
        try:
            fresh.rename(out)
        except OSError:
            if (work / "old").exists():
                (work / "old").rename(out)
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out


def write_company(
    config: Config,
    tables: Mapping[str, pd.DataFrame],
    out: str | Path,
    *,
    format: str = "csv",
    extras: Mapping[str, pd.DataFrame] | None = None,
    force: bool = False,
) -> Path:
    """A folder that :func:`kamkit.tables.load` reads: settings and one file per table.

    ``extras`` are further CSV files by name, such as an import log.
    """

    def fill(folder: Path) -> None:
        (folder / FILE).write_text(config_text(config), encoding="utf-8", newline="\n")
        for name, frame in tables.items():
            write_table(frame, folder / f"{name}.{format}")
        for name, frame in (extras or {}).items():
            write_table(frame, folder / f"{name}.csv")

    return fill_folder(Path(out), fill, force=force)
