"""The pages of docs/ that show Python do what they say."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.invariants.test_floors import ROOT


def test_the_python_page_is_true(quick_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last piece reads a run that the reader has made: here the suite's own."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "laptop-quick").symlink_to(quick_run)
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert tried >= 30
    assert not failed
