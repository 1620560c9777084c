"""One course server for all pages of a file, in a folder as Windows users have them."""

from __future__ import annotations

import pytest
from conftest import ROOT
from course_server import course_folder, course_server


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    home = tmp_path_factory.mktemp("张 三 的电脑")
    root = course_folder(ROOT, home / "我的 课程")
    with course_server(root, home / "记录") as running:
        yield running
