"""Answers every kind of exercise in a browser: by mouse, or by keyboard alone."""

from __future__ import annotations

from typing import Any

WORDS = {
    "zh": {"text": "二八法则", "essay": "白鹭今年买了 600 万元，占六成；但太依赖一家也有风险。"},
    "en": {"text": "the Pareto rule", "essay": "Egret buys 6m, 60% of our sales; a risk as well."},
}
PLACED = {
    "match": {"egret": "a", "pine": "b", "dipper": "c"},
    "stages": {"egret": "contract", "pine": "offer", "dipper": "meet"},
    "matrix": {"egret": "flat_big", "pine": "grow_big", "dipper": "grow_small"},
}
POINTS = {"egret": "60", "pine": "３０", "dipper": "10"}
CELLS = {"egret.share": "60%", "pine.share": "４０％"}
CHOSEN = {"egret.service": "own", "pine.service": "team"}
VERDICT = dict.fromkeys(PLACED, "right") | {"essay": "noted", "poll": "noted"}
# Arrow keys from the tray to each place.
STEPS = {
    "match": {"a": ["Right"], "b": ["Right"] * 2, "c": ["Right"] * 3},
    "stages": {"meet": ["Right"], "offer": ["Right"] * 2, "contract": ["Right"] * 3},
    "matrix": {
        "grow_small": ["Down"],
        "grow_big": ["Down", "Right"],
        "flat_big": ["Down", "Down", "Right"],
    },
}


def box(page: Any, kind: str) -> Any:
    """The exercise of one kind."""
    return page.locator(f".kx[data-kind={kind}]")


def middle(found: Any) -> tuple[float, float]:
    """Where a pointer meets an element."""
    found.scroll_into_view_if_needed()
    area = found.bounding_box()
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def drag(page: Any, start: Any, end: Any) -> None:
    """Press, move in steps, let go; both ends are brought on screen first."""
    end.scroll_into_view_if_needed()
    x, y = middle(start)
    page.mouse.move(x, y)
    page.mouse.down()
    to = end.bounding_box()
    page.mouse.move(x + 10, y + 10, steps=3)
    page.mouse.move(to["x"] + to["width"] / 2, to["y"] + to["height"] / 2, steps=8)
    page.mouse.up()


def finger(page: Any, start: Any, end: Any) -> None:
    """Drag with one finger, as the browser's own touch events."""
    (x, y), to = middle(start), end.bounding_box()
    across, down = to["x"] + to["width"] / 2 - x, to["y"] + to["height"] / 2 - y
    line = page.context.new_cdp_session(page)
    for step in range(9):
        points = [{"x": x + across * step / 8, "y": y + down * step / 8}]
        kind = "touchMove" if step else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def by_mouse(page: Any, kind: str, lang: str) -> None:
    """The right answer with pointer and typing."""
    found = box(page, kind)
    if kind in ("single", "many", "poll"):
        for value in {"single": ["egret"], "many": ["pine", "egret"], "poll": ["hold"]}[kind]:
            found.locator(f"label:has(input[value={value}])").click()
    elif kind == "number":
        found.locator(".kx-figure").fill("60％")
        found.locator("input.kx-words").fill("600/1000")
    elif kind in ("text", "essay"):
        found.locator("input.kx-words, textarea").fill(WORDS[lang][kind])
    elif kind == "rank":
        drag(page, found.locator("[data-item=egret] .kx-body"), found.locator("[data-item=pine]"))
    elif kind in PLACED:
        for item, place in PLACED[kind].items():
            card = found.locator(f".kx-card:has(.kx-moveto):has-text('{name(item, lang)}')")
            drag(page, card.locator(".kx-body"), found.locator(f"[data-zone={place}]"))
    elif kind == "allocate":
        for item, points in POINTS.items():
            found.locator(f"[data-item={item}]").fill(points)
    else:
        for part, text in CELLS.items():
            found.locator(f"[data-part='{part}']").fill(text)
        for part, option in CHOSEN.items():
            found.locator(f"[data-part='{part}']").select_option(option)
    found.locator("[data-do=submit]").click()


def name(item: str, lang: str) -> str:
    """What an account of the test exercises is called."""
    names = {"egret": ("白鹭", "Egret"), "pine": ("青松", "Pine"), "dipper": ("北斗", "Dipper")}
    return names[item][lang == "en"]


def tab_to(page: Any, kind: str, selector: str, most: int = 60) -> None:
    """Press Tab until an element of the exercise has the focus."""
    asks = "([k, s]) => document.activeElement.closest(`.kx[data-kind=${k}]`) !== null"
    asks += " && document.activeElement.matches(s)"
    for _ in range(most):
        if page.evaluate(asks, [kind, selector]):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{kind}: Tab never reaches {selector}")


def start_at(page: Any, kind: str) -> None:
    """Put the focus just before an exercise, as one who came there by Tab."""
    page.evaluate(
        """kind => {
            const before = document.querySelector(`.kx[data-kind=${kind}]`);
            before.tabIndex = -1;
            before.focus();
        }""",
        kind,
    )


def by_keys(page: Any, kind: str, lang: str) -> None:
    """The right answer without a pointer."""
    keys = page.keyboard
    start_at(page, kind)
    if kind in ("single", "poll"):
        tab_to(page, kind, "input[type=radio]")
        keys.press("ArrowDown")
    elif kind == "many":
        for value in ("pine", "egret"):
            tab_to(page, kind, f"input[value={value}]")
            keys.press("Space")
    elif kind == "number":
        tab_to(page, kind, ".kx-figure")
        keys.insert_text("百分之六十")
    elif kind in ("text", "essay"):
        tab_to(page, kind, "input.kx-words, textarea")
        keys.insert_text(WORDS[lang][kind])
    elif kind == "rank":
        tab_to(page, kind, "[data-item=egret] .kx-grip")
        keys.press("Alt+ArrowUp")
    elif kind in PLACED:
        _cards_by_keys(page, kind, lang)
    elif kind == "allocate":
        for item in ("pine", "egret", "dipper"):
            tab_to(page, kind, f"[data-item={item}]")
            for _ in range(int(POINTS[item]) // 10):
                keys.press("PageUp")
    else:
        for part in ("egret.share", "egret.service", "pine.share", "pine.service"):
            tab_to(page, kind, f"[data-part='{part}']")
            if part in CELLS:
                keys.insert_text(CELLS[part])
            else:
                keys.press("ArrowDown")
                if CHOSEN[part] == "team":
                    keys.press("ArrowDown")
    tab_to(page, kind, "[data-do=submit]")
    keys.press("Enter")


def _cards_by_keys(page: Any, kind: str, lang: str) -> None:
    for item, place in PLACED[kind].items():
        start_at(page, kind)
        card = f".kx-card:has(.kx-moveto[aria-label*='{name(item, lang)}']) > .kx-lift"
        tab_to(page, kind, card)
        page.keyboard.press("Enter")
        for step in STEPS[kind][place]:
            page.keyboard.press(f"Arrow{step}")
        page.keyboard.press("Enter")


def verdict(page: Any, kind: str, timeout: float = 10_000) -> str:
    """The tone of the verdict as painted: right, partly, wrong or noted."""
    shown = box(page, kind).locator(".kx-verdict")
    shown.wait_for(timeout=timeout)
    tones = ("right", "partly", "wrong", "noted")
    return next(t for t in tones if f"kx-{t}" in shown.get_attribute("class"))
