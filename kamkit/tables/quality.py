"""What a consultant should know about the data before trusting any figure from them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from kamkit.tables.checks import group_problems
from kamkit.tables.company import Company
from kamkit.tables.loader import IMPORT_LOG
from kamkit.tables.names import look_alikes, nobody

COLUMNS = (
    "code",
    "table",
    "column",
    "rows",
    "n",
    "share",
    "money",
    "level",
    "value",
    "origin",
)
# Columns that selection (M1) and portfolio (M5) compute with beyond the required ones.
USED = {
    "accounts": (
        "industry",
        "region",
        "owner_id",
        "parent_id",
        "lifecycle",
        "since",
        "turnover",
        "industry_rank",
    ),
    "account_years": ("direct_cost", "indirect_cost", "category_spend"),
    "orders": ("product_line", "direct_cost", "member_id", "opportunity_id"),
    "category_spend": ("spend_low", "spend_high", "evidence"),
    "criterion_ratings": ("rater_id", "rated_on", "evidence"),
    "competitor_ratings": ("weight",),
}
# A root of a group has no parent, a sale needs no opportunity: empty is normal there.
MAY_BE_EMPTY = {("accounts", "parent_id"), ("orders", "opportunity_id")}

GAP = 0.05  # from this share of empty cells on a column is a warning (house)
DOMINANT = 0.4  # one account above this share of sales is questioned (house)
MONTH_END_DAYS = 5  # last order at least so long before its month ends …
MONTH_VOLUME = 0.7  # … and fewer lines than this share of a usual month: partial (house)
STALE_DAYS = 62  # as-of day so long after the last order is questioned (house)

Row = dict[str, object]


def quality_report(company: Company) -> pd.DataFrame:
    """Completeness and oddities of a company's data, one row per finding.

    Needs no table in particular; absent ones are named. Returns columns: code (its name is
    ``quality.<code>``), table, column, rows (concerned), n (looked at), share (0–1), money
    (net sales that hang on it, in the company's currency; NaN where sales hold several
    currencies or none), level ("info" or "warning"), value (an example), origin.
    Completeness rows are always there; other findings only where something was found.

    Thresholds are house rules and stand as constants in this module.
    Source: S031 (audit of completeness); thresholds are the house's.
    """
    sales = _Sales(company)
    rows = [
        *_completeness(company, sales),
        *_accounts(company, sales),
        *_orders(company, sales),
        *_dates(company, sales),
        *_warnings(company),
        *_import_log(company),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    types = {"rows": "int64", "n": "int64", "share": "float64", "money": "float64"}
    return frame.astype(types)


def quality_digest(report: pd.DataFrame) -> pd.DataFrame:
    """The quality report for a reader: what was found, one row per finding and table.

    Columns that share a finding are joined; rows, share and money are those of the worst
    column. Absent tables and empty cells that are worth no warning are left out; the gravest
    come first.

    Returns columns: level, code, table, column, rows, share (0-1), money, value.
    """
    shown = report[report["rows"] > 0]
    shown = shown[(shown["code"] != "empty_cells") | (shown["level"] != "info")]
    grouped = shown.groupby(["level", "code", "table"], sort=False).agg(
        column=("column", lambda names: ", ".join(n for n in names if n)),
        rows=("rows", "max"),
        share=("share", "max"),
        money=("money", "max"),
        value=("value", lambda values: next((v for v in values if v), "")),
    )
    flat = grouped.reset_index()
    gravest = flat["level"].map({"error": 0, "warning": 1, "info": 2})
    return flat.loc[gravest.sort_values(kind="stable").index].reset_index(drop=True)


class _Sales:
    """Net sales by account and in all, within the company's currency only."""

    def __init__(self, company: Company) -> None:
        self.orders: pd.DataFrame | None = None
        self.by_account = pd.Series(dtype="float64")
        if not company.has("orders"):
            return
        orders = company.orders
        own = company.config.currency
        if "currency" in orders and (orders["currency"].fillna(own) != own).any():
            return
        self.orders = orders
        self.by_account = orders["amount"].groupby(orders["account_id"]).sum()

    def of_accounts(self, ids: pd.Series) -> float:
        """Sales of some accounts; NaN where sales are unknown."""
        if self.orders is None:
            return float("nan")
        return float(self.by_account[self.by_account.index.isin(ids)].sum())

    def of_lines(self, mask: pd.Series) -> float:
        """Sales of some order lines; NaN where sales are unknown."""
        return float("nan") if self.orders is None else float(self.orders.loc[mask, "amount"].sum())


def _row(
    code: str,
    table: str,
    column: str = "",
    *,
    rows: int,
    n: int,
    money: float = float("nan"),
    level: str = "warning",
    value: str = "",
) -> Row:
    share = rows / n if n else float("nan")
    parts = (code, table, column, rows, n, share, money, level, value, "house")
    return dict(zip(COLUMNS, parts, strict=True))


def _completeness(company: Company, sales: _Sales) -> Iterator[Row]:
    for name, columns in USED.items():
        if not company.has(name):
            yield _row("table_absent", name, rows=0, n=0, level="info")
            continue
        frame = company.table(name)
        for column in columns:
            empty = (
                frame[column].isna()
                if column in frame.columns
                else pd.Series(True, index=frame.index)
            )
            money = float("nan")
            if name == "orders":
                money = sales.of_lines(empty)
            elif "account_id" in frame.columns:
                money = sales.of_accounts(frame.loc[empty, "account_id"])
            count = int(empty.sum())
            gap = count > GAP * len(frame) and (name, column) not in MAY_BE_EMPTY
            level = "warning" if gap else "info"
            row = _row("empty_cells", name, column, rows=count, n=len(frame), money=money)
            yield row | {"level": level, "origin": "S031; house"}


