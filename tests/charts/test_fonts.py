"""The shipped fonts: what they hold, what they are called, how they are rebuilt."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from fontTools.ttLib import TTFont

from kamkit.charts.text import FAMILY, characters

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "kamkit/charts/fonts"
FILES = sorted(FONTS.glob("*.otf"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_fonts", ROOT / "scripts/build_fonts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_fonts"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["gb2312", "tgh2013", "big5_level_1", "latin", "full_width"])
def test_every_character_of_a_class_is_held(script: ModuleType, name: str) -> None:
    assert script.wanted()[name] - characters() == set()


def test_classes_have_their_official_sizes(script: ModuleType) -> None:
    wanted = script.wanted()
    hanzi = {char for char in wanted["gb2312"] if "\u4e00" <= char <= "\u9fff"}
    assert len(hanzi) == 6763
    assert len(script.common_characters()) == len(wanted["tgh2013"]) == 8105
    assert len(wanted["big5_level_1"]) == 5401
    assert sum(char > "\uffff" for char in wanted["tgh2013"]) == 196


@pytest.mark.parametrize(
    "text",
    [
        "喆堃赟",
        "−≤≥±×÷→←↑↓≈σ✓✗●○▲△■□◆◇★〓",
        "Łódź Győr Šťastný İstanbul Bąk Ős Ħal",
        "ΑΒΓΔΣΩαβγδσω",
        "、。〈〉《》「」『』【】",
        "“”‘’–—…·•€£¥‰",
        "Nguyễn Thị",
        "Київ Москва",
    ],
)
def test_text_of_the_trade_is_held(text: str) -> None:
    assert set(text) - characters() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_weight_has_its_own_name_and_licence_and_is_small(path: Path) -> None:
    with TTFont(path) as font:
        names, weight = font["name"], font["OS/2"].usWeightClass
    assert names.getDebugName(1) == FAMILY
    assert names.getDebugName(6) == path.stem
    assert not any(word in names.getDebugName(4) for word in ("Noto", "Source"))
    assert "SIL Open Font License" in names.getDebugName(13)
    assert path.stat().st_size <= 7_000_000
    assert weight == (700 if "Bold" in path.stem else 400)


def test_both_weights_are_shipped_with_their_licence() -> None:
    assert [path.stem for path in FILES] == ["KamkitSans-Bold", "KamkitSans-Regular"]
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "Copyright 2014-2021 Adobe" in licence
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_cutting_twice_gives_the_same_bytes(script: ModuleType, tmp_path: Path) -> None:
    made = []
    for turn in "ab":
        font = TTFont(FILES[0], recalcTimestamp=False)
        script.cut(font, set("大客户 key account Łódź"))
        script.rename(font, "Bold")
        font.save(tmp_path / turn)
        made.append((tmp_path / turn).read_bytes())
    assert made[0] == made[1]
    assert set("大客户keyŁ") <= set(map(chr, TTFont(tmp_path / "a").getBestCmap()))


@pytest.mark.evidence
def test_the_shipped_files_are_what_the_script_builds(script: ModuleType, tmp_path: Path) -> None:
    latin = os.environ.get("KAMKIT_LATIN_FONT")
    if not latin or not script.DEBIAN.is_dir():
        pytest.skip("needs fonts-noto-cjk and KAMKIT_LATIN_FONT=…/SourceSans3VF-Upright.otf")
    for made in script.build(script.DEBIAN, Path(latin), tmp_path):
        assert made.read_bytes() == (FONTS / made.name).read_bytes()
