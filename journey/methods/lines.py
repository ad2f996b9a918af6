"""The line format of the algebra families: an operation and its result.

    expand:3x+6=2x-4        add -2x:x+6=-4        divide 3:x=4

The operation is a word of the family, with an operand if it needs one. The checker judges the result; the
word says what was intended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from journey.algebra import read, write
from journey.errors import ParseError
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
    """Parses a line; `result` converts the result to the canonical spelling of the family.

    Raises:
        ParseError: it is not a line of the family.

    >>> read_line("add -2x:x+6=-4", ("add", "divide"), str).operands
    (Operand(value='-2x', at=None),)
    """
    match = LINE.fullmatch(line)
    if not match or match[1] not in words:
        raise ParseError(f"no such line here: {line[:40]!r}")
    operands = () if match[2] is None else (Operand(write(read(match[2]))),)
    return Move(match[1], operands, result(match[3]))
