"""The pages that show Python or commands do what they say."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from tests.invariants.test_floors import ROOT
from tests.test_cli import command_of
from train.recipe.load import load_recipe, shipped

PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
PLACES = {"PRECISION": "bfloat16", "{gcd: 1}": "{linear: 1}"}
"""What pages write for the reader to replace or to make, where a command is only valid without it."""


def test_the_python_page_is_true(quick_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last piece reads a run that the reader has made: here the suite's own."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "laptop-quick").symlink_to(quick_run)
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert tried >= 30
    assert not failed


def commands(page: str) -> list[list[str]]:
    """The words after `journey` of each complete command in the indented blocks of a page."""
    text = (ROOT / page).read_text().replace("\\\n", "")
    parsed = []
    for line in re.findall(r"^ {4}(.*\bjourney [a-z].*|.*--module cli .*)$", text, re.MULTILINE):
        for word, place in PLACES.items():
            line = line.replace(word, place)
        for part in re.split(r" \| | && ", re.sub(r"\s#.*", "", line)):
            words = shlex.split(part.removeprefix("$ "))
            if "..." in words:
                continue
            if words[:1] == ["journey"]:
                parsed.append(words[1:])
            elif "--module" in words:
                parsed.append(words[words.index("cli") + 1 :])
    return parsed


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their verbs, options and choices; and the recipes and keys that they name."""
    monkeypatch.chdir(tmp_path)
    for words in commands(page):
        command, rest = command_of(words)
        given = command.make_context(words[0], rest).params
        recipe = given.get("recipe") or "laptop"
        if "set_" in given and recipe in shipped():
            load_recipe(recipe, given["set_"] or [], given["quick"])


def test_the_commands_of_the_pages_are_read() -> None:
    assert sum(len(commands(page)) for page in PAGES) >= 35
    assert ["check", "-"] in commands("README.md")
    assert ["train", "dpo", "--run", "RUN", "--arm", "journey"] in commands("docs/gpu.md")
