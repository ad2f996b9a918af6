"""Text becomes arithmetic through a whitelist, and nothing else happens to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from journey.errors import MoveError
from journey.expressions import leaves, read_arithmetic


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
