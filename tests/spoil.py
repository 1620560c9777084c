"""What goes wrong in a file that somebody edits by hand: any place, any junk."""

from __future__ import annotations

import copy


def paths(tree, here=()):
    """Every place in a tree of tables and lists, as a tuple of keys."""
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield (*here, key)
            yield from paths(value, (*here, key))


def spoiled(raw, path, junk):
    """A copy with junk in one place, or without that place where junk is None."""
    tree = copy.deepcopy(raw)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    if junk is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = junk
    return tree
