"""Text becomes arithmetic through a whitelist, and nothing else happens to it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey import families
from journey.errors import MoveError
from journey.expressions import leaves, read_arithmetic
from tests.conftest import problem_of

HOSTILE = [
    "__import__('os').system('touch CANARY')",
    "open('CANARY','w')",
    "exec(\"open('CANARY','w')\")",
    "(lambda: open('CANARY','w'))()",
    "[open('CANARY','w') for x in [1]]",
    "2**3",
    "9**9**9**9",
    "2003**(2002**2001)",
    "1e999",
    "0x10",
    "1_000",
    "1;2",
    "1\n2",
    "1 if 1 else 2",
    "f'{1}'",
    "١+٢",
    "½+1",
    "\x00",
    "\u202e1+1",
    "(" * 300,
    "(" * 90 + "1" + ")" * 90,
    "-" * 150 + "1",
    "1" * 10_000,
    "1+" * 5_000 + "1",
    "nan",
    "oo",
    "",
    " ",
    "+",
    "1//2",
    "1%2",
    "~1",
    "True",
    "x+1",
    "\\frac{1}{2}",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_or_read_fast_and_never_run(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begun = time.perf_counter()
    for name in families.NAMES:
        family = families.get(name)
        givens = problem_of(name, 0).givens
        assert family.grade(givens, text) is not None
        with pytest.raises(MoveError):
            family.read(family.start(givens), text)
    try:
        list(leaves(read_arithmetic(text)))
    except MoveError as fault:
        assert len(str(fault)) < 200
    assert time.perf_counter() - begun < 1
    assert not list(tmp_path.iterdir()), "something was executed"


@given(some.text(max_size=80))
def test_any_text_is_refused_or_read(text: str) -> None:
    try:
        tree = read_arithmetic(text)
    except MoveError:
        return
    assert all(isinstance(leaf, int) for leaf in leaves(tree))


def test_precedence_and_brackets() -> None:
    assert read_arithmetic("1+2*3") == ("+", 1, ("*", 2, 3))
    assert read_arithmetic("(1+2)*3") == ("*", ("+", 1, 2), 3)
    assert read_arithmetic("10-2-3") == ("-", ("-", 10, 2), 3)
    assert read_arithmetic("-4*2") == ("*", -4, 2)
