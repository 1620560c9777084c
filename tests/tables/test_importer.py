"""Importing by a profile: mended rows, refused rows, joins, amounts, atomic folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kamkit.errors import KamkitError
from kamkit.tables import ImportResult, import_folder, load, profile_names
from kamkit.tables.profile import read_profile

PROFILE = """
id = "toy"
version = 3
[company]
id = "toy"
name_zh = "玩具公司"
currency = "EUR"
as_of = "orders.date"
[read]
delimiter = ";"
encodings = ["gb18030", "cp1252"]
empty = ["NULL", "-"]
[source.firms]
file = "firms.txt"
ids = { no = "[A-Z]+" }
free_text = "street"
pattern = { street = '\\S.*', town = '[^0-9\\s][^0-9]*' }
[source.sales]
file = "sales.txt"
ids = { no = "[A-Z]+" }
free_text = "street"
pattern = { day = '[0-9.]+' }
same_as = { column = "street", on = "no", is = "firms.street" }
[source.goods]
file = "goods.txt"
[table.accounts]
from = "firms"
[table.accounts.columns]
account_id = "no"
name = "firm"
city = "town"
relation = { const = "customer" }
x_label = { text = "{firm} ({town})" }
[table.orders]
from = "sales"
join = [{ source = "goods", on = "good", key = "id" }]
[table.orders.columns]
order_id = "sale"
line_no = { count_within = "sale" }
account_id = "no"
date = { column = "day", date = "%d.%m.%Y" }
amount = { product = ["price", "pieces"], less = "off", decimals = 4 }
product_line = "goods.line"
"""
FIRMS = "no;firm;street;town\nAB;Ahorn;Weg 1;Ulm\nCD;Birke;Hof; 2 b;Bonn\nEF;Erle;NULL;-\n"
SALES = (
    "sale;no;day;street;good;price;pieces;off\n"
    "001;AB;31.12.2025;Weg 1;g1;10.05;3;0.1\n"
    "001;AB;31.12.2025;Weg 1;g2;2;2;0\n"
    "002;CD;01.02.2026;Hof; 2 b;g1;10.05;1;0.25\n"
)
GOODS = "id;line\ng1;螺丝\ng2;垫片\n"

Run = Callable[..., ImportResult]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def start(
        firms: str | bytes = FIRMS,
        sales: str | bytes | None = SALES,
        goods: str | bytes = GOODS,
        profile: str = PROFILE,
        force: bool = False,
    ) -> ImportResult:
        src = tmp_path / "src"
        src.mkdir(exist_ok=True)
        (tmp_path / "toy.toml").write_text(profile, encoding="utf-8")
        for name, body in {"firms": firms, "sales": sales, "goods": goods}.items():
            if body is not None:
                raw = body.encode("utf-8") if isinstance(body, str) else body
                (src / f"{name}.txt").write_bytes(raw)
        return import_folder(tmp_path / "toy.toml", src, tmp_path / "dst", force=force)

    return start


def problems(run: Run, **options: object) -> list[tuple[str, str, str, int | None]]:
    with pytest.raises(KamkitError) as error:
        run(**options)
    return [(p.code, p.table, p.column, p.row) for p in error.value.problems]


def test_tables_amounts_and_settings(run: Run) -> None:
    result = run()
    assert result.rows == {"accounts": 3, "orders": 3}
    company = load(result.folder)
    assert company.problems == ()
    assert company.config.currency == "EUR"
    assert str(company.config.as_of) == "2026-02-01"
    assert company.config.provenance["profile"] == "toy"
    assert set(company.config.provenance["sources"]) == {"firms.txt", "sales.txt", "goods.txt"}
    assert company.orders["amount"].tolist() == [27.135, 4.0, 7.5375]
    assert company.orders["line_no"].tolist() == [1, 2, 1]
    assert company.orders["product_line"].tolist() == ["螺丝", "垫片", "螺丝"]
    assert company.orders["order_id"].tolist() == ["001", "001", "002"]
    assert company.accounts["city"].tolist()[:2] == ["Ulm", "Bonn"]
    assert company.accounts["city"].isna().tolist() == [False, False, True]
    assert company.accounts["x_label"].isna().tolist() == [False, False, True]


def test_the_log_tells_every_mend_and_its_proof(run: Run) -> None:
    result = run()
    mended = result.log[result.log["code"] == "rejoined_cells"]
    assert mended["file"].tolist() == ["firms.txt", "sales.txt"]
    assert mended["row"].tolist() == [2, 3]
    assert mended["before"].tolist() == ["Hof |  2 b"] * 2
    assert mended["after"].tolist() == ["Hof; 2 b"] * 2
    # In the sales file no pattern guards the street: only agreement with the firm decides.
    assert mended["proof"].tolist() == ["only_reading", "same_as:firms.street"]
    assert result.repairs == 2
    words = result.log[result.log["code"] == "empty_word"]
    assert words[["column", "before", "count"]].to_numpy().tolist() == [
        ["street", "NULL", 1],
        ["town", "-", 1],
    ]
    log = (result.folder / "import_log.csv").read_text(encoding="utf-8-sig")
    assert log.startswith("code,file,row,column,before,after,proof,count\n")
    assert len(log.splitlines()) == 5


def test_a_row_with_two_readings_is_refused(run: Run) -> None:
    sales = SALES + "003;CD;01.02.2026;Other; 3;g1;1;1;0\n"
    assert problems(run, sales=sales) == [("unproved_repair", "sales.txt", "street", 4)]


def test_a_row_with_no_reading_or_too_few_cells_is_refused(run: Run) -> None:
    found = problems(run, firms=FIRMS + "GH;Fichte;Hof;7;8\nIJ;Linde\n")
    assert found == [
        ("unproved_repair", "firms.txt", "street", 4),
        ("ragged_row", "firms.txt", "", 5),
    ]


def test_nothing_is_written_on_error(run: Run, tmp_path: Path) -> None:
    problems(run, goods="id;line\ng1;a\n")
    assert not (tmp_path / "dst").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["src", "toy.toml"]


def test_faults_of_the_source(run: Run, tmp_path: Path) -> None:
    assert problems(run, sales=None) == [("file_not_found", "sales", "", None)]
    assert problems(run, goods="id;line\ng1;a\n") == [("unknown_reference", "sales.txt", "good", 2)]
    assert problems(run, goods="id;line\ng1;a\ng1;b\ng2;c\n") == [
        ("duplicate_key", "goods.txt", "id", 2)
    ]
    assert problems(run, goods="id;name\ng1;a\ng2;a\n") == [
        ("missing_column", "sales.txt", "goods.line", None)
    ]
    assert problems(run, firms="no;firm\nAB;x\n") == [
        ("missing_column", "firms.txt", "street", None),
        ("missing_column", "firms.txt", "town", None),
    ]
    assert problems(run, sales="no;no;street;day\n") == [
        ("duplicate_column", "sales.txt", "no", None)
    ]
    assert problems(run, goods="") == [("empty_file", "goods.txt", "", None)]
    assert problems(run, firms=FIRMS + "g7;x;y;z\n") == [("bad_id", "firms.txt", "no", 4)]
    bad = SALES.replace("10.05;3", "10,05;3").replace("01.02.2026", "30.02.2026")
    assert set(problems(run, sales=bad)) == {
        ("not_a_number", "sales.txt", "price", 1),
        ("not_a_date", "sales.txt", "day", 3),
    }
    assert not (tmp_path / "dst").exists()


def test_unknown_accounts_are_found_before_writing(run: Run) -> None:
    found = problems(run, sales=SALES.replace("AB", "ZZ"))
    assert {(code, table, column) for code, table, column, _ in found} == {
        ("unknown_reference", "orders", "account_id")
    }


def test_encodings_of_the_profile(run: Run) -> None:
    result = run(goods=GOODS.encode("gb18030"))
    assert [p.code for p in result.problems] == ["guessed_encoding"]
    assert load(result.folder).orders.loc[0, "product_line"] == "螺丝"


def test_a_filled_folder_is_kept_unless_forced(run: Run) -> None:
    run()
    assert problems(run) == [("folder_not_empty", "", "", None)]
    assert run(force=True).rows["orders"] == 3


def test_same_files_same_output(run: Run) -> None:
    first = {p.name: p.read_bytes() for p in run().folder.iterdir()}
    second = {p.name: p.read_bytes() for p in run(force=True).folder.iterdir()}
    assert first == second


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "toy"\nversion', "version"),
        ('from = "firms"', 'from = "nothing"'),
        ("[table.accounts]\n", "[table.clients]\n"),
        ('name = "firm"', 'nick = "firm"'),
        ('name = "firm"', "name = { sum = 1 }"),
        ('file = "goods.txt"', 'file = "../goods.txt"'),
        ("'[0-9.]+'", "'[0-9'"),
        ('is = "firms.street"', 'is = "firms.avenue"'),
        ('on = "no", is', "is"),
        ('is = "firms.street"', 'is = "goods.street"'),
    ],
)
def test_faulty_profiles_are_named(run: Run, old: str, new: str) -> None:
    assert old in PROFILE
    text = PROFILE.replace(old, new)
    if old.startswith("[table"):
        text = text.replace("[table.accounts.columns]", "[table.clients.columns]")
    assert {code for code, *_ in problems(run, profile=text)} == {"bad_profile"}


def test_profiles_and_places(tmp_path: Path) -> None:
    assert "northwind" in profile_names()
    for name in profile_names():
        assert read_profile(name).id == name
    with pytest.raises(KamkitError) as error:
        import_folder("no_such", tmp_path, tmp_path / "dst")
    assert error.value.problems[0].code == "unknown_profile"
    with pytest.raises(KamkitError) as error:
        import_folder("northwind", tmp_path / "nowhere", tmp_path / "dst")
    assert error.value.problems[0].code == "not_a_folder"
    with pytest.raises(KamkitError) as error:
        import_folder(tmp_path / "absent.toml", tmp_path, tmp_path / "dst")
    assert error.value.problems[0].code == "unreadable_file"
    with pytest.raises(KamkitError) as error:
        import_folder("northwind", tmp_path, tmp_path / "dst")
    assert {p.code for p in error.value.problems} == {"file_not_found"}
    assert len(error.value.problems) == 5  # orders wait for customers
