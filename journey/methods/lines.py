"""The lines of the algebra families: what is done, and what then stands there.

    expand:3x+6=2x-4        add -2x:x+6=-4        divide 3:x=4

What is done is a word of the family's, with an expression where the word needs one. The checker judges what
stands there; the word says how it was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from journey.algebra import read, write
from journey.errors import MoveError
from journey.step import Move, Operand

LINE = re.compile(r"([a-z]{1,20})(?: ([^:]{1,100}))?:(.{1,400})", re.DOTALL)


def write_line(move: Move) -> str:
    """A move as a line.

    >>> write_line(Move("add", (Operand("-2x"),), "x+6=-4"))
    'add -2x:x+6=-4'
    """
    operands = " ".join(str(operand.value) for operand in move.operands)
    return f"{move.operation}{' ' if operands else ''}{operands}:{move.result}"


def read_line(line: str, words: Collection[str], result: Callable[[str], str]) -> Move:
    """The move that a line says; `result` brings what stands there into the family's one spelling.

    Raises:
        MoveError: it says none.

    >>> read_line("add -2x:x+6=-4", ("add", "divide"), str).operands
    (Operand(value='-2x', at=None),)
    """
    found = LINE.fullmatch(line)
    if not found or found[1] not in words:
        raise MoveError(f"no such line here: {line[:40]!r}")
    operands = () if found[2] is None else (Operand(write(read(found[2]))),)
    return Move(found[1], operands, result(found[3]))
