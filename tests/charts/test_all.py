"""Every chart is to be had from kamkit.charts by its noun."""

from __future__ import annotations

import inspect
from importlib import import_module

from conftest import ROOT

from kamkit import charts


def test_every_plot_is_exported():
    found = {}
    for path in sorted((ROOT / "kamkit/charts").glob("*.py")):
        module = import_module(f"kamkit.charts.{path.stem}")
        for name, value in vars(module).items():
            if name.startswith("plot_") and inspect.isfunction(value):
                found[name] = value
    assert set(charts.__all__) == set(found)
    assert all(inspect.unwrap(getattr(charts, n)) is value for n, value in found.items())


def test_every_plot_takes_a_language():
    for name in charts.__all__:
        assert "lang" in inspect.signature(getattr(charts, name)).parameters, name
