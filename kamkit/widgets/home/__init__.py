"""The course home and the page of results to take along."""

from kamkit.widgets.home.result import Result, result
from kamkit.widgets.home.view import HomeView, home
from kamkit.widgets.home.warm import warm_up

__all__ = ["HomeView", "Result", "home", "result", "warm_up"]
