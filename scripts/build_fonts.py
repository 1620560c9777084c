"""Rebuild the chart fonts from Noto Sans CJK and Source Sans 3: same input, same bytes.

Usage: python scripts/build_fonts.py --latin SourceSans3VF-Upright.otf [--source FOLDER]

The source folder holds NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc, as the Debian package
fonts-noto-cjk installs them. Source Sans 3 (npm package source-sans, folder VF) lends the
European letters that the Chinese face lacks; the Latin of Noto Sans CJK is Source Sans, enlarged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FONTS = Path(__file__).parents[1] / "kamkit" / "charts" / "fonts"
DEBIAN = Path("/usr/share/fonts/opentype/noto")
FACE = "Noto Sans CJK SC"
FAMILY = "Kamkit Sans"
COPYRIGHT = (
    "European letters: © 2010-2024 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source'."
)
# Weight on the axis of Source Sans and enlargement that give the stems and widths of Noto's Latin.
WEIGHTS = {"Regular": (400.0, 1.117), "Bold": (650.0, 1.134)}
SIGNS = "−≤≥±×÷→←↑↓≈≠∞∑√∆∂∫…–—•·‰′″✓✗✔✘●○◎▲△▼▽◀▶■□◆◇★☆⚠"


def double_bytes(codec: str, first: Iterable[int], last: int = 0xFFFF) -> Iterator[str]:
    """Characters that a two-byte codec holds in the rows ``first``, up to the code ``last``."""
    for lead in first:
        for trail in (*range(0x40, 0x7F), *range(0x80, 0xFF)):
            if lead << 8 | trail <= last:
                yield from bytes([lead, trail]).decode(codec, "ignore")


def common_characters(path: Path = FONTS / "tgh2013.txt") -> str:
    """The 8,105 characters of the general standard table (通用规范汉字表, 2013)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "".join(line for line in lines if not line.startswith("#"))


def wanted() -> dict[str, set[str]]:
    """Characters to keep, by class."""
    spans = {
        "latin": [(0x20, 0x7E), (0xA0, 0x17F), (0x1CD, 0x1DC), (0x218, 0x21B)],
        "latin_additional": [(0x1E80, 0x1EF9)],
        "greek": [(0x386, 0x3CE)],
        "cyrillic": [(0x400, 0x45F)],
        "punctuation": [(0x2010, 0x2027), (0x2030, 0x205E), (0x20A0, 0x20BF), (0x2116, 0x2122)],
        "signs": [(0x2190, 0x2199), (0x2460, 0x2473), (0x25A0, 0x25CF), (0x2160, 0x216B)],
        "cjk_punctuation": [(0x3000, 0x301F)],
        "kana": [(0x3041, 0x30FF)],
        "full_width": [(0xFF01, 0xFF5E), (0xFFE0, 0xFFE6)],
    }
    classes = {
        name: {chr(code) for low, high in pairs for code in range(low, high + 1)}
        for name, pairs in spans.items()
    }
    classes["signs"] |= set(SIGNS)
    classes["gb2312"] = set(double_bytes("gb2312", range(0xA1, 0xF8)))
    classes["tgh2013"] = set(common_characters())
    classes["big5_level_1"] = set(double_bytes("big5", range(0xA4, 0xC7), 0xC67E))
    return classes


def choose_face(collection: TTCollection) -> TTFont:
    """The simplified Chinese face of a collection."""
    for font in collection.fonts:
        if FACE in (font["name"].getDebugName(1), font["name"].getDebugName(16)):
            font.recalcTimestamp = False
            return font
    raise SystemExit(f"The collection holds no face named {FACE}")


def cut(font: TTFont, characters: set[str]) -> None:
    """Keep the characters, Latin kerning and narrow punctuation; drop hints and the rest."""
    options = Options()
    options.hinting = False
    # pwid holds the narrow quotation marks and ellipsis that text without Chinese needs.
    options.layout_features = ["kern", "pwid"]
    options.layout_scripts = ["latn", "DFLT"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "GDEF"]
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, characters)))
    subsetter.subset(font)


def lend(font: TTFont, latin: TTFont, characters: set[str], weight: str) -> None:
    """Copy letters that the face lacks from Source Sans, at the face's weight and size."""
    place, scale = WEIGHTS[weight]
    donor = latin.getGlyphSet(location={"wght": place})
    codes = latin.getBestCmap()
    held = font.getBestCmap()
    top = font["CFF "].cff.topDictIndex[0]
    home = top.FDSelect.gidArray[font.getGlyphID(held[ord("a")])]
    private = top.FDArray[home].Private
    order = font.getGlyphOrder()
    free = (f"cid{number:05d}" for number in range(1, 65000) if f"cid{number:05d}" not in order)
    missing = sorted(ord(char) for char in characters if ord(char) not in held)
    for code, name in zip([code for code in missing if code in codes], free, strict=False):
        glyph = donor[codes[code]]
        width = round(glyph.width * scale)
        pen = T2CharStringPen(width - private.nominalWidthX, None)
        glyph.draw(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
        outline = pen.getCharString(private, top.GlobalSubrs)
        top.CharStrings.charStrings[name] = len(top.CharStrings.charStringsIndex)
        top.CharStrings.charStringsIndex.append(outline)
        top.charset.append(name)
        top.FDSelect.gidArray.append(home)
        font["hmtx"][name] = (width, round(outline.calcBounds(None)[0]))
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[code] = name
    font.setGlyphOrder(top.charset)
    font["maxp"].numGlyphs = len(top.charset)


def rename(font: TTFont, weight: str) -> None:
    """Give the subset a name of its own, so that it never stands in for an installed font."""
    names = font["name"]
    compact = f"{FAMILY.replace(' ', '')}-{weight}"
    version = names.getDebugName(5)
    texts = {
        1: FAMILY,
        2: weight,
        3: f"{compact};from {FACE} {weight} {version}",
        4: f"{FAMILY} {weight}",
        6: compact,
        0: f"{names.getDebugName(0)} {COPYRIGHT}",
        7: "",
    }
    for number in (16, 17):
        names.removeNames(nameID=number)
    for number, text in texts.items():
        names.removeNames(nameID=number)
        if text:
            names.setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [compact]
    top.topDictIndex[0].FullName = f"{FAMILY} {weight}"
    top.topDictIndex[0].FamilyName = FAMILY
    font["OS/2"].usWeightClass = 700 if weight == "Bold" else 400


def build(source: Path, latin: Path, target: Path) -> list[Path]:
    """Write one subset per weight and return their paths."""
    characters = set().union(*wanted().values())
    made = []
    for weight in WEIGHTS:
        path = target / f"{FAMILY.replace(' ', '')}-{weight}.otf"
        with TTCollection(source / f"NotoSansCJK-{weight}.ttc", lazy=True) as faces:
            font = choose_face(faces)
            cut(font, characters)
            with TTFont(latin) as donor:
                lend(font, donor, characters, weight)
            rename(font, weight)
            font.save(path, reorderTables=True)
        made.append(path)
        print(f"{path.name}: {path.stat().st_size:,} bytes, {len(font.getBestCmap()):,} characters")
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=DEBIAN)
    parser.add_argument("--latin", type=Path, required=True)
    parser.add_argument("--target", type=Path, default=FONTS)
    asked = parser.parse_args()
    build(asked.source, asked.latin, asked.target)


if __name__ == "__main__":
    main()
