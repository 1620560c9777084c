"""What the recipes on people at the customer share: made-up people, ties, quick coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kamkit.exercises.model import Text
from kamkit.methods.contacts.grid import STRONGEST

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

DAY = "2026-06-30"
COVERED = 2  # contacts.toml: covered_strength
# People who can't exist: a family name, and a solar term or a plant as given name.
_FAMILY = (
    ("唐", "Tang"), ("严", "Yan"), ("秦", "Qin"), ("温", "Wen"), ("白", "Bai"), ("罗", "Luo"),
    ("程", "Cheng"), ("江", "Jiang"), ("沈", "Shen"), ("方", "Fang"), ("叶", "Ye"),
    ("戴", "Dai"), ("孟", "Meng"), ("林", "Lin"), ("余", "Yu"), ("葛", "Ge"),
)  # fmt: skip
_GIVEN = (
    ("立秋", "Liqiu"), ("半夏", "Banxia"), ("霜降", "Shuangjiang"), ("谷雨", "Guyu"),
    ("小雪", "Xiaoxue"), ("海棠", "Haitang"), ("小满", "Xiaoman"), ("芒种", "Mangzhong"),
    ("听雨", "Tingyu"), ("青禾", "Qinghe"), ("白露", "Bailu"), ("寒露", "Hanlu"),
    ("新月", "Xinyue"), ("春分", "Chunfen"), ("惊蛰", "Jingzhe"), ("冬至", "Dongzhi"),
)  # fmt: skip
TITLES = {
    "general_management": Text("总经理", "general manager"),
    "finance": Text("财务总监", "finance director"),
    "purchasing": Text("采购总监", "purchasing director"),
    "engineering": Text("总工程师", "chief engineer"),
    "operations": Text("生产厂长", "plant manager"),
    "quality": Text("质量总监", "quality director"),
    "logistics": Text("物流经理", "logistics manager"),
    "it": Text("信息部长", "head of IT"),
    "sales": Text("销售副总", "VP sales"),
    "marketing": Text("市场副总", "VP marketing"),
    "administration": Text("行政部长", "head of administration"),
}


def people_names(draw: Draw, n: int) -> list[Text]:
    """Names of ``n`` made-up people; no two share a family or a given name.

    >>> len({zh for zh, _ in _FAMILY}), len({zh for zh, _ in _GIVEN})
    (16, 16)
    """
    family, given = draw.sample(_FAMILY, n), draw.sample(_GIVEN, n)
    return [Text(f"{f[0]}{g[0]}", f"{g[1]} {f[1]}") for f, g in zip(family, given, strict=True)]


def titled(name: Text, title: Text) -> Text:
    """A name with the post behind it.

    >>> titled(Text("秦立秋", "Liqiu Qin"), TITLES["it"]).en
    'Liqiu Qin, head of IT'
    """
    return Text(f"{name.zh}（{title.zh}）", f"{name.en}, {title.en}")


def lowered(text: Text) -> Text:
    """A label inside an English sentence; what begins with a short form stays.

    >>> lowered(Text("采购", "Purchasing")).en, lowered(Text("总经理", "CEO")).en
    ('purchasing', 'CEO')
    """
    keep = text.en[:2].isupper()
    return text if keep else Text(text.zh, text.en[:1].lower() + text.en[1:])


@dataclass(frozen=True)
class Circle:
    """Contacts with their influence, our ties to them, and the ties among them.

    ``ties`` maps (our person, contact) to a strength of 0–4, ``inside`` (contact, contact).
    """

    influence: Mapping[str, int]
    ties: Mapping[tuple[str, str], int]
    inside: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def ours(self) -> list[str]:
        """Our people with a tie here."""
        return sorted({m for m, _ in self.ties})

    def best(self, contact: str, without: str = "") -> int:
        """Our strongest tie with a contact, one of ours left out; 0 without any."""
        held = [s for (m, c), s in self.ties.items() if c == contact and m != without]
        return max(held, default=0)

    def coverage(self, without: str = "") -> float:
        """Weighted coverage: Σ influence × strongest tie / (4 × Σ influence).

        The quick form of ``weighted_coverage`` and of ``if_leaves``; tests hold them together.

        >>> round(Circle({"a": 5, "b": 3}, {("m", "a"): 2}).coverage(), 4)
        0.3125
        """
        kept = {c: self.best(c, without) for c in self.influence if c != without}
        held = sum(self.influence[c] * s for c, s in kept.items())
        return held / (STRONGEST * sum(self.influence.values()))

    def near(self, ids: Sequence[str]) -> list[list[int]]:
        """Neighbours over all ties of at least 1, by place in ``ids``."""
        place = {p: i for i, p in enumerate(ids)}
        out: list[list[int]] = [[] for _ in ids]
        for (a, b), s in {**self.ties, **self.inside}.items():
            if s >= 1:
                out[place[a]].append(place[b])
                out[place[b]].append(place[a])
        return out