def _accounts(company: Company, sales: _Sales) -> Iterator[Row]:
    if company.has("accounts"):
        accounts = company.accounts
        ids = accounts["account_id"]
        if company.has("orders"):
            idle = accounts[~ids.isin(company.orders["account_id"])]
            if len(idle):
                value = ", ".join(idle["account_id"].head(3))
                yield _row(
                    "accounts_without_orders",
                    "accounts",
                    rows=len(idle),
                    n=len(ids),
                    money=0.0,
                    level="info",
                    value=value,
                )
        twins = look_alikes(accounts)
        if len(twins):
            value = " / ".join(twins["name"].head(2))
            money = sales.of_accounts(twins["account_id"])
            yield _row(
                "look_alike_names",
                "accounts",
                "name",
                rows=len(twins),
                n=len(ids),
                money=money,
                value=value,
            )
        named = accounts["name"].map(nobody).astype(bool)
        stand_ins = accounts[ids.map(nobody).astype(bool) | named]
        if len(stand_ins):
            money = sales.of_accounts(stand_ins["account_id"])
            value = ", ".join(stand_ins["account_id"].head(3))
            yield _row(
                "stand_in_account",
                "accounts",
                rows=len(stand_ins),
                n=len(ids),
                money=money,
                value=value,
            )
    total = float(sales.by_account.sum())
    if len(sales.by_account) > 1 and total > 0:
        top = str(sales.by_account.idxmax())
        if sales.by_account[top] > DOMINANT * total:
            yield _row(
                "dominant_account",
                "orders",
                "account_id",
                rows=1,
                n=len(sales.by_account),
                money=float(sales.by_account[top]),
                value=top,
            )


def _orders(company: Company, sales: _Sales) -> Iterator[Row]:
    if not company.has("orders"):
        return
    orders = company.orders
    found = {
        "negative_amounts": (orders["amount"] < 0, "info"),
        "zero_amounts": (orders["amount"] == 0, "info"),
        "repeated_lines": (_repeated(orders), "warning"),
    }
    if company.has("accounts"):
        lost = ~orders["account_id"].isin(company.accounts["account_id"])
        found["orders_without_account"] = (lost, "warning")
    for code, (mask, level) in found.items():
        if mask.any():
            value = ", ".join(orders.loc[mask, "order_id"].drop_duplicates().head(3))
            yield _row(
                code,
                "orders",
                rows=int(mask.sum()),
                n=len(orders),
                money=sales.of_lines(mask),
                level=level,
                value=value,
            )


def _repeated(orders: pd.DataFrame) -> pd.Series:
    """Lines equal to an earlier one of the same order in everything but the line number."""
    return orders.drop(columns=["line_no"], errors="ignore").duplicated()


def _dates(company: Company, sales: _Sales) -> Iterator[Row]:
    if not company.has("orders"):
        return
    orders = company.orders
    as_of = pd.Timestamp(company.config.as_of)
    late = orders["date"] > as_of
    if late.any():
        value = str(orders["date"].max().date())
        yield _row(
            "after_as_of",
            "orders",
            "date",
            rows=int(late.sum()),
            n=len(orders),
            money=sales.of_lines(late),
            value=value,
        )
    days = orders.loc[~late, "date"].dropna()
    if days.empty:
        return
    last = days.max()
    if (as_of - last).days > STALE_DAYS:
        value = f"{last.date()} … {as_of.date()}"
        yield _row("stale_as_of", "orders", "date", rows=0, n=len(orders), value=value)
    months = days.dt.to_period("M")
    month = months.max()
    lines = months.value_counts()
    here = int((months == month).sum())
    usual = lines.drop(month).sort_index().tail(6).median()
    ends = month.end_time.normalize()
    if (ends - last).days >= MONTH_END_DAYS and here < MONTH_VOLUME * usual:
        inside = orders["date"].dt.to_period("M") == month
        value = f"{month}: {last.date()}, {here} / {usual:g}"
        yield _row(
            "partial_last_month",
            "orders",
            "date",
            rows=here,
            n=len(orders),
            money=sales.of_lines(inside),
            value=value,
        )


def _warnings(company: Company) -> Iterator[Row]:
    """What loading found, apart from days after the as-of day, which stand above."""
    for group in group_problems(company.problems, show=3):
        first = group.first
        if first.code == "after_as_of" and first.table == "orders":
            continue
        known = company.has(first.table)
        n = len(company.table(first.table)) if known else 0
        value = ", ".join(group.values)
        yield _row(first.code, first.table, first.column, rows=group.count, n=n, value=value)


def _import_log(company: Company) -> Iterator[Row]:
    path = company.folder / IMPORT_LOG
    if not path.is_file():
        return
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], str] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for entry in csv.DictReader(lines):
            place = (entry.get("code") or "", entry.get("file") or "", entry.get("column") or "")
            count = entry.get("count") or "1"
            counts[place] += int(count) if count.isdigit() else 1
            examples.setdefault(place, f"{entry.get('before')} → {entry.get('after')}")
    for (code, file, column), count in counts.items():
        yield _row(
            code, file, column, rows=count, n=0, level="info", value=examples[code, file, column]
        )
